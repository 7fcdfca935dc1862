"""How a run is told: a bar per task on a terminal, plain lines in a log."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipelines.settings import now

# Characters on a line where nobody's terminal sets them.
LOG_WIDTH = 160
# Seconds between two plain lines about the same task.
PLAIN_PAUSE = 10.0


class PlainTeller:
    """Lines without colour or movement, on standard output."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}

    def say(self, text: str) -> None:
        """Writes the line."""
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    def progress(self, task: str, done: int, total: int | None) -> None:
        """Writes how far a task has come, now and then."""
        moment = now().timestamp()
        if moment - self._told.setdefault(task, moment) >= PLAIN_PAUSE:
            self._told[task] = moment
            self.say(f"{task}: {done:,} of {total or '?':,}" if total else f"{task}: {done:,}")


class BarTeller:
    """Bars on a terminal, with the lines to keep above them."""

    def __init__(self) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
        )

        text = TextColumn("{task.description}")
        self.bars = Progress(text, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), transient=True)
        self._tasks: dict[str, object] = {}

    def say(self, text: str) -> None:
        """Prints the line above the bars, as it is."""
        self.bars.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def progress(self, task: str, done: int, total: int | None) -> None:
        """Moves the task's bar."""
        if task not in self._tasks:
            self._tasks[task] = self.bars.add_task(task, total=total)
        self.bars.update(self._tasks[task], completed=done, total=total)  # type: ignore[arg-type]


@contextmanager
def teller() -> Iterator[PlainTeller | BarTeller]:
    """Bars where somebody watches, lines where not."""
    if not sys.stdout.isatty():
        yield PlainTeller()
        return
    bars = BarTeller()
    with bars.bars:
        yield bars


def show_logs(runs: list[dict[str, Any]], as_json: bool) -> None:
    """Writes what `read_logs` found, the oldest first: a line for each run and one for each of its lists."""
    for run in runs:
        if as_json:
            sys.stdout.write(json.dumps(run, ensure_ascii=False) + "\n")
            continue
        took = "" if run["seconds"] is None else f", {run['seconds']:,.0f} s"
        stores = f" of {', '.join(run['stores'])}" if run["stores"] else ""
        sys.stdout.write(f"{run['started_at']} {run['command']}{stores}: {run['status']}{took}\n")
        for line in (*run["summary"], *filter(None, [run["message"]])):
            sys.stdout.write(f"    {line}\n")


# What the status table says of a list: heading, and name in the status.
COLUMNS = {
    "resource": "resource",
    "read to": "read_to",
    "rows read": "rows_read",
    "set aside": "rows_set_aside",
    "unreadable": "rows_unreadable",
    "deleted": "rows_deleted",
    "gaps": "gaps",
}


def show_status(status: dict[str, Any], as_json: bool) -> None:
    """Writes what `read_status` found as a table, or as JSON."""
    if as_json:
        sys.stdout.write(json.dumps(status, indent=2, ensure_ascii=False) + "\n")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("store", "state", "last run", *COLUMNS, box=None)
    for store in status["stores"]:
        first = [store["store"], store["state"], store["last_run"] or "never"]
        for row in store["resources"] or [{}]:
            cells = [row.get(name, "") for name in COLUMNS.values()]
            table.add_row(
                *first,
                *(f"{cell:,}" if isinstance(cell, int) else str(cell or "") for cell in cells),
            )
            first = ["", "", ""]
    console = Console(width=None if sys.stdout.isatty() else LOG_WIDTH)
    console.print(table)
    if status["next_run"]:
        console.print(f"next run: {status['next_run']}")
    for store in status["stores"]:
        if store["message"]:
            console.print(
                f"{store['store']}: {store['message']}", markup=False, highlight=False, soft_wrap=True
            )
