"""The warehouse: a DuckDB file or a PostgreSQL database; callers ask the settings and never know which."""

from __future__ import annotations

from pipelines.settings import Settings
from pipelines.warehouse.base import Connection, Read, Target, Warehouse
from pipelines.warehouse.duck import DuckWarehouse, connect, pack_if_loose, read_frame
from pipelines.warehouse.ops import ensure_ops, ensure_tables, has_table, insert, loaded_keys, replace

__all__ = [
    "Connection",
    "Read",
    "Target",
    "Warehouse",
    "connect",
    "ensure_ops",
    "ensure_tables",
    "has_table",
    "insert",
    "loaded_keys",
    "pack_if_loose",
    "published_of",
    "read_frame",
    "replace",
    "warehouse_of",
]


def warehouse_of(settings: Settings) -> Warehouse:
    """Where runs write."""
    if settings.server is None:
        return DuckWarehouse(settings.warehouse)
    from pipelines.warehouse.postgres import PostgresWarehouse

    return PostgresWarehouse(settings.server)


def published_of(settings: Settings) -> Warehouse:
    """Where people read: a file of their own, or the database itself, which no reader locks."""
    return DuckWarehouse(settings.published) if settings.server is None else warehouse_of(settings)
