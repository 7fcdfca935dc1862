"""One store into the warehouse: greet, extract, write down what was set aside, load.

The warehouse is the only place that remembers: cursors are committed with the rows they speak for (dlt's
state, kept in the dataset), and dlt's local folder is scratch that every load starts without. So a load
that was killed at any moment is simply done again from the last committed cursor.
"""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import dlt
import pyarrow as pa
from dlt.common.configuration.container import Container
from dlt.common.configuration.exceptions import ConfigValueCannotBeCoercedException
from dlt.common.configuration.providers.dictionary import DictionaryProvider
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext

from pipelines import warehouse
from pipelines.backfill import Mark, cut, read_mark
from pipelines.deletions import census_of, forget_returned, settle_deletions
from pipelines.errors import LoadFailed, PipelineError, SettingsError, WindowGrew
from pipelines.extract.greeting import Absence, absence, greet_all
from pipelines.extract.kinds import SQL_TYPES
from pipelines.extract.ledger import Ledger
from pipelines.extract.opening import Task
from pipelines.extract.reading import SURELY_OVER, Span
from pipelines.extract.stream import Stream
from pipelines.http import redact
from pipelines.job import Job, Loaded
from pipelines.setaside import forget_healed, keep_rejected, keep_unread
from pipelines.settings import Settings, now
from pipelines.values import merge
from pipelines.warehouse import Connection, Warehouse

# A load longer than this ends with one more window, so that what it leaves is fresh.
CATCH_UP_AFTER = 60.0

# dlt's own settings: those that may be set otherwise, and those that the exactness of a load rests on.
DLT_DEFAULTS: Mapping[str, Any] = {"load": {"workers": 2}, "runtime": {"log_level": "ERROR"}}
DLT_NEEDS: Mapping[str, Any] = {
    "extract": {"next_item_mode": "fifo"},
    "load": {"truncate_staging_dataset": True},
    "normalize": {"parquet_normalizer": {"add_dlt_load_id": True}},
    "runtime": {"dlthub_telemetry": False},
}


@dataclass(frozen=True)
class Pass:
    """One load package of a job: a stretch of time or what is new, and the mark it leaves in dlt's state."""

    span: Span | None = None
    settle: float = 0.0
    is_catch_up: bool = False
    mark: Mark | None = None


def load_store(job: Job) -> None:
    """Reads what is wanted of a store into the warehouse; `job.loaded` says what came of it, also on failure.

    Raises:
        PipelineError: the store or the warehouse refused; what was committed before stays.
    """
    started, span = now(), job.wanted.span(job.store.time_zone)
    for each in _passes(job, span):
        try:
            _load_once(job, each)
        except WindowGrew:
            _load_once(job, replace(each, settle=SURELY_OVER))
    if span is None and (now() - started).total_seconds() > CATCH_UP_AFTER:
        _load_once(job, Pass(is_catch_up=True))


def _passes(job: Job, span: Span | None) -> Iterator[Pass]:
    """One pass, or for a backfill one for each of its windows that is not yet committed."""
    if span is None or span.since is None:
        yield Pass(span)
        return
    name = job.wanted.name
    with _opened(job), _pipeline(job) as pipeline:
        done_to = read_mark(pipeline.state, job.store.platform, name)
    for window in cut(span, done_to):
        yield Pass(window, mark=Mark(name, window.until, is_last=window.until == span.until))


def _load_once(job: Job, each: Pass) -> None:
    ledger = Ledger()
    try:
        streams = job.open_streams(Task(job.wanted.resources, each.span, each.settle, ledger, job.progress))
        for stream in streams:
            stream.is_read &= bool(stream.endpoint.cursor) or not each.is_catch_up
        _note_absences(job.loaded, greet_all(streams))
        with _opened(job):
            _extract_and_load(job, streams, ledger, each.mark)
    except BaseException as error:
        ledger.fail()
        reason = _reason(error, job.warehouse)
        if reason is error:
            raise
        raise reason from error
    finally:
        job.loaded.ledger.add(ledger)


def _note_absences(loaded: Loaded, absences: Sequence[Absence]) -> None:
    for each in absences:
        said = loaded.warnings if each.is_expected else loaded.missing
        if each.sentence not in said:
            said.append(each.sentence)


def _extract_and_load(job: Job, streams: Sequence[Stream], ledger: Ledger, mark: Mark | None) -> None:
    is_new = not _has_rows(job)
    for stream in streams:
        stream.is_new = is_new
    with _pipeline(job) as pipeline:
        source = dlt.source(lambda: _resources(streams, mark), name=job.store.platform, max_table_nesting=0)()
        with _calm_collector():
            pipeline.extract(source, loader_file_format="parquet")
        pa.default_memory_pool().release_unused()  # what the pages took, before DuckDB takes its own
        keep_rejected(job.warehouse, ledger, job.run_id)
        counts = pipeline.normalize().row_counts
        packages = pipeline.load().loads_ids
    _settle(job, streams, ledger, packages)
    for table, rows in counts.items():
        if not table.startswith("_dlt"):
            job.loaded.rows[table] = job.loaded.rows.get(table, 0) + rows


def _resources(streams: Sequence[Stream], mark: Mark | None) -> list[Any]:
    resources = [resource for stream in streams for resource in stream.resources()]
    return [*resources, *([mark.resource()] if mark else [])]


def _settle(job: Job, streams: Sequence[Stream], ledger: Ledger, packages: Sequence[str]) -> None:
    """Brings the `ops` tables in line with what is loaded; the next run does so again if this is killed."""
    with job.warehouse.connect() as connection:
        warehouse.ensure_tables(connection, job.schema, _columns(streams))
        noted = _noted(connection, job.store.name)
        for stream in (stream for stream in streams if stream.is_asked):
            name = stream.endpoint.name
            if ("rejected_rows", name) in noted:
                aside = [row.name for record, row in ledger.rejected if record.resource == name]
                forget_healed(connection, job.schema, stream, packages, aside)
            places = [(stream.reader, stream.unread)]
            places += [(inner.reader, inner.unread) for inner in stream.inner if inner.is_read]
            for reader, unread in places:
                if unread or ("quarantine", reader.endpoint.name) in noted:
                    keep_unread(connection, reader, unread, job.run_id)
            if stream.endpoint.cursor:
                if ("deleted_records", name) in noted:
                    forget_returned(connection, stream.store, job.schema, stream.endpoint, packages)
            elif stream.present is not None:
                settle_deletions(connection, job, census_of(job, stream, ledger))
    job.loaded.missing += [
        absence(inner.reader).sentence for stream in streams for inner in stream.inner if inner.is_missing
    ]


def _noted(connection: Connection, store: str) -> set[tuple[str, str]]:
    """Which tables say something about which lists of a store, of those that a load may have to correct."""
    return {
        (table, name)
        for table in ("rejected_rows", "quarantine", "deleted_records")
        for (name,) in connection.execute(
            f"select distinct resource from ops.{table} where store = ?", [store]
        ).fetchall()
    }


def _columns(streams: Sequence[Stream]) -> Mapping[str, Mapping[str, str]]:
    """The tables the lists can make, as the loader would create them: models find all, rows or not."""
    return {
        table: {field.name: _column(field) for field in schema} | {"_dlt_load_id": "text not null"}
        for stream in streams
        for table, schema in stream.tables.items()
    }


def _column(field: pa.Field) -> str:
    return SQL_TYPES[field.type] if field.nullable else f"{SQL_TYPES[field.type]} not null"


def _has_rows(job: Job) -> bool:
    """Whether any raw table holds anything of a store, as after a first load that was killed half-way."""
    with job.warehouse.connect() as connection:
        if connection.execute(
            "select 1 from ops.windows where store = ? and distinct_rows > 0 and status <> 'failed' limit 1",
            [job.store.name],
        ).fetchall():
            return True  # the usual case; to look into every table takes longer
        tables = connection.execute(
            "select table_name from information_schema.columns"
            " where table_schema = ? and column_name = 'store'",
            [job.schema],
        ).fetchall()
        return any(
            connection.execute(
                f"select 1 from {job.schema}.{table} where store = ? limit 1", [job.store.name]
            ).fetchone()
            for (table,) in tables
        )


@contextmanager
def _opened(job: Job) -> Iterator[None]:
    """Holds the warehouse open, and makes a new one with its `ops` tables before dlt makes it without.

    dlt opens and closes a DuckDB file a dozen times, which costs nothing while it is open.
    """
    is_new = not job.warehouse.exists()
    with job.warehouse.connect() as connection:
        if is_new:
            warehouse.ensure_ops(connection)
        yield


@contextmanager
def _pipeline(job: Job) -> Iterator[dlt.Pipeline]:
    """A dlt pipeline that knows what the warehouse knows and nothing else, and leaves no files."""
    with _told_to_dlt(job.settings):
        name, folder = f"{job.store.platform}_{job.store.name}", job.settings.data / "dlt"
        shutil.rmtree(folder, ignore_errors=True)
        pipeline = dlt.pipeline(
            name, destination=job.warehouse.destination(), dataset_name=job.schema, pipelines_dir=str(folder)
        )
        try:
            pipeline.sync_destination()
            yield pipeline
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _told_to_dlt(settings: Settings) -> Iterator[None]:
    """What dlt is set to, in one place, and nothing of it makes a load inexact.

    It asks for several hundred settings, each in a dozen places of files and environment: looked up there
    again and again, they took a tenth of a sync in which nothing changed.
    """
    document: dict[str, Any] = {}
    for each in (DLT_DEFAULTS, settings.dlt, DLT_NEEDS):
        merge(document, deepcopy(each))
    provider, container = DictionaryProvider(), Container()[PluggableRunContext].providers
    usual, container.providers = container.providers, [provider]
    try:
        with provider.values(document):
            yield
    finally:
        container.providers = usual


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


def _reason(error: BaseException, place: Warehouse) -> BaseException:
    """The cause that a person can act on, out of what dlt wraps around it."""
    cause: BaseException | None = error
    last = error
    while cause is not None:
        if isinstance(cause, PipelineError | KeyboardInterrupt):
            return cause
        if isinstance(cause, ConfigValueCannotBeCoercedException):
            return SettingsError(
                f"what is set for dlt's {cause.field_name} is not of its kind: change it in .dlt/config.toml"
            )
        last = cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    unforeseen = LoadFailed(f"unforeseen {type(last).__name__}: {redact(str(last))}. Please tell us.")
    return place.explain(last) or unforeseen
