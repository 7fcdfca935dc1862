"""One store into the warehouse: greet, extract, write down what was set aside, load.

The warehouse is the only place that remembers: cursors are committed with the rows they speak for (dlt's
state, kept in the dataset), and dlt's local folder is scratch that every load starts without. So a load
that was killed at any moment is simply done again from the last committed cursor.
"""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pendulum
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials

from pipelines import warehouse
from pipelines.errors import LoadFailed, PipelineError, SettingsError
from pipelines.extract.greeting import greet_all
from pipelines.extract.ledger import Ledger
from pipelines.extract.stream import Progress, Span, Stream
from pipelines.http import redact
from pipelines.settings import Settings, Store, now

# A load longer than this ends with one more window, so that what it leaves is fresh.
CATCH_UP_AFTER = 60.0

# What DuckDB may hold in memory while it loads, however much there is to load.
LOAD_MEMORY = "384MB"

# dlt's own settings that the exactness or speed of a load rests on.
DLT_CONFIG = {
    "extract.next_item_mode": "fifo",
    "load.truncate_staging_dataset": True,
    "load.workers": 2,
    "normalize.parquet_normalizer.add_dlt_load_id": True,
    "runtime.dlthub_telemetry": False,
    "runtime.log_level": "ERROR",
}


@dataclass(frozen=True)
class Wanted:
    """What to read: lists by name (all when empty), and a stretch of time by hand.

    Without a stretch, what is new is read. Days without a time begin in each store's own zone.
    """

    resources: Sequence[str] = ()
    full: bool = False
    since: str | None = None
    until: str | None = None

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
    """What one store's load amounts to: the ledger, rows per table, and lists the store does not have."""

    store: str
    ledger: Ledger = field(default_factory=Ledger)
    rows: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


def load_store(
    settings: Settings, store: Store, wanted: Wanted, run_id: str, progress: Progress, loaded: Loaded
) -> None:
    """Reads what is wanted of a store into the warehouse; `loaded` says what came of it, also on failure.

    Raises:
        PipelineError: the store or the warehouse refused; what was committed before stays.
    """
    started = now()
    _load_once(settings, store, wanted, run_id, progress, loaded)
    if wanted.span(store.time_zone) is None and (now() - started).total_seconds() > CATCH_UP_AFTER:
        _load_once(settings, store, wanted, run_id, progress, loaded)


def open_streams(store: Store, ledger: Ledger, wanted: Wanted, progress: Progress) -> list[Stream]:
    """The lists of a store, whatever its platform."""
    platform = import_module(f"pipelines.sources.{store.platform}")
    span = wanted.span(store.time_zone)
    streams: list[Stream] = platform.open_streams(store, ledger, wanted.resources, span, progress)
    return streams


def _load_once(
    settings: Settings, store: Store, wanted: Wanted, run_id: str, progress: Progress, loaded: Loaded
) -> None:
    ledger = Ledger()
    try:
        streams = open_streams(store, ledger, wanted, progress)
        loaded.missing = greet_all(streams)
        _extract_and_load(settings, store, streams, ledger, run_id, loaded)
    except BaseException as error:
        ledger.fail()
        reason = _reason(error, settings.warehouse)
        if reason is error:
            raise
        raise reason from error
    finally:
        loaded.ledger.add(ledger)
        shutil.rmtree(settings.data / "dlt", ignore_errors=True)


def _extract_and_load(
    settings: Settings, store: Store, streams: Sequence[Stream], ledger: Ledger, run_id: str, loaded: Loaded
) -> None:
    is_new = not _has_rows(settings.warehouse, store)
    for stream in streams:
        stream.is_new = is_new
    pipeline = _fresh_pipeline(settings, store)
    source = dlt.source(lambda: _resources(streams), name=store.platform, max_table_nesting=0)()
    with _calm_collector():
        pipeline.extract(source, loader_file_format="parquet")
    _keep_rejected(settings.warehouse, ledger, run_id)
    counts = pipeline.normalize().row_counts
    packages = pipeline.load().loads_ids
    _forget_healed(settings.warehouse, store, streams, packages)
    for table, rows in counts.items():
        if not table.startswith("_dlt"):
            loaded.rows[table] = loaded.rows.get(table, 0) + rows


def _resources(streams: Sequence[Stream]) -> list[Any]:
    return [resource for stream in streams for resource in stream.resources()]


def _has_rows(path: Path, store: Store) -> bool:
    """Whether any raw table holds anything of a store, as after a first load that was killed half-way."""
    if not path.exists():
        return False
    with warehouse.connect(path, read_only=True) as connection:
        tables = connection.execute(
            "select table_name from information_schema.columns"
            " where table_schema = ? and column_name = 'store'",
            [f"raw_{store.platform}"],
        ).fetchall()
        return any(
            connection.execute(
                f"select 1 from raw_{store.platform}.{table} where store = ? limit 1", [store.name]
            ).fetchone()
            for (table,) in tables
        )


def _fresh_pipeline(settings: Settings, store: Store) -> dlt.Pipeline:
    """A dlt pipeline that knows what the warehouse knows and nothing else."""
    for key, value in DLT_CONFIG.items():
        dlt.config[key] = value
    name, folder = f"{store.platform}_{store.name}", settings.data / "dlt"
    shutil.rmtree(folder / name, ignore_errors=True)
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    pipeline = dlt.pipeline(
        name,
        destination=dlt.destinations.duckdb(_credentials(settings.warehouse)),
        dataset_name=f"raw_{store.platform}",
        pipelines_dir=str(folder),
    )
    pipeline.sync_destination()
    return pipeline


@contextmanager
def _calm_collector() -> Iterator[None]:
    """Python's collector looks at new objects only, and seldom.

    Pages are short-lived objects by the million beside a million that live as long as the process; looking
    at all of them again and again costs a fifth of the time (measured, 20,000 orders).
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _credentials(path: Path) -> DuckDbCredentials:
    """The warehouse for dlt: what is inserted need not stay in memory, nor in the order it came in."""
    credentials = DuckDbCredentials(str(path))
    credentials.global_config = {"memory_limit": LOAD_MEMORY, "preserve_insertion_order": False}
    return credentials


def _keep_rejected(path: Path, ledger: Ledger, run_id: str) -> None:
    """Before the load: a row that is not loaded is written down even if the load is killed."""
    rows = {
        (record.store, record.resource, row.record_id or f"no id, {_digest(row.raw_json)}"): (record, row)
        for record, row in ledger.rejected
    }
    if not rows:
        return
    with warehouse.connect(path) as connection:
        warehouse.ensure_ops(connection)
        warehouse.replace(
            connection,
            "rejected_rows",
            [
                {
                    "run_id": run_id,
                    "store": store,
                    "resource": resource,
                    "record_id": record_id,
                    "reason": row.reason,
                    "raw_json": row.raw_json,
                    "rejected_at": record.started_at,
                }
                for (store, resource, record_id), (record, row) in rows.items()
            ],
            "store",
            "resource",
            "record_id",
        )


def _forget_healed(path: Path, store: Store, streams: Sequence[Stream], packages: Sequence[str]) -> None:
    """Rows that were set aside once and have now been loaded are set aside no more."""
    with warehouse.connect(path) as connection:
        warehouse.ensure_ops(connection)
        for name in [stream.endpoint.name for stream in streams if stream.is_read]:
            connection.execute(
                "delete from ops.rejected_rows where store = ? and resource = ? and record_id in ("
                f"select cast(id as text) from raw_{store.platform}.{name} where store = ?"
                " and list_contains(?, _dlt_load_id))",
                [store.name, name, store.name, list(packages)],
            )


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def _reason(error: BaseException, path: Path) -> BaseException:
    """The cause that a person can act on, out of what dlt wraps around it."""
    cause: BaseException | None = error
    last = error
    while cause is not None:
        if isinstance(cause, PipelineError | KeyboardInterrupt):
            return cause
        last = cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    if isinstance(last, duckdb.Error | OSError):
        return warehouse.explain(last, path)
    return LoadFailed(f"unforeseen {type(last).__name__}: {redact(str(last))}. Please tell us.")
