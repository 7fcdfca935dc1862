"""Rows of which a list says little: those that are new or changed are asked for by themselves.

Which they are is told by a number for each row, made of all that the list says of it: when it is another one
than the last time, the row is. The numbers are kept in dlt's state and committed with the rows: one for each
row of the last weeks, and for older ones, which change seldom, the sum of each sixteen whose ids follow one
another; when that is another one, all sixteen are asked for. Only a row that came has a number. One that
cannot be read, that has no exact meaning, or that is gone when it is asked for is asked for again when the
list has it again.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from zlib import compress, decompress

import numpy as np
import pyarrow as pa

from pipelines.errors import Unavailable
from pipelines.extract.endpoint import DIGEST
from pipelines.extract.gaps import Unread
from pipelines.extract.ledger import Gap, WindowRecord
from pipelines.extract.pages import MOST_HOLES
from pipelines.extract.reading import ListReader, Row
from pipelines.extract.tables import Hole, Page

ROWS_AT_A_TIME = 500
REASON = "each row"

# Rows that have a number of their own: those of so many days, more than the second looks of a run go back.
OWN_DAYS = 40
BLOCK = 16
MODULUS = 2**32

Numbers = dict[int, int]


@dataclass
class Details:
    """Reads rows by themselves.

    Attributes:
        reader: knows the list, the client and the ledger.
        seen: the number of each row of the last weeks that was loaded, by its key.
        blocks: the sums of the numbers of older rows, by key without its last digits.
        is_every: whether all rows are asked for, changed or not.
        is_whole: whether the whole list comes, so that sums can be compared in the end.
        unread: rows that could not be loaded, to be tried again by the next run.
    """

    reader: ListReader
    seen: Numbers = field(default_factory=dict)
    blocks: Numbers = field(default_factory=dict)
    is_every: bool = False
    is_whole: bool = False
    unread: list[Unread] = field(default_factory=list)
    _old: dict[int, Numbers] = field(default_factory=dict, repr=False)
    _missing: set[int] = field(default_factory=set, repr=False)

    def in_full(self, listed: pa.Table) -> pa.Table:
        """The rows of a page of keys and numbers that are other than they were, in full; older ones wait.

        Raises:
            ApiError: the store refuses, or cannot answer for many rows.
        """
        wanted: Numbers = {}
        for key, number, is_old in self._rows(listed):
            if is_old and self.is_whole:
                self._old.setdefault(key // BLOCK, {})[key] = number
            elif self.is_every or self.seen.get(key) != number:
                wanted[key] = number
                if is_old:
                    self.blocks.pop(key // BLOCK, None)
        tables = list(self._all(wanted))
        return pa.concat_tables(tables, promote_options="permissive") if tables else listed.slice(0, 0)

    def older(self) -> Iterator[pa.Table]:
        """The older rows of a whole list that has come to its end, those of each sum that is new."""
        if self.is_whole:
            wanted = self._changed_blocks()
            yield from self._all(wanted)
            for key in wanted:
                self.seen.pop(key, None)
            self.blocks = {block: _sum(rows) for block, rows in self._old.items()}
            for key in self._missing:
                self.blocks.pop(key // BLOCK, None)

    def _changed_blocks(self) -> Numbers:
        """The older rows to ask for; a row that has grown old since the last time brings its own number."""
        wanted: Numbers = {}
        for block, rows in self._old.items():
            own = {key: self.seen.pop(key, 0) for key in rows}
            if self.is_every or (self.blocks.get(block, 0) + _sum(own)) % MODULUS != _sum(rows):
                wanted |= rows
        return wanted

    def _rows(self, listed: pa.Table) -> Iterator[tuple[int, int, bool]]:
        """Key, number, and whether it is an older row."""
        endpoint = self.reader.endpoint
        names = (endpoint.key, DIGEST, endpoint.cursor or "")
        border = self.reader.run_start.subtract(days=OWN_DAYS)
        for key, number, moment in zip(*(listed[name].to_pylist() for name in names), strict=True):
            yield key, number, moment is None or moment < border

    def _all(self, wanted: Numbers) -> Iterator[pa.Table]:
        for keys in _cut(list(wanted)):
            yield self._some({key: wanted[key] for key in keys})

    def _some(self, numbers: Numbers) -> pa.Table:
        reader = self.reader
        with reader.ledger.window(reader.store, reader.endpoint.name, REASON, (None, None)) as record:
            record.is_counted = False
            answers = self._ask(list(numbers), record)
            found = [answer.value for answer in answers.values() if isinstance(answer, Row)]
            page = self._page(found, record)
            self._note(numbers, set(page.rows[reader.endpoint.key].to_pylist()))
        return reader.with_store(page.rows)

    def _note(self, numbers: Numbers, came: Set[int]) -> None:
        """Keeps the numbers of the rows that came, and of the others none."""
        self.seen.update({key: numbers[key] for key in numbers.keys() & came})
        for key in numbers.keys() - came:
            self.seen.pop(key, None)
            self._missing.add(key)

    def _ask(self, keys: Sequence[int], record: WindowRecord) -> Mapping[int, Row | Unavailable]:
        pool = ThreadPoolExecutor(self.reader.concurrency, thread_name_prefix="rows")
        try:
            answers = dict(zip(keys, pool.map(self._ask_one, keys), strict=True))
        finally:
            pool.shutdown(cancel_futures=True)
        for key, answer in answers.items():
            record.requests += answer.requests
            if isinstance(answer, Unavailable):
                self._keep_gap(key, answer, record)
        return answers

    def _ask_one(self, key: int) -> Row | Unavailable:
        reader, greeting = self.reader, self.reader.greet()
        assert greeting.rows is not None
        try:
            return greeting.rows.read_row(reader.endpoint, greeting.version, key)
        except Unavailable as failure:
            if failure.may_be_rows:
                return failure
            raise

    def _page(self, found: Sequence[Any], record: WindowRecord) -> Page:
        greeting = self.reader.greet()
        assert greeting.rows is not None
        page = greeting.rows.page_of(self.reader.endpoint, [row for row in found if row is not None])
        for rejected in page.rejected:
            self.reader.ledger.set_aside(record, rejected)
            unread = Unread.of_rejected(record, rejected, *self._place(rejected.record_id))
            self._let_wait(unread)
        return page

    def _keep_gap(self, key: int, failure: Unavailable, record: WindowRecord) -> None:
        """Notes a row that cannot be read; more of them than a few are an outage."""
        gap = Gap(Hole(0, failure.status, failure.excerpt), key - 1, key + 1)
        record.quarantined_rows += 1
        self.reader.ledger.keep_gap(record, gap)
        self._let_wait(Unread.of(record, gap, *self._place(key)))
        if sum(not each.rejected for each in self.unread) > MOST_HOLES:
            raise failure

    def _let_wait(self, unread: Unread) -> None:
        if len(self.unread) <= 2 * MOST_HOLES:
            self.unread.append(unread)

    def _place(self, key: object) -> tuple[str, dict[str, str]]:
        """Where the list has one row and no other."""
        return self.reader.endpoint.cursor or "", {self.reader.endpoint.key: str(key)}


def _sum(numbers: Numbers) -> int:
    return sum(numbers.values()) % MODULUS


def _cut(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(keys), ROWS_AT_A_TIME):
        yield keys[start : start + ROWS_AT_A_TIME]


def packed(seen: Numbers) -> str:
    """Numbers by key as a short text."""
    keys = np.array(sorted(seen), dtype="<i8")
    numbers = np.array([seen[key] for key in keys.tolist()], dtype="<u4")
    steps = np.diff(keys, prepend=np.int64(0)).astype("<i8")
    return b64encode(compress(steps.tobytes() + numbers.tobytes())).decode()


def unpacked(text: str) -> Numbers:
    """The numbers by key that a text holds; none in an empty one."""
    if not text:
        return {}
    body = decompress(b64decode(text))
    count = len(body) // 12
    keys = np.cumsum(np.frombuffer(body, "<i8", count))
    numbers = np.frombuffer(body, "<u4", count, offset=8 * count)
    return dict(zip(keys.tolist(), numbers.tolist(), strict=True))
