"""Lists that change between any two requests, for tests of the walk alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from random import Random
from threading import Lock

import pyarrow as pa

from pipelines.errors import Unavailable
from pipelines.extract.ledger import Gap, Ledger, WindowRecord
from pipelines.extract.pages import Pages, ReadPage
from pipelines.extract.tables import Page, Rejected
from pipelines.extract.walk import walk
from pipelines.settings import now


def code_of(row: int) -> str:
    """A row's text key, in no order."""
    return f"{row * 7919 % 10007:05d}-{row}"


@dataclass
class ListOfRows:
    """A list of a store; after each answer rows may leave it and, when it is open, come in at its end.

    Attributes:
        rng: decides what happens.
        ids: the rows that are there now, ascending.
        restlessness, growth: how likely another row leaves or comes after an answer, below 1.
        sick: rows that no answer can hold.
        misfits: rows that come as rejected ones.
        flakiness: how likely an answer fails for no reason.
        cap: the largest page it gives.
        is_counted: whether answers say how long the list is.
        key: `id`, or `code` for a text.
        left, came: the rows that have left and come since the beginning.
        asked: requests so far.
        seen: the rows that were there when the last answer was made.
    """

    rng: Random
    ids: list[int]
    restlessness: float = 0.0
    growth: float = 0.0
    sick: set[int] = field(default_factory=set)
    misfits: Collection[int] = ()
    flakiness: float = 0.0
    cap: int | None = None
    is_counted: bool = True
    key: str = "id"
    left: set[int] = field(default_factory=set)
    came: set[int] = field(default_factory=set)
    asked: int = 0
    seen: set[int] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)

    def read(self, page: int, page_size: int, is_part: bool = False) -> Page:
        """The answer of the moment; then time goes on."""
        with self.lock:
            self.asked += 1
            self.seen = set(self.ids)
            size = min(page_size, self.cap or page_size)
            found = self.ids[(page - 1) * size : page * size]
            fails = bool(self.sick.intersection(found)) or self.rng.random() < self.flakiness
            answer = self._page(found, size)
            self._go_on()
        if fails:
            raise Unavailable("sick", 500, "sick", may_be_rows=True)
        return answer

    def leave(self, row: int) -> None:
        """A row is deleted, or moves out of the window."""
        self.ids.remove(row)
        self.left.add(row)

    def come(self) -> None:
        """A new row, at the end."""
        new = max([0, *self.ids, *self.left]) + self.rng.randint(1, 5)
        self.ids.append(new)
        self.came.add(new)

    def _page(self, found: list[int], size: int) -> Page:
        well = [row for row in found if row not in self.misfits]
        ill = tuple(Rejected(str(row), "odd", "{}") for row in found if row in self.misfits)
        count = len(self.ids) if self.is_counted else None
        if self.key == "id":
            rows = pa.table({"id": pa.array(well, pa.int64())})
        else:
            rows = pa.table({self.key: pa.array([code_of(row) for row in well], pa.string())})
        return Page(rows, count, size, ill)

    def _go_on(self) -> None:
        while self.ids and self.rng.random() < self.restlessness:
            self.leave(self.rng.choice(self.ids))
        while self.rng.random() < self.growth:
            self.come()


def some_ids(rng: Random, rows: int) -> list[int]:
    """So many ascending ids with holes between them."""
    return sorted(rng.sample(range(1, 10 * rows + 2), rows))


def new_record() -> WindowRecord:
    """The record of a window that is about to be read."""
    return WindowRecord("s", "orders", "updated_at", None, None, now())


@dataclass
class Taken:
    """What a walk brought."""

    rows: list[int]
    record: WindowRecord
    gaps: list[Gap]
    rejected: list[int]

    @property
    def accounted(self) -> set[int]:
        """Rows that came or were set aside."""
        return {*self.rows, *self.rejected}

    def is_in_a_gap(self, row: int) -> bool:
        """Whether the row is known to be somewhere that could not be read."""
        return any(is_between(row, gap) for gap in self.gaps)


def is_between(row: int, gap: Gap) -> bool:
    """Whether a row lies between a gap's neighbours."""
    return (gap.id_before is None or gap.id_before < row) and (gap.id_after is None or row < gap.id_after)


def collected(tables: Iterator[pa.Table], ledger: Ledger, record: WindowRecord, key: str = "id") -> Taken:
    """All rows of a reading, and what it says of itself."""
    rows = [row for table in tables for row in table[key].to_pylist()]
    record.settle()
    gaps = [gap for _, gap in ledger.gaps]
    return Taken(rows, record, gaps, [int(row.record_id) for _, row in ledger.rejected])


def walked(read: ReadPage, page_size: int, concurrency: int = 1, **pages: object) -> Taken:
    """A whole walk over a list."""
    ledger, record = Ledger(), new_record()
    asked = replace(Pages(read, page_size, concurrency), **pages)  # type: ignore[arg-type]
    return collected(walk(asked, ledger, record), ledger, record, asked.key)


def forward(read: Callable[[int, int], Page], page_size: int) -> Iterator[int]:
    """The usual walk, as the control: page 1 to the last."""
    page = 1
    while rows := read(page, page_size).rows["id"].to_pylist():
        yield from rows
        page += 1
