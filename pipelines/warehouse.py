"""The warehouse: connect, read, and the small `ops` tables that say what every run did."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.errors import LoadFailed, PipelineError, SettingsError

if TYPE_CHECKING:
    import pandas

# At the eighth byte of every DuckDB file.
MAGIC = b"DUCK"
TIME = "timestamp with time zone"

# Table -> column -> type, in types that DuckDB and PostgreSQL share.
OPS: Mapping[str, Mapping[str, str]] = {
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
}


@contextmanager
def connect(path: Path, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that is closed afterwards, with UTC as its zone.

    Raises:
        SettingsError: the file is locked by another process, is no DuckDB file, or the disk is full.
    """
    _check_kind(path)
    try:
        connection = duckdb.connect(str(path), read_only=read_only)
    except (duckdb.Error, OSError) as error:
        raise explain(error, path) from error
    try:
        connection.execute("set time zone 'UTC'")
        yield connection
    except (duckdb.Error, OSError) as error:
        raise explain(error, path) from error
    finally:
        connection.close()


def check_usable(path: Path) -> None:
    """Nothing, when the warehouse can be written; it is not created.

    Raises:
        SettingsError: as `connect` does, or when its folder cannot be written.
    """
    if path.exists():
        with connect(path):
            return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        probe = path.with_suffix(".probe")
        probe.write_bytes(b"kassavirta")
        probe.unlink()
    except OSError as error:
        raise explain(error, path) from error


def _check_kind(path: Path) -> None:
    """Nothing for a DuckDB file or none; DuckDB would go and look for an extension to read another kind.

    Raises:
        SettingsError: something else lies there.
    """
    if not path.exists():
        return
    with suppress(PermissionError):
        if path.is_dir() or MAGIC not in path.open("rb").read(16):
            raise _unreadable(path)


def _unreadable(path: Path) -> SettingsError:
    return SettingsError(
        f"{path.name}: it is no DuckDB file that this version can read. "
        "Move it away and run `kassavirta run`."
    )


def explain(error: BaseException, path: Path) -> PipelineError:
    """What a DuckDB or operating system error means for the person who runs this."""
    text, name = str(error).replace(f"{path.parent}{os.sep}", ""), path.name
    if (
        getattr(error, "errno", None) == errno.ENOSPC
        or "No space left" in text
        or "not enough disk space" in text
    ):
        return SettingsError(
            f"{name}: no space left on the disk. Free some and run again; nothing is half-written."
        )
    if "Could not set lock" in text or "being used by another process" in text:
        return SettingsError(
            f"{name}: another process has it open. Close it and run again; to query, open the published "
            "file instead."
        )
    if "not a valid DuckDB" in text or "version number" in text or "Corrupt" in text:
        return _unreadable(path)
    if isinstance(error, PermissionError) or "Permission denied" in text:
        return SettingsError(
            f"{name}: no right to write it. Change its owner, or warehouse.path in .dlt/config.toml."
        )
    return LoadFailed(f"{name}: {text.splitlines()[0] if text else type(error).__name__}")


def ensure_ops(connection: duckdb.DuckDBPyConnection) -> None:
    """The `ops` tables exist, with all columns that they have by now."""
    ensure_tables(connection, "ops", OPS)


def ensure_tables(
    connection: duckdb.DuckDBPyConnection, schema: str, tables: Mapping[str, Mapping[str, str]]
) -> None:
    """A schema has these tables (name -> column -> type), with at least these columns."""
    connection.execute(f"create schema if not exists {schema}")
    there = connection.execute(
        "select table_name, column_name from information_schema.columns where table_schema = ?", [schema]
    ).fetchall()
    known, found = {table for table, _ in there}, set(there)
    for table, columns in tables.items():
        if table not in known:
            listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            connection.execute(f"create table {schema}.{table} ({listed})")
        for name in (name for name in columns if table in known and (table, name) not in found):
            connection.execute(f'alter table {schema}.{table} add column "{name}" {columns[name]}')


def has_table(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> bool:
    """Whether there is such a table."""
    # Not fetchone(): with a result half read, the connection takes no Arrow table (DuckDB 2.0).
    found = connection.execute(
        "select 1 from information_schema.tables where table_schema = ? and table_name = ?",
        [schema, table],
    ).fetchall()
    return bool(found)


def loaded_keys(schema: str, table: str, key: str) -> str:
    """A query for the keys, as text, of what came with load packages; it takes the store and their ids."""
    return (
        f"select cast({key} as text) from {schema}.{table} where store = ? and list_contains(?, _dlt_load_id)"
    )


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds rows to an `ops` table; a key that is missing becomes null."""
    if rows:
        names, marks = ", ".join(OPS[table]), ", ".join("?" for _ in OPS[table])
        values = [[row.get(column) for column in OPS[table]] for row in rows]
        connection.executemany(f"insert into ops.{table} ({names}) values ({marks})", values)


def replace(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]], *key: str
) -> None:
    """Adds rows to an `ops` table in the place of those with the same key."""
    same = " and ".join(f"{column} = ?" for column in key)
    for row in rows:
        connection.execute(f"delete from ops.{table} where {same}", [row[column] for column in key])
    insert(connection, table, rows)


@contextmanager
def reader(path: Path) -> Iterator[Callable[[str], pandas.DataFrame]]:
    """A function from SQL to a frame, over a DuckDB file that is only read.

    Raises:
        SettingsError: as `connect` does.
    """
    with connect(path, read_only=True) as connection:
        yield lambda sql: connection.sql(sql).to_arrow_table().to_pandas()


def read_frame(path: Path, sql: str) -> pandas.DataFrame:
    """The rows of one query over a DuckDB file that is only read."""
    with reader(path) as read:
        return read(sql)
