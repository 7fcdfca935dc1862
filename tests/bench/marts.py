"""The same marts by one plain DuckDB script: views, then tables, no dbt, no tests, nothing checked.

The script is the models' own SQL as dbt compiled it, since anything else would have to be kept equal by hand.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

SCHEMA = "by_hand"


def compute(data: Path) -> float:
    """Seconds that the script takes in the warehouse under `data`; it leaves nothing there.

    Raises:
        RuntimeError: a table has not as many rows as dbt's.
    """
    manifest = json.loads((data / "dbt/target/manifest.json").read_text())
    models = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    statements = dict(_statements(models))
    started = time.monotonic()
    with duckdb.connect(str(data / "warehouse.duckdb"), config={"threads": 2}) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("set enable_progress_bar = false")
        connection.execute(f"create schema {SCHEMA}")
        for statement in statements.values():
            connection.execute(statement)
    seconds = time.monotonic() - started
    with duckdb.connect(str(data / "warehouse.duckdb")) as connection:
        for name, node in models.items():
            if statements[name].startswith("create table"):
                _compare(connection, _by_hand(node), node["relation_name"])
        connection.execute(f"drop schema {SCHEMA} cascade")
    return seconds


def _statements(models: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each model after those it reads."""
    left = dict(models)
    while left:
        ready = [name for name in left if not set(left[name]["depends_on"]["nodes"]) & left.keys()]
        for name in ready:
            node = left.pop(name)
            sql = node["compiled_code"]
            for read in node["depends_on"]["nodes"]:
                if read in models:
                    sql = _with_reference(sql, models[read])
            yield name, f"create {node['config']['materialized']} {_by_hand(node)} as {sql}"


def _with_reference(sql: str, read: Mapping[str, Any]) -> str:
    """The SQL, reading the script's own table; compiled models name it without its database."""
    name = f'"{read["schema"]}"."{read["name"]}"'
    if name not in sql:
        raise RuntimeError(f"nothing reads {name}")
    return sql.replace(name, _by_hand(read))


def _by_hand(node: Mapping[str, Any]) -> str:
    return f"{SCHEMA}.{node['name']}"


def _compare(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> None:
    counts = [connection.execute(f"select count(*) from {each}").fetchone() for each in (one, other)]
    if counts[0] != counts[1]:
        raise RuntimeError(f"{one} has {counts[0]} rows, {other} {counts[1]}")
