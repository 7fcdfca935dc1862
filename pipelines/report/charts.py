"""The charts of a page: each drawing with its legend and its content in words."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pendulum

from pipelines.report import wording
from pipelines.report.drawings import KINDS, draw_months, draw_weeks
from pipelines.report.periods import calendar_day
from pipelines.report.trends import month_name

HALF_WEEK = pd.Timedelta(hours=84)
UNITS = {
    "net_sales": "{} per week",
    "order_count": "per week",
    "average_order_value": "{}",
    "customer_count": "per month",
    "customer_net_sales": "{} per month",
}


@dataclass(frozen=True)
class Chart:
    """One drawing: `key` names its definition, `alt` says in words what it shows."""

    key: str
    unit: str
    height: int
    legend: tuple[tuple[str, str], ...]
    alt: str
    spec: dict[str, Any]


def week_chart(weeks: pd.DataFrame, key: str, currency: str, height: int) -> Chart:
    """The measure `key` by week beside the same weeks a year before."""
    has_before = bool(weeks[f"{key}_year_before"].notna().any())
    return Chart(
        key=key,
        unit=UNITS[key].format(wording.unit(currency)),
        height=height,
        legend=(("line", "This year"), ("line-before", "The year before")) if has_before else (),
        alt=week_words(weeks, key, currency, has_before),
        spec=draw_weeks(week_frame(weeks, key, currency), height),
    )


def week_frame(weeks: pd.DataFrame, key: str, currency: str) -> pd.DataFrame:
    """The columns of the drawing; its texts are made here, so that they agree with the page."""
    now, before = weeks[key], weeks[f"{key}_year_before"]
    changes = map(wording.percent_change, now, before)
    return pd.DataFrame(
        {
            "week": weeks["week_ending"],
            "from": weeks["week_ending"] - HALF_WEEK,
            "to": weeks["week_ending"] + HALF_WEEK,
            "now": now.round(2),
            "before": before.round(2),
            "Week to": [wording.day(calendar_day(ending)) for ending in weeks["week_ending"]],
            "This year": [amount(value, key, currency) for value in now],
            "Year before": [amount(value, key, currency) for value in before],
            "Change": [change or wording.DASH for change in changes],
        }
    )


def amount(value: float, key: str, currency: str) -> str:
    """A value of the measure `key` as text."""
    if key in ("order_count", "customer_count"):
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


def month_chart(months: pd.DataFrame, key: str, as_of: pendulum.Date, currency: str, height: int) -> Chart:
    """New and returning customers' `key` (customer_count or customer_net_sales) by month."""
    return Chart(
        key=key,
        unit=UNITS[key].format(wording.unit(currency)),
        height=height,
        legend=(("bar-returning", "Returning"), ("bar-new", "New")),
        alt=month_words(months, key, currency),
        spec=draw_months(month_frame(months, key, as_of, currency), height),
    )


def month_frame(months: pd.DataFrame, key: str, as_of: pendulum.Date, currency: str) -> pd.DataFrame:
    """One row per month and kind of customer, returning ones at the bottom of the stack."""
    names = [month_name(month, as_of) for month in months["month"]]
    texts = {
        kind: [amount(value, key, currency) for value in months[f"{kind.lower()}_{key}"]] for kind in KINDS
    }
    parts = [
        pd.DataFrame(
            {
                "month": months["month"].dt.strftime("%Y-%m-%d"),
                "kind": kind,
                "value": months[f"{kind.lower()}_{key}"].round(2),
                "position": position,
                "is_over": [", to the" not in name for name in names],
                "Month": names,
                **texts,
            }
        )
        for position, kind in enumerate(reversed(KINDS))
    ]
    return pd.concat(parts, ignore_index=True)


def month_words(months: pd.DataFrame, key: str, currency: str) -> str:
    """What the bars show: their span and both kinds' sums."""
    new, returning = (amount(months[f"{kind}_{key}"].sum(), key, currency) for kind in ("new", "returning"))
    return (
        f"Stacked bars over {wording.count(len(months), 'month')}: new customers {new}, "
        f"returning customers {returning}. The table has every month."
    )
