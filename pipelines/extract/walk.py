"""The exact page walk: from the last page to the first, inside a window that closed before we began.

Inside a closed window rows can only leave: an update moves them past its end, a deletion removes them. A
row that leaves moves later rows one place to the front. Read from the last page to the first, that carries
rows towards pages not yet read: one may be seen twice, none is missed. Because ids ascend, a row was seen
before exactly when its id is not below the smallest id taken so far.

Pages of a closed window are read several at a time. Answers that agree on the count of the list were given
while nothing left, so they are as good as one answer; a batch whose answers disagree is read again, one
page at a time. A count that rises says that the window was not closed after all: nothing is proven then,
and the record says so.

A window that ends now may not be closed: the clock a store answers with may be ahead of the one it stamps
rows with. One page of it is one answer, whatever the clocks say; if it takes more, the part that is surely
over is read `instead`, and the caller reads the rest by itself.

A list without a filter is open: new rows come in at its end, where they move nothing. It is walked the same
way, one page at a time, and when it has grown its end is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from itertools import chain

import pyarrow as pa

from pipelines.errors import Unavailable
from pipelines.extract.ledger import Ledger, WindowRecord
from pipelines.extract.pages import MOST_HOLES, Pages
from pipelines.extract.tables import Page
from pipelines.extract.taking import Taker

# How often the end of an open list is read again before we believe that it grows faster than we read.
MOST_ENDS = 3


def walk(pages: Pages, ledger: Ledger, record: WindowRecord) -> Iterator[pa.Table]:
    """Every row of the list once, as pages of descending ids; `record` says how it went.

    The first request asks for page 1 in full: a list that fits on it is complete with one answer, and an
    API that gives smaller pages than it was asked for is found out before it can cost rows.

    Raises:
        ContractError: rows do not come in ascending order of ids.
        ApiError: a page could not be read, and not because of single rows.
    """
    taker = Taker(ledger, record, pages.key, is_ordered=pages.is_ordered)
    pages, first, count = _first(replace(pages, count=taker.count), record)
    if count is not None and count > pages.page_size and pages.instead:
        yield from walk(pages.instead(), ledger, record)
        return
    record.api_count = count
    if count is None:
        yield from _walk_uncounted(pages, first[0], taker)
    elif count <= pages.page_size and not all(part.hole for part in first):
        yield from map(taker.take, first)
    elif count:
        yield from _walk_backward(pages, range(-(-count // pages.page_size), 0, -1), taker)
    if not pages.is_closed:
        yield from _walk_ends(pages, taker)
    taker.close()


def _first(pages: Pages, record: WindowRecord) -> tuple[Pages, list[Page], int | None]:
    """The list in pages of the size that the API really gives, page 1, and how many rows there are.

    Raises:
        Unavailable: page 1 can only be read in parts, and the list has no count to go on from.
    """
    while True:
        pages = replace(pages, smaller=[])
        parts = first = pages.parts(1, pages.page_size)
        number = 1
        while all(part.hole for part in parts):
            number += 1
            parts = pages.parts(number, pages.page_size)
        count = next(part.item_count for part in parts if not part.hole)
        if len(first) == 1 and not first[0].hole:
            return replace(pages, page_size=first[0].size or pages.page_size), first, count
        if count is None:
            hole = next(part.hole for part in first if part.hole)
            raise Unavailable(
                f"{record.store}: {record.resource} cannot be read: its first page fails, and the list does "
                "not say how long it is. Try again later.",
                hole.status,
                hole.excerpt,
                may_be_rows=True,
            )
        size = _proven_size(pages, first, count)
        if not pages.smaller:
            return replace(pages, page_size=size), first, count
        pages = replace(pages, page_size=min(pages.smaller))


def _proven_size(pages: Pages, first: Sequence[Page], count: int) -> int:
    """A size that the API is known to give: page 1 came in parts, so another page has to show it."""
    if count <= pages.page_size:
        return pages.page_size
    for number in range(2, 2 + min(-(-count // pages.page_size) - 1, MOST_HOLES)):
        parts = pages.parts(number, pages.page_size)
        if len(parts) == 1 and not parts[0].hole:
            return pages.page_size
    return max(1, *(part.size for part in first))


def _walk_backward(pages: Pages, numbers: Sequence[int], taker: Taker) -> Iterator[pa.Table]:
    step = pages.concurrency if pages.is_closed else 1
    batches = [numbers[start : start + step] for start in range(0, len(numbers), step)]

    def read(number: int) -> list[Page]:
        return pages.parts(number, pages.page_size)

    pool = ThreadPoolExecutor(step, thread_name_prefix="walk")
    ahead = _submit(pool, read, batches[0])
    try:
        for number, batch in enumerate(batches):
            answers, ahead = [future.result() for future in ahead], []
            following = batches[number + 1 : number + 2]
            steady = len({part.item_count for part in chain(*answers)}) == 1
            if steady and following:
                ahead = _submit(pool, read, following[0])
            for parts in answers if steady else map(read, batch):
                yield from map(taker.take, parts)
            if following and not ahead:
                ahead = _submit(pool, read, following[0])
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _submit(
    pool: ThreadPoolExecutor, read: Callable[[int], list[Page]], batch: Sequence[int]
) -> list[Future[list[Page]]]:
    return [pool.submit(read, page) for page in batch]


def _walk_ends(pages: Pages, taker: Taker) -> Iterator[pa.Table]:
    """What was added to an open list while it was read."""
    for _ in range(MOST_ENDS):
        if not taker.record.has_grown:
            return
        taker.turn()
        number = -(-(taker.record.api_count or 0) // pages.page_size)
        while number and not taker.has_met_known:
            yield from map(taker.take, pages.parts(number, pages.page_size))
            number -= 1


def _walk_uncounted(pages: Pages, first: Page, taker: Taker) -> Iterator[pa.Table]:
    """A list that does not say how long it is can only be read forward, until a page brings nothing new."""
    number, page = 1, first
    while (rows := taker.take_forward(page)) is not None:
        yield rows
        number += 1
        page = pages.page(number, pages.page_size)
