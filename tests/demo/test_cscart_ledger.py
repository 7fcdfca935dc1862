"""The ledger's CS-Cart figures against figures computed once more from what is served."""

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipelines.demo.purchases import shop_of_purchases
from pipelines.demo.shop import Shop

Record = dict[str, Any]
KINDS = {"paid": "PC", "placed": "PCOB"}


def day_of(order: Record) -> date:
    return datetime.fromtimestamp(int(order["timestamp"]), ZoneInfo("Europe/Helsinki")).date()


def lines_of(order: Record) -> list[Record]:
    return list(order["products"].values()) if order["products"] else []


def net_incl_vat(order: Record) -> Decimal:
    return Decimal(order["subtotal"]) - Decimal(order["subtotal_discount"])


def net_excl_vat(order: Record) -> Decimal:
    return net_incl_vat(order) - sum(Decimal(line["tax_value"]) for line in lines_of(order))


@pytest.fixture
def full(cart: Any) -> list[Record]:
    found: list[Record] = cart.full()
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_sales_by_day(shop: Shop, full: list[Record], kind: str) -> None:
    true = shop.ledger().cscart[kind]
    with_vat: defaultdict[date, Decimal] = defaultdict(Decimal)
    without: defaultdict[date, Decimal] = defaultdict(Decimal)
    counted = [order for order in full if order["status"] in KINDS[kind]]
    for order in counted:
        with_vat[day_of(order)] += net_incl_vat(order)
        without[day_of(order)] += net_excl_vat(order)
    assert true["net_sales_by_day"] == without
    assert true["net_sales_incl_vat_by_day"] == with_vat
    assert true["orders_by_day"] == Counter(map(day_of, counted))
    assert true["counted_orders"] == len(counted)


@pytest.mark.parametrize("kind", KINDS)
def test_money(shop: Shop, full: list[Record], kind: str) -> None:
    counted = [order for order in full if order["status"] in KINDS[kind]]
    taxes = [tax for order in counted for tax in (order["taxes"].values() if order["taxes"] else [])]
    assert shop.ledger().cscart[kind]["money"] == {
        "subtotal": sum(Decimal(order["subtotal"]) for order in counted),
        "discounts": sum(Decimal(order["subtotal_discount"]) for order in counted),
        "shipping": sum(Decimal(order["shipping_cost"]) for order in counted),
        "fees": sum(Decimal(order["payment_surcharge"]) for order in counted),
        "tax": sum(Decimal(tax["tax_subtotal"]) for tax in taxes),
        "total": sum(Decimal(order["total"]) for order in counted),
        "net_sales": sum(map(net_excl_vat, counted)),
    }


def test_over_all_days_it_is_the_shops_own_ledger(shop: Shop) -> None:
    own = shop.ledger()
    placed, untold = own.cscart["placed"], own.cscart["untold_returns"]
    assert placed["money"]["net_sales"] + untold["net_sales"] == own.money["net_sales"]
    assert (placed["counted_orders"], untold["orders"]) == (own.counted_orders, own.return_orders)
    for name in ("discounts", "shipping", "fees"):
        assert placed["money"][name] == own.money[name]
    assert placed["orders_by_day"] == own.orders_by_day
    assert untold["net_sales"] < 0


def test_without_returns_each_day_is_the_shops_own(tmp_path: Path, ask: Any, cart: Any) -> None:
    file = tmp_path / "purchases.csv"
    file.write_text(
        "customer,date,units,amount\n7,2025-03-01,2,25.01\n8,2025-03-01,1,9.90\n7,2025-04-02,3,10\n"
    )
    with shop_of_purchases(file) as shop:
        cart.client = ask(shop)
        sales: defaultdict[date, Decimal] = defaultdict(Decimal)
        for order in cart.full():
            sales[day_of(order)] += net_excl_vat(order)
        ledger = shop.ledger()
        assert sales == ledger.net_sales_by_day == ledger.cscart["paid"]["net_sales_by_day"]
        assert ledger.segments == ledger.cscart["paid"]["segments"]


def test_days_without_returns_are_the_shops_own(shop: Shop, orders: list[Record]) -> None:
    own, view = shop.ledger().net_sales_by_day, shop.ledger().cscart["placed"]["net_sales_by_day"]
    touched = set()
    for order in orders:
        for row in order["products"]:
            if row["quantity"] < 0:
                touched |= {order["created_at"][:10], row["created_at"][:10]}
    days = [day for day in own if day.isoformat() not in touched]
    assert len(days) > 200
    assert all(own[day] == view[day] for day in days)
    assert own != view


def test_totals_of_the_admin_by_day(shop: Shop, full: list[Record]) -> None:
    """Those of orders nobody finished are not shown there."""
    totals: defaultdict[date, Decimal] = defaultdict(Decimal)
    for order in full:
        if order["status"] not in "NT":
            totals[day_of(order)] += Decimal(order["total"])
    assert shop.ledger().cscart["admin_totals_by_day"] == totals


def test_statuses_and_subscribers(shop: Shop, cart: Any) -> None:
    ledger = shop.ledger().cscart
    shown = Counter(row["status"] for row in cart.rows("orders", include_incompleted=1))
    true = Counter(ledger["statuses"])
    assert shown["O"] == true["O"] + true["Y"]
    assert all(shown[letter] == true[letter] for letter in "PCBFDIN")
    assert set(shown) <= set("PCOBFDIN")
    assert true["N"]
    assert true["T"]
    assert ledger["subscribers"] == Counter(row["status"] for row in cart.rows("subscribers"))


@pytest.mark.parametrize("kind", KINDS)
def test_people_and_segments(shop: Shop, cart: Any, full: list[Record], kind: str) -> None:
    true, today = shop.ledger().cscart[kind], shop.ledger().as_of
    users = cart.rows("users", user_type="C")
    accounts = {user["email"].strip().lower() for user in users}
    visits: defaultdict[str, list[date]] = defaultdict(list)
    for order in full:
        if order["status"] in KINDS[kind]:
            visits[order["email"].strip().lower()].append(day_of(order))
    everybody = accounts | {order["email"].strip().lower() for order in full}
    everybody |= {line["email"].strip().lower() for line in cart.rows("subscribers")}
    last = [max(days) for days in visits.values()]
    recent = {days: sum(day > today - timedelta(days) for day in last) for days in (30, 90, 180)}
    assert true["buyers"] == len(visits)
    assert true["guest_buyers"] == len(visits.keys() - accounts)
    assert true["members"] == len(everybody)
    assert true["new_customers_by_day"] == Counter(min(days) for days in visits.values())
    assert true["segments"] == {
        "new_customers_30": sum(today - timedelta(30) < day_of(user) <= today for user in users),
        "recent_buyers_30": recent[30],
        "recent_buyers_90": recent[90],
        "non_buyers_30": len(everybody) - recent[30],
        "non_buyers_90": len(everybody) - recent[90],
        "frequent_buyers": sum(
            sum(day > today - timedelta(365) for day in days) >= 3 for days in visits.values()
        ),
        "lapsed_customers": len(last) - recent[180],
    }


def test_it_is_in_the_served_ledger(shop: Shop, client: Any) -> None:
    served = client.get("/demo/ledger").json["cscart"]
    first = next(iter(shop.ledger().cscart["paid"]["net_sales_by_day"].items()))
    assert served["paid"]["net_sales_by_day"][str(first[0])] == str(first[1])
