"""A warehouse that is loaded again and again stays as small and as quick as one that was loaded once."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median

import duckdb
import pytest

from pipelines import flow
from pipelines.demo.server import serve
from pipelines.demo.shop import Shop
from pipelines.job import Wanted
from pipelines.settings import Settings, now
from pipelines.tidy import FOLDED, drop_old
from pipelines.warehouse import insert, warehouse_of
from tests.stage import Listener, settings_for


def load(settings: Settings) -> float:
    """One load; the seconds of work it took, whoever else is at work on this machine."""
    started = time.process_time()
    assert flow.sync(settings, settings.chosen(), Wanted(), Listener()).exit_code == 0
    return time.process_time() - started


def age(home: Path, shop: Shop, loads: int) -> tuple[Settings, Settings, list[float]]:
    """A warehouse loaded so many times while the store lives on, and one that is loaded once, then."""
    with serve(shop) as server:
        old = settings_for(home / "old", server.url)
        seconds = [load(old)]
        for number in range(loads - 1):
            orders = shop.ids("orders")
            for place in range(3):
                shop.update("orders", orders[(7 * number + place) % len(orders)], {"details": f"{number}"})
            shop.update("stock_items", shop.ids("stock_items")[0], {"quantity": number})
            shop.insert("stock_changes", {"stock_item_id": shop.ids("stock_items")[0], "quantity": number})
            seconds.append(load(old))
            an_hour_passes(old)
        young = settings_for(home / "young", server.url)
        load(young)
    return old, young, seconds


def an_hour_passes(settings: Settings) -> None:
    """What was written down is an hour older."""
    with duckdb.connect(str(settings.warehouse)) as connection:
        for table in ("windows", "runs"):
            connection.execute(f"update ops.{table} set started_at = started_at - interval 1 hour")


def size(settings: Settings) -> int:
    return settings.warehouse.stat().st_size


def counts(settings: Settings) -> dict[str, int]:
    """Rows of every raw table that is the store's."""
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        names = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'raw_mycashflow'"
            " and table_name not like '\\_dlt%' escape '\\'"
        ).fetchall()
        return {
            name: connection.execute(f"select count(*) from raw_mycashflow.{name}").fetchall()[0][0]
            for (name,) in names
        }


@pytest.mark.parametrize(
    "loads", [pytest.param(20, marks=pytest.mark.slow), pytest.param(500, marks=pytest.mark.deep)]
)
def test_many_loads_are_as_small_and_quick_as_one(tmp_path: Path, shop: Shop, loads: int) -> None:
    old, young, seconds = age(tmp_path, shop, loads)
    print(
        f"\n{loads} loads: {size(old):,} and {size(young):,} bytes; {seconds[1]:.2f} and {seconds[-1]:.2f} s"
    )
    assert size(old) <= 1.5 * size(young)
    assert counts(old) == counts(young)
    few = max(4, loads // 10)
    assert median(seconds[-few:]) < 1.3 * median(seconds[1 : few + 1])
    with duckdb.connect(str(old.warehouse), read_only=True) as connection:
        kept = connection.execute("select count(*) from raw_mycashflow._dlt_pipeline_state").fetchall()
    assert kept[0][0] <= 5


def test_old_windows_are_added_up_and_no_total_changes(loaded: Settings) -> None:
    totals = (
        "select sum(api_count), sum(distinct_rows), sum(requests), count(distinct resource) from ops.windows"
    )
    for _ in range(2):
        load(loaded)
    place = warehouse_of(loaded)
    with place.connect() as connection:
        connection.execute("update ops.windows set started_at = started_at - interval 8 day")
        connection.execute("update ops.runs set started_at = started_at - interval 91 day")
        insert(connection, "windows", [{"run_id": "new", "store": "demo", "started_at": now()}])
        before, rows = connection.execute(totals).fetchall(), count(connection)
    for _ in range(2):
        drop_old(place)
        with place.connect() as connection:
            assert connection.execute(totals).fetchall() == before
            assert count(connection) < rows / 2
            assert connection.execute("select count(*) from ops.runs").fetchall() == [(0,)]
            ids = connection.execute("select distinct run_id from ops.windows order by 1").fetchall()
            assert ids == [(FOLDED,), ("new",)]


def count(connection: duckdb.DuckDBPyConnection) -> int:
    return int(connection.execute("select count(*) from ops.windows").fetchall()[0][0])
