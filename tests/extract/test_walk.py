"""The walk over a closed window loses no row, whatever leaves between two requests."""

from __future__ import annotations

from random import Random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import ContractError, Unavailable
from pipelines.extract.pages import Pages
from pipelines.extract.tables import Page, Rejected
from tests.extract.lists import ListOfRows, Taken, forward, some_ids, walked
from tests.stage import first_fast

HISTORIES = 3_000
CHUNKS = 3


def closed_window(rows: int) -> ListOfRows:
    """A window in which nothing happens."""
    return ListOfRows(Random(1), some_ids(Random(1), rows))


@pytest.mark.slow
def test_no_row_is_lost_while_rows_leave_and_the_usual_walk_loses_some() -> None:
    lost_forward = 0
    for seed in range(HISTORIES):
        rng = Random(seed)
        rows, page_size, restlessness = rng.randint(0, 60), rng.randint(1, 12), rng.random() * 0.6
        ids = some_ids(rng, rows)
        window = ListOfRows(Random(seed), list(ids), restlessness)
        taken = walked(window.read, page_size)
        assert set(ids) - window.left <= set(taken.rows), f"history {seed} lost rows"
        assert len(taken.rows) == len(set(taken.rows)), f"history {seed} has a row twice"
        control = ListOfRows(Random(seed), list(ids), restlessness)
        lost_forward += len(set(ids) - control.left - set(forward(control.read, page_size)))
    assert lost_forward > HISTORIES, "the usual walk loses more than a row in each history"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32),
    rows=st.integers(0, 80),
    page_size=st.integers(1, 15),
    concurrency=st.integers(2, 8),
    restlessness=st.floats(0, 0.5),
)
def test_no_row_is_lost_with_several_requests_at_a_time(
    seed: int, rows: int, page_size: int, concurrency: int, restlessness: float
) -> None:
    ids = some_ids(Random(seed), rows)
    window = ListOfRows(Random(seed), list(ids), restlessness)
    taken = walked(window.read, page_size, concurrency)
    assert set(ids) - window.left <= set(taken.rows)
    assert len(taken.rows) == len(set(taken.rows)) == taken.record.distinct_rows
    assert taken.record.status == "complete"


def troubled(seed: int) -> tuple[ListOfRows, int, int]:
    """A window with sick rows, misfits, passing failures or small pages; a page size; requests at a time."""
    rng = Random(seed)
    ids = some_ids(rng, rng.randint(0, 60))
    trouble, page_size = rng.choice(("sick", "sick", "flaky", "cap", "none")), rng.randint(1, 12)
    window = ListOfRows(
        rng,
        ids,
        restlessness=rng.choice((0.0, 0.1, 0.3, 0.6)) * rng.random(),
        sick=set(_some(rng, ids, rng.randint(1, 4))) if trouble == "sick" else set(),
        misfits=_some(rng, ids, rng.choice((0, 0, 3))),
        flakiness=rng.choice((0.02, 0.1)) if trouble == "flaky" else 0.0,
        cap=rng.randint(1, 12) if trouble == "cap" else None,
    )
    return window, page_size, rng.randint(1, 8)


def _some(rng: Random, ids: list[int], count: int) -> list[int]:
    return rng.sample(ids, min(count, len(ids)))


@pytest.mark.parametrize("chunk", first_fast(range(CHUNKS)))
def test_every_row_that_stays_is_taken_once_or_is_in_a_gap(chunk: int) -> None:
    for seed in range(chunk, HISTORIES, CHUNKS):
        window, page_size, concurrency = troubled(seed)
        before = set(window.ids)
        taken = walked(window.read, page_size, concurrency)
        check(taken, window, before - window.left, seed)
        assert window.asked == taken.record.requests
        if not window.flakiness:
            page_size = min(page_size, window.cap or page_size)
            most = most_requests(len(before), page_size, len(window.sick), concurrency)
            assert window.asked <= most, seed


def check(taken: Taken, window: ListOfRows, stayed: set[int], seed: int) -> None:
    """Whatever is missing is in a gap, and is named; the walk says so of itself."""
    missing = stayed - taken.accounted
    assert all(map(taken.is_in_a_gap, missing)), f"history {seed} lost rows"
    assert len(taken.rows) == len(set(taken.rows)), f"history {seed} has a row twice"
    assert len(taken.rejected) == len(set(taken.rejected)), f"history {seed} set a row aside twice"
    assert set(taken.rejected) <= set(window.misfits)
    assert taken.record.status in (("partial", "uncounted") if taken.gaps else ("complete", "uncounted"))


def most_requests(rows: int, page_size: int, sick: int, concurrency: int) -> int:
    """Each page at most twice (once in a batch, once by itself), and what it takes to find the sick rows.

    A failing page of n rows falls into as many parts as n has prime factors, added up: 21 for 1,000. As rows
    leave, a sick one moves towards the front, and can be met by page 1 and by each page of a batch, twice.
    """
    met = max(5, 2 * concurrency + 1)
    return 2 * (-(-rows // page_size) + 2) + met * sick * (_parts(page_size) + 1)


def _parts(number: int) -> int:
    factor = next((factor for factor in range(2, number + 1) if number % factor == 0), None)
    return factor + _parts(number // factor) if factor else 0


def test_a_list_that_fits_on_one_page_takes_one_request() -> None:
    taken = walked(closed_window(10).read, 10, 4)
    assert (len(taken.rows), taken.record.requests) == (10, 1)


def test_pages_come_from_the_last_to_the_first() -> None:
    asked: list[int] = []
    window = closed_window(25)

    def read(page: int, page_size: int, is_part: bool = False) -> Page:
        asked.append(page)
        return window.read(page, page_size)

    taken = walked(read, 10)
    said = taken.record
    assert asked == [1, 3, 2, 1]
    assert (said.requests, said.distinct_rows, said.duplicates, said.api_count) == (4, 25, 0, 25)
    assert sorted(taken.rows) == window.ids


def test_an_api_that_gives_smaller_pages_than_asked_loses_nothing() -> None:
    window = closed_window(47)
    window.cap = 7
    taken = walked(window.read, 20, 3)
    assert (sorted(taken.rows), taken.record.status) == (window.ids, "complete")


def test_an_api_that_caps_its_pages_and_says_otherwise_loses_nothing() -> None:
    window = closed_window(100)

    def read(page: int, page_size: int, is_part: bool = False) -> Page:
        answer = window.read(page, 20)
        return Page(answer.rows, answer.item_count, page_size)

    taken = walked(read, 50, 3)
    assert (sorted(taken.rows), taken.record.status) == (window.ids, "complete")


def test_an_api_that_caps_its_pages_loses_nothing_when_its_first_page_fails() -> None:
    window = closed_window(40)
    window.cap, window.sick = 8, {window.ids[0]}
    taken = walked(window.read, 10)
    assert (sorted(taken.rows), taken.record.status) == (window.ids[1:], "partial")


def test_no_page_without_rows_is_asked_for() -> None:
    window, sizes = closed_window(3), []

    def read(page: int, page_size: int, is_part: bool = False) -> Page:
        sizes.append(page_size)
        if len(sizes) == 1:
            raise Unavailable("once", 500, may_be_rows=True)
        answer = window.read(page, page_size)
        window.ids.clear()
        return answer

    taken = walked(read, 10)
    assert (taken.rows, min(sizes) > 0) == ([], True)


def test_an_api_that_caps_its_pages_loses_nothing_when_every_page_fails() -> None:
    window = closed_window(36)
    window.cap, window.sick = 5, {window.ids[place] for place in (0, 6, 11)}
    taken = walked(window.read, 12)
    assert sorted(taken.rows) == [row for row in window.ids if row not in window.sick]
    assert taken.record.status == "partial"


def test_a_window_that_grows_is_not_called_complete() -> None:
    window, asked = closed_window(30), []

    def read(page: int, page_size: int, is_part: bool = False) -> Page:
        asked.append(page)
        if len(asked) == 3:
            window.ids.insert(0, 0)
        return window.read(page, page_size)

    assert walked(read, 10).record.status == "short"


@pytest.mark.parametrize(("rows", "is_instead"), [(10, False), (11, True)])
def test_what_may_not_be_closed_and_takes_more_than_a_page_is_read_where_it_is_over(
    rows: int, is_instead: bool
) -> None:
    """The count cannot tell when one row enters and another leaves: so nothing may be able to enter."""
    ends_now, is_over = closed_window(rows), closed_window(25)
    taken = walked(ends_now.read, 10, instead=lambda: Pages(is_over.read, 10))
    assert sorted(taken.rows) == (is_over if is_instead else ends_now).ids


def test_rows_in_another_order_are_refused() -> None:
    def read(page: int, page_size: int, is_part: bool = False) -> Page:
        return Page(pa.table({"id": [3, 1, 2]}), 3, page_size)

    with pytest.raises(ContractError, match="ascending order of ids"):
        walked(read, 10)


def test_a_row_set_aside_is_counted_once_and_not_missing() -> None:
    def read(page: int, page_size: int, is_part: bool = False) -> Page:
        return Page(pa.table({"id": [1, 2]}), 3, page_size, (Rejected("3", "total: expected decimal", "{}"),))

    taken = walked(read, 10)
    assert (taken.record.status, taken.record.rejected_rows, taken.rejected) == ("complete", 1, [3])


def test_a_walk_that_gets_fewer_rows_than_counted_says_so() -> None:
    def read(page: int, page_size: int, is_part: bool = False) -> Page:
        return Page(pa.table({"id": {1: [1, 2], 2: [3]}[page]}), 4, 2)

    assert walked(read, 2).record.status == "short"


def test_a_page_that_cannot_be_read_ends_the_walk_at_once() -> None:
    window = closed_window(100)

    def read(page: int, page_size: int, is_part: bool = False) -> Page:
        if page == 5:
            raise Unavailable("page 5")
        return window.read(page, page_size)

    with pytest.raises(Unavailable, match="page 5"):
        walked(read, 10, 4)
    assert window.asked <= 9


def test_a_list_without_a_count_is_read_forward_to_an_empty_page() -> None:
    window = closed_window(25)
    window.is_counted = False
    taken = walked(window.read, 10, 4)
    assert taken.rows == window.ids
    assert (taken.record.status, taken.record.requests) == ("uncounted", 4)


@pytest.mark.parametrize("is_counted", [True, False])
@pytest.mark.parametrize("is_closed", [True, False])
def test_an_api_that_ignores_the_page_ends_and_is_not_called_complete(
    is_counted: bool, is_closed: bool
) -> None:
    window = closed_window(25)
    window.is_counted = is_counted

    def read(page: int, page_size: int, is_part: bool = False) -> Page:
        return window.read(1, page_size)

    taken = walked(read, 10, 4, is_closed=is_closed)
    assert sorted(taken.rows) == window.ids[:10]
    assert taken.record.status == ("short" if is_counted else "uncounted")
    assert window.asked <= 4
