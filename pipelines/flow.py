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
from pipelines.errors import DONE, OUR_FAULT, SET_ASIDE, PipelineError, SettingsError
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
    failed_stores: list[str] = field(default_factory=list)
    interrupted: str = ""
    requests: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    failures: list[PipelineError] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """A failure's own code, else whether something was set aside."""
        if self.failures:
            return self.failures[0].exit_code
        return OUR_FAULT if self.interrupted else SET_ASIDE if self.remarks else DONE

    @property
    def status(self) -> str:
        """In one word: failed, partial or done."""
        return "failed" if self.failures or self.interrupted else "partial" if self.remarks else "done"

    def row(self) -> dict[str, Any]:
        """The run as `ops.runs` keeps it."""
        said = [*map(str, self.failures), *filter(None, [self.interrupted]), *self.remarks]
        return {
            "run_id": self.run_id,
            "command": self.command,
            "started_at": self.started_at,
            "finished_at": now(),
            "status": self.status,
            "exit_code": self.exit_code,
            "stores": ",".join(self.stores),
            "failed_stores": ",".join(self.failed_stores),
            "requests": self.requests,
            "rows_loaded": json.dumps(self.rows, sort_keys=True),
            "versions": json.dumps(_versions(), sort_keys=True),
            "message": "; ".join(said),
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
    """Builds and tests the models, publishes, and writes the report; a selection is built only.

    Raises:
        TransformFailed: a model or test failed; the published file is still the old one.
        SettingsError: nothing is loaded yet, another run is under way, or the warehouse cannot be read.
    """
    with run_lock(settings.data, "build"), _recorded(settings, Record("build"), ()) as record:
        if not _has_raw(settings):
            raise SettingsError("nothing is loaded yet: run `kassavirta sync` first")
        _build_models(settings, wish, teller)
        if wish.select:
            teller.say("not published: only a selection was built")
        else:
            _publish_and_report(settings, record, teller)
    return record


def run(settings: Settings, stores: Sequence[Store], wish: Wish, teller: Teller) -> Record:
    """The whole way from the stores to the report.

    One store's failure does not keep the others from being built and published; when all have failed,
    nothing is built.
    """
    with run_lock(settings.data, "run"), _recorded(settings, Record("run"), stores) as record:
        _sync_stores(settings, stores, Wanted(), teller, record)
        if len(record.failures) < len(stores):
            _build_models(settings, wish, teller)
            _publish_and_report(settings, record, teller)
    return record


def report(settings: Settings, teller: Teller) -> None:
    """Writes the owner's page from the published file.

    Raises:
        SettingsError: nothing has been published yet, or the file cannot be read.
    """
    from pipelines.report import write_report

    if not settings.published.exists():
        raise SettingsError("nothing is published yet: run `kassavirta run` first")
    with warehouse.reader(settings.published) as read:
        write_report(read, settings.report, generated_at=now())
    teller.say(f"report: {_relative(settings, settings.report)}")


def _sync_stores(
    settings: Settings, stores: Sequence[Store], wanted: Wanted, teller: Teller, record: Record
) -> None:
    def follow(window: WindowRecord) -> None:
        teller.progress(f"{window.store} {window.resource}", window.distinct_rows, window.api_count)

    for store in stores:
        loaded = Loaded(store.name)
        try:
            load_store(settings, store, wanted, record.run_id, follow, loaded)
        except PipelineError as failure:
            record.failures.append(failure)
            record.failed_stores.append(store.name)
            teller.say(f"{store.name}: failed. {failure}")
        else:
            teller.say(f"{store.name}: {_summary(loaded)}")
        finally:
            _enter(settings, loaded, record, teller)


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


def _publish_and_report(settings: Settings, record: Record, teller: Teller) -> None:
    """Publishes the warehouse with this run's record in it, then the page made of it."""
    from pipelines.publish import publish

    _write(settings, record)
    count = publish(settings.warehouse, settings.published)
    teller.say(f"published: {_relative(settings, settings.published)} ({count} tables)")
    report(settings, teller)


def _has_raw(settings: Settings) -> bool:
    if not settings.warehouse.exists():
        return False
    with warehouse.connect(settings.warehouse, read_only=True) as connection:
        found = connection.execute(
            "select count(*) from information_schema.schemata where schema_name like 'raw_%'"
        ).fetchone()
    return bool(found and found[0])


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
    except BaseException as error:
        record.interrupted = f"stopped by {type(error).__name__}"
        raise
    finally:
        _write(settings, record)


def _write(settings: Settings, record: Record) -> None:
    if settings.warehouse.exists():
        with warehouse.connect(settings.warehouse) as connection:
            warehouse.ensure_ops(connection)
            warehouse.replace(connection, "runs", [record.row()], "run_id")


def _enter(settings: Settings, loaded: Loaded, record: Record, teller: Teller) -> None:
    """A store's windows, rows and remarks into the run's record and the ledger tables."""
    ledger = loaded.ledger
    record.requests += ledger.requests
    for table, rows in loaded.rows.items():
        record.rows[table] = record.rows.get(table, 0) + rows
    remarks = [*loaded.missing, *_remarks(ledger)]
    record.remarks += remarks
    for remark in remarks:
        teller.say(remark)
    if settings.warehouse.exists():
        windows = [{"run_id": record.run_id, **vars(window)} for window in ledger.windows]
        with warehouse.connect(settings.warehouse) as connection:
            warehouse.ensure_ops(connection)
            warehouse.insert(connection, "windows", windows)


def _remarks(ledger: Ledger) -> Iterator[str]:
    for window in ledger.unproven_windows():
        yield (
            f"{window.store}: {window.resource} ({window.reason}) cannot be proven complete, "
            f"{window.arrived} rows arrived, the API counted "
            f"{'none' if window.api_count is None else window.api_count}; the next run reads it again"
        )
    reasons: dict[str, list[str]] = {}
    for window, row in ledger.rejected:
        reasons.setdefault(f"{window.store}: {window.resource}", []).append(row.reason)
    for name, found in reasons.items():
        yield f"{name}: {len(found)} rows set aside in ops.rejected_rows, the first because {found[0]}"


def _summary(loaded: Loaded) -> str:
    rows = loaded.ledger.rows_by_resource()
    parts = [f"{resource} {count:,}" for resource, count in rows.items()]
    return f"{', '.join(parts) or 'nothing'} read in {loaded.ledger.requests} requests"


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
