"""One run at a time in a working directory; a lock that a killed process cannot leave behind.

The file says who holds it, and is emptied at a tidy end. So what stands in it while nobody holds it is what
a run that was killed left, and the next one finds out.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any

from pipelines.errors import SettingsError
from pipelines.settings import now

# Tenths of a second to wait for a lock.
PATIENCE = 5

RUN = "run.lock"
# Held by `run --every` as long as it lasts, whether a run is under way or not.
SCHEDULE = "schedule.lock"


@contextmanager
def run_lock(data: Path, command: str, **more: Any) -> Iterator[dict[str, Any]]:
    """Holds `data/run.lock`; gives what a run that was killed before had said of itself, if there was one.

    Raises:
        SettingsError: another run holds it; the message says which.
    """
    with _locked_file(data / RUN) as file:
        left = _read(file)
        write_said(file, {"command": command, **more})
        yield left


@contextmanager
def schedule_lock(data: Path, cron: str) -> Iterator[Any]:
    """Holds `data/schedule.lock`; gives the file, for `write_said` to say when the next run is.

    Raises:
        SettingsError: another `run --every` holds it.
    """
    with _locked_file(data / SCHEDULE) as file:
        write_said(file, {"command": f"run --every {cron!r}"})
        yield file


@contextmanager
def _locked_file(path: Path) -> Iterator[Any]:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(path, "a+", encoding="utf-8") as file:
        os.chmod(path.parent, 0o700)
        if not _locked(file):
            said = _read(file)
            raise SettingsError(
                f"another run is under way: {said.get('command', 'unknown')}, "
                f"process {said.get('process', '?')}, since {said.get('since', '?')}. Wait for it to end."
            )
        try:
            yield file
        finally:
            file.truncate(0)


def write_said(file: Any, said: Mapping[str, Any]) -> None:
    """What the holder of a lock says of itself, its process and this moment beside it."""
    file.truncate(0)
    json.dump({**said, "process": os.getpid(), "since": now().to_iso8601_string()}, file)
    file.flush()


def holder(data: Path, name: str = RUN) -> dict[str, Any]:
    """What the run that holds the lock says of itself; empty when there is none."""
    said, is_held = _look(data / name)
    return said if is_held else {}


def killed(data: Path) -> dict[str, Any]:
    """What the last run says of itself when it ended without a word; empty when it did not."""
    said, is_held = _look(data / RUN)
    return {} if is_held else said


def _look(path: Path) -> tuple[dict[str, Any], bool]:
    """What stands in a lock's file, and whether somebody holds it."""
    try:
        with open(path, encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _read(file), True
            return _read(file), False
    except OSError:
        return {}, False


def _locked(file: Any) -> bool:
    """Whether the lock is ours; somebody who only looks who holds it has it for a moment."""
    for _ in range(PATIENCE):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sleep(0.1)
        else:
            return True
    return False


def _read(file: Any) -> dict[str, Any]:
    file.seek(0)
    try:
        said: dict[str, Any] = json.loads(file.read())
    except ValueError:
        return {}
    return said
