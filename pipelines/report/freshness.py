"""How complete and how fresh the data is: what was asked of each store and what arrived."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from pipelines.report import wording
from pipelines.report.trends import Table

STALE_HOURS = 48
TERMS = {1: "completeness", 2: "asked", 3: "arrived", 4: "set_aside", 5: "unreadable"}


@dataclass(frozen=True)
class Freshness:
    """One store's data in a sentence and two tables; `level` is good, attention or unknown."""

    level: str
    sentence: str
    resources: Table
    rejected: Table


def freshness(
    windows: pd.DataFrame, rejected: pd.DataFrame, time_zone: str, generated_at: datetime
) -> Freshness:
    """One store's freshness from the last window of each resource and its set-aside rows."""
    level, sentence = judgement(windows, time_zone, generated_at)
    return Freshness(
        level=level,
        sentence=sentence,
        resources=resource_table(windows, time_zone),
        rejected=rejected_table(rejected, time_zone),
    )


def judgement(windows: pd.DataFrame, time_zone: str, generated_at: datetime) -> tuple[str, str]:
    """The level, and the sentence an owner reads first: in full or not, and how old."""
    if windows.empty:
        return "unknown", "Nothing has been read from this store yet."
    oldest = windows["started_at"].min()
    old = wording.age(oldest, generated_at)
    read = f"Last read {wording.moment(oldest, time_zone)}, {old} before this page was written."
    unmet = windows[~windows["status"].isin(["complete", "uncounted"])]
    if not unmet.empty:
        return "attention", f"Not everything arrived in full: {named(unmet)}. {read}"
    if generated_at - oldest > pd.Timedelta(hours=STALE_HOURS):
        return "attention", f"Everything arrived in full, but it is old. {read}"
    set_aside = windows["rejected_rows"].sum()
    if set_aside > 0:
        rows = wording.count(set_aside, "row")
        return "attention", f"Everything arrived, but {rows} could not be understood. {read}"
    return "good", f"{in_full(windows)} {read}"


def in_full(windows: pd.DataFrame) -> str:
    """What arrived in full, and which resources have no count that could tell."""
    uncounted = windows[windows["status"] == "uncounted"]
    resources = wording.count(len(windows) - len(uncounted), "resource")
    if uncounted.empty:
        return f"Everything arrived in full ({resources})."
    names = ", ".join(plain(name) for name in uncounted["resource"])
    return f"Everything with a count arrived in full ({resources}; without a count: {names})."


def named(windows: pd.DataFrame) -> str:
    """`orders (short), customers (failed)`."""
    return ", ".join(
        f"{plain(row['resource'])} ({plain(row['status'])})" for row in windows.to_dict("records")
    )


def resource_table(windows: pd.DataFrame, time_zone: str) -> Table:
    """One row per resource: its state, when it was read, asked and arrived."""
    rows = tuple(
        (
            plain(row["resource"]),
            plain(row["status"]),
            wording.number(row["api_count"]),
            wording.number(row["distinct_rows"]),
            wording.number(row["rejected_rows"]),
            wording.number(row["quarantined_rows"]),
            wording.moment(row["started_at"], time_zone),
            covered(row["window_from"], row["window_to"], time_zone),
        )
        for row in windows.to_dict("records")
    )
    columns = ("Resource", "State", "Asked", "Arrived", "Set aside", "Unreadable", "Last read", "Window")
    return Table("The last window read of every resource", columns, rows, range(2, 6), TERMS)


def covered(first: datetime, last: datetime, time_zone: str) -> str:
    """The window's span on the store's clock; open ends are named."""
    begin = "the beginning" if pd.isna(first) else wording.moment(first, time_zone)
    end = "now" if pd.isna(last) else wording.moment(last, time_zone)
    return f"{begin} {wording.DASH} {end}"


def rejected_table(rejected: pd.DataFrame, time_zone: str) -> Table:
    """Rows that could not be understood, by resource and reason, the ten largest groups."""
    rows = tuple(
        (
            plain(row["resource"]),
            plain(row["reason"]),
            wording.moment(row["last_rejected_at"], time_zone),
            wording.number(row["row_count"]),
        )
        for row in rejected.head(10).to_dict("records")
    )
    columns = ("Resource", "Reason", "Last time", "Rows")
    return Table("Rows set aside", columns, rows, range(3, 4))


def run_table(runs: pd.DataFrame, time_zone: str) -> Table:
    """The last runs, and those of a week that did not end well, which say why; newest first."""
    rows = tuple(
        (
            wording.moment(row["started_at"], time_zone),
            plain(row["command"]),
            (row["stores"] or wording.DASH).replace(",", ", "),
            state(row["status"], row["message"]),
            wording.duration((row["finished_at"] - row["started_at"]).total_seconds()),
            wording.number(row["requests"]),
            wording.number(loaded(row["rows_loaded"])),
        )
        for row in runs.to_dict("records")
    )
    columns = ("Started", "Command", "Stores", "State", "Took", "Requests", "Rows loaded")
    return Table(
        "The last ten runs, and those of a week that did not end well; newest first",
        columns,
        rows,
        range(4, 7),
    )


def state(status: str | None, message: str | None) -> str:
    """`done`, or `partial: why`."""
    return f"{status}: {message}" if message and status != "done" else plain(status)


def loaded(rows_loaded: str | None) -> float:
    """The sum of a run's `{"orders": 12, ...}`; NaN where nothing was noted."""
    counts = json.loads(rows_loaded) if rows_loaded else None
    return float(sum(counts.values())) if isinstance(counts, dict) else float("nan")


def plain(text: str | None) -> str:
    """A name of ours without underscores; a dash for no text."""
    return text.replace("_", " ") if text else wording.DASH
