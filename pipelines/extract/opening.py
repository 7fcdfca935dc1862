"""From settings to streams: which lists of a store are read, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.errors import SettingsError
from pipelines.extract.endpoint import Endpoint
from pipelines.extract.inner import InnerList
from pipelines.extract.ledger import Ledger
from pipelines.extract.privacy import check_columns
from pipelines.extract.reading import Client, ListReader, Progress, Span
from pipelines.extract.stream import Stream
from pipelines.settings import Store


@dataclass(frozen=True)
class Task:
    """What one run is to read of a store.

    Attributes:
        resources: lists by name; all that are enabled when empty.
        span: a stretch of time instead of what is new.
        settle: seconds before the store's clock at which windows end.
        ledger: takes the records.
        progress: is told of every page.
    """

    resources: Sequence[str] = ()
    span: Span | None = None
    settle: float = 0.0
    ledger: Ledger = field(default_factory=Ledger)
    progress: Progress = lambda record: None


def open_streams(client: Client, endpoints: Sequence[Endpoint], store: Store, task: Task) -> list[Stream]:
    """One stream for each list; those not asked for or not enabled only make their tables.

    Nothing is requested yet.

    Raises:
        SettingsError: a list is not known, or is asked for and not enabled.
    """
    wanted = _wanted(endpoints, store, task)
    streams = {
        endpoint.name: Stream(
            ListReader(
                client=client,
                endpoint=endpoint,
                store=store.name,
                ledger=task.ledger,
                page_size=store.resource(endpoint.name).page_size or endpoint.page_size,
                concurrency=store.concurrency,
                settle=task.settle,
                is_path_set=store.resource(endpoint.name).path is not None,
                api_version=store.resource(endpoint.name).api_version,
                progress=task.progress,
            ),
            lag=60.0 * store.resource(endpoint.name).lag_minutes,
            span=task.span,
            is_read=endpoint.name in wanted,
        )
        for endpoint in endpoints
    }
    for endpoint in endpoints:
        if endpoint.within:
            inner = streams.pop(endpoint.name)
            streams[endpoint.within].inner.append(InnerList(inner.reader, inner.is_read))
    return list(streams.values())


def _wanted(endpoints: Sequence[Endpoint], store: Store, task: Task) -> set[str]:
    """The names of the lists to read; a list within another brings that along."""
    known = {endpoint.name: endpoint for endpoint in endpoints}
    wrong = [name for name in (*task.resources, *store.resources) if name not in known]
    if wrong:
        raise SettingsError(
            f"{store.name}: there is no list {', '.join(wrong)}; there is {', '.join(sorted(known))}"
        )
    enabled = {name for name in known if store.is_enabled(name, known[name].is_enabled)}
    off = [name for name in task.resources if name not in enabled]
    if off or not enabled:
        raise SettingsError(
            f"{store.name}: {', '.join(off) or 'every list'} is switched off; set enabled = true under "
            f"[stores.{store.name}.resources.{(off or list(known))[0]}]"
        )
    check_columns(store, endpoints)
    _check_span(known, task)
    wanted = set(task.resources) or enabled
    return wanted | {known[name].within or name for name in wanted}


def _check_span(known: dict[str, Endpoint], task: Task) -> None:
    whole = [name for name in task.resources if not (known[known[name].within or name]).cursor]
    if whole and task.span and task.span != Span():
        raise SettingsError(
            f"{', '.join(whole)}: read in whole each time, there is no time to choose by; "
            "leave out --from and --to"
        )
