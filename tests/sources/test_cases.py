"""Recorded answers of every list become the rows that a person worked out from them, values and types.

A case has the page as the API gives it and the rows as text; a column that a row of it does not name is
null. Rows of an inner list are inside the row `parent` of the list it is within.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipelines.extract.children import child_table, parent_table
from pipelines.extract.endpoint import Endpoint
from pipelines.extract.kinds import ARROW, DECIMAL
from pipelines.extract.tables import Page, PageParser
from pipelines.sources import cscart, mycashflow
from pipelines.sources.cscart import shape
from tests.sources.lists import tables_made_by

Case = Mapping[str, Any]

CASES = Path(__file__).parents[1] / "cases"
EVERY = {
    f"{platform}/{endpoint.name}": endpoint
    for platform, every in (("mycashflow", mycashflow.EVERY), ("cscart", cscart.EVERY))
    for endpoint in every
}
# What cases of CS-Cart have to be dropped: names, and values that are nowhere else in them.
FORBIDDEN = (
    *(
        "payment_info",
        "product_groups",
        "user_data",
        "issuer_data",
        "staff@",
        "password",
        "salt",
        "ip_address",
        "_params",
    ),
    *("unsubscribe_key", "validation_code", "product_url", "4111", "10.0.0.1", "f3a9", "absolute"),
)
each = pytest.mark.parametrize("name", EVERY)
READ: Mapping[pa.DataType, Callable[[str], object]] = {
    pa.string(): str,
    pa.int64(): int,
    pa.bool_(): {"true": True, "false": False}.__getitem__,
    DECIMAL: Decimal,
    pa.timestamp("us", tz="UTC"): datetime.fromisoformat,
    pa.date32(): date.fromisoformat,
}


def case_of(name: str) -> Case:
    case: Case = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    return case


def tables(name: str, case: Case, *, is_spaced: bool = False) -> dict[str, pa.Table]:
    """Every table that the page of a case makes."""
    endpoint, separators = EVERY[name], None if is_spaced else (",", ":")
    body = json.dumps(case["page"], ensure_ascii=is_spaced, separators=separators).encode()
    page = read_page(name, body)
    assert page.rejected == ()
    if endpoint.within:
        outer = EVERY[f"{name.partition('/')[0]}/{endpoint.within}"]
        return inner_tables(endpoint, page.rows, case["parent"], outer.parent_key)
    rows = page.rows.add_column(0, "store", pa.repeat("demo", len(page.rows)))
    children = {
        child.name: child_table(rows, child, endpoint.parent_key, is_new=True, key=endpoint.key)
        for child in endpoint.children
    }
    return {endpoint.name: parent_table(rows, endpoint.key), **children}


def read_page(name: str, body: bytes) -> Page:
    """The answer as its platform's client reads it."""
    endpoint = EVERY[name]
    parser = PageParser(endpoint, seal="sealed {}".format)
    if name.startswith("mycashflow"):
        return parser.parse(body)
    rows, _ = shape.rows_of(shape.read_document(body), endpoint.path.split("|")[0].split("/")[-1])
    page = parser.parse(shape.page_of(endpoint, rows, len(rows)))
    assert parser.odd_pages == 0, "every page of this list would take the slow way"
    return page


def inner_tables(endpoint: Endpoint, rows: pa.Table, parent: int, parent_key: str) -> dict[str, pa.Table]:
    items = rows.to_struct_array().combine_chunks()
    nested = {
        "store": ["demo"],
        "id": [parent],
        endpoint.name: pa.ListArray.from_arrays([0, len(rows)], items),
    }
    return {
        child.name: child_table(pa.table(nested), child, parent_key, is_new=True)
        for child in endpoint.as_children
    }


def expected(table: pa.Table, rows: list[dict[str, str]]) -> list[dict[str, object]]:
    """The rows of a case with their values read as what the table's columns are."""
    assert {name for row in rows for name in row} <= set(table.column_names)
    kinds = {column.name: READ[column.type] for column in table.schema}
    blank: dict[str, object] = dict.fromkeys(kinds)
    return [blank | {name: kinds[name](value) for name, value in row.items()} for row in rows]


@pytest.mark.parametrize("is_spaced", [False, True], ids=["compact", "spaced"])
@each
def test_an_answer_becomes_exactly_its_rows(name: str, is_spaced: bool) -> None:
    """However the JSON is spaced and escaped: that decides which way it is parsed."""
    case = case_of(name)
    found = tables(name, case, is_spaced=is_spaced)
    assert list(case["rows"]) == list(found) == tables_made_by(EVERY[name])
    for table, rows in case["rows"].items():
        assert found[table].to_pylist() == expected(found[table], rows), table


@each
def test_columns_are_of_the_kinds_that_were_declared(name: str) -> None:
    schema = tables(name, case_of(name))[name.partition("/")[2]].schema
    for field, kind in EVERY[name].fields.items():
        if isinstance(kind, str) and field in schema.names:
            assert schema.field(field).type == ARROW[kind], field


@each
def test_the_case_has_every_table_and_says_where_it_is_from(name: str) -> None:
    case = case_of(name)
    assert all(case["rows"].values()), "a table without a row proves nothing"
    assert case["source"].startswith(("Vendor's documentation, ", "Reference ", "Not evidenced: "))


def test_there_is_no_case_without_a_list() -> None:
    assert {f"{path.parent.name}/{path.stem}" for path in CASES.glob("*/*.json")} == set(EVERY)


@each
def test_nothing_forbidden_is_in_a_row_that_is_loaded(name: str) -> None:
    """Not under its own name, and not in a text made of what holds it."""
    for table in tables(name, case_of(name)).values():
        said = json.dumps(table.to_pylist(), default=str)
        assert not [word for word in FORBIDDEN if word in said]
