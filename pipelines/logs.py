"""What the last runs did, as they wrote it down."""

from __future__ import annotations

import json
from typing import Any

import pandas

from pipelines.settings import Settings
from pipelines.status import from_ops
from pipelines.warehouse import Warehouse

RUNS = "select * from ops.runs order by started_at desc limit {limit}"
TABLES = "select table_name from information_schema.tables where table_schema = 'ops'"


def read_logs(settings: Settings, limit: int) -> list[dict[str, Any]]:
    """So many of the last runs, the oldest first, as plain values.

    Raises:
        SettingsError: the warehouse cannot be read.
    """

    def read_runs(place: Warehouse) -> pandas.DataFrame:
        with place.reader() as read:
            is_there = "runs" in set(read(TABLES)["table_name"])
            return read(RUNS.format(limit=max(1, limit))) if is_there else pandas.DataFrame()

    runs = from_ops(settings, read_runs, pandas.DataFrame())
    return [_plain(row) for row in reversed(runs.to_dict("records"))]


def _plain(row: dict[Any, Any]) -> dict[str, Any]:
    """One run as JSON has it."""
    started, finished = row["started_at"], row["finished_at"]
    is_over = not pandas.isna(finished)
    return {
        "run_id": row["run_id"],
        "command": row["command"],
        "started_at": started.isoformat(timespec="seconds"),
        "finished_at": finished.isoformat(timespec="seconds") if is_over else None,
        "seconds": round((finished - started).total_seconds(), 1) if is_over else None,
        "status": row["status"],
        "exit_code": int(row["exit_code"]),
        "stores": _list(row["stores"], ","),
        "failed_stores": _list(row["failed_stores"], ","),
        "rows": json.loads(row["rows_loaded"] or "{}"),
        "summary": _list(row.get("summary"), "; "),
        "message": row["message"] or None,
    }


def _list(text: Any, between: str) -> list[str]:
    return [each for each in text.split(between) if each] if isinstance(text, str) else []
