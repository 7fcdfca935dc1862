"""Periods of one store or of several together; every one of them is added up by a model."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pendulum

MEASURES = [
    "order_count",
    "customer_count",
    "new_customer_count",
    "returning_customer_count",
    "net_sales",
    "new_customer_net_sales",
    "returning_customer_net_sales",
    "order_value",
]
CENT = Decimal("0.01")


def own_periods(periods: pd.DataFrame, store: str) -> pd.DataFrame:
    """One store's periods, counted back from its own last whole day."""
    return added(periods[(periods["store"] == store) & (periods["is_latest"] > 0)], 1)


def shared_periods(periods: pd.DataFrame, stores: Collection[str]) -> pd.DataFrame:
    """The periods of stores added up, counted back from the last whole day that all stores share."""
    return added(periods[periods["store"].isin(stores) & (periods["is_shared"] > 0)], len(stores))


def added(rows: pd.DataFrame, store_count: int) -> pd.DataFrame:
    """One row per period, oldest first, the average order divided once.

    `has_begun`: some store sold from the period's first day on; `is_comparable`: all stores did.
    """
    grouped = rows.groupby(["period", "first_date", "last_date"])
    sums = grouped[MEASURES].sum().reset_index()
    begun = grouped["is_complete"].sum().to_numpy()
    orders = zip(sums["order_value"], sums["order_count"], strict=True)
    return sums.assign(
        average_order_value=[average(value, count) for value, count in orders],
        store_count=grouped.size().to_numpy(),
        is_over=grouped["is_over"].min().to_numpy() > 0,
        has_begun=begun > 0,
        is_comparable=begun == store_count,
    ).sort_values(["last_date", "first_date"])


def average(order_value: float, order_count: float) -> float:
    """Order value per order to the cent, halves up; NaN without orders."""
    if not order_count:
        return math.nan
    exact = Decimal(repr(round(order_value, 2))) / Decimal(repr(order_count))
    return float(exact.quantize(CENT, ROUND_HALF_UP))


def of_kind(periods: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The periods of a kind, oldest first."""
    return periods[periods["period"] == kind]


def calendar_day(value: date) -> pendulum.Date:
    """The same day as a pendulum date; a pandas Timestamp is a date too."""
    return pendulum.date(value.year, value.month, value.day)


def is_month_over(month: date, last_whole_day: pendulum.Date) -> bool:
    """True when no day of the month comes after the last whole one."""
    return calendar_day(month).end_of("month") <= last_whole_day


def month_name(month: date, last_day: date | None) -> str:
    """`July 2026`, or `August 2026, to the 24th` for a month that goes no further so far."""
    name = str(calendar_day(month).format("MMMM YYYY", locale="en"))
    if last_day is None:
        return name
    return f"{name}, to the {calendar_day(last_day).format('Do', locale='en')}"
