"""A page that cannot be read is asked for in parts; a store that is down is no row that is sick."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import Unavailable
from pipelines.extract.pages import MOST_HOLES, Pages
from pipelines.extract.tables import Page
from tests.extract.lists import ListOfRows, some_ids, walked


def sick_list(rows: int, *places: int) -> ListOfRows:
    """A list of so many rows; those at some places, from 0, are sick."""
    ids = some_ids(Random(1), rows)
    return ListOfRows(Random(1), ids, sick={ids[place] for place in places})


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    rows=st.integers(0, 60),
    page=st.integers(1, 5),
    page_size=st.integers(1, 60),
    sick=st.sets(st.integers(0, 59), max_size=5),
)
def test_the_parts_of_a_page_are_the_page(rows: int, page: int, page_size: int, sick: set[int]) -> None:
    listing = sick_list(rows, *(place for place in sick if place < rows))
    parts = Pages(listing.read, page_size).parts(page, page_size)
    found = [row for part in reversed(parts) for row in part.rows["id"].to_pylist()]
    wanted = listing.ids[(page - 1) * page_size : page * page_size]
    assert found == [row for row in wanted if row not in listing.sick]
    holes = sorted(part.hole.offset for part in parts if part.hole)
    assert [listing.ids[place] for place in holes] == [row for row in wanted if row in listing.sick]


@pytest.mark.parametrize(("page_size", "most"), [(100, 15), (250, 18), (500, 20), (1000, 22), (97, 98)])
def test_one_sick_row_costs_a_handful_of_requests(page_size: int, most: int) -> None:
    for place in (0, page_size // 2, page_size - 1):
        listing = sick_list(page_size, place)
        Pages(listing.read, page_size).parts(1, page_size)
        assert listing.asked <= most


def test_parts_are_read_from_the_last_to_the_first() -> None:
    listing, asked = sick_list(8, 2), []

    def read(page: int, page_size: int, is_part: bool = False) -> Page:
        asked.append((page, page_size, is_part))
        return listing.read(page, page_size)

    Pages(read, 8).parts(1, 8)
    whole, *parts = asked
    assert whole == (1, 8, False)
    assert parts == [(2, 4, True), (1, 4, True), (2, 2, True), (4, 1, True), (3, 1, True), (1, 2, True)]


def test_a_failure_that_is_no_row_is_not_looked_into() -> None:
    asked = []

    def read(page: int, page_size: int, is_part: bool = False) -> Page:
        asked.append(page)
        raise Unavailable("refused")

    with pytest.raises(Unavailable, match="refused"):
        Pages(read, 100).parts(1, 100)
    assert len(asked) == 1


def test_a_store_that_fails_everywhere_is_down_and_has_no_sick_rows() -> None:
    listing = sick_list(100, *range(100))
    with pytest.raises(Unavailable):
        walked(listing.read, 50)
    assert listing.asked < 5 * MOST_HOLES


def test_a_few_sick_rows_in_many_pages_are_all_found() -> None:
    listing = sick_list(400, *range(0, 400, 23))
    taken = walked(listing.read, 50, 4)
    assert set(taken.rows) == set(listing.ids) - listing.sick
    assert len(taken.gaps) == len(listing.sick) <= MOST_HOLES
    assert taken.record.status == "partial"
