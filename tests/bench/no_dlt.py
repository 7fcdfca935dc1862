"""Contender d, the practical limit: no dlt and nothing of ours, pages to files and DuckDB for the rest.

Four requests under way, as ours; the rows of each page to a file, a line each (DuckDB reads a page as one
value ten times slower); `read_json` with explicit types into one nested table, and a flat table for each
list by SQL. No check that all rows came, no cursor, no state, no new columns.

Run: `python -m tests.bench.no_dlt URL FOLDER`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import local

import duckdb
import orjson

from pipelines.extract.endpoint import Field, Fields
from tests.bench.store import ORDERS, ask, page_count

WORKERS = 4
OBJECTS = ("customer_information", "shipping_address", "tax_summary")
TYPES = {
    "bigint": "bigint",
    "text": "varchar",
    "json": "json",
    "bool": "boolean",
    "timestamp": "timestamptz",
    "date": "date",
    "decimal": "decimal(18, 6)",
}

TAXES = ("subtotal", "discount", "shipping_costs", "payment_costs", "total")
CHILDREN = {
    "orders__products": "select order_id, item.* exclude (return_reasons)"
    " from (select id as order_id, unnest(products) as item from nested)",
    "orders__products__return_reasons": "select order_id, unnest(return_reasons, max_depth := 2)"
    " from (select id as order_id, unnest(products, max_depth := 2) from nested)",
    "orders__shipments": "select order_id, item.* exclude (documents)"
    " from (select id as order_id, unnest(shipments) as item from nested)",
    "orders__shipments__documents": "select order_id, unnest(documents, max_depth := 2)"
    " from (select id as order_id, unnest(shipments, max_depth := 2) from nested)",
    "orders__payments": "select id as order_id, unnest(payments, max_depth := 2) from nested",
    "orders__tax_summary": " union all ".join(
        f"select id as order_id, '{part}' as component, unnest(tax_summary.{part}, max_depth := 2)"
        " from nested"
        for part in TAXES
    ),
    "orders__comments": "select id as order_id, unnest(comments, max_depth := 2) from nested",
    "orders__events": "select id as order_id, unnest(events, max_depth := 2) from nested",
}


def fetch(url: str, folder: Path) -> None:
    """All pages to files of one order a line."""
    here = local()

    def save(number: int) -> None:
        if not hasattr(here, "get"):
            here.held = ask(url)
            here.get = here.held.__enter__()
        rows = here.get(number)["data"]
        for row in rows:
            for name in OBJECTS:
                row[name] = row[name] or None
        (folder / f"{number}.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))

    with ask(url) as get:
        pages = page_count(get)
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(save, range(1, pages + 1)))


def load(folder: Path, database: Path) -> None:
    """The files as tables."""
    columns = ", ".join(f"{name}: '{sql_type(kind)}'" for name, kind in ORDERS.fields.items())
    lists = ", ".join(name for name, kind in ORDERS.fields.items() if isinstance(kind, list))
    with duckdb.connect(str(database)) as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute("create schema raw")
        connection.execute(
            f"create temp table nested as from read_json('{folder}/*.jsonl', columns = {{{columns}}},"
            " format = 'newline_delimited')"
        )
        connection.execute(
            f"create table raw.orders as select * exclude ({lists}, {', '.join(OBJECTS)}),"
            " unnest(customer_information), unnest(shipping_address) from nested"
        )
        for table, query in CHILDREN.items():
            connection.execute(f"create table raw.{table} as {query}")


def sql_type(kind: Field) -> str:
    """A field's type in DuckDB."""
    if isinstance(kind, str):
        return TYPES[kind]
    if isinstance(kind, Mapping):
        return _struct(kind)
    return f"{_struct(kind[0])}[]"


def _struct(fields: Fields) -> str:
    return f"struct({', '.join(f'{name} {sql_type(kind)}' for name, kind in fields.items())})"


def main(url: str, folder: Path) -> None:
    """Loads all orders once."""
    pages = folder / "pages"
    pages.mkdir()
    fetch(url, pages)
    load(pages, folder / "warehouse.duckdb")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
