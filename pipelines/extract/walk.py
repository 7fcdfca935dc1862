"""The exact page walk: from the last page to the first, inside a window that closed before we began.

Inside a closed window rows can only leave: an update moves them past its end, a deletion removes them. A
row that leaves moves later rows one place to the front. Read from the last page to the first, that carries
rows towards pages not yet read: one may be seen twice, none is missed. Because ids ascend, a row was seen
before exactly when its id is not below the smallest id taken so far.

Pages are read several at a time. Answers that agree on the count of the list were given while nothing left,
so they are as good as one answer; a batch whose answers disagree is read again, one page at a time. A count
that rises says that the window was not closed after all: nothing is proven then, and the record says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.errors import ContractError
from pipelines.extract.ledger import Ledger, WindowRecord
from pipelines.extract.tables import Page

# Reads one page: its number from 1 and the page size to ask for.
ReadPage = Callable[[int, int], Page]


def walk(
    read: ReadPage, page_size: int, concurrency: int, ledger: Ledger, record: WindowRecord
) -> Iterator[pa.Table]:
    """Every row of the list once, as pages of descending ids; `record` says how it went.

    The first request asks for page 1 in full: a list that fits on it is complete with one answer, and an
    API that gives smaller pages than it was asked for is found out before it can cost rows.

    Raises:
        ContractError: rows do not come in ascending order of ids.
        ApiError: a page could not be read.
    """
    taker = _Taker(ledger, record)
    first = taker.look_at(read(1, page_size))
    if first.item_count is None:
        yield from _walk_uncounted(read, page_size, first, taker)
    elif first.item_count <= len(first.rows) + len(first.rejected):
        yield taker.take(first)
    else:
        size = len(first.rows) + len(first.rejected) or page_size
        pages = range(-(-first.item_count // size), 0, -1)
        yield from _walk_backward(
            lambda page: taker.look_at(read(page, page_size)), pages, concurrency, taker
        )


def _walk_backward(
    read: Callable[[int], Page], pages: Sequence[int], concurrency: int, taker: _Taker
) -> Iterator[pa.Table]:
    batches = [pages[start : start + concurrency] for start in range(0, len(pages), concurrency)]
    pool = ThreadPoolExecutor(concurrency, thread_name_prefix="walk")
    ahead = _submit(pool, read, batches[0])
    try:
        for number, batch in enumerate(batches):
            answers, ahead = [future.result() for future in ahead], []
            following = batches[number + 1 : number + 2]
            steady = len({answer.item_count for answer in answers}) == 1
            if steady and following:
                ahead = _submit(pool, read, following[0])
            yield from map(taker.take, answers if steady else map(read, batch))
            if following and not ahead:
                ahead = _submit(pool, read, following[0])
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _submit(
    pool: ThreadPoolExecutor, read: Callable[[int], Page], batch: Sequence[int]
) -> list[Future[Page]]:
    return [pool.submit(read, page) for page in batch]


def _walk_uncounted(read: ReadPage, page_size: int, first: Page, taker: _Taker) -> Iterator[pa.Table]:
    """A list that does not say how long it is can only be read forward, until a page is empty."""
    number, page = 1, first
    while len(page.rows) + len(page.rejected):
        yield taker.take_forward(page)
        number += 1
        page = taker.look_at(read(number, page_size))


class _Taker:
    """Takes pages in, drops what was taken before, and keeps the window's record."""

    def __init__(self, ledger: Ledger, record: WindowRecord) -> None:
        self.ledger = ledger
        self.record = record
        self.smallest: int | None = None

    def look_at(self, page: Page) -> Page:
        """The page, its requests counted; called from any thread."""
        with self.ledger.lock:
            self.record.requests += page.requests
        return page

    def take(self, page: Page) -> pa.Table:
        """The rows of a page that were not taken before."""
        if self.record.api_count is not None and (page.item_count or 0) > self.record.api_count:
            self.record.has_grown = True
        self.record.api_count = page.item_count
        ids = page.rows["id"]
        _check_order(ids, self.record.resource)
        rows = page.rows if self.smallest is None else page.rows.filter(pc.less(ids, self.smallest))
        for rejected in page.rejected:
            if (
                self.smallest is None
                or not _is_number(rejected.record_id)
                or int(rejected.record_id) < self.smallest
            ):
                self.ledger.set_aside(self.record, rejected)
        self.record.duplicates += len(ids) - len(rows)
        self.record.distinct_rows += len(rows)
        seen = [*_lowest_ids(page), *([] if self.smallest is None else [self.smallest])]
        self.smallest = min(seen, default=None)
        return rows

    def take_forward(self, page: Page) -> pa.Table:
        """The rows of the next page of a list that is read forward."""
        _check_order(page.rows["id"], self.record.resource)
        for rejected in page.rejected:
            self.ledger.set_aside(self.record, rejected)
        self.record.distinct_rows += len(page.rows)
        return page.rows


def _lowest_ids(page: Page) -> Iterator[int]:
    """The smallest loaded id and every numeric id that was set aside."""
    if len(page.rows):
        yield page.rows["id"][0].as_py()
    yield from (int(row.record_id) for row in page.rejected if _is_number(row.record_id))


def _is_number(record_id: str) -> bool:
    return record_id.isascii() and record_id.isdigit()


def _check_order(ids: pa.ChunkedArray, resource: str) -> None:
    if len(ids) > 1 and not pc.all(pc.less(ids[:-1], ids[1:])).as_py():
        raise ContractError(
            f"{resource}: expected rows in ascending order of ids, got another order. "
            "Nothing can be read exactly without it: tell us which platform version the store runs."
        )
