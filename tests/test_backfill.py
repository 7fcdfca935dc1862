"""A stretch of time read by hand: the cursor stays, and windows that were committed are not read again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pendulum
import pytest
from typer.testing import CliRunner, Result

from pipelines import flow
from pipelines.cli import app
from pipelines.demo.helsinki import moment_of
from pipelines.demo.mycashflow import Answer, error
from pipelines.demo.server import KEY, USER, ShopServer
from pipelines.demo.shop import Shop
from pipelines.job import Wanted
from pipelines.settings import Settings
from tests.stage import Listener, settings_for

Query = Callable[[str], list[tuple[Any, ...]]]

HELSINKI = "Europe/Helsinki"
ORDERS = ("orders",)
DAYS = 31


@pytest.fixture
def settings(tmp_path: Path, server: ShopServer) -> Settings:
    return settings_for(tmp_path, server.url, attempts=1)


@pytest.fixture
def days() -> tuple[str, str]:
    """A stretch of 80 days that is over: three windows."""
    end = pendulum.today(HELSINKI).subtract(days=10)
    return end.subtract(days=80).to_date_string(), end.to_date_string()


def backfill(settings: Settings, days: tuple[str, str | None]) -> flow.Record:
    wanted = Wanted(ORDERS, since=days[0], until=days[1])
    return flow.sync(settings, settings.chosen(), wanted, Listener())


def sync(settings: Settings, **options: Any) -> flow.Record:
    return flow.sync(settings, settings.chosen(), Wanted(ORDERS, **options), Listener())


def midnight(day: str) -> int:
    """The Unix second in which a day begins where the store is."""
    return int(pendulum.parse(day, tz=HELSINKI).timestamp())  # type: ignore[union-attr]


def inside(shop: Shop, days: tuple[str, str]) -> list[int]:
    """The orders that were changed last in the stretch."""
    stamps = {number: shop.get("orders", number)["updated_at"] for number in shop.ids("orders")}
    first, last = map(midnight, days)
    return [number for number, stamp in stamps.items() if first <= moment_of(stamp) <= last]


def windows_asked(server: ShopServer) -> list[tuple[int, int]]:
    """The windows of the requests so far, each once, in order; and a clean slate."""
    asked = [
        (int(params["updated_at-from"]), int(params["updated_at-to"]))
        for _, path, params, _ in server.requests
        if path.endswith("/orders") and "updated_at-from" in params
    ]
    server.requests.clear()
    return list(dict.fromkeys(asked))


def cut(days: tuple[str, str]) -> list[tuple[int, int]]:
    """The same windows by the calendar: 31 days each, the last one shorter."""
    start, end = (pendulum.parse(day, tz=HELSINKI) for day in days)
    edges = [start.add(days=DAYS * number) for number in range(3)] + [end]  # type: ignore[union-attr]
    seconds = [int(edge.timestamp()) for edge in edges]  # type: ignore[union-attr]
    return list(pairwise(seconds))


@contextmanager
def down_in_window(server: ShopServer, window: tuple[int, int]) -> Iterator[None]:
    """The store answers 500 to whatever is asked about one window."""
    whole = server.api.answer

    def answer(base: str, path: str, params: dict[str, str]) -> Answer:
        is_there = params.get("updated_at-from") == str(window[0])
        return error(500, "Internal Server Error", "Down.") if is_there else whole(base, path, params)

    server.api.answer = answer  # type: ignore[method-assign, assignment]
    yield
    server.api.answer = whole  # type: ignore[method-assign]


def interrupt(settings: Settings, server: ShopServer, days: tuple[str, str]) -> None:
    """A backfill whose third window fails; a clean slate for the next count."""
    with down_in_window(server, cut(days)[2]):
        assert backfill(settings, days).exit_code == 3
    assert windows_asked(server) == cut(days)


def test_a_backfill_is_cut_into_windows_of_31_days_that_begin_in_the_store_s_zone(
    settings: Settings, shop: Shop, server: ShopServer, days: tuple[str, str], query: Query
) -> None:
    record = backfill(settings, days)
    assert record.exit_code == 0
    assert windows_asked(server) == cut(days)
    assert cut(days)[0][0] == midnight(days[0])
    assert query("select distinct reason, status from ops.windows") == [("backfill", "complete")]
    loads = query("select count(distinct _dlt_load_id) from raw_mycashflow.orders")
    assert loads == [(3,)]
    expected = [(number,) for number in inside(shop, days)]
    assert len(expected) > 3
    assert query("select id from raw_mycashflow.orders order by id") == expected


@pytest.mark.slow
def test_a_backfill_brings_old_values_back_and_leaves_the_cursor_alone(
    settings: Settings, shop: Shop, server: ShopServer, days: tuple[str, str], query: Query
) -> None:
    sync(settings)
    sync(settings)
    ((cursor, _),) = [window for window in windows_asked(server) if window[0] > midnight(days[1])][-1:]
    number = next(
        number
        for number in shop.ids("orders")
        if midnight(days[0])
        < pendulum.parse(shop.get("orders", number)["updated_at"]).timestamp()
        < midnight(days[1])  # type: ignore[union-attr]
    )
    shop.update("orders", number, {"details": "unseen by any cursor"}, bump=False)
    assert backfill(settings, days).exit_code == 0
    assert query(f"select details from raw_mycashflow.orders where id = {number}") == [
        ("unseen by any cursor",)
    ]
    windows_asked(server)
    assert sync(settings).exit_code == 0
    assert windows_asked(server)[0][0] == cursor


@pytest.mark.slow
def test_an_interrupted_backfill_keeps_its_windows_and_goes_on_where_it_was(
    settings: Settings, server: ShopServer, days: tuple[str, str], query: Query
) -> None:
    interrupt(settings, server, days)
    ((loaded,),) = query("select count(*) from raw_mycashflow.orders")
    assert loaded > 0
    told = query("select status from ops.windows where reason = 'backfill' order by started_at")
    assert told == [("complete",), ("complete",), ("failed",)]
    sync(settings)
    windows_asked(server)
    assert backfill(settings, days).exit_code == 0
    assert windows_asked(server) == cut(days)[2:]


@pytest.mark.slow
def test_another_backfill_begins_at_its_own_beginning(
    settings: Settings, server: ShopServer, days: tuple[str, str]
) -> None:
    interrupt(settings, server, days)
    other = (days[0], pendulum.parse(days[1]).add(days=1).to_date_string())  # type: ignore[union-attr]
    assert backfill(settings, other).exit_code == 0
    assert windows_asked(server) == cut(other)


@pytest.mark.slow
def test_a_finished_backfill_begins_anew(
    settings: Settings, server: ShopServer, days: tuple[str, str]
) -> None:
    interrupt(settings, server, days)
    assert backfill(settings, days).exit_code == 0
    windows_asked(server)
    assert backfill(settings, days).exit_code == 0
    assert windows_asked(server) == cut(days)


@pytest.mark.slow
def test_a_backfill_without_an_end_goes_up_to_now(
    settings: Settings, server: ShopServer, days: tuple[str, str], shop: Shop, query: Query
) -> None:
    number = shop.insert("orders", {"details": "just now"})
    assert backfill(settings, (days[0], None)).exit_code == 0
    windows = windows_asked(server)
    assert windows[:2] == cut(days)[:2]
    assert [later for later, _ in windows[1:]] == [until for _, until in windows[:-1]]
    assert query(f"select details from raw_mycashflow.orders where id = {number}") == [("just now",)]


@pytest.mark.slow
def test_an_order_that_changes_while_a_backfill_runs_is_the_next_sync_s(
    settings: Settings, shop: Shop, server: ShopServer, days: tuple[str, str], query: Query
) -> None:
    sync(settings)
    moves = iter(shop.ids("orders")[60:64])

    def meddle(path: str, params: dict[str, str]) -> None:
        number = next(moves, None)
        if number:
            shop.update("orders", number, {"details": "moved"})

    server.before_answer = meddle
    backfill(settings, days)
    server.before_answer = None
    assert sync(settings).exit_code == 0
    assert query("select count(*) from raw_mycashflow.orders where details = 'moved'") == [(4,)]
    assert query("select count(*), count(distinct id) from raw_mycashflow.orders") == [(120, 120)]


@pytest.mark.slow
def test_full_reads_everything_and_the_cursor_stays(
    settings: Settings, shop: Shop, server: ShopServer, query: Query
) -> None:
    sync(settings)
    number = shop.ids("orders")[5]
    shop.update("orders", number, {"details": "unseen by any cursor"}, bump=False)
    windows_asked(server)
    sync(settings)
    cursor = windows_asked(server)[0][0]
    record = sync(settings, full=True)
    assert (record.exit_code, record.rows["orders"]) == (0, 120)
    assert query(f"select details from raw_mycashflow.orders where id = {number}") == [
        ("unseen by any cursor",)
    ]
    windows_asked(server)
    sync(settings)
    assert windows_asked(server)[0][0] == cursor


@pytest.mark.slow
def test_a_backfill_forgets_nothing_of_lists_that_it_does_not_read(
    settings: Settings, shop: Shop, server: ShopServer, days: tuple[str, str], query: Query
) -> None:
    server.sick["products"] = {shop.ids("products")[7]}
    everything = Wanted(("orders", "products"))
    assert flow.sync(settings, settings.chosen(), everything, Listener()).exit_code == 4
    flow.sync(settings, settings.chosen(), Wanted(since=days[0], until=days[1]), Listener())
    assert query("select resource from ops.quarantine") == [("products",)]


def command(*words: str) -> Result:
    return CliRunner().invoke(app, ["sync", *words])


def test_a_list_without_time_cannot_be_read_by_time(tmp_path: Path, server: ShopServer) -> None:
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt/config.toml").write_text(
        f'[stores.main]\nbase_url = "{server.url}"\nuser = "{USER}"\nkey = "{KEY}"\n'
    )
    refused = command("--resource", "products", "--resource", "orders", "--from", "2026-01-01")
    assert refused.exit_code == 2
    assert "error: products: read in whole each time" in refused.stderr
    assert "leave out --from and --to" in refused.stderr
    assert server.requests == []
    assert command("--resource", "orders", "--from", "2026-01-01", "--to", "2026-01-02").exit_code == 0
