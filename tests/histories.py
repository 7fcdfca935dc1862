"""Histories: what a store goes through while it is read, told as plain values and played on the demo server.

A history is a few rounds and an end. In a round the shop is edited in peace, the clock moves on, and then it
is read while it is edited between any two requests, fails, or stops. At the end it is quiet and well.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from pipelines import flow
from pipelines.demo.faults import Faults
from pipelines.demo.opening import make_shop
from pipelines.demo.server import ShopServer, serve
from pipelines.demo.shop import Shop
from pipelines.job import Wanted
from pipelines.settings import ResourceSettings, Settings
from tests.stage import Listener, settings_for

CURSORS = {
    "orders": "updated_at",
    "customers": "updated_at",
    "email_subscribers": "updated_at",
    "stock_changes": "changed_at",
}
# What CS-Cart calls the lists that it has, too.
IN_CSCART = {"orders": "orders", "customers": "users", "email_subscribers": "subscribers"}
WHOLE = ("products", "campaigns", "gift_cards", "customer_groups")
SECTIONS = ("products", "shipments", "payments", "comments", "events")
TEXTS = {
    "orders": "details",
    "customers": "city",
    "email_subscribers": "language",
    "products": "name",
    "gift_cards": "notes",
    "customer_groups": "name",
}
COMMON = ("update", "update", "update", "insert", "delete", "bulk", "restore")
NESTED = ("children", "children", "ship", "archive", "hidden")
FAULTS = ("server-errors", "disconnects", "broken-json", "truncated", "html", "rate-limit")
FEWEST = 30
MOST_DELETED = 15  # a sweep refuses to believe more than twenty

DST_NIGHTS = tuple(int(datetime(2026, *day, 0, 50, tzinfo=UTC).timestamp()) for day in ((3, 29), (10, 25)))
HOUR, DAY = 3600, 86_400


@dataclass(frozen=True)
class Write:
    """One edit: what kind, in which list, of which row (by number, modulo what there is), and how."""

    kind: str
    resource: str
    pick: int
    number: int


@dataclass(frozen=True)
class Round:
    """What happens until one sync is over.

    Attributes:
        quiet: edits before the sync.
        pause: seconds that go by then.
        skew: seconds by which the store's clocks are ahead of where they were at first.
        storm: one edit, or none, before each answer; those after the last answer do not happen.
        sick: orders that no answer can hold, garbled: that break the JSON they are in.
        faults: passing faults of the store.
        breaks_at: the request from which on no answer comes.
        refuses_at: the request from which on orders are refused.
    """

    pause: int
    skew: int = 0
    quiet: tuple[Write, ...] = ()
    storm: tuple[Write | None, ...] = ()
    sick: tuple[int, ...] = ()
    garbled: tuple[int, ...] = ()
    faults: tuple[str, ...] = ()
    breaks_at: int | None = None
    refuses_at: int | None = None


@dataclass(frozen=True)
class History:
    """All that a store goes through.

    Attributes:
        start: Unix seconds when it begins; None is now.
        ahead: seconds by which the Date header is ahead of the clock that stamps rows.
        lists: what is read.
        pace: seconds that go by between two requests.
        page_size, concurrency, attempts, cap: how it is read, and the largest page the store gives.
        rounds: what happens.
        ends_next_day: whether a day goes by before the last sync, so that every re-read is due.
    """

    start: int | None
    ahead: int
    lists: tuple[str, ...]
    pace: float
    page_size: int
    concurrency: int
    attempts: int
    cap: int | None
    rounds: tuple[Round, ...]
    ends_next_day: bool


def history_of(seed: int, rounds: int = 2) -> History:
    """Any history, the same for the same arguments."""
    rng = Random(seed)
    others = rng.choice([*((name,) for name in CURSORS), WHOLE])
    lists = tuple(dict.fromkeys(("orders", *others)))
    ahead = rng.choice((0, 0, 1, rng.randint(1, 300)))
    told = tuple(_round(rng, lists, 0 if ahead else 300) for _ in range(rounds))
    page_size, is_patient = rng.randint(1, 12), all(map(_passes, told)) and rng.random() < 0.5
    return History(
        start=rng.choice((None, *DST_NIGHTS)),
        ahead=ahead,
        lists=lists,
        pace=rng.choice((0.0, 0.3, 2.0, 10.0)),
        page_size=max(page_size, 8) if is_patient else page_size,
        concurrency=rng.randint(1, 8),
        attempts=2 if is_patient else 1,
        cap=rng.choice((None, None, rng.randint(3, 12))),
        rounds=told,
        ends_next_day=rng.random() < 0.5,
    )


def _round(rng: Random, lists: tuple[str, ...], most_skew: int) -> Round:
    busyness = rng.choice((0.0, 0.3, 0.7, 0.9))
    return Round(
        pause=rng.choice((0, 60, 20 * 60, 2 * HOUR, 2 * DAY)),
        skew=rng.randint(0, most_skew),
        quiet=tuple(_write(rng, lists) for _ in range(rng.randint(0, 12))) + _spread_out(rng),
        storm=tuple(_write(rng, lists) if rng.random() < busyness else None for _ in range(60)),
        **_trouble(rng),
    )


def _passes(each: Round) -> bool:
    """Whether trying again helps, so that it is worth the second it takes."""
    return each.breaks_at is None and each.refuses_at is None and not each.garbled


def _spread_out(rng: Random) -> tuple[Write, ...]:
    """Most of the time, many orders are changed in one go, so that the next window has many pages."""
    return (Write("bulk", "orders", rng.randint(0, 999), 40),) if rng.random() < 0.8 else ()


def _trouble(rng: Random) -> dict[str, Any]:
    number, at = rng.randint(0, 99), rng.randint(0, 25)
    sick = {"sick": (number, at), "garbled": (number + at,)}
    faults = {"faults": (rng.choice(FAULTS),)}
    return rng.choice([{}, {}, sick, faults, {"breaks_at": at}, {"refuses_at": at}])


def _write(rng: Random, lists: tuple[str, ...]) -> Write:
    resource = rng.choice(("orders", *lists))
    kinds = [*COMMON, *(NESTED if resource == "orders" else ("children",))]
    return Write(rng.choice(kinds), resource, rng.randint(0, 999), rng.randint(0, 999))


@dataclass
class Editor:
    """Makes edits in a shop, and remembers what no cursor shows.

    Attributes:
        shop: what is edited.
        ahead: seconds by which its Date header is ahead of its edits' stamps.
        hidden: orders edited without a trace in `updated_at`.
        shipped: orders whose shipments were completed without one.
        deleted: records taken away, by list and id.
    """

    shop: Shop
    ahead: int = 0
    hidden: set[int] = field(default_factory=set)
    shipped: set[int] = field(default_factory=set)
    deleted: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    serial: int = 0

    @property
    def now(self) -> float:
        """The clock that stamps rows."""
        return self.shop.clock() - self.ahead

    @property
    def stamp(self) -> str:
        """Its time as the shop writes it."""
        return datetime.fromtimestamp(int(self.now), UTC).isoformat()

    def do(self, write: Write) -> None:
        """Makes an edit, if there is anything to edit."""
        self.serial += 1
        ids = self.shop.ids(write.resource)
        if ids:
            places = range(write.pick, write.pick + 7 * max(2, write.number % 41), 7)
            rows = list(dict.fromkeys(ids[place % len(ids)] for place in places))
            getattr(self, f"_{write.kind}")(write, rows)

    def _update(self, write: Write, rows: Sequence[int]) -> None:
        self._set(write.resource, rows[0], self._text(write))

    def _bulk(self, write: Write, rows: Sequence[int]) -> None:
        moment = self.now
        for row in rows:
            self._set(write.resource, row, self._text(write), moment)

    def _insert(self, write: Write, rows: Sequence[int]) -> None:
        self.add(write.resource, rows[0], self.now)

    def add(self, resource: str, like: int, moment: float) -> None:
        """A new record made like another."""
        record = self.shop.get(resource, like)
        for name in ("id", "created_at", "updated_at", "changed_at"):
            record.pop(name, None)
        if resource == "gift_cards":
            record["code"] = f"{like}-{self.serial}-{len(self.shop.ids(resource))}"
        self.shop.insert(resource, record, at=moment)

    def _delete(self, write: Write, rows: Sequence[int]) -> None:
        row = rows[0]
        if sum(name == write.resource for name, _ in self.deleted) < MOST_DELETED:
            self.deleted[write.resource, row] = self.shop.get(write.resource, row)
            self.shop.delete(write.resource, row)
            self.hidden.discard(row)

    def _restore(self, write: Write, rows: Sequence[int]) -> None:
        gone = sorted(row for name, row in self.deleted if name == write.resource)
        if gone:
            row = gone[write.number % len(gone)]
            record = self.deleted.pop((write.resource, row))
            for name in ("updated_at", "changed_at"):
                record.pop(name, None)
            self.shop.insert(write.resource, {**record, "id": row}, at=self.now)

    def _children(self, write: Write, rows: Sequence[int]) -> None:
        if write.resource == "orders":
            self._set("orders", rows[0], self._nested(write, rows))
        elif write.resource == "customers":
            groups = [{"id": place, "name": f"group {place}"} for place in range(write.number % 3)]
            self._set("customers", rows[0], {"customer_groups": groups})
        elif write.resource == "products":
            variations = self.shop.get("products", rows[1 % len(rows)])["variations"][: write.number % 4]
            self._set("products", rows[0], {"variations": variations})

    def _ship(self, write: Write, rows: Sequence[int]) -> None:
        shipments = self.shop.get("orders", rows[0])["shipments"]
        done = [
            {**row, "completed_at": self.stamp, "tracking_code": f"JJFI{self.serial}"} for row in shipments
        ]
        self.shop.update("orders", rows[0], {"shipments": done}, bump=False)
        self.shipped.add(rows[0])

    def _archive(self, write: Write, rows: Sequence[int]) -> None:
        self.shop.update("orders", rows[0], {"archived_at": self.stamp}, bump=False)

    def _hidden(self, write: Write, rows: Sequence[int]) -> None:
        self.shop.update("orders", rows[0], self._nested(write, rows), bump=False)
        self.hidden.add(rows[0])

    def _nested(self, write: Write, rows: Sequence[int]) -> dict[str, Any]:
        """One of an order's lists emptied, grown, cut or changed."""
        section = SECTIONS[write.pick % len(SECTIONS)]
        own, others = (self.shop.get("orders", row)[section] for row in (rows[0], rows[1 % len(rows)]))
        changed = [
            {**row, "return_reasons": [{"code": f"r{self.serial}", "text": "too small"}]} for row in own
        ]
        if section != "products":
            changed = list(reversed(own))
        return {section: ([], own + others, own[1:], changed)[write.number % 4]}

    def _text(self, write: Write) -> dict[str, Any]:
        if write.resource == "stock_changes":
            return {"quantity": write.number, "quantity_change": self.serial}
        if write.resource == "orders" and write.number % 3 == 0:
            return {"status": ("OPEN", "COMPLETED", "CANCELLED")[write.pick % 3]}
        if write.resource == "campaigns":
            return {"published": bool(write.number % 2)}
        return {TEXTS[write.resource]: f"text {self.serial}"}

    def _set(self, resource: str, row: int, changes: dict[str, Any], at: float | None = None) -> None:
        moment = self.now if at is None else at
        if resource == "stock_changes":
            changes = {**changes, "changed_at": datetime.fromtimestamp(int(moment), UTC)}
        self.shop.update(resource, row, changes, at=moment)
        if resource == "orders":
            self.hidden.discard(row)
            self.shipped.discard(row)


@dataclass
class Player:
    """Plays a history: a shop, its server, its editor, and what reads it."""

    history: History
    shop: Shop
    server: ShopServer
    settings: Settings
    editor: Editor
    reads: tuple[str, ...]
    offset: float = 0.0
    skew: int = 0
    outcomes: list[int] = field(default_factory=list)

    def play(self, read: Callable[[], object], troubles: bool = True) -> None:
        """All rounds, each read by `read`; the store is quiet and well afterwards."""
        for each in self.history.rounds:
            self._begin(each)
            self._watch(each, troubles)
            read()
            self._calm()
        self._end()

    def _end(self) -> None:
        self.offset += DAY + HOUR if self.history.ends_next_day else 1
        self.skew = max((each.skew for each in self.history.rounds), default=0)

    def sync(self) -> flow.Record:
        """One sync of the lists of this history."""
        record = flow.sync(self.settings, self.settings.chosen(), Wanted(self.reads), Listener())
        self.outcomes.append(record.exit_code)
        return record

    def sweep(self) -> flow.Record:
        """One sweep."""
        return flow.sweep(self.settings, self.settings.chosen(), False, Listener())

    def clock(self) -> float:
        """The store's own time."""
        return time.time() + self.offset + self.skew

    def _begin(self, each: Round) -> None:
        for write in each.quiet:
            self.editor.do(write)
        self.offset += each.pause
        self.skew = each.skew

    def _watch(self, each: Round, troubles: bool) -> None:
        """From now on edits come between requests, and troubles with them."""
        asked = iter(range(1_000_000))
        storm = iter(each.storm)
        if troubles:
            ids = self.shop.ids("orders")
            self.server.sick["orders"] = {ids[pick % len(ids)] for pick in each.sick}
            self.server.garbled["orders"] = {ids[pick % len(ids)] for pick in each.garbled}
            self.server.faults = Faults(each.faults)

        def before_answer(path: str, params: dict[str, str]) -> None:
            number = next(asked)
            self.offset += self.history.pace
            write = next(storm, None)
            if write:
                self.editor.do(write)
            if troubles and each.refuses_at is not None and number >= each.refuses_at:
                self.server.refused["orders"] = 403
            if troubles and each.breaks_at is not None and number >= each.breaks_at:
                raise ConnectionAbortedError

        self.server.before_answer = before_answer

    def _calm(self) -> None:
        self.server.before_answer = None
        self.server.faults = Faults(())
        for troubles in (self.server.sick, self.server.garbled, self.server.refused):
            troubles.clear()


@contextmanager
def played(history: History, home: Path, root: str = "") -> Iterator[Player]:
    """A player that is about to play a history in an empty directory; `root` is where the API stands."""
    start = int(time.time() if history.start is None else history.start)
    with make_shop(60, seed=3, end=start - 10 * 60) as shop:
        _fill(shop, history.lists, start)
        with serve(shop, page_size_cap=history.cap) as server:
            reads = tuple(IN_CSCART[name] for name in history.lists) if root else history.lists
            sizes = {name: ResourceSettings(page_size=history.page_size) for name in reads}
            settings = settings_for(
                home,
                server.url + root,
                resources=sizes,
                concurrency=history.concurrency,
                attempts=history.attempts,
                timeout_seconds=10.0,
            )
            editor = Editor(shop, history.ahead)
            player = Player(history, shop, server, settings, editor, reads, start - time.time())
            shop.clock = player.clock
            yield player


def _fill(shop: Shop, lists: Sequence[str], start: int) -> None:
    """So many rows in each list that it has pages."""
    editor = Editor(shop)
    for name in lists:
        while len(ids := shop.ids(name)) < FEWEST and name != "campaigns":
            editor.add(name, ids[len(ids) % min(5, len(ids))], start - DAY)
            editor.serial += 1
