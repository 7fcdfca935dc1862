"""A day of an operator: hourly runs over a living store in which everything happens that can."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pipelines.cli import app
from pipelines.demo.faults import Faults
from pipelines.demo.opening import make_shop
from pipelines.demo.server import ShopServer, serve
from pipelines.settings import read_settings
from tests.test_forget import EMAIL, WORDS, enter, seen
from tests.test_kill import BY_CURSOR, CHILDREN, IN_WHOLE, Scene, kassavirta

HOUR = 3600
PASSING = ("server-errors", "disconnects", "broken-json", "truncated", "html", "rate-limit")

KILLED_AT = 5
OUTAGE = (8, 9, 10)
WAVE, BACK = 13, 14
FORGOTTEN_AT = 18


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[tuple[Scene, ShopServer]]:
    with make_shop(120, seed=3, end=int(time.time()) - 25 * HOUR) as shop, serve(shop) as server:
        (tmp_path / ".dlt").mkdir()
        shop.clock = lambda: time.time() - 24 * HOUR
        staged = Scene(tmp_path, shop, random.Random(7), server.url)
        staged.point_at(attempts=4)
        yield staged, server


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.mark.deep
def test_a_day_in_which_everything_happens(scene: tuple[Scene, ShopServer]) -> None:
    staged, server = scene
    shop, codes, taken, theirs = staged.shop, {}, {}, enter(staged.shop)
    shop.update("orders", shop.ids("orders")[2], {"discount": None})  # `enter` left it to be set aside
    for hour in range(24):
        shop.clock = lambda hour=hour: time.time() - (24 - hour) * HOUR
        staged.write()
        server.faults = Faults(staged.rng.sample(PASSING, 2) if hour < 23 else ())
        server.before_answer = cut_off if hour in OUTAGE else None
        if hour == KILLED_AT:
            staged.kill_in("load", *kassavirta("run"))
            continue
        if hour == WAVE:
            taken = take(staged, "stock_items", 0.6)
        if hour == BACK:
            for number, record in taken.items():
                shop.insert("stock_items", record | {"id": number})
        if hour == FORGOTTEN_AT:
            assert run("forget", EMAIL).exit_code == 0
        codes[hour] = run("run").exit_code
    assert {hour for hour, code in codes.items() if code} == {*OUTAGE, WAVE}
    assert_the_store_is_there(staged, set(theirs))
    assert_it_is_told(staged)
    assert seen(read_settings(staged.home), WORDS) == set()


def cut_off(path: str, params: dict[str, str]) -> None:
    raise ConnectionAbortedError


def take(staged: Scene, name: str, share: float) -> dict[int, dict[str, Any]]:
    """Deletes a share of a list; what was deleted."""
    ids = staged.shop.ids(name)
    gone = {number: staged.shop.get(name, number) for number in ids[: int(share * len(ids))]}
    for number in gone:
        staged.shop.delete(name, number)
    return gone


def assert_the_store_is_there(staged: Scene, theirs: set[int]) -> None:
    """Every row once, every value and child, but what was personal of one person."""
    shop, query = staged.shop, staged.query
    for name in (*BY_CURSOR, *IN_WHOLE, "stock_items"):
        there = (
            f"select id from raw_mycashflow.{name} where cast(id as text) not in"
            f" (select id from ops.deleted_records where resource = '{name}') order by id"
        )
        assert [row[0] for row in query(there)] == shop.ids(name), name
    orders = {number: shop.get("orders", number) for number in shop.ids("orders")}
    theirs |= {number for number, row in orders.items() if EMAIL in json.dumps(row).lower()}
    told = query("select id, status, total::double, details from raw_mycashflow.orders order by id")
    assert [row[:3] for row in told] == [
        (number, row["status"], row["total"]) for number, row in orders.items()
    ]
    assert all(row[3] == (None if row[0] in theirs else orders[row[0]]["details"]) for row in told)
    for child in CHILDREN:
        counted = query(f"select order_id, count(*) from raw_mycashflow.orders__{child} group by 1")
        assert dict(counted) == {number: len(row[child]) for number, row in orders.items() if row[child]}
    assert query("select count(*) from marts.fct_orders") == [(len(orders),)]


def assert_it_is_told(staged: Scene) -> None:
    """The log has a line for whatever happened, and the page says that all is well."""
    logs = [json.loads(line) for line in run("logs", "--json", "--limit", "100").output.splitlines()]
    said = [(entry["status"], entry["message"] or "") for entry in logs if entry["command"] == "run"]
    assert len(said) == 24
    failed = [message for status, message in said if status == "failed"]
    assert len(failed) == 1 + len(OUTAGE)
    assert "killed, or cut off by the machine" in failed[0]
    assert all("got no whole answer" in message for message in failed[1:])
    (refused,) = [message for status, message in said if status == "partial"]
    assert "stock_items has lost" in refused
    assert [entry["status"] for entry in logs if entry["command"] == "forget"] == ["done"]
    (store,) = json.loads(run("status", "--json").output)["stores"]
    assert (store["state"], store["last_result"]) == ("Enabled", "done")
    page = (staged.data / "report.html").read_text()
    assert "Everything arrived in full" in page
    for happened in ("killed, or cut off by the machine", "got no whole answer", "stock_items has lost"):
        assert happened in page
