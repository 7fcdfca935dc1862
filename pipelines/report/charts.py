"""Vega-Lite drawings of weeks and months, coloured by the page's own CSS variables.

A colour such as `var(--accent)` passes through Vega into the SVG untouched, so light, dark and print
need one drawing only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd
import pendulum

from pipelines.report import wording
from pipelines.report.periods import calendar_day
from pipelines.report.trends import month_name

FONT = "'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"
SERIES = {"new": ("New", "var(--second)"), "returning": ("Returning", "var(--accent)")}


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
    """A line of `key` by week over a quieter line of the same weeks a year before, from zero."""
    has_before = bool(weeks[f"{key}_year_before"].notna().any())
    is_money = key != "order_count"
    frame = week_frame(weeks, key, currency)
    legend = (("line", "This year"), ("line-before", "The year before"))
    return Chart(
        key=key,
        unit=f"{wording.unit(currency)} per week" if key == "net_sales"
        else wording.unit(currency) if is_money else "per week",
        height=height,
        legend=legend if has_before else (),
        alt=week_words(weeks, key, currency, has_before),
        spec=week_spec(frame, key, height, has_before),
    )  # fmt: skip


def week_frame(weeks: pd.DataFrame, key: str, currency: str) -> pd.DataFrame:
    """The columns a chart and its tooltip need; texts are made here, so that page and chart agree."""
    now, before = weeks[key], weeks[f"{key}_year_before"]
    pairs = list(zip(now, before, strict=True))
    return pd.DataFrame({
        "week": weeks["week_ending"],
        "from": weeks["week_ending"] - pd.Timedelta(hours=84),
        "to": weeks["week_ending"] + pd.Timedelta(hours=84),
        "now": now.round(2),
        "before": before.round(2),
        "Week to": [wording.day(calendar_day(ending)) for ending in weeks["week_ending"]],
        "This year": [amount(value, key, currency) for value in now],
        "Year before": [amount(value, key, currency) for value in before],
        "Change": [wording.percent_change(*pair) or wording.NOTHING for pair in pairs],
    })  # fmt: skip


def amount(value: float, key: str, currency: str) -> str:
    """A value of a chart as text."""
    if key == "order_count":
        return wording.number(value)
    return wording.money(value, currency, cents=True if key == "average_order_value" else None)


def week_words(weeks: pd.DataFrame, key: str, currency: str, has_before: bool) -> str:
    """What the line shows: its span, lowest, highest and last value."""
    known = weeks.dropna(subset=[key])
    words = [f"Line chart over {len(weeks)} weeks"]
    words.append(" and the same weeks a year before. " if has_before else ". ")
    if known.empty:
        return "".join(words)
    for name, row in (
        ("Lowest", known.loc[known[key].idxmin()]),
        ("highest", known.loc[known[key].idxmax()]),
        ("last", known.iloc[-1]),
    ):
        ending = wording.day(calendar_day(row["week_ending"]))
        words.append(f"{name} {amount(row[key], key, currency)} (week to {ending}), ")
    return "".join(words).removesuffix(", ") + ". The table has every week."


def week_spec(frame: pd.DataFrame, key: str, height: int, has_before: bool) -> dict[str, Any]:
    """The drawing of a week chart; each week's full height answers to a pointer or a finger."""
    base = alt.Chart(frame).encode(
        x=alt.X("week:T", axis=month_axis("timeFormat(datum.value, '%s')", "month"))
    )
    value_axis = alt.Axis(title=None, tickCount=4, format=",~f", tickMinStep=1)
    now = alt.Y("now:Q", axis=value_axis, scale=alt.Scale(zero=True, nice=True))
    told = ["Week to:N", "This year:N", "Year before:N", "Change:N"]
    chosen = alt.selection_point(
        name="chosen", on="pointerover", clear="pointerout", fields=["week"], empty=False
    )
    when_chosen = alt.when(chosen)
    layers = [
        base.mark_line(color="var(--quiet)", strokeWidth=1.5).encode(y=alt.Y("before:Q", axis=value_axis)),
        base.mark_line(color="var(--accent)", strokeWidth=2.25).encode(y=now),
        base.mark_point(color="var(--accent)", filled=True, size=45).encode(
            y=now, opacity=when_chosen.then(alt.value(1)).otherwise(alt.value(0))
        ),
        base.mark_rect(color="var(--ink)").encode(
            x=alt.X("from:T", scale=alt.Scale(nice=False)), x2="to:T", tooltip=told if has_before else told[:2],
            opacity=when_chosen.then(alt.value(0.07)).otherwise(alt.value(0)),
        ).add_params(chosen),
    ]  # fmt: skip
    return finished(alt.layer(*(layers if has_before else layers[1:])), f"{key}_by_week", height)


def month_chart(
    months: pd.DataFrame, key: str, as_of: pendulum.Date, currency: str, height: int
) -> Chart:
    """Stacked bars by month of new and returning customers' `key` (customer_count, ...net_sales)."""
    is_money = key == "customer_net_sales"
    frame = month_frame(months, key, as_of, currency if is_money else "")
    return Chart(
        key=key,
        unit=f"{wording.unit(currency)} per month" if is_money else "per month",
        height=height,
        legend=(("bar-returning", "Returning"), ("bar-new", "New")),
        alt=f"Stacked bars over {wording.count(len(months), 'month')}, new and returning customers. "
        "The table has every month.",
        spec=month_spec(frame, key, height),
    )


def month_frame(
    months: pd.DataFrame, key: str, as_of: pendulum.Date, currency: str
) -> pd.DataFrame:
    """One row per month and kind of customer; the running month is marked as not over."""
    names = [month_name(month, as_of) for month in months["month"]]
    parts = [
        pd.DataFrame({
            "month": months["month"].dt.strftime("%Y-%m-%d"),
            "kind": name,
            "value": months[f"{kind}_{key}"].round(2),
            "order": position,
            "is_over": ["to the" not in month for month in names],
            "Month": names,
            "New": [told(value, currency) for value in months[f"new_{key}"]],
            "Returning": [told(value, currency) for value in months[f"returning_{key}"]],
        })
        for position, (kind, (name, _)) in enumerate(reversed(SERIES.items()))
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def told(value: float, currency: str) -> str:
    """Money with a currency, a plain number without one."""
    return wording.money(value, currency) if currency else wording.number(value)


def month_spec(frame: pd.DataFrame, key: str, height: int) -> dict[str, Any]:
    """The drawing of a month chart; a month that is not over is paler."""
    axis = month_axis("utcFormat(toDate(datum.value), '%s')")
    names, colours = zip(*SERIES.values(), strict=True)
    chart = (
        alt.Chart(frame)
        .mark_bar(width=alt.RelativeBandSize(band=min(1, frame["month"].nunique() / 8)))
        .encode(
            x=alt.X("month:O", sort=None, axis=axis, scale=alt.Scale(paddingInner=0.3)),
            y=alt.Y("value:Q", stack="zero", axis=alt.Axis(title=None, tickCount=4, format=",~f", tickMinStep=1)),
            color=alt.Color("kind:N", legend=None, scale=alt.Scale(domain=names, range=colours)),
            opacity=alt.condition("datum.is_over", alt.value(1), alt.value(0.55)),
            order="order:Q",
            tooltip=["Month:N", "New:N", "Returning:N"],
        )
    )  # fmt: skip
    return finished(chart, f"{key}_by_month", height)


def month_axis(date_format: str, every: str | None = None) -> alt.Axis:
    """An axis of month names, their first letters where it is narrow, with the year below January."""
    label = f"(width < 380 ? slice({date_format % '%b'}, 0, 1) : {date_format % '%b'})"
    year = date_format % "%Y"
    with_year = f"{date_format % '%m'} == '01' ? [{label}, {year}] : {label}"
    return alt.Axis(
        labelExpr=with_year, labelAngle=0, labelOverlap=False, labelFlush=False, grid=False, title=None,
        tickCount=every or alt.Undefined,
    )  # fmt: skip


def finished(chart: alt.Chart | alt.LayerChart, name: str, height: int) -> dict[str, Any]:
    """The chart at the width of its place, in the page's font and colours, as a plain dict."""
    axis = alt.AxisConfig(
        labelColor="var(--muted)", labelFontSize=12, labelPadding=6, domain=False, ticks=False,
        gridColor="var(--rule)", tickColor="var(--rule)",
    )  # fmt: skip
    styled = chart.properties(
        name=name, width="container", height=height, background="transparent"
    ).configure(
        font=FONT,
        axis=axis,
        view=alt.ViewConfig(stroke=None),
        padding={"left": 0, "right": 4, "top": 6, "bottom": 0},
    )
    spec: dict[str, Any] = styled.to_dict()
    return {key: without_nan(value) for key, value in spec.items()}


def without_nan(value: Any) -> Any:
    """The same tree with null for NaN, which JSON does not have."""
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
