"""The charts of a page: each drawing with its legend and its content in words."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import pandas as pd

from pipelines.report import wording
from pipelines.report.drawings import Bar, Mark, Scale, column, line, mark, month_marks, scale_of
from pipelines.report.periods import calendar_day

UNITS = {
    "net_sales": "{} per week",
    "order_count": "per week",
    "average_order_value": "{}",
    "customer_count": "per month",
    "customer_net_sales": "{} per month",
    "active_count": "at the end of each week",
}
KINDS = ("returning", "new")


@dataclass(frozen=True)
class Tick:
    """A label of the vertical axis; `at` is percent from the bottom."""

    at: str
    text: str


@dataclass(frozen=True)
class Chart:
    """One drawing: `key` names its definition, `alt` says in words what it shows.

    `columns` are the positions in the table below the chart that the pointer shows, `count` its rows.
    """

    key: str
    unit: str
    size: str
    legend: tuple[tuple[str, str], ...]
    alt: str
    ticks: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    lines: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...]
    columns: str
    count: int


def ticks_of(scale: Scale) -> tuple[Tick, ...]:
    """The labels of a scale."""
    return tuple(Tick(f"{scale.height(value) / 10:.2f}", wording.number(value)) for value in scale.ticks)


def week_chart(weeks: pd.DataFrame, key: str, currency: str, size: str, columns: str) -> Chart:
    """The measure `key` by week beside the same weeks a year before, where these are known."""
    now = weeks[key].tolist()
    before = weeks[f"{key}_year_before"].tolist() if f"{key}_year_before" in weeks else []
    has_before = any(value == value for value in before)
    scale = scale_of([*now, *before])
    earlier = (("before", line(before, scale)),) if has_before else ()
    return Chart(
        key=key,
        unit=UNITS[key].format(wording.unit(currency)),
        size=size,
        legend=(("line", "This year"), ("line-before", "The year before")) if has_before else (),
        alt=week_words(weeks, key, currency, has_before),
        ticks=ticks_of(scale),
        marks=month_marks(weeks["week_ending"].iloc[0], weeks["week_ending"].iloc[-1]),
        lines=(*earlier, ("now", line(now, scale))),
        bars=(),
        columns=columns,
        count=len(weeks),
    )


def amount(value: float, key: str, currency: str) -> str:
    """A value of the measure `key` as text."""
    if key in ("order_count", "customer_count", "active_count"):
        return wording.number(value)
    return wording.money(value, currency, cents=True if key == "average_order_value" else None)


def week_words(weeks: pd.DataFrame, key: str, currency: str, has_before: bool) -> str:
    """What the lines show: their span, and the lowest, highest and last week."""
    known = weeks.dropna(subset=[key]).to_dict("records")
    against = " and the same weeks a year before" if has_before else ""
    opening = f"Line chart over {wording.count(len(weeks), 'week')}{against}."
    if not known:
        return opening
    lowest = min(known, key=lambda week: week[key])
    highest = max(known, key=lambda week: week[key])
    told = (
        f"{name} {amount(week[key], key, currency)} (week to {week_day(week)})"
        for name, week in (("Lowest", lowest), ("highest", highest), ("last", known[-1]))
    )
    return f"{opening} {', '.join(told)}. The table has every week."


def week_day(week: Mapping[Hashable, Any]) -> str:
    """The day a week ends on."""
    return wording.day(calendar_day(week["week_ending"]))


def month_chart(months: pd.DataFrame, key: str, currency: str, columns: str) -> Chart:
    """New and returning customers' `key` (customer_count or customer_net_sales) by month."""
    parts = [[(kind, float(row[f"{kind}_{key}"])) for kind in KINDS] for row in months.to_dict("records")]
    over = months["is_over"].tolist()
    ends = [max(value, 0.0) + max(other, 0.0) for (_, value), (_, other) in parts]
    scale = scale_of([*ends, *(value for part in parts for _, value in part)])
    count = len(months)
    columned = (column(at, count, part, scale, over[at]) for at, part in enumerate(parts))
    return Chart(
        key=key,
        unit=UNITS[key].format(wording.unit(currency)),
        size="small",
        legend=(("bar-returning", "Returning"), ("bar-new", "New")),
        alt=month_words(months, key, currency),
        ticks=ticks_of(scale),
        marks=bar_marks(months["month"]),
        lines=(),
        bars=tuple(chain.from_iterable(columned)),
        columns=columns,
        count=count,
    )


def bar_marks(months: pd.Series) -> tuple[Mark, ...]:
    """A label in the middle of each column."""
    slots = max(len(months), 8)
    first = (slots - len(months)) / 2 + 0.5
    return tuple(mark((at + first) / slots * 100, month) for at, month in enumerate(months))


def month_words(months: pd.DataFrame, key: str, currency: str) -> str:
    """What the bars show: their span and both kinds' sums."""
    new, returning = (amount(months[f"{kind}_{key}"].sum(), key, currency) for kind in ("new", "returning"))
    return (
        f"Stacked bars over {wording.count(len(months), 'month')}: new customers {new}, "
        f"returning customers {returning}. The table has every month."
    )
