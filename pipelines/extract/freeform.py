"""Values of no fixed shape, and keys nobody declared: text, taken from the page as orjson reads it.

Arrow cannot keep a value as text. So either the free-form values are put in quotes before it reads the page,
which is quick and needs their keys to be known; or orjson reads the whole page beside Arrow, and the two are
joined row by row, at any depth.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from pipelines.extract.endpoint import Field, Fields
from pipelines.extract.exact import as_text


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


DECODER = json.JSONDecoder(parse_constant=_refuse)


def free_form_names(fields: Fields) -> list[str]:
    """The free-form fields at any depth whose names mean nothing else in the same page."""
    kinds = list(_kinds(fields))
    other = {name for name, kind in kinds if kind != "json"}
    return sorted({name for name, kind in kinds if kind == "json"} - other)


def object_names(fields: Fields) -> list[str]:
    """The objects at any depth: PHP says `[]` when there is none."""
    return sorted({name for name, kind in _kinds(fields) if isinstance(kind, Mapping)})


class Quoting:
    """Puts free-form values in quotes, as the text `as_text` makes of them, and null for missing objects.

    A key cannot be taken for one inside a text, where its quotes would be escaped.

    Args:
        free: names of free-form fields.
        objects: names of objects.
    """

    def __init__(self, free: Sequence[str], objects: Sequence[str]) -> None:
        keys = [rf'(?:{_any_of(free)})":(?!["n])'] if free else []
        keys += [rf'(?:{_any_of(objects)})":(?=\[\])'] if objects else []
        self._key = re.compile(f'"(?:{"|".join(keys)})') if keys else None

    def quoted(self, body: bytes, start: int) -> bytes:
        """The page, which is left as it is up to `start`.

        Raises:
            ValueError: it is not UTF-8, or a value is no JSON, or one that cannot be kept as text.
        """
        if self._key is None:
            return body
        page, parts, done = body.decode(), [], 0
        try:
            for match in self._key.finditer(page, start):
                if match.end() > done:
                    value, end = DECODER.raw_decode(page, match.end())
                    parts += [page[done : match.end()].encode(), orjson.dumps(as_text(value))]
                    done = end
        except (TypeError, RecursionError) as error:
            raise ValueError("a value that JSON does not hold") from error
        return b"".join([*parts, page[done:].encode()])


def _any_of(names: Sequence[str]) -> str:
    return "|".join(map(re.escape, names))


def has_more_than(fields: Fields, found: pa.StructType) -> bool:
    """Whether Arrow found values under keys that are not among the fields."""
    return any(_is_more(fields.get(child.name), child.type) for child in found)


def _is_more(known: Field | None, found: pa.DataType) -> bool:
    if isinstance(known, list):
        return has_more_than(known[0], found.value_type)
    if isinstance(known, Mapping):
        return has_more_than(known, found)
    return known is None and not pa.types.is_null(found)


def grown(fields: Fields, values: Iterable[Any]) -> Fields:
    """The fields, and as free-form ones every key with a value in the objects that is not among them."""
    objects = [value for value in values if value]
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
            inner = [value.get(name) if value else None for value in values]
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


def _kinds(fields: Fields) -> Iterator[tuple[str, Field]]:
    """Names and kinds of all fields, those inside objects and lists too."""
    for name, kind in fields.items():
        yield name, kind
        inner = kind[0] if isinstance(kind, list) else kind
        if isinstance(inner, Mapping):
            yield from _kinds(inner)


def _has_free_form(kind: Field) -> bool:
    inner = kind[0] if isinstance(kind, list) else kind
    return kind == "json" or (isinstance(inner, Mapping) and any(map(_has_free_form, inner.values())))
