"""One run at a time in a working directory; a lock that a killed process cannot leave behind."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Any

from pipelines.errors import SettingsError
from pipelines.settings import now

# Tenths of a second to wait for a lock.
PATIENCE = 5


@contextmanager
def run_lock(data: Path, command: str) -> Iterator[None]:
    """Holds `data/run.lock`; the operating system lets go of it whenever the process ends.

    Raises:
        SettingsError: another run holds it; the message says which.
    """
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(data / "run.lock", "a+", encoding="utf-8") as file:
        os.chmod(data, 0o700)
        if not _locked(file):
            said = _read(file)
            raise SettingsError(
                f"another run is under way: {said.get('command', 'unknown')}, "
                f"process {said.get('process', '?')}, since {said.get('since', '?')}. Wait for it to end."
            )
        file.truncate(0)
        json.dump({"command": command, "process": os.getpid(), "since": now().to_iso8601_string()}, file)
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def holder(data: Path) -> dict[str, Any]:
    """What the run that holds the lock says of itself; empty when there is none."""
    try:
        with open(data / "run.lock", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _read(file)
    except OSError:
        pass
    return {}


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
