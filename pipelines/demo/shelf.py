"""Where records are kept: JSON on disk, and in memory only what filters and sorts need.

The spool is written at its end only, so a reader that has taken a record's place may read it at
leisure: what it reads stays what it was.
"""

import mmap
import re
import tempfile
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from threading import Lock
from typing import Any

from pipelines.demo.helsinki import moment_of
from pipelines.demo.resources import RESOURCES, STATUSES, Resource

ABSENT = -(2**62)
"""Stands for a time that is null: below every bound."""

_CACHED_SELECTIONS = 64

Span = tuple[int, int]
"""Offset and length of a record in the spool."""


class Spool:
    """One temporary file of bytes, gone when closed."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(buffering=1 << 16)  # noqa: SIM115
        self._size = 0
        self._map: mmap.mmap | bytes = b""
        self._lock = Lock()

    def append(self, record: bytes) -> Span:
        """Where the record is now."""
        with self._lock:
            self._file.write(record)
            span = self._size, len(record)
            self._size += len(record)
        return span

    def read(self, span: Span) -> bytes:
        """The record at that place."""
        offset, length = span
        view = self._map
        if offset + length > len(view):
            view = self._remap()
        return view[offset : offset + length]

    def close(self) -> None:
        """Gives the disk space back."""
        self._map = b""
        self._file.close()

    def _remap(self) -> mmap.mmap:
        with self._lock:
            self._file.flush()
            self._map = fresh = mmap.mmap(self._file.fileno(), self._size, access=mmap.ACCESS_READ)
        return fresh


@dataclass(frozen=True)
class Query:
    """Which records, in which order.

    Attributes:
        bounds: (column, low, high), both inclusive; all must hold.
        ids: only these, if given.
    """

    bounds: tuple[tuple[str, int, int], ...] = ()
    sort: str = "id-asc"
    ids: frozenset[int] | None = None


class Shelf:
    """The records of one resource in the order of their ids.

    Not thread-safe by itself: the shop holds its lock around every call but `texts`.

    Attributes:
        edited: the id of each record put or removed, oldest first.
    """

    def __init__(self, resource: Resource, spool: Spool) -> None:
        self.resource = resource
        self.ids = array("q")
        self._spool = spool
        self._offsets = array("q")
        self._lengths = array("q")
        self._columns = {name: array("q") for name in resource.columns}
        self._selections: dict[Query, Sequence[int]] = {}
        self.edited: list[int] = []

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, record_id: int, text: bytes, values: Sequence[int]) -> None:
        """Puts a record behind all others; `values` are those of the resource's columns."""
        offset, length = self._spool.append(text)
        self.ids.append(record_id)
        self._offsets.append(offset)
        self._lengths.append(length)
        for column, value in zip(self._columns.values(), values, strict=True):
            column.append(value)

    def place(self, record_id: int) -> int | None:
        """The record's position, or None when there is no such id."""
        position = bisect_left(self.ids, record_id)
        found = position < len(self.ids) and self.ids[position] == record_id
        return position if found else None

    def put(self, record_id: int, text: bytes, values: Sequence[int]) -> None:
        """Replaces the record with that id, or puts a new one in its place among the ids."""
        position = bisect_left(self.ids, record_id)
        if self.place(record_id) is not None:
            self.remove(record_id)
        offset, length = self._spool.append(text)
        rows = (self.ids, self._offsets, self._lengths, *self._columns.values())
        for column, value in zip(rows, (record_id, offset, length, *values), strict=True):
            column.insert(position, value)
        self.edited.append(record_id)
        self._selections.clear()

    def remove(self, record_id: int) -> None:
        """Takes the record away.

        Raises:
            KeyError: there is none with that id.
        """
        position = self.place(record_id)
        if position is None:
            raise KeyError(record_id)
        for column in (self.ids, self._offsets, self._lengths, *self._columns.values()):
            del column[position]
        self.edited.append(record_id)
        self._selections.clear()

    def select(self, query: Query) -> Sequence[int]:
        """The positions of what the query wants, in its order; remembered until a change."""
        found = self._selections.get(query)
        if found is None:
            if len(self._selections) >= _CACHED_SELECTIONS:
                self._selections.pop(next(iter(self._selections)))
            self._selections[query] = found = self._sorted(self._filtered(query), query.sort)
        return found

    def spans(self, positions: Iterable[int]) -> list[Span]:
        """Where the records at these positions are in the spool."""
        return [(self._offsets[position], self._lengths[position]) for position in positions]

    def texts(self, spans: Iterable[Span], expand: frozenset[str]) -> Iterable[bytes]:
        """Each record's JSON with the sections to expand."""
        records = map(self._spool.read, spans)
        if expand >= self.resource.everything:
            return records
        parents = {name.partition(".")[0] for name in expand}
        keep = [name in parents for name in self.resource.sections]
        bare = [
            (1 + self.resource.sections.index(section), _member(member))
            for section, _, member in (name.partition(".") for name in self.resource.nested)
            if section in parents and f"{section}.{member}" not in expand
        ]
        return map(partial(_cut, keep=[True, *keep, True], bare=bare), records)

    def values_of(self, record: dict[str, Any]) -> list[int]:
        """The values of the resource's columns for a record given as a dict."""
        return [_value_of(record, name) for name in self._columns]

    def _filtered(self, query: Query) -> Sequence[int]:
        positions: Sequence[int] = range(len(self.ids))
        if query.ids is not None:
            places = map(self.place, sorted(query.ids))
            positions = array("q", [place for place in places if place is not None])
        for name, low, high in query.bounds:
            column = self._columns[name]
            if isinstance(positions, range):
                found = (place for place, value in enumerate(column) if low <= value <= high)
            else:
                found = (place for place in positions if low <= column[place] <= high)
            positions = array("q", found)
        return positions

    def _sorted(self, positions: Sequence[int], sort: str) -> Sequence[int]:
        by, _, direction = sort.partition("-")
        if by != "id":
            column = self._columns[by]
            positions = array("q", sorted(positions, key=column.__getitem__))
        return positions if direction == "asc" else positions[::-1]


def _cut(record: bytes, keep: list[bool], bare: list[tuple[int, re.Pattern[bytes]]]) -> bytes:
    """The record without the lines not kept, and without the members that its `bare` lines hold."""
    lines = record.split(b"\n")
    for place, member in bare:
        lines[place] = member.sub(b"", lines[place])
    return b"".join([line for line, kept in zip(lines, keep, strict=True) if kept])


@cache
def _member(name: str) -> re.Pattern[bytes]:
    """Finds a member that is a list of flat objects, a flat object or null, whatever its texts say."""
    text = r'"(?:[^"\\]++|\\.)*+"'
    values = rf'\[(?:[^\]"]++|{text})*+\]|\{{(?:[^}}"]++|{text})*+\}}|null'
    return re.compile(rf',"{name}":(?:{values})'.encode())


def _value_of(record: dict[str, Any], name: str) -> int:
    if name == "status":
        return STATUSES.index(record["status"])
    if name == "shipments_completed_at":
        times = [shipment.get("completed_at") for shipment in record["shipments"]]
        return max((moment_of(time) for time in times if time), default=ABSENT)
    value = record.get(name)
    if name.endswith("_id"):
        return ABSENT if value is None else int(value)
    return moment_of(value) if value else ABSENT


class Shelves:
    """One shelf per list that has records of its own, all in one spool."""

    def __init__(self) -> None:
        self._spool = Spool()
        self._shelves = {
            name: Shelf(resource, self._spool) for name, resource in RESOURCES.items() if not resource.of
        }

    def __getitem__(self, name: str) -> Shelf:
        return self._shelves[RESOURCES[name].of or name]

    def close(self) -> None:
        """Gives the disk space back."""
        self._spool.close()
