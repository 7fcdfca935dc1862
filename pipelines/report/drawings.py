"""Vega-Lite drawings in Altair, coloured by the page's own CSS variables.

A colour such as `var(--accent)` passes through Vega into the SVG untouched: one drawing serves
light, dark and print.
"""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from typing import Any, Literal

import altair as alt
import pandas as pd

FONT = "'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"
WEEK_TEXTS = ("Week to", "This year", "Year before", "Change")
MONTH_TEXTS = ("Month", "New", "Returning")
ISO_TIME = "%Y-%m-%dT%H:%M:%S"
KINDS = {"New": "var(--second)", "Returning": "var(--accent)"}


def draw_weeks(frame: pd.DataFrame, height: int) -> dict[str, Any]:
    """A line by week from zero, over a quieter one of the year before where that is known.

    Args:
        frame: `week`, `from`, `to` (times), `now`, `before` (numbers) and WEEK_TEXTS.
        height: of the plot, in pixels; the width is that of its place.
    """
    has_before = bool(frame["before"].notna().any())
    return {**week_drawing(has_before), "height": height, "datasets": {"rows": records(frame)}}


@cache
def week_drawing(has_before: bool) -> dict[str, Any]:
    """The drawing of weeks without its rows."""
    week = alt.X("week:T", axis=month_axis("timeFormat(datum.value, '%s')", ticks="month"))
    base = alt.Chart(alt.NamedData("rows")).encode(x=week)
    before = base.mark_line(color="var(--quiet)", strokeWidth=1.5).encode(y=amount_axis("before"))
    now = base.mark_line(color="var(--accent)", strokeWidth=2.25).encode(y=amount_axis("now"))
    lines = [before, now] if has_before else [now]
    return finished(alt.layer(*lines, *week_answers(base, has_before)))


def week_answers(base: alt.Chart, has_before: bool) -> list[alt.Chart]:
    """A dot and a full-height strip for the week under the pointer or finger, with its figures.

    Strips instead of Vega-Lite's `nearest`: its 6.4 looks for the tooltip's fields in the wrong
    place and shows "undefined".
    """
    chosen = alt.selection_point(
        name="chosen", on="pointerover", clear="pointerout", fields=["week"], empty=False
    )
    when = alt.when(chosen)
    shown = when.then(alt.value(1)).otherwise(alt.value(0))
    shaded = when.then(alt.value(0.07)).otherwise(alt.value(0))
    texts = WEEK_TEXTS if has_before else WEEK_TEXTS[:2]
    dot = base.mark_point(color="var(--accent)", filled=True, size=45)
    strip = base.mark_rect(color="var(--ink)").encode(
        x=alt.X("from:T", scale=alt.Scale(nice=False)),
        x2="to:T",
        opacity=shaded,
        tooltip=[f"{text}:N" for text in texts],
    )
    return [dot.encode(y=amount_axis("now"), opacity=shown), strip.add_params(chosen)]


def draw_months(frame: pd.DataFrame, height: int) -> dict[str, Any]:
    """Stacked bars by month, new customers above returning ones; an unfinished month is paler.

    Args:
        frame: a row per month and kind: `month` (ISO text), `kind` (a key of KINDS), `value`,
            `position` in the stack, `is_over`, and MONTH_TEXTS.
        height: of the plot, in pixels; the width is that of its place.
    """
    drawing = month_drawing(frame["month"].nunique())
    return {**drawing, "height": height, "datasets": {"rows": records(frame)}}


@cache
def month_drawing(month_count: int) -> dict[str, Any]:
    """The drawing of so many months without its rows; few months get narrower bars."""
    axis = month_axis("utcFormat(toDate(datum.value), '%s')", ticks=month_count)
    colours = alt.Scale(domain=list(KINDS), range=list(KINDS.values()))
    bar_width = alt.RelativeBandSize(band=min(1, month_count / 8))
    bars = alt.Chart(alt.NamedData("rows")).mark_bar(width=bar_width)
    encoded = bars.encode(
        x=alt.X("month:O", sort=None, axis=axis, scale=alt.Scale(paddingInner=0.3)),
        y=amount_axis("value").stack("zero"),
        color=alt.Color("kind:N", legend=None, scale=colours),
        opacity=alt.condition("datum.is_over", alt.value(1), alt.value(0.55)),
        order="position:Q",
        tooltip=[f"{text}:N" for text in MONTH_TEXTS],
    )
    return finished(encoded)


def records(frame: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """The rows as JSON knows them: times as local ISO texts, null for no value."""
    times = frame.select_dtypes("datetime").apply(lambda column: column.dt.strftime(ISO_TIME))
    plain = frame.assign(**times).astype(object).where(frame.notna(), None)
    rows: list[dict[Hashable, Any]] = plain.to_dict("records")
    return rows


def amount_axis(column: str) -> alt.Y:
    """The vertical axis of a column: from zero, few lines, whole steps, no title."""
    axis = alt.Axis(title=None, tickCount=4, format=",~f", tickMinStep=1)
    return alt.Y(f"{column}:Q", axis=axis, scale=alt.Scale(zero=True, nice=True))


def month_axis(date_format: str, ticks: Literal["month"] | int) -> alt.Axis:
    """A horizontal axis of months, first letters where narrow, the year below each January."""
    month = date_format % "%b"
    label = f"(width < 380 ? slice({month}, 0, 1) : {month})"
    return alt.Axis(
        labelExpr=f"{date_format % '%m'} == '01' ? [{label}, {date_format % '%Y'}] : {label}",
        labelAngle=0,
        labelOverlap=False,
        labelFlush=False,
        grid=False,
        title=None,
        tickCount=ticks,
    )


def finished(chart: alt.TopLevelMixin) -> dict[str, Any]:
    """The chart as wide as its place, in the page's font and colours, as a plain dict."""
    axis = {
        "labelColor": "var(--muted)",
        "labelFontSize": 12,
        "labelPadding": 6,
        "domain": False,
        "ticks": False,
        "gridColor": "var(--rule)",
    }
    spec: dict[str, Any] = chart.to_dict()
    del spec["$schema"]
    return {
        **spec,
        "width": "container",
        "background": "transparent",
        "padding": {"left": 0, "right": 4, "top": 6, "bottom": 0},
        "config": {"font": FONT, "axis": axis, "view": {"stroke": None}},
    }
