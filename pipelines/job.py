"""A store's part of a run: what to read of it, where it goes, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module

import pendulum

from pipelines.errors import LoadRefused, SettingsError
from pipelines.extract.ledger import Ledger
from pipelines.extract.opening import Task
from pipelines.extract.privacy import sealer
from pipelines.extract.reading import Progress, Span
from pipelines.extract.stream import Stream
from pipelines.settings import Settings, Store
from pipelines.warehouse import Warehouse, has_table, warehouse_of

# Among the erasures: the hash of this very word, by which another salt is found out.
SALT = "salt"


@dataclass(frozen=True)
class Wanted:
    """What to read: lists by name (all when empty), and a stretch of time by hand.

    Without a stretch, what is new is read. Days without a time begin in each store's own zone.
    """

    resources: Sequence[str] = ()
    full: bool = False
    since: str | None = None
    until: str | None = None
    allow_shrink: bool = False

    @property
    def name(self) -> str:
        """What makes two backfills the same."""
        return json.dumps([sorted(self.resources), self.since, self.until])

    def span(self, zone: str) -> Span | None:
        """The stretch as moments, or None for what is new.

        Raises:
            SettingsError: a day cannot be read, or the options contradict each other.
        """
        if self.full and (self.since or self.until):
            raise SettingsError("--full reads everything: leave out --from and --to")
        span = Span(_moment("--from", self.since, zone), _moment("--to", self.until, zone))
        if span.since and span.until and span.since >= span.until:
            raise SettingsError("--from must be before --to")
        return span if self.full or self.since or self.until else None


def _moment(option: str, text: str | None, zone: str) -> pendulum.DateTime | None:
    if not text:
        return None
    try:
        moment = pendulum.parse(text, tz=zone)
    except ValueError:
        moment = None
    if isinstance(moment, pendulum.DateTime):
        return moment
    raise SettingsError(f"{option} {text!r} is no day or moment, expected one like 2026-01-31")


@dataclass
class Loaded:
    """What one store's load amounts to.

    Attributes:
        ledger: what was asked and what came.
        rows: rows per table.
        missing: lists that the store should have and has not, in sentences.
        warnings: what is worth a word and leaves nothing undone.
        refused: deletions that were too many to be believed.
        deleted, returned: records found gone, and found to be there again.
    """

    store: str
    ledger: Ledger = field(default_factory=Ledger)
    rows: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    refused: list[LoadRefused] = field(default_factory=list)
    deleted: int = 0
    returned: int = 0


@dataclass(frozen=True)
class Job:
    """One store's part of a run: what to read, where it goes, who is told."""

    settings: Settings
    store: Store
    wanted: Wanted
    run_id: str
    progress: Progress
    loaded: Loaded

    @property
    def schema(self) -> str:
        """The dataset of the store's platform."""
        return f"raw_{self.store.platform}"

    @property
    def warehouse(self) -> Warehouse:
        """Where it goes."""
        return warehouse_of(self.settings)

    def open_streams(self, task: Task) -> list[Stream]:
        """The lists of the store, ready to be read."""
        store = self.settings.salted(self.store)
        return open_streams(replace(store, erased=erased_subjects(self.warehouse, store.salt)), task)


def erased_subjects(place: Warehouse, salt: str) -> frozenset[str]:
    """The salted hashes of everybody who is to stay forgotten.

    Raises:
        SettingsError: they were made with another salt, so that nobody would be known again.
    """
    if not place.exists():
        return frozenset()
    with place.connect() as connection:
        if not has_table(connection, "ops", "erasures"):
            return frozenset()
        rows = connection.execute("select kind, subject from ops.erasures").fetchall()
    marks = {subject for kind, subject in rows if kind == SALT}
    if marks - {sealer(salt)(SALT)}:
        raise SettingsError(
            "the salt is not the one with which people were forgotten, and they would come back: set "
            "privacy.salt in .dlt/secrets.toml to what it was, or put data/salt back"
        )
    return frozenset(subject for kind, subject in rows if kind != SALT)


def open_streams(store: Store, task: Task) -> list[Stream]:
    """The lists of a store, whatever its platform."""
    platform = import_module(f"pipelines.sources.{store.platform}")
    streams: list[Stream] = platform.open_streams(store, task)
    return streams
