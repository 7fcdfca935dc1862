"""Keeps a warehouse that is loaded every hour as small as one that was loaded once.

What grows with every load and not with the store: windows and runs, and dlt's own list of loads and copies of
its state. Of those only the last are of use, and old windows are added up, so that no total changes.
"""

from __future__ import annotations

from collections.abc import Collection

from pipelines import warehouse
from pipelines.settings import now
from pipelines.warehouse import Connection, Warehouse

# Days for which each window of each run is kept, and each run.
WINDOW_DAYS = 7
RUN_DAYS = 90

# dlt asks for its newest state only; a few more are kept for whoever looks.
STATES = 5

FOLDED = "earlier runs"
SUMS = (
    "api_count",
    "distinct_rows",
    "duplicates",
    "rejected_rows",
    "quarantined_rows",
    "requests",
    "seconds",
)
GROUP = "store, resource, reason, status"


def drop_old(place: Warehouse) -> None:
    """Lets go of what only told of loads of long ago."""
    if not place.exists():
        return
    with place.connect() as connection:
        _fold_windows(connection)
        connection.execute("delete from ops.runs where started_at < ?", [now().subtract(days=RUN_DAYS)])
        for (schema,) in connection.execute(
            "select table_schema from information_schema.tables where table_name = '_dlt_pipeline_state'"
        ).fetchall():
            _drop_states(connection, schema)


def drop_unsent(connection: Connection, destinations: Collection[str]) -> None:
    """Drops what was made for destinations that nobody sends to any more: it says who people are."""
    made_for = tuple(f"out_{name}__" for name in destinations)
    for (table,) in connection.execute(
        "select table_name from information_schema.tables where table_schema = 'outbound'"
    ).fetchall():
        if not table.startswith(made_for):
            connection.execute(f'drop table outbound."{table}"')


def _fold_windows(connection: Connection) -> None:
    """Adds old windows up into one row for each list, reason and result."""
    old = "started_at < ?"
    moment = now().subtract(days=WINDOW_DAYS)
    found = connection.execute(
        f"select {GROUP}, min(window_from), max(window_to), max(started_at), count(*),"
        f" {', '.join(f'sum({name})' for name in SUMS)} from ops.windows where {old}"
        f" group by {GROUP}",
        [moment],
    ).fetchall()
    if all(row[7] == 1 for row in found):
        return
    names = [*GROUP.split(", "), "window_from", "window_to", "started_at"]
    rows = [
        {**dict(zip(names, row, strict=False)), **dict(zip(SUMS, row[8:], strict=True)), "run_id": FOLDED}
        for row in found
    ]
    connection.execute("begin")
    connection.execute(f"delete from ops.windows where {old}", [moment])
    warehouse.insert(connection, "windows", rows)
    connection.execute("commit")


def _drop_states(connection: Connection, schema: str) -> None:
    """Leaves the newest states of each pipeline, and the loads that brought them."""
    connection.execute(
        f"delete from {schema}._dlt_pipeline_state where _dlt_id not in (select _dlt_id from ("
        " select _dlt_id, row_number() over (partition by pipeline_name order by version desc) as age"
        f" from {schema}._dlt_pipeline_state) as states where age <= {STATES})"
    )
    connection.execute(
        f"delete from {schema}._dlt_loads where load_id not in"
        f" (select _dlt_load_id from {schema}._dlt_pipeline_state)"
    )
