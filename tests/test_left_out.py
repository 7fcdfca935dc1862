"""What is too large to load is set aside by the loader; what is too large to add up is named by the run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines import flow
from pipelines.demo.server import ShopServer
from pipelines.demo.shop import Shop
from pipelines.job import Wanted
from pipelines.setaside import left_out
from pipelines.warehouse.duck import DuckWarehouse
from tests.stage import Listener, settings_for

REASON = "its lines come to 10^15 or more"


@pytest.mark.parametrize("root", ["", "/cscart"])
def test_a_price_without_a_place_in_raw_is_set_aside_by_name(
    tmp_path: Path,
    shop: Shop,
    server: ShopServer,
    root: str,
    query: Callable[[str], list[tuple[Any, ...]]],
) -> None:
    sick, large = [number for number in shop.ids("orders") if len(lines_of(shop, number)) == 1][:2]
    for number, price in ((sick, 10**12), (large, 999_999_999_999)):
        (line,) = lines_of(shop, number)
        shop.update("orders", number, {"products": [{**line, "quantity": 1, "unit_price": price}]})
    settings = settings_for(tmp_path, server.url + root)
    record = flow.sync(settings, settings.chosen(), Wanted(("orders",)), Listener())
    assert record.exit_code == 4
    ((record_id, reason),) = query("select record_id, reason from ops.rejected_rows")
    assert (record_id, ": expected decimal, got " in reason) == (str(sick), True)


def lines_of(shop: Shop, number: int) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = shop.get("orders", number)["products"]
    return lines


def test_orders_out_of_range_are_named_one_by_one_and_many_are_counted(tmp_path: Path) -> None:
    place = DuckWarehouse(tmp_path / "warehouse.duckdb")
    with place.connect() as connection:
        connection.execute("create schema metrics")
    assert list(left_out(place)) == []
    with place.connect() as connection:
        connection.execute(
            "create table metrics.met_orders_out_of_range as"
            f" select 'main' as store, 12 - number as order_id, '{REASON}' as reason"
            f" from range(12) as numbers (number) union all select 'cart', 7, '{REASON}'"
        )
    cart, *main, more = left_out(place)
    assert cart == f"cart: order 7 is left out of all numbers: {REASON}"
    assert main == [f"main: order {number} is left out of all numbers: {REASON}" for number in range(1, 11)]
    assert more == "main: 12 orders are left out of all numbers, all in metrics.met_orders_out_of_range"
