"""Segments and their history, held against what pandas makes of the shops' own records; no SQL is shared.

Two stores in different zones and currencies, with many of the same people, are built three times: today,
today again after a day of changes, and as of an old day.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import md5
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from pipelines import flow
from pipelines.demo.opening import make_shop
from pipelines.demo.server import serve
from pipelines.demo.shop import Shop
from pipelines.job import Wanted
from pipelines.settings import Settings
from pipelines.transform import Wish
from tests.stage import Listener, settings_for

pytestmark = pytest.mark.slow

ZONES = {"helsinki": "Europe/Helsinki", "auckland": "Pacific/Auckland"}
LISTS = ("orders", "customers", "email_subscribers")
HISTORY_MODELS = ("segment_history", "met_segment_movement")
MODELS = ("+segment_members", *HISTORY_MODELS)
LONG_AGO = pd.Timedelta(days=200)

People = pd.DataFrame
Members = dict[tuple[str, str], set[str]]
Days = Mapping[str, pd.Timestamp]


def within(days: pd.Series, count: int, as_of: pd.Timestamp) -> pd.Series:
    """Which days are in (as_of - count days, as_of]."""
    return (days > as_of - pd.Timedelta(days=count)) & (days <= as_of)


# Segment -> who of the people of a store is in it on a day.
RULES: Mapping[str, Callable[[People, pd.Timestamp], pd.Series]] = {
    "new_customers_30": lambda people, day: within(people.registered, 30, day),
    "recent_buyers_30": lambda people, day: within(people.last_day, 30, day),
    "recent_buyers_90": lambda people, day: within(people.last_day, 90, day),
    "non_buyers_30": lambda people, day: ~within(people.last_day, 30, day),
    "non_buyers_90": lambda people, day: ~within(people.last_day, 90, day),
    "frequent_buyers": lambda people, day: people.orders_of_a_year >= 3,
    "lapsed_customers": lambda people, day: people.last_day <= day - pd.Timedelta(days=180),
    "first_time_buyers_30": lambda people, day: within(people.first_day, 30, day),
    "one_time_buyers": lambda people, day: people.orders == 1,
    "repeat_customers": lambda people, day: people.orders > 1,
    "subscribers_never_bought": lambda people, day: (
        people.is_on_list & ~people.email.isin(people.email[people.orders > 0].dropna())
    ),
    "buyers_not_subscribed": lambda people, day: (people.orders > 0) & ~people.is_on_list,
    "business_customers": lambda people, day: people.is_company,
    "multi_store_customers": lambda people, day: (people.orders > 0) & people.buys_elsewhere,
}


def expected(shops: Mapping[str, Shop], days: Days) -> Members:
    """The members of every segment of every store as of its day, by the records of the shops."""
    everybody = {store: people_of(shop, store, days[store]) for store, shop in shops.items()}
    buyers = {store: set(people.email[people.orders > 0].dropna()) for store, people in everybody.items()}
    members = {}
    for store, people in everybody.items():
        elsewhere = set().union(*(emails for other, emails in buyers.items() if other != store))
        people["buys_elsewhere"] = people.email.isin(elsewhere)
        for segment, rule in RULES.items():
            members[store, segment] = set(people.index[rule(people, days[store])])
    return members


def people_of(shop: Shop, store: str, as_of: pd.Timestamp) -> People:
    """One row per customer who had joined by a day, by key, with what was bought by then."""
    records = records_of(shop, store, as_of)
    in_time = records[records.is_purchase]
    bought = in_time.groupby("key").day
    a_year = in_time[in_time.day > as_of - pd.Timedelta(days=365)].groupby("key").day
    accounts = records[records.kind == "account"]
    people = pd.DataFrame({"joined": records.groupby("key").day.min()})
    people["registered"] = accounts.groupby("key").day.min()
    people["orders"] = bought.count().reindex(people.index, fill_value=0)
    people["orders_of_a_year"] = a_year.count().reindex(people.index, fill_value=0)
    people["first_day"], people["last_day"] = bought.min(), bought.max()
    people["email"] = accounts.set_index("key").email.reindex(people.index)
    people["email"] = people.email.fillna(records.groupby("key").email.last())
    companies = pd.concat([accounts, in_time])
    people["is_company"] = people.index.isin(companies.key[companies.is_company])
    people["is_on_list"] = people.email.isin(on_list(shop, end_of(as_of, store)))
    return people


def end_of(day: pd.Timestamp, store: str) -> pd.Timestamp:
    return (day + pd.Timedelta(days=1)).tz_localize(ZONES[store])


def records_of(shop: Shop, store: str, as_of: pd.Timestamp) -> pd.DataFrame:
    """One row per account, order and row of the newsletter list that was somebody's on a day."""
    rows = [
        ("account", one["id"], email_of(one), one["created_at"], is_company(one), False)
        for one in all_of(shop, "customers")
    ]
    for one in all_of(shop, "orders"):
        buyer = one["customer_information"]
        sold = [line["quantity"] > 0 for line in one["products"]]
        is_purchase = one["status"] != "CANCELLED" and (any(sold) or not sold)
        who = (one["customer_id"] or None, email_of(buyer))
        rows.append(("order", *who, one["created_at"], is_company(buyer), is_purchase))
    rows += [
        ("subscriber", None, email_of(one), one["subscribed_at"], False, False)
        for one in all_of(shop, "email_subscribers")
    ]
    columns = ["kind", "account", "email", "moment", "is_company", "is_purchase"]
    records = pd.DataFrame(rows, columns=columns)
    moments = pd.to_datetime(records.moment, utc=True)
    records["day"] = moments.dt.tz_convert(ZONES[store]).dt.tz_localize(None).dt.normalize()
    is_later = records.day > as_of
    later = records.account[is_later & (records.kind == "account")]
    records = records[~is_later].copy()
    records.loc[records.account.isin(later), "account"] = None
    oldest = records[records.kind == "account"].groupby("email").account.min()
    records["account"] = records.account.fillna(records.email.map(oldest))
    records["key"] = [key_of(store, *pair) for pair in zip(records.account, records.email, strict=True)]
    return records[records.key.notna()]


def buyers_of(shop: Shop) -> Iterator[dict[str, Any]]:
    return (order["customer_information"] for order in all_of(shop, "orders"))


def all_of(shop: Shop, name: str) -> Iterator[dict[str, Any]]:
    return (shop.get(name, number) for number in shop.ids(name))


def email_of(record: Mapping[str, Any]) -> str | None:
    bare = re.sub(r"\s", "", record["email"] or "").lower()
    return bare if re.fullmatch(".+@.+", bare) else None


def is_company(record: Mapping[str, Any]) -> bool:
    return bool((record["company"] or "").strip() or (record["vat_code"] or "").strip())


def key_of(store: str, account: float | None, email: str | None) -> str | None:
    known = f"account|{int(account)}" if pd.notna(account) else f"email|{email}" if pd.notna(email) else None
    return known and md5(f"{store}|{known}".encode()).hexdigest()


def on_list(shop: Shop, until: pd.Timestamp | None = None) -> set[str | None]:
    """The addresses of which the newest that was said, until a moment, is that they are subscribed."""
    newest: dict[str | None, tuple[pd.Timestamp, bool]] = {}
    for one in all_of(shop, "email_subscribers"):
        for name, is_out in (("subscribed_at", False), ("unsubscribed_at", True)):
            said = (pd.Timestamp(one[name]), is_out)
            if pd.notna(said[0]) and (until is None or said[0] < until):
                newest[email_of(one)] = max(newest.get(email_of(one), said), said)
    return {email for email, (_, is_out) in newest.items() if not is_out}


@dataclass
class Story:
    """What three builds of the two stores said, and what they should have said."""

    shops: dict[str, Shop]
    settings: Settings
    found: dict[str, Members] = field(default_factory=dict)
    expected: dict[str, Members] = field(default_factory=dict)
    days: dict[str, Days] = field(default_factory=dict)
    history: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    movement: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.settings.warehouse)) as connection:
            connection.execute("set time zone 'UTC'")
            return connection.execute(sql).fetchall()

    def load(self) -> None:
        record = flow.sync(self.settings, self.settings.chosen(), Wanted(LISTS), Listener())
        assert record.exit_code == 0, record.problems

    def build(self, name: str, as_of: str | None = None) -> None:
        """Builds, and remembers what was found and what is expected, under a name."""
        flow.build(self.settings, Wish(MODELS, as_of), Listener())
        days = {store: pd.Timestamp(day) for store, day in self.query(DAYS)}
        found: Members = {}
        for store, segment, key in self.query(MEMBERS):
            found.setdefault((store, segment), set()).add(key)
        self.found[name], self.expected[name] = found, expected(self.shops, days)
        self.days[name] = days
        self.history[name], self.movement[name] = self.query(HISTORY), self.query(MOVEMENT)


DAYS = "select store, as_of from marts.dim_stores"
MEMBERS = "select store, segment, customer_key from segments.segment_members"
HISTORY = """
    select store, segment, customer_key, entered_at, left_at
    from snapshots.segment_history
    order by all"""
MOVEMENT = """
    select store, segment, from_date, to_date, previous_member_count, entered_count, left_count, stayed_count,
        member_count
    from metrics.met_segment_movement
    order by all"""
A_DAY_LATER = """
    update snapshots.segment_history
    set entered_at = entered_at - interval 1 day, left_at = left_at - interval 1 day"""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The stores built today; then a day passes, they change, and are built as of an old day and today."""
    home: Path = tmp_path_factory.mktemp("stores")
    with (
        pytest.MonkeyPatch.context() as environment,
        make_shop(300, seed=3) as here,
        make_shop(120, seed=3) as there,
        serve(here) as near,
        serve(there) as far,
    ):
        one = settings_for(home, near.url).stores["demo"]
        stores = {
            "helsinki": replace(one, name="helsinki"),
            "auckland": replace(
                one, name="auckland", base_url=far.url, time_zone=ZONES["auckland"], currency="NZD"
            ),
        }
        settings = replace(settings_for(home, near.url), stores=stores)
        environment.setenv("DBT_EXCLUDE_RESOURCE_TYPES", "test unit_test")
        told = Story({"helsinki": here, "auckland": there}, settings)
        told.load()
        told.build("before")
        told.query(A_DAY_LATER)
        change(here, there)
        told.load()
        told.build("after")
        told.build("old", str((told.days["after"]["helsinki"] - LONG_AGO).date()))
        yield told


def change(shop: Shop, other: Shop) -> None:
    """A day in a shop: old and new buyers, a cancellation, one joins and one leaves the newsletter.

    Somebody buys in the other shop for the first time too.
    """
    orders = list(all_of(shop, "orders"))
    for old in [*orders[:5], *orders[-30:]]:
        again = {"customer_id": old["customer_id"], "customer_information": old["customer_information"]}
        shop.insert("orders", again)
    newcomer = dict(orders[0]["customer_information"], email="uusi@example.fi", company="Uusi Oy")
    shop.insert("orders", {"customer_information": newcomer})
    known = {None, *map(email_of, buyers_of(other))}
    unknown = next(buyer for buyer in buyers_of(shop) if email_of(buyer) not in known)
    other.insert("orders", {"customer_information": unknown})
    shop.update("orders", orders[-40]["id"], {"status": "CANCELLED"})
    reader = next(one for one in all_of(shop, "email_subscribers") if not one["unsubscribed_at"])
    shop.update("email_subscribers", reader["id"], {"unsubscribed_at": orders[-1]["created_at"]})
    member = shop.get("customers", shop.insert("customers", {"email": "jasen@example.fi"}))
    newest = {"email": " Aivan.Uusi@example.fi", "subscribed_at": member["created_at"]}
    shop.insert("email_subscribers", newest)
    shared = next(filter(on_list(shop).__contains__, map(email_of, buyers_of(shop))))
    shop.insert("customers", {"email": shared})


def test_a_segment_has_the_members_that_the_records_of_the_shop_have(story: Story) -> None:
    for build, members in story.expected.items():
        for (store, segment), keys in members.items():
            found = story.found[build].get((store, segment), set())
            assert found == keys, f"{segment} of {store}, {build}"
        assert [segment for segment in RULES if not any(members[store, segment] for store in ZONES)] == []


def test_every_segment_changes_with_the_day_and_with_the_shop(story: Story) -> None:
    for segment in RULES:
        before, after, old = (story.expected[build]["helsinki", segment] for build in story.expected)
        assert before != old, segment
        assert before != after, segment


def test_a_build_as_of_an_old_day_leaves_the_history_alone(story: Story) -> None:
    assert story.found["old"] != story.found["after"]
    assert story.history["old"] == story.history["after"]


def test_the_history_is_who_entered_and_left(story: Story) -> None:
    before, after = story.found["before"], story.found["after"]
    there = {row[:3] for row in story.history["after"] if row[4] is None}
    gone = {row[:3] for row in story.history["after"] if row[4] is not None}
    assert there == {(*place, key) for place, keys in after.items() for key in keys}
    assert gone == {(*place, key) for place, keys in before.items() for key in keys - after.get(place, set())}


def test_the_movement_is_the_difference_of_two_days(story: Story) -> None:
    before, after = story.found["before"], story.found["after"]
    expected_rows = []
    for place in sorted({*before, *after}):
        was, is_now = before.get(place, set()), after.get(place, set())
        day = story.days["before"][place[0]] - pd.Timedelta(days=1)
        counts = (len(was), len(is_now - was), len(was - is_now), len(was & is_now), len(is_now))
        expected_rows.append((*place, day.date(), story.days["after"][place[0]].date(), *counts))
    assert story.movement["after"] == expected_rows
    assert story.movement["before"] == story.movement["old"] == []
    assert sum(row[5] for row in expected_rows) > 5
    assert sum(row[6] for row in expected_rows) > 5
