"""Gaps: places that could not be read, kept until they can.

A gap is remembered by the window it was in and the ids of its neighbours. Inside that window rows only
leave, so the missing row is still between those ids, or it left the window and came with a later one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import pendulum
import pyarrow as pa

from pipelines.extract.ledger import Gap, Ledger, WindowRecord
from pipelines.extract.pages import Pages
from pipelines.extract.tables import Hole, Page, Rejected
from pipelines.extract.taking import Taker
from pipelines.settings import moment


@dataclass(frozen=True)
class Unread:
    """A gap as it is kept in dlt's state, next to the cursor: plain values, moments as ISO texts.

    Attributes:
        field: the time whose window it is in, from `since` to `until` (None is open); empty without window.
        fixed: filters of that window that are always the same.
        offset, id_before, id_after: the place, and the ids around it.
        status, excerpt: what the store answered instead.
        reason: why the window was read.
        found_at: when it was found.
        rejected: the name of the row, when it could be read and had no exact meaning.
    """

    field: str
    since: str | None
    until: str | None
    fixed: Mapping[str, str]
    offset: int
    id_before: int | None
    id_after: int | None
    status: int | None
    excerpt: str
    reason: str
    found_at: str
    rejected: str = ""

    @classmethod
    def of(cls, record: WindowRecord, gap: Gap, field: str, fixed: Mapping[str, str]) -> Unread:
        """The gap of a window that was just read."""
        return cls(
            field=field,
            since=record.window_from.isoformat() if record.window_from else None,
            until=record.window_to.isoformat() if record.window_to else None,
            fixed=dict(fixed),
            offset=gap.hole.offset,
            id_before=gap.id_before,
            id_after=gap.id_after,
            status=gap.hole.status,
            excerpt=gap.hole.excerpt,
            reason=record.reason,
            found_at=record.started_at.isoformat(),
        )

    @classmethod
    def of_rejected(cls, record: WindowRecord, row: Rejected, field: str, fixed: Mapping[str, str]) -> Unread:
        """The place of a row that was set aside: its own id is between its neighbours', when it has one."""
        number = int(row.record_id) if row.record_id.isdigit() else None
        before, after = (number - 1, number + 1) if number else (row.id_before, row.id_after)
        hole = Hole(max(0, (record.api_count or 0) - 1), None, row.reason)
        return replace(cls.of(record, Gap(hole, before, after), field, fixed), rejected=row.name)

    def plain(self) -> dict[str, Any]:
        """As a dict for dlt's state."""
        return asdict(self)

    @property
    def window(self) -> str:
        """Which windows it belongs to: the same name, the same rows by the same filter."""
        return window_name(self.field, self.fixed)

    def outside(self, since: pendulum.DateTime | None) -> Unread | None:
        """What of it is not in a window of the same name that was read from `since` to now.

        Whatever that window holds has been read now, or is a gap of its own.
        """
        begin, end = moment(self.since), moment(self.until)
        if since is None or (begin and since <= begin):
            return None
        return self if end and end <= since else replace(self, until=since.isoformat())

    def as_found(self, earlier: Unread) -> Unread:
        """The same gap, found when it was found first; a row that can be read is where it was, or before."""
        offset = earlier.offset if self.rejected else self.offset
        return replace(self, found_at=earlier.found_at, reason=earlier.reason, offset=offset)

    @property
    def gap(self) -> Gap:
        """The place itself."""
        return Gap(Hole(self.offset, self.status, self.excerpt), self.id_before, self.id_after)


def distinct(gaps: Iterable[Unread]) -> list[Unread]:
    """One for each stretch of ids in each window: the one farthest back, from where all can be reached."""
    by_place = sorted(gaps, key=lambda gap: gap.offset)
    stretches = {(gap.window, gap.since, gap.until, gap.id_before, gap.id_after): gap for gap in by_place}
    return list(stretches.values())


def window_name(field: str, fixed: Mapping[str, str]) -> str:
    """The name that windows over the same field with the same filters share."""
    return "&".join([field, *(f"{name}={value}" for name, value in sorted(fixed.items()))])


def read_gap(pages: Pages, gap: Gap, ledger: Ledger, record: WindowRecord) -> Iterator[pa.Table]:
    """The rows of a window between a gap's neighbours, one by one from the last to the first.

    What still cannot be read becomes a gap of `record` again. Of a gap without a lower neighbour no more
    than a page is read: the row came in one page with its upper neighbour, or at the list's beginning.
    """
    taker = Taker(ledger, record, pages.key, (gap.id_before, gap.id_after), pages.is_ordered)
    counted = replace(pages, count=taker.count)
    last = _last_place(counted, gap)
    for place in range(last, max(0, last - pages.page_size) if gap.id_before is None else 0, -1):
        page = _row(counted, place)
        yield taker.take(page)
        if _is_at_most(_id(page, pages.key), gap.id_before):
            break
    taker.close()
    record.api_count = record.arrived
    record.has_grown = False


def _last_place(pages: Pages, gap: Gap) -> int:
    """The last place whose row may come before `id_after`, found by halves: rows have only moved forward."""
    low, high = 1, gap.hole.offset + 2
    while low < high:
        place = (low + high) // 2
        page = _row(pages, place)
        while _is_unknown(page, pages.key) and place + 1 < high:
            place += 1
            page = _row(pages, place)
        if _is_unknown(page, pages.key):
            break
        if _is_below(_id(page, pages.key), gap.id_after):
            low = place + 1
        else:
            high = place
    return high - 1


def _row(pages: Pages, place: int) -> Page:
    (page,) = pages.parts(place, 1, is_part=True)
    return page


def _id(page: Page, key: str) -> int | None:
    if len(page.rows):
        return int(page.rows[key][0].as_py())
    numbers = [int(row.record_id) for row in page.rejected if row.record_id.isdigit()]
    return numbers[0] if numbers else None


def _is_unknown(page: Page, key: str) -> bool:
    """Whether a row is there that does not say its id."""
    return bool(page.size) and _id(page, key) is None


def _is_below(number: int | None, limit: int | None) -> bool:
    return number is not None and (limit is None or number < limit)


def _is_at_most(number: int | None, limit: int | None) -> bool:
    return number is not None and limit is not None and number <= limit
