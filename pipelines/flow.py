"""One run: sync, build, publish, report, activate; the lock around it and the record it leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pipelines import warehouse
from pipelines.accounts import Account
from pipelines.alerts import tell_killed, told
from pipelines.errors import PipelineError, SettingsError
from pipelines.extract.ledger import Ledger, WindowRecord
from pipelines.extract.pages import MOST_HOLES
from pipelines.job import Job, Loaded, Wanted
from pipelines.load import load_store
from pipelines.lock import run_lock
from pipelines.record import Record, row_of_killed, write
from pipelines.setaside import left_out
from pipelines.settings import Settings, Store, now
from pipelines.sweep import is_due, sweep_store
from pipelines.tidy import drop_old, drop_unsent
from pipelines.transform import Wish, check_definitions, project_folder
from pipelines.warehouse import Warehouse, published_of, warehouse_of

if TYPE_CHECKING:
    from pipelines.sending import Sending

T = TypeVar("T")


class Teller(Protocol):
    """Whoever tells the person in front of it how things go."""

    def say(self, text: str) -> None:
        """One line worth keeping."""

    def progress(self, task: str, done: int, total: int | None) -> None:
        """How far a task has come, in its own units."""


def sync(settings: Settings, stores: Sequence[Store], wanted: Wanted, teller: Teller) -> Record:
    """Loads what is wanted of each store; the run's record, with a failure for each store that failed.

    Raises:
        SettingsError: another run is under way, or the warehouse cannot be written.
    """
    with _running(settings, "sync", stores, teller) as record:
        _sync_stores(settings, stores, wanted, teller, record)
    return record


def build(settings: Settings, wish: Wish, teller: Teller) -> Record:
    """Builds and tests the models, publishes, and writes the report; a selection is built only.

    Raises:
        TransformFailed: a model or test failed; the published file is still the old one.
        SettingsError: nothing is loaded yet, another run is under way, or the warehouse cannot be read.
    """
    with _running(settings, "build", (), teller) as record:
        if not _has_schema(warehouse_of(settings), "raw_%"):
            raise SettingsError("nothing is loaded yet: run `kassavirta sync` first")
        _build_models(settings, wish, record, teller)
        if wish.select:
            teller.say("not published: only a selection was built")
        else:
            _publish_and_report(settings, record, teller)
    return record


def run(settings: Settings, stores: Sequence[Store], wish: Wish, teller: Teller) -> Record:
    """The whole way from the stores to the report, and to the destinations that are configured.

    One store's failure does not keep the others from being built and published; when all have failed,
    nothing is built.
    """
    check_definitions(settings)
    with _running(settings, "run", stores, teller) as record:
        _sync_stores(settings, stores, Wanted(), teller, record)
        if len(record.failed_stores) < len(stores):
            _sweep_due(settings, stores, teller, record)
            _build_models(settings, wish, record, teller)
            _publish_and_report(settings, record, teller)
            if settings.accounts() and not wish.as_of:
                _activate(settings, settings.accounts(), None, teller, record)
    return record


def activate(settings: Settings, accounts: Sequence[Account], sending: Sending, teller: Teller) -> Record:
    """Sends what changed to the destinations; the run's record, with a failure for each that failed.

    Raises:
        SettingsError: none is configured, nothing is built yet, or another run is under way.
    """
    if not accounts:
        raise SettingsError(
            "no destination is configured: add [destinations.custobar], apifon or ogoship to .dlt/config.toml"
        )
    with _running(settings, "activate", (), teller) as record:
        if not _has_schema(warehouse_of(settings), "outbound"):
            raise SettingsError("nothing is built for a destination yet: run `kassavirta build` first")
        _check_is_of_today(settings)
        _activate(settings, accounts, sending, teller, record)
    return record


def sweep(settings: Settings, stores: Sequence[Store], allow_shrink: bool, teller: Teller) -> Record:
    """Finds deleted records in each store; the run's record, with a failure for each store that failed.

    Raises:
        SettingsError: another run is under way, or the warehouse cannot be written.
    """
    wanted = Wanted(allow_shrink=allow_shrink)
    with _running(settings, "sweep", stores, teller) as record:
        if not _has_schema(warehouse_of(settings), "raw_%"):
            raise SettingsError("nothing is loaded yet: run `kassavirta sync` first")
        for store in stores:
            _do(sweep_store, _job(settings, store, wanted, teller, record), teller, record)
    return record


def forget(settings: Settings, email: str, teller: Teller) -> Record:
    """Forgets a person: raw, what was set aside, models, history, published file and report; rows stay.

    Raises:
        SettingsError: it is no address, nothing is loaded, or another run is under way.
        TransformFailed: the models could not be built without the person; do it again.
    """
    from pipelines.erase import erase

    place = warehouse_of(settings)
    with _running(settings, "forget", (), teller) as record:
        record.rows = dict(erase(settings, email, record.run_id))
        is_built = _has_schema(place, "marts")
        if is_built:
            _build_models(settings, Wish(), record, teller)
        place.rewrite()
        if is_built:
            _publish_and_report(settings, record, teller)
        found = ", ".join(f"{name} {count:,}" for name, count in record.rows.items())
        teller.say(f"forgotten in {found}" if found else "there was nobody with this address")
        teller.say("it is remembered as a salted hash, so that no later load brings the person back")
    return record


def report(settings: Settings, teller: Teller) -> None:
    """Writes the owner's page from what is published.

    Raises:
        SettingsError: nothing has been published yet, or it cannot be read.
    """
    from pipelines.report import write_report

    published = published_of(settings)
    if not _has_schema(published, "metrics"):
        raise SettingsError("nothing is published yet: run `kassavirta run` first")
    with published.reader() as read:
        write_report(read, settings.report, models=project_folder() / "models", generated_at=now())
    teller.say(f"report: {_relative(settings, settings.report)}")


def _sync_stores(
    settings: Settings, stores: Sequence[Store], wanted: Wanted, teller: Teller, record: Record
) -> None:
    place = warehouse_of(settings)
    with place.kept_open():
        for store in stores:
            _do(load_store, _job(settings, store, wanted, teller, record), teller, record)
        drop_old(place)


def _sweep_due(settings: Settings, stores: Sequence[Store], teller: Teller, record: Record) -> None:
    for store in stores:
        job = _job(settings, store, Wanted(), teller, record)
        if store.name not in record.failed_stores and is_due(job):
            _do(sweep_store, job, teller, record)


def _job(settings: Settings, store: Store, wanted: Wanted, teller: Teller, record: Record) -> Job:
    def follow(window: WindowRecord) -> None:
        teller.progress(f"{window.store} {window.resource}", window.distinct_rows, window.api_count)

    return Job(settings, store, wanted, record.run_id, follow, Loaded(store.name))


def _do(work: Callable[[Job], None], job: Job, teller: Teller, record: Record) -> None:
    """One store's part of a run; its failure is kept, and does not stop the other stores."""
    name = job.store.name
    try:
        work(job)
    except PipelineError as failure:
        record.failures.append(failure)
        record.failed_stores.append(name)
        teller.say(f"{name}: failed. {failure}")
    else:
        teller.say(f"{name}: {_summary(job.loaded)}")
    finally:
        _enter(job, record, teller)


def _build_models(settings: Settings, wish: Wish, record: Record, teller: Teller) -> None:
    from pipelines.transform import build as build_models

    with warehouse_of(settings).connect() as connection:
        rows = [_store_row(store) for store in settings.stores.values()]
        warehouse.replace(connection, "stores", rows, "store")
        drop_unsent(connection, [account.name for account in settings.accounts()])
    result = build_models(settings, wish, lambda done, total, _: teller.progress("models", done, total))
    teller.say(f"models and tests: {result.passed} passed, {len(result.warned)} warned")
    for name in result.warned:
        teller.say(f"warning: {name}")
    for remark in left_out(warehouse_of(settings)):
        record.remarks.append(remark)
        teller.say(remark)


def _publish_and_report(settings: Settings, record: Record, teller: Teller) -> None:
    """Publishes the warehouse with this run's record in it, then the page made of it."""
    from pipelines.publish import publish

    if published_of(settings) == warehouse_of(settings):
        write(settings, record.row())
    else:
        count = publish(settings.warehouse, settings.published, record.row())
        teller.say(f"published: {_relative(settings, settings.published)} ({count} tables)")
    report(settings, teller)


def _check_is_of_today(settings: Settings) -> None:
    """Nothing, unless what was built is of another day: segments of the past would be sent as today's.

    Raises:
        SettingsError: it is.
    """
    with warehouse_of(settings).connect(read_only=True) as connection:
        if not warehouse.has_table(connection, "marts", "dim_stores"):
            return
        days = connection.execute("select min(as_of), max(as_of) from marts.dim_stores").fetchall()[0]
    today = now().date()
    if any(day and abs((day - today).days) > 1 for day in days):
        raise SettingsError(f"the models are as of {days[0]}: run `kassavirta build` first, then send")


def _activate(
    settings: Settings, accounts: Sequence[Account], sending: Sending | None, teller: Teller, record: Record
) -> None:
    from pipelines.activate import activate
    from pipelines.sending import Sending

    delivery = activate(settings, accounts, sending or Sending(), record.run_id, teller.say)
    record.requests += delivery.requests
    record.remarks += delivery.remarks
    record.failures += delivery.failures


def _has_schema(place: Warehouse, name: str) -> bool:
    """Whether there is a schema of a name, which may hold `%`."""
    if not place.exists():
        return False
    with place.connect(read_only=True) as connection:
        found = connection.execute(
            "select count(*) from information_schema.schemata where schema_name like ?", [name]
        ).fetchone()
    return bool(found and found[0])


@contextmanager
def _running(settings: Settings, command: str, stores: Sequence[Store], teller: Teller) -> Iterator[Record]:
    """One run at a time, written into `ops.runs` however it ends, and told to whoever should know.

    Raises:
        SettingsError: another run is under way, or the warehouse cannot be written.
    """
    record = Record(command, [store.name for store in stores])
    said = {"run_id": record.run_id, "stores": ",".join(record.stores)}
    with run_lock(settings.data, command, **said) as killed:
        if killed:
            tell_killed(settings, killed, teller)
        before = [row_of_killed(killed)] if killed else []
        with told(settings, record, teller), warehouse_of(settings).hold():
            write(settings, *before)
            try:
                yield record
            except PipelineError as failure:
                record.failures.append(failure)
                raise
            except BaseException as error:
                record.interrupted = f"stopped by {type(error).__name__}"
                raise
            finally:
                write(settings, *before, record.row())


def _enter(job: Job, record: Record, teller: Teller) -> None:
    """A store's windows, rows and remarks into the run's record and the ledger tables."""
    loaded = job.loaded
    record.requests += loaded.ledger.requests
    record.explain(loaded)
    for table, rows in loaded.rows.items():
        record.rows[table] = record.rows.get(table, 0) + rows
    remarks = [*loaded.missing, *_remarks(loaded.ledger)]
    record.remarks += remarks
    record.refused += loaded.refused
    for line in (*(f"warning: {warning}" for warning in loaded.warnings), *remarks):
        teller.say(line)
    if job.warehouse.exists():
        windows = [{"run_id": record.run_id, **vars(window)} for window in loaded.ledger.windows]
        with job.warehouse.connect() as connection:
            warehouse.insert(connection, "windows", windows)


def _remarks(ledger: Ledger) -> Iterator[str]:
    for window in ledger.unproven_windows():
        yield (
            f"{window.store}: {window.resource} ({window.reason}) cannot be proven complete, "
            f"{window.arrived} rows arrived, the API counted "
            f"{'none' if window.api_count is None else window.api_count}; the next run reads it again"
        )
    for name, rows in _by_list(ledger.rejected).items():
        again = f"; run `kassavirta sync --full --resource {name.split()[-1]}` when it is mended"
        yield (
            f"{name}: {len(rows)} rows set aside in ops.rejected_rows, the first because {rows[0].reason}"
            f"{again if len(rows) > MOST_HOLES else ''}"
        )
    swept = [(window, gap) for window, gap in ledger.gaps if window.reason == "sweep"]
    for name, gaps in _by_list(swept).items():
        yield f"{name}: {len(gaps)} rows cannot be read, nothing is said of what may be deleted there"
    read = [(window, gap) for window, gap in ledger.gaps if window.reason != "sweep"]
    for name, gaps in _by_list(read).items():
        yield (
            f"{name}: {len(gaps)} rows cannot be read and are in ops.quarantine, the first after id "
            f"{gaps[0].id_before or 'none'}; every run tries them again"
        )


def _by_list(found: Sequence[tuple[WindowRecord, T]]) -> Mapping[str, list[T]]:
    """What was found in windows, by `store: list`."""
    grouped: dict[str, list[T]] = {}
    for window, each in found:
        grouped.setdefault(f"{window.store}: {window.resource}", []).append(each)
    return grouped


def _summary(loaded: Loaded) -> str:
    rows = loaded.ledger.rows_by_resource()
    parts = [f"{resource} {count:,}" for resource, count in rows.items()]
    parts = [f"{', '.join(parts) or 'nothing'} read in {loaded.ledger.requests} requests"]
    parts += [f"{loaded.deleted:,} found deleted"] if loaded.deleted else []
    parts += [f"{loaded.returned:,} there again"] if loaded.returned else []
    return ", ".join(parts)


def _store_row(store: Store) -> dict[str, Any]:
    return {
        "store": store.name,
        "platform": store.platform,
        "time_zone": store.time_zone,
        "currency": store.currency,
        "is_enabled": store.enabled,
    }


def _relative(settings: Settings, path: Any) -> str:
    return str(path.relative_to(settings.directory)) if path.is_relative_to(settings.directory) else str(path)
