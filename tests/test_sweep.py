"""Deletions: found by comparing ids, undone when a record is back, not believed when they are too many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from pipelines import flow
from pipelines.cli import app
from pipelines.demo.opening import make_shop
from pipelines.demo.server import KEY, USER, ShopServer, serve
from pipelines.demo.shop import Shop
from pipelines.job import Job, Loaded, Wanted
from pipelines.settings import Settings
from pipelines.sweep import is_due
from pipelines.transform import Wish
from tests.stage import Listener, first_fast, settings_for

Query = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def settings(tmp_path: Path, server: ShopServer) -> Settings:
    return settings_for(tmp_path, server.url, attempts=1)


def sync(settings: Settings, *resources: str, **options: Any) -> flow.Record:
    return flow.sync(settings, settings.chosen(), Wanted(resources, **options), Listener())


def sweep(settings: Settings, allow_shrink: bool = False) -> flow.Record:
    return flow.sweep(settings, settings.chosen(), allow_shrink, Listener())


def deleted(query: Query, resource: str = "orders") -> list[int]:
    """The ids that are written down as gone."""
    found = query(f"select id from ops.deleted_records where resource = '{resource}' and store = 'demo'")
    return sorted(int(row[0]) for row in found)


def delete(shop: Shop, count: int, resource: str = "orders") -> list[int]:
    gone = shop.ids(resource)[3 : 3 + count]
    for number in gone:
        shop.delete(resource, number)
    return gone


def test_what_is_gone_is_written_down_and_raw_keeps_its_last_values(
    loaded: Settings, shop: Shop, query: Query
) -> None:
    before = query("select * exclude (_dlt_load_id) from raw_mycashflow.orders order by id")
    gone, customer = delete(shop, 3), delete(shop, 1, "customers")
    record = sweep(loaded)
    assert (record.exit_code, record.remarks) == (0, [])
    assert (deleted(query), deleted(query, "customers")) == (gone, customer)
    after = query("select * exclude (_dlt_load_id) from raw_mycashflow.orders order by id")
    assert after == before
    ((run_id, is_now),) = query(
        "select distinct run_id, abs(epoch(now()) - epoch(detected_at)) < 600 from ops.deleted_records"
    )
    assert (run_id, is_now) == (record.run_id, True)


def test_a_sweep_reads_ids_only_and_moves_no_cursor(
    loaded: Settings, shop: Shop, server: ShopServer, query: Query
) -> None:
    state = query("select * from raw_mycashflow._dlt_pipeline_state")
    server.requests.clear()
    assert sweep(loaded).exit_code == 0
    asked = {path.rsplit("/", 1)[-1] for _, path, _, _ in server.requests}
    assert asked == {"orders", "customers", "email-subscribers", "stock-changes"}
    assert not [
        params for _, _, params, _ in server.requests if "expand" in params and params["page_size"] != "1"
    ]
    assert query("select * from raw_mycashflow._dlt_pipeline_state") == state
    assert query("select count(*), min(status) from ops.windows where reason = 'sweep'") == [(4, "complete")]


@pytest.mark.slow
def test_a_second_sweep_finds_nothing_new(settings: Settings, shop: Shop, query: Query) -> None:
    sync(settings, "orders")
    gone = delete(shop, 3)
    sweep(settings)
    first = query("select * from ops.deleted_records")
    more = delete(shop, 2)
    assert sweep(settings).exit_code == 0
    assert deleted(query) == sorted(gone + more)
    assert set(first) < set(query("select * from ops.deleted_records"))


@pytest.mark.parametrize("found_by", first_fast(["sweep", "sync"]))
def test_a_record_that_is_back_is_struck_out(
    settings: Settings, shop: Shop, query: Query, found_by: str
) -> None:
    sync(settings, "orders")
    number = shop.ids("orders")[3]
    record = shop.get("orders", number)
    gone = delete(shop, 3)
    sweep(settings)
    if found_by == "sync":
        shop.insert("orders", {"id": number, "details": "back again"})
        assert sync(settings, "orders").exit_code == 0
        assert query(f"select details from raw_mycashflow.orders where id = {number}") == [("back again",)]
    else:
        shop.insert("orders", record)
        assert sweep(settings).exit_code == 0
    assert deleted(query) == gone[1:]


@pytest.mark.slow
def test_a_full_sync_keeps_the_tombstones_of_what_is_still_gone(
    settings: Settings, shop: Shop, query: Query
) -> None:
    sync(settings, "orders", "banners")
    gone, banner = delete(shop, 3), shop.ids("banners")[0]
    shop.delete("banners", banner)
    sync(settings, "banners")
    sweep(settings)
    assert sync(settings, "orders", "banners", full=True).exit_code == 0
    assert (deleted(query), deleted(query, "banners")) == (gone, [banner])
    assert query("select count(*) from raw_mycashflow.orders") == [(120,)]


def test_too_many_at_once_are_not_believed_without_a_person(
    settings: Settings, shop: Shop, query: Query
) -> None:
    sync(settings, "orders")
    gone = delete(shop, 25)
    record = sweep(settings)
    assert (record.exit_code, record.status) == (3, "partial")
    assert "demo: orders has lost 25 of 120 records, too many to believe" in str(record.refused[0])
    assert "kassavirta sweep demo --allow-shrink" in str(record.refused[0])
    assert deleted(query) == []
    assert sweep(settings, allow_shrink=True).exit_code == 0
    assert deleted(query) == gone


@pytest.mark.slow
def test_a_fifth_is_believed(settings: Settings, shop: Shop, query: Query) -> None:
    sync(settings, "orders")
    gone = delete(shop, 24)
    assert sweep(settings).exit_code == 0
    assert deleted(query) == gone


@pytest.mark.slow
def test_twenty_rows_are_believed_though_they_are_all(tmp_path: Path, query: Query) -> None:
    with make_shop(20, seed=3) as shop, serve(shop) as server:
        settings = settings_for(tmp_path, server.url, attempts=1)
        sync(settings, "orders")
        gone = shop.ids("orders")
        for number in gone:
            shop.delete("orders", number)
        assert sweep(settings).exit_code == 0
    assert deleted(query) == gone


def test_a_refused_list_does_not_keep_the_others_from_being_swept(
    loaded: Settings, shop: Shop, query: Query
) -> None:
    delete(shop, 25)
    customer = delete(shop, 1, "customers")
    assert sweep(loaded).exit_code == 3
    assert (deleted(query), deleted(query, "customers")) == ([], customer)


@pytest.mark.slow
def test_a_whole_list_that_shrinks_too_much_is_refused_and_all_others_load(
    loaded: Settings, shop: Shop, query: Query
) -> None:
    gone = delete(shop, 25, "images")
    number, brand = shop.insert("orders", {}), shop.insert("brands", {"name": "New"})
    record = sync(loaded)
    assert (record.exit_code, len(record.refused), record.failures) == (3, 1, [])
    assert "kassavirta sync demo --allow-shrink" in str(record.refused[0])
    assert deleted(query, "images") == []
    assert query(f"select count(*) from raw_mycashflow.orders where id = {number}") == [(1,)]
    assert query(f"select name from raw_mycashflow.brands where id = {brand}") == [("New",)]
    assert sync(loaded, "images").exit_code == 3
    assert sync(loaded, "images", allow_shrink=True).exit_code == 0
    assert deleted(query, "images") == gone


def test_a_whole_list_tells_what_is_gone_and_what_is_back(
    settings: Settings, shop: Shop, query: Query
) -> None:
    sync(settings, "brands")
    number = shop.ids("brands")[2]
    record = shop.get("brands", number)
    shop.delete("brands", number)
    assert sync(settings, "brands").exit_code == 0
    assert deleted(query, "brands") == [number]
    assert query("select count(*) from raw_mycashflow.brands") == [(5,)]
    shop.insert("brands", record)
    assert sync(settings, "brands").exit_code == 0
    assert deleted(query, "brands") == []


@pytest.mark.slow
def test_a_list_that_hides_records_is_not_believed(
    settings: Settings, shop: Shop, server: ShopServer, query: Query
) -> None:
    sync(settings, "orders")
    hidden = shop.ids("orders")[50]
    record = shop.get("orders", hidden)

    def hide(path: str, params: dict[str, str]) -> None:
        if path.endswith("/orders") and shop.holds("orders", hidden):
            shop.delete("orders", hidden)
        elif path.endswith(f"/orders/{hidden}"):
            shop.insert("orders", record)

    server.before_answer = hide
    told = sweep(settings)
    assert told.exit_code == 3
    assert f"orders does not show record {hidden}, yet the store has it" in str(told.refused[0])
    assert deleted(query) == []


@pytest.mark.slow
def test_a_sweep_says_nothing_of_a_place_it_cannot_read(
    settings: Settings, shop: Shop, server: ShopServer, query: Query
) -> None:
    sync(settings, "orders")
    numbers = shop.ids("orders")
    shop.delete("orders", numbers[60])
    shop.delete("orders", numbers[90])
    server.sick["orders"] = {numbers[61]}
    assert sweep(settings).exit_code == 4
    assert deleted(query) == [numbers[90]]
    server.sick.clear()
    assert sweep(settings).exit_code == 0
    assert deleted(query) == [numbers[60], numbers[90]]


@pytest.mark.slow
def test_what_a_sweep_says_of_unread_places_is_in_the_warehouse(
    settings: Settings, shop: Shop, server: ShopServer, query: Query
) -> None:
    sync(settings, "orders")
    server.sick["orders"] = {shop.ids("orders")[61]}
    record = sweep(settings)
    assert query("select count(*) > 0 from ops.quarantine") == [("ops.quarantine" in record.remarks[0],)]


def test_a_sweep_of_a_store_that_is_down_deletes_nothing(
    settings: Settings, shop: Shop, server: ShopServer, query: Query
) -> None:
    sync(settings, "orders")
    delete(shop, 3)
    server.sick["orders"] = set(shop.ids("orders"))
    assert sweep(settings).exit_code == 3
    assert deleted(query) == []


def age(settings: Settings, days: int) -> None:
    """Everything that the ledger knows of happened so many days earlier."""
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute(f"update ops.windows set started_at = started_at - interval {days} day")


def test_a_sweep_is_due_a_week_after_the_last_or_after_the_first_load(settings: Settings) -> None:
    def due() -> bool:
        store = settings.chosen()[0]
        return is_due(Job(settings, store, Wanted(), "", lambda window: None, Loaded(store.name)))

    assert not due()
    sync(settings, "orders")
    age(settings, 6)
    assert not due()
    age(settings, 2)
    assert due()
    sweep(settings)
    assert not due()
    age(settings, 8)
    assert due()


@pytest.mark.slow
def test_a_run_sweeps_when_it_is_due(loaded: Settings, shop: Shop, query: Query) -> None:
    gone = delete(shop, 3)
    age(loaded, 8)
    flow.run(loaded, loaded.chosen(), Wish(), Listener())
    assert deleted(query) == gone


def command(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_the_commands_end_as_they_should(tmp_path: Path, shop: Shop, server: ShopServer) -> None:
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt/config.toml").write_text(
        f'[stores.main]\nbase_url = "{server.url}"\nuser = "{USER}"\nkey = "{KEY}"\n'
    )
    first = command("sweep")
    assert (first.exit_code, "run `kassavirta sync` first" in first.stderr) == (2, True)
    assert command("sync", "--resource", "orders").exit_code == 0
    delete(shop, 25)
    refused = command("sweep")
    assert refused.exit_code == 3
    assert refused.stderr.startswith("error: main: orders has lost 25 of 120 records")
    allowed = command("sweep", "--allow-shrink")
    assert (allowed.exit_code, "25 found deleted" in allowed.output) == (0, True)
