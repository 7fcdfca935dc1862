"""The small `ops` tables that say what every run did, and the few statements all tables are asked with.

Plain SQL that DuckDB and PostgreSQL understand alike; marks for parameters are `?`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.errors import SettingsError
from pipelines.settings import now
from pipelines.warehouse.base import Connection
from pipelines.warehouse.migrations import hide_codes

TIME = "timestamp with time zone"

# Rows that one statement adds: each statement is committed, which takes longer than a row.
AT_A_TIME = 100

# Table -> column -> type, in types that DuckDB and PostgreSQL share.
OPS: Mapping[str, Mapping[str, str]] = {
    "schema_version": {"version": "bigint", "reached_at": TIME},
    "stores": {
        "store": "text",
        "platform": "text",
        "time_zone": "text",
        "currency": "text",
        "is_enabled": "boolean",
    },
    "runs": {
        "run_id": "text",
        "command": "text",
        "started_at": TIME,
        "finished_at": TIME,
        "status": "text",
        "exit_code": "bigint",
        "stores": "text",
        "failed_stores": "text",
        "requests": "bigint",
        "rows_loaded": "text",
        "versions": "text",
        "message": "text",
        "summary": "text",
    },
    "windows": {
        "run_id": "text",
        "store": "text",
        "resource": "text",
        "reason": "text",
        "window_from": TIME,
        "window_to": TIME,
        "api_count": "bigint",
        "distinct_rows": "bigint",
        "duplicates": "bigint",
        "rejected_rows": "bigint",
        "quarantined_rows": "bigint",
        "requests": "bigint",
        "seconds": "double precision",
        "status": "text",
        "started_at": TIME,
    },
    "quarantine": {
        "run_id": "text",
        "store": "text",
        "resource": "text",
        "reason": "text",
        "window_from": TIME,
        "window_to": TIME,
        "row_offset": "bigint",
        "id_before": "bigint",
        "id_after": "bigint",
        "status": "bigint",
        "body_excerpt": "text",
        "quarantined_at": TIME,
    },
    "deleted_records": {
        "run_id": "text",
        "store": "text",
        "resource": "text",
        "id": "text",
        "detected_at": TIME,
    },
    "rejected_rows": {
        "run_id": "text",
        "store": "text",
        "resource": "text",
        "record_id": "text",
        "reason": "text",
        "raw_json": "text",
        "rejected_at": TIME,
    },
    "erasures": {
        "run_id": "text",
        "kind": "text",
        "subject": "text",
        "row_count": "bigint",
        "erased_at": TIME,
    },
    "sync_runs": {
        "run_id": "text",
        "destination": "text",
        "object": "text",
        "started_at": TIME,
        "finished_at": TIME,
        "status": "text",
        "desired": "bigint",
        "queried": "bigint",
        "sent": "bigint",
        "unchanged": "bigint",
        "failed": "bigint",
        "requests": "bigint",
        "message": "text",
    },
    # What a destination has of us: the last word of it on each row. Keys and hashes, no payload.
    "sync_rows": {
        "destination": "text",
        "object": "text",
        "store": "text",
        "row_key": "text",
        "customer_key": "text",
        "payload_hash": "text",
        "consent": "text",
        "status": "text",
        "reason": "text",
        "run_id": "text",
        "answered_at": TIME,
        "accepted_at": TIME,
    },
}


# What brings a warehouse from the version that is its place here to the next, beyond new tables and columns.
# Version 0 is every warehouse from before versions were written down.
MIGRATIONS: Sequence[Sequence[str]] = ((),)


def ensure_ops(connection: Connection) -> bool:
    """The `ops` tables exist, with all columns that they have by now, and what older versions left is moved.

    Returns:
        Whether the warehouse has to be written anew, so that nothing is left of what was emptied.

    Raises:
        SettingsError: a newer kassavirta made this warehouse.
    """
    there = _columns(connection, "ops")
    reached = _version(connection) if ("schema_version", "version") in there else 0
    if reached > len(MIGRATIONS):
        raise SettingsError(
            f"the warehouse was made by a newer kassavirta (its tables are version {reached}, this one knows "
            f"{len(MIGRATIONS)}): install that one, or one that is newer still"
        )
    _complete(connection, "ops", OPS, there)
    for version, statements in enumerate(MIGRATIONS[reached:], reached + 1):
        for statement in statements:
            connection.execute(statement)
        connection.execute("insert into ops.schema_version values (?, ?)", [version, now()])
    return hide_codes(connection)


def _version(connection: Connection) -> int:
    ((found,),) = connection.execute("select coalesce(max(version), 0) from ops.schema_version").fetchall()
    return int(found)


def ensure_tables(connection: Connection, schema: str, tables: Mapping[str, Mapping[str, str]]) -> None:
    """A schema has these tables (name -> column -> type), with at least these columns."""
    _complete(connection, schema, tables, _columns(connection, schema))


def _columns(connection: Connection, schema: str) -> set[tuple[str, str]]:
    """Table and name of every column of a schema."""
    return set(
        connection.execute(
            "select table_name, column_name from information_schema.columns where table_schema = ?", [schema]
        ).fetchall()
    )


def _complete(
    connection: Connection,
    schema: str,
    tables: Mapping[str, Mapping[str, str]],
    there: set[tuple[str, str]],
) -> None:
    known = {table for table, _ in there}
    if not known:
        connection.execute(f"create schema if not exists {schema}")
    for table, columns in tables.items():
        if table not in known:
            listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            connection.execute(f"create table {schema}.{table} ({listed})")
        for name in (name for name in columns if table in known and (table, name) not in there):
            connection.execute(f'alter table {schema}.{table} add column "{name}" {columns[name]}')


def has_table(connection: Connection, schema: str, table: str) -> bool:
    """Whether there is such a table."""
    # Not fetchone(): with a result half read, the connection takes no Arrow table (DuckDB 2.0).
    found = connection.execute(
        "select 1 from information_schema.tables where table_schema = ? and table_name = ?",
        [schema, table],
    ).fetchall()
    return bool(found)


def loaded_keys(schema: str, table: str, key: str) -> str:
    """A query for the keys, as text, of what came with load packages; it takes the store and their ids."""
    return f"select cast({key} as text) from {schema}.{table} where store = ? and _dlt_load_id = any(?)"


def insert(connection: Connection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds rows to an `ops` table, many at a time; a key that is missing becomes null."""
    names, marks = ", ".join(OPS[table]), ", ".join("?" for _ in OPS[table])
    for begin in range(0, len(rows), AT_A_TIME):
        some = rows[begin : begin + AT_A_TIME]
        values = [row.get(column) for row in some for column in OPS[table]]
        listed = ", ".join([f"({marks})"] * len(some))
        connection.execute(f"insert into ops.{table} ({names}) values {listed}", values)


def replace(connection: Connection, table: str, rows: Sequence[Mapping[str, Any]], *key: str) -> None:
    """Adds rows to an `ops` table in the place of those with the same key."""
    same = " and ".join(f"{column} = ?" for column in key)
    for row in rows:
        connection.execute(f"delete from ops.{table} where {same}", [row[column] for column in key])
    insert(connection, table, rows)
