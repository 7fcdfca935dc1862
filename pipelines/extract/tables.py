"""One page of an API, as bytes, to one typed Arrow table with its lists still nested.

The fast way reads the whole page at once with pyarrow and an explicit schema, free-form values in quotes.
Keys nobody declared are text, taken from the page by orjson. A page that still does not fit goes row by row
through `exact.py`; only a row that has no exact meaning is set aside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.json

from pipelines.errors import ContractError
from pipelines.extract.endpoint import Endpoint, Fields
from pipelines.extract.exact import Misfit, as_json, exact_row, read_json
from pipelines.extract.freeform import (
    Quoting,
    free_form_names,
    grown,
    has_more_than,
    object_names,
    with_texts,
)
from pipelines.extract.kinds import QUOTED, WIRE, struct_of
from pipelines.extract.privacy import Seal, Veil, hashed, hashed_json

# After so many pages that the fast way cannot read, it is not tried any more.
MOST_ODD = 3

ROWS_FIRST = b'{"data":['
META = pa.struct([(name, pa.int64()) for name in ("page", "page_size", "page_count", "item_count")])


class BrokenPage(Exception):
    """The body is not the JSON it should be (cut off, garbled): asking again may help."""


@dataclass(frozen=True)
class Rejected:
    """A row that could not be loaded: its id if it has one, why, and the row itself as JSON.

    `id_before` and `id_after` are those of the rows around it, when they are known.
    """

    record_id: str
    reason: str
    raw_json: str
    id_before: int | None = None
    id_after: int | None = None

    @property
    def name(self) -> str:
        """What tells it apart from others that were set aside: its id, or else what it says."""
        digest = sha256(self.raw_json.encode()).hexdigest()[:16]
        return self.record_id or f"no id, {digest}"


@dataclass(frozen=True)
class Hole:
    """A place in a list that the API cannot read: its offset, and what the API says instead of a row."""

    offset: int
    status: int | None
    excerpt: str


@dataclass(frozen=True)
class Page:
    """One answer of a list.

    Attributes:
        rows: one Arrow row per object, columns as in the API, lists and objects nested, ids ascending.
        item_count: rows in the whole list at that moment, or None when the API does not say.
        page_size: the page size the API used, or None when it does not say.
        rejected: rows set aside.
        hole: set when the page is one row that could not be read.
        requests: HTTP requests this answer took.
    """

    rows: pa.Table
    item_count: int | None = None
    page_size: int | None = None
    rejected: Sequence[Rejected] = ()
    hole: Hole | None = None
    requests: int = 1

    @property
    def size(self) -> int:
        """Places of the list that it covers."""
        return len(self.rows) + len(self.rejected) + (self.hole is not None)


@dataclass(frozen=True)
class _Shape:
    """The fields of an endpoint, what they are in Arrow, and how a page comes there.

    `quoted_wire` is the page with the free-form values in quotes, `wire` the page without them.
    """

    fields: Fields
    arrow: pa.StructType
    quoting: Quoting
    quoted_wire: pa.Schema
    wire: pa.Schema

    @classmethod
    def of(cls, fields: Fields) -> _Shape:
        quoted, wire = (
            pa.schema([("data", pa.list_(struct_of(fields, kinds))), ("meta", META)])
            for kinds in (QUOTED, WIRE)
        )
        quoting = Quoting(free_form_names(fields), object_names(fields))
        return cls(fields, struct_of(fields), quoting, quoted, wire)


class PageParser:
    """Reads pages of one endpoint; keys it was not told of become columns of every later page.

    Args:
        endpoint: the fields to expect.
        zone: where a time without an offset is taken to be.
        seal: turns a value that nobody may read into one that nobody can.
        veil: what of the rows is not to be stored.

    Attributes:
        odd_pages: how many the fast way could not read, though they had no new keys.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        zone: str = "Europe/Helsinki",
        seal: Seal = lambda value: value,
        veil: Veil | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.zone = zone
        self.seal = seal
        self.veil = veil or Veil(endpoint, "", seal)
        self._shape = _Shape.of(endpoint.fields)
        self._ways = [self._at_once, self._with_undeclared][: 1 if endpoint.is_partial else 2]
        self.odd_pages = 0
        self._no_objects = Quoting((), object_names(endpoint.fields))

    def parse(self, body: bytes) -> Page:
        """The page's rows and counts.

        Raises:
            BrokenPage: the body is not whole JSON.
            ContractError: it is JSON, but has no list under `data`.
        """
        body = body.strip()
        page = self._parse(body)
        rows = hashed(page.rows, self.endpoint.hashed, self.seal)
        return replace(page, rows=self.veil.over(rows))

    def _parse(self, body: bytes) -> Page:
        if body.startswith(b"{") and body.endswith(b"}"):  # pyarrow 26 crashes on a bare `null`
            ways, shape = self._ways, self._shape
            for number, way in enumerate(ways):
                try:
                    page = way(body)
                except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError):
                    continue
                if number and self._shape is shape:  # it was not for a new key
                    self.odd_pages += 1
                if self.odd_pages >= MOST_ODD:
                    self._ways = ways[number:]
                return page
        return self._row_by_row(body)

    def _at_once(self, body: bytes) -> Page:
        """The whole page at once in Arrow, when it holds nothing but what the endpoint table declares."""
        shape, is_partial = self._shape, self.endpoint.is_partial
        if not body.startswith(ROWS_FIRST):
            raise ValueError("a page that does not begin with its rows")
        body = shape.quoting.quoted(body, len(ROWS_FIRST))
        rows, meta = self._read_with_arrow(body, shape.quoted_wire, "ignore" if is_partial else "infer")
        if not is_partial and has_more_than(shape.fields, rows.type):
            raise pa.ArrowInvalid("keys nobody declared")
        return _page(rows.cast(shape.arrow), meta)

    def _with_undeclared(self, body: bytes) -> Page:
        """The same, with free-form values and undeclared keys as the text they have in the page."""
        rows, meta = self._read_with_arrow(self._no_objects.quoted(body, 0), self._shape.wire, "ignore")
        values = orjson.loads(body)["data"]
        shape = self._learn(values)
        return _page(with_texts(rows, shape.fields, values).cast(shape.arrow), meta)

    def _row_by_row(self, body: bytes) -> Page:
        document = self._read_document(body)
        rows, rejected = [], []
        for place, row in enumerate(document["data"]):
            try:
                rows.append(exact_row(row, self.endpoint.fields, self.zone, key=self.endpoint.key))
            except Misfit as misfit:
                before, after = _neighbours(document["data"], place, self.endpoint.key)
                aside = self._set_aside(row, str(misfit))
                rejected.append(replace(aside, id_before=before, id_after=after))
        shape = self._shape if self.endpoint.is_partial else self._learn(rows)
        return _page(pa.array(rows, shape.arrow), document.get("meta"), rejected)

    def _set_aside(self, row: Any, reason: str) -> Rejected:
        """The row with its reason; nothing in it that would not be stored otherwise."""
        if not isinstance(row, Mapping):
            return Rejected("", reason, as_json(row))
        sealed = hashed_json(row, self.endpoint.hashed, self.seal)
        record_id = sealed.get(self.endpoint.key)
        return Rejected(
            str(record_id) if isinstance(record_id, int | str) else "",
            reason,
            as_json(self.veil.over_json(sealed)),
        )

    def _learn(self, values: Sequence[Any]) -> _Shape:
        """The shape that these objects and all before them have."""
        fields = grown(self._shape.fields, values)
        if fields != self._shape.fields:
            self._shape = _Shape.of(fields)
        return self._shape

    def _read_with_arrow(self, body: bytes, wire: pa.Schema, unexpected: str) -> tuple[pa.StructArray, Any]:
        page = pyarrow.json.read_json(
            pa.BufferReader(body),
            read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=len(body) + 1),
            parse_options=pyarrow.json.ParseOptions(
                explicit_schema=wire,
                newlines_in_values=True,
                unexpected_field_behavior=unexpected,
            ),
        )
        rows = page["data"][0].values if page.num_rows == 1 else None
        if rows is None or rows.null_count or rows.field(self.endpoint.key).null_count:
            raise pa.ArrowInvalid("not one object with a list of rows that have keys")
        return rows, page["meta"][0].as_py()

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
                "The address may not be the API of such a store, or its answers have changed."
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


def _neighbours(rows: Sequence[Any], place: int, key: str) -> tuple[int | None, int | None]:
    """The ids next to a place of a page, on either side."""
    return _first_id(reversed(rows[:place]), key), _first_id(rows[place + 1 :], key)


def _first_id(rows: Iterable[Any], key: str) -> int | None:
    ids = (row.get(key) for row in rows if isinstance(row, Mapping))
    return next((number for number in ids if isinstance(number, int)), None)


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdigit()) else None


def _shape(document: Any) -> str:
    if isinstance(document, Mapping):
        return f"an object with the keys {', '.join(sorted(map(str, document))[:8]) or '(none)'}"
    return f"a {type(document).__name__}"
