"""One run: sync, build, publish, report; the lock around it and the record it leaves."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol

import pendulum

from pipelines import warehouse
from pipelines.errors import DONE, SET_ASIDE, PipelineError
from pipelines.extract.ledger import Ledger, WindowRecord
from pipelines.load import Loaded, Wanted, load_store
from pipelines.lock import run_lock
from pipelines.settings import Settings, Store, now
from pipelines.transform import Wish

PACKAGES = ("kassavirta", "dlt", "duckdb", "dbt-core", "pyarrow")


class Teller(Protocol):
    """Whoever tells the person in front of it how things go."""

    def say(self, text: str) -> None:
        """One line worth keeping."""

    def progress(self, task: str, done: int, total: int | None) -> None:
        """How far a task has come, in its own units."""


@dataclass
class Record:
    """One run while it lasts: what `ops.runs` will hold, and what the command ends with."""

    command: str
    stores: Sequence[str] = ()
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    started_at: pendulum.DateTime = field(default_factory=now)
    requests: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    failures: list[PipelineError] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """A failure's own code, else whether something was set aside."""
        if self.failures:
            return self.failures[0].exit_code
        return SET_ASIDE if self.remarks else DONE

    def row(self) -> dict[str, Any]:
        """The run as `ops.runs` keeps it."""
        return {
            "run_id": self.run_id,
            "command": self.command,
            "started_at": self.started_at,
            "finished_at": now(),
            "status": "failed" if self.failures else "partial" if self.remarks else "done",
            "exit_code": self.exit_code,
            "stores": ",".join(self.stores),
            "requests": self.requests,
            "rows_loaded": json.dumps(self.rows, sort_keys=True),
            "versions": json.dumps(_versions(), sort_keys=True),
            "message": "; ".join([*map(str, self.failures), *self.remarks]),
        }


def sync(settings: Settings, stores: Sequence[Store], wanted: Wanted, teller: Teller) -> Record:
    """Loads what is wanted of each store; the run's record, with a failure for each store that failed.

    Raises:
        SettingsError: another run is under way, or the warehouse cannot be written.
    """
    with run_lock(settings.data, "sync"), _recorded(settings, Record("sync"), stores) as record:
        _sync_stores(settings, stores, wanted, teller, record)
    return record


def build(settings: Settings, wish: Wish, teller: Teller) -> Record:
    """Builds and tests the models, publishes, and writes the report.

    Raises:
        TransformFailed: a model or test failed; the published file is still the old one.
        SettingsError: another run is under way, or the warehouse cannot be read.
    """
    with run_lock(settings.data, "build"):
        with _recorded(settings, Record("build"), ()) as record:
            _build_models(settings, wish, teller)
        _publish_and_report(settings, teller)
    return record


def run(settings: Settings, stores: Sequence[Store], wish: Wish, teller: Teller) -> Record:
    """The whole way from the stores to the report.

    One store's failure does not keep the others from being built and published; when all have failed,
    nothing is built.
    """
    with run_lock(settings.data, "run"):
        with _recorded(settings, Record("run"), stores) as record:
            _sync_stores(settings, stores, Wanted(), teller, record)
            if len(record.failures) < len(stores):
                _build_models(settings, wish, teller)
        if len(record.failures) < len(stores):
            _publish_and_report(settings, teller)
    return record


def report(settings: Settings, teller: Teller) -> None:
    """Writes the owner's page from the published file.

    Raises:
        SettingsError: nothing has been published yet.
    """
    from pipelines.errors import SettingsError
    from pipelines.report import write_report

    if not settings.published.exists():
        raise SettingsError("nothing is published yet: run `kassavirta run` first")
    write_report(settings.published, settings.report, generated_at=now())
    teller.say(f"report: {_relative(settings, settings.report)}")


def _sync_stores(
    settings: Settings, stores: Sequence[Store], wanted: Wanted, teller: Teller, record: Record
) -> None:
    for store in stores:
        try:
            loaded = load_store(
                settings, store, wanted, record.run_id, lambda window: _follow(window, teller)
            )
        except PipelineError as failure:
            record.failures.append(failure)
            teller.say(f"{store.name}: failed. {failure}")
        else:
            _enter(settings, loaded, record)
            teller.say(f"{store.name}: {_summary(loaded)}")
        for remark in record.remarks:
            teller.say(remark)


def _build_models(settings: Settings, wish: Wish, teller: Teller) -> None:
    from pipelines.transform import build as build_models

    with warehouse.connect(settings.warehouse) as connection:
        warehouse.ensure_ops(connection)
        rows = [_store_row(store) for store in settings.stores.values()]
        warehouse.replace(connection, "stores", rows, "store")
    result = build_models(settings, wish, lambda done, total, _: teller.progress("models", done, total))
    teller.say(f"models and tests: {result.passed} passed, {len(result.warned)} warned")
    for name in result.warned:
        teller.say(f"warning: {name}")


def _publish_and_report(settings: Settings, teller: Teller) -> None:
    from pipelines.publish import publish

    count = publish(settings.warehouse, settings.published)
    teller.say(f"published: {_relative(settings, settings.published)} ({count} tables)")
    report(settings, teller)


@contextmanager
def _recorded(settings: Settings, record: Record, stores: Sequence[Store]) -> Iterator[Record]:
    """Writes the run into `ops.runs` however it ends, as long as there is a warehouse."""
    record.stores = [store.name for store in stores]
    warehouse.check_usable(settings.warehouse)
    try:
        yield record
    except PipelineError as failure:
        record.failures.append(failure)
        raise
    finally:
        if settings.warehouse.exists():
            with warehouse.connect(settings.warehouse) as connection:
                warehouse.ensure_ops(connection)
                warehouse.insert(connection, "runs", [record.row()])


def _enter(settings: Settings, loaded: Loaded, record: Record) -> None:
    """A store's windows, rows and remarks into the run's record and the ledger tables."""
    ledger = loaded.ledger
    record.requests += ledger.requests
    for table, rows in loaded.rows.items():
        record.rows[table] = record.rows.get(table, 0) + rows
    record.remarks += [*loaded.missing, *_remarks(ledger)]
    with warehouse.connect(settings.warehouse) as connection:
        warehouse.ensure_ops(connection)
        warehouse.insert(
            connection,
            "windows",
            [{"run_id": record.run_id, **vars(window)} for window in ledger.windows],
        )


def _remarks(ledger: Ledger) -> Iterator[str]:
    for window in ledger.short_windows():
        yield (
            f"{window.store}: {window.resource} is short, {window.arrived} rows of {window.api_count} "
            "arrived; run `kassavirta sync --full` for it"
        )
    for name in sorted({f"{window.store}: {window.resource}" for window, _ in ledger.rejected}):
        rows = [row for window, row in ledger.rejected if f"{window.store}: {window.resource}" == name]
        yield f"{name}: {len(rows)} rows set aside in ops.rejected_rows, the first because {rows[0].reason}"


def _summary(loaded: Loaded) -> str:
    rows = loaded.ledger.rows_by_resource()
    parts = [f"{resource} {count:,}" for resource, count in rows.items()]
    return f"{', '.join(parts) or 'nothing'} read in {loaded.ledger.requests} requests"


def _follow(window: WindowRecord, teller: Teller) -> None:
    teller.progress(f"{window.store} {window.resource}", window.distinct_rows, window.api_count)


def _store_row(store: Store) -> dict[str, Any]:
    return {
        "store": store.name,
        "platform": store.platform,
        "time_zone": store.time_zone,
        "currency": store.currency,
        "is_enabled": store.enabled,
    }


def _versions() -> dict[str, str]:
    return {package: _version(package) for package in PACKAGES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _relative(settings: Settings, path: Any) -> str:
    return str(path.relative_to(settings.directory)) if path.is_relative_to(settings.directory) else str(path)
