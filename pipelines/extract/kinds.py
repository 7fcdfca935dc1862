"""The kinds of values an API field can have, and how each looks in Arrow."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from pipelines.extract.endpoint import Field, Fields

# Money, rates, weights and quantities: twelve digits before the point and six after, never a float.
DECIMAL_PLACES = 6
DECIMAL = pa.decimal128(18, DECIMAL_PLACES)

ARROW: Mapping[str, pa.DataType | None] = {
    "bigint": pa.int64(),
    "text": pa.string(),
    "json": pa.string(),
    "bool": pa.bool_(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "date": pa.date32(),
    "decimal": DECIMAL,
}

# The same as column types, in words that DuckDB and PostgreSQL share.
SQL_TYPES: Mapping[pa.DataType, str] = {
    pa.int64(): "bigint",
    pa.string(): "text",
    pa.bool_(): "boolean",
    pa.timestamp("us", tz="UTC"): "timestamp with time zone",
    pa.date32(): "date",
    DECIMAL: f"decimal({DECIMAL.precision}, {DECIMAL.scale})",
}

# On the wire, times stay text: Arrow's JSON reader takes a time without a zone for UTC, its cast refuses it.
# Free-form values are left out and taken from the page by orjson, or put in quotes before Arrow reads it.
WIRE: Mapping[str, pa.DataType | None] = {
    **ARROW,
    "timestamp": pa.string(),
    "date": pa.string(),
    "json": None,
}
QUOTED: Mapping[str, pa.DataType | None] = {**WIRE, "json": pa.string()}


def struct_of(fields: Fields, kinds: Mapping[str, pa.DataType | None] = ARROW) -> pa.StructType:
    """The Arrow type of one API object; kinds that map to None are left out."""
    types = ((name, _type_of(field, kinds)) for name, field in fields.items())
    return pa.struct([(name, kind) for name, kind in types if kind is not None])


def empty_table(fields: Fields) -> pa.Table:
    """No rows, all columns."""
    return pa.schema(list(struct_of(fields))).empty_table()


def _type_of(field: Field, kinds: Mapping[str, pa.DataType | None]) -> pa.DataType | None:
    if isinstance(field, str):
        return kinds[field]
    if isinstance(field, list):
        return pa.list_(_type_of(field[0], kinds))
    return struct_of(field, kinds)
