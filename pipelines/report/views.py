"""One store as the template shows it: texts, charts and tables, nothing left to compute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
import pendulum

from pipelines.report import heat, lists, trends, wording
from pipelines.report.bridge import Bridge, bridge_of
from pipelines.report.charts import Chart, month_chart, week_chart
from pipelines.report.figures import Figure, Headline, day_so_far, headlines, list_figures
from pipelines.report.freshness import Freshness, freshness
from pipelines.report.groups import RfmRow, SegmentGroup, inactive_count, rfm_rows, segment_groups
from pipelines.report.heat import Heat
from pipelines.report.lists import Products
from pipelines.report.movements import movements
from pipelines.report.periods import own_periods
from pipelines.report.stores import Store, local_day
from pipelines.report.tables import Tables, of_store
from pipelines.report.trends import Table

PLATFORMS = {"mycashflow": "MyCashflow", "cscart": "CS-Cart"}


@dataclass(frozen=True)
class Trend:
    """Charts with a sentence and a table that say the same."""

    charts: tuple[Chart, ...]
    summary: str
    table: Table


@dataclass(frozen=True)
class People:
    """RFM and the other segments, and since when their movement is known.

    `scored`, `inactive` and `unscored` are numbers of customers with an order: those in the grid, those
    who bought too long ago for it, and those who would be in it if they were not too few.
    """

    grid: Heat | None
    scored: str
    inactive: str
    unscored: str
    rfm: tuple[RfmRow, ...]
    segments: tuple[SegmentGroup, ...]
    moved_since: str


@dataclass(frozen=True)
class Hours:
    """When orders come, as a table and in a sentence."""

    table: Heat
    summary: str


@dataclass(frozen=True)
class Subscribers:
    """The newsletter list: figures, and a trend once a week is over."""

    figures: tuple[Figure, ...]
    trend: Trend | None


@dataclass(frozen=True)
class StoreView:
    """Everything the template shows of one store; what is empty becomes an explanation there."""

    anchor: str
    store: Store
    platform: str
    as_of: str
    whole_days: str
    today: Headline | None
    headlines: tuple[Headline, ...]
    sales: Trend | None
    customers: Trend | None
    repeat: tuple[Figure, ...]
    bridge: Bridge | None
    retention: Heat | None
    value: Heat | None
    people: People
    products: Products | None
    subscribers: Subscribers | None
    hours: Hours | None
    places: tuple[Table, ...]
    members: tuple[str, str]
    list_figures: tuple[Figure, ...]
    unmapped: Table
    freshness: Freshness


def store_view(anchor: str, store: Store, tables: Tables, generated_at: datetime) -> StoreView:
    """One store's view as of its own last day."""
    periods = own_periods(tables.periods, store.name)
    members = of_store(tables.list_overview, store.name)
    cohorts = of_store(tables.cohorts, store.name)
    as_of, whole = store.as_of, store.last_whole_day or store.as_of
    shown = headlines(periods, store.first_day, store.currency) if store.first_day else ()
    return StoreView(
        anchor=anchor,
        store=store,
        platform=PLATFORMS.get(store.platform, store.platform),
        as_of=wording.day(as_of) if as_of else "",
        whole_days=wording.day(whole) if whole and whole != as_of else "",
        today=day_so_far(periods, store.currency, local_day(store, generated_at), read_until(store, tables)),
        headlines=shown,
        sales=sales_trend(periods, store.currency),
        customers=customer_trend(periods, store.currency) if shown else None,
        repeat=lists.repeat_figures(of_store(tables.repeat_purchase, store.name), store, periods),
        bridge=bridge(store, tables, shown[0].days if shown else ""),
        retention=heat.retention(cohorts, whole) if whole else None,
        value=heat.value(cohorts, whole, store.currency) if whole else None,
        people=people(store, tables),
        products=lists.products_of(of_store(tables.products, store.name), store.currency),
        subscribers=subscribers(of_store(tables.subscribers, store.name), store),
        hours=hours(of_store(tables.hours, store.name)),
        places=lists.place_tables(of_store(tables.places, store.name), store.currency),
        members=member_counts(members),
        list_figures=list_figures(members, store.currency),
        unmapped=lists.unmapped_table(of_store(tables.unmapped_methods, store.name)),
        freshness=freshness(
            of_store(tables.last_windows, store.name),
            of_store(tables.rejected_rows, store.name),
            store.time_zone,
            generated_at,
        ),
    )


def sales_trend(periods: pd.DataFrame, currency: str) -> Trend | None:
    """Net sales, orders and average order value by week; None before the first whole week."""
    weeks = trends.weekly(periods)
    if weeks.empty:
        return None
    charts = (
        week_chart(weeks, "net_sales", currency, "large", "1 2 3"),
        week_chart(weeks, "order_count", currency, "small", "4 5"),
        week_chart(weeks, "average_order_value", currency, "small", "6 7"),
    )
    summary = trends.sales_summary(weeks, currency)
    return Trend(charts, summary, trends.week_table(weeks, currency))


def customer_trend(periods: pd.DataFrame, currency: str) -> Trend:
    """New and returning customers and their net sales by month."""
    months = trends.monthly(periods)
    charts = (
        month_chart(months, "customer_count", currency, "1 2"),
        month_chart(months, "customer_net_sales", currency, "3 4"),
    )
    return Trend(charts, trends.customer_summary(months), trends.month_table(months, currency))


def bridge(store: Store, tables: Tables, days: str) -> Bridge | None:
    """The way from the admin's total to net sales over the store's last 30 whole days."""
    rows = of_store(tables.bridge, store.name)
    return bridge_of(rows[rows["is_latest"] > 0], days, store.currency)


def read_until(store: Store, tables: Tables) -> str:
    """The time on the store's clock up to which its orders were read; empty where nobody knows."""
    windows = of_store(tables.last_windows, store.name)
    orders = windows[(windows["resource"] == "orders") & (windows["status"] != "failed")]
    ends = orders["window_to"].dropna()
    if ends.empty:
        return ""
    return str(pendulum.instance(ends.max()).in_timezone(store.time_zone).format("HH:mm"))


def people(store: Store, tables: Tables) -> People:
    """One store's RFM and segments with their movement."""
    moved, since = movements(of_store(tables.segment_movement, store.name))
    scores, rfm = of_store(tables.rfm_scores, store.name), of_store(tables.rfm_segments, store.name)
    buyers = of_store(tables.list_overview, store.name)["buyer_count"].sum()
    inactive = inactive_count(rfm)
    return People(
        grid=heat.rfm_grid(scores),
        scored=wording.number(scores["customer_count"].sum()),
        inactive=wording.number(inactive),
        unscored=wording.number(max(buyers - inactive, 0)) if buyers and scores.empty else "",
        rfm=rfm_rows(rfm, moved, store.currency),
        segments=segment_groups(of_store(tables.segment_sizes, store.name), moved),
        moved_since=since,
    )


def subscribers(days: pd.DataFrame, store: Store) -> Subscribers | None:
    """The newsletter list of one store; None when nobody was ever on it."""
    if days.empty:
        return None
    figures = lists.subscriber_figures(days, store.last_whole_day)
    weeks = lists.subscriber_weeks(lists.whole_days(days, store.last_whole_day))
    if weeks.empty:
        return Subscribers(figures, None)
    chart = week_chart(weeks, "active_count", store.currency, "small", "1 2 3")
    return Subscribers(figures, Trend((chart,), "", lists.subscriber_table(weeks)))


def hours(counted: pd.DataFrame) -> Hours | None:
    """When orders come; None without an order."""
    table = heat.hour_table(counted)
    return Hours(table, heat.busiest(counted)) if table else None


def member_counts(members: pd.DataFrame) -> tuple[str, str]:
    """How many are on the list and how many of them have ordered; dashes without a row."""
    if members.empty:
        return wording.DASH, wording.DASH
    row = members.iloc[0]
    return wording.number(row["member_count"]), wording.number(row["buyer_count"])
