"""Headline figures and their comparisons, from the periods of one store or of several together."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pendulum

from pipelines.report import wording
from pipelines.report.periods import calendar_day, of_kind

LIST_FIGURES = (
    "order_count_30_days",
    "order_value_30_days",
    "average_order_value_365_days",
    "order_frequency_30_days",
    "customer_lifespan_years_buyers",
    "customer_lifespan_years_members",
)


HEADLINE_FIGURES = ("net_sales", "order_count", "average_order_value", "new_customer_count")


# a name, the model's name of the period, and the earlier ones it is compared with
SPANS = (
    ("Last 30 days", "last_30_days", {
        "30 days before": "previous_30_days",
        "a year before": "last_30_days_year_before",
    }),
    ("Last 365 days", "last_365_days", {"365 days before": "previous_365_days"}),
)  # fmt: skip
Row = Mapping[Hashable, Any]


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


def headlines(periods: pd.DataFrame, first_day: pendulum.Date, currency: str) -> tuple[Headline, ...]:
    """The last 30 and 365 whole days against earlier periods that lie fully inside the data.

    A store younger than 30 days has the first of the two only: they would say the same.
    """
    known: dict[str, Row] = {str(row["period"]): row for row in periods.to_dict("records")}
    month = known.get("last_30_days")
    if month is None:
        return ()
    spans = SPANS if first_day < calendar_day(month["first_date"]) else SPANS[:1]
    return tuple(
        headline(name, known[kind], {label: known.get(earlier) for label, earlier in before.items()},
                 first_day, currency)
        for name, kind, before in spans
    )  # fmt: skip


def headline(
    name: str, now: Row, before: Mapping[str, Row | None], first_day: pendulum.Date, currency: str
) -> Headline:
    """One span's figures; earlier periods that begin before the first day are left out."""
    then = {label: row for label, row in before.items() if row and row["is_comparable"]}
    figures = tuple(figure(key, now, then, currency) for key in HEADLINE_FIGURES)
    missing = [label for label in before if label not in then]
    first, last = calendar_day(now["first_date"]), calendar_day(now["last_date"])
    return Headline(name, wording.span(first, last), figures, missing_note(first, missing, first_day))


def missing_note(first: pendulum.Date, missing: list[str], first_day: pendulum.Date) -> str:
    """Why a comparison is missing, or an empty text."""
    since = f"The first counted order is from {wording.day(first_day)}"
    if first < first_day:
        return f"{since}: these figures cover the time since then, with nothing to compare to yet."
    return f"{since}, too late to compare with {' and '.join(missing)}." if missing else ""


def day_so_far(
    periods: pd.DataFrame, currency: str, today: pendulum.Date, read_until: str = ""
) -> Headline | None:
    """The day that was not over when the orders were read, apart from all others; None without one."""
    rows = of_kind(periods, "running_day").to_dict("records")
    if not rows:
        return None
    day = calendar_day(rows[-1]["first_date"])
    name = "Today so far" if day == today else "The last day, so far"
    until = f", read until {read_until}" if read_until else ""
    figures = tuple(figure(key, rows[-1], {}, currency) for key in HEADLINE_FIGURES)
    return Headline(name, f"{wording.day(day)}{until}", figures)


def figure(key: str, now: Row, then: Mapping[str, Row], currency: str) -> Figure:
    """The figure named `key`, a column of the periods, with its comparisons."""
    value = float(now[key])
    comparisons = tuple(
        comparison(label, value, float(earlier[key]), key, currency) for label, earlier in then.items()
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
