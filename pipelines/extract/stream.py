"""One list of a store as dlt resources: pages that carry the cursor, and a table for each list.

For `orders` these are `orders_pages` (unselected; walks the window and carries dlt's incremental cursor),
`orders_again_pages` (unselected; walks windows that move no cursor), and on each of them one transformer
per table. The second chain is needed because dlt's incremental step drops rows behind the cursor. What one
chain has taken in this run the other drops, so that a parent and its children are in a load package once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

import dlt
import pendulum
import pyarrow as pa
from dlt.extract import DltResource

from pipelines.extract.children import EMPTY, child_table, parent_table
from pipelines.extract.endpoint import Child, Endpoint, Reread
from pipelines.extract.kinds import struct_of
from pipelines.extract.ledger import Ledger, WindowRecord
from pipelines.extract.tables import Page
from pipelines.extract.walk import walk

Filters = Mapping[str, str | pendulum.DateTime]
Progress = Callable[[WindowRecord], None]

# Children and parents are replaced as wholes; the walk has already dropped what it saw twice.
REPLACE: Any = {"disposition": "merge", "strategy": "delete-insert"}
ROWS_AT_A_TIME = 5_000
NO_DUPLICATES: Any = {"x-stage-data-deduplicated": True}


class Client(Protocol):
    """What a platform's client must do for its lists to be read."""

    def greet(self, endpoint: Endpoint) -> tuple[str, pendulum.DateTime]:
        """The API version that has the list, and the store's clock."""

    def read_page(
        self, endpoint: Endpoint, version: str, filters: Filters, page: int, page_size: int
    ) -> Page:
        """One page in ascending order of ids."""

    def between(
        self, cursor: str, since: pendulum.DateTime | None, until: pendulum.DateTime | None
    ) -> Filters:
        """The filters for a window, both ends included."""


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
    progress: Progress = lambda record: None
    _taken: set[int] = field(default_factory=set, repr=False)
    _greeting: tuple[str, pendulum.DateTime] | None = None

    def greet(self) -> tuple[str, pendulum.DateTime]:
        """The API version and the store's clock at the start of this run, asked once.

        Raises:
            ApiError: the store does not have the list (404) or refuses.
        """
        if self._greeting is None:
            self._greeting = self.client.greet(self.endpoint)
        return self._greeting

    def resources(self) -> list[DltResource]:
        """The dlt resources of this list, ready for a `@dlt.source`."""
        resources: list[DltResource] = []
        if not self.span:
            resources += self._with_tables(self._new_pages(), "")
        return resources + self._with_tables(self._old_pages(), "_again")

    def _new_pages(self) -> DltResource:
        cursor = dlt.sources.incremental[Any](
            self.endpoint.cursor or "", lag=self.lag, primary_key=(), on_cursor_value_missing="include"
        )

        def read_new(since: Any = cursor) -> Iterator[pa.Table]:
            start = since.start_value and pendulum.instance(since.start_value)
            _, run_start = self.greet()
            filters = self.client.between(self.endpoint.cursor or "", start, run_start)
            for page in self._window(self.endpoint.cursor or "", filters, (start, run_start)):
                if start:
                    self._taken.update(page["id"].to_pylist())
                yield page

        return dlt.resource(read_new, name=f"{self.endpoint.name}_pages", selected=False)

    def _old_pages(self) -> DltResource:
        def read_old() -> Iterator[pa.Table]:
            yield self._empty_page()
            pages = self._backfill(self.span) if self.span else self._rereads(dlt.current.resource_state())
            for page in pages:
                yield page.filter([number not in self._taken for number in page["id"].to_pylist()])
                self._taken.update(page["id"].to_pylist())

        return dlt.resource(read_old, name=f"{self.endpoint.name}_again_pages", selected=False)

    def _backfill(self, span: Span) -> Iterator[pa.Table]:
        _, run_start = self.greet()
        until = min(span.until or run_start, run_start)
        filters = self.client.between(self.endpoint.cursor or "", span.since, until)
        yield from self._window("backfill", filters, (span.since, until))

    def _rereads(self, looked: dict[str, str]) -> Iterator[pa.Table]:
        """Reads what is due; the first run only notes the time, since its own window holds everything."""
        _, run_start = self.greet()
        for reread in self.endpoint.rereads:
            last = _moment(looked.get(reread.name))
            if last and not _is_due(reread, last, run_start):
                continue
            if last:
                days, lag = pendulum.duration(days=reread.days), pendulum.duration(seconds=self.lag)
                since = run_start - days if reread.days else last - lag
                filters: dict[str, Any] = {**reread.fixed, **({reread.since: since} if reread.since else {})}
                yield from self._window(reread.name, filters, (since if reread.since else None, run_start))
            looked[reread.name] = run_start.isoformat()

    def _window(
        self,
        reason: str,
        filters: Filters,
        span: tuple[pendulum.DateTime | None, pendulum.DateTime | None],
    ) -> Iterator[pa.Table]:
        version, _ = self.greet()

        def read(page: int, page_size: int) -> Page:
            return self.client.read_page(self.endpoint, version, filters, page, page_size)

        with self.ledger.window(self.store, self.endpoint.name, reason, span) as record:
            pages = walk(read, self.page_size, self.concurrency, self.ledger, record)
            gathered = _gathered(self._counted(pages, record))
            yield from map(self._with_store, _one_ahead(gathered))

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
            write_disposition=REPLACE,
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
            return child_table(rows, child, key)

        return dlt.transformer(
            read_children,
            data_from=pages,
            name=f"{child.name}{suffix}",
            table_name=child.name,
            write_disposition=REPLACE,
            merge_key=("store", key),
            columns={EMPTY: {"data_type": "bool", "nullable": True, "hard_delete": True}},
        )


def _gathered(pages: Iterable[pa.Table]) -> Iterator[pa.Table]:
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


def _one_ahead(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The same tables; the next is read while the last is being written."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="ahead")
    try:
        following = pool.submit(next, tables, None)
        while (table := following.result()) is not None:
            following = pool.submit(next, tables, None)
            yield table
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _moment(text: str | None) -> pendulum.DateTime | None:
    moment = pendulum.parse(text) if text else None
    return moment if isinstance(moment, pendulum.DateTime) else None


def _is_due(reread: Reread, last: pendulum.DateTime, run_start: pendulum.DateTime) -> bool:
    return reread.every == "run" or run_start >= last.add(days=1)
