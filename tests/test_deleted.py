"""What a sweep found gone from a store counts nowhere in the numbers, and nothing else moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pipelines import flow
from pipelines.job import Wanted
from pipelines.settings import Settings
from pipelines.transform import Wish
from pipelines.warehouse import connect, insert
from tests.stage import Listener

Query = Callable[[str], list[tuple[Any, ...]]]

NUMBERS = "select sum(order_count), sum(units), sum(net_sales), sum(total) from metrics.met_sales_daily"
BUYERS = """
    select customers.customer_id, customers.email_normalised, customers.order_count
    from marts.dim_customers as customers
    where customers.is_account and customers.order_count > 1
        and (select count(*) from marts.dim_customers as others
             where others.email_normalised = customers.email_normalised) = 1
    order by customers.customer_id"""
READERS = """
    select subscribers.email_subscriber_id, subscribers.email_normalised
    from marts.fct_email_subscriptions as subscribers
    inner join marts.dim_customers as customers on subscribers.customer_key = customers.customer_key
    where customers.has_email_consent and customers.is_account
    order by subscribers.email_subscriber_id desc"""
ORDERS = """
    select order_id, units, net_sales, total from marts.fct_orders
    where is_purchase and net_sales > 0 and paid > 0
        and customer_key in (select customer_key from marts.dim_customers where is_guest)
    order by order_id"""


@pytest.fixture
def rebuild(settings: Settings) -> Callable[[], object]:
    """Builds the tables looked at here; the store has been read."""
    assert flow.sync(settings, settings.chosen(), Wanted(), Listener()).exit_code == 0
    looked_at = ("+met_sales_daily", "+dim_customers", "+fct_email_subscriptions")
    return lambda: flow.build(settings, Wish(select=looked_at), Listener())


def mark(settings: Settings, **ids: int) -> None:
    """What a sweep writes down when these ids are gone, one per list."""
    rows = [{"store": "demo", "resource": resource, "id": str(gone)} for resource, gone in ids.items()]
    with connect(settings.warehouse) as connection:
        insert(connection, "deleted_records", rows)


@pytest.mark.slow
def test_what_is_deleted_counts_nowhere_and_nothing_else_moves(
    settings: Settings, rebuild: Callable[[], object], query: Query
) -> None:
    rebuild()
    customer_id, buyer, order_count = query(BUYERS)[0]
    subscriber_id, reader = query(READERS)[0]
    order_id, units, net_sales, total = query(ORDERS)[0]
    before = query(NUMBERS)[0]

    mark(settings, customers=customer_id, email_subscribers=subscriber_id, orders=order_id)
    rebuild()

    gone = (1, units, net_sales, total)
    assert query(NUMBERS) == [tuple(was - less for was, less in zip(before, gone, strict=True))]
    for table in ("fct_orders", "fct_order_lines", "fct_payments"):
        assert query(f"select count(*) from marts.{table} where order_id = {order_id}") == [(0,)], table
    people = "select customer_id, is_guest, order_count, has_email_consent from marts.dim_customers"
    (found,) = query(f"{people} where email_normalised = '{buyer}'")
    assert found[:3] == (None, True, order_count)
    assert {row[3] for row in query(f"{people} where email_normalised = '{reader}'")} == {False}
    assert query(f"select count(*) from raw_mycashflow.orders where id = {order_id}") == [(1,)]
