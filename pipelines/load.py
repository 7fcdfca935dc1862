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
from importlib import import_module
from pathlib import Path
from typing import Any

import dlt
import duckdb
import pendulum
from dlt.pipeline.exceptions import PipelineStepFailed

from pipelines import warehouse
from pipelines.errors import ApiError, PipelineError, SettingsError
from pipelines.extract.ledger import Ledger
from pipelines.extract.stream import Progress, Span, Stream
from pipelines.settings import Settings, Store, now

# A load longer than this ends with one more window, so that what it leaves is fresh.
CATCH_UP_AFTER = 60.0

# dlt's own settings that the exactness or speed of a load rests on.
DLT_CONFIG = {
    "extract.next_item_mode": "fifo",
    "load.truncate_staging_dataset": True,
    "normalize.parquet_normalizer.add_dlt_load_id": True,
    "runtime.dlthub_telemetry": False,
    "runtime.log_level": "ERROR",
}


@dataclass(frozen=True)
class Wanted:
    """What to read: lists by name (all when empty), and a stretch of time by hand (what is new when None)."""

    resources: Sequence[str] = ()
    span: Span | None = None


def wanted(resources: Sequence[str], full: bool, since: str | None, until: str | None, zone: str) -> Wanted:
    """What the options of `kassavirta sync` ask for; days begin in the store's own zone.

    Raises:
        SettingsError: a day cannot be read, or the options contradict each other.
    """
    if full and (since or until):
        raise SettingsError("--full reads everything: leave out --from and --to")
    ends = [_moment(name, text, zone) for name, text in (("--from", since), ("--to", until))]
    if ends[0] and ends[1] and ends[0] >= ends[1]:
        raise SettingsError("--from must be before --to")
    return Wanted(resources, Span(*ends) if full or any(ends) else None)


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


def load_store(settings: Settings, store: Store, wanted: Wanted, run_id: str, progress: Progress) -> Loaded:
    """Reads what is wanted of a store into the warehouse.

    Raises:
        PipelineError: the store or the warehouse refused; what was committed before stays.
    """
    loaded = Loaded(store.name)
    started = now()
    _load_once(settings, store, wanted, run_id, progress, loaded)
    if wanted.span is None and (now() - started).total_seconds() > CATCH_UP_AFTER:
        _load_once(settings, store, wanted, run_id, progress, loaded)
    return loaded


def open_streams(store: Store, ledger: Ledger, wanted: Wanted, progress: Progress) -> list[Stream]:
    """The lists of a store, whatever its platform."""
    platform = import_module(f"pipelines.sources.{store.platform}")
    streams: list[Stream] = platform.open_streams(store, ledger, wanted.resources, wanted.span, progress)
    return streams


def greet_all(streams: Sequence[Stream]) -> tuple[list[Stream], list[str]]:
    """The streams the store has, and a sentence about each one it has not.

    Raises:
        ApiError: the store has none of them, or is out of reach.
    """
    present, missing = [], []
    for stream in streams:
        try:
            stream.greet()
            present.append(stream)
        except ApiError as error:
            if error.status not in (403, 404):
                raise
            missing.append(f"{stream.store}: {stream.endpoint.name} skipped, {error}")
    if streams and not present:
        raise ApiError(
            f"{streams[0].store}: the store answers, but has no API at this address (404 for every list). "
            "Its plan must be Advanced, Pro or Enterprise and the API app installed (Account > Apps > API).",
            404,
        )
    return present, missing


def _load_once(
    settings: Settings,
    store: Store,
    wanted: Wanted,
    run_id: str,
    progress: Progress,
    loaded: Loaded,
) -> None:
    ledger = Ledger()
    streams, loaded.missing = greet_all(open_streams(store, ledger, wanted, progress))
    try:
        pipeline = _fresh_pipeline(settings, store)
        source = dlt.source(lambda: _resources(streams), name=store.platform, max_table_nesting=0)()
        with _calm_collector():
            pipeline.extract(source, loader_file_format="parquet")
        _keep_rejected(settings.warehouse, ledger, run_id)
        counts = pipeline.normalize().row_counts
        pipeline.load()
    except (PipelineStepFailed, duckdb.Error, OSError) as error:
        raise _reason(error, settings.warehouse) from error
    finally:
        loaded.ledger.windows += ledger.windows
        loaded.ledger.rejected += ledger.rejected
    for table, rows in counts.items():
        if not table.startswith("_dlt"):
            loaded.rows[table] = loaded.rows.get(table, 0) + rows


def _resources(streams: Sequence[Stream]) -> list[Any]:
    return [resource for stream in streams for resource in stream.resources()]


def _fresh_pipeline(settings: Settings, store: Store) -> dlt.Pipeline:
    """A dlt pipeline that knows what the warehouse knows and nothing else."""
    for key, value in DLT_CONFIG.items():
        dlt.config[key] = value
    name, folder = f"{store.platform}_{store.name}", settings.data / "dlt"
    shutil.rmtree(folder / name, ignore_errors=True)
    settings.warehouse.parent.mkdir(parents=True, exist_ok=True)
    pipeline = dlt.pipeline(
        name,
        destination=dlt.destinations.duckdb(str(settings.warehouse)),
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


def _keep_rejected(path: Path, ledger: Ledger, run_id: str) -> None:
    """Before the load: a row that is not loaded is written down even if the load is killed."""
    if not ledger.rejected:
        return
    rows = [
        {
            "run_id": run_id,
            "store": record.store,
            "resource": record.resource,
            "record_id": row.record_id,
            "reason": row.reason,
            "raw_json": row.raw_json,
            "rejected_at": record.started_at,
        }
        for record, row in ledger.rejected
    ]
    with warehouse.connect(path) as connection:
        warehouse.ensure_ops(connection)
        warehouse.replace(connection, "rejected_rows", rows, "store", "resource", "record_id")


def _reason(error: BaseException, path: Path) -> PipelineError:
    """The cause that a person can act on, out of what dlt wraps around it."""
    cause: BaseException | None = error
    last = error
    while cause is not None:
        if isinstance(cause, PipelineError):
            return cause
        last, cause = cause, cause.__cause__ or cause.__context__
    return warehouse.explain(last, path)
