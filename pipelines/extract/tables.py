"""One page of an API, as bytes, to one typed Arrow table with its lists still nested.

The fast way reads the whole page at once with pyarrow and an explicit schema. A page that does not fit it
goes row by row through `exact.py`; only a row that has no exact meaning is set aside. Keys nobody declared
become text columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
        if not (body.startswith(b"{") and body.endswith(b"}")):
            return self._parse_exact(body)  # pyarrow 26 crashes on a bare `null`
        try:
            return self._parse_fast(body)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError):
            return self._parse_exact(body)

    def _parse_fast(self, body: bytes) -> Page:
        for empty, null in self._empty_objects:
            body = body.replace(empty, null)
        page = _read_with_arrow(
            body, pa.schema([("data", pa.list_(struct_of(self.fields, WIRE))), ("meta", META)])
        )
        data = page["data"].combine_chunks()
        rows = data.flatten()
        if page.num_rows != 1 or data.null_count or rows.null_count or rows.field("id").null_count:
            raise pa.ArrowInvalid("not one object with a list of rows that have ids")
        fields = self.fields = _with_free_keys(self.fields, rows.type)
        if _has_free_form(rows.type, fields):
            rows = _with_texts(rows, fields, orjson.loads(body)["data"])
        rows = rows.cast(struct_of(fields))
        rows.validate(full=True)  # Arrow's JSON reader lets numbers through that are too large for a decimal
        return _page(rows, page["meta"][0].as_py())

    def _parse_exact(self, body: bytes) -> Page:
        document = self._read_document(body)
        rows, rejected = [], []
        for row in document["data"]:
            try:
                rows.append(exact_row(row, self.endpoint.fields, self.zone))
            except Misfit as misfit:
                rejected.append(_set_aside(row, str(misfit)))
        fields = self.fields
        for row in rows:
            fields = _with_free_values(fields, row)
        self.fields = fields
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
    counts = meta if isinstance(meta, Mapping) else {}
    return Page(
        rows=pa.Table.from_struct_array(rows),
        item_count=_count(counts.get("item_count")),
        page_size=_count(counts.get("page_size")),
        rejected=tuple(rejected),
    )


def _read_with_arrow(body: bytes, schema: pa.Schema) -> pa.Table:
    return pyarrow.json.read_json(
        pa.BufferReader(body),
        read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=len(body) + 1),
        parse_options=pyarrow.json.ParseOptions(
            explicit_schema=schema, newlines_in_values=True, unexpected_field_behavior="infer"
        ),
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


def _with_free_keys(fields: Fields, found: pa.StructType) -> Fields:
    """The fields and every key Arrow found beside them, as free-form ones."""
    grown: dict[str, Field] = dict(fields)
    for child in found:
        known = fields.get(child.name)
        if known is None and not pa.types.is_null(child.type):
            grown[child.name] = "json"
        elif isinstance(known, Mapping):
            grown[child.name] = _with_free_keys(known, child.type)
        elif isinstance(known, list):
            grown[child.name] = [_with_free_keys(known[0], child.type.value_type)]
    return fields if grown == fields else grown


def _with_free_values(fields: Fields, row: Mapping[str, Any]) -> Fields:
    """The same for a row that `exact_row` made."""
    grown: dict[str, Field] = dict(fields)
    for name, value in row.items():
        known = fields.get(name)
        if known is None:
            grown[name] = "json"
        elif isinstance(known, Mapping) and value is not None:
            grown[name] = _with_free_values(known, value)
        elif isinstance(known, list):
            inner: Fields = known[0]
            for item in value or ():
                inner = _with_free_values(inner, item)
            grown[name] = [inner]
    return grown


def _has_free_form(found: pa.StructType, fields: Fields) -> bool:
    return any(_is_free_form(child.type, fields.get(child.name, "text")) for child in found)


def _is_free_form(found: pa.DataType, known: Field) -> bool:
    if isinstance(known, list):
        return _has_free_form(found.value_type, known[0])
    if isinstance(known, Mapping):
        return _has_free_form(found, known)
    return known == "json" and not pa.types.is_null(found)


def _with_texts(rows: pa.StructArray, fields: Fields, values: Sequence[Any]) -> pa.StructArray:
    """The same rows with free-form fields as the text they have in `values`, the page read by orjson."""
    columns = {}
    for child in rows.type:
        known = fields.get(child.name, "text")
        column = rows.field(child.name)
        if _is_free_form(child.type, known):
            inner = [None if value is None else value.get(child.name) for value in values]
            column = _column_with_texts(column, known, inner)
        if not pa.types.is_null(column.type):
            columns[child.name] = column
    mask = rows.is_null() if rows.null_count else None
    return pa.StructArray.from_arrays(list(columns.values()), list(columns), mask=mask)


def _column_with_texts(column: pa.Array, known: Field, values: Sequence[Any]) -> pa.Array:
    if isinstance(known, list):
        items = [item for value in values for item in value or ()]
        inner = _with_texts(column.flatten(), known[0], items)
        offsets = pa.array([0, *_running_sum(len(value or ()) for value in values)], pa.int32())
        return pa.ListArray.from_arrays(offsets, inner, mask=column.is_null() if column.null_count else None)
    if isinstance(known, Mapping):
        return _with_texts(column, known, values)
    return pa.array([as_text(value) for value in values], pa.string())


def _running_sum(lengths: Any) -> list[int]:
    total, sums = 0, []
    for length in lengths:
        total += length
        sums.append(total)
    return sums


def _set_aside(row: Any, reason: str) -> Rejected:
    record_id = row.get("id") if isinstance(row, Mapping) else None
    return Rejected("" if record_id is None else str(record_id), reason, as_text(row) or "null")


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdigit()) else None


def _shape(document: Any) -> str:
    if isinstance(document, Mapping):
        return f"an object with the keys {', '.join(sorted(map(str, document))[:8]) or '(none)'}"
    return f"a {type(document).__name__}"
