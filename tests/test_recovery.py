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
from pipelines.transform import Wish
from pipelines.warehouse.ops import MIGRATIONS
from tests.stage import Listener, settings_for
from tests.test_cli import assert_refused, configure
from tests.test_forget import seen

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


def test_codes_that_an_older_version_kept_are_in_no_file_after_any_command(
    server: ShopServer, tmp_path: Path
) -> None:
    """Certificates were undeclared then, and arrived as text: with their codes, and whom they were for."""
    settings = settings_for(tmp_path, f"{server.url}/cscart")
    flow.run(settings, settings.chosen(), Wish(), Listener())
    email = "vanha.quuxinen@example.com"
    codes = ("GC-OLDCODE-11", "GC-OLDCODE-22", "GC-OLDCODE-33", "GC-OLDCODE-44")
    with duckdb.connect(str(settings.warehouse)) as connection:
        for name in ("gift_certificates", "use_gift_certificates", "returned_products"):
            connection.execute(f"drop table raw_cscart.orders__{name} cascade")
        connection.execute("alter table raw_cscart.orders drop column points_info__in_use__cost")
        older = {
            "gift_certificates": f'{{"77": {{"gift_cert_code": "{codes[0]}", "email": "{email}"}}}}',
            "use_gift_certificates": f'{{"{codes[1]}": {{"cost": 5}}}}',
            "store_credit": f'["{codes[2]}"]',
            "voucher": codes[3],
            "points": "5",
        }
        for name, value in older.items():
            connection.execute(f"alter table raw_cscart.orders add column {name} text")
            connection.execute(f"update raw_cscart.orders set {name} = ? where order_id % 2 = 0", [value])
        count = "select count(applies) from raw_cscart.orders__taxes"
        taxes = connection.execute(count).fetchall()
    assert seen(settings, codes)
    flow.build(settings, Wish(), Listener())
    assert seen(settings, [*codes, email]) == set()
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        assert connection.execute("select count(points) > 0 from raw_cscart.orders").fetchall() == [(True,)]
    flow.sync(settings, settings.chosen(), Wanted(full=True), Listener())
    flow.build(settings, Wish(), Listener())
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        assert connection.execute(count).fetchall() == taxes
