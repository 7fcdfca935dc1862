"""Contender b: the same pages as Python dicts through a plain dlt resource, parquet between dlt and DuckDB.

Run: `python -m tests.bench.dicts URL FOLDER`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt

from tests.bench.store import ask, page_count


@dlt.resource(name="orders", primary_key="id")
def read_orders(url: str) -> Iterator[list[dict[str, Any]]]:
    """The orders, a page at a time."""
    with ask(url) as get:
        for number in range(1, page_count(get) + 1):
            yield get(number)["data"]


def main(url: str, folder: Path) -> None:
    """Loads all orders once."""
    pipeline = dlt.pipeline(
        "dicts",
        destination=dlt.destinations.duckdb(str(folder / "warehouse.duckdb")),
        dataset_name="raw",
        pipelines_dir=str(folder / "dlt"),
    )
    pipeline.run(read_orders(url), loader_file_format="parquet")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
