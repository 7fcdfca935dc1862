"""How each store is doing: Disabled, Syncing, Enabled or Failed, and what was read when.

Failed is a store whose last run failed or was killed, and one of which nothing was read for `stale_hours`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pandas

from pipelines.errors import SettingsError
from pipelines.lock import SCHEDULE, holder, killed
from pipelines.record import KILLED
from pipelines.settings import Settings, Store, now
from pipelines.warehouse import Warehouse, published_of, warehouse_of

T = TypeVar("T")

RUNS = """
    select started_at, finished_at, status, exit_code, stores, failed_stores, rows_loaded, message
    from ops.runs where command in ('sync', 'run') order by started_at desc
"""
WINDOWS = """
    select windows.store, windows.resource, max(windows.window_to) as read_to,
        sum(windows.distinct_rows) filter (where windows.reason <> 'sweep') as rows_read,
        count(*) filter (
            where windows.run_id = latest.run_id and windows.status in ('short', 'failed', 'partial')
        ) as gaps
    from ops.windows as windows
    left join (
        select store, resource, run_id,
            row_number() over (partition by store, resource order by started_at desc) as recency
        from ops.windows
    ) as latest
        on windows.store = latest.store and windows.resource = latest.resource and latest.recency = 1
    group by windows.store, windows.resource order by windows.store, windows.resource
"""
# What is not in its place, per list: what it is called, and where it is counted.
ASIDE = {
    "rows_set_aside": "rejected_rows",
    "rows_unreadable": "quarantine",
    "rows_deleted": "deleted_records",
}
COUNTED = "select store, resource, '{name}' as name, count(*) as found from ops.{table} group by 1, 2"


def read_status(settings: Settings) -> dict[str, Any]:
    """The state of every configured store, as plain values for a table or JSON.

    Raises:
        SettingsError: the warehouse cannot be read.
    """
    running = holder(settings.data)
    is_syncing = running.get("command") in ("sync", "run")
    nothing = (pandas.DataFrame(), pandas.DataFrame(), pandas.DataFrame())
    runs, windows, aside = from_ops(settings, _frames, nothing)
    stores = [
        _with_ending(_store_state(store, is_syncing, runs, windows, aside), store, settings)
        for store in settings.stores.values()
    ]
    return {"running": running or None, "next_run": _next_run(settings), "stores": stores}


def _next_run(settings: Settings) -> str | None:
    """When `run --every` runs next, if it is there to do so; other schedulers know for themselves."""
    return holder(settings.data, SCHEDULE).get("next")


def _with_ending(state: dict[str, Any], store: Store, settings: Settings) -> dict[str, Any]:
    """The state with what no run could write down: that it was killed, and that none came any more."""
    left, age = killed(settings.data), _age(state["read_at"])
    if state["state"] != "Enabled":
        return state
    if left and store.name in str(left.get("stores", "")).split(","):
        return {**state, "state": "Failed", "message": f"the last {left.get('command')} was {KILLED}"}
    if age is not None and 0 < store.stale_hours < age:
        message = f"nothing was read for {age:,.0f} hours, more than stale_hours = {store.stale_hours:g}"
        return {**state, "state": "Failed", "message": message}
    return state


def _age(moment: str | None) -> float | None:
    """Hours since a moment."""
    return None if moment is None else (now() - pandas.Timestamp(moment)).total_seconds() / 3600


def from_ops(settings: Settings, read: Callable[[Warehouse], T], nothing: T) -> T:
    """What is read from the warehouse, or from the published file while a load has the warehouse.

    Raises:
        SettingsError: neither can be read.
    """
    written, published = warehouse_of(settings), published_of(settings)
    copies = [] if published == written else [published]
    places = [place for place in (written, *copies) if place.exists()]
    if not places:
        return nothing
    try:
        return read(places[0])
    except SettingsError:
        if len(places) == 1:
            raise
        return read(places[1])


def _frames(place: Warehouse) -> tuple[pandas.DataFrame, ...]:
    with place.reader() as read:
        tables = read("select table_name from information_schema.tables where table_schema = 'ops'")
        there = set(tables["table_name"])
        if "runs" not in there:
            return pandas.DataFrame(), pandas.DataFrame(), pandas.DataFrame()
        aside = [COUNTED.format(name=name, table=table) for name, table in ASIDE.items() if table in there]
        return tuple(read(sql) for sql in (RUNS, WINDOWS, " union all ".join(aside)))


def _store_state(
    store: Store,
    running: bool,
    runs: pandas.DataFrame,
    windows: pandas.DataFrame,
    aside: pandas.DataFrame,
) -> dict[str, Any]:
    mine = runs[runs["stores"].str.split(",").map(lambda names: store.name in names)] if len(runs) else runs
    last = mine.iloc[0] if len(mine) else None
    good = [row["started_at"] for row in _records(mine) if _result(store, row) != "failed"]
    return {
        "store": store.name,
        "platform": store.platform,
        "state": _state(store, running, last),
        "last_run": None if last is None else _iso(last["started_at"]),
        "last_result": None if last is None else _result(store, last),
        "read_at": _iso(good[0]) if good else None,
        "message": None if last is None or _result(store, last) == "done" else last["message"] or None,
        "resources": _resources(store, windows, aside),
    }


def _state(store: Store, running: bool, last: Any) -> str:
    if not store.enabled:
        return "Disabled"
    if running:
        return "Syncing"
    return "Failed" if last is not None and _result(store, last) == "failed" else "Enabled"


def _result(store: Store, last: Any) -> str:
    """How a run went for this store: another's failure is not its own."""
    failed = [name for name in str(last["failed_stores"] or "").split(",") if name]
    if last["status"] != "failed" or not failed or store.name in failed:
        return str(last["status"])
    return "done"


def _resources(store: Store, windows: pandas.DataFrame, aside: pandas.DataFrame) -> list[dict[str, Any]]:
    if not len(windows):
        return []
    mine = windows[windows["store"] == store.name]
    found = {
        (row["resource"], row["name"]): int(row["found"])
        for row in _records(aside)
        if row["store"] == store.name
    }
    return [
        {
            "resource": row["resource"],
            "read_to": _iso(row["read_to"]),
            "rows_read": int(row["rows_read"] or 0),
            **{name: found.get((row["resource"], name), 0) for name in ASIDE},
            "gaps": int(row["gaps"]),
        }
        for row in _records(mine)
    ]


def _records(frame: pandas.DataFrame) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = frame.to_dict("records")
    return records


def _iso(moment: Any) -> str | None:
    return None if pandas.isna(moment) else moment.isoformat(timespec="seconds")
