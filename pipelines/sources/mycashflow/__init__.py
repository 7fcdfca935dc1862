"""MyCashflow stores: orders with everything inside them, people, products, stock, campaigns and the rest.

Flow: `GET https://NAME.mycashflow.fi/api/v1/<list>` -> `raw_mycashflow.<list>` and
`raw_mycashflow.<list>__<inner list>`. Facts: reference/mycashflow-api.md; each list's own in
`resources.py` and `fields.py`, how the API talks in `client.py`. Config keys: `[stores.NAME]` store_name,
user, key, time_zone, and `[stores.NAME.resources.LIST]` enabled, api_version, path, page_size, lag_minutes.
Limits: no rate limit is documented; a 429 is honoured, `requests_per_second` can be set. Left out:
everything but GET. What no cursor can see is listed as `blind_to`. Run: `kassavirta sync`, or put
`mycashflow(store="main")` into a dlt pipeline of your own.
"""

from __future__ import annotations

from collections.abc import Sequence

import dlt
from dlt.extract import DltResource

from pipelines.extract import opening
from pipelines.extract.greeting import offer
from pipelines.extract.opening import Task
from pipelines.extract.stream import Stream
from pipelines.settings import Store
from pipelines.sources.mycashflow.client import MyCashflowClient
from pipelines.sources.mycashflow.resources import EVERY

__all__ = ["EVERY", "mycashflow", "open_streams"]


@dlt.source(name="mycashflow", max_table_nesting=0)
def mycashflow(store: str = "main", resources: Sequence[str] = ()) -> list[DltResource]:
    """The lists of one store of this directory's `.dlt/`, as dlt resources that read what is new.

    Args:
        store: its name in settings.
        resources: names of lists, such as `["orders"]`; all that are enabled when empty.

    A list that the store has not, a row that has no exact meaning, and one that cannot be read are told as
    warnings of the logger `kassavirta`; what cannot be read is tried again by every later run. `kassavirta
    sync` keeps both in `ops.rejected_rows` and `ops.quarantine`, and finds deleted records, too.

    Raises:
        SettingsError: the store or a list is not known, or its settings are wrong.
        ApiError: the store has none of the lists, or is out of reach.
    """
    return offer(open_streams, store, resources)


def open_streams(store: Store, task: Task) -> list[Stream]:
    """The store's lists, ready to be read (see `opening.open_streams`)."""
    return opening.open_streams(MyCashflowClient(store), EVERY, store, task)
