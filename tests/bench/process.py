"""What a whole process costs: imports, threads and children of threads included."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Cost:
    """Wall seconds, CPU seconds and peak megabytes of one process, or the median of several."""

    wall: float
    cpu: float
    memory: float

    @classmethod
    def middle(cls, costs: Sequence[Cost]) -> Cost:
        """The median of each figure."""
        return cls(*(median(getattr(cost, name) for cost in costs) for name in ("wall", "cpu", "memory")))


def measure(command: Sequence[str], folder: Path) -> Cost:
    """What a command costs, run in `folder`.

    Raises:
        RuntimeError: it failed.
    """
    started = time.monotonic()
    with (folder / "output.txt").open("wb") as output:
        child = subprocess.Popen(
            command,
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        said = (folder / "output.txt").read_text(errors="replace")[-2000:]
        raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}:\n{said}")
    return Cost(time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def printed(command: Sequence[str], folder: Path) -> str:
    """The last line that a command prints, run in `folder`.

    Raises:
        RuntimeError: it failed.
    """
    measure(command, folder)
    return (folder / "output.txt").read_text().splitlines()[-1]
