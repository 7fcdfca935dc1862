"""MyCashflow stores: customers, email subscribers and orders with everything inside them.

Flow: `GET https://NAME.mycashflow.fi/api/v1/<list>` -> `raw_mycashflow.<list>` and
`raw_mycashflow.<list>__<inner list>`. Facts: reference/mycashflow-api.md; each list's own in
`resources.py`, how the API talks in `client.py`. Config keys: `[stores.NAME]` store_name, user, key,
time_zone, and `[stores.NAME.resources.LIST]` enabled, api_version, path, page_size, lag_minutes. Limits: no
rate limit is documented; a 429 is honoured, `requests_per_second` can be set. Left out: everything but GET.
What no cursor can see is listed as `blind_to`. Run: `kassavirta sync`, or put `mycashflow(store="main")`
into a dlt pipeline of your own.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import dlt
from dlt.extract import DltResource

from pipelines.errors import SettingsError
from pipelines.extract.greeting import greet_all
from pipelines.extract.ledger import Ledger
from pipelines.extract.stream import Progress, Span, Stream
from pipelines.settings import Store, read_settings
from pipelines.sources.mycashflow.client import MyCashflowClient
from pipelines.sources.mycashflow.resources import EVERY

logger = logging.getLogger("kassavirta")

__all__ = ["EVERY", "mycashflow", "open_streams"]


@dlt.source(name="mycashflow", max_table_nesting=0)
def mycashflow(store: str = "main", resources: Sequence[str] = ()) -> list[DltResource]:
    """The lists of one store of this directory's `.dlt/`, as dlt resources that read what is new.

    Args:
        store: its name in settings.
        resources: names of lists, such as `["orders"]`; all that are enabled when empty.

    A list that the store has not, and a row that has no exact meaning, are told as warnings of the logger
    `kassavirta`; `kassavirta sync` keeps such rows in `ops.rejected_rows`.

    Raises:
        SettingsError: the store or a list is not known, or its settings are wrong.
        ApiError: the store has none of the lists, or is out of reach.
    """
    streams = open_streams(read_settings().chosen([store])[0], Ledger(), resources)
    for remark in greet_all(streams):
        logger.warning(remark)
    return [resource for stream in streams for resource in stream.resources()]


def open_streams(
    store: Store,
    ledger: Ledger,
    resources: Sequence[str] = (),
    span: Span | None = None,
    progress: Progress = lambda record: None,
) -> list[Stream]:
    """One stream for each list; those not asked for or not enabled only make their tables.

    Nothing is requested yet.

    Raises:
        SettingsError: a list is not known, or is asked for and not enabled.
    """
    client, wanted = MyCashflowClient(store), _wanted(store, resources)
    return [
        Stream(
            client=client,
            endpoint=endpoint,
            store=store.name,
            ledger=ledger,
            page_size=store.resource(endpoint.name).page_size or endpoint.page_size,
            lag=60.0 * store.resource(endpoint.name).lag_minutes,
            concurrency=store.concurrency,
            span=span,
            is_read=endpoint.name in wanted,
            progress=progress,
        )
        for endpoint in EVERY
    ]


def _wanted(store: Store, resources: Sequence[str]) -> set[str]:
    known = [endpoint.name for endpoint in EVERY]
    wrong = [name for name in (*resources, *store.resources) if name not in known]
    if wrong:
        raise SettingsError(
            f"{store.name}: MyCashflow has no list {', '.join(wrong)}; it has {', '.join(known)}"
        )
    enabled = {name for name in known if store.resource(name).enabled}
    off = [name for name in resources if name not in enabled]
    if off or not enabled:
        raise SettingsError(
            f"{store.name}: {', '.join(off) or 'every list'} is switched off; set enabled = true under "
            f"[stores.{store.name}.resources.{(off or known)[0]}]"
        )
    return set(resources) or enabled
