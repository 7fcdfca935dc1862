"""Weeks and months of one store: the frames behind the charts, and the tables beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd
import pendulum

from pipelines.report import wording
from pipelines.report.periods import Period, calendar_day

WEEKS = 52
MEASURES = ["net_sales", "order_count", "order_value"]
CUSTOMERS = [
    "new_customer_count",
    "returning_customer_count",
    "new_customer_net_sales",
    "returning_customer_net_sales",
]


@dataclass(frozen=True)
class Table:
    """Texts in rows; `numbers` are the positions of the columns that hold numbers.

    `terms` names the definitions of columns by position; `lengths` are bars in percent, one per row.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: range
    terms: Mapping[int, str] = field(default_factory=dict)
    lengths: tuple[str, ...] = ()


def lengths(values: list[float]) -> tuple[str, ...]:
    """Each value in percent of the largest, for bars."""
    largest = max([value for value in values if value > 0], default=1)
    return tuple(f"{max(0.0, value) / largest * 100:.1f}" for value in values)


def weekly(days: pd.DataFrame, sales_days: Period) -> pd.DataFrame:
    """One row per whole week of the last 52, oldest first, each beside the week 52 weeks earlier.

    Columns: `week_ending`, net_sales, order_count, average_order_value, and the three again with
    `_year_before`, NaN where that week begins before the store's first day.
    """
    as_of = pd.Timestamp(sales_days.last)
    days_ago = (as_of - days["sales_date"]).dt.days
    sums = days.assign(week=days_ago // 7)[days_ago >= 0].groupby("week")[MEASURES].sum()
    sums = sums.reindex(range(sales_days.day_count // 7), fill_value=0.0)
    sums["average_order_value"] = sums["order_value"] / sums["order_count"].replace(0, math.nan)
    sums = sums.drop(columns="order_value")
    earlier = sums.shift(-WEEKS).add_suffix("_year_before")
    weeks: pd.DataFrame = sums.join(earlier).head(WEEKS).iloc[::-1]
    endings = [as_of - pd.Timedelta(weeks=int(week)) for week in weeks.index]
    return weeks.assign(week_ending=pd.to_datetime(pd.Series(endings, index=weeks.index)))


def monthly(days: pd.DataFrame, as_of: pendulum.Date) -> pd.DataFrame:
    """One row per calendar month, the last 13 with the running one, oldest first.

    Columns: `month` (its first day) and the customers' columns of the daily table.
    """
    known = days[days["sales_date"] <= pd.Timestamp(as_of)]
    months = known["sales_date"].dt.to_period("M").dt.to_timestamp().rename("month")
    return known.groupby(months)[CUSTOMERS].sum().tail(13).reset_index()


def week_table(weeks: pd.DataFrame, currency: str) -> Table:
    """The weeks as texts, newest first."""
    rows = tuple(
        (
            wording.day(calendar_day(row["week_ending"])),
            wording.money(row["net_sales"], currency),
            wording.money(row["net_sales_year_before"], currency),
            wording.percent_change(row["net_sales"], row["net_sales_year_before"]) or wording.DASH,
            wording.number(row["order_count"]),
            wording.number(row["order_count_year_before"]),
            wording.money(row["average_order_value"], currency, cents=True),
            wording.money(row["average_order_value_year_before"], currency, cents=True),
        )
        for row in weeks.iloc[::-1].to_dict("records")
    )
    columns = (
        "Week to", "Net sales", "Year before", "Change", "Orders", "Year before",
        "Average order", "Year before",
    )  # fmt: skip
    return Table("Net sales, orders and average order value by week", columns, rows, range(1, 8))


def month_table(months: pd.DataFrame, as_of: pendulum.Date, currency: str) -> Table:
    """The months as texts, newest first; the running month says how far it goes."""
    rows = tuple(
        (
            month_name(row["month"], as_of),
            wording.number(row["new_customer_count"]),
            wording.number(row["returning_customer_count"]),
            wording.money(row["new_customer_net_sales"], currency),
            wording.money(row["returning_customer_net_sales"], currency),
        )
        for row in months.iloc[::-1].to_dict("records")
    )
    columns = ("Month", "New", "Returning", "Net sales, new", "Net sales, returning")
    return Table("New and returning customers by month", columns, rows, range(1, 5))


def month_name(month: date, as_of: pendulum.Date) -> str:
    """`July 2026`, or `August 2026, to the 24th` for a month that is not over."""
    first = calendar_day(month)
    name = first.format("MMMM YYYY", locale="en")
    if first.end_of("month") > as_of:
        return f"{name}, to the {as_of.format('Do', locale='en')}"
    return name


def sales_summary(weeks: pd.DataFrame, currency: str) -> str:
    """The weeks in one or two sentences, for those who do not look at the chart."""
    total, before = weeks["net_sales"].sum(), weeks["net_sales_year_before"].sum(skipna=False)
    best = max(weeks.to_dict("records"), key=lambda week: week["net_sales"])
    change = wording.percent_change(total, before)
    against = f", {change} on the {len(weeks)} a year before" if change else ""
    return (
        f"{wording.count(len(weeks), 'week')}: {wording.money(total, currency)}{against}. "
        f"Best week: to {wording.day(calendar_day(best['week_ending']))}, "
        f"{wording.money(best['net_sales'], currency)}."
    )


def customer_summary(months: pd.DataFrame, as_of: pendulum.Date) -> str:
    """The new customers' part of net sales in a sentence, and whether the last month is over."""
    new = months["new_customer_net_sales"].sum()
    both = new + months["returning_customer_net_sales"].sum()
    first = calendar_day(months["month"].iloc[0]).format("MMMM YYYY", locale="en")
    part = wording.share(new, both)
    orders_by = f"New customers brought {part} of net sales" if part else "No net sales"
    last = month_name(months["month"].iloc[-1], as_of)
    unfinished = f" The last bar is paler: {last}." if ", to the" in last else ""
    return f"{orders_by} since {first}.{unfinished}"
