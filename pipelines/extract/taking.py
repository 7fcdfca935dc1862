"""What a walk has taken so far: each row once, holes with their neighbours, and the window's record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import ContractError
from pipelines.extract.ledger import Gap, Ledger, WindowRecord
from pipelines.extract.tables import Page, Rejected


class Descending:
    """Ids of pages read backward: new is what lies below the smallest so far, and above the floor.

    Args:
        floor: what is not above it is of no interest.
        smallest: what is not below it was taken.
    """

    def __init__(self, floor: int | None = None, smallest: int | None = None) -> None:
        self.floor = floor
        self.smallest = smallest
        self._largest: int | None = None

    def is_new(self, keys: pa.ChunkedArray) -> pa.Array:
        """For each key whether it was not taken before."""
        below = pa.scalar(True) if self.smallest is None else pc.less(keys, self.smallest)
        above = pa.scalar(True) if self.floor is None else pc.greater(keys, self.floor)
        return pc.and_(pc.and_(below, above), pc.is_valid(keys))

    def is_new_reject(self, row: Rejected) -> bool:
        """The same of a row that was set aside."""
        return not _is_number(row.record_id) or pc.all(self.is_new(pa.array([int(row.record_id)]))).as_py()

    def below(self, keys: pa.ChunkedArray) -> int | None:
        """The largest key below everything taken so far."""
        lower = keys if self.smallest is None else keys.filter(pc.less(keys, self.smallest))
        largest: int | None = pc.max(lower).as_py()
        return largest

    def add(self, page: Page, keys: pa.ChunkedArray) -> None:
        """Notes a page as taken."""
        ids = [keys[0].as_py(), keys[-1].as_py()] if len(keys) else []
        ids += [int(row.record_id) for row in page.rejected if _is_number(row.record_id)]
        self.smallest = min((*ids, *_some(self.smallest)), default=None)
        self._largest = max((*ids, *_some(self._largest)), default=None)

    def turn(self) -> None:
        """New is from now on what comes after everything taken so far."""
        self.floor, self.smallest = self._largest, None


class Known:
    """Keys in no order, remembered one by one: for short lists."""

    smallest = None

    def __init__(self) -> None:
        self._keys: set[str] = set()

    def is_new(self, keys: pa.ChunkedArray) -> pa.Array:
        """For each key whether it was not taken before."""
        return pa.array([str(key) not in self._keys for key in keys.to_pylist()], pa.bool_())

    def is_new_reject(self, row: Rejected) -> bool:
        """The same of a row that was set aside; one without a key is known by what it says."""
        return (row.record_id or row.raw_json) not in self._keys

    def add(self, page: Page, keys: pa.ChunkedArray) -> None:
        """Notes a page as taken."""
        self._keys.update(
            map(str, keys.to_pylist()), (row.record_id or row.raw_json for row in page.rejected)
        )

    def turn(self) -> None:
        """What is known stays known."""


class Taker:
    """Takes pages in, drops what was taken before, and keeps the window's record.

    Args:
        ledger: takes rows that were set aside, and holes.
        record: the window's record.
        key: the field that tells rows apart.
        between: ids between which rows are of interest, when not all are.
        is_ordered: whether rows come in ascending order of ids.

    Attributes:
        record: the window's record.
        has_met_known: whether, since the last turn, a row came that had been taken before it.
    """

    def __init__(
        self,
        ledger: Ledger,
        record: WindowRecord,
        key: str = "id",
        between: tuple[int | None, int | None] = (None, None),
        is_ordered: bool = True,
    ) -> None:
        self.record = record
        self.has_met_known = False
        self._ledger = ledger
        self._key = key
        self._is_ordered = is_ordered
        self._seen: Descending | Known = Descending(*between) if is_ordered else Known()
        self._gaps: list[Gap] = []
        self._closed: list[Gap] = []

    def count(self, requests: int) -> None:
        """So many requests more; called from any thread."""
        with self._ledger.lock:
            self.record.requests += requests

    def take(self, page: Page) -> pa.Table:
        """The rows of a page, read backward, that were not taken before.

        Raises:
            ContractError: its rows are not in ascending order of ids.
        """
        if page.hole:
            self.record.quarantined_rows += 1
            self._gaps.append(Gap(page.hole, id_before=None, id_after=self._seen.smallest))
            return page.rows
        if self.record.api_count is not None and (page.item_count or 0) > self.record.api_count:
            self.record.has_grown = True
        self.record.api_count = page.item_count
        return self._take(page)

    def take_forward(self, page: Page) -> pa.Table | None:
        """The new rows of the next page of a list that is read forward, or None when it brings none."""
        if isinstance(self._seen, Descending):
            self._seen = Known()
        arrived = self.record.arrived
        rows = self._take(page)
        return rows if self.record.arrived > arrived else None

    def turn(self) -> None:
        """What is taken from now on was added to the end of the list meanwhile."""
        self._seen.turn()
        self._closed, self._gaps = [*self._closed, *self._gaps], []
        self.record.has_grown = self.has_met_known = False

    def close(self) -> None:
        """Writes the holes down, now that the rows around them are known."""
        for gap in (*self._closed, *self._gaps):
            self._ledger.keep_gap(self.record, gap)

    def _take(self, page: Page) -> pa.Table:
        keys = page.rows[self._key]
        if self._is_ordered:
            _check_order(keys, self.record.resource)
        is_new = self._seen.is_new(keys)
        rows = page.rows if pc.all(is_new).as_py() else page.rows.filter(is_new)
        self._close_gaps(keys)
        for rejected in filter(self._seen.is_new_reject, page.rejected):
            after = rejected.id_after or self._seen.smallest
            self._ledger.set_aside(self.record, replace(rejected, id_after=after))
        self._seen.add(page, keys)
        self.record.duplicates += len(keys) - len(rows)
        self.has_met_known |= len(keys) > len(rows)
        self.record.distinct_rows += len(rows)
        return rows

    def _close_gaps(self, keys: pa.ChunkedArray) -> None:
        """The largest row below a hole is its neighbour on that side."""
        if self._gaps and isinstance(self._seen, Descending):
            below = self._seen.below(keys)
            self._gaps = [
                replace(gap, id_before=below) if gap.id_before is None else gap for gap in self._gaps
            ]


def _some(number: int | None) -> Iterator[int]:
    if number is not None:
        yield number


def _is_number(record_id: str) -> bool:
    return record_id.isascii() and record_id.isdigit()


def _check_order(ids: pa.ChunkedArray, resource: str) -> None:
    if len(ids) > 1 and not pc.all(pc.less(ids[:-1], ids[1:])).as_py():
        raise ContractError(
            f"{resource}: expected rows in ascending order of ids, got another order. "
            "Nothing can be read exactly without it: tell us which platform version the store runs."
        )
