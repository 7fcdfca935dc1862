"""`kassavirta sync` beside dlt's own REST source: the same demo store, the same run, the same rows.

Each contender is a process of its own, the demo store another; wall and CPU seconds and peak memory are of
the whole process, imports included. Run: `make bench`, or `python -m tests.bench.compare --size 20000`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb

from pipelines.demo.process import start
from pipelines.demo.server import KEY, USER

PEER, OURS = "dlt rest_api, defaults", "kassavirta sync"
TABLES = (
    "customers",
    "email_subscribers",
    "products",
    "products__variations",
    "stock_changes",
    "orders",
    "orders__products",
    "orders__payments",
    "orders__shipments",
)


@dataclass(frozen=True)
class Cost:
    """Wall seconds, CPU seconds and peak megabytes of one process."""

    wall: float
    cpu: float
    memory: float


def measure(command: list[str], folder: Path) -> Cost:
    """What a command costs, run in `folder`.

    Raises:
        RuntimeError: it failed.
    """
    root = str(Path(__file__).parents[2])
    started = time.monotonic()
    child = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": root}
    )
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}")
    return Cost(time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def run_peer(url: str, folder: Path) -> Cost:
    """dlt's source into `folder`."""
    return measure([sys.executable, "-m", "tests.bench.rest_api_default", url, str(folder)], folder)


def run_ours(url: str, folder: Path) -> Cost:
    """Ours into `folder`."""
    (folder / ".dlt").mkdir()
    (folder / ".dlt/config.toml").write_text(
        f'[stores.demo]\nplatform = "mycashflow"\nbase_url = "{url}"\nuser = "{USER}"\nkey = "{KEY}"\n'
    )
    return measure([sys.executable, "-m", "pipelines", "sync"], folder)


def rows(warehouse: Path, schema: str) -> dict[str, int]:
    """Rows per table that both have."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        counts = [connection.execute(f"select count(*) from {schema}.{table}").fetchone() for table in TABLES]
    return {table: count[0] for table, count in zip(TABLES, counts, strict=True) if count}


def contend(url: str, times: int) -> tuple[dict[str, list[Cost]], dict[str, int]]:
    """Every contender so many times, in turn; the costs, and the rows all of them loaded."""
    contenders: dict[str, tuple[Callable[[str, Path], Cost], str, str]] = {
        PEER: (run_peer, "warehouse.duckdb", "raw"),
        OURS: (run_ours, "data/warehouse.duckdb", "raw_mycashflow"),
    }
    costs: dict[str, list[Cost]] = {name: [] for name in contenders}
    loaded: dict[str, dict[str, int]] = {}
    for _ in range(times):
        for name, (run, warehouse, schema) in contenders.items():
            with tempfile.TemporaryDirectory() as folder:
                costs[name].append(run(url, Path(folder)))
                loaded[name] = rows(Path(folder) / warehouse, schema)
    if loaded[PEER] != loaded[OURS]:
        raise RuntimeError(f"the rows differ: {loaded}")
    return costs, loaded[OURS]


def main() -> None:
    """Measures and prints a table; fails when ours is less than ten times as fast and `--demand` is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=20_000, help="orders")
    parser.add_argument("--times", type=int, default=1, help="runs of each; the median counts")
    parser.add_argument("--demand", type=float, default=0, help="fail when the ratio is below")
    options = parser.parse_args()
    with start("--size", str(options.size)) as store:
        costs, loaded = contend(store.url, options.times)
    print(f"{options.size:,} orders, {sum(loaded.values()):,} rows compared equal\n")
    print(f"{'':24}{'wall s':>9}{'CPU s':>9}{'peak MB':>10}")
    for name, each in costs.items():
        figures = (median(getattr(cost, field) for cost in each) for field in ("wall", "cpu", "memory"))
        print(f"{name:24}" + "{:9.1f}{:9.1f}{:10.0f}".format(*figures))
    ratio = median(cost.wall for cost in costs[PEER]) / median(cost.wall for cost in costs[OURS])
    print(f"\nours is {ratio:.1f} times as fast")
    if ratio < options.demand:
        sys.exit(f"less than {options.demand} times")


if __name__ == "__main__":
    main()
