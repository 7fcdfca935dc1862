"""The demo store in a child process: `with start("--size", "500") as store: store.url`."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

_ROOT = Path(__file__).parents[2]
READY = "serving "


@dataclass(frozen=True)
class Store:
    """A demo store that is being served."""

    url: str

    def ledger(self) -> dict[str, Any]:
        """The shop's true figures as JSON (`Ledger.as_json`)."""
        with urlopen(f"{self.url}/demo/ledger", timeout=30) as answer:
            figures: dict[str, Any] = json.load(answer)
        return figures

    def touch(self, count: int) -> list[int]:
        """Changes so many orders, scattered over all of them; their ids."""
        request = Request(f"{self.url}/demo/touch?count={count}", method="POST")
        with urlopen(request, timeout=600) as answer:
            ids: list[int] = json.load(answer)
        return ids


@contextmanager
def start(*arguments: str) -> Iterator[Store]:
    """A store served by a child process until the block ends, on any free port unless told otherwise.

    The child also ends when this process dies.

    Args:
        arguments: those of `python -m pipelines.demo`.

    Raises:
        RuntimeError: the child ended before it was ready.
    """
    command = [
        sys.executable,
        "-m",
        "pipelines.demo",
        "--port",
        "0",
        *arguments,
        "--until-stdin-ends",
    ]
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    with child:
        try:
            line = child.stdout.readline() if child.stdout else ""
            if not line.startswith(READY):
                raise RuntimeError("the demo store ended before it was ready")
            yield Store(line.removeprefix(READY).strip())
        finally:
            child.terminate()
            child.wait()
