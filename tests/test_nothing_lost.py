"""Once a store is quiet, one sync makes the warehouse equal it, and one sweep finds what is gone.

Whatever it went through before. The warehouse is compared with the shop's own records by a flattening of the
test's own. Not claimed: edits that leave `updated_at` alone in orders that no re-read sees (not open, older
than thirty days), or before the re-reads of the next day.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
import requests

from pipelines.demo.server import KEY, USER
from pipelines.demo.shop import Shop
from pipelines.demo.tables import CHILDREN
from tests.histories import DAY, HOUR, Player, history_of, played

Row = dict[str, Any]

HISTORIES, CHUNKS = 25, 5
DEEP_HISTORIES, DEEP_CHUNKS = 300, 10
OURS = ("store", "position", "parent_position", "component", "_empty")


def test_once_the_store_is_quiet_one_sync_makes_the_warehouse_equal_it() -> None:
    play(0, rounds=2)


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_so_it_is_in_every_history(chunk: int) -> None:
    for seed in range(1 + chunk, HISTORIES, CHUNKS):
        play(seed, rounds=2)


@pytest.mark.slow
def test_the_plain_forward_walk_loses_rows_in_the_same_histories() -> None:
    lost = [lost_forward(seed, rounds=2) for seed in range(HISTORIES)]
    assert sum(lost) >= 10


@pytest.mark.deep
@pytest.mark.parametrize("chunk", range(DEEP_CHUNKS))
def test_nothing_is_lost_in_any_history_and_the_plain_forward_walk_loses_rows(chunk: int) -> None:
    first = int(time.time()) * 1_000
    seeds = range(first + chunk, first + DEEP_HISTORIES, DEEP_CHUNKS)
    lost = 0
    for seed in seeds:
        play(seed, rounds=3)
        lost += lost_forward(seed, rounds=3)
    print(f"{seeds}: the forward walk lost {lost} orders")
    assert lost > 0


def test_the_comparison_sees_what_is_not_equal() -> None:
    history = replace(history_of(0), lists=("orders", "customers"), rounds=(), ends_next_day=True)
    with TemporaryDirectory() as home, played(history, Path(home)) as player:
        player.play(player.sync)
        player.sync()
        assert list(compare(player)) == []
        shop, (first, second, third, *_) = player.shop, player.shop.ids("orders")
        shop.update("orders", first, {"total": 1.01}, bump=False)
        shop.update("orders", second, {"events": []}, bump=False)
        shop.delete("customers", shop.ids("customers")[0])
        shop.insert("orders", {**shop.get("orders", third), "id": 1})
        found = [difference.split(" is ")[0] for difference in compare(player)]
        assert found[:2] == ["orders 1", f"orders {first}: total"]
        assert f"orders__events of {second}: " in "".join(compare(player))
        assert len(list(compare_ids(player))) == 2


@pytest.mark.slow
def test_a_row_that_enters_a_window_as_another_leaves_costs_none() -> None:
    with reading_many_changes() as (player, ids):

        def enter_and_leave() -> None:
            player.shop.update("orders", ids[2], {"details": "late"}, at=player.clock() - 200)
            player.shop.delete("orders", ids[49])

        player.server.before_answer = once("updated_at-to", "5", enter_and_leave)
        assert player.sync().exit_code == 0
        player.offset += 2 * HOUR
        assert player.sync().exit_code == 0
        expect_none("quiet", compare(player))


@pytest.mark.slow
def test_a_second_look_that_was_not_whole_is_taken_again() -> None:
    with reading_many_changes() as (player, ids):
        player.shop.update("orders", ids[55], {"details": "newest"})
        player.sync()
        for number in ids[10:30]:
            player.shop.update("orders", number, {"shipments": [shipped(player.clock())]}, bump=False)
        player.offset += 2 * HOUR

        def enter() -> None:
            late = shipped(player.clock() - HOUR)
            player.shop.update("orders", ids[0], {"shipments": [late]}, bump=False)

        player.server.before_answer = once("shipments_completed_at-to", "2", enter)
        assert "cannot be proven complete" in player.sync().remarks[0]
        player.server.before_answer = None
        assert player.sync().exit_code == 0
        expect_none("quiet", compare(player))


@contextmanager
def reading_many_changes() -> Iterator[tuple[Player, list[int]]]:
    """A player whose orders were read two hours ago, and half of them changed since; pages hold five."""
    simple = replace(history_of(0), lists=("orders",), page_size=5, concurrency=1, attempts=1, cap=None)
    with TemporaryDirectory() as home, played(replace(simple, ahead=0, pace=0.0), Path(home)) as player:
        player.sync()
        player.offset += 2 * HOUR
        ids = player.shop.ids("orders")
        for number in ids[10:50]:
            player.shop.update("orders", number, {"details": "changed"})
        player.offset += 2 * HOUR
        yield player, ids


def once(window: str, page: str, do: Callable[[], None]) -> Callable[[str, dict[str, str]], None]:
    """What a server calls before its answers: does something before one page of a window."""
    done: list[str] = []

    def before_answer(path: str, params: dict[str, str]) -> None:
        if window in params and params["page"] == page and not done:
            done.append(path)
            do()

    return before_answer


def shipped(moment: float) -> Row:
    """A shipment that was completed then."""
    stamp = datetime.fromtimestamp(int(moment), UTC).isoformat()
    return {"id": 1, "tracking_code": "JJFI", "completed_at": stamp, "documents": []}


def lost_forward(seed: int, rounds: int) -> int:
    """How many orders the control loses in a history, without its troubles."""
    with TemporaryDirectory() as home, played(history_of(seed, rounds), Path(home)) as player:
        control = Forward(player.server.url, player.history.page_size)

        def read() -> None:
            control.read()
            control.look(player.shop)

        player.play(read, troubles=False)
        return len(control.lost)


def moment_of(order: Row) -> float:
    """When it changed last, in Unix seconds."""
    return datetime.fromisoformat(order["updated_at"]).timestamp()


@dataclass
class Forward:
    """The control: the same windows with the same lag, read in the usual way, pages 1 to the last."""

    url: str
    page_size: int
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    lost: set[tuple[int, float]] = field(default_factory=set)
    cursor: int = 0
    lag: int = 600

    def read(self) -> None:
        """Reads what is new of the orders."""
        until = int(parsedate_to_datetime(self._get({"page_size": 1}).headers["Date"]).timestamp())
        window = {"updated_at-from": self.cursor and self.cursor - self.lag, "updated_at-to": until}
        page = 1
        while rows := self._get({**window, "page": page, "page_size": self.page_size}).json()["data"]:
            self.rows |= {row["id"]: row for row in rows}
            page += 1
        self.cursor = until

    def look(self, shop: Shop) -> None:
        """Notes the orders that it has not as they are, and that no later window of it holds."""
        stamps = {row: moment_of(order) for row, order in self.rows.items()}
        for row in shop.ids("orders"):
            moment = moment_of(shop.get("orders", row))
            if moment < self.cursor - self.lag and stamps.get(row) != moment:
                self.lost.add((row, moment))

    def _get(self, params: dict[str, int]) -> requests.Response:
        url, headers = f"{self.url}/api/v1/orders", {"Accept": "application/json"}
        answer = requests.get(url, params, auth=(USER, KEY), headers=headers, timeout=10)
        answer.raise_for_status()
        return answer


def play(seed: int, rounds: int) -> None:
    """Plays a history, reads the quiet store once, sweeps once, and compares."""
    history = history_of(seed, rounds)
    with TemporaryDirectory() as home, played(history, Path(home)) as player:
        player.play(player.sync)
        record = player.sync()
        said = f"history_of({seed}, {rounds}), {player.outcomes}"
        assert (record.exit_code, record.remarks, record.refused) == (0, [], []), f"{said}: {record.problems}"
        expect_none(said, compare(player))
        assert player.sweep().exit_code == 0, said
        expect_none(said, compare_ids(player))


def expect_none(said: str, differences: Iterator[str]) -> None:
    """Fails when there are any, and names the first ones."""
    found = list(differences)
    assert not found, "\n".join([f"{said}: {len(found)} differences", *found[:20]])


def compare(player: Player) -> Iterator[str]:
    """Where the warehouse is not what the shop is, in sentences."""
    blind = excused(player)
    with duckdb.connect(str(player.settings.warehouse), read_only=True) as connection:
        for name in player.history.lists:
            left_out = blind if name == "orders" else set()
            records = records_of(player.shop, name, left_out)
            yield from _compare_rows(connection, name, records)
            for table, path in CHILDREN[name].items():
                yield from _compare_children(connection, name, table, path, records)
        left = connection.execute("select count(*) from ops.quarantine").fetchone()
        if left != (0,):
            yield f"ops.quarantine still holds {left}"


def excused(player: Player) -> set[int]:
    """Orders whose last change left `updated_at` alone, and that no re-read has seen since."""
    hidden, is_due = player.editor.hidden, player.history.ends_next_day
    return {
        row
        for row in hidden
        if not (is_due and is_read_daily(player.shop.get("orders", row), player.clock()))
    }


def is_read_daily(order: Row, now: float) -> bool:
    """Whether the re-reads of a day see an order (a day less than promised, for the clocks)."""
    age = now - datetime.fromisoformat(order["created_at"]).timestamp()
    return bool(order["status"] == "OPEN") or age < 29 * DAY


def records_of(shop: Shop, name: str, left_out: set[int]) -> dict[int, Row]:
    """The shop's records by id."""
    return {row: shop.get(name, row) for row in shop.ids(name) if row not in left_out}


def _compare_rows(connection: duckdb.DuckDBPyConnection, name: str, records: dict[int, Row]) -> Iterator[str]:
    rows = fetch(connection, f"from raw_mycashflow.{name}")
    if name == "gift_cards":
        yield from _compare_cards(connection, rows, records)
        return
    found = {row["id"]: row for row in rows}
    if len(found) < len(rows):
        yield f"{name}: {len(rows) - len(found)} rows are there twice"
    for key, record in records.items():
        if key in found:
            yield from _compare_values(f"{name} {key}", found[key], record)
        else:
            yield f"{name} {key} is missing"


def _compare_cards(
    connection: duckdb.DuckDBPyConnection, rows: Sequence[Row], records: dict[int, Row]
) -> Iterator[str]:
    gone = {
        row["id"]
        for row in fetch(connection, "select id from ops.deleted_records where resource = 'gift_cards'")
    }
    found = sorted(
        (str(row["notes"]), Decimal(row["balance"] or 0)) for row in rows if row["code"] not in gone
    )
    wanted = sorted((str(card["notes"]), Decimal(str(card["balance"] or 0))) for card in records.values())
    if found != wanted:
        yield f"gift_cards: {len(found)} cards, expected {len(wanted)}, or other values"


def _compare_children(
    connection: duckdb.DuckDBPyConnection, name: str, table: str, path: str, records: dict[int, Row]
) -> Iterator[str]:
    parent = next(column for column in columns_of(connection, table) if column.endswith("_id"))
    found: dict[Any, list[Row]] = {}
    for row in fetch(connection, f"from raw_mycashflow.{table}"):
        found.setdefault(row.pop(parent), []).append(row)
    for key, record in records.items():
        rows = sorted(found.get(key, []), key=place_of)
        wanted = list(children_of(record, path.split("__")))
        if [place_of(row) for row in rows] != sorted(place for place, _ in wanted):
            yield f"{table} of {key}: {len(rows)} rows, expected {len(wanted)}"
            continue
        for row, (_, child) in zip(rows, sorted(wanted, key=lambda pair: pair[0]), strict=True):
            yield from _compare_values(f"{table} of {key}", row, child, parent)


def place_of(row: Row) -> tuple[str, int, int]:
    """Where a child row is inside its parent."""
    return row.get("component") or "", row.get("parent_position") or 0, row["position"]


def children_of(record: Row, path: Sequence[str]) -> Iterator[tuple[tuple[str, int, int], Row]]:
    """The rows of a nested list with their places, followed through objects of lists and lists of objects."""
    name, *rest = path
    nested = record.get(name) or []
    if rest:
        for number, outer in enumerate(nested):
            for place, inner in enumerate(outer.get(rest[0]) or []):
                yield ("", number, place), inner
    elif isinstance(nested, dict):
        for component, items in nested.items():
            yield from (((component, 0, place), item) for place, item in enumerate(items))
    else:
        yield from ((("", 0, place), item) for place, item in enumerate(nested))


def _compare_values(where: str, found: Row, wanted: Row, parent: str = "") -> Iterator[str]:
    """Column by column what the warehouse has, and field by field what it has no column for."""
    for column, value in found.items():
        if column not in OURS and not column.startswith("_dlt"):
            expected = value_at(wanted, column.split("__"))
            if not agrees(value, expected):
                yield f"{where}: {column} is {value!r}, expected {expected!r}"
    for column, expected in leaves(wanted):
        if column not in found and column != parent:
            yield f"{where}: {column} has no column, expected {expected!r}"


def value_at(record: Any, path: Sequence[str]) -> Any:
    """The value of a flattened column; None when an object on the way is missing."""
    for name in path:
        record = record.get(name) if isinstance(record, dict) else None
    return record


def leaves(record: Row, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Plain values that are not null, by the column they should be in."""
    for name, value in record.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{name}__") if name not in FREE_FORM else ()
        elif value is not None and not isinstance(value, list):
            yield f"{prefix}{name}", value


FREE_FORM = (
    "time",
    "customers",
    "products",
    "free_shipping",
    "discount_row",
    "data",
    "features",
    "warranty",
    "external_id",
)


def agrees(found: Any, wanted: Any) -> bool:
    """Whether a value of the warehouse is exactly what the shop has."""
    if found is None:
        return wanted in (None, "", []) or wanted == {}
    if isinstance(found, bool):
        return bool(found == wanted)
    if isinstance(found, datetime):
        return bool(wanted) and found == datetime.fromisoformat(wanted)
    if isinstance(found, int | Decimal):
        return wanted is not None and Decimal(str(wanted)).quantize(Decimal("0.000001")) == found
    if isinstance(found, str) and not isinstance(wanted, str):
        return bool(json.loads(found) == wanted)
    return (
        str(found) == str(wanted)[: len(str(found))] if not isinstance(found, str) else bool(found == wanted)
    )


def compare_ids(player: Player) -> Iterator[str]:
    """Where what raw holds, less what is known to be deleted, is not what the shop has."""
    with duckdb.connect(str(player.settings.warehouse), read_only=True) as connection:
        for name in player.history.lists:
            if name != "gift_cards":
                sql = (
                    f"select id from raw_mycashflow.{name} where cast(id as text) not in"
                    f" (select id from ops.deleted_records where resource = '{name}') order by id"
                )
                found = [row["id"] for row in fetch(connection, sql)]
                if found != player.shop.ids(name):
                    odd = set(found) ^ set(player.shop.ids(name))
                    yield f"{name}: living ids differ in {sorted(odd)}"


def columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The columns of a raw table."""
    return [row[0] for row in connection.execute(f"describe raw_mycashflow.{table}").fetchall()]


def fetch(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    """All rows of a query."""
    return list(connection.sql(sql).to_arrow_table().to_pylist())
