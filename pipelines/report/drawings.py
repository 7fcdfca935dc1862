"""The geometry of charts: a scale, lines and bars in a square of 1000, stretched by the page to its place.

Nothing is drawn by a script, so that a chart is there on paper, offline, and before the page has loaded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

SIDE = 1000
STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Scale:
    """The vertical axis from `low` to the last of its `ticks`, which are whole numbers."""

    low: float
    ticks: tuple[float, ...]

    def height(self, value: float) -> float:
        """Where a value is, from 0 at the bottom to SIDE at the top."""
        return (value - self.low) / (self.ticks[-1] - self.low) * SIDE


@dataclass(frozen=True)
class Bar:
    """One part of a column, in the square; `kind` is what the page colours."""

    x: str
    y: str
    width: str
    height: str
    kind: str
    is_over: bool


@dataclass(frozen=True)
class Mark:
    """A label of the horizontal axis; `at` is percent from the left, `year` on a line below."""

    at: str
    name: str
    year: str


def scale_of(values: Sequence[float]) -> Scale:
    """A scale from zero that holds the values with up to six ticks.

    What is a little below zero gets its room and no tick: a week of returns does not flatten the others.
    """
    known = [value for value in values if not math.isnan(value)]
    low, high = min(0.0, *known, 0.0), max(0.0, *known, 0.0)
    step = step_of((high - low) / 4)
    last = max(math.ceil(high / step), 1)
    first = math.floor(low / step) if low < -step / 2 else 0
    return Scale(min(low, step * first), tuple(step * number for number in range(first, last + 1)))


def step_of(least: float) -> float:
    """The next round step, at least 1."""
    if least <= 1:
        return 1
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * step for step in STEPS if power * step >= least and (power * step) % 1 == 0)


def line(values: Sequence[float], scale: Scale) -> str:
    """A path through the values from the left edge to the right, broken where there is none."""
    across = SIDE / max(1, len(values) - 1)
    parts, is_drawing = [], False
    for position, value in enumerate(values):
        if math.isnan(value):
            is_drawing = False
            continue
        point = f"{position * across:.1f} {SIDE - scale.height(value):.1f}"
        parts.append(f"L{point}" if is_drawing else f"M{point}h.1")
        is_drawing = True
    return "".join(parts)


def column(
    position: int, count: int, parts: Sequence[tuple[str, float]], scale: Scale, over: bool
) -> list[Bar]:
    """The bars of one column of `count`, the first part at the bottom; few columns stay narrow."""
    slots = max(count, 8)
    slot = SIDE / slots
    left = (position + (slots - count) / 2 + 0.15) * slot
    bars, base = [], 0.0
    for kind, value in parts:
        low, high = sorted((scale.height(base), scale.height(base + value)))
        bars.append(
            Bar(f"{left:.1f}", f"{SIDE - high:.1f}", f"{slot * 0.7:.1f}", f"{high - low:.1f}", kind, over)
        )
        base += value
    return bars


def month_marks(first: pd.Timestamp, last: pd.Timestamp) -> tuple[Mark, ...]:
    """The first days of months between two days, with the year at each January."""
    if first >= last:
        return ()
    starts = pd.date_range(first, last, freq="MS")
    return tuple(mark((start - first) / (last - first) * 100, start) for start in starts)


def mark(at: float, month: pd.Timestamp) -> Mark:
    """A month's label."""
    return Mark(f"{at:.2f}", month.strftime("%b"), str(month.year) if month.month == 1 else "")


def spark(values: Sequence[float]) -> str:
    """A path of a few values for a line of text: from the lowest to the highest, flat in the middle."""
    low, high = min(values), max(values)
    if low == high:
        return f"M0 {SIDE / 2:.0f}H{SIDE}"
    return line([value - low for value in values], Scale(0.0, (high - low,)))
