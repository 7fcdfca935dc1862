"""One shop, read through both of its APIs into one warehouse: CS-Cart's numbers are the shop's own books.

The store `demo` is read through MyCashflow's API and `cart` through CS-Cart's. What CS-Cart cannot tell is
left out of the comparison: returns on their own day and return orders, which lines that came back whole were
bought at a lower price, who unsubscribed, and who was asked to confirm an address and has not.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import duckdb
import pytest

from pipelines import flow
from pipelines.demo.cscart_addons import ADDONS
from pipelines.demo.cscart_entities import NEWSLETTER
from pipelines.demo.opening import make_shop
from pipelines.demo.server import serve
from pipelines.settings import Settings
from pipelines.transform import Wish, project_folder
from pipelines.warehouse.duck import DuckWarehouse
from tests.stage import Listener, settings_for, with_cart
from tests.test_forget import contents

pytestmark = pytest.mark.slow

# Segments of which money, returns and the newsletter list decide nothing.
SHARED = (
    "new_customers_30",
    "recent_buyers_30",
    "recent_buyers_90",
    "frequent_buyers",
    "lapsed_customers",
    "first_time_buyers_30",
    "one_time_buyers",
    "repeat_customers",
    "at_risk",
    "win_back",
    "second_order_due",
    "business_customers",
    "multi_store_customers",
)
PLACED = ["P", "C", "O", "B", "Y"]
CODE = re.compile(rb"GC-[0-9A-F]{4}-[0-9A-F]{4}")

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Built:
    """A warehouse with both stores, and the shop's books.

    Attributes:
        books: the books as far as CS-Cart can tell them.
        own: the shop's own.
    """

    settings: Settings
    books: dict[str, Any]
    own: dict[str, Any]

    def rows(self, sql: str, warehouse: Path | None = None) -> list[Row]:
        """Rows of a query over the warehouse, or over a copy."""
        with duckdb.connect(str(warehouse or self.settings.warehouse), read_only=True) as connection:
            connection.execute("set time zone 'UTC'")
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """Loaded over HTTP, built and tested as of the last day of the shop."""
    with make_shop(400, seed=11) as shop, serve(shop) as server:
        with urlopen(f"{server.url}/demo/ledger") as answer:
            own = json.load(answer)
        settings = with_cart(settings_for(tmp_path_factory.mktemp("both"), server.url), server.url)
        wish = Wish(as_of=own["as_of"])
        assert flow.run(settings, settings.chosen(), wish, Listener()).exit_code == 0
        yield Built(settings, own["cscart"], own)


@pytest.fixture(scope="module")
def placed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which the CS-Cart store counts every order that stands, as MyCashflow does."""
    from dbt.cli.main import dbtRunner

    copy = Path(shutil.copy(built.settings.warehouse, tmp_path_factory.mktemp("placed")))
    project, target = str(project_folder()), str(copy.parent)
    variables = {
        "warehouse_path": str(copy),
        "platforms": ["mycashflow", "cscart"],
        "counted_statuses": {"cart": PLACED},
        "as_of": built.own["as_of"],
    }
    words = ["run", "--project-dir", project, "--profiles-dir", project, "--target-path", target]
    words += ["--log-path", target, "--log-level", "none", "--vars", json.dumps(variables)]
    with DuckWarehouse(copy).dbt():
        result = dbtRunner().invoke([*words, "--select", "int_cscart__order_statuses+"])
    assert result.success, result.exception
    return copy


def money(by_day: dict[str, str]) -> dict[str, Decimal]:
    """The days of the books on which something moved."""
    return {day: Decimal(amount) for day, amount in by_day.items() if Decimal(amount)}


def daily(built: Built, store: str, column: str) -> dict[str, Any]:
    """A figure of each day on which it is not 0."""
    found = built.rows(
        f"select cast(sales_date as text), {column} from metrics.met_sales_daily"
        f" where store = '{store}' and {column} <> 0"
    )
    return dict(found)


def test_net_sales_of_every_day_are_the_books_to_the_cent(built: Built) -> None:
    assert daily(built, "cart", "net_sales") == money(built.books["paid"]["net_sales_by_day"])
    assert daily(built, "demo", "net_sales") == money(built.own["net_sales_by_day"])


def test_orders_and_new_customers_of_every_day_are_the_books(built: Built) -> None:
    for column, figure in (("order_count", "orders_by_day"), ("new_customer_count", "new_customers_by_day")):
        assert daily(built, "cart", column) == built.books["paid"][figure]


@pytest.mark.parametrize("store", ["demo", "cart"])
def test_the_bridge_begins_with_what_the_shop_s_admin_shows(built: Built, store: str) -> None:
    books = built.own if store == "demo" else built.books
    ((first,),) = built.rows(
        f"select cast(min(sales_date) as text) from metrics.met_sales_daily where store = '{store}'"
    )
    shown = built.rows(
        "select cast(sales_date as text), admin_total from metrics.met_sales_bridge"
        f" where store = '{store}' and admin_total <> 0"
    )
    true = money(books["admin_totals_by_day"])
    assert dict(shown) == {day: total for day, total in true.items() if day >= first}


def test_the_bridge_leads_to_the_net_sales_of_the_books(built: Built) -> None:
    (own, cart) = built.rows(
        "select sum(admin_total - not_counted_total + unstated_tax - platform_difference + moved_returns),"
        " sum(admin_total - not_counted_total + unstated_tax - platform_difference + moved_returns - tax"
        " - shipping_excl_vat - fees_excl_vat), sum(gross_sales_excl_vat - discounts_excl_vat"
        " - returns_excl_vat), sum(abs(moved_returns)), sum(not_counted_total), sum(abs(platform_difference))"
        " from metrics.met_sales_bridge group by store order by store desc"
    )
    for found, true in ((own, built.own["money"]), (cart, built.books["paid"]["money"])):
        total, net_sales = Decimal(true["total"]), Decimal(true["net_sales"])
        assert found[:3] == (total, net_sales, net_sales)
        assert found[4] > 0
        assert found[5] == 0
    assert own[3] > 0
    assert cart[3] == 0


def test_trends_end_with_the_last_day_that_was_over_when_the_shop_was_read(built: Built) -> None:
    ((read_until,),) = built.rows("select max(window_to) from ops.windows where resource = 'orders'")
    as_of = date.fromisoformat(built.own["as_of"])
    last = min(as_of, read_until.astimezone(ZoneInfo("Europe/Helsinki")).date() - timedelta(days=1))
    ends = built.rows(
        "select distinct last_date from metrics.met_sales_periods where is_latest"
        " and (period = 'last_30_days' or period = 'last_365_days')"
    )
    assert ends == [(last,)]
    assert built.rows("select distinct last_whole_day, shared_last_whole_day from marts.dim_stores") == [
        (last, last)
    ]
    if last < as_of:
        assert "Today so far" in built.settings.report.read_text(encoding="utf-8")


def test_the_parts_of_all_orders_are_the_books(built: Built) -> None:
    (row,) = built.rows(
        "select sum(gross_sales - returns), sum(discounts), sum(shipping), sum(fees), sum(tax), sum(total),"
        " sum(net_sales) from marts.fct_orders where store = 'cart' and is_counted"
    )
    names = ("subtotal", "discounts", "shipping", "fees", "tax", "total", "net_sales")
    assert dict(zip(names, row, strict=True)) == {
        name: Decimal(amount) for name, amount in built.books["paid"]["money"].items()
    }


def test_segments_have_the_size_that_the_books_say(built: Built) -> None:
    sizes = dict(
        built.rows("select segment, count(*) from segments.segment_members where store = 'cart' group by 1")
    )
    assert {name: sizes.get(name, 0) for name in built.books["paid"]["segments"]} == (
        built.books["paid"]["segments"]
    )


def test_every_status_of_an_order_is_read(built: Built) -> None:
    found = dict(built.rows("select status, count(*) from raw_cscart.orders group by 1"))
    counted = dict(
        built.rows("select status, count(*) from marts.fct_orders where store = 'cart' group by 1")
    )
    expected = {letter: count for letter, count in built.books["statuses"].items() if letter != "T"}
    assert found == expected
    assert sum(counted.values()) == sum(expected.values()) - expected.get("N", 0)


def test_the_newsletter_list_is_who_has_confirmed(built: Built) -> None:
    subscribed, pending = built.rows(
        "select count(*) filter (where is_subscribed), count(*) filter (where not is_subscribed)"
        " from marts.fct_email_subscriptions where store = 'cart'"
    )[0]
    assert {"A": subscribed, "P": pending} == {"P": 0, **built.books["subscribers"]}


def test_the_same_people_are_in_the_segments_of_both_stores(built: Built, placed: Path) -> None:
    sql = (
        "select members.segment, customers.email_normalised from segments.segment_members as members"
        " inner join marts.dim_customers as customers on members.customer_key = customers.customer_key"
        " where members.store = '{}' and members.segment in {} order by all"
    )
    cart = built.rows(sql.format("cart", SHARED), placed)
    assert cart == built.rows(sql.format("demo", SHARED), placed)
    assert {segment for segment, _ in cart} >= {"recent_buyers_90", "lapsed_customers", "repeat_customers"}


def test_each_store_has_its_own_platform_in_every_mart(built: Built) -> None:
    tables = built.rows(
        "select table_schema || '.' || table_name from information_schema.columns"
        " where column_name = 'platform' and table_schema in ('marts', 'metrics', 'segments')"
    )
    assert len(tables) > 10
    for (table,) in tables:
        pairs = set(built.rows(f"select distinct store, platform from {table}"))
        assert pairs <= {("demo", "mycashflow"), ("cart", "cscart")}, table


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """A shop with certificates, RMA, taxes on the subtotal and some prices without tax, read and built."""
    with make_shop(900, seed=7) as shop, serve(shop, addons=(NEWSLETTER, *ADDONS)) as server:
        with urlopen(f"{server.url}/demo/ledger") as answer:
            own = json.load(answer)
        settings = settings_for(tmp_path_factory.mktemp("addons"), f"{server.url}/cscart")
        listener = Listener()
        wish = Wish(as_of=own["as_of"])
        assert flow.run(settings, settings.chosen(), wish, listener).exit_code == 0
        assert [line for line in listener.lines if line.startswith("warning")] == []
        yield Built(settings, own["cscart"], own)


def test_with_add_ons_every_day_is_the_books_less_the_certificates_sold(certificates: Built) -> None:
    paid = certificates.books["paid"]
    net, cards = money(paid["net_sales_by_day"]), money(paid["gift_card_sales_by_day"])
    found = daily(certificates, "demo", "gift_card_sales")
    assert found == cards
    assert len(found) > 5
    less = {day: amount - cards.get(day, Decimal(0)) for day, amount in net.items()}
    assert daily(certificates, "demo", "net_sales") == {day: amount for day, amount in less.items() if amount}


def test_with_add_ons_the_parts_of_all_orders_are_the_books(certificates: Built) -> None:
    (row,) = certificates.rows(
        "select sum(gross_sales - returns), sum(discounts), sum(shipping), sum(fees), sum(tax), sum(total),"
        " sum(net_sales + gift_card_sales), sum(returns), sum(paid) from marts.fct_orders where is_counted"
    )
    paid = certificates.books["paid"]
    names = ("subtotal", "discounts", "shipping", "fees", "tax", "total", "net_sales")
    expected = [Decimal(paid["money"][name]) for name in names]
    assert list(row) == [*expected, Decimal(paid["returns"]), Decimal(paid["money"]["total"])]
    used = certificates.rows(
        "select sum(paid) from marts.fct_payments where payment_type = 'gift_card' and is_settled"
    )
    assert used == [(Decimal(paid["gift_cards_used"]),)]
    assert Decimal(paid["gift_cards_used"]) > 0


def test_with_add_ons_the_rates_of_lines_are_those_of_the_shop(certificates: Built) -> None:
    rates = {
        str(rate) for (rate,) in certificates.rows("select distinct vat_rate from marts.fct_order_lines")
    }
    assert rates <= {f"{rate}.000000" for rate in (0, 10, 14, 24)} | {"25.500000", "13.500000"}
    without = certificates.rows(
        "select count(*) from raw_cscart.orders__taxes where price_includes_tax = 'N'"
    )
    assert without[0][0] > 20


def test_no_certificate_s_code_is_in_any_file(certificates: Built) -> None:
    assert not [name for name, content in contents(certificates.settings.data) if CODE.search(content)]
