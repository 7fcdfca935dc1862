"""One page of an API, as bytes, to one typed Arrow table with its lists still nested.

The fast way reads the whole page at once with pyarrow and an explicit schema. Free-form values and keys
nobody declared are text, taken from the page by orjson. A page that still does not fit goes row by row
through `exact.py`; only a row that has no exact meaning is set aside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.json

from pipelines.errors import ContractError
from pipelines.extract.endpoint import Endpoint, Field, Fields
from pipelines.extract.exact import Misfit, as_text, exact_row, read_json
from pipelines.extract.kinds import WIRE, struct_of

META = pa.struct([(name, pa.int64()) for name in ("page", "page_size", "page_count", "item_count")])


class BrokenPage(Exception):
    """The body is not the JSON it should be (cut off, garbled): asking again may help."""


@dataclass(frozen=True)
class Rejected:
    """A row that could not be loaded: its id if it has one, why, and the row itself as JSON."""

    record_id: str
    reason: str
    raw_json: str


@dataclass(frozen=True)
class Page:
    """One answer of a list.

    Attributes:
        rows: one Arrow row per object, columns as in the API, lists and objects nested, ids ascending.
        item_count: rows in the whole list at that moment, or None when the API does not say.
        page_size: the page size the API used, or None when it does not say.
        rejected: rows set aside.
        requests: HTTP requests this answer took.
    """

    rows: pa.Table
    item_count: int | None = None
    page_size: int | None = None
    rejected: Sequence[Rejected] = ()
    requests: int = 1


class PageParser:
    """Reads pages of one endpoint; keys it was not told of become columns of every later page.

    Args:
        endpoint: the fields to expect.
        zone: where a time without an offset is taken to be.
    """

    def __init__(self, endpoint: Endpoint, zone: str = "Europe/Helsinki") -> None:
        self.endpoint = endpoint
        self.fields = endpoint.fields
        self.zone = zone
        self._ways = [self._as_declared, self._with_free_form]
        self._empty_objects = [
            (f'"{name}":[]'.encode(), f'"{name}":null'.encode()) for name in _object_names(endpoint.fields)
        ]

    def parse(self, body: bytes) -> Page:
        """The page's rows and counts.

        Raises:
            BrokenPage: the body is not whole JSON.
            ContractError: it is JSON, but has no list under `data`.
        """
        body = body.strip()
        if body.startswith(b"{") and body.endswith(b"}"):  # pyarrow 26 crashes on a bare `null`
            for way in tuple(self._ways):
                try:
                    return way(self._without_empty_objects(body))
                except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError):
                    continue
        return self._row_by_row(body)

    def _as_declared(self, body: bytes) -> Page:
        """The whole page at once in Arrow, when it holds nothing but what the endpoint table declares."""
        rows, meta = self._read_with_arrow(body, "infer")
        if _has_more_than(self.fields, rows.type):
            raise pa.ArrowInvalid("free-form values or keys nobody declared")
        return _page(rows.cast(struct_of(self.fields)), meta)

    def _with_free_form(self, body: bytes) -> Page:
        """The same, with free-form values and undeclared keys as the text they have in the page."""
        rows, meta = self._read_with_arrow(body, "ignore")
        values = orjson.loads(body)["data"]
        fields = self.fields = _grown(self.fields, values)
        page = _page(_with_texts(rows, fields, values).cast(struct_of(fields)), meta)
        self._ways = [self._with_free_form]  # such pages do not come alone
        return page

    def _read_with_arrow(self, body: bytes, unexpected: str) -> tuple[pa.StructArray, Any]:
        schema = pa.schema([("data", pa.list_(struct_of(self.fields, WIRE))), ("meta", META)])
        page = pyarrow.json.read_json(
            pa.BufferReader(body),
            read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=len(body) + 1),
            parse_options=pyarrow.json.ParseOptions(
                explicit_schema=schema, newlines_in_values=True, unexpected_field_behavior=unexpected
            ),
        )
        data = page["data"].combine_chunks()
        rows = data.flatten()
        if page.num_rows != 1 or data.null_count or rows.null_count or rows.field("id").null_count:
            raise pa.ArrowInvalid("not one object with a list of rows that have ids")
        return rows, page["meta"][0].as_py()

    def _without_empty_objects(self, body: bytes) -> bytes:
        """`[]` for a missing object, said by PHP, as null; inside a text the quotes would be escaped."""
        for empty, null in self._empty_objects:
            body = body.replace(empty, null)
        return body

    def _row_by_row(self, body: bytes) -> Page:
        document = self._read_document(body)
        rows, rejected = [], []
        for row in document["data"]:
            try:
                rows.append(exact_row(row, self.endpoint.fields, self.zone))
            except Misfit as misfit:
                rejected.append(_set_aside(row, str(misfit)))
        fields = self.fields = _grown(self.fields, rows)
        return _page(pa.array(rows, struct_of(fields)), document.get("meta"), rejected)

    def _read_document(self, body: bytes) -> Mapping[str, Any]:
        try:
            document = read_json(body)
        except ValueError as error:
            raise BrokenPage(
                f"{self.endpoint.name}: the answer is no whole JSON ({len(body)} bytes)"
            ) from error
        if not isinstance(document, Mapping) or not isinstance(document.get("data"), list):
            raise ContractError(
                f"{self.endpoint.name}: expected a list under `data`, got {_shape(document)}. "
                "The address may not be a MyCashflow API, or its answers have changed."
            )
        return document


def _page(rows: pa.StructArray, meta: Any, rejected: Sequence[Rejected] = ()) -> Page:
    rows.validate(full=True)  # Arrow's JSON reader lets numbers through that are too large for a decimal
    counts = meta if isinstance(meta, Mapping) else {}
    return Page(
        rows=pa.Table.from_struct_array(rows),
        item_count=_count(counts.get("item_count")),
        page_size=_count(counts.get("page_size")),
        rejected=tuple(rejected),
    )


def _object_names(fields: Fields) -> set[str]:
    """Fields at any depth that are objects or free-form: those may come as `[]` when there is none."""
    names: set[str] = set()
    for name, kind in fields.items():
        inner = kind[0] if isinstance(kind, list) else kind
        if isinstance(kind, Mapping) or kind == "json":
            names.add(name)
        if isinstance(inner, Mapping):
            names |= _object_names(inner)
    return names


def _has_more_than(fields: Fields, found: pa.StructType) -> bool:
    """Whether Arrow found free-form values, or keys that are not among the fields."""
    return any(_is_more(fields.get(child.name, "json"), child.type) for child in found)


def _is_more(known: Field, found: pa.DataType) -> bool:
    if isinstance(known, list):
        return _has_more_than(known[0], found.value_type)
    if isinstance(known, Mapping):
        return _has_more_than(known, found)
    return known == "json" and not pa.types.is_null(found)


def _grown(fields: Fields, values: Iterable[Any]) -> Fields:
    """The fields, and as free-form ones every key with a value in the objects that is not among them."""
    objects = [value for value in values if value is not None]
    new = {key: "json" for row in objects for key in row.keys() - fields.keys() if row[key] is not None}
    grown = {name: _grown_field(kind, name, objects) for name, kind in fields.items()}
    return {**grown, **dict(sorted(new.items()))}


def _grown_field(kind: Field, name: str, objects: Sequence[Any]) -> Field:
    if isinstance(kind, list):
        return [_grown(kind[0], (item for row in objects for item in row.get(name) or ()))]
    if isinstance(kind, Mapping):
        return _grown(kind, (row.get(name) for row in objects))
    return kind


def _with_texts(rows: pa.StructArray, fields: Fields, values: Sequence[Any]) -> pa.StructArray:
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
        return pa.array([as_text(value) for value in values], pa.string())
    if isinstance(kind, Mapping):
        return _with_texts(column, kind, values)
    items = [item for value in values for item in value or ()]
    offsets = np.cumsum([0, *(len(value or ()) for value in values)], dtype=np.int32)
    mask = column.is_null() if column.null_count else None
    return pa.ListArray.from_arrays(
        pa.array(offsets), _with_texts(column.flatten(), kind[0], items), mask=mask
    )


def _has_free_form(kind: Field) -> bool:
    inner = kind[0] if isinstance(kind, list) else kind
    return kind == "json" or (isinstance(inner, Mapping) and any(map(_has_free_form, inner.values())))


def _set_aside(row: Any, reason: str) -> Rejected:
    record_id = row.get("id") if isinstance(row, Mapping) else None
    return Rejected("" if record_id is None else str(record_id), reason, as_text(row) or "null")


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdigit()) else None


def _shape(document: Any) -> str:
    if isinstance(document, Mapping):
        return f"an object with the keys {', '.join(sorted(map(str, document))[:8]) or '(none)'}"
    return f"a {type(document).__name__}"
