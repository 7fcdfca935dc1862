"""Weeks and months of one store: the frames behind the charts, and the tables beside them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from pipelines.report import wording
from pipelines.report.periods import calendar_day, month_name, of_kind

WEEKS = 52
MONTHS = 13
MEASURES = ["net_sales", "order_count", "average_order_value"]


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


def weekly(periods: pd.DataFrame) -> pd.DataFrame:
    """The last 52 whole weeks, oldest first, each beside the week 52 weeks earlier.

    Columns: `week_ending`, net_sales, order_count, average_order_value, and the three again with
    `_year_before`, NaN where that week begins before the first day.
    """
    weeks = of_kind(periods, "week")
    weeks = weeks[weeks["has_begun"]].set_index("last_date")[MEASURES]
    earlier = weeks.copy()
    earlier.index += pd.Timedelta(weeks=WEEKS)
    beside = weeks.join(earlier.add_suffix("_year_before")).tail(WEEKS)
    return beside.rename_axis("week_ending").reset_index()


def monthly(periods: pd.DataFrame) -> pd.DataFrame:
    """One row per calendar month, the last 13 with the running one, oldest first."""
    months = of_kind(periods, "month").tail(MONTHS)
    return months.rename(columns={"first_date": "month"}).reset_index(drop=True)


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


def month_table(months: pd.DataFrame, currency: str) -> Table:
    """The months as texts, newest first; the running month says how far it goes."""
    rows = tuple(
        (
            name_of(row),
            wording.number(row["new_customer_count"]),
            wording.number(row["returning_customer_count"]),
            wording.money(row["new_customer_net_sales"], currency),
            wording.money(row["returning_customer_net_sales"], currency),
        )
        for row in months.iloc[::-1].to_dict("records")
    )
    columns = ("Month", "New", "Returning", "Net sales, new", "Net sales, returning")
    return Table("New and returning customers by month", columns, rows, range(1, 5))


def name_of(month: Mapping[Hashable, Any]) -> str:
    """The name of a row's month, with its last day where it is not over."""
    return month_name(month["month"], None if month["is_over"] else month["last_date"])


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


def customer_summary(months: pd.DataFrame) -> str:
    """The new customers' part of net sales in a sentence, and whether the last month is over."""
    new = months["new_customer_net_sales"].sum()
    both = new + months["returning_customer_net_sales"].sum()
    first = month_name(months["month"].iloc[0], None)
    part = wording.share(new, both)
    orders_by = f"New customers brought {part} of net sales" if part else "No net sales"
    last = months.iloc[-1].to_dict()
    unfinished = "" if last["is_over"] else f" The last bar is paler: {name_of(last)}."
    return f"{orders_by} since {first}.{unfinished}"
