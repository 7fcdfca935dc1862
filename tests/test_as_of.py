"""As of a day means as of that day: the whole shop with `--as-of` is the shop cut off at the end of that day.

What the shop would have been is made here by hand, in the raw tables: rows that began later go, what happened
later has not happened. Every table of marts, metrics and segments must then be the same, row by row; and only
the columns that `docs/metrics.md` lists may move with what the platform does not date.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from shutil import copytree
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pytest

from pipelines import flow
from pipelines.demo.opening import make_shop
from pipelines.demo.server import serve
from pipelines.demo.shop import Shop
from pipelines.docs import read_manifest, undated_of
from pipelines.job import Wanted
from pipelines.settings import Settings
from pipelines.transform import Wish
from pipelines.warehouse import Read, insert, warehouse_of
from tests.database import running_cluster
from tests.stage import Listener, settings_for, with_cart

Row = dict[str, Any]

AS_OF = date(2026, 6, 30)
END = int(datetime(2026, 10, 15, 12, tzinfo=UTC).timestamp())
ZONES = {"demo": "Europe/Helsinki", "cart": "America/New_York", "tiny": "Europe/Helsinki"}
LATER = "2026-10-01T10:00:00+03:00"
BUILT = ("marts", "metrics", "segments")
# Tables with little in them, and the one of settings.
ALIKE = {
    "marts.dim_stores",
    "metrics.met_orders_out_of_range",
    "metrics.met_segment_movement",
    "metrics.met_unmapped_shipping_methods",
    "segments.seg_business_customers",
    "segments.seg_high_returners",
}

# Where a row begins, and the lists that go with it.
BEGINS = {
    "raw_mycashflow": {
        "orders": "created_at",
        "orders__products": "created_at",
        "orders__payments": "created_at",
        "orders__shipments": "created_at",
        "customers": "created_at",
        "email_subscribers": "least(created_at, subscribed_at, unsubscribed_at)",
        "gift_cards": "created_at",
        "products": "created_at",
        "products__variations": "created_at",
        "products__category_links": "created_at",
        "categories": "created_at",
        "brands": "created_at",
        "suppliers": "created_at",
        "customer_groups": "created_at",
        "shipping_methods": "created_at",
        "stock_changes": "changed_at",
    },
    "raw_cscart": {
        "orders": "timestamp",
        "users": "timestamp",
        "subscribers": "timestamp",
        "products": "timestamp",
        "categories": "timestamp",
        "shipments": "shipment_timestamp",
    },
}
PARENTS = {
    "raw_mycashflow": {
        "order_id": "orders",
        "product_id": "products",
        "customer_id": "customers",
        "customer_group_id": "customer_groups",
    },
    "raw_cscart": {"order_id": "orders", "product_id": "products", "user_id": "users"},
}
# What happened to a row after it began.
HAPPENS = (
    ("orders", "archived_at"),
    ("orders__shipments", "completed_at"),
    ("email_subscribers", "subscribed_at"),
    ("email_subscribers", "unsubscribed_at"),
)
# Other values where the platform tells no day of a change.
UNDATED = {
    "raw_mycashflow": {
        "customers": "first_name = 'Toinen', phone = '+358 1', city = 'Muualla', company = company || ' Oy',"
        " email_subscription = not email_subscription, sms_subscription = not sms_subscription",
        "email_subscribers": "language = 'et'",
        "products": "name = name || ' 2', price = price + 1, purchase_price = 1, weight = 9, barcode = '7',"
        " stock_item__quantity = 77, stock_item__balance = 77, featured = not featured",
        "products__variations": "price = price + 1, purchase_price = 1, stock_item__quantity = 77",
        "brands": "name = name || ' 2'",
        "suppliers": "name = name || ' 2'",
        "categories": "name = name || ' 2'",
        "customer_groups": "name = name || ' 2'",
        "gift_cards": "balance = balance + 1, expires_at = date '2026-01-01', updated_at = created_at",
        "orders": "language = 'sv', payment_method_id = 77, updated_at = created_at",
        "orders__products": "purchase_price = 1, shipment_id = 7",
        "orders__payments": "is_confirmed = not is_confirmed, updated_at = created_at",
        "orders__shipments": "tracking_code = 'X', weight = 3, parcel_count = 2, updated_at = created_at",
        "shipping_methods": "service_provider = 'another'",
    },
    "raw_cscart": {
        "users": "firstname = 'Toinen', phone = '+358 1'",
        "products": "product = product || ' 2', price = '1', amount = '77', updated_timestamp = timestamp",
        "categories": "category = category || ' 2'",
        "usergroups": "usergroup = usergroup || ' 2'",
        "shipments": "tracking_number = 'X'",
        "orders": "updated_at = timestamp",
    },
}


def end_of(store: str) -> datetime:
    """The moment AS_OF ends in the store's own zone."""
    return datetime.combine(AS_OF + timedelta(days=1), time(), ZoneInfo(ZONES[store]))


# The shops.


def live_on(shop: Shop) -> None:
    """What happens after AS_OF, and is rare in a shop of this size."""
    now = {"created_at": LATER, "updated_at": LATER}
    guest = shop.get("orders", shop.ids("orders")[3])["customer_information"]["email"]
    shop.insert("customers", {"email": guest, "login_allowed": True, **now})
    buyer = next(
        order for number in shop.ids("orders") if (order := shop.get("orders", number))["customer_id"]
    )
    customer = shop.get("customers", buyer["customer_id"])
    shop.update("customers", customer["id"], {"created_at": LATER}, bump=False)
    for name in ("products", "brands", "suppliers", "categories", "customer_groups", "shipping_methods"):
        shop.update(name, shop.ids(name)[-1], {"created_at": LATER}, bump=False)
    product = shop.get("products", shop.ids("products")[1])
    links = [link | now for link in product["category_links"]]
    shop.update("products", product["id"], {"category_links": links}, bump=False)
    card = shop.get("gift_cards", shop.ids("gift_cards")[0])
    shop.insert(
        "gift_cards", card | {"id": None, "code": "LATER", **now} | {"id": shop.ids("gift_cards")[-1] + 1}
    )
    readers = shop.ids("email_subscribers")
    for number, changes in zip(
        readers,
        (
            {"unsubscribed_at": LATER},
            {"subscribed_at": LATER, "unsubscribed_at": "2025-01-01T10:00:00+02:00"},
            {"subscribed_at": LATER},
            {"subscribed_at": None, "unsubscribed_at": LATER},
        ),
        strict=False,
    ):
        shop.update("email_subscribers", number, changes, bump=False)
    again = shop.get("email_subscribers", readers[5])
    for moment in ("2026-05-01T10:00:00+03:00", LATER):
        times = dict.fromkeys(("created_at", "updated_at", "subscribed_at"), moment)
        shop.insert("email_subscribers", {"email": again["email"], "version_id": 2, **times})


def exchange(shop: Shop, number: int) -> None:
    """The first line of an order comes back after AS_OF, and another thing goes instead."""
    order = shop.get("orders", number)
    line = order["products"][0] | {"created_at": LATER, "updated_at": LATER, "return_reasons": []}
    last = max(row["id"] for one in shop.ids("orders") for row in shop.get("orders", one)["products"])
    back = line | {"id": last + 1, "quantity": -line["quantity"]}
    instead = line | {"id": last + 2, "unit_price": 12.55, "quantity": 1, "campaign_id": None}
    summary = order["tax_summary"]
    for part in (part for name in ("subtotal", "total") for part in summary[name]):
        if part["tax_rate"] == line["vat_rate"]:
            for row in (back, instead):
                add(part, Decimal(str(row["unit_price"])) * row["quantity"])
    products = [*order["products"], back, instead]
    shop.update("orders", number, {"products": products, "tax_summary": summary}, bump=False)


def add(part: Row, amount: Decimal) -> None:
    """An amount with VAT in a part of a tax summary."""
    net = without_vat(amount, Decimal(str(part["tax_rate"])))
    for name, more in (("total", amount), ("total_without_tax", net), ("total_tax", amount - net)):
        part[name] = float(Decimal(str(part[name])) + more)


def without_vat(amount: Decimal, rate: Decimal) -> Decimal:
    return (amount * 100 / (100 + rate)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def fill(shop: Shop) -> None:
    """A shop of the orders and people that were found to be wrong as of another day."""
    for name in ("orders", "customers", "email_subscribers", "gift_cards"):
        for number in shop.ids(name):
            shop.delete(name, number)
    sold = {
        "id": 1,
        "order_id": 1,
        "created_at": "2026-06-05T10:00:00+03:00",
        "unit_price": 100,
        "quantity": 1,
    }
    back = {
        "id": 2,
        "order_id": 1,
        "created_at": "2026-10-10T10:00:00+03:00",
        "unit_price": 25.5,
        "quantity": -1,
    }
    taxes = [{"tax_rate": 25.5, "total": 74.5, "total_tax": 15.14, "total_without_tax": 59.36}]
    person = dict.fromkeys(("company", "first_name", "last_name", "city", "phone", "vat_code"))
    shop.insert(
        "orders",
        {
            "id": 1,
            "created_at": sold["created_at"],
            "updated_at": back["created_at"],
            "status": "COMPLETED",
            "customer_information": person | {"email": "ostaja@example.fi"},
            "products": [sold | {"vat_rate": 25.5}, back | {"vat_rate": 25.5}],
            "tax_summary": {
                "subtotal": taxes,
                "discount": [],
                "shipping_costs": [],
                "payment_costs": [],
                "total": taxes,
            },
            "subtotal": 74.5,
            "total": 74.5,
        },
    )
    for number, day in ((2, "2026-05-01"), (3, "2026-05-20")):
        line = sold | {
            "id": 10 + number,
            "order_id": number,
            "created_at": f"{day}T10:00:00+03:00",
            "vat_rate": 0,
        }
        shop.insert(
            "orders",
            {
                "id": number,
                "created_at": line["created_at"],
                "updated_at": line["created_at"],
                "status": "COMPLETED",
                "customer_information": person | {"email": "lukija@example.fi"},
                "products": [line | {"unit_price": 500}],
                "total": 500,
            },
        )
    # of fewer than five buyers nobody is a VIP
    for number, name in ((4, "eka"), (5, "toka"), (6, "kolmas")):
        moment = "2026-04-10T10:00:00+03:00"
        line = sold | {"id": 10 + number, "order_id": number, "created_at": moment, "vat_rate": 0}
        shop.insert(
            "orders",
            {
                "id": number,
                "created_at": moment,
                "updated_at": moment,
                "status": "COMPLETED",
                "customer_information": person | {"email": f"{name}@example.fi"},
                "products": [line | {"unit_price": 1}],
                "total": 1,
            },
        )
    now = {"created_at": LATER, "updated_at": LATER}
    shop.insert("customers", {"email": "uusi@example.fi", **now})
    shop.insert("gift_cards", {"code": "UUSI", "balance": 10, **now})
    for email, joined, left in (
        ("lukija@example.fi", "2025-01-01T10:00:00+02:00", "2026-10-11T10:00:00+03:00"),
        ("was@example.fi", "2024-01-01T10:00:00+02:00", None),
        ("was@example.fi", "2025-01-01T10:00:00+02:00", None),
    ):
        times = {"created_at": joined, "updated_at": left or joined}
        shop.insert(
            "email_subscribers", {"email": email, "subscribed_at": joined, "unsubscribed_at": left, **times}
        )


def miss(settings: Settings) -> None:
    """What sweeps wrote down: some records are gone since before AS_OF ended, some since after."""
    with warehouse_of(settings).connect() as connection:
        gone: list[Row] = []
        for schema, table, key, store in (
            ("raw_mycashflow", "orders", "id", "demo"),
            ("raw_mycashflow", "customers", "id", "demo"),
            ("raw_mycashflow", "email_subscribers", "id", "demo"),
            ("raw_mycashflow", "products", "id", "demo"),
            ("raw_mycashflow", "gift_cards", "code", "demo"),
            ("raw_cscart", "orders", "order_id", "cart"),
            ("raw_cscart", "users", "user_id", "cart"),
            ("raw_cscart", "subscribers", "subscriber_id", "cart"),
            ("raw_cscart", "products", "product_id", "cart"),
        ):
            ids = connection.execute(
                f"select {key} from {schema}.{table} where store = '{store}' order by {key} limit 14"
            ).fetchall()
            days = (end_of(store) - timedelta(days=20), end_of(store), end_of(store) + timedelta(days=20))
            for (number,), moment in zip(ids[8:14:2], days, strict=False):
                gone.append({"store": store, "resource": table, "id": str(number), "detected_at": moment})
        ((newer,),) = connection.execute(
            "select max(id) from raw_mycashflow.email_subscribers where store = 'tiny'"
        ).fetchall()
        gone.append(
            {
                "store": "tiny",
                "resource": "email_subscribers",
                "id": str(newer),
                "detected_at": end_of("tiny") - timedelta(seconds=1),
            }
        )
        insert(connection, "deleted_records", gone)


# The shop as it was, by hand.


def cut_off(warehouse: Path) -> None:
    """Takes out of the raw tables what came after AS_OF."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set time zone 'UTC'")
        ends = [(store, end_of(store)) for store in ZONES]
        connection.execute("create temp table ends (store text, ends_at timestamp with time zone)")
        connection.executemany("insert into ends values (?, ?)", ends)
        for schema, begins in BEGINS.items():
            forget_lines(connection) if schema == "raw_mycashflow" else None
            for table, moment in begins.items():
                connection.execute(
                    f"delete from {schema}.{table} as rows using ends"
                    f" where rows.store = ends.store and {moment} >= ends_at"
                )
            orphan(connection, schema)
        for table, column in HAPPENS:
            connection.execute(
                f"update raw_mycashflow.{table} as rows set {column} = null from ends"
                f" where rows.store = ends.store and rows.{column} >= ends_at"
            )
        connection.execute(
            "delete from ops.deleted_records as rows using ends"
            " where rows.store = ends.store and detected_at >= ends_at"
        )


def forget_lines(connection: duckdb.DuckDBPyConnection) -> None:
    """Takes lines that came to an order later out of what the order states."""
    later = connection.execute("""
        select lines.store, lines.order_id, lines.vat_rate, lines.unit_price * lines.quantity
        from raw_mycashflow.orders__products as lines
        inner join ends on lines.store = ends.store
        where lines.created_at >= ends_at
        """).fetchall()
    for store, order, rate, amount in later:
        net = without_vat(amount, rate)
        connection.execute(
            "update raw_mycashflow.orders__tax_summary set total = total - ?,"
            " total_without_tax = total_without_tax - ?, total_tax = total_tax - ?"
            " where store = ? and order_id = ? and tax_rate = ? and component in ('subtotal', 'total')",
            [amount, net, amount - net, store, order, rate],
        )


def orphan(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    """Takes away what was nested in a row that is gone; an order names no account that is not there."""
    keys = {"orders": "id", "products": "id", "customers": "id", "customer_groups": "id"}
    if schema == "raw_cscart":
        keys = {"orders": "order_id", "products": "product_id", "users": "user_id"}
    children = connection.execute(
        "select table_name, column_name from information_schema.columns"
        f" where table_schema = '{schema}' and table_name not like '%dlt%'"
    ).fetchall()
    for table, column in children:
        parent = PARENTS[schema].get(column)
        is_nested = table.startswith(f"{parent}__") or (parent, table) in (
            ("users", "user_usergroups"),
            ("orders", "shipments"),
        )
        if parent and is_nested:
            connection.execute(
                f"delete from {schema}.{table} where (store, {column}) not in"
                f" (select (store, {keys[parent]}) from {schema}.{parent})"
            )
    account = "user_id" if schema == "raw_cscart" else "customer_id"
    connection.execute(
        f"update {schema}.orders set {account} = null where (store, {account}) not in"
        f" (select (store, {keys[PARENTS[schema][account]]}) from {schema}.{PARENTS[schema][account]})"
    )


def alter_undated(warehouse: Path) -> None:
    """Gives other values to what the platform does not date."""
    with duckdb.connect(str(warehouse)) as connection:
        for schema, changes in UNDATED.items():
            for table, values in changes.items():
                connection.execute(f"update {schema}.{table} set {values}")


# The builds.


def copied(settings: Settings, home: Path) -> Settings:
    """The same warehouse in another directory."""
    copytree(settings.data, home / "data")
    data = home / "data"
    return replace(
        settings, directory=home, warehouse=data / "warehouse.duckdb", published=data / "kassavirta.duckdb"
    )


def build(settings: Settings, as_of: date = AS_OF, *, is_tested: bool = True) -> None:
    """Builds, with the data tests or without."""
    with pytest.MonkeyPatch.context() as environment:
        if not is_tested:
            environment.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "test unit_test")
        record = flow.build(settings, Wish(as_of=as_of.isoformat()), Listener())
    assert record.exit_code == 0


@contextmanager
def served() -> Iterator[tuple[str, str]]:
    """Where the two shops are served."""
    with (
        make_shop(350, seed=8, end=END) as shop,
        make_shop(2, seed=8, end=END) as tiny,
        serve(shop) as near,
        serve(tiny) as far,
    ):
        live_on(shop)
        for number in shop.ids("orders")[40:60:5]:
            exchange(shop, number)
        fill(tiny)
        yield near.url, far.url


def load(settings: Settings) -> None:
    """Reads all stores, and misses some records."""
    assert flow.sync(settings, settings.chosen(), Wanted(), Listener()).exit_code == 0
    miss(settings)


def stores_of(home: Path, near: str, far: str) -> Settings:
    settings = replace(with_cart(settings_for(home, near), near), salt="grey")
    small = replace(settings.stores["demo"], name="tiny", base_url=far)
    stores = {**settings.stores, "tiny": small}
    stores = {name: replace(store, time_zone=ZONES[name]) for name, store in stores.items()}
    return replace(settings, stores=stores)


@dataclass
class Builds:
    """The whole shop and the one cut off, as of AS_OF; that with other undated values; the whole later."""

    whole: Settings
    cut: Settings
    altered: Settings
    later: Settings


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    home = tmp_path_factory.mktemp("whole")
    with served() as (near, far):
        whole = stores_of(home, near, far)
        load(whole)
    cut, altered, later = (
        copied(whole, tmp_path_factory.mktemp(name)) for name in ("cut", "altered", "later")
    )
    cut_off(cut.warehouse)
    cut_off(altered.warehouse)
    alter_undated(altered.warehouse)
    build(whole)
    build(cut)
    build(altered, is_tested=False)
    build(later, AS_OF + timedelta(days=106), is_tested=False)
    return Builds(whole, cut, altered, later)


def tables_of(read: Read) -> list[str]:
    found = read("select table_schema, table_name from information_schema.tables order by 1, 2")
    pairs = zip(found["table_schema"], found["table_name"], strict=True)
    return [f"{schema}.{name}" for schema, name in pairs if schema in BUILT]


def rows_of(frame: pd.DataFrame) -> list[str]:
    return sorted(map(repr, frame.itertuples(index=False, name=None)))


@pytest.mark.slow
def test_as_of_a_day_is_the_shop_cut_off_at_that_day(builds: Builds) -> None:
    with warehouse_of(builds.whole).reader() as one, warehouse_of(builds.cut).reader() as other:
        tables = tables_of(one)
        assert tables == tables_of(other)
        assert {"marts.fct_orders", "metrics.met_customers", "segments.segment_members"} <= set(tables)
        for table in tables:
            was, is_now = (rows_of(read(f"select * from {table}")) for read in (one, other))
            assert was == is_now, table


@pytest.mark.slow
def test_something_came_after_the_day(builds: Builds) -> None:
    """Or the test above would say nothing: nearly every table is another one later."""
    same = []
    with warehouse_of(builds.whole).reader() as one, warehouse_of(builds.later).reader() as other:
        for table in tables_of(one):
            was, is_now = (read(f"select * from {table}") for read in (one, other))
            dated = [name for name in was.columns if name not in ("as_of", "reason")]
            if rows_of(was[dated]) == rows_of(is_now[dated]):
                same.append(table)
    assert set(same) <= ALIKE


@pytest.mark.slow
def test_only_the_columns_listed_are_as_of_the_last_load(builds: Builds) -> None:
    listed = dict(undated_of(read_manifest()))
    moved: dict[str, set[str]] = {}
    with warehouse_of(builds.cut).reader() as one, warehouse_of(builds.altered).reader() as other:
        for table in tables_of(one):
            name = table.split(".")[1]
            was, is_now = (read(f"select * from {table}") for read in (one, other))
            dated = [column for column in was.columns if column not in listed.get(name, ())]
            assert rows_of(was[dated]) == rows_of(is_now[dated]), table
            moved[name] = {each for each in was if rows_of(was[[each]]) != rows_of(is_now[[each]])}
    assert {name for name, columns in moved.items() if columns} >= {
        "bridge_customer_groups",
        "bridge_product_categories",
        "dim_customers",
        "dim_gift_cards",
        "dim_products",
        "fct_email_subscriptions",
        "fct_order_lines",
        "fct_orders",
        "fct_payments",
        "fct_shipments",
        "met_products",
    }


@pytest.mark.slow
def test_days_gone_by_keep_their_counts(builds: Builds) -> None:
    """What comes later, a second row of an address, a row that goes, a return, moves no day before it."""
    for table, day, columns in (
        ("met_subscribers_daily", "date_day", "subscribed_count, unsubscribed_count, active_count"),
        ("met_sales_daily", "sales_date", "order_count, units, gross_sales, returns"),
    ):
        sql = (
            f"select store, {day}, {columns} from metrics.{table} where {day} <= date '{AS_OF}'"
            f"{EXCHANGED if table == 'met_sales_daily' else ''}"
        )
        with warehouse_of(builds.whole).reader() as one, warehouse_of(builds.later).reader() as other:
            was, is_now = one(sql), other(sql)
        assert len(was) > 100
        assert rows_of(was) == rows_of(is_now), table


# Deleted orders are in no day, and what is exchanged is on the day of the order.
EXCHANGED = """
    and (store, sales_date) not in (
        select (store, cast(timezone('Europe/Helsinki', created_at) as date)) from raw_mycashflow.orders
        where id in (select order_id from raw_mycashflow.orders__products where created_at > '2026-10-01'))
    and (store, sales_date) not in (
        select (orders.store, cast(timezone(stores.time_zone, orders.created_at) as date))
        from (
            select store, id, created_at from raw_mycashflow.orders
            union all
            select store, order_id, timestamp from raw_cscart.orders) as orders
        inner join ops.stores as stores on orders.store = stores.store
        inner join ops.deleted_records as gone
            on orders.store = gone.store and cast(orders.id as text) = gone.id
        where gone.resource = 'orders')"""


@pytest.mark.slow
def test_what_was_found_wrong_is_right(builds: Builds) -> None:
    """A later return, account, gift card and unsubscription; a newer row of an address that is gone."""
    with warehouse_of(builds.whole).reader() as read:

        def found(sql: str) -> list[tuple[Any, ...]]:
            return list(read(sql).itertuples(index=False, name=None))

        assert found("select total from marts.fct_orders where store = 'tiny' and order_id = 1") == [(100,)]
        ((orders, value, average),) = found(
            "select order_count_30_days, order_value_30_days, average_order_value_365_days"
            " from metrics.met_list_overview where store = 'tiny'"
        )
        assert (orders, value, average) == (1, 100, Decimal("183.83"))
        people = (
            "select email_normalised, is_subscriber from marts.dim_customers where store = 'tiny' order by 1"
        )
        assert found(people) == [
            ("eka@example.fi", False),
            ("kolmas@example.fi", False),
            ("lukija@example.fi", True),
            ("ostaja@example.fi", False),
            ("toka@example.fi", False),
            ("was@example.fi", False),
        ]
        assert found("select * from marts.dim_gift_cards where store = 'tiny'") == []
        vips = "select segment from segments.segment_members where store = 'tiny' and segment like '%vip'"
        assert found(vips) == [("vip",)]
        counts = "select active_count from metrics.met_subscribers_daily where store = 'tiny' and date_day ="
        assert found(f"{counts} date '2026-06-29'") == [(2,)]
        assert found(f"{counts} date '2026-06-30'") == [(1,)]


@pytest.mark.slow
def test_the_same_in_postgresql(builds: Builds, tmp_path: Path) -> None:
    with running_cluster() as cluster, cluster.database("cut") as server:
        with served() as (near, far):
            postgres = replace(stores_of(tmp_path, near, far), server=server)
            load(postgres)
        build(postgres)
        with warehouse_of(builds.whole).reader() as one, warehouse_of(postgres).reader() as other:
            for table in tables_of(one):
                was, is_now = (rows_of(read(f"select * from {table}")) for read in (one, other))
                assert was == is_now, table
