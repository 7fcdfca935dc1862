"""The peer: the same API read by dlt's own `rest_api` source with its defaults, into DuckDB.

Run: `python -m tests.bench.rest_api_default URL FOLDER`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import dlt
from dlt.sources.rest_api import rest_api_source

from pipelines.demo.server import KEY, USER
from pipelines.sources.mycashflow.resources import EVERY


def main(url: str, folder: Path) -> None:
    """Loads every list once, but for those that take a request per row."""
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
                    "name": endpoint.name,
                    "primary_key": endpoint.key,
                    "endpoint": {
                        "path": endpoint.path,
                        "params": {"page_size": endpoint.page_size, "expand": ",".join(endpoint.expands)},
                        "data_selector": "data",
                    },
                }
                for endpoint in EVERY
                if not endpoint.within
            ],
        }
    )
    destination = dlt.destinations.duckdb(str(folder / "warehouse.duckdb"))
    pipeline = dlt.pipeline(
        "peer", destination=destination, dataset_name="raw", pipelines_dir=str(folder / "dlt")
    )
    pipeline.run(source)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
