"""Every list of CS-Cart is loaded as the shop has it, in both dialects, and again only when it changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pytest
import requests

from pipelines import flow
from pipelines.check import check_stores
from pipelines.demo.opening import make_shop
from pipelines.demo.server import KEY, USER, ShopServer, serve
from pipelines.job import Wanted
from pipelines.settings import ResourceSettings, Settings
from pipelines.sources.cscart.resources import EVERY
from tests.sources.lists import tables_made_by
from tests.stage import Listener, settings_for

OF = {endpoint.name: endpoint for endpoint in EVERY}
OWN = tuple(name for name in OF if not OF[name].within)
ASKED = {"orders": {"include_incompleted": "Y"}, "users": {"user_type": "C"}, "statuses": {"type": "O"}}

each_own = pytest.mark.parametrize("name", OWN)


@dataclass
class Loaded:
    """A shop that was loaded twice, with nothing changed in between."""

    settings: Settings
    server: ShopServer
    records: list[flow.Record]

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.settings.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def told(self, name: str) -> list[dict[str, Any]]:
        """All rows of a list, asked for without our client."""
        base = self.settings.stores["demo"].base_url
        asked = {"items_per_page": 0, **ASKED.get(name, {})}
        path = OF[name].path.split("|")[0]
        answer = requests.get(f"{base}/api/2.0/{path}", asked, auth=(USER, KEY), timeout=30).json()
        rows = answer[path] if isinstance(answer, dict) and path in answer else answer
        return list(rows.values()) if isinstance(rows, dict) else rows


@pytest.fixture(scope="module", params=["/cscart", "/cscart-4.10"], ids=["4.18", "4.10"])
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    with make_shop(120, seed=3) as shop, serve(shop) as server:
        sizes = {name: ResourceSettings(page_size=7) for name in OWN}
        sizes["user_usergroups"] = ResourceSettings(enabled=True)
        settings = settings_for(
            tmp_path_factory.mktemp("lists"), server.url + request.param, attempts=1, resources=sizes
        )
        records = [flow.sync(settings, settings.chosen(), Wanted(), Listener()) for _ in range(2)]
        yield Loaded(settings, server, records)


@each_own
def test_every_row_is_loaded_once(loaded: Loaded, name: str) -> None:
    key = OF[name].key
    found = [row[0] for row in loaded.query(f"select {key} from raw_cscart.{name}")]
    rows = loaded.told(name)
    if name == "carts":
        found, key = [int(row.split("-")[0]) for row in found], "user_id"
    assert sorted(map(str, found)) == sorted(str(row[key]) for row in rows)
    assert len(found) > 0


def test_both_loads_are_proven_complete(loaded: Loaded) -> None:
    assert [(record.exit_code, record.remarks) for record in loaded.records] == [(0, []), (0, [])]
    counted = "select distinct status from ops.windows where reason <> 'each row'"
    assert loaded.query(counted) == [("complete",)]
    assert loaded.query("select count(*) from ops.deleted_records") == [(0,)]


@pytest.mark.parametrize("name", [name for name in OWN if not OF[name].cursor])
def test_what_did_not_change_is_not_loaded_again(loaded: Loaded, name: str) -> None:
    again = loaded.records[1].rows
    assert [table for table in tables_made_by(OF[name]) if again.get(table)] == []


@pytest.mark.parametrize("name", OF)
def test_its_tables_are_there(loaded: Loaded, name: str) -> None:
    there = {row[0] for row in loaded.query("select table_name from duckdb_tables()")}
    assert set(tables_made_by(OF[name])) <= there


def test_links_of_users_to_groups_are_loaded_for_every_user(loaded: Loaded) -> None:
    found = loaded.query("select user_id, usergroup_id, status from raw_cscart.user_usergroups order by 1, 2")
    base = loaded.settings.stores["demo"].base_url
    wanted = []
    for user in sorted(int(row["user_id"]) for row in loaded.told("users")):
        answer = requests.get(f"{base}/api/2.0/users/{user}/usergroups", auth=(USER, KEY), timeout=30).json()
        links = answer["usergroups"]
        wanted += [(user, int(link["usergroup_id"]), link["status"]) for link in links]
    assert found == sorted(wanted)
    assert found


def test_money_is_decimal_and_times_have_a_zone(loaded: Loaded) -> None:
    """No column that the shop fills is a float, and none of a moment is a number."""
    kinds = loaded.query(
        "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'raw_cscart'"
        " and table_name not like '\\_dlt%' escape '\\'"
    )
    assert not [kind for kind in kinds if kind[2] in ("DOUBLE", "FLOAT")]
    by_name = {(table, column): kind for table, column, kind in kinds}
    assert by_name["orders", "total"] == "DECIMAL(18,6)"
    moments = [kind for kind in kinds if kind[1] in ("timestamp", "updated_at", "last_login", "date")]
    assert {kind for _, _, kind in moments} == {"TIMESTAMP WITH TIME ZONE"}


@pytest.mark.parametrize("status", [403, 404])
@each_own
def test_a_list_that_is_refused_is_named(loaded: Loaded, name: str, status: int) -> None:
    loaded.server.refused[name] = status
    try:
        (finding,) = check_stores(loaded.settings.chosen())
    finally:
        loaded.server.refused.clear()
    assert finding.problems == []
    assert [line for line in finding.warnings if f"demo: {name} skipped" in line]
    assert not [line for line in finding.lists if line.startswith(f"{name}: ")]
