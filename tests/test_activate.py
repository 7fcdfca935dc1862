"""The whole way: a shop is read, built, and sent on to all three; what arrives is what the marts hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import flow
from pipelines.accounts import account
from pipelines.demo.inbox import Inbox, receive
from pipelines.demo.opening import make_shop
from pipelines.demo.server import serve
from pipelines.errors import SettingsError
from pipelines.sending import Sending
from pipelines.settings import Settings
from pipelines.transform import Wish
from tests.destinations.desk import SECRETS
from tests.stage import Listener, settings_for

Query = Callable[[str], list[tuple[Any, ...]]]

pytestmark = pytest.mark.slow

# The demo shop has a product without a price, and two that share a code, which somebody has ordered.
FLAWS = ("price is missing", "code belongs to 2 products", "An order line has an unknown product code")


@dataclass
class Sent:
    """A run that has sent to all three."""

    settings: Settings
    inbox: Inbox
    record: flow.Record
    lines: list[str]

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query over the warehouse."""
        with duckdb.connect(str(self.settings.warehouse), read_only=True) as connection:
            connection.execute("set time zone 'UTC'")
            return connection.execute(sql).fetchall()


def with_destinations(settings: Settings, inbox: Inbox) -> Settings:
    problems: list[str] = []
    given = {"base_url": inbox.url, "requests_per_minute": 600_000.0}
    opened = {
        "custobar": account(
            "custobar", {**given, **SECRETS["custobar"], "mode": "full"}, settings.stores, problems
        ),
        "apifon": account("apifon", {**given, **SECRETS["apifon"]}, settings.stores, problems),
        "ogoship": account(
            "ogoship",
            {**given, **SECRETS["ogoship"], "auth_url": inbox.url, "orders": True},
            settings.stores,
            problems,
        ),
    }
    assert problems == []
    return replace(settings, destinations=opened)


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sent]:
    """A small shop, run once with all destinations."""
    with make_shop(150, seed=5) as shop, serve(shop) as server, receive() as inbox:
        settings = with_destinations(settings_for(tmp_path_factory.mktemp("sent"), server.url), inbox)
        listener = Listener()
        record = flow.run(settings, settings.chosen(), Wish(), listener)
        yield Sent(settings, inbox, record, listener.lines)


def test_a_run_sends_on_what_it_has_built(sent: Sent) -> None:
    assert sent.record.failures == []
    counts = sent.ask(
        "select destination, object, queried = sent + unchanged + failed, queried = sent, status"
        " from ops.sync_runs"
    )
    assert {(destination, feed) for destination, feed, *_ in counts} == {
        ("custobar", "shops"),
        ("custobar", "products"),
        ("custobar", "customers"),
        ("custobar", "customer_segments"),
        ("custobar", "sales"),
        ("custobar", "events"),
        ("apifon", "subscribers"),
        ("ogoship", "products"),
        ("ogoship", "orders"),
    }
    assert all(adds_up and status == "done" for _, _, adds_up, _, status in counts)
    assert {feed for _, feed, _, is_all_sent, _ in counts if not is_all_sent} <= {"products", "orders"}
    reasons = sent.ask("select distinct reason from ops.sync_rows where status <> 'accepted'")
    assert [reason for (reason,) in reasons if not reason.startswith(FLAWS)] == []


def test_custobar_has_every_customer_with_the_consent_the_shop_knows(sent: Sent) -> None:
    expected = {
        f"demo-{customer_id or key}": (email, consent, segments or [])
        for key, customer_id, email, consent, segments in sent.ask(
            "select customer_key, customer_id, email_normalised, has_email_consent, segments"
            " from marts.dim_customers left join (select customer_key, list(segment order by segment)"
            " filter (segment not like 'rfm%') as segments from segments.segment_members group by 1)"
            " using (customer_key)"
        )
    }
    there = {
        key: (row.get("email"), row.get("can_email"), row.get("demo__segments", []))
        for key, row in sent.inbox.custobar.customers.items()
    }
    assert there == expected
    assert {consent for _, consent, _ in expected.values()} == {True, False, None}


def test_custobar_has_every_sale_to_the_cent(sent: Sent) -> None:
    (expected,) = sent.ask(
        "select count(*), cast(sum(amount_incl_vat) * 100 as bigint) from marts.fct_order_lines"
        " where not is_return and customer_key is not null"
    )
    sales = sent.inbox.custobar.sales.values()
    assert (len(sales), sum(row["total"] for row in sales)) == expected
    assert {row["sale_customer_id"] for row in sales} <= set(sent.inbox.custobar.customers)
    assert {row["product_id"] for row in sales if "product_id" in row} & set(sent.inbox.custobar.products)


def test_apifon_has_whoever_has_consented_and_nobody_else(sent: Sent) -> None:
    expected = sent.ask(
        "select distinct email_normalised from marts.dim_customers where has_email_consent or has_sms_consent"
    )
    there = sent.inbox.apifon.ours().subscribers.values()
    assert sorted(row["email"] for row in there) == sorted(email for (email,) in expected if email)
    wanted = sent.ask("select distinct email_normalised from marts.dim_customers where has_email_consent")
    assert {row["email"] for row in there if row["email_status"] == "SUBSCRIBED"} == {e for (e,) in wanted}


def test_ogoship_has_every_product_that_has_a_code_of_its_own(sent: Sent) -> None:
    expected = sent.ask("select product_code from marts.dim_products group by 1 having count(*) = 1")
    assert sorted(sent.inbox.ogoship.products) == sorted(code for (code,) in expected if code)


def test_a_second_run_sends_nothing(sent: Sent) -> None:
    sent.inbox.requests.clear()
    record = flow.activate(sent.settings, sent.settings.accounts(), Sending(), Listener())
    assert record.failures == []
    sent_again = [each for each in sent.inbox.requests if each[0] != "GET" and "OAuth" not in each[1]]
    assert sent_again == []


def test_what_is_made_for_destinations_is_not_published(sent: Sent) -> None:
    with duckdb.connect(str(sent.settings.published), read_only=True) as connection:
        schemas = {
            name for (name,) in connection.execute("select schema_name from duckdb_schemas()").fetchall()
        }
    assert "outbound" not in schemas
    assert "metrics" in schemas


def test_no_log_or_receipt_names_a_person(sent: Sent) -> None:
    told = "\n".join([*sent.lines, *(str(row) for row in sent.ask("select * from ops.sync_rows"))])
    people = sent.ask("select email_normalised, last_name from marts.dim_customers")
    assert [part for row in people for part in row if part and part in told] == []


def test_the_hash_is_of_what_is_sent_and_of_nothing_else(sent: Sent) -> None:
    """The columns that an outbound model hashes are those that its feed sends."""
    import re

    from pipelines.destinations import open_destination

    root = Path(__file__).parents[1] / "sql/models/outbound"
    for each in sent.settings.destinations.values():
        destination = open_destination(each)
        destination.close()
        for feed in destination.feeds:
            (path,) = root.rglob(f"{feed.model}.sql")
            (listed,) = re.findall(r"set fields = \[(.*?)\]", path.read_text(), flags=re.DOTALL)
            assert set(re.findall(r"'(\w+)'", listed)) == set(feed.fields), feed.model


def test_what_was_computed_as_of_another_day_is_not_sent(sent: Sent) -> None:
    with duckdb.connect(str(sent.settings.warehouse)) as connection:
        connection.execute("update marts.dim_stores set as_of = as_of - 30")
    try:
        with pytest.raises(SettingsError, match="run `kassavirta build` first"):
            flow.activate(sent.settings, sent.settings.accounts(), Sending(), Listener())
    finally:
        with duckdb.connect(str(sent.settings.warehouse)) as connection:
            connection.execute("update marts.dim_stores set as_of = as_of + 30")


def test_a_store_of_cscart_is_sent_on_too(tmp_path: Path) -> None:
    """Where no MyCashflow store is; orders cannot go to OGOship then, everything else does."""
    with make_shop(60, seed=5) as shop, serve(shop) as server, receive() as inbox:
        settings = with_destinations(settings_for(tmp_path, server.url), inbox)
        store = replace(settings.stores["demo"], platform="cscart", base_url=f"{server.url}/cscart")
        ogoship = settings.destinations["ogoship"]
        without_orders = replace(ogoship, options={**ogoship.options, "orders": False})
        settings = replace(
            settings,
            stores={"demo": store},
            destinations={**settings.destinations, "ogoship": without_orders},
        )
        record = flow.run(settings, settings.chosen(), Wish(), Listener())
        sent = Sent(settings, inbox, record, [])
    assert record.failures == []
    assert inbox.custobar.customers
    assert len(inbox.custobar.customers) == sent.ask("select count(*) from marts.dim_customers")[0][0]
    assert inbox.ogoship.products


def test_what_was_made_for_a_destination_goes_with_it(sent: Sent) -> None:
    made = "select table_name from information_schema.tables where table_schema = 'outbound'"
    assert sent.ask(made)
    alone = {"apifon": sent.settings.destinations["apifon"]}
    flow.build(replace(sent.settings, destinations=alone), Wish(select=["dim_stores"]), Listener())
    assert [name for (name,) in sent.ask(made) if not name.startswith("out_apifon__")] == []
    assert sent.ask(made)
