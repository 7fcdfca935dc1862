"""Orders of CS-Cart that come late: back again with a new stamp, or imported with one of long ago."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import flow
from pipelines.demo.cscart import error
from pipelines.demo.mycashflow import Answer
from pipelines.demo.server import ShopServer
from pipelines.demo.shop import Shop
from pipelines.job import Wanted
from pipelines.settings import Settings
from tests.histories import DAY
from tests.stage import Listener, first_fast, settings_for

DIALECTS = {"4.18": "/cscart", "4.13": "/cscart-4.13", "4.10": "/cscart-4.10"}


def sync(settings: Settings, **options: Any) -> int:
    """The exit code."""
    return flow.sync(settings, settings.chosen(), Wanted(("orders",), **options), Listener()).exit_code


def loaded(settings: Settings) -> set[int]:
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        return {number for (number,) in connection.sql("select order_id from raw_cscart.orders").fetchall()}


@pytest.mark.parametrize("dialect", first_fast(DIALECTS))
def test_an_order_that_is_back_after_a_failed_run_comes_and_its_neighbours_stayed(
    shop: Shop, server: ShopServer, tmp_path: Path, dialect: str
) -> None:
    """The checkouts before it were there all the time, so they came with the first run."""
    settings = settings_for(tmp_path, server.url + DIALECTS[dialect], attempts=1)
    ids = shop.ids("orders")
    number = next(here for before, here in pairwise(ids) if here - before > 2)
    order = {name: value for name, value in shop.get("orders", number).items() if name != "updated_at"}
    shop.delete("orders", number)
    assert sync(settings) == 0
    assert number not in loaded(settings)
    assert number - 2 in loaded(settings)
    server.refused["orders"] = 403
    assert sync(settings) == 3
    server.refused.clear()
    shop.insert("orders", order)
    shop.clock = lambda: time.time() + DAY
    assert sync(settings) == 0
    assert {number, number - 2} <= loaded(settings)


@pytest.mark.parametrize(
    ("dialect", "is_seen"), first_fast([("4.10", True), ("4.13", False), ("4.18", False)])
)
def test_an_order_imported_with_a_date_of_long_ago_comes_in_full_or_when_it_changes(
    shop: Shop, server: ShopServer, tmp_path: Path, dialect: str, is_seen: bool
) -> None:
    """Its `updated_at` is its date (reference 3.5), so no window has it: `blind_to` says so."""
    settings = settings_for(tmp_path, server.url + DIALECTS[dialect])
    assert sync(settings) == 0
    last_year = datetime.fromtimestamp(time.time() - 400 * DAY, UTC)
    like = {**shop.get("orders", shop.ids("orders")[-1]), "created_at": last_year}
    del like["id"], like["updated_at"]
    imported, touched = (shop.insert("orders", like, at=last_year) for _ in range(2))
    shop.update("orders", touched, {"details": "seen"})
    shop.clock = lambda: time.time() + DAY
    assert sync(settings) == 0
    assert touched in loaded(settings)
    assert (imported in loaded(settings)) == is_seen
    assert sync(settings, full=True) == 0
    assert imported in loaded(settings)


@pytest.mark.parametrize("place", first_fast([0, -1]), ids=["old", "new"])
def test_an_order_that_is_gone_only_while_it_is_asked_for_comes_with_the_next_look(
    shop: Shop, server: ShopServer, tmp_path: Path, place: int
) -> None:
    """Its line of the list is what it was, so nothing but our own memory says that it never came."""
    settings = settings_for(tmp_path, f"{server.url}/cscart-4.10")
    number = shop.ids("orders")[place]
    whole = server.cart.answer

    def without_it(method: str, path: str, query: str, headers: Any) -> Answer:
        return error(404) if path.endswith(f"/orders/{number}") else whole(method, path, query, headers)

    server.cart.answer = without_it  # type: ignore[method-assign]
    assert sync(settings) == 0
    assert number not in loaded(settings)
    server.cart.answer = whole  # type: ignore[method-assign]
    shop.clock = lambda: time.time() + 1.5 * DAY
    assert sync(settings) == 0
    assert loaded(settings) >= set(shop.ids("orders"))
    server.requests.clear()
    shop.clock = lambda: time.time() + 3 * DAY
    assert sync(settings) == 0
    assert not [path for _, path, _, _ in server.requests if "/orders/" in path]
