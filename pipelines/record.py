"""What a run leaves of itself: its row in `ops.runs`, also when it was killed before it could write one."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pendulum

from pipelines import warehouse
from pipelines.errors import DONE, OUR_FAULT, SET_ASIDE, LoadRefused, PipelineError
from pipelines.job import Loaded
from pipelines.settings import Settings, moment, now
from pipelines.warehouse import warehouse_of

PACKAGES = ("kassavirta", "dlt", "duckdb", "dbt-core", "pyarrow")

KILLED = "killed, or cut off by the machine; whatever it had not committed is read again by the next run"


@dataclass
class Record:
    """One run while it lasts: what `ops.runs` will hold, and what the command ends with."""

    command: str
    stores: Sequence[str] = ()
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    started_at: pendulum.DateTime = field(default_factory=now)
    failed_stores: list[str] = field(default_factory=list)
    interrupted: str = ""
    requests: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    summary: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    refused: list[LoadRefused] = field(default_factory=list)
    failures: list[PipelineError] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """The code of the first failure or refusal, else whether something was set aside."""
        if self.interrupted and not self.failures:
            return OUR_FAULT
        for error in (*self.failures, *self.refused):
            return error.exit_code
        return SET_ASIDE if self.remarks else DONE

    @property
    def status(self) -> str:
        """In one word: failed, partial or done."""
        is_partial = bool(self.remarks or self.refused)
        return "failed" if self.failures or self.interrupted else "partial" if is_partial else "done"

    @property
    def problems(self) -> Sequence[PipelineError]:
        """What the person who runs this has to hear of, failures first."""
        return [*self.failures, *self.refused]

    @property
    def message(self) -> str:
        """Everything that is not as it should be, in one line."""
        return "; ".join([*map(str, self.problems), *filter(None, [self.interrupted]), *self.remarks])

    def explain(self, loaded: Loaded) -> None:
        """Notes of each list of a store what the store counted, what came, and what was written of it."""
        asked: dict[str, int] = {}
        for window in loaded.ledger.windows:
            asked[window.resource] = asked.get(window.resource, 0) + (window.api_count or 0)
        for resource, read in loaded.ledger.rows_by_resource().items():
            written = loaded.rows.get(resource, 0)
            self.summary.append(
                f"{loaded.store} {resource}: {asked[resource]:,} asked, {read:,} loaded, {written:,} changed"
            )

    def row(self) -> dict[str, Any]:
        """The run as `ops.runs` keeps it."""
        return {
            "run_id": self.run_id,
            "command": self.command,
            "started_at": self.started_at,
            "finished_at": now(),
            "status": self.status,
            "exit_code": self.exit_code,
            "stores": ",".join(self.stores),
            "failed_stores": ",".join(self.failed_stores),
            "requests": self.requests,
            "rows_loaded": json.dumps(self.rows, sort_keys=True),
            "versions": json.dumps(_versions(), sort_keys=True),
            "message": self.message,
            "summary": "; ".join(self.summary),
        }


def row_of_killed(said: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a run that could not write its own, from what its lock says; when it ended nobody knows."""
    started = moment(said.get("since")) or now()
    return {
        "run_id": said.get("run_id") or f"killed at {started.to_iso8601_string()}",
        "command": said.get("command", "unknown"),
        "started_at": started,
        "finished_at": started,
        "status": "failed",
        "exit_code": OUR_FAULT,
        "stores": said.get("stores", ""),
        "failed_stores": "",
        "requests": 0,
        "rows_loaded": "{}",
        "message": KILLED,
    }


def write(settings: Settings, *rows: Mapping[str, Any]) -> None:
    """Rows into `ops.runs`, as long as there is a warehouse."""
    place = warehouse_of(settings)
    if rows and place.exists():
        with place.connect() as connection:
            warehouse.replace(connection, "runs", rows, "run_id")


def _versions() -> dict[str, str]:
    return {package: _version(package) for package in PACKAGES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
