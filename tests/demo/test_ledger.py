"""The shop's ledger against figures computed once more, naively, from what is served."""

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipelines.demo.shop import Shop

Record = dict[str, Any]
CENT = Decimal("0.01")


def day_of(text: str) -> date:
    return datetime.fromisoformat(text).astimezone(ZoneInfo("Europe/Helsinki")).date()


def row_nets(order: Record) -> list[tuple[Record, Decimal]]:
    nets = []
    for part in order["tax_summary"]["subtotal"]:
        rows = [row for row in order["products"] if row["vat_rate"] == part["tax_rate"]]
        sizes = [Decimal(row["unit_price"] or 0) * row["quantity"] for row in rows]
        rounded = [
            (size / (1 + Decimal(part["tax_rate"]) / 100)).quantize(CENT, "ROUND_HALF_UP") for size in sizes
        ]
        ranked = sorted(range(len(rows)), key=lambda place: (-abs(sizes[place]), rows[place]["id"]))
        rounded[ranked[0]] += part["total_without_tax"] - sum(rounded)
        nets += list(zip(rows, rounded, strict=True))
    return nets


class Recount:
    """The ledger's figures from JSON records."""

    def __init__(self, orders: list[Record], customers: list[Record], subscribers: list[Record]):
        self.counted = [order for order in orders if order["status"] != "CANCELLED"]
        self.sales = [
            order for order in self.counted if any(row["quantity"] > 0 for row in order["products"])
        ]
        self.accounts = {customer["email"].strip().lower(): customer["id"] for customer in customers}
        self.customers = customers
        self.members = {self.key(order["customer_information"]["email"], order) for order in orders}
        self.members |= {customer["id"] for customer in customers}
        self.members |= {self.key(subscriber["email"], {}) for subscriber in subscribers}
        self.days: defaultdict[Any, list[date]] = defaultdict(list)
        for order in self.sales:
            buyer = self.key(order["customer_information"]["email"], order)
            self.days[buyer].append(day_of(order["created_at"]))

    def key(self, email: str, order: Record) -> Any:
        plain = email.strip().lower()
        return order.get("customer_id") or self.accounts.get(plain, plain)

    def net_sales_by_day(self) -> dict[date, Decimal]:
        net: defaultdict[date, Decimal] = defaultdict(Decimal)
        for order in self.counted:
            created = day_of(order["created_at"])
            for part in order["tax_summary"]["discount"]:
                net[created] -= part["total_without_tax"]
            for row, amount in row_nets(order):
                net[created if row["quantity"] > 0 else day_of(row["created_at"])] += amount
        return net

    def segments(self, as_of: date) -> dict[str, int]:
        def since(days: int) -> date:
            return as_of - timedelta(days=days)

        recent = {
            days: sum(max(visits) > since(days) for visits in self.days.values()) for days in (30, 90, 180)
        }
        return {
            "new_customers_30": sum(
                since(30) < day_of(customer["created_at"]) <= as_of for customer in self.customers
            ),
            "recent_buyers_30": recent[30],
            "recent_buyers_90": recent[90],
            "non_buyers_30": len(self.members) - recent[30],
            "non_buyers_90": len(self.members) - recent[90],
            "frequent_buyers": sum(
                sum(day > since(365) for day in visits) >= 3 for visits in self.days.values()
            ),
            "lapsed_customers": len(self.days) - recent[180],
        }


@pytest.fixture(scope="module")
def recount(served: dict[str, list[Record]]) -> Recount:
    return Recount(*served.values())


def test_net_sales_by_day(shop: Shop, recount: Recount) -> None:
    ledger = shop.ledger()
    assert ledger.net_sales_by_day == recount.net_sales_by_day()
    assert ledger.money["net_sales"] == sum(ledger.net_sales_by_day.values())


def test_totals_of_the_admin_by_day(shop: Shop, served: dict[str, list[Record]]) -> None:
    totals: defaultdict[date, Decimal] = defaultdict(Decimal)
    for order in served["orders"]:
        totals[day_of(order["created_at"])] += order["total"]
    assert shop.ledger().admin_totals_by_day == totals


def test_orders_by_day(shop: Shop, recount: Recount) -> None:
    days = Counter(day_of(order["created_at"]) for order in recount.sales)
    assert shop.ledger().orders_by_day == days
    assert shop.ledger().counted_orders == len(recount.sales)


def test_cancelled_and_return_orders(shop: Shop, recount: Recount, served: dict[str, list[Record]]) -> None:
    ledger = shop.ledger()
    cancelled = [order for order in served["orders"] if order["status"] == "CANCELLED"]
    assert ledger.cancelled_by_day == Counter(day_of(order["created_at"]) for order in cancelled)
    assert ledger.cancelled_orders == len(cancelled)
    assert ledger.return_orders == len(recount.counted) - len(recount.sales)
    assert ledger.return_rows == sum(
        row["quantity"] < 0 for order in recount.counted for row in order["products"]
    )


def test_new_customers_by_day(shop: Shop, recount: Recount) -> None:
    first = Counter(min(days) for days in recount.days.values())
    assert shop.ledger().new_customers_by_day == first


def test_money(shop: Shop, recount: Recount) -> None:
    money = shop.ledger().money
    amounts = [
        (row["quantity"] > 0, Decimal(row["unit_price"] or 0) * row["quantity"])
        for order in recount.counted
        for row in order["products"]
    ]
    assert money["gross_sales"] == sum(amount for sold, amount in amounts if sold)
    assert money["returns"] == -sum(amount for sold, amount in amounts if not sold)
    for name, field in (
        ("discounts", "discount"),
        ("shipping", "shipping_costs"),
        ("fees", "payment_costs"),
        ("total", "total"),
    ):
        assert money[name] == sum(order[field] or 0 for order in recount.counted)
    assert money["tax"] == sum(
        part["total_tax"] for order in recount.counted for part in order["tax_summary"]["total"]
    )


def test_people(shop: Shop, recount: Recount, served: dict[str, list[Record]]) -> None:
    ledger = shop.ledger()
    assert ledger.buyers == len(recount.days)
    assert ledger.guest_buyers == sum(isinstance(key, str) for key in recount.days)
    assert ledger.members == len(recount.members)
    assert ledger.accounts == len(served["customers"])
    assert ledger.subscribers == len(served["email-subscribers"])


def test_segments(shop: Shop, recount: Recount) -> None:
    ledger = shop.ledger()
    assert ledger.as_of == date(2026, 3, 20)
    assert ledger.segments == recount.segments(ledger.as_of)


def test_row_counts(shop: Shop, served: dict[str, list[Record]]) -> None:
    orders = served["orders"]
    rows = [row for order in orders for row in order["products"]]
    shipments = [shipment for order in orders for shipment in order["shipments"]]
    true = {
        "customers": len(served["customers"]),
        "customers__customer_groups": sum(
            len(customer["customer_groups"]) for customer in served["customers"]
        ),
        "email_subscribers": len(served["email-subscribers"]),
        "orders": len(orders),
        "orders__products": len(rows),
        "orders__products__return_reasons": sum(len(row["return_reasons"]) for row in rows),
        "orders__shipments": len(shipments),
        "orders__shipments__documents": sum(len(shipment["documents"]) for shipment in shipments),
        "orders__payments": sum(len(order["payments"]) for order in orders),
        "orders__tax_summary": sum(len(parts) for order in orders for parts in order["tax_summary"].values()),
        "orders__comments": sum(len(order["comments"]) for order in orders),
        "orders__events": sum(len(order["events"]) for order in orders),
    }
    assert true.items() <= shop.ledger().rows.items()


def test_many_orders_share_one_second(served: dict[str, list[Record]]) -> None:
    stamps = sorted(order["updated_at"] for order in served["orders"])
    assert max(len(list(same)) for _, same in groupby(stamps)) > 10
