"""The four ways to load the same orders, and the proof that they loaded the same."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipelines.demo.server import KEY, USER
from tests.bench.no_dlt import TAXES
from tests.bench.process import Cost, measure

KASSAVIRTA = (sys.executable, "-m", "pipelines")

# For each table what must be the same in all: rows, and sums that no lost or doubled row leaves alone. Rates
# are not among them: dlt, given dicts, takes 24 for a whole number and puts 25.5 into a column of its own.
SUMS = {
    "orders": ("id", "total", "subtotal"),
    "orders__products": ("id", "quantity", "unit_price"),
    "orders__products__return_reasons": (),
    "orders__shipments": ("id", "weight"),
    "orders__shipments__documents": (),
    "orders__payments": ("id", "amount"),
    "orders__tax_summary": ("total", "total_tax"),
    "orders__comments": (),
    "orders__events": (),
}
Figures = dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Contender:
    """A way to load all orders of a store into DuckDB.

    Attributes:
        name: for people.
        command: takes the store's address and a folder; empty for ours, which has settings.
        warehouse, schema: where the tables are afterwards.
        has_one_tax_table: whether the taxes of an order are one table, not five.
    """

    name: str
    command: Sequence[str] = ()
    warehouse: str = "warehouse.duckdb"
    schema: str = "raw"
    has_one_tax_table: bool = True

    def run(self, url: str, folder: Path) -> Cost:
        """What it costs.

        Raises:
            RuntimeError: it failed.
        """
        if self.command:
            return measure([*self.command, url, str(folder)], folder)
        write_settings(url, folder)
        return measure([*KASSAVIRTA, "sync", "--resource", "orders"], folder)

    def figures(self, folder: Path) -> Figures:
        """Rows and sums of every table."""
        with duckdb.connect(str(folder / self.warehouse), read_only=True) as connection:
            return {table: self._sums(connection, table, columns) for table, columns in SUMS.items()}

    def _sums(
        self, connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]
    ) -> tuple[str, ...]:
        sums = ["count(*)", *(f"sum({column}::decimal(18, 4))" for column in columns)]
        row = connection.execute(f"select {', '.join(sums)} from {self._source(table)}").fetchone()
        return tuple(map(str, row or ()))

    def _source(self, table: str) -> str:
        if table == "orders__tax_summary" and not self.has_one_tax_table:
            parts = (f"select total, total_tax from {self.schema}.{table}__{part}" for part in TAXES)
            return f"({' union all '.join(parts)})"
        return f"{self.schema}.{table}"


REST_API = Contender(
    "a: dlt rest_api source, defaults",
    (sys.executable, "-m", "tests.bench.rest_api_default"),
    has_one_tax_table=False,
)
DICTS = Contender(
    "b: dlt, dicts, parquet files", (sys.executable, "-m", "tests.bench.dicts"), has_one_tax_table=False
)
OURS = Contender("c: kassavirta sync", (), "data/warehouse.duckdb", "raw_mycashflow")
NO_DLT = Contender("d: no dlt, DuckDB read_json", (sys.executable, "-m", "tests.bench.no_dlt"))


def write_settings(url: str, folder: Path, **more: object) -> None:
    """Ours, told of the store."""
    (folder / ".dlt").mkdir(exist_ok=True)
    lines = [f'platform = "mycashflow"\nbase_url = "{url}"\nuser = "{USER}"\nkey = "{KEY}"']
    lines += [f"{name} = {value}" for name, value in more.items()]
    (folder / ".dlt/config.toml").write_text("\n".join(["[stores.demo]", *lines, ""]))
