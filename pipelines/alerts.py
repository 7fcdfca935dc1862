"""Calls somebody when runs begin to fail, and when they are well again: a web address, or a command.

Who was told of what lies in `data/alerts.json`, so that an outage of a night is one call and not ten; what
could not be delivered is tried again after the next run. Nothing that is told holds personal data.
"""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from pipelines.errors import ApiError, PipelineError
from pipelines.http import post_json, redact
from pipelines.record import KILLED, Record
from pipelines.settings import Alerts, Settings, now

# Seconds that a web address or a command may take.
PATIENCE = 30
# Builds, reports and look-ups by hand are seen by the person who runs them.
WATCHED = ("sync", "run")


class Voice(Protocol):
    """Whoever says a line to the person in front of it."""

    def say(self, text: str) -> None:
        """One line."""


@contextmanager
def told(settings: Settings, record: Record, teller: Voice) -> Iterator[None]:
    """However a run ends, whoever should know is told; Ctrl-C is no failure."""
    try:
        yield
    except KeyboardInterrupt:
        raise
    except PipelineError as failure:
        if failure not in record.failures:
            record.failures.append(failure)
        tell(settings, record, teller)
        raise
    except Exception:
        tell(settings, record, teller)
        raise
    else:
        tell(settings, record, teller)


def tell(settings: Settings, record: Record, teller: Voice) -> None:
    """Calls when something fails that did not, or is well that was not."""
    if record.command in WATCHED and (settings.alerts.webhook or settings.alerts.command):
        before = _failing(settings.data)
        failed = set(record.failed_stores or [record.command]) if record.status == "failed" else set()
        failing = (before - {*record.stores, record.command}) | failed
        if failing - before:
            _deliver(settings, failing, _document("failed", record, sorted(failing - before)), teller)
        elif before - failing:
            _deliver(settings, failing, _document("recovered", record, sorted(before - failing)), teller)


def tell_killed(settings: Settings, said: Mapping[str, Any], teller: Voice) -> None:
    """The same of a run that was killed, told by the next one."""
    stores = [name for name in str(said.get("stores", "")).split(",") if name]
    record = Record(str(said.get("command")), stores, interrupted=KILLED)
    record.run_id = str(said.get("run_id", ""))
    tell(settings, record, teller)


def _document(event: str, record: Record, names: list[str]) -> dict[str, Any]:
    """What is told; `text` is what chat services show."""
    said = redact(record.message) if event == "failed" else ""
    return {
        "text": f"kassavirta: {record.command} {event}, {', '.join(names)}{f': {said}' if said else ''}",
        "event": event,
        "command": record.command,
        "names": names,
        "exit_code": record.exit_code,
        "run_id": record.run_id,
        "told_at": now().to_iso8601_string(),
    }


def _deliver(settings: Settings, failing: set[str], document: Mapping[str, Any], teller: Voice) -> None:
    try:
        _call(settings.alerts, document)
    except (ApiError, OSError, subprocess.SubprocessError) as error:
        reason = str(error) if isinstance(error, ApiError) else type(error).__name__
        teller.say(f"warning: nobody could be told of this ({reason}); the next run tries again")
    else:
        _file(settings.data).write_text(json.dumps(sorted(failing)), encoding="utf-8")


def _call(alerts: Alerts, document: Mapping[str, Any]) -> None:
    if alerts.webhook:
        post_json(alerts.webhook, document, PATIENCE)
    if alerts.command:
        text = json.dumps(document)
        subprocess.run(shlex.split(alerts.command), input=text, text=True, timeout=PATIENCE, check=True)


def _failing(data: Path) -> set[str]:
    """What has been told to fail and not to be well again."""
    try:
        return set(json.loads(_file(data).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return set()


def _file(data: Path) -> Path:
    return data / "alerts.json"
