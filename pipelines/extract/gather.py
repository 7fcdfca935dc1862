"""Pages to fewer, larger tables, and one of them always under way: what comes after costs per table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

ROWS_AT_A_TIME = 5_000


def gathered(pages: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The rows of the pages, some thousands at a time: every step after this costs per table, not per row.

    None is empty: dlt 1.31 stops at an empty table before the first rows when there is a lag.
    """
    waiting: list[pa.Table] = []
    for page in filter(len, pages):
        if waiting and (waiting[0].schema != page.schema or sum(map(len, waiting)) >= ROWS_AT_A_TIME):
            yield pa.concat_tables(waiting).combine_chunks()
            waiting = []
        waiting.append(page)
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks()


def one_ahead(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The same tables; the next is read while the last is being written."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="ahead")
    try:
        following = pool.submit(next, tables, None)
        while (table := following.result()) is not None:
            following = pool.submit(next, tables, None)
            yield table
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
