"""One list on its way to a destination: what is desired against what it has accepted, with receipts.

A row is left alone only when it was accepted as it is now. A refused batch is halved until the bad rows are
found; they are named, kept, and tried again once they change or `retry_refused_hours` have passed. Whatever
happens, queried = sent + unchanged + failed. Nothing is deleted at a destination that we did not put there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

import pendulum

from pipelines import warehouse
from pipelines.brake import is_too_much
from pipelines.destinations.base import (
    Destination,
    Feed,
    Held,
    Invalid,
    Refused,
    Row,
    chunks,
    consent_of,
    payload_of,
    sample,
)
from pipelines.errors import (
    ApiError,
    ContractError,
    PipelineError,
    RateLimited,
    SendRefused,
    SettingsError,
    Unavailable,
)
from pipelines.settings import now
from pipelines.warehouse import Connection, receipts
from pipelines.warehouse.receipts import Difference

# After so many rows refused and none accepted it is not the rows.
MOST_REFUSED = 20
# One that breaks down over a row answers 500 (502 to 504 say that it is away); over so many one after the
# other, whole batches and their halves, it is not the rows.
BREAKDOWN = 500
MOST_BROKEN = 10
BROKE_DOWN = "it breaks down over this row, with an answer of 500"
SAMPLES = 2
NAMED = 5


@dataclass(frozen=True)
class Sending:
    """How to send.

    Attributes:
        is_dry_run: only count, and show samples.
        limit: at most so many rows of each feed; those that may not be sent do not count.
        allow_shrink: believe an audience that is much smaller than the last.
        deleted: keys of forgotten people whom somebody has deleted at the destination by hand.
    """

    is_dry_run: bool = False
    limit: int | None = None
    allow_shrink: bool = False
    deleted: Sequence[str] = ()


@dataclass
class Outcome:
    """What came of one feed.

    Attributes:
        desired: rows that the destination should have.
        queried: rows looked at, which are fewer with a limit or after a failure.
        waiting: rows among those that failed that were not sent again yet.
        reasons: the first rows that were not taken, by key.
        failure: what ended it early.
    """

    destination: str
    feed: str
    run_id: str
    started_at: pendulum.DateTime = field(default_factory=now)
    desired: int = 0
    queried: int = 0
    sent: int = 0
    unchanged: int = 0
    failed: int = 0
    waiting: int = 0
    requests: int = 0
    reasons: list[tuple[str, str]] = field(default_factory=list)
    samples: list[str] = field(default_factory=list)
    failure: PipelineError | None = None

    def row(self) -> dict[str, Any]:
        """The outcome as `ops.sync_runs` keeps it."""
        status = "failed" if self.failure else "limited" if self.queried < self.desired else "done"
        counts = {name: getattr(self, name) for name in ("desired", "queried", "sent", "unchanged", "failed")}
        return {
            "run_id": self.run_id,
            "destination": self.destination,
            "object": self.feed,
            "started_at": self.started_at,
            "finished_at": now(),
            "status": status,
            "requests": self.requests,
            "message": str(self.failure or ""),
            **counts,
        }


def send_feed(
    connection: Connection, destination: Destination, feed: Feed, sending: Sending, run_id: str
) -> Outcome:
    """Sends what changed of one feed; what came of it, which `ops.sync_runs` keeps, too."""
    outcome = Outcome(destination.account.name, feed.name, run_id)
    asked_before = destination.requests
    try:
        _Run(connection, destination, feed, sending, outcome).go()
    except PipelineError as failure:
        outcome.failure = failure
    outcome.requests = destination.requests - asked_before
    if not sending.is_dry_run:
        warehouse.insert(connection, "sync_runs", [outcome.row()])
    return outcome


class _Run:
    """One feed on its way."""

    def __init__(
        self,
        connection: Connection,
        destination: Destination,
        feed: Feed,
        sending: Sending,
        outcome: Outcome,
    ) -> None:
        self.connection, self.destination, self.feed = connection, destination, feed
        self.sending, self.outcome = sending, outcome
        account = destination.account
        self.difference = Difference(
            account.name,
            feed.name,
            feed.model,
            (*feed.fields, *feed.helpers),
            account.stores,
            now().subtract(seconds=int(account.retry_refused_hours * 3600)),
            now().subtract(seconds=int(account.settle_minutes * 60)),
        )
        self._left = sending.limit or inf
        self._refused, self._broken = 0, 0
        self._read_again_at = now()

    def go(self) -> None:
        """Compares, guards, sends; counts are whole at the end, whatever happens."""
        outcome = self.outcome
        _check_built(self.connection, self.feed)
        desired, unchanged, waiting = self.difference.counts(self.connection)
        outcome.desired = desired
        self._guard(desired)
        outcome.unchanged, outcome.waiting, outcome.failed = unchanged, waiting, waiting
        outcome.queried = unchanged + waiting
        if desired == outcome.queried:
            return
        self.destination.prepare(self.feed)
        self._read_again_at = self._in_a_while()
        try:
            for page in self.difference.pages(self.connection):
                self._take(page)
                if not self._left:
                    break
        except PipelineError:
            outcome.failed = outcome.queried - outcome.sent - outcome.unchanged
            raise
        total = outcome.sent + outcome.unchanged + outcome.failed
        if outcome.queried != total:
            raise PipelineError(
                f"{outcome.destination}: {outcome.feed}: {outcome.queried} rows queried, "
                f"{total} accounted for. Tell us: this is our mistake."
            )

    def _in_a_while(self) -> pendulum.DateTime:
        return now().add(seconds=int(self.destination.account.read_again_minutes * 60))

    def _guard(self, desired: int) -> None:
        """Nothing, unless all of an audience is gone, however small it was, or too much to believe it."""
        if not self.feed.is_audience or self.sending.allow_shrink:
            return
        last = receipts.last_desired(self.connection, self.outcome.destination, self.feed.name)
        if is_too_much(last - desired, last) or desired == 0 < last:
            raise SendRefused(
                f"{self.outcome.destination}: {self.feed.name} has {desired} rows, {last} the last time: "
                "so many are gone that nothing was sent. If that is right, run "
                "`kassavirta activate --allow-shrink`."
            )

    def _take(self, page: Sequence[dict[str, Any]]) -> None:
        """One page: rows that may not be sent are put aside, the others go in batches."""
        if now() >= self._read_again_at:
            self.destination.prepare(self.feed)
            self._read_again_at = self._in_a_while()
        rows = list(self._sendable(page))
        if self.sending.is_dry_run:
            self._show(rows)
            return
        for batch in chunks(rows, self.destination.account.rows_per_request):
            self._send_batch(batch)

    def _sendable(self, page: Sequence[dict[str, Any]]) -> Iterator[Row]:
        aside = []
        for values in page:
            if not self._left:
                break
            self.outcome.queried += 1
            row = _row(self.feed, values)
            try:
                settled = self._settled(row, values)
            except Invalid as problem:
                aside.append(self._receipt(row, receipts.INVALID, str(problem)))
            except Held as reason:
                aside.append(self._receipt(row, receipts.WITHHELD, str(reason)))
            else:
                if settled:
                    self._left -= 1
                    yield settled
        self._keep(aside)

    def _settled(self, row: Row, values: dict[str, Any]) -> Row | None:
        """The row as it may be sent; None when it turned out to be there already."""
        payload = payload_of(self.feed, values)
        row = replace(row, payload=payload, consent=consent_of(self.feed, payload))
        is_same = values["known_hash"] == row.payload_hash
        if (
            values["known_status"] == receipts.UNCONFIRMED
            and is_same
            and self.destination.has(self.feed, row)
        ):
            self._keep([self._receipt(row, receipts.ACCEPTED)])
            return None
        return self.destination.settle(row, self.feed)

    def _send_batch(self, rows: Sequence[Row]) -> None:
        """Sends rows; of a refused batch, each half."""
        if not self.feed.is_repeatable:
            self._keep(
                [self._receipt(row, receipts.UNCONFIRMED, "sent, no answer yet") for row in rows], False
            )
        try:
            accepted = self.destination.send(self.feed, rows)
        except Refused as refusal:
            problem, is_sure = str(refusal), True
        except (ApiError, ContractError) as failure:
            if not self._may_be_rows(failure):
                self._put_off(rows, failure)
                raise
            problem, is_sure = BROKE_DOWN, False
        else:
            self._refused, self._broken = -1, 0
            self._keep([self._receipt(row, receipts.ACCEPTED) for row in accepted])
            return
        self._halve(rows, problem, is_sure)

    def _may_be_rows(self, failure: PipelineError) -> bool:
        """Whether it broke down over these rows (500), and not over everything, or before it saw them."""
        self._broken += 1
        is_breakdown = isinstance(failure, Unavailable) and failure.status == BREAKDOWN
        return is_breakdown and self.feed.is_repeatable and self._broken <= MOST_BROKEN

    def _halve(self, rows: Sequence[Row], reason: str, is_sure: bool) -> None:
        """Each half by itself; one row alone is refused, and may have been heard when that is not sure."""
        if len(rows) > 1:
            middle = len(rows) // 2
            self._send_batch(rows[:middle])
            self._send_batch(rows[middle:])
            return
        self._keep([self._receipt(rows[0], receipts.REFUSED, reason, is_sure)])
        self._refused += self._refused >= 0
        if self._refused >= MOST_REFUSED:
            raise SendRefused(
                f"{self.outcome.destination}: {self.feed.name}: the first {self._refused} rows were all "
                f"refused ({reason}). It is not the rows: look at the account's settings, then run again."
            )

    def _put_off(self, rows: Sequence[Row], failure: PipelineError) -> None:
        """Rows that nobody knows about: those that can be sent twice are, the others are looked up first."""
        is_lost = not self.feed.is_repeatable and isinstance(failure, Unavailable | ContractError)
        is_lost &= not isinstance(failure, RateLimited)
        word = receipts.UNCONFIRMED if is_lost else receipts.FAILED
        self._keep([self._receipt(row, word, "no answer") for row in rows], False)

    def _show(self, rows: Sequence[Row]) -> None:
        room = SAMPLES - len(self.outcome.samples)
        shown = [json.dumps(sample(self.feed, row.payload), ensure_ascii=False) for row in rows[:room]]
        self.outcome.samples += shown
        self.outcome.sent += len(rows)

    def _receipt(self, row: Row, status: str, reason: str = "", is_sure: bool = True) -> dict[str, Any]:
        return {
            "destination": self.outcome.destination,
            "object": self.feed.name,
            "store": row.store,
            "row_key": row.key,
            "customer_key": row.customer_key,
            "payload_hash": row.payload_hash,
            "consent": ";".join(f"{name}={word}" for name, word in _consent(row, status, is_sure).items()),
            "status": status,
            "reason": reason or None,
            "run_id": self.outcome.run_id,
            "answered_at": now(),
            "accepted_at": now() if status == receipts.ACCEPTED else row.accepted_at,
        }

    def _keep(self, kept: Sequence[dict[str, Any]], is_last_word: bool = True) -> None:
        """Writes receipts; the last word on a row is counted."""
        if not self.sending.is_dry_run:
            receipts.keep(self.connection, kept)
        for receipt in kept if is_last_word else ():
            status = receipt["status"]
            self.outcome.sent += status == receipts.ACCEPTED
            self.outcome.unchanged += status == receipts.WITHHELD
            if status in (receipts.INVALID, receipts.REFUSED):
                self.outcome.failed += 1
                self._name(receipt)

    def _name(self, receipt: dict[str, Any]) -> None:
        """The first rows are named at once, all of them in `ops.sync_rows`."""
        if len(self.outcome.reasons) < NAMED:
            self.outcome.reasons.append((receipt["row_key"], receipt["reason"]))


def _row(feed: Feed, values: dict[str, Any]) -> Row:
    said = dict(part.split("=") for part in (values["known_consent"] or "").split(";") if part)
    return Row(
        values["store"],
        values["row_key"],
        values["customer_key"],
        values["payload_hash"],
        {},
        {name: values[name] for name in feed.helpers},
        said,
        accepted_at=values["known_accepted_at"],
    )


def _consent(row: Row, status: str, is_sure: bool) -> Mapping[str, str]:
    """What the destination has last heard of each consent; a yes that nobody answered may have been heard."""
    if status == receipts.ACCEPTED:
        return row.consent
    if status in (receipts.FAILED, receipts.UNCONFIRMED) or not is_sure:
        return {**row.last_consent, **{name: word for name, word in row.consent.items() if word == "true"}}
    return row.last_consent


def _check_built(connection: Connection, feed: Feed) -> None:
    if not warehouse.has_table(connection, "outbound", feed.model):
        raise SettingsError(f"outbound.{feed.model} is not built yet: run `kassavirta build` first")
