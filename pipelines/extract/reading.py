"""Reads one list of one store: windows of time, the whole list, its ids, or a gap, each with its record."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from time import sleep
from typing import Any, Protocol

import pendulum
import pyarrow as pa

from pipelines.errors import ApiError
from pipelines.extract.endpoint import Endpoint
from pipelines.extract.gaps import Unread, read_gap
from pipelines.extract.gather import gathered, one_ahead
from pipelines.extract.ledger import Ledger, WindowRecord
from pipelines.extract.pages import Pages, ReadPage
from pipelines.extract.tables import Page
from pipelines.extract.walk import walk
from pipelines.settings import moment, now

Filters = Mapping[str, str | pendulum.DateTime]
Progress = Callable[[WindowRecord], None]
# Tables as they come, and in the end the record of how it went.
Reading = Generator[pa.Table, None, WindowRecord]
# How far the clocks of one store may be apart, in seconds: the one it answers with and the one that stamps
# rows. What is older can change no more without leaving its window.
SURELY_OVER = 300.0
NOTHING_MORE: Mapping[str, str] = {}


@dataclass(frozen=True)
class Greeting:
    """The first answer of a list: the API version that has it, and the store's clock then.

    `endpoint` is the list as this store has it, when that is another than the table says; `found` is what
    there is to say of it, in words; `rows` asks for single rows, if the list has summaries only.
    """

    version: str
    run_start: pendulum.DateTime
    requests: int
    endpoint: Endpoint | None = None
    found: str = ""
    rows: RowReader | None = None


class RowReader(Protocol):
    """Asks for rows by themselves."""

    def read_row(self, endpoint: Endpoint, version: str, key: object) -> Row:
        """One row as the store has it now."""

    def page_of(self, endpoint: Endpoint, rows: Sequence[Any]) -> Page:
        """Such rows as a page."""


@dataclass(frozen=True)
class Row:
    """A row that was asked for by itself, None when the store has it no more, and the requests it took."""

    value: Any
    requests: int


@dataclass(frozen=True)
class Span:
    """A stretch of time, open where it is None."""

    since: pendulum.DateTime | None = None
    until: pendulum.DateTime | None = None


class Client(Protocol):
    """What a platform's client must do for its lists to be read; `advice` is for a store without an API."""

    advice: str

    def greet(self, endpoint: Endpoint) -> Greeting:
        """The API version that has the list, the store's clock, and what it took to find out."""

    def read_page(
        self,
        endpoint: Endpoint,
        version: str,
        filters: Filters,
        page: int,
        page_size: int,
        is_part: bool = False,
    ) -> Page:
        """One page in ascending order of ids; a part of a page that failed is not tried as often."""

    def has(self, endpoint: Endpoint, version: str, key: str) -> bool:
        """Whether the store has one record, asked for by itself."""

    def between(
        self, cursor: str, since: pendulum.DateTime | None, until: pendulum.DateTime | None
    ) -> Filters:
        """The filters for a window, both ends included."""


@dataclass
class ListReader:
    """Reads one list of one store in one run.

    Attributes:
        client: the platform's client.
        endpoint: the list.
        store: the store's name, put beside every key.
        ledger: takes the record of every window.
        page_size: rows to ask for at once.
        concurrency: requests under way at a time.
        settle: seconds before the store's clock at which windows end, when its clocks disagree.
        is_path_set: whether settings say where the list is.
        api_version: the only version to ask, when settings say so.
        progress: is told the window's record after each page.
    """

    client: Client
    endpoint: Endpoint
    store: str
    ledger: Ledger
    page_size: int
    concurrency: int = 4
    settle: float = 0.0
    is_path_set: bool = False
    api_version: str | None = None
    progress: Progress = lambda record: None
    _greeting: Greeting | None = None
    _greeted_at: pendulum.DateTime = field(default_factory=now)

    def greet(self) -> Greeting:
        """The API version and the store's clock at the start of this run, asked once.

        Raises:
            ApiError: the store does not have the list (404) or refuses.
        """
        if self._greeting is None:
            try:
                self._greeting = self.client.greet(self.endpoint)
            except ApiError as error:
                self.ledger.greetings += error.requests
                raise
            self._greeted_at = now()
            self.ledger.greetings += self._greeting.requests
            self._take_over(self._greeting.endpoint or self.endpoint)
        return self._greeting

    def _take_over(self, endpoint: Endpoint) -> None:
        """The list is from now on as this store has it; a page size that was set stays."""
        if self.page_size == self.endpoint.page_size:
            self.page_size = endpoint.page_size
        self.endpoint = endpoint

    @property
    def run_start(self) -> pendulum.DateTime:
        """The end of every window of this run, on the store's clock."""
        return self.greet().run_start.subtract(seconds=self.settle)

    def clock_ahead(self) -> float:
        """Seconds by which the store's clock was ahead of ours when it was greeted; 0 before."""
        ahead = self._greeting.run_start - self._greeted_at if self._greeting else None
        return ahead.total_seconds() if ahead else 0.0

    def window(self, reason: str, field: str, span: Span, fixed: Mapping[str, str] = NOTHING_MORE) -> Reading:
        """The rows whose `field` lies in a span; returns the window's record.

        A span that ends now and takes more than a page is read up to `SURELY_OVER` only: the record says so.
        """

        def pages_to(until: pendulum.DateTime | None) -> Pages:
            return self._pages({**fixed, **self.client.between(field, span.since, until)}, until)

        def pages_instead() -> Pages:
            record.window_to = over
            return pages_to(over)

        over = self.run_start.subtract(seconds=SURELY_OVER)
        is_recent = span.until is not None and span.until > over and (not span.since or span.since < over)
        with self.ledger.window(self.store, self.endpoint.name, reason, (span.since, span.until)) as record:
            pages = replace(pages_to(span.until), instead=pages_instead if is_recent else None)
            yield from self._tables(walk(pages, self.ledger, record), record)
        return record

    def whole(self, reason: str, endpoint: Endpoint | None = None) -> Reading:
        """All rows of the list as it is; returns the record. `endpoint` is another view of the same list."""
        span = (None, self.greet().run_start)
        with self.ledger.window(self.store, self.endpoint.name, reason, span) as record:
            pages = self._pages({}, None, endpoint or self.endpoint, is_closed=False)
            yield from self._tables(walk(pages, self.ledger, record), record)
        return record

    def has(self, key: str) -> bool:
        """Whether the store has one record, whatever its list shows."""
        return self.client.has(self.endpoint, self.greet().version, key)

    def first_key(self) -> object | None:
        """The key of the list's first row, or None when it has none."""
        page = self.client.read_page(self.endpoint.ids_only, self.greet().version, {}, 1, 1)
        keys = page.rows[self.endpoint.key].to_pylist()
        return keys[0] if keys else None

    def unread(self, unread: Unread) -> Reading:
        """What can be read by now of a gap that an earlier run left; returns the record."""
        span = Span(moment(unread.since), moment(unread.until))
        filters = {**unread.fixed, **self.client.between(unread.field, span.since, span.until)}
        with self.ledger.window(
            self.store, self.endpoint.name, "quarantine", (span.since, span.until)
        ) as record:
            rows = read_gap(self._pages(filters, span.until), unread.gap, self.ledger, record)
            yield from self._tables(rows, record)
        return record

    def _tables(self, pages: Iterator[pa.Table], record: WindowRecord) -> Iterator[pa.Table]:
        for rows in one_ahead(gathered(self._counted(pages, record))):
            yield self.with_store(rows)

    def _pages(
        self,
        filters: Filters,
        until: pendulum.DateTime | None,
        endpoint: Endpoint | None = None,
        is_closed: bool = True,
    ) -> Pages:
        wanted = endpoint or self.endpoint.listed
        read = self._reader(filters, until, wanted)
        return Pages(
            read, self.page_size, self.concurrency, wanted.key, wanted.is_ordered, is_closed=is_closed
        )

    def _reader(self, filters: Filters, until: pendulum.DateTime | None, endpoint: Endpoint) -> ReadPage:
        """Reads pages of a window; any but the first waits until the second in which it closes is over."""
        greeting, asked = self.greet(), count()
        closes_now = bool(filters) and (until is None or until >= greeting.run_start)

        def read(page: int, page_size: int, is_part: bool = False) -> Page:
            if next(asked) and closes_now:
                sleep(max(0.0, 1.0 - (now() - self._greeted_at).total_seconds()))
            return self.client.read_page(endpoint, greeting.version, filters, page, page_size, is_part)

        return read

    def _counted(self, pages: Iterator[pa.Table], record: WindowRecord) -> Iterator[pa.Table]:
        for rows in pages:
            self.progress(record)
            yield rows

    def with_store(self, rows: pa.Table) -> pa.Table:
        """The rows with our name of the store; a field that the API calls so is kept as `api_store`."""
        names = ["api_store" if name == "store" else name for name in rows.column_names]
        return rows.rename_columns(names).add_column(0, "store", pa.repeat(self.store, len(rows)))
