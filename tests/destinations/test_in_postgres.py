"""With PostgreSQL as the warehouse the same is sent, and the same is remembered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines import flow
from pipelines.accounts import account
from pipelines.demo.inbox import Inbox
from pipelines.demo.opening import make_shop
from pipelines.demo.server import serve
from pipelines.job import Wanted
from pipelines.settings import Settings
from pipelines.transform import Wish
from pipelines.warehouse import warehouse_of
from pipelines.warehouse.receipts import forget_customers
from tests.database import Cluster, running_cluster
from tests.destinations.desk import SECRETS, desk_for, people
from tests.stage import Listener, settings_for


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as running:
        yield running


def test_what_is_desired_arrives_once_and_what_is_refused_is_named(
    cluster: Cluster, inbox: Inbox, tmp_path: Path
) -> None:
    with cluster.database("desk") as server:
        desk = desk_for("custobar", inbox, tmp_path, mode="full", rows_per_request=7, stores=["demo"])
        desk.settings = replace(desk.settings, server=server)
        desk.put_nothing_else("customers")
        rows = people(range(30))
        rows[13] |= {"language": "zz"}
        rows[17] |= {"email": "none"}
        desk.put("customers", rows)
        assert desk.send().exit_code == 4
        assert desk.counts("customers") == (30, 28, 0, 2)
        assert len(inbox.custobar.customers) == 28
        assert desk.send().exit_code == 4
        assert desk.counts("customers") == (30, 0, 28, 2)
        with warehouse_of(desk.settings).connect() as connection:
            assert forget_customers(connection, ["key3"]) == 1
        desk.put("customers", [row | {"city": "Turku"} for row in rows])
        desk.send()
        assert desk.counts("customers") == (29, 27, 0, 2)
        assert "city" not in inbox.custobar.customers["demo-3"]


def test_what_ogoship_tells_is_kept(cluster: Cluster, inbox: Inbox, tmp_path: Path) -> None:
    with cluster.database("told") as server:
        desk = desk_for("ogoship", inbox, tmp_path)
        desk.settings = replace(desk.settings, server=server)
        inbox.ogoship.products["P1"] = {"code": "P1"}
        desk.put("products", [])
        for pieces in (3, 5):
            inbox.ogoship.stock["P1"] = pieces
            assert desk.send().exit_code == 0
        assert desk.ask("select product_code, stock from raw_ogoship.stock") == [("P1", "5")]


@pytest.mark.deep
def test_both_warehouses_want_the_same_to_be_sent(cluster: Cluster, tmp_path: Path) -> None:
    """Every outbound model, hashes included, is the same in DuckDB and PostgreSQL."""
    problems: list[str] = []
    values: dict[str, dict[str, Any]] = {
        "custobar": {"mode": "full"},
        "apifon": {},
        "ogoship": {"orders": True},
    }
    all_of_them = {
        name: account(name, {**SECRETS[name], **given}, ("demo",), problems) for name, given in values.items()
    }
    with cluster.database("pair") as server, make_shop(300, seed=5) as shop, serve(shop) as running:
        duck = replace(settings_for(tmp_path, running.url), destinations=all_of_them, salt="grey")
        other = replace(settings_for(tmp_path / "other", running.url), server=server, salt="grey")
        postgres = replace(other, destinations=all_of_them)
        for settings in (duck, postgres):
            assert flow.sync(settings, settings.chosen(), Wanted(), Listener()).exit_code == 0
            wish = Wish(as_of="2026-06-30", unit_tests=settings is postgres)
            assert flow.build(settings, wish, Listener()).exit_code == 0
        assert len(tables(duck)) == 9
        for name in tables(duck):
            assert contents(duck, name) == contents(postgres, name), name


def tables(settings: Settings) -> list[str]:
    with warehouse_of(settings).connect(read_only=True) as connection:
        found = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'outbound' order by 1"
        ).fetchall()
    return [name for (name,) in found]


def contents(settings: Settings, name: str) -> list[tuple[Any, ...]]:
    with warehouse_of(settings).connect(read_only=True) as connection:
        return sorted(map(tuple, connection.execute(f"select * from outbound.{name}").fetchall()), key=repr)
