"""Whatever a CS-Cart shop went through: once it is quiet, one sync makes the warehouse equal what it says.

In both dialects. The warehouse is compared with the shop's own answers, whole lists that are asked for
without our client. Not claimed: of 4.18, changes that leave `updated_at` alone in orders older than thirty
days, or before the next day, and which account a guest's order belongs to; of 4.10, what the list does not
say of an order, and anything before the next day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
import requests

from pipelines.demo.server import KEY, USER
from tests.histories import DAY, IN_CSCART, History, Player, history_of, played

Row = dict[str, Any]

DIALECTS = {"4.18": "/cscart", "4.10": "/cscart-4.10"}
HISTORIES, DEEP_HISTORIES = 8, 60
# The first is one of the fast tests.
IN_EACH = [
    pytest.param(*each, marks=pytest.mark.slow if each != ("4.18", 0) else ())
    for each in product(DIALECTS, range(HISTORIES))
]
KEYS = {"orders": "order_id", "users": "user_id", "subscribers": "subscriber_id"}
ASKED = {
    "orders": {"include_incompleted": "Y", "get_orders_data": "1"},
    "users": {"user_type": "C"},
    "subscribers": {},
}
LINE = ("item_id", "product_id", "product_code", "amount", "price", "discount", "subtotal")


@pytest.mark.parametrize(("dialect", "seed"), IN_EACH)
def test_once_the_store_is_quiet_one_sync_makes_the_warehouse_equal_it(dialect: str, seed: int) -> None:
    play(dialect, seed, rounds=2)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(1_000, 1_000 + DEEP_HISTORIES))
@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_is_lost_in_any_history(dialect: str, seed: int) -> None:
    play(dialect, seed, rounds=3)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_comparison_sees_what_is_not_equal(dialect: str) -> None:
    history = replace(history_of(0), lists=tuple(IN_CSCART), rounds=(), ends_next_day=True)
    with TemporaryDirectory() as home, played(history, Path(home), DIALECTS[dialect]) as player:
        player.play(player.sync)
        assert player.sync().exit_code == 0
        assert list(compare(player)) == []
        shop, (first, second, *_) = player.shop, player.shop.ids("orders")
        shop.update("orders", first, {"total": 1.01}, bump=False)
        shop.update("orders", second, {"products": []}, bump=False)
        shop.delete("customers", shop.ids("customers")[0])
        shop.insert("orders", {**shop.get("orders", second), "id": 90_000})
        shop.update("email_subscribers", shop.ids("email_subscribers")[0], {"email": "other@example.com"})
        found = "\n".join(compare(player))
        assert f"orders {first}: total" in found
        assert "orders 90000 is missing" in found
        assert "users: living ids differ" in found
        assert "email is" in found
        assert (f"lines of {second}" in found) == (dialect == "4.18")


def play(dialect: str, seed: int, rounds: int) -> None:
    """Plays a history, reads the quiet store once, sweeps once, and compares."""
    history = history_in(dialect, seed, rounds)
    with TemporaryDirectory() as home, played(history, Path(home), DIALECTS[dialect]) as player:
        player.play(player.sync)
        record = player.sync()
        said = f"{dialect}, history {seed}, {player.outcomes}"
        assert (record.exit_code, record.remarks, record.refused) == (0, [], []), f"{said}: {record.problems}"
        assert player.sweep().exit_code == 0, said
        found = list(compare(player))
        assert not found, "\n".join([f"{said}: {len(found)} differences", *found[:20]])


def history_in(dialect: str, seed: int, rounds: int) -> History:
    """A history of orders, users and subscribers; 4.10 is compared when its daily look is due."""
    history = history_of(seed, rounds)
    told = [replace(each, quiet=known(each.quiet), storm=known(each.storm)) for each in history.rounds]
    return replace(
        history,
        lists=tuple(IN_CSCART),
        rounds=tuple(told),
        ends_next_day=history.ends_next_day or dialect == "4.10",
    )


def known(writes: tuple[Any, ...]) -> tuple[Any, ...]:
    """Edits of lists that CS-Cart has; those of others are edits of people instead."""
    others = ("customers", "email_subscribers")
    return tuple(
        write and replace(write, resource=others[write.pick % 2], kind="update")
        if write and write.resource not in IN_CSCART
        else write
        for write in writes
    )


def compare(player: Player) -> Iterator[str]:
    """Where the warehouse is not what the shop says, in sentences."""
    with duckdb.connect(str(player.settings.warehouse), read_only=True) as connection:
        for name, key in KEYS.items():
            rows = fetch(connection, f"from raw_cscart.{name}")
            found = {row[key]: row for row in rows}
            told = {int(row[key]): row for row in ask(player, name)}
            gone = {int(row["id"]) for row in fetch(connection, f"select id from {GONE} = '{name}'")}
            if len(found) < len(rows):
                yield f"{name}: {len(rows) - len(found)} rows are there twice"
            yield from (f"{name} {number} is missing" for number in sorted(told.keys() - found.keys()))
            if odd := found.keys() - gone - told.keys() or gone & told.keys():
                yield f"{name}: living ids differ in {sorted(odd)}"
            for number in told.keys() & found.keys() - excused(player, name, told):
                yield from _compare_values(f"{name} {number}", found[number], told[number], unclaimed(player))
        if "4.10" not in base_of(player):
            yield from _compare_lines(connection, player)
        left = connection.execute("select count(*) from ops.quarantine").fetchone()
        if left != (0,):
            yield f"ops.quarantine still holds {left}"


GONE = "ops.deleted_records where resource"


def _compare_lines(connection: duckdb.DuckDBPyConnection, player: Player) -> Iterator[str]:
    found: dict[int, list[Row]] = {}
    for row in fetch(connection, "from raw_cscart.orders__products order by order_id, position"):
        found.setdefault(row["order_id"], []).append(row)
    told = {int(row["order_id"]): row for row in ask(player, "orders")}
    for number in told.keys() - excused(player, "orders", told):
        lines, wanted = found.get(number, []), list(dict(told[number]["products"] or {}).values())
        if len(lines) != len(wanted):
            yield f"lines of {number}: {len(lines)}, expected {len(wanted)}"
            continue
        for line, each in zip(lines, wanted, strict=True):
            chosen = {name: each[name] for name in LINE if name in each}
            yield from _compare_values(f"lines of {number}", line, chosen, ())


def excused(player: Player, name: str, told: dict[int, Row]) -> set[int]:
    """Orders whose last change nothing shows."""
    if name != "orders" or "4.10" in base_of(player):
        return set()
    is_due, now = player.history.ends_next_day, player.clock()
    hidden = player.editor.hidden | player.editor.shipped
    seen = {number for number in hidden & told.keys() if now - int(told[number]["timestamp"]) < 29 * DAY}
    return hidden - seen if is_due else hidden


def unclaimed(player: Player) -> tuple[str, ...]:
    """Columns that may be older than the rest of a row."""
    return () if "4.10" in base_of(player) else ("user_id", "profile_id")


def ask(player: Player, name: str) -> list[Row]:
    """All rows of a list as the shop has them now; in 4.10 those of orders are summaries."""
    answer = requests.get(
        f"{base_of(player)}/api/2.0/{name}",
        {"items_per_page": 0, **ASKED[name]},
        auth=(USER, KEY),
        headers={"Accept": "application/json"},
        timeout=30,
    )
    rows: list[Row] = answer.json()[name]
    return rows


def base_of(player: Player) -> str:
    return player.settings.stores["demo"].base_url


def _compare_values(where: str, found: Row, wanted: Row, left_out: tuple[str, ...]) -> Iterator[str]:
    for name, value in wanted.items():
        if name in found and name not in left_out and not agrees(found[name], value):
            yield f"{where}: {name} is {found[name]!r}, expected {value!r}"


def agrees(found: Any, wanted: Any) -> bool:
    """Whether a value of the warehouse is what PHP says in its own way."""
    if isinstance(wanted, dict | list):
        return True
    if found is None:
        return wanted in (None, "", "0", 0, False)
    if isinstance(found, datetime):
        return int(found.timestamp()) == int(wanted)
    if isinstance(found, bool):
        return found == (wanted in (True, "Y"))
    if isinstance(found, int | Decimal):
        return abs(Decimal(str(wanted)) - found) < Decimal("0.000001")
    return str(found) == str(wanted)


def fetch(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    """All rows of a query."""
    return list(connection.sql(sql).to_arrow_table().to_pylist())
