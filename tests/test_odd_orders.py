"""No amount stops a build: odd orders of any size, on both platforms, come out as by Python's Decimal.

They stand in raw tables as the loader leaves them, beside a store of ordinary orders whose numbers they must
not touch; one build per kind of warehouse for all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from typing import Any
from urllib.request import urlopen

import pytest

from pipelines import flow
from pipelines.accounts import Account
from pipelines.addresses import Server
from pipelines.demo.opening import make_shop
from pipelines.demo.server import serve
from pipelines.job import Wanted
from pipelines.settings import Settings
from pipelines.transform import Wish
from pipelines.warehouse import Connection, warehouse_of
from tests.database import running_cluster
from tests.odd_orders import (
    EXACT,
    LOADED,
    Figures,
    Maker,
    Order,
    cart_figures,
    cart_taxes,
    cart_vat,
    figures,
    summary,
)
from tests.stage import Listener, settings_for, with_cart

pytestmark = pytest.mark.slow

MANY = 150
# Nothing is sent there: their models are built.
DESTINATIONS = {
    "custobar": Account("custobar", "", options={"mode": "full"}),
    "apifon": Account("apifon", ""),
    "ogoship": Account("ogoship", "", options={"orders": True}),
}
NAMES = tuple(vars(Figures()))
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def exact() -> Iterator[None]:
    with localcontext(EXACT):
        yield


@dataclass(frozen=True)
class Built:
    """A warehouse with the odd orders in it, built.

    Attributes:
        orders: those orders, by store.
        books: the ordinary shop's own.
    """

    settings: Settings
    record: flow.Record
    orders: dict[str, Sequence[Order]]
    books: dict[str, Any]

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with warehouse_of(self.settings).connect(read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def expected(self, store: str) -> dict[int, Figures]:
        """What each order comes to that a mart can hold."""
        of = cart_figures if store == "oddcart" else figures
        return {order.number: of(order) for order in self.orders[store] if order.is_held}


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    home = tmp_path_factory.mktemp(request.param)
    if request.param == "duckdb":
        yield make(settings_for(home, "http://127.0.0.1"), None)
    else:
        with running_cluster() as cluster, cluster.database("odd") as server:
            yield make(settings_for(home, "http://127.0.0.1"), server)


def make(plain: Settings, server: Server | None) -> Built:
    with (
        localcontext(EXACT),
        make_shop(60, seed=7) as shop,
        serve(shop) as running,
        urlopen(f"{running.url}/demo/ledger") as answer,
    ):
        books = json.load(answer)
        orders = {"odd": Maker(1).orders(MANY), "oddcart": Maker(2, is_cart=True).orders(MANY)}
        loaded = with_cart(settings_for(plain.directory, running.url), running.url)
        loaded = replace(loaded, server=server)
        assert flow.sync(loaded, loaded.chosen(), Wanted(), Listener()).exit_code == 0
        stores = {name: replace(loaded.stores["demo"], name=name) for name in orders}
        stores["oddcart"] = replace(stores["oddcart"], platform="cscart")
        settings = replace(loaded, stores={**loaded.stores, **stores})
        settings = replace(settings, destinations=DESTINATIONS)
        with warehouse_of(settings).connect() as connection:
            for order in orders["odd"]:
                enter(connection, "raw_mycashflow", rows_of(order))
            for order in orders["oddcart"]:
                enter(connection, "raw_cscart", cart_rows_of(order))
        record = flow.build(settings, Wish(as_of=books["as_of"]), Listener())
        return Built(settings, record, orders, books)


def enter(connection: Connection, schema: str, tables: dict[str, list[Row]]) -> None:
    """Rows into raw tables, a hundred at a time."""
    for table, rows in tables.items():
        for begin in range(0, len(rows), 100):
            some = rows[begin : begin + 100]
            names = ", ".join(f'"{name}"' for name in some[0])
            marks = ", ".join([f"({', '.join('?' for _ in some[0])})"] * len(some))
            values = [value for row in some for value in row.values()]
            connection.execute(f"insert into {schema}.{table} ({names}) values {marks}", values)


def loadable(amount: Decimal) -> Decimal | None:
    """An amount that a raw column holds."""
    return amount if abs(amount) < LOADED else None


def moment_of(order: Order) -> str:
    return f"2026-06-{order.day:02} 12:00:00+00"


def rows_of(order: Order) -> dict[str, list[Row]]:
    """An order of MyCashflow in its raw tables."""
    common = {"store": "odd", "_dlt_load_id": "odd"}
    own = {**common, "order_id": order.number}
    told = summary(order) if order.has_summary else {}
    return {
        "orders": [
            {
                **common,
                "id": order.number,
                "version_id": 2 if order.is_net else 1,
                "status": "COMPLETED",
                "subtotal": loadable(order.goods),
                "discount": order.discount,
                "shipping_costs": order.shipping,
                "payment_costs": order.fees,
                "total": loadable(order.total),
                "created_at": moment_of(order),
                "customer_information__email": f"buyer{order.number % 9}@example.com",
            }
        ],
        "orders__products": [
            {
                **own,
                "id": order.number * 10_000 + place,
                "position": place,
                "product_id": 1 + place % 5,
                "quantity": line.quantity,
                "unit_price": line.price,
                "vat_rate": line.rate,
                "created_at": moment_of(order),
            }
            for place, line in enumerate(order.lines)
        ],
        "orders__tax_summary": [
            {
                **own,
                "component": component,
                "position": place,
                "tax_rate": rate,
                "total": incl,
                "total_tax": incl - excl,
                "total_without_tax": excl,
            }
            for component, parts in told.items()
            for place, (rate, incl, excl) in enumerate(parts)
        ],
    }


def cart_rows_of(order: Order) -> dict[str, list[Row]]:
    """An order of CS-Cart in its raw tables, with taxes that are in all prices."""
    common = {"store": "oddcart", "_dlt_load_id": "odd", "order_id": order.number}
    _, shipping, fees = cart_vat(order)
    goods = "P_1" if len(order.lines) == 1 else "P"
    beside = {"S_0_1": str(shipping), "PS_1": float(fees)}
    taxes = [(*tax, {} if place else beside) for place, tax in enumerate(cart_taxes(order))]
    return {
        "orders": [
            {
                **common,
                "status": "P",
                "subtotal": loadable(order.goods),
                "subtotal_discount": order.discount,
                "shipping_cost": order.shipping,
                "payment_surcharge": order.fees,
                "total": loadable(order.total),
                "timestamp": moment_of(order),
                "email": f"buyer{order.number % 9}@example.com",
            }
        ],
        "orders__products": [
            {
                **common,
                "item_id": 1 + place,
                "position": place,
                "product_id": 1 + place % 5,
                "amount": line.quantity,
                "price": line.price,
            }
            for place, line in enumerate(order.lines)
        ],
        "orders__taxes": [
            {
                **common,
                "tax_id": 1 + place,
                "position": place,
                "rate_type": "P",
                "rate_value": rate,
                "price_includes_tax": "Y",
                "tax_subtotal": vat + (0 if place else shipping + fees),
                "applies": json.dumps({goods: float(vat), **others}),
            }
            for place, (rate, vat, others) in enumerate(taxes)
        ],
    }


def columns(name: str = "{}") -> str:
    return ", ".join(name.format(column) for column in NAMES)


@pytest.mark.parametrize("store", ["odd", "oddcart"])
def test_every_order_is_what_decimal_says(built: Built, store: str) -> None:
    expected = built.expected(store)
    rows = built.ask(f"select order_id, {columns()} from marts.fct_orders where store = '{store}'")
    found = {row[0]: dict(zip(NAMES, row[1:], strict=True)) for row in rows}
    assert found.keys() == expected.keys()
    wrong = {
        number: (found[number], vars(each))
        for number, each in expected.items()
        if found[number] != vars(each)
    }
    assert dict(list(wrong.items())[:2]) == {}
    assert len(expected) > MANY


@pytest.mark.parametrize("store", ["odd", "oddcart"])
def test_every_day_is_the_sum_of_its_orders(built: Built, store: str) -> None:
    days: dict[int, Figures] = {}
    expected = built.expected(store)
    for order in built.orders[store]:
        if order.number in expected:
            days.setdefault(order.day, Figures()).add(expected[order.number])
    rows = built.ask(
        f"select cast(extract(day from sales_date) as bigint), {columns()} from metrics.met_sales_daily"
        f" where store = '{store}' and gross_sales + returns + shipping + fees <> 0"
    )
    found = {row[0]: dict(zip(NAMES, row[1:], strict=True)) for row in rows}
    assert found == {day: vars(each) for day, each in days.items() if each != Figures()}


@pytest.mark.parametrize("store", ["odd", "oddcart"])
def test_customers_and_products_hold_the_same_sales(built: Built, store: str) -> None:
    expected = built.expected(store)
    net = sum((each.net_sales for each in expected.values()), Decimal(0))
    with_lines = [order.number for order in built.orders[store] if order.lines and order.number in expected]
    of_lines = sum((expected[number].net_sales for number in with_lines), Decimal(0))
    for table, total in (("met_customers", net), ("met_hours", net), ("met_products", of_lines)):
        assert built.ask(f"select sum(net_sales) from metrics.{table} where store = '{store}'") == [
            (total,)
        ], table


def test_orders_out_of_range_are_named(built: Built) -> None:
    """In a table, by the run, and by its exit code."""
    expected = {
        (store, order.number)
        for store, orders in built.orders.items()
        for order in orders
        if not order.is_held
    }
    rows = built.ask("select store, order_id, reason from metrics.met_orders_out_of_range")
    assert {row[:2] for row in rows} == expected
    assert {row[2] for row in rows} == {"its lines come to 10^15 or more"}
    assert {store for store, _ in expected} == {"odd", "oddcart"}
    named = {f"{store}: order {number} is left out of all numbers: " for store, number in expected}
    assert len(named) == len(built.record.remarks)
    assert all(remark.startswith(tuple(named)) for remark in built.record.remarks)
    assert built.record.exit_code == 4


def test_the_ordinary_store_beside_them_keeps_its_numbers(built: Built) -> None:
    rows = built.ask(
        "select cast(sales_date as text), net_sales from metrics.met_sales_daily"
        " where store = 'demo' and net_sales <> 0"
    )
    expected = {day: Decimal(net) for day, net in built.books["net_sales_by_day"].items() if Decimal(net)}
    assert dict(rows) == expected


def test_what_is_sent_of_them_is_in_cents(built: Built) -> None:
    """Also what is more than a bigint holds: it is left out."""
    held = [order for order in built.orders["odd"] if order.is_held]
    expected = sum(not line.is_return for order in held for line in order.lines)
    rows = built.ask(
        "select count(*), sum(sale_total) from outbound.out_custobar__sales where sale_shop_id = 'odd'"
    )
    assert rows[0][0] == expected
    totals = built.ask("select sale_total from outbound.out_custobar__sales where sale_shop_id = 'odd'")
    assert (
        max(total for (total,) in totals) == max(figures(order).total for order in held if order.lines) * 100
    )
