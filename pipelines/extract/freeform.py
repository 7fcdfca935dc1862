"""Values of no fixed shape, and keys nobody declared: text, taken from the page as orjson reads it.

Arrow reads what is declared, orjson the whole page; here the two are joined row by row, at any depth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from pipelines.extract.endpoint import Field, Fields
from pipelines.extract.exact import as_text


def has_more_than(fields: Fields, found: pa.StructType) -> bool:
    """Whether Arrow found free-form values, or keys that are not among the fields."""
    return any(_is_more(fields.get(child.name, "json"), child.type) for child in found)


def _is_more(known: Field, found: pa.DataType) -> bool:
    if isinstance(known, list):
        return has_more_than(known[0], found.value_type)
    if isinstance(known, Mapping):
        return has_more_than(known, found)
    return known == "json" and not pa.types.is_null(found)


def grown(fields: Fields, values: Iterable[Any]) -> Fields:
    """The fields, and as free-form ones every key with a value in the objects that is not among them."""
    objects = [value for value in values if value is not None]
    unknown = set().union(*objects) - fields.keys()
    new = sorted(key for key in unknown if any(row.get(key) is not None for row in objects))
    known = {name: _grown_field(kind, name, objects) for name, kind in fields.items()}
    return {**known, **dict.fromkeys(new, "json")}


def _grown_field(kind: Field, name: str, objects: Sequence[Any]) -> Field:
    if isinstance(kind, list):
        return [grown(kind[0], (item for row in objects for item in row.get(name) or ()))]
    if isinstance(kind, Mapping):
        return grown(kind, (row.get(name) for row in objects))
    return kind


def with_texts(rows: pa.StructArray, fields: Fields, values: Sequence[Any]) -> pa.StructArray:
    """The rows with their free-form fields as text, from the same rows read by orjson."""
    columns = {child.name: rows.field(child.name) for child in rows.type}
    for name, kind in fields.items():
        if _has_free_form(kind):
            inner = [None if value is None else value.get(name) for value in values]
            columns[name] = _texts(columns.get(name), kind, inner)
    mask = rows.is_null() if rows.null_count else None
    return pa.StructArray.from_arrays(list(columns.values()), list(columns), mask=mask)


def _texts(column: pa.Array | None, kind: Field, values: Sequence[Any]) -> pa.Array:
    if column is None or isinstance(kind, str):
        return pa.array(map(as_text, values), pa.string(), size=len(values))
    if isinstance(kind, Mapping):
        return with_texts(column, kind, values)
    items = [item for value in values for item in value or ()]
    offsets = np.cumsum([0, *(len(value or ()) for value in values)], dtype=np.int32)
    mask = column.is_null() if column.null_count else None
    return pa.ListArray.from_arrays(
        pa.array(offsets), with_texts(column.flatten(), kind[0], items), mask=mask
    )


def _has_free_form(kind: Field) -> bool:
    inner = kind[0] if isinstance(kind, list) else kind
    return kind == "json" or (isinstance(inner, Mapping) and any(map(_has_free_form, inner.values())))
