"""The analysts' file is always whole: the old one or the new one, never locked, never half-built."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from pipelines import flow
from pipelines.demo.server import ShopServer
from pipelines.demo.shop import Shop
from pipelines.publish import publish
from pipelines.settings import Settings
from pipelines.transform import Wish
from tests.stage import Listener

# Reads again and again until its input ends; prints how often, and everything that was not as it should be.
READER = """
import sys, threading, duckdb
path, sql = sys.argv[1:]
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
reads, wrong = 0, set()
while not over.is_set():
    try:
        with duckdb.connect(path, read_only=True) as connection:
            found = connection.execute(sql).fetchall()
        if len(found) != 1:
            wrong.add(repr(found))
    except Exception as error:
        wrong.add(repr(error))
    reads += 1
print(reads, sorted(wrong))
"""


@contextmanager
def reading(path: Path, sql: str) -> Iterator[list[str]]:
    """Somebody queries a file in a loop meanwhile; what they saw is in the list afterwards."""
    told: list[str] = []
    child = subprocess.Popen(
        [sys.executable, "-c", READER, str(path), sql],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield told
    finally:
        said, _ = child.communicate("")
        told.append(said)


def make_version(warehouse: Path, number: int) -> None:
    """A warehouse in which both tables and the view say the same number."""
    with duckdb.connect(str(warehouse)) as connection:
        for schema in ("marts", "staging", "outbound", "raw_x", "raw_x_staging"):
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(f"create or replace table {schema}.first as select {number} as version")
        connection.execute(
            f"create or replace table marts.second as select {number} as version from range(20000)"
        )
        connection.execute("create or replace view staging.b_view as select * from marts.second")
        connection.execute("create or replace view staging.a_view as select * from staging.b_view")


def test_a_reader_never_fails_and_never_sees_half_a_state(tmp_path: Path) -> None:
    warehouse, published = tmp_path / "warehouse.duckdb", tmp_path / "kassavirta.duckdb"
    make_version(warehouse, 0)
    publish(warehouse, published)
    sql = "select distinct first.version, a_view.version from marts.first, staging.a_view"
    with reading(published, sql) as told:
        for number in range(1, 11):
            make_version(warehouse, number)
            publish(warehouse, published)
    reads, wrong = told[0].split(" ", 1)
    assert int(reads) >= 5
    assert wrong.strip() == "[]"


def test_what_is_for_destinations_or_dlt_alone_is_left_out(tmp_path: Path) -> None:
    warehouse, published = tmp_path / "warehouse.duckdb", tmp_path / "kassavirta.duckdb"
    make_version(warehouse, 7)
    assert publish(warehouse, published) == 6
    with duckdb.connect(str(published), read_only=True) as connection:
        schemas = connection.execute(
            "select distinct table_schema from information_schema.tables order by 1"
        ).fetchall()
        assert schemas == [("marts",), ("raw_x",), ("staging",)]
        assert connection.execute("select distinct version from staging.a_view").fetchall() == [(7,)]
    assert published.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kassavirta.duckdb", "warehouse.duckdb"]


def test_a_warehouse_of_which_most_is_free_is_written_anew(tmp_path: Path) -> None:
    warehouse, published = tmp_path / "warehouse.duckdb", tmp_path / "kassavirta.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create table large as select hash(range) as noise from range(1_000_000)")
    make_version(warehouse, 7)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("drop table large")
    before = warehouse.stat().st_size
    assert publish(warehouse, published) == 6
    assert max(warehouse.stat().st_size, published.stat().st_size) < before / 2
    for path in (warehouse, published):
        with duckdb.connect(str(path), read_only=True) as connection:
            assert connection.execute("select distinct version from staging.a_view").fetchall() == [(7,)]
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.execute("select version from outbound.first").fetchall() == [(7,)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kassavirta.duckdb", "warehouse.duckdb"]


def test_a_table_made_beside_the_old_one_does_not_have_the_file_written_anew(tmp_path: Path) -> None:
    """Every build does so with each table; half a minute for a million orders would go into it every hour."""
    warehouse, published = tmp_path / "warehouse.duckdb", tmp_path / "kassavirta.duckdb"
    make_version(warehouse, 7)
    noise = "as select hash(range) as noise from range(1_000_000)"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"create table marts.large {noise}")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"create table marts.larger {noise}")
        connection.execute("drop table marts.large")
    file = warehouse.stat()
    assert publish(warehouse, published) == 7
    assert warehouse.stat().st_ino == file.st_ino
    assert warehouse.stat().st_size > 10_000_000


def test_a_copy_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    warehouse, published = tmp_path / "warehouse.duckdb", tmp_path / "kassavirta.duckdb"
    make_version(warehouse, 1)
    publish(warehouse, published)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create view marts.broken as select * from marts.first")
        connection.execute("drop table marts.first")
    with pytest.raises(Exception, match="first"):
        publish(warehouse, published)
    with duckdb.connect(str(published), read_only=True) as connection:
        assert connection.execute("select version from marts.first").fetchall() == [(1,)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kassavirta.duckdb", "warehouse.duckdb"]


@pytest.mark.deep
def test_a_reader_is_undisturbed_by_ten_whole_runs(
    settings: Settings, shop: Shop, server: ShopServer
) -> None:
    stores = settings.chosen()
    assert flow.run(settings, stores, Wish(), Listener()).exit_code == 0
    sql = (
        "select 1"
        " where (select count(*) from marts.fct_orders) = (select count(*) from raw_mycashflow.orders)"
        " and (select sum(order_count) from metrics.met_sales_daily)"
        " = (select count(*) from marts.fct_orders where is_purchase)"
    )
    with reading(settings.published, sql) as told:
        for _ in range(10):
            shop.insert("orders", {"status": "OPEN", "total": 0})
            assert flow.run(settings, stores, Wish(), Listener()).exit_code == 0
    reads, wrong = told[0].split(" ", 1)
    assert int(reads) >= 100
    assert wrong.strip() == "[]"
    assert os.path.exists(settings.report)
