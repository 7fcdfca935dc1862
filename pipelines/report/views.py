"""One store as the template shows it: texts, charts and tables, nothing left to compute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from pipelines.report import trends, wording
from pipelines.report.charts import Chart, month_chart, week_chart
from pipelines.report.figures import Figure, Headline, headlines, list_figures, with_order_value
from pipelines.report.freshness import Freshness, freshness
from pipelines.report.groups import SegmentGroup, segment_groups
from pipelines.report.periods import Period
from pipelines.report.stores import Store
from pipelines.report.tables import Tables, of_store
from pipelines.report.trends import Table


@dataclass(frozen=True)
class Trend:
    """Charts with a sentence and a table that say the same."""

    charts: tuple[Chart, ...]
    summary: str
    table: Table


@dataclass(frozen=True)
class StoreView:
    """Everything the template shows of one store; what is empty becomes an explanation there."""

    anchor: str
    store: Store
    as_of: str
    headlines: tuple[Headline, ...]
    sales: Trend | None
    customers: Trend | None
    people: tuple[str, str]
    list_figures: tuple[Figure, ...]
    segments: tuple[SegmentGroup, ...]
    freshness: Freshness


def store_view(anchor: str, store: Store, tables: Tables, generated_at: datetime) -> StoreView:
    """One store's view as of its own last day."""
    days = with_order_value(of_store(tables.sales, store.name))
    members = of_store(tables.list_overview, store.name)
    known = store.sales_days
    return StoreView(
        anchor=anchor,
        store=store,
        as_of=wording.day(store.as_of) if store.as_of else "",
        headlines=headlines(days, known, store.currency) if known else (),
        sales=sales_trend(days, known, store.currency) if known else None,
        customers=customer_trend(days, known, store.currency) if known else None,
        people=people(members),
        list_figures=list_figures(members, store.currency),
        segments=segment_groups(of_store(tables.segment_sizes, store.name)),
        freshness=freshness(
            of_store(tables.last_windows, store.name),
            of_store(tables.rejected_rows, store.name),
            store.time_zone,
            generated_at,
        ),
    )


def sales_trend(days: pd.DataFrame, sales_days: Period, currency: str) -> Trend | None:
    """Net sales, orders and average order value by week; None before the first whole week."""
    weeks = trends.weekly(days, sales_days)
    if weeks.empty:
        return None
    charts = (
        week_chart(weeks, "net_sales", currency, height=260),
        week_chart(weeks, "order_count", currency, height=150),
        week_chart(weeks, "average_order_value", currency, height=150),
    )
    summary = trends.sales_summary(weeks, currency)
    return Trend(charts, summary, trends.week_table(weeks, currency))


def customer_trend(days: pd.DataFrame, sales_days: Period, currency: str) -> Trend:
    """New and returning customers and their net sales by month."""
    months = trends.monthly(days, sales_days.last)
    charts = (
        month_chart(months, "customer_count", sales_days.last, currency, height=190),
        month_chart(months, "customer_net_sales", sales_days.last, currency, height=190),
    )
    table = trends.month_table(months, sales_days.last, currency)
    return Trend(charts, trends.customer_summary(months, sales_days.last), table)


def people(members: pd.DataFrame) -> tuple[str, str]:
    """How many are on the list and how many of them have ordered; dashes without a row."""
    if members.empty:
        return wording.DASH, wording.DASH
    row = members.iloc[0]
    return wording.number(row["member_count"]), wording.number(row["buyer_count"])
