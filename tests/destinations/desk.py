"""A desk to send from: an account at the inbox, and outbound tables written by hand instead of by dbt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import md5
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines import flow
from pipelines.accounts import account
from pipelines.demo.inbox import Inbox
from pipelines.demo.inbox_custobar import KEY
from pipelines.destinations import open_destination
from pipelines.destinations.base import Feed
from pipelines.sending import Sending
from pipelines.settings import Settings
from pipelines.warehouse import warehouse_of
from tests.stage import Listener, settings_for

SECRETS: Mapping[str, Mapping[str, Any]] = {
    "custobar": {"company": "demo", "key": KEY, "pause_seconds": 0.0},
    "apifon": {"token": "demo-token", "secret": "demo-secret"},
    "ogoship": {
        "merchant_id": "demo-merchant",
        "secret": "demo-secret",
        "client_id": "demo-client",
        "client_secret": "demo-client-secret",
    },
}
TYPES = {"cents": "bigint", "integer": "bigint", "flag": "boolean"}


@dataclass
class Desk:
    """Settings, the inbox, and what was told."""

    inbox: Inbox
    settings: Settings
    listener: Listener = field(default_factory=Listener)

    @property
    def name(self) -> str:
        return next(iter(self.settings.destinations))

    def feed(self, name: str) -> Feed:
        """A feed by name."""
        destination = open_destination(self.settings.destinations[self.name])
        destination.close()
        return next(feed for feed in destination.feeds if feed.name == name)

    def put(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Makes these the desired rows of a feed; a row's key is the first of its fields unless it says."""
        feed = self.feed(name)
        columns = {
            "store": "text",
            "row_key": "text",
            "customer_key": "text",
            "payload_hash": "text",
            **{column: TYPES.get(wanted.kind, "text") for column, wanted in feed.fields.items()},
            **dict.fromkeys(feed.helpers, "text"),
            "is_update_only": "boolean",
        }
        table = pa.Table.from_pylist([_whole(feed, row, columns) for row in rows], _schema(columns))
        with warehouse_of(self.settings).connect() as connection:
            connection.execute("create schema if not exists outbound")
            connection.register("given", table)
            listed = ", ".join(f"cast({column} as {kind}) as {column}" for column, kind in columns.items())
            connection.execute(f"drop table if exists outbound.{feed.model}")
            connection.execute(f"create table outbound.{feed.model} as select {listed} from given")

    def put_nothing_else(self, *names: str) -> None:
        """Empties every other feed."""
        destination = open_destination(self.settings.destinations[self.name])
        destination.close()
        for feed in destination.feeds:
            if feed.name not in names:
                self.put(feed.name, [])

    def send(self, **how: Any) -> flow.Record:
        """One `kassavirta activate`."""
        self.listener.lines.clear()
        return flow.activate(self.settings, self.settings.accounts(), Sending(**how), self.listener)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query over the warehouse."""
        with warehouse_of(self.settings).connect(read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def counts(self, feed: str) -> tuple[int, ...]:
        """Queried, sent, unchanged and failed of the last run."""
        (found,) = self.ask(
            "select queried, sent, unchanged, failed from ops.sync_runs"
            f" where object = '{feed}' order by started_at desc limit 1"
        )
        return found

    def set(self, **changes: Any) -> None:
        """Changes the account."""
        old = self.settings.destinations[self.name]
        self.settings = replace(self.settings, destinations={self.name: replace(old, **changes)})


def desk_for(name: str, inbox: Inbox, home: Path, **values: Any) -> Desk:
    """A desk with one account at the inbox."""
    problems: list[str] = []
    given = {"base_url": inbox.url, "requests_per_minute": 600_000.0, **SECRETS[name], **values}
    given |= {"auth_url": inbox.url} if name == "ogoship" else {}
    settings = settings_for(home, "http://127.0.0.1:9")
    opened = account(name, given, settings.stores, problems)
    assert problems == []
    return Desk(inbox, replace(settings, destinations={name: opened}))


def _whole(feed: Feed, row: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    first = next(iter(feed.fields))
    sent = repr([row.get(name) for name in feed.fields])
    given = {
        "store": "demo",
        "row_key": str(row[first]),
        "payload_hash": md5(sent.encode()).hexdigest(),
        "is_update_only": False,
        **row,
    }
    return {name: None if given.get(name) is None else str(given[name]) for name in columns}


def _schema(columns: Mapping[str, str]) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in columns])


def people(numbers: Sequence[int], **changes: Any) -> list[dict[str, Any]]:
    """Made-up customers, as mode full sends them."""
    return [
        {
            "external_id": f"demo-{number}",
            "customer_key": f"key{number}",
            "email": f"person{number}@example.com",
            "first_name": f"Etunimi {number}",
            "country": "FI",
            "can_email": True,
            **changes,
        }
        for number in numbers
    ]
