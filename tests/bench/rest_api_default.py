"""Contender a: the same API read by dlt's own `rest_api` source with its defaults, into DuckDB.

Run: `python -m tests.bench.rest_api_default URL FOLDER`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import dlt
from dlt.sources.rest_api import rest_api_source

from pipelines.demo.server import KEY, USER
from tests.bench.store import ORDERS, PARAMS


def main(url: str, folder: Path) -> None:
    """Loads all orders once."""
    source = rest_api_source(
        {
            "client": {
                "base_url": f"{url}/api/v1/",
                "auth": {"type": "http_basic", "username": USER, "password": KEY},
                "headers": {"Accept": "application/json"},
                "paginator": {"type": "page_number", "base_page": 1, "total_path": "meta.page_count"},
            },
            "resources": [
                {
                    "name": ORDERS.name,
                    "primary_key": "id",
                    "endpoint": {"path": ORDERS.path, "params": PARAMS, "data_selector": "data"},
                }
            ],
        }
    )
    pipeline = dlt.pipeline(
        "peer",
        destination=dlt.destinations.duckdb(str(folder / "warehouse.duckdb")),
        dataset_name="raw",
        pipelines_dir=str(folder / "dlt"),
    )
    pipeline.run(source)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
