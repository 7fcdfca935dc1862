"""Lists of which every row of another list has its own, such as the addresses of each customer.

They are asked for row by row, and become child tables like the lists that come inside a row. Which rows: all
of them the first time, then those that came new or changed in this run, and those whose list could not be
read before. A row whose list cannot be read keeps what was loaded of it, and waits for the next run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any, Protocol

import dlt
import numpy as np
import pyarrow as pa
from dlt.extract import DltResource

from pipelines.errors import ApiError, Unavailable
from pipelines.extract.endpoint import Endpoint
from pipelines.extract.gaps import Unread
from pipelines.extract.kinds import empty_table
from pipelines.extract.ledger import Gap, Ledger, WindowRecord
from pipelines.extract.pages import MOST_HOLES, Pages
from pipelines.extract.reading import ListReader
from pipelines.extract.tables import Hole, Page
from pipelines.extract.walk import walk
from pipelines.settings import now

ROWS_AT_A_TIME = 500


class Outer(Protocol):
    """The list whose rows have the lists."""

    is_read: bool
    came: list[pa.Array]

    def keys(self, only_new: bool) -> Sequence[int]:
        """The keys of the rows that came in this run, or of all rows."""


@dataclass(frozen=True)
class Answer:
    """What came of one row: its list or None, how that went, and why it cannot be read, if it cannot."""

    rows: pa.Table | None
    record: WindowRecord
    failure: Unavailable | None = None


@dataclass
class InnerList:
    """Reads a list for rows of another.

    Attributes:
        reader: knows the list, the client and the ledger.
        is_read: False for a list that is not asked for.
        is_missing: whether the store answered 403 or 404 for every row it was asked for: it has no such list.
        unread: rows whose list could not be read.
    """

    reader: ListReader
    is_read: bool = True
    is_missing: bool = False
    unread: list[Unread] = field(default_factory=list)
    _has_any: bool = False
    _stopped: Event = field(default_factory=Event, repr=False)

    def pages(self, outer: Outer) -> DltResource:
        """A dlt resource of the outer rows' keys with the list of each."""
        name = self.reader.endpoint.name

        def read_inner() -> Iterator[pa.Table]:
            kept = dlt.current.resource_state(name)
            if self.is_read and outer.is_read:
                yield from self.read_for(outer.keys(bool(kept.get("is_complete"))), kept)
            elif outer.came:
                kept.pop("is_complete", None)  # these rows would be missed: the next time, all are asked for
            self.unread = [Unread(**gap) for gap in kept.get("unread", ())]

        return dlt.resource(read_inner, name=f"{name}_pages", selected=False)

    def ask(self, key: object) -> None:
        """Nothing, when the list of one row can be read.

        Raises:
            ApiError: it cannot.
        """
        self._read_page(self.reader.endpoint.of_row(key), 1, 1)

    def read_for(self, keys: Sequence[int], kept: dict[str, Any]) -> Iterator[pa.Table]:
        """Stores and keys of outer rows with the list of each; `kept` is what the state keeps of the list.

        Raises:
            ApiError: the store refuses, or cannot answer for many rows.
        """
        waiting = [int(gap["fixed"]["id"]) for gap in kept.get("unread", ())]
        every = list(dict.fromkeys([*waiting, *keys]))
        kept["unread"] = []
        for start in range(0, len(every), ROWS_AT_A_TIME):
            some = every[start : start + ROWS_AT_A_TIME]
            with self._record() as record:
                yield self.nested(some, self._read_all(some, record, kept["unread"]))
        self.is_missing = bool(every) and not self._has_any and not kept["unread"]
        if not self.is_missing:
            kept["is_complete"] = True

    def _record(self) -> Any:
        reader = self.reader
        return reader.ledger.window(reader.store, reader.endpoint.name, "each row", (None, None))

    def _read_all(
        self, keys: Sequence[int], record: WindowRecord, unread: list[dict[str, Any]]
    ) -> list[pa.Table | None]:
        """The list of each row; None where the store has none, or cannot answer."""
        record.is_counted = False
        pool = ThreadPoolExecutor(self.reader.concurrency, thread_name_prefix="inner")
        try:
            answers = list(pool.map(self._read, keys))
        finally:
            self._stopped.set()
            pool.shutdown(cancel_futures=True)
        self._stopped.clear()
        for key, answer in zip(keys, answers, strict=True):
            self._enter(answer, record)
            if answer.failure:
                self._let_wait(key, answer.failure, record, unread)
        return [answer.rows for answer in answers]

    def _enter(self, answer: Answer, record: WindowRecord) -> None:
        record.requests += answer.record.requests
        record.rejected_rows += answer.record.rejected_rows
        record.distinct_rows += 0 if answer.rows is None else len(answer.rows)
        self._has_any |= answer.rows is not None

    def _read(self, key: int) -> Answer:
        """One row's list; nothing more is asked for once another row's was refused."""
        reader, ledger = self.reader, Ledger()
        endpoint = reader.endpoint.of_row(key)
        record = WindowRecord(reader.store, endpoint.name, "each row", None, None, now())

        def read(page: int, page_size: int, is_part: bool = False) -> Page:
            return self._read_page(endpoint, page, page_size, is_part)

        if self._stopped.is_set():
            return Answer(None, record)
        try:
            pages = Pages(
                read, reader.page_size, key=endpoint.key, is_ordered=endpoint.is_ordered, is_closed=False
            )
            tables = list(walk(pages, ledger, record))
        except ApiError as error:
            return self._refused(error, record)
        with reader.ledger.lock:
            reader.ledger.rejected += ledger.rejected
        if ledger.gaps:
            hole = ledger.gaps[0][1].hole
            return Answer(None, record, Unavailable(str(hole.status), hole.status, hole.excerpt))
        return Answer(
            pa.concat_tables(
                [empty_table(self.reader.endpoint.fields), *tables], promote_options="permissive"
            ),
            record,
        )

    def _read_page(self, endpoint: Endpoint, page: int, page_size: int, is_part: bool = False) -> Page:
        version = self.reader.api_version or endpoint.versions[0]
        return self.reader.client.read_page(endpoint, version, {}, page, page_size, is_part)

    def _refused(self, error: ApiError, record: WindowRecord) -> Answer:
        """No list, a list that waits, or the end of the run."""
        if error.status in (403, 404):
            return Answer(None, record)
        if isinstance(error, Unavailable) and error.may_be_rows:
            return Answer(None, record, error)
        self._stopped.set()
        raise error

    def _let_wait(
        self, key: int, failure: Unavailable, record: WindowRecord, unread: list[dict[str, Any]]
    ) -> None:
        """Notes a row whose list cannot be read; more of them than a few are an outage."""
        if len(unread) >= MOST_HOLES:
            raise failure
        gap = Gap(Hole(0, failure.status, failure.excerpt), id_before=None, id_after=None)
        waiting = replace(Unread.of(record, gap, "", {"id": str(key)}), reason=f"row {key}")
        unread.append(waiting.plain())
        record.quarantined_rows += 1
        self.reader.ledger.keep_gap(record, gap)

    def nested(self, keys: Sequence[int], found: Sequence[pa.Table | None]) -> pa.Table:
        """Stores and keys of the outer rows, and the list of each, null where nothing is known of it."""
        tables = [empty_table(self.reader.endpoint.fields), *(table for table in found if table is not None)]
        schema = pa.unify_schemas([table.schema for table in tables], promote_options="permissive")
        items = [table.to_struct_array().combine_chunks().cast(pa.struct(list(schema))) for table in tables]
        offsets = np.cumsum([0, *(0 if table is None else len(table) for table in found)], dtype=np.int32)
        unknown = pa.array([table is None for table in found], pa.bool_())
        lists = pa.ListArray.from_arrays(pa.array(offsets), pa.concat_arrays(items), mask=unknown)
        stores = pa.repeat(pa.scalar(self.reader.store), len(keys))
        return pa.table({"store": stores, "id": pa.array(keys, pa.int64()), self.reader.endpoint.name: lists})
