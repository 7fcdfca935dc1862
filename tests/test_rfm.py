"""RFM over odd shops: a segment's name is true of its members, and few or equal buyers are no ranking."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from pipelines import flow
from pipelines.demo.opening import make_shop
from pipelines.demo.purchases import shop_of_purchases
from pipelines.demo.server import serve
from pipelines.job import Wanted
from pipelines.settings import Settings
from pipelines.transform import Wish
from pipelines.warehouse import warehouse_of
from tests.stage import Listener, settings_for

pytestmark = pytest.mark.slow

AS_OF = date(2026, 10, 15)
END = 1_792_065_600  # noon of that day in UTC
HEAD = "customer_id,date,units,amount\n"
ELEVEN = {
    "champions", "loyal", "potential_loyalist", "new_customers", "promising", "need_attention",
    "about_to_sleep", "at_risk", "cannot_lose_them", "hibernating", "lost",
}  # fmt: skip
LATELY = ELEVEN - {"about_to_sleep", "at_risk", "cannot_lose_them", "hibernating", "lost"}

# Customer, days before AS_OF of each order, amount of each.
Buyer = tuple[int, tuple[int, ...], int]


def steady(first: int) -> list[Buyer]:
    """Thirty buyers of the year: each a few days after the one before, with one order to four."""
    return [
        (first + number, tuple(range(number * 12, number * 12 + number % 4 + 1)), 10 + number)
        for number in range(30)
    ]


# In `gone` 1 bought very often and has been away for 443 days, 2 bought once, 3 very often and lately once.
SHOPS: dict[str, list[Buyer]] = {
    "gone": [
        (1, tuple(range(443, 743, 3)), 90),
        (2, (2526,), 5),
        (3, (8, *range(900, 1000)), 1),
        *steady(10),
    ],
    "first": [(1, (1,), 50)],
    "nineteen": [*((number, (0,), 50) for number in range(1, 20)), (20, (365,), 50)],
    "twenty": [(number, (0,), 50) for number in range(1, 21)],
    "level": [(number, (40, 30, 20), 50) for number in range(1, 26)],
    "week": [(number, tuple(range(number % 7, 7))[: 1 + number % 3], number) for number in range(1, 41)],
    "sleepy": [(number, (180 + number, 200 + number)[: 1 + number % 2], number) for number in range(1, 41)],
    "once": [(number, (8 * number,), number % 9 + 1) for number in range(1, 41)],
    "gaps": [(1, (11, 14), 50), (2, (11, 14, 17), 50), (3, (43, 46, 49), 50), (4, (20, 23, 26), 50)],
}


@dataclass(frozen=True)
class Built:
    """Customers and memberships of all shops, as their defaults say and with the whole life scored."""

    customers: pd.DataFrame
    members: pd.DataFrame
    of_a_life: pd.DataFrame

    def segments(self, store: str, frame: str = "customers") -> dict[int, str]:
        """Customer -> RFM segment, in one store."""
        table: pd.DataFrame = getattr(self, frame)
        rows = table[table["store"] == store]
        return dict(zip(rows["customer_id"], rows["rfm_segment"], strict=True))


def write(path: Path, buyers: list[Buyer]) -> Path:
    """A history file of these buyers."""
    lines = sorted(
        f"{AS_OF - timedelta(days)},{number},1,{amount}.00"
        for number, ages, amount in buyers
        for days in ages
    )
    cells = (line.split(",") for line in lines)
    path.write_text(HEAD + "".join(f"{who},{day},{units},{money}\n" for day, who, units, money in cells))
    return path


def read(settings: Settings, sql: str) -> pd.DataFrame:
    with warehouse_of(settings).reader() as read_frame:
        return read_frame(sql)


CUSTOMERS = """
    select
        figures.store, customers.customer_id, figures.lifecycle_stage,
        coalesce(figures.rfm_segment, 'none') as rfm_segment,
        figures.recency_days, figures.order_count, figures.order_count_365_days,
        figures.recency_score, figures.frequency_score, figures.monetary_score
    from metrics.met_customers as figures
    inner join marts.dim_customers as customers on figures.customer_key = customers.customer_key
    where figures.order_count > 0"""
MEMBERS = """
    select members.store, members.segment, customers.customer_id, members.reason
    from segments.segment_members as members
    inner join marts.dim_customers as customers on members.customer_key = customers.customer_key"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """All shops in one warehouse, built twice: every data test of the project has passed on each."""
    home = tmp_path_factory.mktemp("odd")
    with ExitStack() as stack:
        stores = {}
        for name, buyers in SHOPS.items():
            shop = stack.enter_context(shop_of_purchases(write(home / f"{name}.csv", buyers)))
            url = stack.enter_context(serve(shop)).url
            stores[name] = replace(settings_for(home, url).stores["demo"], name=name)
        settings = replace(settings_for(home, ""), stores=stores)
        assert flow.sync(settings, settings.chosen(), Wanted(), Listener()).exit_code == 0
    wish = Wish(as_of=AS_OF.isoformat())
    assert flow.build(settings, wish, Listener()).exit_code == 0
    customers, members = read(settings, CUSTOMERS), read(settings, MEMBERS)
    whole_life = replace(settings, definitions={"rfm_is_lifetime": True})
    assert flow.build(whole_life, wish, Listener()).exit_code == 0
    return Built(customers, members, read(settings, CUSTOMERS))


def test_who_bought_longer_ago_than_the_window_is_inactive(built: Built) -> None:
    segments = built.segments("gone")
    assert (segments[1], segments[2]) == ("inactive", "inactive")
    assert segments[3] == "potential_loyalist"
    inactive = built.customers["rfm_segment"] == "inactive"
    assert (built.customers["recency_days"] >= 365).equals(inactive)
    assert built.customers.loc[inactive, "recency_score"].isna().all()


def test_few_buyers_are_not_scored_and_equal_ones_are_in_the_middle(built: Built) -> None:
    assert built.segments("first") == {1: "none"}
    nineteen = built.segments("nineteen")
    assert (nineteen.pop(20), set(nineteen.values())) == ("inactive", {"none"})
    assert set(built.segments("twenty").values()) == {"new_customers"}
    assert set(built.segments("level").values()) == {"potential_loyalist"}
    level = built.customers[built.customers["store"].isin(["twenty", "level"])]
    assert (level[["recency_score", "frequency_score", "monetary_score"]] == 3).all(axis=None)
    vips = built.members[built.members["segment"] == "vip"]
    assert not set(vips["store"]) & {"first", "nineteen", "twenty", "level", "gaps"}


@pytest.mark.parametrize("frame", ["customers", "of_a_life"])
def test_no_name_says_what_is_not_so(built: Built, frame: str) -> None:
    table: pd.DataFrame = getattr(built, frame)
    named = table[table["rfm_segment"].isin(ELEVEN)]
    lately = named["rfm_segment"].isin(LATELY)
    assert "lapsed" not in set(named.loc[lately, "lifecycle_stage"])
    assert not {"new", "active"} & set(named.loc[~lately, "lifecycle_stage"])
    orders = named["order_count" if frame == "of_a_life" else "order_count_365_days"]
    assert orders[named["rfm_segment"].isin(["champions", "loyal"])].min() > 1
    new = named[named["rfm_segment"] == "new_customers"]
    assert new["order_count"].max() <= 2
    just_came = named[(named["lifecycle_stage"] == "new") & (named["order_count"] == 1)]
    assert set(just_came["rfm_segment"]) == {"new_customers"}
    assert lately[named["store"] == "week"].all()
    assert not lately[named["store"] == "sleepy"].any()


def test_with_the_whole_life_scored_nobody_is_inactive(built: Built) -> None:
    segments = built.segments("gone", "of_a_life")
    assert "inactive" not in set(built.of_a_life["rfm_segment"])
    assert segments[1] in ("at_risk", "cannot_lose_them")
    assert segments[2] == "lost"
    assert built.segments("first", "of_a_life") == {1: "none"}
    assert "none" not in set(built.segments("nineteen", "of_a_life").values())


def test_one_gap_is_no_habit_and_a_few_days_are_none(built: Built) -> None:
    members = built.members[built.members["store"] == "gaps"]
    late = members[members["segment"].isin(["at_risk", "win_back"])]
    assert dict(zip(late["customer_id"], late["segment"], strict=True)) == {3: "win_back", 4: "at_risk"}
    assert "usual gap 3.0 days, counted as 14" in late["reason"].iloc[0]


@pytest.mark.parametrize("size", [1500, 5000])
def test_the_demo_fills_all_twelve(tmp_path: Path, size: int) -> None:
    with make_shop(size, end=END) as shop, serve(shop) as server:
        settings = settings_for(tmp_path, server.url)
        assert flow.sync(settings, settings.chosen(), Wanted(), Listener()).exit_code == 0
    wish = Wish(["+met_rfm_segments"], AS_OF.isoformat())
    assert flow.build(settings, wish, Listener()).exit_code == 0
    found = read(settings, "select rfm_segment from metrics.met_rfm_segments where customer_count > 0")
    assert set(found["rfm_segment"]) == {*ELEVEN, "inactive"}
