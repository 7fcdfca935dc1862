"""Lists inside a page become tables of their own; an empty one says so, a missing one says nothing."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from pipelines.extract.children import child_table, parent_table
from pipelines.extract.endpoint import Child, Endpoint
from pipelines.extract.kinds import struct_of

ORDER = Endpoint(
    name="orders",
    singular="order",
    path="orders",
    fields={
        "id": "bigint",
        "buyer": {"name": "text", "address": {"city": "text"}},
        "rows": [{"id": "bigint", "order_id": "bigint", "reasons": [{"code": "text"}]}],
        "taxes": {"subtotal": [{"rate": "decimal"}], "total": [{"rate": "decimal"}]},
    },
)
CHILD = {child.name: child for child in ORDER.children}


def page(*rows: dict[str, Any]) -> pa.Table:
    table = pa.Table.from_struct_array(pa.array(rows, struct_of(ORDER.fields)))
    return table.add_column(0, "store", pa.array(["s"] * len(rows)))


def rows_of(name: str, *columns: str, of: pa.Table) -> list[tuple[Any, ...]]:
    found = child_table(of, CHILD[name], "order_id").to_pylist()
    return [tuple(row.get(column) for column in columns) for row in found]


def test_every_list_is_a_child_whatever_it_is_nested_in() -> None:
    assert CHILD["orders__rows__reasons"] == Child("orders__rows__reasons", ("rows", "reasons"))
    assert CHILD["orders__taxes"] == Child("orders__taxes", ("taxes",), ("subtotal", "total"))
    assert len(CHILD) == 3


def test_objects_of_the_parent_are_flattened_and_its_lists_left_out() -> None:
    table = parent_table(page({"id": 1, "buyer": {"name": "a", "address": {"city": "Oulu"}}}, {"id": 2}))
    assert table.to_pylist() == [
        {"store": "s", "id": 1, "buyer__name": "a", "buyer__address__city": "Oulu"},
        {"store": "s", "id": 2, "buyer__name": None, "buyer__address__city": None},
    ]
    assert [field.nullable for field in table.schema] == [False, False, True, True]


def test_children_carry_their_parents_id_and_their_position() -> None:
    table = page({"id": 7, "rows": [{"id": 70, "order_id": 99}, {"id": 71}]}, {"id": 8, "rows": [{"id": 80}]})
    assert rows_of("orders__rows", "store", "order_id", "position", "id", of=table) == [
        ("s", 7, 0, 70),
        ("s", 7, 1, 71),
        ("s", 8, 0, 80),
    ]


def test_an_empty_list_sends_one_marker_and_a_missing_list_none() -> None:
    table = page({"id": 1, "rows": []}, {"id": 2, "rows": None}, {"id": 3, "rows": [{"id": 30}]})
    assert rows_of("orders__rows", "order_id", "id", "_empty", of=table) == [(3, 30, None), (1, None, True)]


def test_a_grandchild_knows_both_positions_and_is_marked_empty_when_no_row_has_one() -> None:
    table = page(
        {"id": 1, "rows": [{"id": 10, "reasons": []}, {"id": 11, "reasons": [{"code": "a"}, {"code": "b"}]}]},
        {"id": 2, "rows": [{"id": 20, "reasons": []}]},
        {"id": 3, "rows": []},
        {"id": 4, "rows": [{"id": 40, "reasons": None}]},
        {"id": 5, "rows": None},
    )
    columns = ("order_id", "parent_position", "position", "code", "_empty")
    assert rows_of("orders__rows__reasons", *columns, of=table) == [
        (1, 1, 0, "a", None),
        (1, 1, 1, "b", None),
        (2, None, None, None, True),
        (3, None, None, None, True),
        (4, None, None, None, True),
    ]


def test_an_object_of_lists_is_one_table_that_says_which_list() -> None:
    table = page(
        {"id": 1, "taxes": {"subtotal": [{"rate": 14}, {"rate": 10}], "total": [{"rate": 14}]}},
        {"id": 2, "taxes": {"subtotal": [], "total": []}},
        {"id": 3, "taxes": None},
    )
    columns = ("order_id", "component", "position", "_empty")
    assert rows_of("orders__taxes", *columns, of=table) == [
        (1, "subtotal", 0, None),
        (1, "subtotal", 1, None),
        (1, "total", 0, None),
        (2, None, None, True),
    ]


def test_a_page_cut_out_of_a_larger_table_gives_its_own_children() -> None:
    whole = page(*({"id": number, "rows": [{"id": 10 * number}]} for number in range(1, 6)))
    assert rows_of("orders__rows", "order_id", "id", of=whole.slice(2, 2)) == [(3, 30), (4, 40)]


def test_a_field_that_the_api_calls_like_one_of_ours_is_kept() -> None:
    own = {"id": 10, "store": "Oulu", "position": "7", "_empty": "no"}
    rows = pa.table({"store": ["s"], "id": [1], "rows": [[own]]})
    (found,) = child_table(rows, CHILD["orders__rows"], "order_id").to_pylist()
    assert (found["store"], found["position"], found["_empty"]) == ("s", 0, None)
    assert (found["api_store"], found["api_position"], found["api__empty"]) == ("Oulu", "7", "no")


def test_an_empty_page_has_the_columns_and_no_row() -> None:
    for child in ORDER.children:
        table = child_table(page(), child, "order_id")
        assert (table.num_rows, {"store", "order_id", "_empty"} <= set(table.column_names)) == (0, True)
