"""What orders look like, and that their sums hold."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

Order = dict[str, Any]

ORDER_FIELDS = {
    "id", "created_at", "updated_at", "archived_at", "external_id", "version_id", "language",
    "customer_id", "customer_external_id", "shipping_method_id", "payment_method_id",
    "customer_information", "shipping_address", "different_shipping_address", "subtotal",
    "shipping_costs", "payment_costs", "discount", "total", "status", "details", "receipt_url",
    "return_document_url", "dispatch_note_url", "custom_data", "products", "shipments", "payments",
    "tax_summary", "comments", "events",
}  # fmt: skip
ADDRESS_FIELDS = {
    "company", "first_name", "last_name", "street_address", "postal_code", "city", "country",
    "phone", "email",
}  # fmt: skip
CHILD_FIELDS = {
    "products": {
        "id", "created_at", "updated_at", "delivered_at", "order_id", "product_id", "variation_id",
        "download_id", "download_time_ends", "download_times_left", "download_url",
        "customizations", "vat_rate", "bundle_id", "campaign_id", "unit_price", "purchase_price",
        "quantity", "product_code", "product_name", "model_name", "warranty", "custom_data",
        "shipment_id", "return_to_stock", "return_reasons",
    },
    "shipments": {
        "id", "created_at", "updated_at", "completed_at", "order_id", "type", "status",
        "shipping_method_id", "weight", "parcel_count", "external_id", "external_pickup_point_id",
        "tracking_code", "shipping_label_url", "documents",
    },
    "payments": {
        "id", "created_at", "updated_at", "order_id", "payment_method_id", "reference",
        "external_id", "amount", "currency", "exchange_rate", "is_confirmed", "is_paid", "status",
    },
    "comments": {"order_id", "created_at", "user_id", "visibility", "text"},
    "events": {"created_at", "code", "message", "data"},
}  # fmt: skip
PARTS = ("subtotal", "discount", "shipping_costs", "payment_costs")


def amount(value: Decimal | int | None) -> Decimal:
    return Decimal(value or 0)


def gross(order: Order, component: str) -> Decimal:
    return sum((amount(part["total"]) for part in order["tax_summary"][component]), Decimal(0))


def test_every_documented_field_is_there(orders: list[Order]) -> None:
    extra: set[str] = set()
    for order in orders:
        assert order.keys() >= ORDER_FIELDS
        extra |= order.keys() - ORDER_FIELDS
        assert order["customer_information"].keys() == ADDRESS_FIELDS | {"vat_code"}
        if order["shipping_address"]:
            assert order["shipping_address"].keys() == ADDRESS_FIELDS
        for name, fields in CHILD_FIELDS.items():
            assert all(child.keys() >= fields for child in order[name])
    assert extra >= {"campaign_codes", "is_pos"}


def test_rows_add_up_to_the_subtotal(orders: list[Order]) -> None:
    for order in orders:
        rows = [amount(row["unit_price"]) * row["quantity"] for row in order["products"]]
        assert sum(rows) == amount(order["subtotal"]) == gross(order, "subtotal")


def test_the_total_is_subtotal_less_discount_plus_costs(orders: list[Order]) -> None:
    for order in orders:
        parts = {part: amount(order[part]) for part in PARTS}
        assert parts == {part: gross(order, part) for part in PARTS}
        signed = parts | {"discount": -parts["discount"]}
        assert sum(signed.values()) == amount(order["total"]) == gross(order, "total")


def test_vat_is_rounded_per_component_and_rate(orders: list[Order]) -> None:
    for order in orders:
        for component in PARTS:
            for part in order["tax_summary"][component]:
                net = (part["total"] / (1 + amount(part["tax_rate"]) / 100)).quantize(
                    Decimal("0.01"), "ROUND_HALF_UP"
                )
                assert part["total_without_tax"] == net
                assert part["total_tax"] == part["total"] - net


def test_the_total_of_a_rate_is_the_exact_sum_of_its_parts(orders: list[Order]) -> None:
    for order in orders:
        for figure in ("total", "total_tax", "total_without_tax"):
            sums: defaultdict[Decimal, Decimal] = defaultdict(Decimal)
            for component in PARTS:
                for part in order["tax_summary"][component]:
                    sign = -1 if component == "discount" else 1
                    sums[amount(part["tax_rate"])] += sign * part[figure]
            totals = {amount(part["tax_rate"]): part[figure] for part in order["tax_summary"]["total"]}
            assert totals == sums


def test_shipping_vat_is_the_mean_of_the_product_rates(orders: list[Order]) -> None:
    rates = {amount(part["tax_rate"]) for order in orders for part in order["tax_summary"]["shipping_costs"]}
    assert any(rate != int(rate) and rate != Decimal("25.5") for rate in rates)
    assert all(0 <= rate <= Decimal("25.5") for rate in rates)


def test_standard_vat_rose_in_september_2024(orders: list[Order]) -> None:
    rates = defaultdict(set)
    for order in orders:
        before = order["created_at"] < "2024-09-01"
        rates[before] |= {row["vat_rate"] for row in order["products"] if row["quantity"] > 0}
    assert rates == {True: {24, 14, 10, 0}, False: {Decimal("25.5"), 14, 10, 0}}


def test_a_return_is_a_negative_row_with_a_date_and_a_reason_of_its_own(
    orders: list[Order],
) -> None:
    returns = [(order, row) for order in orders for row in order["products"] if row["quantity"] < 0]
    for _, row in returns:
        assert amount(row["unit_price"]) >= 0
        assert row["return_reasons"][0].keys() == {"code", "text"}
        assert row["return_to_stock"] is True
    assert any(row["created_at"][:7] > order["created_at"][:7] for order, row in returns)


def test_an_archived_order_comes_back_as_an_order_of_its_own(orders: list[Order]) -> None:
    separate = [order for order in orders if order["products"][0]["quantity"] < 0]
    assert len(separate) == 600 // 250
    for order in separate:
        assert all(row["quantity"] < 0 for row in order["products"])
        assert amount(order["total"]) < 0
        assert order["payments"][0]["amount"] == order["total"]


def test_a_cancelled_order_keeps_its_total_or_takes_back_all_rows(orders: list[Order]) -> None:
    cancelled = [order for order in orders if order["status"] == "CANCELLED"]
    emptied = [order for order in cancelled if order["products"][-1]["quantity"] < 0]
    assert 0 < len(emptied) < len(cancelled)
    assert all(amount(order["total"]) == 0 for order in emptied)
    assert all(amount(order["total"]) > 0 for order in cancelled if order not in emptied)
    assert not any(order["archived_at"] for order in cancelled)


def test_payments_make_up_the_total(orders: list[Order]) -> None:
    for order in orders:
        paid = [amount(payment["amount"]) for payment in order["payments"]]
        assert sum(paid) == amount(order["total"])
    several = [order for order in orders if len(order["payments"]) > 1]
    methods = {payment["payment_method_id"] for order in several for payment in order["payments"]}
    assert {4, 9} <= methods


def test_no_figure_has_more_than_two_decimals(orders: list[Order]) -> None:
    def figures(value: Any) -> list[Decimal]:
        if isinstance(value, dict):
            return [figure for inner in value.values() for figure in figures(inner)]
        if isinstance(value, list):
            return [figure for inner in value for figure in figures(inner)]
        return [value] if isinstance(value, Decimal) else []

    for order in orders:
        assert all(figure == round(figure, 2) for figure in figures(order) if figure % 1 != Decimal("0.250"))


@pytest.mark.parametrize(
    "is_so",
    [
        lambda order: order["shipping_address"] == [],
        lambda order: order["different_shipping_address"],
        lambda order: order["customer_id"] is None,
        lambda order: order["version_id"] == 2,
        lambda order: len(order["shipments"]) == 2,
        lambda order: order["discount"] is None,
        lambda order: order["discount"] is not None,
        lambda order: order["status"] == "OPEN",
        lambda order: order["archived_at"] is not None,
        lambda order: any("serial_number" in row for row in order["products"]),
        lambda order: any(row["unit_price"] is None for row in order["products"]),
        lambda order: any(isinstance(event["data"], dict) for event in order["events"]),
        lambda order: any(event["data"] == [] for event in order["events"]),
        lambda order: (
            order["customer_information"]["email"].strip().lower() != order["customer_information"]["email"]
        ),
    ],
)
def test_some_orders_are_so(orders: list[Order], is_so: Any) -> None:
    assert 0 < sum(map(is_so, map(dict, orders))) < len(orders)


def test_ids_have_gaps_and_rise_with_time(orders: list[Order]) -> None:
    ids = [order["id"] for order in orders]
    times = [datetime.fromisoformat(order["created_at"]) for order in orders]
    assert ids == sorted(set(ids))
    assert times == sorted(times)
    assert ids[-1] - ids[0] >= len(ids)
