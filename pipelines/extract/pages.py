"""The pages of a list: how to ask for one, and what to do when one cannot be had.

A page that keeps failing may hold one row that the store cannot answer. It is asked for in smaller parts
over the same places, down to single rows; a row that fails by itself is a hole. A store that is down fails
everywhere: more holes than a few are an outage, not rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from pipelines.errors import ApiError, Unavailable
from pipelines.extract.tables import Hole, Page

MOST_HOLES = 20


class ReadPage(Protocol):
    """Reads one page; a part of a failed page is not tried as often as a page."""

    def __call__(self, page: int, page_size: int, is_part: bool = False) -> Page:
        """Page number `page`, from 1, of so many rows."""


@dataclass
class Pages:
    """A list that is read page by page.

    Attributes:
        read: asks for a page.
        page_size: rows to ask for at once.
        concurrency: requests under way at a time.
        key: the field that tells rows apart.
        is_ordered: whether rows come in ascending order of whole-number keys.
        is_closed: whether no row can enter while it is read, as in a window of time that is over.
        instead: what to read when the list takes more than a page and may not be closed.
        count: is told how many requests each answer or failure took; called from any thread.
        smaller: sizes of answers with fewer rows than asked although more follow: the API caps its pages.
    """

    read: ReadPage
    page_size: int
    concurrency: int = 1
    key: str = "id"
    is_ordered: bool = True
    is_closed: bool = True
    instead: Callable[[], Pages] | None = None
    count: Callable[[int], None] = lambda requests: None
    smaller: list[int] = field(default_factory=list)
    _holes: set[int] = field(default_factory=set, repr=False)

    def page(self, page: int, page_size: int, is_part: bool = False) -> Page:
        """The page.

        Raises:
            ApiError: it cannot be read.
        """
        try:
            answer = self.read(page, page_size, is_part)
        except ApiError as failure:
            self.count(failure.requests)
            raise
        self.count(answer.requests)
        if 0 < answer.size < min(page_size, (answer.item_count or 0) - (page - 1) * page_size):
            self.smaller.append(answer.size)
        return answer

    def parts(self, page: int, page_size: int, is_part: bool = False) -> list[Page]:
        """The page, or its parts from the last to the first when it cannot be read in one.

        From the last to the first: what leaves the list meanwhile moves rows to parts not yet read.

        Raises:
            ApiError: it cannot be read, and not because of a few rows.
        """
        try:
            return [self.page(page, page_size, is_part)]
        except Unavailable as failure:
            if not failure.may_be_rows:
                raise
            if page_size == 1:
                return [self._hole(page, failure)]
        count = _smallest_divisor(page_size)
        smaller = range(page * count, (page - 1) * count, -1)
        return [part for number in smaller for part in self.parts(number, page_size // count, is_part=True)]

    def _hole(self, page: int, failure: Unavailable) -> Page:
        """A place that cannot be read, as long as there are few of them."""
        self._holes.add(page - 1)
        if len(self._holes) > MOST_HOLES:
            raise failure
        hole = Hole(page - 1, failure.status, failure.excerpt)
        return Page(pa.table({self.key: pa.nulls(0, pa.int64())}), hole=hole)


def _smallest_divisor(number: int) -> int:
    return next(count for count in range(2, number + 1) if number % count == 0)
