"""One list of a store as dlt resources: pages that carry the cursor, and a table for each list.

For `orders` these are `orders_pages` (unselected; walks the window and carries dlt's incremental cursor),
`orders_again_pages` (unselected; walks windows that move no cursor), and on each of them one transformer
per table. The second chain is needed because dlt's incremental step drops rows behind the cursor. What one
chain has taken in this run the other drops, so that a parent and its children are in a load package once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from time import sleep
from typing import Any, Protocol

import dlt
import pendulum
import pyarrow as pa
from dlt.extract import DltResource

from pipelines.errors import Unavailable
from pipelines.extract.children import EMPTY, child_table, parent_table
from pipelines.extract.endpoint import Child, Endpoint, Reread
from pipelines.extract.gather import gathered, one_ahead
from pipelines.extract.kinds import struct_of
from pipelines.extract.ledger import Ledger, WindowRecord
from pipelines.extract.tables import Page
from pipelines.extract.walk import ReadPage, walk
from pipelines.settings import now

Filters = Mapping[str, str | pendulum.DateTime]
Progress = Callable[[WindowRecord], None]

# Children and parents are replaced as wholes; the walk has already dropped what it saw twice.
REPLACE: Any = {"disposition": "merge", "strategy": "delete-insert"}
NOTHING_MORE: Mapping[str, str] = {}
MARKER: Any = {"data_type": "bool", "nullable": True}
DELETING_MARKER: Any = {**MARKER, "hard_delete": True}
NO_DUPLICATES: Any = {"x-stage-data-deduplicated": True}


class Client(Protocol):
    """What a platform's client must do for its lists to be read."""

    def greet(self, endpoint: Endpoint) -> Greeting:
        """The API version that has the list, the store's clock, and what it took to find out."""

    def read_page(
        self, endpoint: Endpoint, version: str, filters: Filters, page: int, page_size: int
    ) -> Page:
        """One page in ascending order of ids."""

    def between(
        self, cursor: str, since: pendulum.DateTime | None, until: pendulum.DateTime | None
    ) -> Filters:
        """The filters for a window, both ends included."""


@dataclass(frozen=True)
class Greeting:
    """The first answer of a list: the API version that has it, and the store's clock then."""

    version: str
    run_start: pendulum.DateTime
    requests: int


@dataclass(frozen=True)
class Span:
    """A stretch of the cursor asked for by hand: a backfill, or everything when both ends are None."""

    since: pendulum.DateTime | None = None
    until: pendulum.DateTime | None = None


@dataclass
class Stream:
    """Reads one endpoint of one store in one run.

    Attributes:
        client: the platform's client.
        endpoint: the list.
        store: the store's name, put beside every id.
        ledger: takes the record of every window.
        page_size: rows to ask for at once.
        lag: seconds by which a window reaches back behind the cursor.
        concurrency: requests under way at a time.
        span: when set, this stretch is read instead of what is new, and the cursor stays.
        is_new: whether the warehouse has nothing of this store yet: rows are added then, not replaced.
        is_read: False only makes the tables, for a list that is not asked for or that the store has not.
        progress: is told the window's record after each page.
    """

    client: Client
    endpoint: Endpoint
    store: str
    ledger: Ledger
    page_size: int
    lag: float = 600.0
    concurrency: int = 4
    span: Span | None = None
    is_new: bool = False
    is_read: bool = True
    progress: Progress = lambda record: None
    _taken: set[int] = field(default_factory=set, repr=False)
    _is_first: bool = False
    _greeting: Greeting | None = None
    _greeted_at: pendulum.DateTime = field(default_factory=now)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def greet(self) -> Greeting:
        """The API version and the store's clock at the start of this run, asked once.

        Raises:
            ApiError: the store does not have the list (404) or refuses.
        """
        if self._greeting is None:
            self._greeting = self.client.greet(self.endpoint)
            self._greeted_at = now()
            self.ledger.greetings += self._greeting.requests
        return self._greeting

    def clock_ahead(self) -> float:
        """Seconds by which the store's clock was ahead of ours when it was greeted; 0 before."""
        ahead = self._greeting.run_start - self._greeted_at if self._greeting else None
        return ahead.total_seconds() if ahead else 0.0

    def resources(self) -> list[DltResource]:
        """The dlt resources of this list, ready for a `@dlt.source`."""
        resources: list[DltResource] = []
        reads_new = self.is_read and not self.span
        if reads_new:
            resources += self._with_tables(self._new_pages(), "")
        if not reads_new or self.endpoint.rereads:
            resources += self._with_tables(self._old_pages(), "_again")
        return resources

    def _new_pages(self) -> DltResource:
        cursor = dlt.sources.incremental[Any](
            self.endpoint.cursor or "", lag=self.lag, primary_key=(), on_cursor_value_missing="include"
        )

        def read_new(since: Any = cursor) -> Iterator[pa.Table]:
            start = since.start_value and pendulum.instance(since.start_value)
            self._is_first = start is None
            span = Span(start, self.greet().run_start)
            yield from self._window(self.endpoint.cursor or "", self.endpoint.cursor or "", span)
            yield self._empty_page()

        return dlt.resource(read_new, name=f"{self.endpoint.name}_pages", selected=False)

    def _old_pages(self) -> DltResource:
        def read_old() -> Iterator[pa.Table]:
            yield self._empty_page()
            if self.is_read and self.span:
                until = min(self.span.until or self.greet().run_start, self.greet().run_start)
                yield from self._window("backfill", self.endpoint.cursor or "", Span(self.span.since, until))
            elif self.is_read:
                yield from self._rereads(dlt.current.resource_state())

        return dlt.resource(read_old, name=f"{self.endpoint.name}_again_pages", selected=False)

    def _rereads(self, looked: dict[str, str]) -> Iterator[pa.Table]:
        """Reads what is due; the first run only notes the time, since its own window holds everything."""
        run_start = self.greet().run_start
        for reread in self.endpoint.rereads:
            last = _moment(looked.get(reread.name))
            if last and not _is_due(reread, last, run_start):
                continue
            if last and not self._is_first:
                since = {-1: None, 0: last.subtract(seconds=self.lag)}
                span = Span(since.get(reread.days, run_start.subtract(days=abs(reread.days))), run_start)
                yield from self._window(reread.name, reread.field, span, reread.fixed)
            looked[reread.name] = run_start.isoformat()

    def _window(
        self, reason: str, field: str, span: Span, fixed: Mapping[str, str] = NOTHING_MORE
    ) -> Iterator[pa.Table]:
        """The rows whose `field` lies in the span, without those that this run has taken already.

        Raises:
            Unavailable: the cursor's window was not read in full; nothing of it may be committed.
        """
        filters = {**fixed, **self.client.between(field, span.since, span.until)}
        with self.ledger.window(self.store, self.endpoint.name, reason, (span.since, span.until)) as record:
            pages = walk(self._reader(filters), self.page_size, self.concurrency, self.ledger, record)
            for rows in one_ahead(gathered(self._counted(pages, record))):
                yield self._with_store(rows if self._is_alone else self._not_taken(rows))
        if record.status == "short" and reason == self.endpoint.cursor:
            raise Unavailable(
                f"{self.store}: {self.endpoint.name} changed while it was read, {record.arrived} of "
                f"{record.api_count} rows arrived. Nothing was committed; run again."
            )

    def _reader(self, filters: Filters) -> ReadPage:
        """Reads pages of a window; any but the first waits until the second in which it closes is over."""
        greeting, asked = self.greet(), count()

        def read(page: int, page_size: int) -> Page:
            if next(asked):
                sleep(max(0.0, 1.0 - (now() - self._greeted_at).total_seconds()))
            return self.client.read_page(self.endpoint, greeting.version, filters, page, page_size)

        return read

    @property
    def _is_alone(self) -> bool:
        """Whether this run reads one window only, so that no row can come twice."""
        return bool(self.span) or self._is_first

    def _not_taken(self, rows: pa.Table) -> pa.Table:
        """The rows that no other window of this run has brought."""
        with self._lock:
            fresh = [number not in self._taken for number in rows["id"].to_pylist()]
            self._taken.update(rows["id"].to_pylist())
        return rows.filter(pa.array(fresh, pa.bool_()))

    def _counted(self, pages: Iterator[pa.Table], record: WindowRecord) -> Iterator[pa.Table]:
        for rows in pages:
            self.progress(record)
            yield rows

    def _with_store(self, rows: pa.Table) -> pa.Table:
        """The rows with our name of the store; a field that the API calls so is kept as `api_store`."""
        names = ["api_store" if name == "store" else name for name in rows.column_names]
        return rows.rename_columns(names).add_column(0, "store", pa.repeat(self.store, len(rows)))

    def _empty_page(self) -> pa.Table:
        """No rows, all columns: every table exists after the first run, whatever the store has."""
        columns = pa.schema(list(struct_of(self.endpoint.fields)))
        return columns.insert(0, pa.field("store", pa.string())).empty_table()

    def _with_tables(self, pages: DltResource, suffix: str) -> list[DltResource]:
        parent = dlt.transformer(
            parent_table,
            data_from=pages,
            name=f"{self.endpoint.name}{suffix}",
            table_name=self.endpoint.name,
            write_disposition="append" if self.is_new else REPLACE,
            primary_key=("store", "id"),
        )
        parent.apply_hints(additional_table_hints=NO_DUPLICATES)
        return [
            pages,
            parent,
            *(self._child(pages, child, suffix) for child in self.endpoint.children),
        ]

    def _child(self, pages: DltResource, child: Child, suffix: str) -> DltResource:
        key = self.endpoint.parent_key

        def read_children(rows: pa.Table) -> pa.Table:
            return child_table(rows, child, key, self.is_new)

        return dlt.transformer(
            read_children,
            data_from=pages,
            name=f"{child.name}{suffix}",
            table_name=child.name,
            write_disposition="append" if self.is_new else REPLACE,
            merge_key=("store", key),
            columns={EMPTY: MARKER if self.is_new else DELETING_MARKER},
        )


def _moment(text: str | None) -> pendulum.DateTime | None:
    moment = pendulum.parse(text) if text else None
    return moment if isinstance(moment, pendulum.DateTime) else None


def _is_due(reread: Reread, last: pendulum.DateTime, run_start: pendulum.DateTime) -> bool:
    return reread.every == "run" or run_start >= last.add(days=1)
