"""Sends what changed to each destination that is configured, and says what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pipelines.accounts import Account
from pipelines.destinations import open_destination
from pipelines.destinations.base import Destination
from pipelines.errors import AccessDenied, PipelineError, SettingsError
from pipelines.sending import Outcome, Sending, send_feed
from pipelines.settings import Settings
from pipelines.warehouse import Connection, receipts, warehouse_of


@dataclass
class Delivery:
    """What came of it all: for people to act on, and failures."""

    requests: int = 0
    remarks: list[str] = field(default_factory=list)
    failures: list[PipelineError] = field(default_factory=list)


def activate(
    settings: Settings,
    accounts: Sequence[Account],
    sending: Sending,
    run_id: str,
    say: Callable[[str], None],
) -> Delivery:
    """Sends to each destination; one that fails does not keep the others from being sent to."""
    delivery = Delivery()
    for account in accounts:
        destination = open_destination(account)
        try:
            with warehouse_of(settings).connect_lean() as connection:
                _send_all(connection, destination, sending, run_id, say, delivery)
        except PipelineError as failure:
            delivery.failures.append(failure)
            say(f"{account.name}: failed. {failure}")
        finally:
            delivery.requests += destination.requests
            destination.close()
    return delivery


def _send_all(
    connection: Connection,
    destination: Destination,
    sending: Sending,
    run_id: str,
    say: Callable[[str], None],
    delivery: Delivery,
) -> None:
    """All feeds of one destination, in its order; then whom it has to forget."""
    if not sending.is_dry_run:
        _collect(connection, destination)
    for feed in destination.feeds:
        outcome = send_feed(connection, destination, feed, sending, run_id)
        _tell(outcome, sending.is_dry_run, say, delivery)
        if isinstance(outcome.failure, AccessDenied | SettingsError):
            return
    if not sending.is_dry_run:
        _forget(connection, destination, sending, say, delivery)


def _tell(outcome: Outcome, is_dry_run: bool, say: Callable[[str], None], delivery: Delivery) -> None:
    """One feed's counts; rows that were not taken, by key and reason; and what ended it early."""
    name = f"{outcome.destination}: {outcome.feed}"
    done = "would be sent" if is_dry_run else "sent"
    counts = f"{outcome.sent:,} {done} + {outcome.unchanged:,} unchanged + {outcome.failed:,} failed"
    say(f"{name}: {outcome.queried:,} queried = {counts}")
    for payload in outcome.samples:
        say(f"  {payload}")
    if outcome.failed:
        delivery.remarks.append(f"{name}: {outcome.failed} rows not taken ({_named(outcome)})")
        say(delivery.remarks[-1])
    if outcome.failure:
        delivery.failures.append(outcome.failure)
        say(f"{name}: failed. {outcome.failure}")


def _named(outcome: Outcome) -> str:
    parts = [f"{outcome.waiting} refused before and not changed since"] if outcome.waiting else []
    parts += [f"{key}: {reason}" for key, reason in outcome.reasons]
    return "; ".join([*parts, "all are in ops.sync_rows"])


def _collect(connection: Connection, destination: Destination) -> None:
    """What the destination has to tell into its raw tables."""
    for table, rows in destination.collect().items():
        receipts.keep_read(connection, f"raw_{destination.account.name}", table, rows)


def _forget(
    connection: Connection,
    destination: Destination,
    sending: Sending,
    say: Callable[[str], None],
    delivery: Delivery,
) -> None:
    """Deletes forgotten people where that can be done; names the others, to be deleted by hand."""
    name = destination.account.name
    feeds = [feed.name for feed in destination.feeds if feed.is_person]
    by_hand = []
    for key in receipts.forgotten(connection, name, feeds):
        if key in sending.deleted or destination.forget(key):
            receipts.mark_deleted(connection, name, key)
        else:
            by_hand.append(key)
    if by_hand:
        remark = (
            f"{name}: delete by hand, as they asked to be forgotten: {', '.join(by_hand)}; "
            "then say so with --deleted KEY"
        )
        delivery.remarks.append(remark)
        say(remark)
