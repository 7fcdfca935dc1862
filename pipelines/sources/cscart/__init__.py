"""CS-Cart stores: orders with everything inside them, people, subscribers, products, carts and the rest.

Flow: `GET https://SHOP/api/2.0/<list>` or `api.php?_d=<list>` -> `raw_cscart.<list>` and
`raw_cscart.<list>__<inner list>`. Facts: reference/cscart-and-apifon.md, sections 0 to 6; each list's own in
`resources.py` and `fields.py`, how the API talks in `client.py`, how its answers are made into pages in
`shape.py`. Config keys: `[stores.NAME]` url, user (the admin's e-mail), key, time_zone, and
`[stores.NAME.resources.LIST]` enabled, api_version, path, page_size, lag_minutes. Limits: none is documented;
a 429 is honoured, `requests_per_second` can be set. Left out: everything but GET, and all that
`fields.FORBIDDEN` names. What no cursor can see is listed as `blind_to`. Run: `kassavirta sync`, or put
`cscart(store="main")` into a dlt pipeline of your own.
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
from pipelines.sources.cscart.client import CsCartClient
from pipelines.sources.cscart.resources import EVERY

__all__ = ["EVERY", "cscart", "open_streams"]


@dlt.source(name="cscart", max_table_nesting=0)
def cscart(store: str = "main", resources: Sequence[str] = ()) -> list[DltResource]:
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
    return opening.open_streams(CsCartClient(store), EVERY, store, task)
