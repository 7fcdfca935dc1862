"""A list without a filter is open: rows come in at its end while others leave; none that stays is lost."""

from __future__ import annotations

from random import Random

import pytest

from pipelines.extract.tables import Page
from pipelines.extract.walk import MOST_ENDS
from tests.extract.lists import ListOfRows, code_of, forward, some_ids, walked
from tests.stage import first_fast

HISTORIES = 900
CHUNKS = 3


def open_list(seed: int, restlessness: float, growth: float, key: str = "id") -> tuple[ListOfRows, int]:
    """A list that changes, and a page size."""
    rng = Random(seed)
    ids = some_ids(rng, rng.randint(0, 60))
    listing = ListOfRows(
        rng, ids, restlessness=rng.random() * restlessness, growth=rng.random() * growth, key=key
    )
    return listing, rng.randint(1, 12)


@pytest.mark.parametrize("chunk", first_fast(range(CHUNKS)))
@pytest.mark.parametrize("key", ["id", "code"])
def test_every_row_that_stays_is_taken_once(chunk: int, key: str) -> None:
    lost_forward = 0
    for seed in range(chunk, HISTORIES, 2 * CHUNKS if key == "code" else CHUNKS):
        listing, page_size = open_list(seed, restlessness=0.5, growth=0.4, key=key)
        before = set(listing.ids)
        taken = walked(listing.read, page_size, 4, key=key, is_ordered=key == "id", is_closed=False)
        stayed = before - listing.left
        wanted = set(map(code_of, stayed)) if key == "code" else stayed
        assert wanted <= set(taken.rows), f"history {seed} lost rows"
        assert len(taken.rows) == len(set(taken.rows)), f"history {seed} has a row twice"
        assert taken.record.status in ("complete", "short")
        assert listing.asked <= most_requests(len(before) + len(listing.came), page_size)
        control, _ = open_list(seed, restlessness=0.5, growth=0.4)
        lost_forward += len(before - control.left - set(forward(control.read, page_size)))
    assert lost_forward > 100, "the usual walk loses rows"


def most_requests(rows: int, page_size: int) -> int:
    """Page 1, every page once, and the grown end a few times."""
    return 1 + (1 + MOST_ENDS) * (-(-rows // page_size) + 1)


def test_what_comes_in_meanwhile_is_taken_or_the_list_is_called_short() -> None:
    statuses = []
    for seed in range(HISTORIES // 3):
        listing, page_size = open_list(seed, restlessness=0.0, growth=0.4)
        taken = walked(listing.read, page_size, is_closed=False)
        missing = listing.seen - set(taken.rows)
        assert not missing or taken.record.status == "short", f"history {seed}"
        statuses.append(taken.record.status)
    assert statuses.count("complete") > HISTORIES / 6


def test_rows_that_come_once_are_taken_in_the_same_walk() -> None:
    listing = ListOfRows(Random(1), some_ids(Random(1), 30))
    asked = []

    def read(page: int, page_size: int, is_part: bool = False) -> Page:
        asked.append(page)
        if len(asked) == 3:
            listing.come()
            listing.come()
        return listing.read(page, page_size)

    taken = walked(read, 10, is_closed=False)
    assert (sorted(taken.rows), taken.record.status) == (listing.ids, "complete")
    assert asked == [1, 3, 2, 1, 4, 3]


def test_a_list_that_grows_faster_than_it_is_read_ends_and_is_called_short() -> None:
    listing = ListOfRows(Random(1), some_ids(Random(1), 30))

    def read(page: int, page_size: int, is_part: bool = False) -> Page:
        for _ in range(25):
            listing.come()
        return listing.read(page, page_size)

    taken = walked(read, 10, is_closed=False)
    assert taken.record.status == "short"
    assert len(taken.rows) == len(set(taken.rows))


def test_a_gap_at_the_beginning_of_a_list_that_grows_stays_there() -> None:
    listing, asked = ListOfRows(Random(1), some_ids(Random(1), 30)), []
    listing.sick = {listing.ids[0]}

    def read(page: int, page_size: int, is_part: bool = False) -> Page:
        asked.append((page, page_size))
        if asked.count((1, 10)) == 2:
            listing.come()
        return listing.read(page, page_size)

    taken = walked(read, 10, is_closed=False)
    assert [(gap.id_before, gap.id_after) for gap in taken.gaps] == [(None, listing.ids[1])]


def test_sick_rows_of_an_open_list_are_in_a_gap_and_everything_else_is_taken() -> None:
    for seed in range(HISTORIES // 3):
        listing, page_size = open_list(seed, restlessness=0.3, growth=0.2)
        listing.sick = set(Random(seed).sample(listing.ids, min(2, len(listing.ids))))
        before = set(listing.ids)
        taken = walked(listing.read, page_size, is_closed=False)
        missing = before - listing.left - set(taken.rows)
        if taken.record.status != "short":
            assert missing <= listing.sick, f"history {seed}"
            assert all(map(taken.is_in_a_gap, missing)), f"history {seed}"
