"""How many came to a segment and left it within a month, out of its history."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from pipelines.report import wording
from pipelines.report.drawings import spark
from pipelines.report.periods import calendar_day

MONTH_DAYS = 30
TREND_DAYS = 90


@dataclass(frozen=True)
class Movement:
    """One segment's change; `trend` is a path of its size over up to 90 days."""

    change: str
    entered: str
    left: str
    trend: str
    direction: str


def movements(history: pd.DataFrame) -> tuple[dict[str, Movement], str]:
    """Every segment's movement, and the day it is counted from; nothing before the second snapshot."""
    if history.empty:
        return {}, ""
    known = month_before(history)
    by_segment = {str(segment): movement(rows, known) for segment, rows in history.groupby("segment")}
    return by_segment, wording.day(calendar_day(known))


def month_before(history: pd.DataFrame) -> pd.Timestamp:
    """The last known day that is a month before the last, else the first known one."""
    days = pd.concat([history["from_date"], history["to_date"]])
    month_ago = days[days <= days.max() - pd.Timedelta(days=MONTH_DAYS)]
    return days.min() if month_ago.empty else month_ago.max()


def movement(rows: pd.DataFrame, known: pd.Timestamp) -> Movement:
    """One segment since a day: its rows are its days, oldest first."""
    since = rows[rows["to_date"] > known]
    entered, left = since["entered_count"].sum(), since["left_count"].sum()
    change = entered - left
    shown = rows[rows["to_date"] > rows["to_date"].max() - pd.Timedelta(days=TREND_DAYS)]
    sizes = [float(shown["previous_member_count"].iloc[0]), *shown["member_count"].tolist()]
    return Movement(
        change=wording.signed(change),
        entered=wording.number(entered),
        left=wording.number(left),
        trend=spark(sizes),
        direction="up" if change > 0 else "down" if change < 0 else "same",
    )
