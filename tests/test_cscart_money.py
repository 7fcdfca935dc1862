"""Orders as a CS-Cart shop may have them, read over HTTP and built: what each is worth, to the cent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import pytest

from pipelines import flow
from pipelines.demo.mycashflow import Answer
from pipelines.demo.opening import make_shop
from pipelines.demo.server import ShopServer, serve
from pipelines.job import Wanted
from pipelines.settings import Settings
from pipelines.transform import Wish
from pipelines.warehouse import warehouse_of
from tests.database import running_cluster
from tests.stage import Listener, settings_for
from tests.test_forget import seen

pytestmark = pytest.mark.slow

Record = dict[str, Any]
CODES = ("GC-AAAA-1111", "GC-BBBB-2222", "GC-CCCC-3333", "SC-DDDD-4444", "V-EEEE-5555")
KALLE = "kalle.quuxinen@example.com"


def line(item: int, price: str, amount: int = 1, **changes: Any) -> Record:
    return {
        "item_id": str(item),
        "product_id": str(item),
        "product_code": f"P{item}",
        "product": f"Product {item}",
        "price": price,
        "amount": str(amount),
        "extra": {},
    } | changes


def tax(applies: Mapping[str, Any], rate: str = "25.500", included: str = "Y", kind: str = "P") -> Record:
    amounts = [value for name, value in applies.items() if name != "items"]
    return {
        "rate_type": kind,
        "rate_value": rate,
        "price_includes_tax": included,
        "tax_subtotal": float(sum(Decimal(str(value)) for value in amounts)),
        "description": f"VAT {rate}",
        "applies": dict(applies),
    }


def order(number: int, total: str, *lines: Record, taxes: Any = (), **changes: Any) -> Record:
    subtotal = sum(Decimal(each["price"]) * int(each["amount"]) for each in lines)
    return {
        "order_id": str(number),
        "is_parent_order": "N",
        "parent_order_id": "0",
        "company_id": "1",
        "user_id": "0",
        "email": f"buyer{number}@example.com",
        "timestamp": str(1_790_000_000 + number),
        "updated_at": str(1_790_000_000 + number),
        "status": "C",
        "payment_id": "2",
        "subtotal": float(subtotal),
        "subtotal_discount": 0,
        "payment_surcharge": 0,
        "shipping_cost": "0.00",
        "tax_exempt": "N",
        "total": total,
        "products": {each["item_id"]: each for each in lines} or [],
        "taxes": {str(place): each for place, each in enumerate(taxes, 1)} or [],
    } | changes


SOLD = {
    "77": {
        "gift_cert_id": "5",
        "gift_cert_code": CODES[0],
        "amount": 50,
        "subtotal": 50,
        "recipient": "Kalle",
        "sender": "Aino",
        "message": "Onnea Kallelle",
        "email": f" {KALLE.title()}",
        "phone": "+358407654399",
    }
}
USED = {CODES[1]: {"gift_cert_id": "4", "amount": 30, "cost": 30}}

ORDERS = {
    # a certificate sold, and nothing else
    "sold": order(3, "50.00", subtotal=50, gift_certificates=SOLD),
    "used": order(4, "70.00", line(1, "100.00"), use_gift_certificates=USED),
    "discount on top": order(
        5, "119.23", line(1, "100.00"), taxes=[tax({"P": 24.23}, included="N")], subtotal_discount=5
    ),
    "two rates": order(
        6,
        "239.50",
        line(1001, "125.50"),
        line(1002, "114.00"),
        taxes=[
            tax({"P": 25.5, "items": {"P": {"1001": True}}}),
            tax({"P": 14, "items": {"P": {"1002": True}}}, "14.000"),
        ],
    ),
    "one rate": order(7, "9.99", line(1, "9.99"), taxes=[tax({"P": 2.03})]),
    "surcharge inside": order(
        8,
        "130.52",
        line(1, "100.00"),
        taxes=[tax({"P_1": 25.5, "PS_1": 1.02}, included="N")],
        payment_surcharge=5.02,
    ),
    "levy": order(
        9,
        "114.45",
        line(1, "125.50"),
        taxes=[tax({"P_1": 22.95}), tax({"P_1": 1.5}, "1.500", "N", "F")],
        subtotal_discount=12.55,
    ),
    "unknown status": order(10, "10.00", line(1, "10.00"), status=None),
    "everything": order(
        11,
        "95.10",
        line(21, "125.50"),
        line(22, "114.00"),
        line(23, "0.00"),
        taxes=[
            tax({"P": 22.95, "S": 1.28, "items": {"P": {"21": True, "23": True}, "S": {"0": {"1": True}}}}),
            tax({"P_22": 12.6}, "14.000"),
            tax({"P_22": 1.0}, "1.000", "N", "F"),
            tax({"PS_2": 0.51}, included="N"),
        ],
        subtotal_discount=23.95,
        shipping_cost="6.28",
        payment_surcharge=2,
        subtotal=259.50,
        gift_certificates={"78": {"gift_cert_code": CODES[2], "amount": "20.00", "subtotal": 99}},
        use_gift_certificates={CODES[1]: {"amount": 500, "cost": 148.24}},
        points_info={"reward": 3, "in_use": {"points": "200", "cost": 2}},
    ),
    "came back": order(
        12,
        "20.00",
        line(31, "20.00"),
        taxes=[tax({"P_31": 4.06})],
        returned_products={"32": line(32, "30.00", 2, subtotal=60)},
    ),
    "free certificate": order(
        13,
        "20.00",
        line(31, "20.00"),
        gift_certificates={"79": {"amount": 10, "subtotal": 10, "extra": {"exclude_from_calculate": True}}},
    ),
    "exempt": order(14, "100.00", line(1, "100.00"), taxes=[tax({"P": 25.5}, included="N")], tax_exempt="Y"),
    "not lowered": order(
        15, "100.00", line(1, "100.00"), use_gift_certificates={CODES[1]: {"amount": 40, "cost": 40}}
    ),
    # what nobody declared and may hold codes or people, and what is no list of certificates
    "odd": order(
        16,
        "5.00",
        line(1, "5.00"),
        store_credit={CODES[3]: {"email": KALLE}},
        vouchers=CODES[4],
        gift_card_number=CODES[4],
        add_on=[CODES[3]],
        remark=f"Lahja: {KALLE.upper()}",
    ),
}


def answering(server: ShopServer) -> None:
    """Lets the shop's CS-Cart API list these orders and no others."""
    whole = server.cart.answer

    def answer(method: str, path: str, query: str, headers: Any) -> Answer:
        if not path.endswith("/orders"):
            return whole(method, path, query, headers)
        asked = parse_qs(query)
        since = int(asked.get("updated_at_from", ["0"])[0])
        until = int(asked.get("updated_at_to", ["99999999999"])[0])
        rows = [row for row in ORDERS.values() if since <= int(row["updated_at"]) <= until]
        size, page = int(asked["items_per_page"][0]), int(asked["page"][0])
        params = {"page": str(page), "items_per_page": str(size), "total_items": str(len(rows))}
        shown = rows[(page - 1) * size : page * size]
        return Answer(200, json.dumps({"orders": shown, "params": params}).encode())

    server.cart.answer = answer  # type: ignore[method-assign]


@dataclass(frozen=True)
class Built:
    settings: Settings
    said: list[str]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with warehouse_of(self.settings).connect(read_only=True) as connection:
            return [tuple(row) for row in connection.execute(sql).fetchall()]

    def seen(self, words: list[str]) -> set[str]:
        """The files and tables that hold one of these words."""
        if not self.settings.server:
            return seen(self.settings, words)
        tables = self.rows(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema not in ('pg_catalog', 'information_schema')"
        )
        texts = {
            f"{schema}.{table}": str(self.rows(f'select * from "{schema}"."{table}"')).lower()
            for schema, table in tables
        }
        return {f"{word} in {name}" for name, text in texts.items() for word in words if word.lower() in text}

    def order(self, name: str, *columns: str) -> tuple[Any, ...]:
        (row,) = self.rows(
            f"select {', '.join(columns)} from marts.fct_orders where order_id = {ORDERS[name]['order_id']}"
        )
        return row

    def lines(self, name: str, *columns: str) -> list[tuple[Any, ...]]:
        return self.rows(
            f"select {', '.join(columns)} from marts.fct_order_lines"
            f" where order_id = {ORDERS[name]['order_id']} order by abs(order_line_id), order_line_id desc"
        )


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The orders read and built, in a file or in a database."""
    with ExitStack() as stack:
        server = stack.enter_context(serve(stack.enter_context(make_shop(30, seed=3))))
        answering(server)
        settings = settings_for(tmp_path_factory.mktemp("money"), f"{server.url}/cscart")
        if request.param == "postgres":
            cluster = stack.enter_context(running_cluster())
            settings = replace(settings, server=stack.enter_context(cluster.database("money")))
        listener = Listener()
        assert flow.run(settings, settings.chosen(), Wish(as_of="2026-12-01"), listener).exit_code == 0
        yield Built(settings, listener.lines)


def euros(*amounts: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, amounts))


PARTS = ("gross_sales", "returns", "discounts", "shipping", "fees", "tax", "total", "net_sales")


@pytest.mark.parametrize(
    ("name", "parts"),
    {
        "sold": ("50", "0", "0", "0", "0", "0", "50", "0"),
        "used": ("100", "0", "0", "0", "0", "0", "100", "100"),
        "discount on top": ("125.50", "0", "6.27", "0", "0", "24.23", "119.23", "95"),
        "two rates": ("239.50", "0", "0", "0", "0", "39.50", "239.50", "200"),
        "one rate": ("9.99", "0", "0", "0", "0", "2.03", "9.99", "7.96"),
        "surcharge inside": ("125.50", "0", "0", "0", "5.02", "26.52", "130.52", "100"),
        "levy": ("127", "0", "12.55", "0", "0", "24.45", "114.45", "90"),
        "unknown status": ("10", "0", "0", "0", "0", "0", "10", "10"),
        "everything": ("260.50", "0", "23.95", "6.28", "2.51", "38.34", "245.34", "180"),
        "came back": ("80", "60", "0", "0", "0", "4.06", "20", "15.94"),
        "free certificate": ("20", "0", "0", "0", "0", "0", "20", "20"),
        "exempt": ("100", "0", "0", "0", "0", "0", "100", "100"),
        "not lowered": ("100", "0", "0", "0", "0", "0", "100", "100"),
        "odd": ("5", "0", "0", "0", "0", "0", "5", "5"),
    }.items(),
)
def test_an_order_is_worth_what_its_parts_say(built: Built, name: str, parts: tuple[str, ...]) -> None:
    assert dict(zip(PARTS, built.order(name, *PARTS), strict=True)) == dict(
        zip(PARTS, euros(*parts), strict=True)
    )


def test_nothing_warns(built: Built) -> None:
    assert [said for said in built.said if said.startswith("warning")] == []


def test_a_tax_is_on_the_lines_that_it_names_at_its_own_rate(built: Built) -> None:
    columns = ("vat_rate", "amount_incl_vat", "amount_excl_vat")
    assert built.lines("two rates", *columns) == [
        euros("25.5", "125.50", "100"),
        euros("14", "114", "100"),
    ]
    assert built.lines("one rate", "vat_rate") == [euros("25.5")]
    assert built.lines("levy", *columns) == [euros("25.5", "127", "100")]
    assert built.lines("everything", "is_gift_card", *columns, "net_sales", "gift_card_sales") == [
        (True, *euros("0", "20", "20", "0", "20")),
        (False, *euros("25.5", "125.50", "100", "90", "0")),
        (False, *euros("14", "115", "100", "90", "0")),
        (False, *euros("25.5", "0", "0", "0", "0")),
    ]


def test_certificates_are_sold_as_a_debt_and_used_as_a_payment(built: Built) -> None:
    assert built.order("sold", "gift_card_sales", "is_purchase", "paid") == (Decimal(50), True, Decimal(50))
    assert built.order("everything", "gift_card_sales", "paid") == euros("20", "245.34")
    payments = built.rows(
        "select order_id, payment_type, amount, paid from marts.fct_payments"
        " where order_id in (4, 11, 15) order by order_id, payment_type nulls first"
    )
    assert payments == [
        (number, kind, Decimal(amount), Decimal(amount))
        for number, kind, amount in (
            (4, None, "70"),
            (4, "gift_card", "30"),
            (11, None, "95.10"),
            (11, "gift_card", "148.24"),
            (11, "points", "2"),
            (15, None, "60"),
            (15, "gift_card", "40"),
        )
    ]
    assert built.order("used", "paid") == built.order("not lowered", "paid") == (Decimal(100),)
    assert built.rows(
        "select sum(gift_card_sales), sum(net_sales), sum(total) from metrics.met_sales_daily"
    ) == built.rows(
        "select sum(gift_card_sales), sum(net_sales), sum(total) from marts.fct_orders where is_counted"
    )


def test_a_status_that_is_missing_counts_everywhere(built: Built) -> None:
    assert built.order("unknown status", "is_counted", "paid") == (True, Decimal(10))
    assert built.rows("select status, is_settled from marts.fct_payments where order_id = 10") == [
        ("paid", True)
    ]


def test_what_came_back_is_a_return_of_its_own(built: Built) -> None:
    assert built.lines("came back", "is_return", "quantity", "amount_incl_vat") == [
        (False, Decimal(2), Decimal(60)),
        (True, Decimal(-2), Decimal(-60)),
        (False, Decimal(1), Decimal(20)),
    ]


def test_no_code_is_in_any_table_or_file(built: Built) -> None:
    assert built.seen([*CODES, "Gc-Aaaa"]) == set()
    sold, used = (
        built.rows(f"select gift_cert_code from raw_cscart.orders__{name} where order_id = {number}")
        for name, number in (("gift_certificates", 3), ("use_gift_certificates", 4))
    )
    assert all(len(code) == 64 for ((code,),) in (sold, used))
    assert sold != used


def test_a_recipient_is_forgotten_and_stays_so(built: Built) -> None:
    settings = built.settings
    before = built.rows("select sum(net_sales), sum(total), count(*) from marts.fct_orders")
    words = [KALLE, "Onnea Kallelle", "+358407654399", "407654399"]
    assert built.seen(words)
    listener = Listener()
    flow.forget(settings, KALLE.upper(), listener)
    assert listener.lines[-2] == "forgotten in orders 2"
    assert built.seen(words) == set()
    flow.sync(settings, settings.chosen(), Wanted(full=True), Listener())
    assert built.seen(words) == set()
    flow.build(settings, Wish(as_of="2026-12-01"), Listener())
    assert built.rows("select sum(net_sales), sum(total), count(*) from marts.fct_orders") == before
    assert built.rows(
        "select recipient, sender, email, amount from raw_cscart.orders__gift_certificates where order_id = 3"
    ) == [(None, None, None, Decimal(50))]
    assert built.rows("select email from raw_cscart.orders where order_id = 3") == [("buyer3@example.com",)]
