"""The analysts' file: a copy of what is worth reading, written aside and swapped in by rename.

A reader has either the old file or the new one, whole. No load ever locks it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from pipelines.warehouse import connect, ensure_ops, replace

# What destinations get is made for them, not for analysts; the rest are dlt's working copies.
LEFT_OUT = ("outbound", "information_schema", "pg_catalog", "main")
WORKING_COPY = "_staging"


def publish(warehouse: Path, published: Path, run: Mapping[str, Any] | None = None) -> int:
    """Replaces the published file; the number of tables and views in it.

    Args:
        warehouse: the writer's file.
        published: the analysts' file.
        run: the run that publishes, as `ops.runs` is to have it once it is done; the warehouse has it later.

    Raises:
        SettingsError: the warehouse is locked or the disk is full; the old file is still there.
    """
    published.parent.mkdir(parents=True, exist_ok=True)
    aside = published.with_name(f".{published.name}.new")
    aside.unlink(missing_ok=True)
    try:
        with connect(aside) as connection:
            connection.execute(f"attach {_quoted(str(warehouse))} as source (read_only)")
            copied = _copy(connection)
            if run:
                ensure_ops(connection)
                replace(connection, "runs", [run], "run_id")
        aside.chmod(0o600)
        os.replace(aside, published)
    finally:
        for leftover in (aside, aside.with_name(aside.name + ".wal")):
            leftover.unlink(missing_ok=True)
    return copied


def _copy(connection: duckdb.DuckDBPyConnection) -> int:
    tables = _found(connection, "select schema_name, table_name from duckdb_tables()")
    views = _found(connection, "select schema_name, sql from duckdb_views()")
    for schema in sorted({schema for schema, _ in (*tables, *views)}):
        connection.execute(f"create schema if not exists {_name(schema)}")
    for schema, table in sorted(tables):
        place = f"{_name(schema)}.{_name(table)}"
        connection.execute(f"create table {place} as from source.{place}")
    _create_views(connection, [sql for _, sql in views])
    return len(tables) + len(views)


def _create_views(connection: duckdb.DuckDBPyConnection, pending: list[str]) -> None:
    """Creates views in whatever order they need each other: one that lacks another waits a round."""
    while pending:
        waiting = []
        for sql in pending:
            try:
                connection.execute(sql)
            except duckdb.CatalogException:
                waiting.append(sql)
        if len(waiting) == len(pending):
            connection.execute(waiting[0])
        pending = waiting


def _found(connection: duckdb.DuckDBPyConnection, select: str) -> list[tuple[str, str]]:
    rows = connection.execute(f"{select} where database_name = 'source' and not internal").fetchall()
    return [(schema, found) for schema, found in rows if _is_published(schema)]


def _is_published(schema: str) -> bool:
    return schema not in LEFT_OUT and not schema.endswith(WORKING_COPY)


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
