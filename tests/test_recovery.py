"""From a warehouse that is damaged, lost, older or newer there is a way back, and the message says which."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from pipelines import flow
from pipelines.cli import app
from pipelines.demo.opening import make_shop
from pipelines.demo.server import ShopServer, serve
from pipelines.errors import SettingsError
from pipelines.job import Wanted
from pipelines.settings import Settings
from pipelines.warehouse.ops import MIGRATIONS
from tests.stage import Listener
from tests.test_cli import assert_refused, configure

AS_OF = "2026-06-30"
BUILT = ("marts", "metrics", "segments")
LOADED = ("raw_mycashflow", "snapshots")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def values(path: Path, schemas: tuple[str, ...]) -> dict[str, Any]:
    """Every table but dlt's own: how many rows, and a sum over all values but dlt's."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            f"select schema_name, table_name from duckdb_tables() where schema_name in {schemas}"
            " and table_name not like '\\_dlt%' escape '\\'"
        ).fetchall()
        return {
            f"{schema}.{name}": connection.execute(
                "select count(*), sum(hash(whole)) from"
                f" (select columns(lambda c: not starts_with(c, '_dlt')) from {schema}.{name}) as whole"
            ).fetchall()
            for schema, name in names
        }


@pytest.fixture(scope="module")
def shop_at() -> Iterator[ShopServer]:
    with make_shop(60, seed=5) as shop, serve(shop) as server:
        yield server


@pytest.mark.slow
def test_what_is_damaged_or_lost_comes_back_as_it_was(tmp_path: Path, shop_at: ShopServer) -> None:
    configure(tmp_path, shop_at.url)
    warehouse, published = tmp_path / "data/warehouse.duckdb", tmp_path / "data/kassavirta.duckdb"
    assert run("run", "--as-of", AS_OF).exit_code == 0
    before, loaded = values(published, BUILT), values(published, LOADED)
    warehouse.write_bytes(warehouse.read_bytes()[:5000])
    refused = run("sync")
    assert_refused(refused, 2, "put a copy of the published file in its place if you have one")
    shop_at.requests.clear()
    shutil.move(warehouse, tmp_path / "damaged")
    shutil.copy(published, warehouse)
    assert run("sync").exit_code == 0
    assert values(warehouse, LOADED) == loaded
    assert not [
        params for _, path, params, _ in shop_at.requests if "orders" in path and params.get("page") == "2"
    ]
    warehouse.unlink()
    published.unlink()
    assert run("sync", "--full").exit_code == 0
    assert run("build", "--as-of", AS_OF).exit_code == 0
    assert values(published, BUILT) == before


def failures(settings: Settings) -> list[Exception]:
    """What keeps a sync from being done."""
    try:
        return list(flow.sync(settings, settings.chosen(), Wanted(), Listener()).failures)
    except SettingsError as error:
        return [error]


def test_damage_in_the_middle_of_the_file_is_named(loaded: Settings) -> None:
    content = bytearray(loaded.warehouse.read_bytes())
    for place in range(3 * 4096, len(content), 64 * 1024):
        content[place + 100 : place + 4000] = b"\xa5" * 3900
    loaded.warehouse.write_bytes(content)
    (told,) = {str(error) for error in failures(loaded)}
    assert "warehouse.duckdb: it is no DuckDB file that this version can read. Move it away" in told


def test_an_older_warehouse_is_moved_forward(
    loaded: Settings, query: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    with duckdb.connect(str(loaded.warehouse)) as connection:
        connection.execute("drop table ops.schema_version")
        connection.execute("drop table ops.erasures")
        connection.execute("alter table ops.runs drop column summary")
    flow.sync(loaded, loaded.chosen(), Wanted(), Listener())
    assert query("select version from ops.schema_version") == [(len(MIGRATIONS),)]
    assert query("select count(*), count(summary) from ops.runs") == [(2, 1)]
    assert query("select count(*) from ops.erasures") == [(0,)]


def test_every_migration_leads_one_version_on(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    flow.sync(settings, settings.chosen(), Wanted(("brands",)), Listener())
    more = (*MIGRATIONS, ["update ops.runs set command = 'load' where command = 'sync'"])
    monkeypatch.setattr("pipelines.warehouse.ops.MIGRATIONS", more)
    flow.sync(settings, settings.chosen(), Wanted(("brands",)), Listener())
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        commands = connection.execute("select command from ops.runs order by started_at").fetchall()
        versions = connection.execute("select version from ops.schema_version order by 1").fetchall()
    assert commands == [("load",), ("sync",)]
    assert versions == [(1,), (2,)]


def test_a_newer_warehouse_is_left_alone(settings: Settings) -> None:
    flow.sync(settings, settings.chosen(), Wanted(("brands",)), Listener())
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute("insert into ops.schema_version values (99, now())")
    with pytest.raises(
        SettingsError, match=r"newer kassavirta \(its tables are version 99, this one knows 1"
    ):
        flow.sync(settings, settings.chosen(), Wanted(("brands",)), Listener())
