"""What was asked, what the API said, what arrived: one `WindowRecord` for each window that was walked."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import pendulum

from pipelines.extract.tables import Hole, Rejected
from pipelines.settings import now

logger = logging.getLogger("kassavirta")


@dataclass
class WindowRecord:
    """One window of one list, and how its walk went.

    `api_count` is what the API counted in its last answer (None when it does not count), `distinct_rows`
    what arrived, `duplicates` rows that were seen a second time and dropped, `quarantined_rows` places that
    could not be read. `is_counted` is False for lists that never say how long they are.
    """

    store: str
    resource: str
    reason: str
    window_from: pendulum.DateTime | None
    window_to: pendulum.DateTime | None
    started_at: pendulum.DateTime
    api_count: int | None = None
    distinct_rows: int = 0
    duplicates: int = 0
    rejected_rows: int = 0
    quarantined_rows: int = 0
    requests: int = 0
    seconds: float = 0.0
    status: str = "failed"
    has_grown: bool = False
    is_counted: bool = True

    @property
    def arrived(self) -> int:
        """Rows loaded, set aside and known to be unreadable: what there is to hold against `api_count`."""
        return self.distinct_rows + self.rejected_rows + self.quarantined_rows

    @property
    def is_proven(self) -> bool:
        """Whether everything that was there is loaded, set aside or known to be unreadable."""
        return self.status in ("complete", "partial")

    def settle(self) -> None:
        """Says what the walk amounts to, once it is over: a window that grew proves nothing."""
        if self.api_count is None:
            self.status = "uncounted" if self.arrived else "complete"
        elif self.has_grown or self.arrived < self.api_count:
            self.status = "short"
        else:
            self.status = "partial" if self.quarantined_rows else "complete"


@dataclass(frozen=True)
class Gap:
    """A hole in what was read, and its neighbours: the missing row has an id between theirs, if any.

    None as a neighbour is the beginning or the end of the list.
    """

    hole: Hole
    id_before: int | None
    id_after: int | None


@dataclass
class Ledger:
    """All windows, gaps and rejected rows of one run; safe to write from several threads."""

    windows: list[WindowRecord] = field(default_factory=list)
    gaps: list[tuple[WindowRecord, Gap]] = field(default_factory=list)
    rejected: list[tuple[WindowRecord, Rejected]] = field(default_factory=list)
    greetings: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @contextmanager
    def window(
        self,
        store: str,
        resource: str,
        reason: str,
        span: tuple[pendulum.DateTime | None, pendulum.DateTime | None],
    ) -> Iterator[WindowRecord]:
        """A record that is kept whatever happens inside; "failed" unless the walk ends well."""
        record = WindowRecord(store, resource, reason, *span, started_at=now())
        with self.lock:
            self.windows.append(record)
        try:
            yield record
            record.settle()
        finally:
            record.seconds = (now() - record.started_at).total_seconds()

    def set_aside(self, record: WindowRecord, rejected: Rejected) -> None:
        """Keeps a row that could not be loaded, with the window it came in."""
        with self.lock:
            record.rejected_rows += 1
            self.rejected.append((record, rejected))
        logger.warning(
            "%s %s: row %s set aside, %s", record.store, record.resource, rejected.record_id, rejected.reason
        )

    def keep_gap(self, record: WindowRecord, gap: Gap) -> None:
        """Keeps a hole, with the window it is in."""
        with self.lock:
            self.gaps.append((record, gap))
        logger.warning(
            "%s %s: the row after id %s cannot be read, the store answers %s",
            record.store,
            record.resource,
            gap.id_before,
            gap.hole.status or gap.hole.excerpt,
        )

    @property
    def requests(self) -> int:
        """HTTP requests of all windows and greetings."""
        return self.greetings + sum(record.requests for record in self.windows)

    def unproven_windows(self) -> list[WindowRecord]:
        """Windows for which the API's own count does not say that everything arrived."""
        return [
            record
            for record in self.windows
            if record.status == "short" or (record.status == "uncounted" and record.is_counted)
        ]

    def add(self, other: Ledger) -> None:
        """Takes another ledger's windows, rows and greetings over."""
        self.windows += other.windows
        self.gaps += other.gaps
        self.rejected += other.rejected
        self.greetings += other.greetings

    def fail(self) -> None:
        """Nothing of these windows was committed."""
        for record in self.windows:
            record.status = "failed"

    def rows_by_resource(self) -> Mapping[str, int]:
        """Distinct rows that arrived, per resource."""
        rows: dict[str, int] = {}
        for record in self.windows:
            rows[record.resource] = rows.get(record.resource, 0) + record.distinct_rows
        return rows
