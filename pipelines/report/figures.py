"""Headline figures and their comparisons, from one store's daily sales."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd
import pendulum

from pipelines.report import wording
from pipelines.report.periods import Period, days_ending

LIST_FIGURES = (
    "order_count_30_days",
    "order_value_30_days",
    "average_order_value_365_days",
    "order_frequency_30_days",
    "customer_lifespan_years_buyers",
    "customer_lifespan_years_members",
)


HEADLINE_FIGURES = ("net_sales", "order_count", "average_order_value", "new_customer_count")


@dataclass(frozen=True)
class Span:
    """A named period and the earlier ones it is compared with, by their labels."""

    name: str
    period: Period
    earlier: dict[str, Period]


@dataclass(frozen=True)
class Totals:
    """Sums over a period; `order_value` is net sales of its orders before later returns."""

    net_sales: float
    order_count: float
    order_value: float
    new_customer_count: float

    @property
    def average_order_value(self) -> float:
        """Order value per order; NaN without orders."""
        return self.order_value / self.order_count if self.order_count else math.nan


@dataclass(frozen=True)
class Comparison:
    """A figure against an earlier period: `+4.2 %`, `30 days before`, `46 270 €`."""

    change: str
    label: str
    value: str
    direction: str


@dataclass(frozen=True)
class Figure:
    """One number with the key of its definition, and a word below it where it needs one."""

    key: str
    value: str
    comparisons: tuple[Comparison, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Headline:
    """The figures of one period."""

    name: str
    days: str
    figures: tuple[Figure, ...]
    note: str = ""


def with_order_value(days: pd.DataFrame) -> pd.DataFrame:
    """Daily sales with `order_value` = average order value x orders, so that it can be summed."""
    order_value = days["average_order_value"].fillna(0) * days["order_count"]
    return days.assign(order_value=order_value)


def totals(days: pd.DataFrame, period: Period) -> Totals:
    """The sums of the rows of the period, zeros where there are none."""
    rows = period.rows(days)
    return Totals(
        net_sales=float(rows["net_sales"].sum()),
        order_count=float(rows["order_count"].sum()),
        order_value=float(rows["order_value"].sum()),
        new_customer_count=float(rows["new_customer_count"].sum()),
    )


def headlines(days: pd.DataFrame, sales_days: Period, currency: str) -> tuple[Headline, ...]:
    """The last 30 and 365 days against earlier periods that lie fully inside the store's data.

    A store younger than 30 days has the first of the two only: they would say the same.
    """
    month, year = days_ending(sales_days.last, 30), days_ending(sales_days.last, 365)
    spans = [
        Span("Last 30 days", month, {
            "30 days before": month.before(),
            "a year before": month.year_before(),
        }),
    ]  # fmt: skip
    if sales_days.first < month.first:
        spans.append(Span("Last 365 days", year, {"365 days before": year.before()}))
    return tuple(headline(span, days, sales_days.first, currency) for span in spans)


def headline(span: Span, days: pd.DataFrame, first_day: pendulum.Date, currency: str) -> Headline:
    """One span's figures; earlier periods that begin before the store's first day are left out."""
    now = totals(days, span.period)
    then = {
        label: totals(days, period) for label, period in span.earlier.items() if period.first >= first_day
    }
    figures = tuple(figure(key, now, then, currency) for key in HEADLINE_FIGURES)
    note = missing_note(span, first_day)
    return Headline(span.name, wording.span(span.period), figures, note)


def missing_note(span: Span, first_day: pendulum.Date) -> str:
    """Why a comparison is missing, or an empty text."""
    since = f"The first counted order is from {wording.day(first_day)}"
    if span.period.first < first_day:
        return f"{since}: these figures cover the time since then, with nothing to compare to yet."
    missing = [label for label, period in span.earlier.items() if period.first < first_day]
    return f"{since}, too late to compare with {' and '.join(missing)}." if missing else ""


def figure(key: str, now: Totals, then: dict[str, Totals], currency: str) -> Figure:
    """The figure named `key` (a field of Totals) with its comparisons."""
    value: float = getattr(now, key)
    comparisons = tuple(
        comparison(label, value, getattr(earlier, key), key, currency) for label, earlier in then.items()
    )
    return Figure(key, written(key, value, currency), comparisons)


def comparison(label: str, now: float, before: float, key: str, currency: str) -> Comparison:
    """The change from `before` to `now`, with the direction the page colours."""
    change = wording.percent_change(now, before)
    direction = "none"
    if change:
        direction = "up" if now > before else "down" if now < before else "same"
    return Comparison(change, label, written(key, before, currency), direction)


def written(key: str, value: float, currency: str) -> str:
    """A figure's value as text, in the unit its key calls for; a dash for no value."""
    if math.isnan(value):
        return wording.DASH
    if key.startswith("average_order_value"):
        return wording.money(value, currency, cents=True)
    if key in ("net_sales", "order_value_30_days"):
        return wording.money(value, currency)
    if key.startswith("customer_lifespan_years"):
        return wording.number(value, 2) + wording.NO_BREAK_SPACE + "years"
    return wording.number(value, 2 if key == "order_frequency_30_days" else 0)


def list_figures(overview: pd.DataFrame, currency: str) -> tuple[Figure, ...]:
    """The list overview's figures from its one row; none while nobody is on the list."""
    if not overview["member_count"].sum():
        return ()
    row = overview.iloc[0]
    return tuple(Figure(key, written(key, float(row[key]), currency)) for key in LIST_FIGURES)
