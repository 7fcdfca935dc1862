"""Orders as CS-Cart shows them; the numbers in names are sections of reference/cscart-and-apifon.md."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from pipelines.demo.shop import Shop

Record = dict[str, Any]
LETTERS = {"COMPLETED": "C", "OPEN": "POB", "CANCELLED": "IFD"}


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def sold(orders: list[Record]) -> dict[int, Record]:
    """The shop's own orders but its return orders, by id."""
    return {order["id"]: order for order in orders if any(row["quantity"] > 0 for row in order["products"])}


@pytest.fixture(scope="module")
def own(orders: list[Record]) -> dict[int, Record]:
    return sold(orders)


@pytest.fixture
def full(cart: Any) -> list[Record]:
    found: list[Record] = cart.full()
    return found


def test_3_1_the_same_orders_but_return_orders(
    any_cart: Any, own: dict[int, Record], orders: list[Record]
) -> None:
    assert any_cart.ids("orders", sort_by="order_id", sort_order="asc") == list(own)
    assert len(own) < len(orders)


def test_3_1_unfinished_orders_are_hidden_and_parents_always(any_cart: Any, own: dict[int, Record]) -> None:
    shown = set(any_cart.ids("orders"))
    more = {row["order_id"]: row["status"] for row in any_cart.rows("orders", include_incompleted="Y")}
    hidden = {int(number) for number in more} - shown
    assert hidden
    assert {more[str(number)] for number in hidden} == {"N"}
    assert set(any_cart.ids("orders", status="N")) == hidden
    assert set(any_cart.ids("orders", status=["N", "P"])) > hidden
    assert any_cart.ids("orders", include_incompleted=0) == any_cart.ids("orders")
    child = next(row for row in any_cart.rows("orders") if row["parent_order_id"] != "0")
    parent = any_cart.get(f"orders/{child['parent_order_id']}").json
    assert (parent["status"], parent["is_parent_order"]) == ("T", "Y")
    assert any_cart.ids("orders", status=["T"]) == []
    assert any_cart.ids("orders", parent_order_id=parent["order_id"]) == [int(child["order_id"])]


def test_3_2_list_rows(any_cart: Any) -> None:
    rows = any_cart.rows("orders")
    assert list(rows[0])[:18] == [
        "order_id", "issuer_id", "user_id", "is_parent_order", "parent_order_id", "company_id",
        "company", "timestamp", "firstname", "lastname", "email", "phone", "status", "total",
        "issuer_name", "issuer_email", "invoice_id", "credit_memo_id",
    ]  # fmt: skip
    assert all(isinstance(value, (str, type(None))) for row in rows for value in row.values())
    assert any("points" in row for row in rows)
    assert "user_type" in any_cart.rows("orders", extra=["user_type"])[0]


def test_3_2_money_and_dates_are_the_shops_own(any_cart: Any, own: dict[int, Record]) -> None:
    for row in any_cart.rows("orders"):
        order = own[int(row["order_id"])]
        assert Decimal(row["total"]) == order["total"]
        assert int(row["timestamp"]) == moment(order["created_at"])


def test_3_4_statuses(carts: dict[str, Any], own: dict[int, Record]) -> None:
    for row in carts["4.18"].rows("orders"):
        assert row["status"] in LETTERS[own[int(row["order_id"])]["status"]]
    assert {row["status"] for row in carts["4.18"].rows("orders")} <= set("PCOBFDI")
    paid = {
        number
        for number, order in own.items()
        if order["status"] != "CANCELLED" and all(paid["status"] != "OPEN" for paid in order["payments"])
    }
    assert set(carts["4.18"].ids("orders", status=["P", "C"])) == paid


@pytest.mark.parametrize("params", [{"status": "C"}, {"status": ["P", "O"]}, {"status": "P,O"}])
def test_3_1_status(cart: Any, params: dict[str, Any]) -> None:
    asked = set(params["status"]) - {","}
    expected = [row["order_id"] for row in cart.rows("orders") if row["status"] in asked]
    assert [row["order_id"] for row in cart.rows("orders", **params)] == expected


def test_3_1_other_filters(any_cart: Any) -> None:
    rows = any_cart.rows("orders")
    row = next(row for row in rows if row["user_id"] != "0")
    part = row["email"][2:-2].upper()
    filters: list[tuple[dict[str, Any], Callable[[Record], bool]]] = [
        ({"email": part}, lambda order: part.casefold() in order["email"].casefold()),
        ({"cname": "aino"}, lambda order: "aino" in f"{order['firstname']} {order['lastname']}".casefold()),
        ({"phone": "+358 000-0000"}, lambda order: order["phone"].startswith("+358 000 0000")),
        ({"user_id": [row["user_id"], "0"]}, lambda order: order["user_id"] in (row["user_id"], "0")),
        (
            {"order_id": f"{row['order_id']},10001"},
            lambda order: order["order_id"] in (row["order_id"], "10001"),
        ),
        ({"company_id": 2}, lambda order: order["company_id"] == "2"),
        (
            {"total_from": "50.5", "total_to": 90},
            lambda order: Decimal("50.5") <= Decimal(order["total"]) <= 90,
        ),
    ]
    for params, holds in filters:
        found = any_cart.rows("orders", **params)
        assert found == [order for order in rows if holds(order)], params
        assert 0 < len(found) < len(rows), params


def test_3_1_products_payments_shippings(cart: Any, full: list[Record]) -> None:
    bought = next(line["product_id"] for line in full[0]["products"].values())
    assert int(full[0]["order_id"]) in cart.ids("orders", p_ids=bought)
    assert set(cart.ids("orders", payments=["1", "3"])) == {
        int(order["order_id"]) for order in full if order["payment_id"] in ("1", "3")
    }
    assert set(cart.ids("orders", shippings=["2"])) == {
        int(order["order_id"]) for order in full if order["shipping_ids"] == "2"
    }


def test_3_1_times_need_a_period(any_cart: Any) -> None:
    rows = any_cart.rows("orders")
    low, high = int(rows[400]["timestamp"]), int(rows[100]["timestamp"])
    for params in ({"time_from": low}, {"period": "A", "time_from": low}, {"period": "", "time_to": high}):
        assert any_cart.rows("orders", **params) == rows
    found = any_cart.rows("orders", period="C", time_from=low, time_to=high)
    assert found == [row for row in rows if low <= int(row["timestamp"]) <= high]
    first = moment("2025-11-03T00:00:00+02:00")
    day = any_cart.rows("orders", period="C", time_from="3/11/2025", time_to="9/11/2025")
    assert day == [row for row in rows if first <= int(row["timestamp"]) < first + 7 * 86_400]


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("D", "2026-03-20T00:00:00+02:00", "2026-03-20T23:59:59+02:00"),
        ("LD", "2026-03-19T00:00:00+02:00", "2026-03-19T23:59:59+02:00"),
        ("W", "2026-03-16T00:00:00+02:00", "2026-03-20T23:59:59+02:00"),
        ("LW", "2026-03-09T00:00:00+02:00", "2026-03-15T23:59:59+02:00"),
        ("M", "2026-03-01T00:00:00+02:00", "2026-03-20T23:59:59+02:00"),
        ("LM", "2026-02-01T00:00:00+02:00", "2026-02-28T23:59:59+02:00"),
        ("Y", "2026-01-01T00:00:00+02:00", "2026-03-20T23:59:59+02:00"),
        ("LY", "2025-01-01T00:00:00+02:00", "2025-12-31T23:59:59+02:00"),
        ("HH", "2026-03-19T12:00:00+02:00", "2026-03-20T12:00:00+02:00"),
        ("HW", "2026-03-13T12:00:00+02:00", "2026-03-20T12:00:00+02:00"),
        ("HM", "2026-02-18T12:00:00+02:00", "2026-03-20T12:00:00+02:00"),
        ("HC&last_days=3", "2026-03-17T12:00:00+02:00", "2026-03-20T12:00:00+02:00"),
    ],
)
def test_3_1_periods(
    own_shop: Shop, ask: Callable[..., Any], cart: Any, end: int, period: str, first: str, last: str
) -> None:
    cart.client = ask(own_shop)
    own_shop.clock = lambda: end
    edges = [moment(first) - 1, moment(first), moment(last), moment(last) + 1]
    ids = [own_shop.insert("orders", {}, at=edge) for edge in edges]
    target = f"{cart.root}/api/orders?items_per_page=0&period={period}"
    found = {int(order["order_id"]) for order in cart.client.request("GET", target).json["orders"]}
    assert [number in found for number in ids] == [False, True, True, False]


@pytest.mark.parametrize("dialect", ["4.18", "4.13"])
def test_3_1_updated_at_is_filtered_inclusively(
    carts: dict[str, Any], dialect: str, own: dict[int, Record]
) -> None:
    store = carts[dialect]
    stamps = sorted(moment(order["updated_at"]) for order in own.values())
    low, high = stamps[300], stamps[400]
    changed = {number for number, order in own.items() if low <= moment(order["updated_at"]) <= high}
    assert set(store.ids("orders", updated_at_from=low, updated_at_to=high)) == changed
    assert store.ids("orders", updated_at_from="2024-01-01x") == store.ids("orders", updated_at_from=2024)
    assert store.get("orders", updated_at_from=4_000_000_000).json["params"]["total_items"] == "0"


def test_3_6_the_old_release_ignores_what_it_does_not_know(carts: dict[str, Any]) -> None:
    old = carts["4.10"]
    everything = old.rows("orders")
    assert old.rows("orders", updated_at_from=4_000_000_000, get_orders_data=1) == everything
    assert "updated_at" not in old.get(f"orders/{everything[0]['order_id']}").json


def test_3_3_rows_in_full_are_the_orders_alone(any_cart: Any) -> None:
    row = any_cart.get("orders", items_per_page=1, get_orders_data=1).json["orders"][0]
    alone = any_cart.get(f"orders/{row['order_id']}").json
    assert "products" in alone
    assert (row == alone) == (any_cart.root != "/cscart-4.10")


def test_3_3_updated_at_is_0_for_some_old_orders(
    full: list[Record], own: dict[int, Record], cart: Any
) -> None:
    old = [order for order in full if order["updated_at"] == "0"]
    assert 0 < len(old) < len(full) / 4
    assert not {int(order["order_id"]) for order in old} & set(cart.ids("orders", updated_at_from=1))
    for order in full:
        if order["updated_at"] != "0":
            assert int(order["updated_at"]) == moment(own[int(order["order_id"])]["updated_at"])


@pytest.mark.parametrize(
    ("by", "key"),
    [
        ("order_id", lambda row: int(row["order_id"])),
        ("status", lambda row: row["status"]),
        ("customer", lambda row: (row["lastname"].casefold(), row["firstname"].casefold())),
        ("email", lambda row: row["email"].casefold()),
        ("date", lambda row: int(row["timestamp"])),
        ("total", lambda row: Decimal(row["total"])),
    ],
)
def test_3_1_sorts(any_cart: Any, by: str, key: Callable[[Record], Any]) -> None:
    for order in ("asc", "desc"):
        values = [key(row) for row in any_cart.rows("orders", sort_by=by, sort_order=order)]
        if any_cart.root == "/cscart" or by != "status":
            assert values == sorted(values, reverse=order == "desc")


def test_0_3_other_sorts_fall_back_to_date(any_cart: Any) -> None:
    answer = any_cart.get("orders", sort_by="updated_at", sort_order="up", items_per_page=0).json
    assert (answer["params"]["sort_by"], answer["params"]["sort_order"]) == ("date", "desc")
    assert answer["orders"] == any_cart.rows("orders")


def test_3_3_money_adds_up(full: list[Record], own: dict[int, Record]) -> None:
    for order in full:
        record = own[int(order["order_id"])]
        assert isinstance(order["total"], str)
        parts = (order["subtotal"], -order["subtotal_discount"], order["payment_surcharge"])
        assert all(isinstance(part, (Decimal, int)) for part in parts)
        assert Decimal(order["total"]) == sum(parts) + Decimal(order["shipping_cost"]) == record["total"]
        lines = list(order["products"].values()) if order["products"] else []
        assert sum(Decimal(line["price"]) * int(line["amount"]) for line in lines) == order["subtotal"]
        assert sum(line["discount"] * int(line["amount"]) for line in lines) == order["discount"]
        assert all(line["base_price"] - line["discount"] == Decimal(line["price"]) for line in lines)


def test_3_3_taxes_are_the_shops_own(full: list[Record], own: dict[int, Record]) -> None:
    for order in full:
        summary = own[int(order["order_id"])]["tax_summary"]
        taxes = list(order["taxes"].values()) if order["taxes"] else []
        assert sum(tax["tax_subtotal"] for tax in taxes) == sum(
            part["total_tax"] for part in summary["total"]
        )
        assert all(tax["tax_subtotal"] == sum(tax["applies"].values()) for tax in taxes)
        assert {tax["price_includes_tax"] for tax in taxes} <= {"Y"}
        applies = [pair for tax in taxes for pair in tax["applies"].items()]
        for item, line in (order["products"] or {}).items():
            assert line["tax_value"] == sum(amount for name, amount in applies if name == f"P_{item}")
        shipping = sum(amount for name, amount in applies if name.startswith("S_"))
        assert Decimal(order["shipping_tax_value"]) == shipping


def test_3_3_returned_goods_are_taken_off(full: list[Record], own: dict[int, Record]) -> None:
    seen = set()
    for order in full:
        rows = own[int(order["order_id"])]["products"]
        lines = list((order["products"] or {}).values())
        assert sum(int(line["amount"]) for line in lines) == sum(row["quantity"] for row in rows)
        assert all(int(line["amount"]) > 0 for line in lines)
        back = sum(int(line["returns_info"]["C"]) for line in lines if "returns_info" in line)
        gone = -sum(row["quantity"] for row in rows if row["quantity"] < 0)
        assert back <= gone
        seen.add((bool(back), bool(gone), bool(lines)))
    assert {(True, True, True), (False, True, False)} <= seen


def test_3_3_maps_are_lists_when_empty(full: list[Record]) -> None:
    for name in ("products", "taxes", "promotions", "payment_info", "fields"):
        assert {type(order[name]) for order in full} == {dict, list}, name
        assert all(order[name] == [] for order in full if isinstance(order[name], list))
    assert all(key == line["item_id"] for order in full for key, line in (order["products"] or {}).items())


def test_3_3_an_item_id_is_the_same_in_other_orders(full: list[Record]) -> None:
    keys = [key for order in full for key in order["products"] or {}]
    assert len(set(keys)) < len(keys)


def test_3_3_coupons_only_if_used(full: list[Record], own: dict[int, Record]) -> None:
    used = {int(order["order_id"]): list(order["coupons"]) for order in full if "coupons" in order}
    assert used == {
        number: order["campaign_codes"] for number, order in own.items() if "campaign_codes" in order
    }


def test_3_3_what_a_client_must_drop_is_there(any_cart: Any) -> None:
    number = any_cart.ids("orders", payments=["1"])[0]
    order = any_cart.get(f"orders/{number}").json
    assert order["payment_info"]["card_number"]
    assert order["product_groups"][0]["user_data"]["email"] == order["email"]


def test_3_5_an_edit_moves_updated_at(own_shop: Shop, ask: Callable[..., Any], cart: Any, end: int) -> None:
    cart.client = ask(own_shop)
    cart.ids("orders")
    own_shop.clock = lambda: end + 100
    touched = own_shop.touch(5)
    assert set(cart.ids("orders", updated_at_from=end + 100)) == set(touched) & set(cart.ids("orders"))
    order = cart.get(f"orders/{touched[0]}").json
    assert (order["updated_at"], order["details"]) == (str(end + 100), f"Tarkistettu {end + 100}")
    own_shop.update("orders", touched[1], {"status": "CANCELLED"}, at=end + 200)
    changed = cart.get(f"orders/{touched[1]}").json
    assert (changed["status"] in "IFD", changed["updated_at"]) == (True, str(end + 200))


def test_3_5_orders_come_and_go(own_shop: Shop, ask: Callable[..., Any], cart: Any, end: int) -> None:
    cart.client = ask(own_shop)
    before = cart.ids("orders")
    number = own_shop.insert("orders", {"total": 12.5}, at=end + 5)
    row = cart.get("orders", items_per_page=1).json["orders"][0]
    assert (row["order_id"], row["total"], row["timestamp"]) == (str(number), "12.50", str(end + 5))
    assert cart.get(f"orders/{number}").json["products"] == []
    own_shop.delete("orders", number)
    assert cart.ids("orders") == before
    gone = before[10]
    own_shop.delete("orders", gone)
    assert cart.get(f"orders/{gone}").status == 404
    assert gone not in cart.ids("orders", include_incompleted=1)


def test_3_5_a_guest_who_registers_is_linked_without_a_trace(
    own_shop: Shop, ask: Callable[..., Any], cart: Any, end: int
) -> None:
    cart.client = ask(own_shop)
    guest = next(order for order in cart.full() if order["user_id"] == "0")
    user = own_shop.insert("customers", {"email": guest["email"].upper()}, at=end)
    linked = cart.get(f"orders/{guest['order_id']}").json
    assert (linked["user_id"], linked["updated_at"]) == (str(user), guest["updated_at"])
    assert int(guest["order_id"]) in cart.ids("orders", user_id=user)
    own_shop.delete("customers", user)
    assert cart.get(f"orders/{guest['order_id']}").json == guest


def test_3_5_the_orders_of_a_deleted_account_are_nobodys(
    own_shop: Shop, ask: Callable[..., Any], cart: Any
) -> None:
    cart.client = ask(own_shop)
    order = next(order for order in cart.full() if order["user_id"] != "0")
    own_shop.delete("customers", int(order["user_id"]))
    after = cart.get(f"orders/{order['order_id']}").json
    assert (after["user_id"], after["updated_at"]) == ("0", order["updated_at"])


def test_4_1_guests_are_no_users(cart: Any, full: list[Record]) -> None:
    users = {user["email"].lower() for user in cart.rows("users", user_type="C")}
    guests = {order["email"].lower() for order in full if order["user_id"] == "0"}
    assert guests - users
    known = {user["user_id"] for user in cart.rows("users", user_type="C")}
    assert {order["user_id"] for order in full} - {"0"} <= known
