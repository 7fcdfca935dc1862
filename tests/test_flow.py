"""Store to warehouse over real HTTP: everything arrives, only what is new is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import flow
from pipelines.demo.server import KEY, USER, ShopServer, serve
from pipelines.demo.shop import Shop
from pipelines.errors import SettingsError
from pipelines.job import Wanted
from pipelines.lock import run_lock
from pipelines.settings import ResourceSettings, Settings
from pipelines.sources.mycashflow import EVERY
from pipelines.transform import Wish
from tests.stage import Listener, first_fast, settings_for

Query = Callable[[str], list[tuple[Any, ...]]]

ORDERS = Wanted(("orders",))
CHILDREN = {
    "products": "orders__products",
    "shipments": "orders__shipments",
    "payments": "orders__payments",
    "comments": "orders__comments",
    "events": "orders__events",
}


def sync(settings: Settings, what: Wanted | None = None) -> flow.Record:
    return flow.sync(settings, settings.chosen(), what or Wanted(), Listener())


def asked(server: ShopServer) -> Counter[str]:
    """Requests per list, and a clean slate for the next count."""
    counts = Counter(path.rsplit("/", 1)[-1] for _, path, _, _ in server.requests)
    server.requests.clear()
    return counts


def order_ids(query: Query) -> list[int]:
    return [row[0] for row in query("select id from raw_mycashflow.orders order by id")]


def test_the_first_load_brings_every_row_of_every_list(settings: Settings, shop: Shop, query: Query) -> None:
    record = sync(settings)
    assert (record.exit_code, record.remarks) == (0, [])
    for table, rows in shop.ledger().rows.items():
        assert query(f"select count(*) from raw_mycashflow.{table}") == [(rows,)], table
    assert order_ids(query) == shop.ids("orders")


def test_values_arrive_exactly(loaded: Settings, shop: Shop, query: Query) -> None:
    for order_id in shop.ids("orders")[:20]:
        order = shop.get("orders", order_id)
        (row,) = query(
            "select status, cast(total as double), customer_information__email, store"
            f" from raw_mycashflow.orders where id = {order_id}"
        )
        assert row[:3] == (order["status"], float(order["total"]), order["customer_information"]["email"])
        assert row[3] == "demo"
    assert query(
        "select count(*) from information_schema.columns where data_type in ('DOUBLE', 'FLOAT')"
        " and table_schema = 'raw_mycashflow'"
    ) == [(0,)]


def test_the_ledger_proves_that_nothing_is_missing(settings: Settings, shop: Shop, query: Query) -> None:
    record = sync(settings)
    windows = query(
        "select resource, sum(api_count)::bigint, sum(distinct_rows)::bigint, max(status), max(run_id)"
        " from ops.windows group by resource order by resource"
    )
    counts = {endpoint.name: len(shop.ids(endpoint.name)) for endpoint in EVERY if endpoint.is_enabled}
    expected = [(name, count, count, "complete", record.run_id) for name, count in counts.items()]
    assert windows == sorted(expected)
    assert query("select command, status, exit_code, requests > 0 from ops.runs") == [
        ("sync", "done", 0, True)
    ]


def test_a_second_sync_with_nothing_new_asks_at_most_four_times(
    loaded: Settings, server: ShopServer, query: Query
) -> None:
    before = order_ids(query)
    server.requests.clear()
    sync(loaded)
    assert max(asked(server).values()) <= 4
    assert order_ids(query) == before


def test_what_is_new_or_changed_arrives_and_nothing_else_is_asked_for(
    loaded: Settings, shop: Shop, server: ShopServer, query: Query
) -> None:
    server.requests.clear()
    changed, removed = shop.ids("orders")[5], shop.ids("orders")[6]
    shop.update("orders", changed, {"status": "CANCELLED", "total": 1.25})
    shop.update("orders", removed, {key: [] for key in CHILDREN})
    created = shop.insert("orders", {"status": "OPEN", "total": 7.5})
    record = sync(loaded)
    assert record.exit_code == 0
    assert asked(server)["orders"] <= 4
    assert query(f"select status, total::double from raw_mycashflow.orders where id = {changed}") == [
        ("CANCELLED", 1.25)
    ]
    assert query(f"select status, total::double from raw_mycashflow.orders where id = {created}") == [
        ("OPEN", 7.5)
    ]


def test_what_is_set_for_dlt_reaches_it_and_makes_no_load_inexact(
    settings: Settings, shop: Shop, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID", "false")
    inexact = {"normalize": {"parquet_normalizer": {"add_dlt_load_id": "false"}}}
    assert sync(replace(settings, dlt=inexact), ORDERS).exit_code == 0
    assert order_ids(query) == shop.ids("orders")
    assert query("select count(*) from raw_mycashflow.orders where _dlt_load_id is null") == [(0,)]
    wrong = sync(replace(settings, dlt={"load": {"workers": "many"}}), ORDERS)
    assert wrong.exit_code == 2
    assert wrong.message == "what is set for dlt's workers is not of its kind: change it in .dlt/config.toml"


@pytest.mark.parametrize("key", first_fast(sorted(CHILDREN, key=lambda key: key != "products")))
def test_a_list_that_becomes_empty_takes_its_rows_along(
    loaded: Settings, shop: Shop, query: Query, key: str
) -> None:
    table = CHILDREN[key]
    ((order_id, rows),) = query(
        f"select order_id, count(*) from raw_mycashflow.{table} group by 1 order by 1 limit 1"
    )
    ((all_before,),) = query(f"select count(*) from raw_mycashflow.{table}")
    shop.update("orders", order_id, {key: []})
    sync(loaded, ORDERS)
    assert query(f"select count(*) from raw_mycashflow.{table} where order_id = {order_id}") == [(0,)]
    assert query(f"select count(*) from raw_mycashflow.{table}") == [(all_before - rows,)]
    assert query(f"select count(*) from raw_mycashflow.{table} where _empty") == [(0,)]


def test_a_shipment_completed_without_moving_the_order_is_seen(
    loaded: Settings, shop: Shop, query: Query
) -> None:
    order_id = next(number for number in shop.ids("orders") if shop.get("orders", number)["shipments"])
    shipments = shop.get("orders", order_id)["shipments"]
    now = shop.get("orders", shop.insert("orders", {}))["created_at"]
    done = [shipment | {"completed_at": now, "tracking_code": "JJFI1"} for shipment in shipments]
    shop.update("orders", order_id, {"shipments": done}, bump=False)
    sync(loaded, ORDERS)
    found = query(
        f"select distinct tracking_code from raw_mycashflow.orders__shipments where order_id = {order_id}"
    )
    assert found == [("JJFI1",)]


def test_cursors_live_in_the_warehouse_alone(loaded: Settings, server: ShopServer) -> None:
    assert not (loaded.data / "dlt").exists()
    server.requests.clear()
    sync(loaded)
    assert max(asked(server).values()) <= 4


@pytest.mark.slow
def test_a_first_load_that_was_killed_half_way_is_done_again_without_doubles(
    loaded: Settings, shop: Shop, query: Query
) -> None:
    with duckdb.connect(str(loaded.warehouse)) as connection:
        for table in ("_dlt_pipeline_state", "_dlt_loads", "customers", "orders__payments"):
            connection.execute(f"delete from raw_mycashflow.{table}")
    assert sync(loaded).exit_code == 0
    for table, rows in shop.ledger().rows.items():
        assert query(f"select count(*) from raw_mycashflow.{table}") == [(rows,)], table


@pytest.mark.slow
def test_a_row_that_heals_is_set_aside_no_more(settings: Settings, shop: Shop, query: Query) -> None:
    sick = shop.ids("orders")[0]
    shop.update("orders", sick, {"discount": {"amount": 5}})
    assert sync(settings, ORDERS).exit_code == 4
    shop.update("orders", sick, {"discount": None})
    assert sync(settings, ORDERS).exit_code == 0
    assert query("select count(*) from ops.rejected_rows") == [(0,)]
    assert sick in order_ids(query)


def test_rows_without_an_id_are_all_kept_aside(settings: Settings, shop: Shop, query: Query) -> None:
    first, second = shop.ids("customers")[:2]
    for number in (first, second):
        shop.update("customers", number, {"login_allowed": f"perhaps {number}"})
    sync(settings, Wanted(("customers",)))
    assert query("select count(distinct record_id) from ops.rejected_rows") == [(2,)]


@pytest.mark.slow
@pytest.mark.parametrize("page_size", [5, 20, 100])
def test_changed_orders_that_are_read_twice_are_there_once(
    tmp_path: Path, shop: Shop, server: ShopServer, query: Query, page_size: int
) -> None:
    settings = settings_for(tmp_path, server.url, resources={"orders": ResourceSettings(page_size=page_size)})
    sync(settings, ORDERS)
    for number in shop.ids("orders")[:30]:
        moment = shop.get("orders", shop.ids("orders")[-1])["created_at"]
        shipments = [row | {"completed_at": moment} for row in shop.get("orders", number)["shipments"]]
        shop.update("orders", number, {"archived_at": _now(shop), "shipments": shipments})
    sync(settings, ORDERS)
    for table, key in (("orders", "id"), ("orders__products", "order_id, position")):
        twice = f"select {key} from raw_mycashflow.{table} group by all having count(*) > 1"
        assert query(twice) == []


@pytest.mark.slow
def test_what_comes_again_as_it_was_is_not_loaded_again(loaded: Settings, shop: Shop, query: Query) -> None:
    first = shop.ids("orders")[0]
    shop.update("orders", first, {"details": "once"})
    sync(loaded, ORDERS)
    sync(loaded, ORDERS)
    loads = "select _dlt_load_id, count(*) from raw_mycashflow.orders group by all order by all"
    before = query(loads)
    record = sync(loaded, ORDERS)
    assert (query(loads), record.rows.get("orders", 0)) == (before, 0)
    shop.update("orders", first, {"details": "twice"}, bump=False)
    sync(loaded, ORDERS)
    assert query(f"select details from raw_mycashflow.orders where id = {first}") == [("twice",)]


def _now(shop: Shop) -> str:
    """The shop's clock as the shop writes it."""
    number = shop.insert("email_subscribers", {})
    stamp = str(shop.get("email_subscribers", number)["created_at"])
    shop.delete("email_subscribers", number)
    return stamp


def test_every_time_filter_has_both_ends(loaded: Settings, server: ShopServer) -> None:
    server.requests.clear()
    sync(loaded)
    for _, _, params, _ in server.requests:
        for name in params:
            assert not name.endswith("-from") or name.replace("-from", "-to") in params


def test_a_cursor_s_window_that_is_short_is_not_committed(
    tmp_path: Path, shop: Shop, server: ShopServer, query: Query
) -> None:
    settings = settings_for(tmp_path, server.url, resources={"orders": ResourceSettings(page_size=10)})
    added = iter(range(3))

    def enter(path: str, params: dict[str, str]) -> None:
        if path.endswith("/orders") and params.get("page") == "4" and next(added, None) is not None:
            shop.insert("orders", {"updated_at": "2020-01-01T00:00:00+02:00"})

    server.before_answer = enter
    record = sync(settings, ORDERS)
    assert record.exit_code == 3
    assert "orders changed while it was read" in str(record.failures[0])
    assert set(query("select status from ops.windows where resource = 'orders'")) == {("failed",)}
    server.before_answer = None
    assert sync(settings, ORDERS).exit_code == 0
    assert order_ids(query) == shop.ids("orders")


def test_orders_are_found_on_the_old_version(tmp_path: Path, shop: Shop) -> None:
    with serve(shop, orders_version="v0") as server:
        record = sync(settings_for(tmp_path, server.url), ORDERS)
        assert record.rows["orders"] == len(shop.ids("orders"))
        pinned = {"orders": ResourceSettings(api_version="v0")}
        server.requests.clear()
        sync(settings_for(tmp_path, server.url, resources=pinned), ORDERS)
        assert not [path for _, path, _, _ in server.requests if "/v1/orders" in path]


@pytest.mark.slow
def test_a_list_the_store_does_not_have_is_skipped_and_named(tmp_path: Path, server: ShopServer) -> None:
    elsewhere = {"email_subscribers": ResourceSettings(path="newsletter-people")}
    settings = settings_for(tmp_path, server.url, resources=elsewhere)
    listener = Listener()
    record = flow.run(settings, settings.chosen(), Wish(), listener)
    assert record.exit_code == 4
    assert "demo: email_subscribers skipped, the store does not have it" in record.remarks[0]
    assert "enabled = false under [stores.demo.resources.email_subscribers]" in record.remarks[0]
    assert record.rows["orders"] > 0
    assert settings.published.exists()


def test_a_list_that_is_switched_off_is_not_asked_for_and_has_its_tables(
    tmp_path: Path, server: ShopServer, query: Query
) -> None:
    settings = settings_for(tmp_path, server.url, resources={"customers": ResourceSettings(enabled=False)})
    assert sync(settings, Wanted(("orders",))).exit_code == 0
    assert set(asked(server)) == {"orders"}
    assert query("select count(*) from raw_mycashflow.customers") == [(0,)]
    record = sync(settings, Wanted(("customers",)))
    assert (record.exit_code, "customers is switched off" in str(record.failures[0])) == (2, True)


def test_a_crash_is_not_recorded_as_done(loaded: Settings, query: Query) -> None:
    class Deaf(Listener):
        def say(self, text: str) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        flow.sync(loaded, loaded.chosen(), Wanted(), Deaf())
    assert query("select status, exit_code, message from ops.runs order by started_at desc limit 1") == [
        ("failed", 1, "stopped by KeyboardInterrupt")
    ]


def test_what_was_asked_in_a_failed_run_is_in_the_ledger(tmp_path: Path, shop: Shop, query: Query) -> None:
    with serve(shop) as server:
        assert sync(settings_for(tmp_path, server.url), ORDERS).exit_code == 0
    with serve(shop) as server:
        server.sick["orders"].update(shop.ids("orders")[1:])
        again = settings_for(tmp_path, server.url, attempts=1, concurrency=1)
        record = sync(again, Wanted(("orders",), full=True))
        assert (record.exit_code, record.requests) == (3, len(server.requests))
    assert query("select distinct status from ops.windows where reason = 'backfill'") == [("failed",)]
    assert query("select failed_stores from ops.runs order by started_at desc limit 1") == [("demo",)]


def test_an_api_that_caps_its_pages_loses_nothing(tmp_path: Path, shop: Shop, query: Query) -> None:
    with serve(shop, page_size_cap=7) as server:
        sync(settings_for(tmp_path, server.url), ORDERS)
    assert order_ids(query) == shop.ids("orders")


def test_a_row_that_has_no_exact_meaning_is_set_aside_and_the_rest_is_loaded(
    settings: Settings, shop: Shop, query: Query
) -> None:
    sick, *healthy = shop.ids("orders")
    shop.update("orders", sick, {"discount": {"amount": 5}})
    record = sync(settings, ORDERS)
    assert record.exit_code == 4
    assert "1 rows set aside in ops.rejected_rows" in record.remarks[0]
    assert order_ids(query) == healthy
    ((store, resource, record_id, reason, raw),) = query(
        "select store, resource, record_id, reason, raw_json from ops.rejected_rows"
    )
    assert (store, resource, record_id, reason) == (
        "demo",
        "orders",
        str(sick),
        "discount: expected decimal, got dict",
    )
    assert '"discount":{"amount":5}' in raw


@pytest.mark.parametrize("fault", first_fast(["rate-limit", "server-errors", "broken-json", "truncated"]))
def test_passing_faults_cost_time_and_no_rows(tmp_path: Path, shop: Shop, query: Query, fault: str) -> None:
    with serve(shop, faults=(fault,)) as server:
        small = {"orders": ResourceSettings(page_size=10)}
        record = sync(settings_for(tmp_path, server.url, resources=small), ORDERS)
        assert record.exit_code == 0
    least = 1 + -(-len(shop.ids("orders")) // 10) + 1 + 1
    assert record.requests > least, "the fault never struck"
    assert order_ids(query) == shop.ids("orders")
    assert query("select distinct status from ops.windows") == [("complete",)]


def test_a_store_that_fails_half_way_leaves_nothing_and_the_next_run_is_exact(
    tmp_path: Path, shop: Shop, server: ShopServer, query: Query
) -> None:
    settings = settings_for(
        tmp_path, server.url, resources={"orders": ResourceSettings(page_size=10)}, attempts=1
    )

    broken: list[str] = []

    def refuse(path: str, params: dict[str, str]) -> None:
        if path.endswith("/orders") and (broken or params["page"] == "3"):
            broken.append(path)
            raise ConnectionAbortedError

    server.before_answer = refuse
    record = sync(settings, ORDERS)
    assert (record.exit_code, len(record.failures)) == (3, 1)
    assert query("select count(*) from ops.quarantine") == [(0,)]
    server.before_answer = None
    assert sync(settings, ORDERS).exit_code == 0
    assert order_ids(query) == shop.ids("orders")
    assert query("select status, count(*) from ops.runs group by 1 order by 1") == [
        ("done", 1),
        ("failed", 1),
    ]


@pytest.mark.slow
def test_writes_between_requests_are_all_there_once_the_store_is_quiet(
    tmp_path: Path, shop: Shop, server: ShopServer, query: Query
) -> None:
    settings = settings_for(tmp_path, server.url, resources={"orders": ResourceSettings(page_size=7)})
    moves = iter(shop.ids("orders")[3:60:4])

    def meddle(path: str, params: dict[str, str]) -> None:
        order_id = next(moves, None)
        if order_id is not None:
            shop.update("orders", order_id, {"details": f"touched {order_id}"})

    server.before_answer = meddle
    sync(settings, ORDERS)
    server.before_answer = None
    sync(settings, ORDERS)
    assert order_ids(query) == shop.ids("orders")
    told = dict(query("select id, details from raw_mycashflow.orders"))
    assert {number: shop.get("orders", number)["details"] for number in shop.ids("orders")} == told


@pytest.mark.slow
def test_a_backfill_leaves_the_cursor_alone(
    loaded: Settings, server: ShopServer, query: Query, opened: int
) -> None:
    query_state = "select max(_dlt_load_id) from raw_mycashflow.orders"
    before = query(query_state)
    days = datetime.fromtimestamp(opened, UTC) - timedelta(days=60)
    record = sync(loaded, Wanted(("orders",), since=f"{days:%Y-%m-%d}"))
    assert record.exit_code == 0
    assert query("select reason from ops.windows order by started_at desc limit 1") == [("backfill",)]
    assert query(query_state) != before
    server.requests.clear()
    sync(loaded, ORDERS)
    since = [
        int(params["updated_at-from"])
        for _, path, params, _ in server.requests
        if path.endswith("/orders") and "updated_at-from" in params
    ]
    assert since[0] > opened - 3600


@pytest.mark.slow
def test_a_full_sync_reads_everything_again(loaded: Settings, shop: Shop) -> None:
    record = sync(loaded, Wanted(full=True))
    assert record.rows["orders"] == len(shop.ids("orders"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (((), True, "2026-01-01", None), "leave out --from and --to"),
        (((), False, "2026-02-01", "2026-01-01"), "--from must be before --to"),
        (((), False, "last week", None), "'last week' is no day or moment"),
    ],
)
def test_contradicting_options_are_refused(options: tuple[Any, ...], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Wanted(*options).span("Europe/Helsinki")


def test_an_unknown_list_is_refused_before_anything_is_asked(settings: Settings, server: ShopServer) -> None:
    record = sync(settings, Wanted(("invoices",)))
    assert (record.exit_code, server.requests) == (2, [])
    assert "there is no list invoices; there is banner_groups, banners, " in str(record.failures[0])


def test_one_store_s_failure_does_not_touch_another(tmp_path: Path, server: ShopServer, query: Query) -> None:
    good = settings_for(tmp_path, server.url)
    dead = replace(good.stores["demo"], name="dead", base_url="http://127.0.0.1:9", attempts=1)
    record = sync(replace(good, stores={"dead": dead, **good.stores}), ORDERS)
    assert record.exit_code == 3
    assert "dead: GET" in str(record.failures[0])
    assert query("select distinct store from raw_mycashflow.orders") == [("demo",)]


def test_two_stores_share_tables_and_nothing_else(
    tmp_path: Path, server: ShopServer, shop: Shop, query: Query
) -> None:
    one = settings_for(tmp_path, server.url)
    two = replace(one, stores={**one.stores, "second": replace(one.stores["demo"], name="second")})
    sync(two, ORDERS)
    shop.update("orders", shop.ids("orders")[0], {"payments": []})
    sync(replace(two, stores={"second": two.stores["second"]}), ORDERS)
    counts = dict(query("select store, count(*) from raw_mycashflow.orders__payments group by 1"))
    assert counts["second"] < counts["demo"]
    assert query("select store, count(*) from raw_mycashflow.orders group by 1 order by 1") == [
        ("demo", len(shop.ids("orders"))),
        ("second", len(shop.ids("orders"))),
    ]


def test_a_second_run_is_told_who_holds_the_lock(settings: Settings) -> None:
    with (
        run_lock(settings.data, "sync"),
        pytest.raises(SettingsError, match="another run is under way: sync, process"),
    ):
        sync(settings, ORDERS)
    assert sync(settings, ORDERS).exit_code == 0


def test_the_source_works_in_a_dlt_pipeline_of_one_s_own(
    tmp_path: Path, server: ShopServer, shop: Shop
) -> None:
    import dlt

    from pipelines import mycashflow

    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt/config.toml").write_text(
        f'[stores.main]\nplatform = "mycashflow"\nbase_url = "{server.url}"\nuser = "{USER}"\nkey = "{KEY}"\n'
    )
    own = dlt.pipeline(
        "own",
        destination=dlt.destinations.duckdb(str(tmp_path / "own.duckdb")),
        dataset_name="mine",
        pipelines_dir=str(tmp_path / "dlt"),
    )
    own.run(mycashflow(store="main", resources=["orders"]), loader_file_format="parquet")
    with own.sql_client() as client:
        assert client.execute_sql("select count(*) from orders") == [(len(shop.ids("orders")),)]
