"""Customer figures, scores and segments are those of a second computation, in pandas, without our SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

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

# The shop ends in the evening of 2026-09-30: two months of orders are after as_of.
END = 1_790_791_200
AS_OF = date(2026, 7, 31)
YEAR_AGO = AS_OF - timedelta(days=365)

# A store of two hundred days, in another currency: level customers, two orders on one day, a late one.
YOUNG = """customer_id,date,units,amount
1,2026-01-12,1,1000.00
2,2026-01-12,1,1000.00
3,2026-02-01,1,300.00
3,2026-03-03,1,300.00
3,2026-05-02,1,500.00
4,2026-06-01,1,40.00
4,2026-06-01,1,60.00
5,2026-07-31,1,20.00
6,2026-08-01,1,20.00
"""

CODES = {
    "champions": "555 554 544 545 454 455 445",
    "loyal": "543 444 435 355 354 345 344 335",
    "potential_loyalist": "553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423 353 352 351"
    " 342 341 333 323",
    "new_customers": "512 511 422 421 412 411 311",
    "promising": "525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313",
    "need_attention": "535 534 443 434 343 334 325 324",
    "about_to_sleep": "331 321 312 221 213 231 241 251",
    "at_risk": "255 254 245 244 253 252 243 242 235 234 225 224 153 152 145 143 142 135 134 133 125 124",
    "cannot_lose_them": "155 154 144 214 215 115 114 113",
    "hibernating": "332 322 233 232 223 222 132 123 122 212 211",
    "lost": "111 112 121 131 141 151",
}
SEGMENT_OF = {code: name for name, codes in CODES.items() for code in codes.split()}

ORDERS = """
    select
        store, customer_key, order_id, is_counted, is_purchase, ordered_date as day,
        cast(100 * (net_sales + returns_excl_vat) as bigint) as sold,
        cast(100 * gross_sales as bigint) as gross
    from marts.fct_orders"""
RETURNS = """
    select
        lines.store, lines.customer_key, lines.line_date as day,
        cast(100 * lines.amount_excl_vat as bigint) as sold,
        cast(-100 * lines.amount_incl_vat as bigint) as returned
    from marts.fct_order_lines as lines
    where lines.is_return and lines.is_counted and lines.customer_key is not null"""
DISCOUNTED = """
    select store, id as order_id from raw_mycashflow.orders where discount <> 0
    union
    select store, order_id from raw_mycashflow.orders__products where campaign_id > 0 and quantity > 0"""
UNSUBSCRIBED = f"""
    select store, email from (
        select store, lower(trim(email)) as email, subscribed_at as said_at, false as is_out
        from raw_mycashflow.email_subscribers
        union all
        select store, lower(trim(email)), unsubscribed_at, true from raw_mycashflow.email_subscribers)
    where cast(timezone('Europe/Helsinki', said_at) as date) <= date '{AS_OF}'
    group by 1, 2
    having max_by(is_out, (said_at, is_out))"""
MODEL = """
    select
        * replace (cast(100 * net_sales as bigint) as net_sales,
            cast(100 * net_sales_365_days as bigint) as net_sales_365_days,
            cast(median_days_between_orders as double) as median_days_between_orders)
    from metrics.met_customers"""
MEMBERS = "select store, segment, customer_key, reason from segments.segment_members"


@dataclass(frozen=True)
class Built:
    """What was built: the models' tables, and what the second computation starts from."""

    model: pd.DataFrame
    members: pd.DataFrame
    rfm_segments: pd.DataFrame
    customers: pd.DataFrame
    orders: pd.DataFrame
    returns: pd.DataFrame
    unsubscribed: set[tuple[str, str]]


def two_stores(home: Path, demo: str, young: str) -> Settings:
    """A directory's settings with two stores in two currencies."""
    settings = settings_for(home, demo)
    store = replace(settings.stores["demo"], name="young", base_url=young, currency="SEK")
    return replace(settings, stores={**settings.stores, "young": store})


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """Both stores, loaded and built as of AS_OF."""
    home = tmp_path_factory.mktemp("customers")
    (home / "young.csv").write_text(YOUNG)
    demo, young = make_shop(400, seed=11, end=END), shop_of_purchases(home / "young.csv")
    with demo, young, serve(demo) as first, serve(young) as second:
        settings = two_stores(home, first.url, second.url)
        assert flow.sync(settings, settings.chosen(), Wanted(), Listener()).exit_code == 0
    looked_at = ("+segment_members", "+met_rfm_segments")
    wish = Wish(looked_at, AS_OF.isoformat())
    assert flow.build(settings, wish, Listener()).exit_code == 0
    with warehouse_of(settings).reader() as read:
        discounted = set(read(DISCOUNTED).itertuples(index=False, name=None))
        orders = read(ORDERS)
        orders["is_discounted"] = [
            key in discounted for key in zip(orders.store, orders.order_id, strict=True)
        ]
        yield Built(
            model=read(MODEL).set_index("customer_key"),
            members=read(MEMBERS),
            rfm_segments=read("select * from metrics.met_rfm_segments"),
            customers=read("select store, customer_key, email_normalised from marts.dim_customers"),
            orders=dated(orders),
            returns=dated(read(RETURNS)),
            unsubscribed=set(read(UNSUBSCRIBED).itertuples(index=False, name=None)),
        )


def dated(frame: pd.DataFrame) -> pd.DataFrame:
    """What is known on AS_OF of somebody we know, with plain days."""
    frame["day"] = pd.to_datetime(frame["day"]).dt.date
    return frame[frame["day"].le(AS_OF) & frame["customer_key"].notna()]


def figures_of(purchases: pd.DataFrame) -> dict[str, Any]:
    """One customer's purchases, as figures."""
    days = sorted(set(purchases["day"]))
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    return {
        "store": purchases["store"].iloc[0],
        "order_count": len(purchases),
        "order_count_365_days": int(purchases["day"].gt(YEAR_AGO).sum()),
        "recency_days": (AS_OF - days[-1]).days,
        "first_day": days[0],
        "median_gap": float(pd.Series(gaps).median()) if len(gaps) > 1 else None,
        "sold": int(purchases["sold"].sum()),
        "gross": int(purchases["gross"].sum()),
        "discounted": int(purchases["is_discounted"].sum()),
    }


@pytest.fixture(scope="module")
def expected(built: Built) -> pd.DataFrame:
    """Every customer with a purchase: figures, scores and RFM segment by pandas."""
    purchases = built.orders[built.orders["is_purchase"]].groupby("customer_key")
    frame = pd.DataFrame({key: figures_of(rows) for key, rows in purchases}).T
    moves = pd.concat([built.orders[built.orders["is_counted"]], built.returns])
    frame["net_sales"] = moves.groupby("customer_key")["sold"].sum()
    frame["net_sales_365_days"] = moves[moves["day"].gt(YEAR_AGO)].groupby("customer_key")["sold"].sum()
    frame["returned"] = built.returns.groupby("customer_key")["returned"].sum()
    frame = frame.fillna({"net_sales_365_days": 0, "returned": 0})
    scored = frame[frame["recency_days"].lt(365)]
    scored = scored[scored.groupby("store")["store"].transform("size").ge(20)]
    frame["r"] = scores(-scored["recency_days"].astype(int), scored["store"])
    frame["f"] = scores(scored["order_count_365_days"].astype(int), scored["store"])
    frame["m"] = scores(scored["net_sales_365_days"].astype(int), scored["store"])
    frame["rfm"] = [segment_of(buyer) for _, buyer in frame.iterrows()]
    return frame


def scores(values: pd.Series, stores: pd.Series) -> pd.Series:
    """1 to 5 by the share of the store's scored that are lower, half of those who are level among them."""
    by_store = values.groupby(stores)
    lower = by_store.rank(method="min").astype(int) - 1
    level = by_store.rank(method="max").astype(int) - lower
    return 1 + 5 * (2 * lower + level) // (2 * stores.map(stores.value_counts()))


def segment_of(buyer: pd.Series) -> str | None:
    """The segment of the code, unless the days or the number of orders say otherwise."""
    if buyer["recency_days"] >= 365:
        return "inactive"
    if pd.isna(buyer["r"]):
        return None
    if buyer["order_count"] == 1 and buyer["recency_days"] < 30:
        return "new_customers"
    recency, frequency, money = (int(buyer[score]) for score in "rfm")
    if buyer["recency_days"] < 90:
        recency = max(recency, 4)
    if buyer["recency_days"] >= 180:
        recency = min(recency, 2)
    if buyer["order_count_365_days"] == 1:
        frequency = min(frequency, 2)
    name = SEGMENT_OF[f"{recency}{frequency}{money}"]
    return "potential_loyalist" if name == "new_customers" and buyer["order_count"] > 2 else name


def cents(amount: int, parts: int) -> Decimal:
    """An average in whole cents."""
    return (Decimal(amount) / parts).quantize(Decimal(1), ROUND_HALF_UP)


def test_the_seed_is_the_published_table() -> None:
    seed = (Path(__file__).parents[1] / "sql/seeds/rfm_segments.csv").read_text().split()[1:]
    assert sorted(seed) == sorted(f"{code},{name}" for code, name in SEGMENT_OF.items())
    assert len(seed) == 125


@pytest.mark.slow
def test_everybody_has_a_row_and_buyers_have_the_figures_of_a_second_computation(
    built: Built, expected: pd.DataFrame
) -> None:
    assert sorted(built.model.index) == sorted(built.customers["customer_key"])
    model = built.model.loc[expected.index]
    same = {
        "order_count": "order_count",
        "order_count_365_days": "order_count_365_days",
        "net_sales": "net_sales",
        "net_sales_365_days": "net_sales_365_days",
        "recency_days": "recency_days",
        "recency_score": "r",
        "frequency_score": "f",
        "monetary_score": "m",
        "rfm_segment": "rfm",
        "store": "store",
    }
    for ours, theirs in same.items():
        blank = "" if ours == "rfm_segment" else 0
        assert model[ours].fillna(blank).tolist() == expected[theirs].fillna(blank).tolist(), ours
    gaps = expected["median_gap"].astype(float)
    assert model["median_days_between_orders"].fillna(-1).tolist() == gaps.fillna(-1).tolist()
    assert expected["median_gap"].notna().sum() > 20


@pytest.mark.slow
def test_who_never_bought_is_a_prospect_without_scores(built: Built, expected: pd.DataFrame) -> None:
    others = built.model.drop(expected.index)
    assert len(others) > 20
    assert set(others["lifecycle_stage"]) == {"prospect"}
    assert not others["order_count"].any()
    assert not others[["rfm_segment", "recency_score", "recency_days"]].notna().to_numpy().any()
    assert "prospect" not in set(built.model.loc[expected.index, "lifecycle_stage"])


@pytest.mark.slow
def test_equal_values_have_equal_scores(built: Built) -> None:
    buyers = built.model[built.model["rfm_segment"].fillna("inactive") != "inactive"]
    assert set(buyers["store"]) == {"demo"}
    for value, score in (
        ("last_ordered_date", "recency_score"),
        ("order_count_365_days", "frequency_score"),
        ("net_sales_365_days", "monetary_score"),
    ):
        level = buyers.groupby(["store", value])[score]
        assert (level.nunique() == 1).all(), score
        assert level.size().max() > 1, score


@pytest.mark.slow
def test_segments_have_the_members_of_an_independent_count(built: Built, expected: pd.DataFrame) -> None:
    due = usual_gaps(built.orders)
    email = built.customers.set_index("customer_key")["email_normalised"]
    members: dict[str, set[str]] = {}
    for store, buyers in expected.groupby("store"):
        window = buyers[buyers["order_count_365_days"] > 0]
        average = cents(buyers["sold"].sum(), buyers["order_count"].sum())
        for key, buyer in buyers.iterrows():
            gap, recency, count = buyer["median_gap"], buyer["recency_days"], buyer["order_count"]
            above = (window["net_sales_365_days"] > buyer["net_sales_365_days"]).sum()
            is_vip = key in window.index and count >= 2 and 10 * above <= len(window) - 1
            wait = due.get(store) if count == 1 else None
            rules = {
                "vip": is_vip,
                "at_risk": gap is not None and max(gap, 14) <= recency <= 3 * max(gap, 14),
                "win_back": gap is not None and recency > 3 * max(gap, 14),
                "discount_buyers": 2 * buyer["discounted"] >= count,
                "full_price_buyers": buyer["discounted"] == 0,
                "big_spenders": cents(buyer["sold"], count) >= 2 * average > 0,
                "high_returners": count >= 2 and 2 * buyer["returned"] >= buyer["gross"] > 0,
                "unsubscribed_vip": is_vip and (store, email[key]) in built.unsubscribed,
                "second_order_due": wait is not None and wait <= recency <= 3 * wait,
                f"rfm_{buyer['rfm']}": pd.notna(buyer["rfm"]),
            }
            for segment in (segment for segment, applies in rules.items() if applies):
                members.setdefault(segment, set()).add(str(key))
    found = built.members.groupby("segment")["customer_key"].agg(set)
    for segment in {"unsubscribed_vip", *members}:
        assert found.get(segment, set()) == members.get(segment, set()), segment
    assert set(found.index) >= set(members)
    assert not built.members.duplicated(["segment", "customer_key"]).any()


def usual_gaps(orders: pd.DataFrame) -> dict[str, float]:
    """Days to a second order on another day, per store in the median."""
    purchases = orders[orders["is_purchase"]].sort_values(["day", "order_id"])
    waits = []
    for _, rows in purchases.groupby("customer_key"):
        days = rows["day"].tolist()[:2]
        if len(set(days)) == 2:
            waits.append((rows["store"].iloc[0], (days[1] - days[0]).days))
    by_store = pd.DataFrame(waits, columns=["store", "days"]).groupby("store")["days"]
    return by_store.median().clip(lower=14)[by_store.size().ge(5)].to_dict()


@pytest.mark.slow
def test_stores_and_currencies_are_never_added_up(built: Built, expected: pd.DataFrame) -> None:
    table = built.rfm_segments
    assert dict(zip(table["store"], table["currency"], strict=True)) == {"demo": "EUR", "young": "SEK"}
    assert table.groupby("store").size().to_dict() == {"demo": 12, "young": 12}
    buyers = expected.groupby("store")
    assert buyers.size()["young"] == 5
    counts = {"demo": buyers.size()["demo"], "young": 0}  # five are too few to score
    assert table.groupby("store")["customer_count"].sum().to_dict() == counts
    money = (100 * table["net_sales_365_days"].astype(float)).round().astype(int)
    sums = {"demo": buyers["net_sales_365_days"].sum()["demo"], "young": 0}
    assert money.groupby(table["store"]).sum().to_dict() == sums
    vips = built.members[built.members["segment"] == "vip"].groupby("store")["reason"].agg(list)
    assert vips["young"] == ["1100.00 SEK net sales in 365 days, 3 orders"]
    assert all("EUR" in reason for reason in vips["demo"])
