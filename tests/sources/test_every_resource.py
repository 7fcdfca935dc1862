"""What is true of every list of MyCashflow, looked at list by list; the stories are in `conftest.py`.

Exceptions are named in `lists.py`: an inner list is asked for row by row of its parent and is replaced with
it, a gift card goes by the hash of its code.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines import flow
from pipelines.demo.opening import make_shop
from pipelines.demo.server import serve
from pipelines.job import Wanted
from tests.sources.lists import (
    BY_CURSOR,
    INNER,
    LISTS,
    OF,
    OWN,
    UNKNOWN_KEY,
    WHOLE,
    Row,
    asked,
    identity,
    insert,
    key_of,
    mark,
    parent_key,
    tables_of,
    telltale,
)
from tests.sources.manners import RETRY_AFTER, Manners
from tests.sources.story import Chapter, Told, tell
from tests.stage import Listener, settings_for

ROOT = Path(__file__).parents[2]
STAGING = ROOT / "sql/models/staging/mycashflow"
LAG = 600

each = pytest.mark.parametrize("name", LISTS)
each_own = pytest.mark.parametrize("name", OWN)
each_inner = pytest.mark.parametrize("name", INNER)
each_whole = pytest.mark.parametrize("name", WHOLE)
each_by_cursor = pytest.mark.parametrize("name", BY_CURSOR)
either = pytest.mark.parametrize("trouble", ["sick", "garbled"])


def loaded(chapter: Chapter, name: str) -> list[object]:
    """What tells the list's rows in the warehouse apart."""
    return [identity(name, row) for row in chapter.tables[name]]


def number_of(found: object) -> object:
    """The record's own id; an inner row's comes after its parent's."""
    return found[1] if isinstance(found, tuple) else found


def as_bag(rows: Iterable[Row]) -> Counter[frozenset[tuple[str, Any]]]:
    return Counter(frozenset(row.items()) for row in rows)


def pages_asked(chapter: Chapter, name: str, size: int) -> set[int]:
    return {
        int(params["page"])
        for params in asked(chapter.requests, name)
        if params["page_size"] == str(size) and params["status"] == "200"
    }


def with_value(chapter: Chapter, name: str, column: str) -> list[object]:
    """Which records carry what the suite wrote into a column."""
    return [number_of(identity(name, row)) for row in chapter.tables[name] if row[column] == mark(name)]


@each
def test_a_key_is_declared_and_is_unique_and_never_null(life: Told, name: str) -> None:
    required = ("store", parent_key(OF[name])) if name in INNER else key_of(name)
    for chapter in life.chapters.values():
        keys = [tuple(row[column] for column in key_of(name)) for row in chapter.tables[name]]
        assert len(set(keys)) == len(keys) > 0
        assert not [key for key in keys if None in key]
        assert {(name, column) for column in required} <= chapter.required


@each_own
def test_every_page_is_asked_for_and_every_record_arrives(life: Told, name: str) -> None:
    first, size = life["first"], life.page_sizes[name]
    assert sorted(loaded(first, name), key=str) == sorted(first.present[name], key=str)
    count = -(-len(first.present[name]) // size)
    assert count > 1
    assert pages_asked(first, name, size) == set(range(1, count + 1))


@each_inner
def test_every_page_of_every_parent_is_asked_for_and_every_record_arrives(life: Told, name: str) -> None:
    first, parents = life["first"], life["first"].present[OF[name].within or ""]
    assert sorted(loaded(first, name), key=str) == sorted(first.present[name], key=str)
    asked_for = {(params["path"], int(params["page"])) for params in asked(first.requests, name)}
    sizes = Counter(parent for parent, _ in first.present[name])
    assert max(sizes.values()) > 1
    for parent in parents:
        path = f"/api/v1/{OF[name].path.replace('{id}', str(parent))}"
        assert {(path, page) for page in range(1, max(sizes[parent], 1) + 1)} <= asked_for


@each
def test_loading_twice_gives_the_same_rows(life: Told, name: str) -> None:
    assert life["full"].rows[name] >= len(life["first"].tables[name])
    for table in tables_of(name):
        once = as_bag(life["first"].tables[table])
        assert as_bag(life["again"].tables[table]) == once, table
        assert as_bag(life["full"].tables[table]) == once, table


@each
def test_an_empty_list_loads(opening: Told, name: str) -> None:
    empty = opening["empty"]
    assert (empty.exit_code, empty.failures, empty.remarks) == (0, [], [])
    assert {table: empty.tables[table] for table in tables_of(name)} == {
        table: [] for table in tables_of(name)
    }


@each
def test_what_comes_into_an_empty_list_is_loaded(opening: Told, name: str) -> None:
    opened = opening["opened"]
    assert opened.exit_code == 0
    assert set(loaded(opened, name)) == opened.present[name]
    assert len(opened.present[name]) == (name in OWN)
    assert asked(opened.requests, name)


@each_by_cursor
def test_a_cursor_asks_only_for_what_is_newer(life: Told, name: str) -> None:
    cursor = OF[name].cursor
    _, *after = asked(life["again"].requests, name)
    since = [int(params[f"{cursor}-from"]) for params in after if f"{cursor}-from" in params]
    newest = max(row[cursor] for row in life["first"].tables[name])
    assert min(since) >= int(newest.timestamp()) - LAG
    assert all(any(param.endswith("-from") for param in params) for params in after)


@each_whole
def test_a_list_without_a_cursor_is_asked_in_whole_and_not_loaded_again(life: Told, name: str) -> None:
    size = life.page_sizes[name]
    assert pages_asked(life["again"], name, size) == pages_asked(life["first"], name, size)
    assert {table: life["again"].rows.get(table, 0) for table in tables_of(name)} == dict.fromkeys(
        tables_of(name), 0
    )


@each_inner
def test_an_inner_list_is_asked_for_only_where_its_parent_is_new(life: Told, name: str) -> None:
    paths = {params["path"] for params in asked(life["again"].requests, name)}
    assert len(paths) == life["again"].rows.get(OF[name].within or "", 0)


@each
def test_a_changed_and_a_new_record_come_through(life: Told, name: str) -> None:
    column, _ = telltale(name)
    changed = life["changed"]
    assert changed.exit_code == 0
    assert with_value(life["full"], name, column) == []
    found = with_value(changed, name, column)
    assert len(found) == 1
    assert name == "gift_cards" or found == [life.numbers["changed"][name]]
    assert changed.present[name] <= set(loaded(changed, name))


@each
def test_a_key_nobody_declared_becomes_a_column(life: Told, name: str) -> None:
    assert UNKNOWN_KEY not in life["full"].tables[name][0]
    found = with_value(life["changed"], name, UNKNOWN_KEY)
    assert len(found) == 1
    assert name == "gift_cards" or found == [life.numbers["new"][name]]


@each_own
def test_a_vanished_record_keeps_its_row_and_is_called_deleted(life: Told, name: str) -> None:
    gone = life["full"].present[name] - life["changed"].present[name]
    told = {("demo", name, str(key)) for key in gone}
    assert told
    for chapter, is_known in ((life["changed"], name in WHOLE), (life["swept"], True)):
        assert {record for record in chapter.deleted if record[1] == name} == (told if is_known else set())
        assert gone <= set(loaded(chapter, name))
    assert life["swept"].failures == []


@each_inner
def test_a_vanished_record_of_an_inner_list_goes_with_its_parent_s_other_rows(life: Told, name: str) -> None:
    changed = life["changed"]
    assert life.numbers["gone"][name] in {number for _, number in life["full"].present[name]}
    assert set(loaded(changed, name)) == changed.present[name]
    assert [record for record in changed.deleted if record[1] == name] == []


@each
def test_a_429_waits_as_told(manners: dict[tuple[str, int], Manners], name: str) -> None:
    calm, limited = manners[name, 0], manners[name, 429]
    assert limited.pause is not None
    assert limited.pause >= RETRY_AFTER
    assert Counter(limited.statuses) == Counter([*calm.statuses, 429])
    assert limited.rows == calm.rows > 0


@each
def test_a_5xx_is_tried_again(manners: dict[tuple[str, int], Manners], name: str) -> None:
    calm, failing = manners[name, 0], manners[name, 503]
    assert Counter(failing.statuses) == Counter([*calm.statuses, 503])
    assert failing.rows == calm.rows > 0


@each
def test_a_401_while_a_list_is_read_ends_it(manners: dict[tuple[str, int], Manners], name: str) -> None:
    refused = manners[name, 401]
    assert refused.refusal.startswith("AccessDenied: demo: GET http://127.0.0.1")
    assert refused.statuses[:2] == [200, 401]


@each
def test_after_a_401_nothing_more_is_asked(manners: dict[tuple[str, int], Manners], name: str) -> None:
    assert manners[name, 401].statuses == [200, 401]


def test_a_wrong_key_is_asked_with_once(tmp_path: Path) -> None:
    with make_shop(30) as shop, serve(shop, key="another") as server:
        for name in OWN:
            settings = settings_for(tmp_path, server.url)
            record = flow.sync(settings, settings.chosen(), Wanted((name,)), Listener())
            assert (record.exit_code, len(server.requests)) == (3, 1), name
            server.requests.clear()


@pytest.mark.slow
@either
@each_own
def test_what_cannot_be_read_is_set_aside_and_named(illness: Told, name: str, trouble: str) -> None:
    chapter = illness[trouble]
    (place,) = chapter.places(name)
    assert (place["store"], place["status"]) == ("demo", {"sick": 500, "garbled": 200}[trouble])
    assert (chapter.exit_code, chapter.failures) == (4, [])
    assert [remark for remark in chapter.remarks if remark.startswith(f"demo: {name}: 1 rows cannot be read")]
    number = illness.numbers[trouble][name]
    assert (place["id_before"] or 0) < number < (place["id_after"] or number + 1)


@pytest.mark.slow
@either
@each_own
def test_everything_else_is_loaded(illness: Told, name: str, trouble: str) -> None:
    """A record that was there before stays as it was while it cannot be read."""
    chapter, column = illness[trouble], telltale(name)[0]
    missing = chapter.present[name] - set(loaded(chapter, name))
    assert len(missing) == (trouble == "sick")
    assert name == "gift_cards" or missing <= {illness.numbers[trouble][name]}
    assert with_value(chapter, name, column) == []
    assert not [record for record in chapter.deleted if record[1] == name]


@pytest.mark.slow
@either
@each_own
def test_what_could_not_be_read_is_loaded_when_the_store_recovers(
    illness: Told, name: str, trouble: str
) -> None:
    healed, column = illness[f"{trouble}_no_more"], telltale(name)[0]
    assert (healed.exit_code, healed.remarks, healed.places(name)) == (0, [], [])
    assert set(loaded(healed, name)) == healed.present[name]
    assert len(with_value(healed, name, column)) == (trouble == "garbled")


@pytest.mark.slow
@pytest.mark.parametrize("status", [403, 404])
@each
def test_a_list_that_is_refused_is_skipped_and_named(refusal: Told, name: str, status: int) -> None:
    chapter = refusal[f"{status} {LISTS.index(name) % 2}"]
    assert (chapter.exit_code, chapter.failures) == (4, [])
    (line,) = [line for line in chapter.said if f"demo: {name} skipped, the store does not have it" in line]
    is_expected = name in OWN and not OF[name].seen
    assert (line.startswith("warning: "), line in chapter.remarks) == (is_expected, not is_expected)


@pytest.mark.slow
@pytest.mark.parametrize("status", [403, 404])
@each
def test_check_tells_what_is_refused(refusal: Told, name: str, status: int) -> None:
    lists, warnings = refusal.checks[f"{status} {LISTS.index(name) % 2}"]
    told = [warning for warning in warnings if f"demo: {name} skipped" in warning and str(status) in warning]
    listed = [line for line in lists if line.startswith(f"{name}: ")]
    assert (len(told), len(listed)) == (1, 0)


@pytest.mark.slow
@pytest.mark.parametrize("status", [403, 404])
@each_own
def test_a_list_is_loaded_whatever_others_are_refused(refusal: Told, name: str, status: int) -> None:
    chapter = refusal[f"{status} {1 - LISTS.index(name) % 2}"]
    assert set(loaded(chapter, name)) == chapter.present[name]
    assert not [line for line in chapter.said if f"demo: {name} skipped" in line]


@pytest.mark.slow
@each
def test_a_list_that_is_refused_has_its_tables_and_loses_nothing(refusal: Told, name: str) -> None:
    for chapter in refusal.chapters.values():
        assert set(tables_of(name)) <= set(chapter.tables)
        assert not [record for record in chapter.deleted if record[1] == name]
    assert refusal["open"].exit_code == 0
    assert name in INNER or set(loaded(refusal["open"], name)) == refusal["open"].present[name]


@pytest.mark.parametrize("story", ["life", "opening", pytest.param("illness", marks=pytest.mark.slow)])
def test_no_gift_card_s_code_is_stored_anywhere(request: pytest.FixtureRequest, story: str) -> None:
    """Not even of a card that was set aside, and in no file below `data/`."""
    told: Told = request.getfixturevalue(story)
    assert {name: chapter.leaks for name, chapter in told.chapters.items()} == {
        name: [] for name in told.chapters
    }
    hashes = [code for chapter in told.chapters.values() for code in loaded(chapter, "gift_cards")]
    assert {len(str(code)) for code in hashes} == {64}


def test_a_gift_card_that_is_set_aside_is_named_by_its_hash(opening: Told) -> None:
    odd = opening["odd"]
    assert odd.exit_code == 4
    (card,) = odd.rejected
    assert card["reason"] == "balance: expected decimal, got dict"
    assert card["record_id"] in odd.present["gift_cards"]


@each
def test_it_is_written_down(name: str) -> None:
    """A staging model with a description, raw tables among the sources, and a recorded case."""
    (model,) = yaml.safe_load((STAGING / f"stg_mycashflow__{name}.yml").read_text())["models"]
    assert model["name"] == f"stg_mycashflow__{name}"
    assert model["description"].startswith("One row per ")
    assert (STAGING / f"stg_mycashflow__{name}.sql").exists()
    (raw,) = yaml.safe_load((STAGING / "_mycashflow__sources.yml").read_text())["sources"]
    described = {table["name"]: table["description"] for table in raw["tables"]}
    assert all(described[table].startswith("One row per ") for table in tables_of(name))
    case = json.loads((ROOT / f"tests/cases/mycashflow/{name}.json").read_text())
    assert case["source"]


def test_the_first_record_of_a_list_may_be_the_one_that_cannot_be_read(tmp_path: Path) -> None:
    with tell(tmp_path, attempts=1) as story:
        story.server.sick["brands"].add(story.shop.ids("brands")[0])
        chapter = story.sync("sick", "brands", "suppliers")
        assert (chapter.exit_code, len(chapter.places("brands"))) == (4, 1)


@each_inner
def test_what_cannot_be_read_of_an_inner_list_is_set_aside_and_named(tmp_path: Path, name: str) -> None:
    with tell(tmp_path, page_size=50, attempts=1) as story:
        story.server.sick[name].add(story.shop.ids(name)[0])
        sick = story.sync("sick", name)
        assert (sick.exit_code, len(sick.places(name))) == (4, 1)
        story.server.sick.clear()
        healed = story.sync("healed", name)
        assert (healed.exit_code, set(loaded(healed, name))) == (0, healed.present[name])


def test_no_address_is_lost_without_a_word(tmp_path: Path) -> None:
    with tell(tmp_path, attempts=1) as story:
        name = "customer_shipping_addresses"
        insert(story.shop, name, {})
        story.server.sick[name].add(story.shop.ids(name)[0])
        chapter = story.sync("sick", name)
        assert chapter.exit_code != 0


def test_inner_lists_that_are_enabled_later_are_read_for_every_parent(tmp_path: Path) -> None:
    with tell(tmp_path, page_size=50) as story:
        story.sync("parents", *{OF[name].within or "" for name in INNER})
        enabled = story.sync("enabled", *INNER)
        for name in INNER:
            assert set(loaded(enabled, name)) == enabled.present[name], name
