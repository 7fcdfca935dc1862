"""A page of bytes becomes exact typed rows, whatever a PHP shop makes of JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.errors import ContractError
from pipelines.extract.endpoint import Endpoint
from pipelines.extract.tables import BrokenPage, Page, PageParser

THING = Endpoint(
    name="things",
    singular="thing",
    path="things",
    fields={
        "id": "bigint",
        "created_at": "timestamp",
        "born": "date",
        "price": "decimal",
        "name": "text",
        "is_new": "bool",
        "free": "json",
        "brand": {"name": "text", "rating": "decimal"},
        "parts": [{"id": "bigint", "price": "decimal", "data": "json"}],
    },
)


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["data", "free", "brand", "a"]) | st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


def rows_of_any_kind() -> st.SearchStrategy[dict[str, Any]]:
    """Rows with values of no fixed shape wherever they may be, declared or not."""
    brand = st.just([]) | st.fixed_dictionaries({"name": st.text()}, optional={"since": ANYTHING})
    part = st.fixed_dictionaries({"id": st.integers(1, 9), "data": ANYTHING})
    parts = st.none() | st.lists(part, max_size=3)
    return st.fixed_dictionaries(
        {"free": ANYTHING}, optional={"brand": brand, "parts": parts, "new": ANYTHING}
    )


def said(value: Any) -> Any:
    """The value without the keys of objects that are null: a column may be there or not."""
    if isinstance(value, dict):
        return {name: said(inner) for name, inner in value.items() if inner is not None}
    return [said(item) for item in value] if isinstance(value, list) else value


def parse(*rows: Any, meta: Any = None, parser: PageParser | None = None) -> Page:
    body = json.dumps({"data": list(rows), "meta": meta or {"item_count": len(rows)}}, separators=(",", ":"))
    return (parser or PageParser(THING)).parse(body.encode())


def one(row: dict[str, Any]) -> dict[str, Any]:
    """The row as it comes out, without what is null."""
    page = parse({"id": 1, **row})
    assert page.rejected == (), page.rejected
    (found,) = page.rows.to_pylist()
    return {name: value for name, value in found.items() if value is not None and name != "id"}


def at(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"price": 12.90}, {"price": Decimal("12.90")}),
        ({"price": "12.90"}, {"price": Decimal("12.90")}),
        ({"price": -0.01}, {"price": Decimal("-0.01")}),
        ({"price": 1e3}, {"price": Decimal(1000)}),
        ({"price": 12.300000000000001}, {"price": Decimal("12.3")}),
        ({"price": 0.1234565}, {"price": Decimal("0.123456")}),
        ({"price": ""}, {}),
        ({"price": None}, {}),
        ({"created_at": "2026-03-29T03:30:00+03:00"}, {"created_at": at(2026, 3, 29, 0, 30)}),
        ({"created_at": "2026-10-25T03:30:00+02:00"}, {"created_at": at(2026, 10, 25, 1, 30)}),
        ({"created_at": "2026-06-19T20:41:47Z"}, {"created_at": at(2026, 6, 19, 20, 41, 47)}),
        ({"created_at": "2026-06-19T20:41:47"}, {"created_at": at(2026, 6, 19, 17, 41, 47)}),
        ({"created_at": "2026-01-19 20:41:47"}, {"created_at": at(2026, 1, 19, 18, 41, 47)}),
        ({"created_at": "2026-01-19"}, {"created_at": at(2026, 1, 18, 22)}),
        ({"created_at": "0000-00-00 00:00:00"}, {}),
        ({"created_at": ""}, {}),
        ({"born": "2021-10-20"}, {"born": datetime(2021, 10, 20).date()}),
        ({"name": 5}, {"name": "5"}),
        ({"name": 5.50}, {"name": "5.5"}),
        ({"name": {"fi": "a"}}, {"name": '{"fi":"a"}'}),
        ({"name": 'says "brand":[] twice'}, {"name": 'says "brand":[] twice'}),
        ({"is_new": 1}, {"is_new": True}),
        ({"is_new": "false"}, {"is_new": False}),
        ({"is_new": "0"}, {"is_new": False}),
        ({"brand": []}, {}),
        ({"brand": {"name": "x", "rating": "4.5"}}, {"brand": {"name": "x", "rating": Decimal("4.5")}}),
        ({"parts": []}, {"parts": []}),
        ({"free": {"a": [1, 2.5]}}, {"free": '{"a":[1,2.5]}'}),
        ({"free": "plain"}, {"free": "plain"}),
        ({"free": []}, {}),
        ({"newly": 7}, {"newly": "7"}),
        ({"newly": 12.5}, {"newly": "12.5"}),
        ({"newly": True}, {"newly": "true"}),
        ({"newly": "2026-01-19T20:41:47+02:00"}, {"newly": "2026-01-19T20:41:47+02:00"}),
        ({"newly": {"a": None}}, {"newly": '{"a":null}'}),
        ({"newly": None}, {}),
        ({"newly": []}, {}),
        ({"newly": 1e3}, {"newly": "1000.0"}),
    ],
)
@pytest.mark.parametrize("neighbour", [{}, {"is_new": "yes, a row that makes its page go row by row"}])
def test_a_value_is_read_exactly_whatever_its_neighbours(
    given: dict[str, Any], expected: dict[str, Any], neighbour: dict[str, Any]
) -> None:
    page = parse({"id": 1, **given}, {"id": 2, **neighbour})
    found = {row["id"]: row for row in page.rows.to_pylist()}[1]
    assert {name: value for name, value in found.items() if value is not None and name != "id"} == expected
    assert len(page.rejected) == len(neighbour)


def test_bytes_that_are_no_text_set_their_row_aside() -> None:
    body = b'{"data":[{"id":1,"name":"\xff"},{"id":2,"name":"\xc3\xa4"}]}'
    page = PageParser(THING).parse(body)
    assert page.rows["name"].to_pylist() == ["ä"]
    assert [rejected.record_id for rejected in page.rejected] == ["1"]


def test_keys_nobody_declared_inside_lists_and_objects_are_kept_as_text() -> None:
    row = one({"brand": {"name": "x", "since": 1999}, "parts": [{"id": 1, "colour": "red"}, {"id": 2}]})
    assert row["brand"]["since"] == "1999"
    assert [part["colour"] for part in row["parts"]] == ["red", None]


def test_free_form_values_stay_with_their_rows_when_lists_are_null_empty_and_full() -> None:
    page = parse(
        {"id": 1, "parts": None},
        {"id": 2, "parts": [{"id": 21, "data": {"a": 1}}, {"id": 22}]},
        {"id": 3, "parts": []},
        {"id": 4, "parts": [{"id": 41, "data": {"a": 2}}]},
    )
    found = [
        part and [(item["id"], item["data"]) for item in part] for part in page.rows["parts"].to_pylist()
    ]
    assert found == [None, [(21, '{"a":1}'), (22, None)], [], [(41, '{"a":2}')]]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no news of pages
@given(st.lists(rows_of_any_kind(), min_size=1, max_size=5), st.lists(rows_of_any_kind(), max_size=5))
def test_a_page_is_read_the_same_the_fast_way_and_the_thorough_way(
    first: list[dict[str, Any]], second: list[dict[str, Any]]
) -> None:
    """Pretty JSON goes the thorough way, since it does not begin as the fast way wants it."""
    fast, thorough = PageParser(THING), PageParser(THING)
    for rows in (first, second):
        document = {"data": [{**row, "id": number} for number, row in enumerate(rows)], "meta": {}}
        compact = json.dumps(document, separators=(",", ":")).encode()
        found, expected = fast.parse(compact), thorough.parse(json.dumps(document, indent=1).encode())
        assert found.rejected == expected.rejected
        assert said(found.rows.to_pylist()) == said(expected.rows.to_pylist())


def test_long_free_form_values_are_read_the_fast_way() -> None:
    parser = PageParser(THING)
    value = {"data": [{"id": number, "free": ["]}", '"data":{']} for number in range(100)]}
    for _ in range(5):
        page = parse({"id": 1, "free": value, "parts": [{"id": 2, "data": value}]}, parser=parser)
    assert json.loads(page.rows["free"][0].as_py()) == value
    assert json.loads(page.rows["parts"][0].as_py()[0]["data"]) == value
    assert parser.odd_pages == 0


def test_an_unknown_key_becomes_a_column_of_every_later_page() -> None:
    parser = PageParser(THING)
    parse({"id": 1, "newly": 1}, parser=parser)
    assert "newly" in parse({"id": 2}, parser=parser).rows.column_names


def test_an_unknown_key_that_changes_type_half_way_is_kept() -> None:
    page = parse({"id": 1, "newly": 5}, {"id": 2, "newly": "five"}, {"id": 3, "newly": {"n": 5}})
    assert page.rows["newly"].to_pylist() == ["5", "five", '{"n":5}']


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"id": 2, "price": {"amount": 5}}, "price: expected decimal, got dict"),
        ({"id": 2, "price": "five"}, "price: expected decimal, got str"),
        ({"id": 2, "price": 10**12}, "price: expected decimal, got int"),
        ({"id": 2, "price": True}, "price: expected decimal, got bool"),
        ({"id": 2, "created_at": "yesterday"}, "created_at: expected timestamp, got str"),
        ({"id": 2, "is_new": "maybe"}, "is_new: expected bool, got str"),
        ({"id": 2, "brand": "x"}, "brand: expected an object, got str"),
        ({"id": 2, "parts": "x"}, "parts: expected a list, got str"),
        ({"id": 2, "parts": [{"id": 1.5}]}, "parts.id: expected bigint, got Decimal"),
        ({"id": None}, "id: expected a whole number, got nothing"),
        ({"id": 2**70}, "id: expected bigint, got int"),
        (None, "row: expected an object, got NoneType"),
        ({"id": 2, "name": "half a \ud83d"}, "name: expected text, got str"),
        ({"id": 2, "newly": "half a \ud83d"}, "newly: expected json, got str"),
    ],
)
def test_a_row_without_an_exact_meaning_is_set_aside_and_the_rest_is_loaded(row: Any, reason: str) -> None:
    page = parse({"id": 1, "price": 5}, row, {"id": 3})
    assert page.rows["id"].to_pylist() == [1, 3]
    assert [rejected.reason for rejected in page.rejected] == [reason]
    assert json.loads(page.rejected[0].raw_json) == row
    assert page.item_count == 3


def test_a_list_sent_as_an_object_with_number_keys_is_a_list() -> None:
    page = parse({"id": 1, "parts": {"0": {"id": 7}, "2": {"id": 9}}})
    assert [part["id"] for part in page.rows["parts"].to_pylist()[0]] == [7, 9]


def test_pretty_and_escaped_json_is_read() -> None:
    row = b'{"id": 1, "brand": [ ], "name": "\\u00e4\\ud83d\\ude00"}'
    body = b'{\n  "data": [ ' + row + b' ],\n  "meta": {"item_count": "1"} }'
    page = PageParser(THING).parse(body)
    assert (page.rows["name"].to_pylist(), page.item_count) == (["ä😀"], 1)


def test_counts_may_be_missing() -> None:
    page = PageParser(THING).parse(b'{"data":[{"id":1}]}')
    assert (page.item_count, page.page_size, page.rows.num_rows) == (None, None, 1)


def test_a_page_without_rows_has_every_column() -> None:
    page = parse()
    assert page.rows.num_rows == 0
    assert set(page.rows.column_names) == set(THING.fields)


@pytest.mark.parametrize("body", [b"", b'{"data":[{"id":1', b"<html>", b'{"data":[]}{"data":[]}'])
def test_a_broken_body_is_told_from_a_wrong_one(body: bytes) -> None:
    with pytest.raises(BrokenPage, match="no whole JSON"):
        PageParser(THING).parse(body)


@pytest.mark.parametrize("body", [b"[]", b'{"error":"x"}', b'{"data":{"id":1}}', b"null"])
def test_an_answer_without_a_list_is_a_broken_contract(body: bytes) -> None:
    with pytest.raises(ContractError, match="expected a list under `data`"):
        PageParser(THING).parse(body)


def test_money_is_never_a_float() -> None:
    page = parse({"id": 1, "price": 0.1, "parts": [{"id": 1, "price": 0.2}]})
    assert page.rows.schema.field("price").type == pa.decimal128(18, 6)
    assert "double" not in str(page.rows.schema)
