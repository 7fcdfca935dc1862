"""A gap is tried again between its neighbours' ids, and whatever has healed there comes."""

from __future__ import annotations

from math import ceil, log2
from random import Random

import pytest

from pipelines.extract.gaps import Unread, distinct, read_gap
from pipelines.extract.ledger import Gap, Ledger
from pipelines.extract.pages import Pages
from pipelines.extract.tables import Hole
from tests.extract.lists import ListOfRows, Taken, collected, is_between, new_record, some_ids, walked
from tests.stage import first_fast

HISTORIES = 900
CHUNKS = 3


def read_again(window: ListOfRows, gap: Gap, page_size: int = 10) -> Taken:
    """What comes of a gap now."""
    ledger, record = Ledger(), new_record()
    return collected(read_gap(Pages(window.read, page_size, 4), gap, ledger, record), ledger, record)


@pytest.mark.parametrize("chunk", first_fast(range(CHUNKS)))
def test_whatever_heals_between_the_neighbours_comes_and_nothing_else(chunk: int) -> None:
    for seed in range(chunk, HISTORIES, CHUNKS):
        rng = Random(seed)
        ids = some_ids(rng, rng.randint(1, 60))
        sick = set(rng.sample(ids, min(len(ids), rng.randint(1, 4))))
        window = ListOfRows(rng, ids, restlessness=rng.random() * 0.2, sick=set(sick))
        first = walked(window.read, rng.randint(1, 12), rng.randint(1, 4))
        for row in rng.sample(window.ids, rng.randint(0, len(window.ids) // 2)):
            window.leave(row)
        window.sick -= set(rng.sample(sorted(sick), rng.randint(0, len(sick))))
        window.restlessness = rng.choice((0.0, 0.2))
        for gap in worth_reading(first.gaps):
            check_gap(window, gap, seed)


def worth_reading(gaps: list[Gap]) -> list[Gap]:
    """Gaps as the next run reads them: one between each pair of neighbours."""
    kept = distinct(Unread.of(new_record(), gap, "updated_at", {}) for gap in gaps)
    return [unread.gap for unread in kept]


def check_gap(window: ListOfRows, gap: Gap, seed: int) -> None:
    there = [row for row in window.ids if is_between(row, gap)]
    asked = window.asked
    again = read_again(window, gap)
    stayed = [row for row in there if row not in window.left]
    assert {row for row in stayed if row not in window.sick} <= set(again.rows), f"history {seed}"
    assert all(is_between(row, gap) for row in again.rows), f"history {seed} took what lies outside"
    assert len(again.rows) == len(set(again.rows)), f"history {seed} has a row twice"
    assert all(again.is_in_a_gap(row) for row in stayed if row in window.sick), f"history {seed}"
    assert (again.record.status == "partial") == bool(again.gaps)
    if not window.restlessness and gap.id_after is not None:
        most = ceil(log2(gap.hole.offset + 3)) + len(there) + 2 * len(window.sick) + 3
        assert window.asked - asked <= most, f"history {seed}"


def test_a_gap_far_behind_takes_few_requests() -> None:
    window = ListOfRows(Random(1), some_ids(Random(1), 10_000))
    sick = window.ids[9_000]
    window.sick = {sick}
    (gap,) = walked(window.read, 1000, 4).gaps
    for row in window.ids[:8_000:2]:
        window.leave(row)
    window.sick, window.asked = set(), 0
    again = read_again(window, gap)
    assert (again.rows, again.record.status) == ([sick], "complete")
    assert window.asked <= ceil(log2(10_000)) + 4


def test_a_gap_at_the_end_of_a_list_that_got_shorter_takes_few_requests() -> None:
    window = ListOfRows(Random(1), some_ids(Random(1), 1_000))
    sick = window.ids[-1]
    window.sick = {sick}
    (gap,) = walked(window.read, 1000, 4).gaps
    for row in window.ids[:500]:
        window.leave(row)
    window.sick, window.asked = set(), 0
    assert read_again(window, gap).rows == [sick]
    assert window.asked <= ceil(log2(1_000)) + 4


def test_a_gap_whose_row_is_gone_is_closed() -> None:
    window = ListOfRows(Random(1), some_ids(Random(1), 30))
    window.sick = {window.ids[12]}
    (gap,) = walked(window.read, 10).gaps
    window.leave(window.ids[12])
    again = read_again(window, gap)
    assert (again.rows, again.gaps, again.record.status) == ([], [], "complete")


def test_gaps_at_both_ends_of_a_list_are_read_again() -> None:
    window = ListOfRows(Random(1), some_ids(Random(1), 30))
    first, last = window.ids[0], window.ids[-1]
    window.sick = {first, last}
    gaps = walked(window.read, 10).gaps
    assert [(gap.id_before, gap.id_after) for gap in gaps] == [(window.ids[-2], None), (None, window.ids[1])]
    window.sick = set()
    assert [read_again(window, gap).rows for gap in gaps] == [[last], [first]]


def test_of_gaps_between_the_same_neighbours_one_is_enough() -> None:
    def unread(offset: int, after: int) -> Unread:
        return Unread.of(new_record(), Gap(Hole(offset, 500, ""), 3, after), "updated_at", {})

    kept = distinct([unread(7, 9), unread(8, 9), unread(4, 12)])
    assert [(gap.offset, gap.id_after) for gap in kept] == [(4, 12), (8, 9)]
