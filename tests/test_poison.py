"""Rows and answers that cannot be taken: everything else loads, they are named, and they load when they can.

A place that the store cannot answer is in `ops.quarantine`, a row without an exact meaning in
`ops.rejected_rows`; either way the run ends with 4. A store that is down is an outage: 3, and nothing kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines import flow
from pipelines.demo.mycashflow import Answer, error
from pipelines.demo.server import ShopServer, serve
from pipelines.demo.shop import Shop
from pipelines.job import Wanted
from pipelines.settings import ResourceSettings, Settings
from tests.stage import Listener, first_fast, settings_for

Query = Callable[[str], list[tuple[Any, ...]]]
Change = Callable[[Answer, dict[str, str]], Answer]

# Where sick rows are in a list of 120 that is read in pages of 50.
PLACES = {"in pairs": (49, 50, 60, 61), "at the end": (118, 119), "at the front": (0, 1)}


@pytest.fixture
def settings(tmp_path: Path, server: ShopServer) -> Settings:
    """A store that is asked once only, 50 orders at a time: no test waits for patience."""
    return settings_for(
        tmp_path, server.url, attempts=1, resources={"orders": ResourceSettings(page_size=50)}
    )


def sync(settings: Settings, *resources: str) -> flow.Record:
    return flow.sync(settings, settings.chosen(), Wanted(resources or ("orders",)), Listener())


def ids(query: Query, table: str = "orders") -> list[int]:
    return [row[0] for row in query(f"select id from raw_mycashflow.{table} order by id")]


def set_aside(query: Query) -> list[tuple[str, str]]:
    """What the `ops` tables name: the table and the list, once for each row."""
    return query(
        "select 'quarantine', resource from ops.quarantine"
        " union all select 'rejected_rows', resource from ops.rejected_rows"
    )


def assert_all_but(query: Query, shop: Shop, *missing: int) -> None:
    assert ids(query) == [number for number in shop.ids("orders") if number not in missing]


def assert_well_again(settings: Settings, query: Query, shop: Shop, *resources: str) -> None:
    """One more sync brings what was missing, and names nothing any more."""
    record = sync(settings, *resources)
    assert (record.exit_code, record.remarks) == (0, [])
    assert set_aside(query) == []
    for name in resources or ("orders",):
        assert ids(query, name) == shop.ids(name)


@contextmanager
def changed(server: ShopServer, resource: str, change: Change) -> Iterator[None]:
    """The answers about one list, changed before they are sent."""
    whole = server.api.answer

    def answer(base: str, path: str, params: dict[str, str]) -> Answer:
        true = whole(base, path, params)
        return change(true, params) if true.resource == resource else true

    server.api.answer = answer  # type: ignore[method-assign, assignment]
    yield
    server.api.answer = whole  # type: ignore[method-assign]


def with_rows(text_of: Callable[[dict[str, Any]], str | None]) -> Change:
    """Every row has another JSON text in its place, unless there is none for it."""

    def change(true: Answer, params: dict[str, str]) -> Answer:
        page = json.loads(true.body)
        rows = [text_of(row) or json.dumps(row) for row in page["data"]]
        text = f'{{"data":[{",".join(rows)}],"meta":{json.dumps(page["meta"])}}}'
        return replace(true, body=text.encode(errors="surrogateescape"))

    return change


def with_values(changes: Mapping[int, Mapping[str, Any]]) -> Change:
    """Some rows have other values."""
    return with_rows(lambda row: json.dumps(row | dict(changes.get(row["id"], {}))))


@pytest.mark.parametrize(
    "name",
    first_fast(sorted(PLACES, key=lambda name: name != "in pairs")),
)
def test_all_but_the_sick_orders_load_and_they_do_when_they_are_well(
    settings: Settings, server: ShopServer, shop: Shop, query: Query, name: str
) -> None:
    sick = [shop.ids("orders")[place] for place in PLACES[name]]
    server.sick["orders"] = set(sick)
    record = sync(settings)
    assert record.exit_code == 4
    assert f"orders: {len(sick)} rows cannot be read and are in ops.quarantine" in record.remarks[0]
    assert_all_but(query, shop, *sick)
    assert_named_by_neighbours(query, sick)
    server.sick.clear()
    assert_well_again(settings, query, shop)


def assert_named_by_neighbours(query: Query, sick: list[int]) -> None:
    """Each place that could not be read is named by the ids around it."""
    found = query(
        "select coalesce(id_before, 0), coalesce(id_after, 999999), status from ops.quarantine order by 1"
    )
    assert len(found) == len(sick)
    assert all(before < number < after for number, (before, after, _) in zip(sick, found, strict=True))
    assert {status for _, _, status in found} == {500}


def test_a_sick_order_is_tried_again_by_each_run_and_does_not_stop_the_cursor(
    settings: Settings, server: ShopServer, shop: Shop, query: Query
) -> None:
    sick = shop.ids("orders")[60]
    server.sick["orders"] = {sick}
    sync(settings)
    created = shop.insert("orders", {"total": 5.0})
    assert sync(settings).exit_code == 4
    assert_all_but(query, shop, sick)
    assert created in ids(query)
    assert len(set_aside(query)) == 1


@pytest.mark.slow
def test_a_sick_order_that_changes_is_loaded_as_it_then_is(
    settings: Settings, server: ShopServer, shop: Shop, query: Query
) -> None:
    sick = shop.ids("orders")[60]
    server.sick["orders"] = {sick}
    sync(settings)
    shop.update("orders", sick, {"details": "changed while it was sick", "products": []})
    assert sync(settings).exit_code == 4
    assert_all_but(query, shop, sick)
    assert len(set_aside(query)) == 1
    server.sick.clear()
    assert_well_again(settings, query, shop)
    assert query(f"select details from raw_mycashflow.orders where id = {sick}") == [
        ("changed while it was sick",)
    ]


@pytest.mark.slow
def test_an_order_that_falls_sick_keeps_its_last_values_until_it_is_well(
    settings: Settings, server: ShopServer, shop: Shop, query: Query
) -> None:
    sync(settings)
    sick = shop.ids("orders")[60]
    before = query(f"select details from raw_mycashflow.orders where id = {sick}")
    shop.update("orders", sick, {"details": "changed and sick"})
    shop.insert("orders", {})
    server.sick["orders"] = {sick}
    assert sync(settings).exit_code == 4
    assert query(f"select details from raw_mycashflow.orders where id = {sick}") == before
    server.sick.clear()
    assert_well_again(settings, query, shop)
    assert query(f"select details from raw_mycashflow.orders where id = {sick}") == [("changed and sick",)]


@pytest.mark.slow
def test_a_sick_order_that_is_deleted_is_missed_no_more(
    settings: Settings, server: ShopServer, shop: Shop, query: Query
) -> None:
    sick = shop.ids("orders")[60]
    server.sick["orders"] = {sick}
    assert sync(settings).exit_code == 4
    shop.delete("orders", sick)
    assert_well_again(settings, query, shop)


@pytest.mark.slow
def test_the_rows_around_a_sick_one_may_go_before_it_is_well(
    settings: Settings, server: ShopServer, shop: Shop, query: Query
) -> None:
    numbers = shop.ids("orders")
    server.sick["orders"] = {numbers[60], numbers[62]}
    assert sync(settings).exit_code == 4
    for number in (*numbers[40:60], numbers[61], numbers[63]):
        shop.update("orders", number, {"details": "moved on"})
    server.sick["orders"] = {numbers[62]}
    assert sync(settings).exit_code == 4
    assert_all_but(query, shop, numbers[62])
    server.sick.clear()
    assert_well_again(settings, query, shop)


@pytest.mark.parametrize("name", first_fast(["products", "brands"]))
def test_a_sick_row_of_a_whole_list_is_not_called_deleted(
    settings: Settings, server: ShopServer, shop: Shop, query: Query, name: str
) -> None:
    sync(settings, name)
    sick = shop.ids(name)[7 if name == "products" else 0]
    server.sick[name] = {sick}
    record = sync(settings, name)
    assert (record.exit_code, set_aside(query)) == (4, [("quarantine", name)])
    assert query("select count(*) from ops.deleted_records") == [(0,)]
    server.sick.clear()
    assert_well_again(settings, query, shop, name)


def test_a_page_of_broken_json_costs_no_more_than_the_row_that_breaks_it(
    settings: Settings, server: ShopServer, shop: Shop, query: Query
) -> None:
    garbled = shop.ids("orders")[30]
    server.garbled["orders"] = {garbled}
    assert sync(settings).exit_code == 4
    assert_all_but(query, shop, garbled)
    assert query("select status, body_excerpt like '%no whole JSON%' from ops.quarantine") == [(200, True)]
    server.garbled.clear()
    assert_well_again(settings, query, shop)


@pytest.mark.parametrize("fault", first_fast(["truncated", "broken-json", "disconnects"]))
def test_an_answer_that_breaks_now_and_then_costs_nothing(
    tmp_path: Path, shop: Shop, query: Query, fault: str
) -> None:
    with serve(shop, faults=(fault,)) as server:
        record = sync(settings_for(tmp_path, server.url, attempts=3), "orders", "customers")
    assert (record.exit_code, record.remarks) == (0, [])
    assert ids(query) == shop.ids("orders")
    assert ids(query, "customers") == shop.ids("customers")


@pytest.mark.slow
def test_twenty_sick_rows_are_rows_and_more_are_an_outage(
    settings: Settings, server: ShopServer, shop: Shop, query: Query
) -> None:
    sick = shop.ids("orders")[20:40]
    server.sick["orders"] = set(sick)
    assert sync(settings).exit_code == 4
    assert_all_but(query, shop, *sick)
    assert len(set_aside(query)) == 20
    server.sick["orders"] = set(shop.ids("orders")[20:60])
    assert sync(settings).exit_code in (3, 4)
    assert_all_but(query, shop, *sick)
    server.sick.clear()
    assert_well_again(settings, query, shop)


@pytest.mark.slow
@pytest.mark.parametrize("answered", ["nothing", "the greeting", "the first half"])
def test_a_store_that_is_down_is_an_outage_and_leaves_nothing_behind(
    settings: Settings, server: ShopServer, shop: Shop, query: Query, answered: str
) -> None:
    sync(settings)
    before = query("select * from raw_mycashflow._dlt_pipeline_state")
    for number in shop.ids("orders"):
        shop.update("orders", number, {"details": "all changed"})
    server.requests.clear()
    with changed(server, "orders", down_after(answered)):
        record = sync(settings)
    assert (record.exit_code, record.failed_stores) == (3, ["demo"])
    assert "answered 500" in str(record.failures[0])
    assert len(server.requests) <= 60
    assert query("select * from raw_mycashflow._dlt_pipeline_state") == before
    assert query("select count(*) from raw_mycashflow.orders where details = 'all changed'") == [(0,)]
    assert set_aside(query) == []
    assert_well_again(settings, query, shop)
    assert query("select count(*) from raw_mycashflow.orders where details = 'all changed'") == [(120,)]


def down_after(answered: str) -> Change:
    """500 to every request but the greeting, or but those of the pages behind the first."""
    outage = error(500, "Internal Server Error", "Down.")

    def change(true: Answer, params: dict[str, str]) -> Answer:
        is_greeting = "updated_at-to" not in params
        is_early = params.get("page_size") == "50" and params["page"] in ("1", "3")
        well = {"nothing": False, "the greeting": is_greeting, "the first half": is_greeting or is_early}
        return true if well[answered] else outage

    return change


def test_an_outage_of_the_first_load_writes_no_row(
    settings: Settings, server: ShopServer, shop: Shop, query: Query
) -> None:
    with changed(server, "orders", down_after("the greeting")):
        assert sync(settings).exit_code == 3
    assert query("select count(*) from information_schema.tables where table_schema like 'raw%'") == [(0,)]
    assert query("select distinct status from ops.windows") == [("failed",)]
    assert_well_again(settings, query, shop)


MISFITS = {
    "an object for a number": {"discount": {"amount": 5}},
    "a text for a number": {"total": "twelve"},
    "too large a number": {"total": 10**15},
    "no number at all": {"total": float("nan")},
    "a fraction for a whole number": {"customer_id": 1.5},
    "a text for a list": {"products": "none"},
    "a number in a list of objects": {"products": [1]},
    "a text for an object": {"customer_information": "nobody"},
    "a word for a time": {"archived_at": "yesterday"},
    "a word for yes or no": {"different_shipping_address": "perhaps"},
}


def test_rows_without_an_exact_meaning_are_set_aside_and_nothing_else(
    settings: Settings, server: ShopServer, shop: Shop, query: Query
) -> None:
    misfits = dict(zip(shop.ids("orders")[40:], MISFITS.values(), strict=False))
    with changed(server, "orders", with_values(misfits)):
        assert sync(settings).exit_code == 4
    assert_all_but(query, shop, *misfits)
    told = query("select record_id, reason, raw_json from ops.rejected_rows order by 1")
    assert [record_id for record_id, _, _ in told] == [str(number) for number in misfits]
    for (record_id, reason, raw), values in zip(told, misfits.values(), strict=True):
        assert next(iter(values)) in reason
        assert json.loads(raw)["id"] == int(record_id)
    for number in misfits:
        shop.update("orders", number, {})
    assert_well_again(settings, query, shop)


@pytest.mark.slow
def test_a_row_that_was_set_aside_loads_when_its_answer_is_well_though_nothing_changed(
    settings: Settings, server: ShopServer, shop: Shop, query: Query
) -> None:
    number = shop.ids("orders")[60]
    with changed(server, "orders", with_values({number: {"total": "twelve"}})):
        assert sync(settings).exit_code == 4
        assert sync(settings).exit_code == 4
    assert_well_again(settings, query, shop)


@pytest.mark.slow
def test_rows_that_are_none_load_when_they_are_some(
    settings: Settings, server: ShopServer, shop: Shop, query: Query
) -> None:
    nothings = dict(zip(shop.ids("customers")[5:], ('"a text"', "null", "[]", "{}"), strict=False))
    with changed(server, "customers", with_rows(lambda row: nothings.get(row["id"]))):
        assert sync(settings, "customers").exit_code == 4
    assert set_aside(query) == [("rejected_rows", "customers")] * 4
    for number in nothings:
        shop.update("customers", number, {})
    assert_well_again(settings, query, shop, "customers")


@pytest.mark.slow
def test_a_misfit_of_a_whole_list_is_not_called_deleted_and_loads_when_it_is_well(
    settings: Settings, server: ShopServer, shop: Shop, query: Query
) -> None:
    sync(settings, "products")
    number = shop.ids("products")[7]
    with changed(server, "products", with_values({number: {"price": {}}})):
        assert sync(settings, "products").exit_code == 4
    assert set_aside(query) == [("rejected_rows", "products")]
    assert query("select count(*) from ops.deleted_records") == [(0,)]
    assert_well_again(settings, query, shop, "products")


@pytest.mark.slow
def test_odd_texts_cost_one_row_at_most(
    settings: Settings, server: ShopServer, shop: Shop, query: Query
) -> None:
    broken, half, twice, zero = shop.ids("orders")[60:64]
    texts = {
        broken: '"details":"a\udcffb"',
        half: '"details":"a\\ud800b"',
        twice: f'"id":{twice}',
        zero: '"details":"a\\u0000b"',
    }

    def odd(row: dict[str, Any]) -> str | None:
        return f"{json.dumps(row)[:-1]},{texts[row['id']]}}}" if row["id"] in texts else None

    with changed(server, "orders", with_rows(odd)):
        assert sync(settings).exit_code == 4
    assert_all_but(query, shop, broken, half)
    for number in (broken, half):
        shop.update("orders", number, {})
    assert_well_again(settings, query, shop)


def test_what_php_says_otherwise_has_one_meaning(
    settings: Settings, server: ShopServer, shop: Shop, query: Query
) -> None:
    number = shop.ids("orders")[60]
    said = {
        "customer_information": [],
        "shipping_address": [],
        "subtotal": "12.50",
        "total": "0.10",
        "customer_id": "17",
        "discount": "",
        "different_shipping_address": "1",
        "archived_at": "0000-00-00 00:00:00",
        "comments": {"0": {"comment": "one"}, "1": {"comment": "two"}},
    }
    with changed(server, "orders", with_values({number: said})):
        assert sync(settings).exit_code == 0
    assert query(
        "select subtotal::text, total::text, customer_id, discount, different_shipping_address, archived_at,"
        f" customer_information__email from raw_mycashflow.orders where id = {number}"
    ) == [("12.500000", "0.100000", 17, None, True, None, None)]
    assert query(
        f"select comment from raw_mycashflow.orders__comments where order_id = {number} order by position"
    ) == [("one",), ("two",)]


@pytest.mark.slow
def test_a_key_nobody_knew_may_change_its_type_half_way(
    settings: Settings, server: ShopServer, shop: Shop, query: Query
) -> None:
    numbers = shop.ids("orders")
    gifts = {numbers[10]: "ribbon", numbers[60]: 5, numbers[61]: {"card": "Onnea"}, numbers[110]: [1, 2.50]}
    for number, gift in gifts.items():
        shop.update("orders", number, {"gift": gift})
    assert sync(settings).exit_code == 0
    shop.update("orders", numbers[11], {"gift": True})
    shop.update("orders", numbers[12], {"gift": 0.1})
    assert sync(settings).exit_code == 0
    assert query("select id, gift from raw_mycashflow.orders where gift is not null order by id") == [
        (numbers[10], "ribbon"),
        (numbers[11], "true"),
        (numbers[12], "0.1"),
        (numbers[60], "5"),
        (numbers[61], '{"card":"Onnea"}'),
        (numbers[110], "[1,2.5]"),
    ]
    assert_all_but(query, shop)


@pytest.mark.slow
def test_an_order_of_four_megabytes_loads_whole(settings: Settings, shop: Shop, query: Query) -> None:
    number = shop.ids("orders")[60]
    text = 'ä "]}' * 800_000
    shop.update("orders", number, {"comments": [{"comment": text}], "details": text})
    assert sync(settings).exit_code == 0
    assert query(
        f"select details = comment from raw_mycashflow.orders, raw_mycashflow.orders__comments"
        f" where id = {number} and order_id = {number}"
    ) == [(True,)]
    assert query(f"select length(details) from raw_mycashflow.orders where id = {number}") == [(len(text),)]


def test_a_list_that_answers_with_something_else_is_refused(
    settings: Settings, server: ShopServer, shop: Shop, query: Query
) -> None:
    def other(true: Answer, params: dict[str, str]) -> Answer:
        return true if params["page_size"] == "1" else replace(true, body=b'{"data":{"id":1}}')

    with changed(server, "orders", other):
        record = sync(settings)
    assert record.exit_code == 3
    assert "expected a list under `data`, got an object with the keys data" in str(record.failures[0])
    assert_well_again(settings, query, shop)


def test_rows_out_of_order_are_refused_as_a_whole(
    settings: Settings, server: ShopServer, shop: Shop, query: Query
) -> None:
    number = shop.ids("orders")[60]
    with changed(server, "orders", with_values({number: {"id": 7}})):
        record = sync(settings)
    assert record.exit_code == 3
    assert "expected rows in ascending order of ids" in str(record.failures[0])
    assert_well_again(settings, query, shop)
