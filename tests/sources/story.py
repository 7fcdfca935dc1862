"""A demo store and a warehouse that live through several runs, and what each run left behind.

A first load makes fifty tables and costs seconds, so the suite lets all lists go through the same few runs
and looks at each list by itself afterwards. What is kept of a run is plain data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import time
from typing import Any

import duckdb

from pipelines import flow
from pipelines.check import check_stores
from pipelines.demo.opening import make_shop
from pipelines.demo.server import Request, ShopServer, serve
from pipelines.demo.shop import Shop
from pipelines.job import Wanted
from pipelines.settings import ResourceSettings, Settings
from tests.sources.lists import LISTS, Row, identities, small_pages
from tests.stage import Listener, settings_for

# Nothing in the shop is newer: what just happened is read by itself, in one more window.
AN_HOUR = 3600
RAW = "raw_mycashflow"


@dataclass(frozen=True)
class Chapter:
    """What one run left behind.

    Attributes:
        exit_code, failures, remarks, said: how it ended and what it said.
        rows: rows loaded, per table.
        requests: what the store was asked.
        present: what tells the store's records apart, per list, as they were then.
        tables: all raw tables, without what the loader puts beside the rows.
        required: tables and columns that cannot be null.
        quarantine, rejected, deleted: those `ops` tables.
        leaks: files and tables that hold a gift card's code.
    """

    exit_code: int
    failures: list[str]
    remarks: list[str]
    said: list[str]
    rows: dict[str, int]
    requests: list[Request]
    present: dict[str, set[Any]]
    tables: dict[str, list[Row]]
    required: set[tuple[str, str]]
    quarantine: list[Row]
    rejected: list[Row]
    deleted: set[tuple[str, str, str]]
    leaks: list[str]

    def places(self, name: str) -> list[Row]:
        """Where the list has places that cannot be read."""
        return [place for place in self.quarantine if place["resource"] == name]


@dataclass
class Told:
    """A story once it is over.

    Attributes:
        page_sizes: rows asked for at a time, per list.
        chapters: every run, by name.
        numbers: records that something was done to, by what, list and chapter.
        checks: what `check` said of the store when each chapter was over: lists and warnings.
    """

    page_sizes: dict[str, int]
    chapters: dict[str, Chapter] = field(default_factory=dict)
    numbers: dict[str, dict[str, int]] = field(default_factory=dict)
    checks: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Chapter:
        return self.chapters[name]


@dataclass
class Story:
    """A store, a directory and the runs in it."""

    shop: Shop
    server: ShopServer
    settings: Settings
    told: Told
    codes: set[str] = field(default_factory=set)

    def note(self, what: str, name: str, number: int) -> int:
        """Remembers which record of a list something was done to."""
        self.told.numbers.setdefault(what, {})[name] = number
        return number

    def sync(self, name: str, *lists: str, full: bool = False) -> Chapter:
        """Reads the lists, or every one."""
        stores, wanted = self.settings.chosen(), Wanted(lists, full=full)
        return self._keep(name, lambda teller: flow.sync(self.settings, stores, wanted, teller))

    def sweep(self, name: str) -> Chapter:
        """Looks for what is gone."""
        stores = self.settings.chosen()
        return self._keep(name, lambda teller: flow.sweep(self.settings, stores, False, teller))

    def check(self, name: str) -> None:
        """Tests the connection."""
        (finding,) = check_stores(self.settings.chosen())
        self.told.checks[name] = (finding.lists, finding.warnings)

    def _keep(self, name: str, run: Callable[[Listener], flow.Record]) -> Chapter:
        self.server.requests.clear()
        shop, data, teller = self.shop, self.settings.data, Listener()
        record = run(teller)
        self.codes |= {shop.get("gift_cards", number)["code"] for number in shop.ids("gift_cards")}
        chapter = Chapter(
            exit_code=record.exit_code,
            failures=[str(problem) for problem in record.problems],
            remarks=list(record.remarks),
            said=teller.lines,
            rows=dict(record.rows),
            requests=list(self.server.requests),
            present={name: identities(shop, name, data) for name in LISTS},
            **_warehouse(self.settings.warehouse, self.codes),
        )
        chapter.leaks.extend(_files_with(data, self.codes))
        self.told.chapters[name] = chapter
        return chapter


@contextmanager
def tell(home: Path, page_size: int | None = None, **changes: Any) -> Iterator[Story]:
    """A store of which every list is read, in a few pages each or in pages of one size."""
    with make_shop(40, seed=3, end=int(time()) - AN_HOUR) as shop, serve(shop) as server:
        sizes = dict.fromkeys(LISTS, page_size) if page_size else small_pages(shop)
        resources = {name: ResourceSettings(enabled=True, page_size=size) for name, size in sizes.items()}
        settings = settings_for(home, server.url, resources=resources, **changes)
        yield Story(shop, server, settings, Told(sizes))


def _warehouse(path: Path, codes: Iterable[str]) -> dict[str, Any]:
    if not path.exists():
        empty = dict.fromkeys(("quarantine", "rejected", "leaks"), ())
        return {"tables": {}, "required": set(), "deleted": set(), **{name: [] for name in empty}}
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set time zone 'UTC'")
        columns = connection.execute(
            "select table_schema, table_name, column_name, is_nullable from information_schema.columns"
            f" where table_schema in ('{RAW}', 'ops') and not starts_with(table_name, '_dlt')"
        ).fetchall()
        names = {(schema, table) for schema, table, _, _ in columns}
        tables = {name: _rows(connection, *name) for name in names}
    return {
        "tables": {table: rows for (schema, table), rows in tables.items() if schema == RAW},
        "required": {(table, column) for _, table, column, nullable in columns if nullable == "NO"},
        "quarantine": tables["ops", "quarantine"],
        "rejected": tables["ops", "rejected_rows"],
        "deleted": {(row["store"], row["resource"], row["id"]) for row in tables["ops", "deleted_records"]},
        "leaks": [
            ".".join(name) for name, rows in tables.items() if any(code in str(rows) for code in codes)
        ],
    }


def _rows(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> list[Row]:
    """A table's rows without what the loader puts beside them."""
    cursor = connection.execute(f"select * from {schema}.{table}")
    names = [column[0] for column in cursor.description or ()]
    found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [{name: value for name, value in row.items() if not name.startswith("_")} for row in found]


def _files_with(folder: Path, texts: Iterable[str]) -> Iterator[str]:
    for path in filter(Path.is_file, folder.rglob("*")):
        body = path.read_bytes()
        if any(text.encode() in body for text in texts):
            yield path.name
