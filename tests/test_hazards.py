"""The thirty hazards of the API (reference/mycashflow-api.md, section 6), each answered in docs/hazards.md.

Here are the tests of those that no other file holds, and one that the page names all thirty and no test that
is not there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines import flow
from pipelines.demo.helsinki import local_text
from pipelines.demo.opening import make_shop
from pipelines.demo.server import ShopServer, serve
from pipelines.demo.shop import Shop
from pipelines.job import Wanted
from pipelines.settings import ResourceSettings, Settings
from tests.stage import Listener, settings_for

Query = Callable[[str], list[tuple[Any, ...]]]

ROOT = Path(__file__).parents[1]
HAZARDS = 30
DAY = 86_400


def sync(settings: Settings, *resources: str) -> None:
    record = flow.sync(settings, settings.chosen(), Wanted(resources), Listener())
    assert (record.exit_code, record.remarks) == (0, [])


def page() -> dict[int, tuple[str, str, str]]:
    """Number -> hazard, what is done, and the tests or the reason, as the page has them."""
    rows = re.findall(
        r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$", (ROOT / "docs/hazards.md").read_text(), re.MULTILINE
    )
    return {int(number): (hazard, done, proof) for number, hazard, done, proof in rows}


def test_every_hazard_is_answered() -> None:
    assert sorted(page()) == list(range(1, HAZARDS + 1))
    for number, words in page().items():
        assert all(len(text) > 8 for text in words), number


def test_every_test_that_the_page_names_is_there() -> None:
    named = [name for _, _, proof in page().values() for name in re.findall(r"tests/[\w/]+\.py::\w+", proof)]
    assert len(named) > HAZARDS / 2
    for name in named:
        path, _, function = name.partition("::")
        assert f"\ndef {function}(" in (ROOT / path).read_text(), name


@pytest.mark.slow
def test_what_is_nested_arrives_though_its_parent_does_not_move(
    settings: Settings, shop: Shop, query: Query
) -> None:
    lists = ("campaigns", "categories", "customer_groups", "stock_items")
    sync(settings, *lists)
    campaign = next(number for number in shop.ids("campaigns") if shop.get("campaigns", number)["prices"])
    prices = [row | {"price": 1.23} for row in shop.get("campaigns", campaign)["prices"]]
    category = shop.ids("categories")[0]
    shown = [row | {"is_visible": False} for row in shop.get("categories", category)["visibilities"]]
    group, item = shop.ids("customer_groups")[0], shop.ids("stock_items")[0]
    shop.update("campaigns", campaign, {"prices": prices}, bump=False)
    shop.update("categories", category, {"visibilities": shown}, bump=False)
    shop.update("customer_groups", group, {"name": "Renamed"}, bump=False)
    shop.update("stock_items", item, {"quantity": 4321}, bump=False)
    sync(settings, *lists)
    for sql, expected in (
        (
            f"select distinct price from raw_mycashflow.campaigns__prices where campaign_id = {campaign}",
            Decimal("1.23"),
        ),
        (
            "select distinct is_visible from raw_mycashflow.categories__visibilities"
            f" where category_id = {category}",
            False,
        ),
        (f"select name from raw_mycashflow.customer_groups where id = {group}", "Renamed"),
        (f"select quantity from raw_mycashflow.stock_items where id = {item}", 4321),
    ):
        assert query(sql) == [(expected,)]


@pytest.mark.slow
def test_a_payment_that_moves_nothing_is_seen_within_a_day(
    settings: Settings, shop: Shop, query: Query
) -> None:
    number = next(number for number in shop.ids("orders") if shop.get("orders", number)["payments"])
    shop.update("orders", number, {"status": "OPEN", "archived_at": None})
    sync(settings, "orders")
    paid = [row | {"status": "PAID-BY-TEST"} for row in shop.get("orders", number)["payments"]]
    shop.update("orders", number, {"payments": paid}, bump=False)
    found = f"select distinct status from raw_mycashflow.orders__payments where order_id = {number}"
    sync(settings, "orders")
    clock = shop.clock
    shop.clock = lambda: clock() + DAY + 60
    sync(settings, "orders")
    assert query(found) == [("PAID-BY-TEST",)]


@pytest.mark.slow
def test_an_order_may_go_back_and_lose_what_it_had(settings: Settings, shop: Shop, query: Query) -> None:
    number = next(number for number in shop.ids("orders") if len(shop.get("orders", number)["products"]) > 1)
    shop.update("orders", number, {"status": "COMPLETED", "archived_at": "2020-02-02T02:02:02+02:00"})
    sync(settings, "orders")
    order = shop.get("orders", number)
    cut = [{"id": 900_001 + place, "product_ids": []} for place in range(2)]
    shop.update(
        "orders",
        number,
        {"status": "OPEN", "archived_at": None, "products": order["products"][1:], "shipments": cut},
    )
    sync(settings, "orders")
    assert query(f"select status, archived_at from raw_mycashflow.orders where id = {number}") == [
        ("OPEN", None)
    ]
    rows = query(
        f"select id from raw_mycashflow.orders__products where order_id = {number} order by position"
    )
    assert rows == [(row["id"],) for row in order["products"][1:]]
    shipments = query(f"select id from raw_mycashflow.orders__shipments where order_id = {number} order by 1")
    assert shipments == [(900_001,), (900_002,)]


@pytest.mark.slow
def test_orders_that_all_share_one_second_arrive(
    tmp_path: Path, shop: Shop, server: ShopServer, query: Query
) -> None:
    settings = settings_for(tmp_path, server.url, resources={"orders": ResourceSettings(page_size=10)})
    sync(settings, "orders")
    at = shop.clock()
    for number in shop.ids("orders"):
        shop.update("orders", number, {"details": "archived in bulk"}, at=at)
    sync(settings, "orders")
    assert query(
        "select count(*), count(distinct id) from raw_mycashflow.orders where details = 'archived in bulk'"
    ) == [(120, 120)]


def test_a_row_that_is_written_a_little_late_arrives(settings: Settings, shop: Shop, query: Query) -> None:
    """Its time is before the cursor: committed late, or ids and times are not in one order."""
    sync(settings, "orders", "stock_changes")
    late = local_text(int(shop.clock()) - 5 * 60)
    order = shop.insert("orders", {"updated_at": late, "created_at": late})
    change = shop.insert("stock_changes", {"changed_at": late, "stock_item_id": shop.ids("stock_items")[0]})
    sync(settings, "orders", "stock_changes")
    assert query(f"select id from raw_mycashflow.orders where id = {order}") == [(order,)]
    assert query(f"select id from raw_mycashflow.stock_changes where id = {change}") == [(change,)]


@pytest.mark.slow
def test_the_hour_that_comes_twice_is_two_hours(tmp_path: Path, query: Query) -> None:
    """In the autumn night of 2025 half past three came at 0:30 and again at 1:30 UTC."""
    first, second = (
        int(datetime.fromisoformat(f"2025-10-26T0{hour}:30:00+00:00").timestamp()) for hour in (0, 1)
    )
    with make_shop(30, seed=3, end=first - DAY) as shop, serve(shop) as server:
        settings = settings_for(tmp_path, server.url)
        shop.clock = lambda: first + 60
        early = shop.insert("orders", {}, at=first)
        sync(settings, "orders")
        shop.clock = lambda: second + 60
        later = shop.insert("orders", {}, at=second)
        shop.update("orders", shop.ids("orders")[0], {"details": "in the second of the two hours"}, at=second)
        sync(settings, "orders")
        texts = [shop.get("orders", number)["updated_at"] for number in (early, later)]
    assert [text[:19] for text in texts] == ["2025-10-26T03:30:00"] * 2
    assert query(
        "select id, epoch(updated_at)::bigint from raw_mycashflow.orders"
        f" where id in ({early}, {later}) order by id"
    ) == [(early, first), (later, second)]
    assert query("select count(*) from raw_mycashflow.orders where details like 'in the second%'") == [(1,)]


def test_tax_rates_have_fractions_and_codes_may_be_the_same(
    settings: Settings, shop: Shop, query: Query
) -> None:
    number, products = shop.ids("orders")[0], shop.ids("products")[:2]
    rows = [row | {"vat_rate": 13.37} for row in shop.get("orders", number)["products"]]
    taxes = shop.get("orders", number)["tax_summary"]
    taxes["shipping_costs"] = [row | {"tax_rate": 19.853} for row in taxes["total"]]
    shop.update("orders", number, {"products": rows, "tax_summary": taxes, "customer_id": 0})
    for product in products:
        shop.update("products", product, {"product_code": "SAME"})
    sync(settings, "orders", "products")
    assert query(
        f"select distinct vat_rate from raw_mycashflow.orders__products where order_id = {number}"
    ) == [(Decimal("13.37"),)]
    assert query(
        "select distinct tax_rate from raw_mycashflow.orders__tax_summary"
        f" where order_id = {number} and component = 'shipping_costs'"
    ) == [(Decimal("19.853"),)]
    assert query("select id from raw_mycashflow.products where product_code = 'SAME' order by id") == [
        (product,) for product in products
    ]


@pytest.mark.parametrize("given", ["https://examplename.mycashflow.fi/", "http://examplename.mycashflow.fi"])
def test_every_address_of_a_store_becomes_the_one_that_answers(tmp_path: Path, given: str) -> None:
    from pipelines.settings import read_settings

    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt/config.toml").write_text(
        f'[stores.main]\nstore_name = "{given}"\nuser = "u"\nkey = "k"\n'
    )
    assert read_settings(tmp_path).stores["main"].base_url == "https://examplename.mycashflow.fi"


def test_no_request_ends_with_a_slash_and_each_says_its_page(settings: Settings, server: ShopServer) -> None:
    sync(settings)
    for _, path, params, status in server.requests:
        assert (path.endswith("/"), status) == (False, 200)
        assert int(params["page"]) >= 1
        assert int(params["page_size"]) >= 1
