"""Where the seconds of a sync go: `python -m tests.bench.phases`, in a folder with settings, prints JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

# dlt's steps, and what happens in each.
STEPS = {
    "sync_destination": "dlt fetches state and schema from the warehouse",
    "extract": "every list is asked for, compared and written to files, state too",
    "normalize": "dlt normalizes",
    "load": "dlt loads the package",
}


class Stopwatch:
    """Seconds by phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def timed(self, phase: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same work, whose time is added to a phase."""

        def run(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return work(*arguments, **named)
            finally:
                self.seconds[phase] = self.seconds.get(phase, 0.0) + time.perf_counter() - began

        return run


def main() -> None:
    """Syncs, step by step."""
    watch, began = Stopwatch(), time.perf_counter()
    for phase, module in (
        ("import pyarrow", "pyarrow"),
        ("import dlt and what else it imports", "dlt"),
        ("import everything else", "pipelines.flow"),
    ):
        watch.timed(phase, __import__)(module)
    from dlt.pipeline.pipeline import Pipeline

    from pipelines.cli import app

    for name, phase in STEPS.items():
        setattr(Pipeline, name, watch.timed(phase, getattr(Pipeline, name)))
    app(["sync"], standalone_mode=False)
    rest = time.perf_counter() - began - sum(watch.seconds.values())
    watch.seconds["locks, deletions, ledger, record, files opened and closed"] = rest
    print(json.dumps(watch.seconds))


if __name__ == "__main__":
    main()
