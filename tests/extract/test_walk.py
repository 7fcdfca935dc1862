"""The walk loses no row, whatever happens to the list between two requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from threading import Lock

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import ContractError, Unavailable
from pipelines.extract.ledger import Ledger, WindowRecord
from pipelines.extract.tables import Page, Rejected
from pipelines.extract.walk import walk
from pipelines.settings import now

HISTORIES = 3_000


class ClosedWindow:
    """A list that rows can only leave: by an update (they come again in the next window) or a deletion."""

    def __init__(self, rng: Random, rows: int, restlessness: float) -> None:
        self.rng = rng
        self.ids = sorted(rng.sample(range(1, 10 * rows + 1), rows))
        self.left: set[int] = set()
        self.restlessness = restlessness
        self.lock = Lock()

    def read(self, page: int, page_size: int) -> Page:
        with self.lock:
            found = self.ids[(page - 1) * page_size : page * page_size]
            answer = Page(pa.table({"id": pa.array(found, pa.int64())}), len(self.ids), page_size)
            while self.ids and self.rng.random() < self.restlessness:
                self.leave(self.rng.choice(self.ids))
            return answer

    def leave(self, row: int) -> None:
        self.ids.remove(row)
        self.left.add(row)


def record() -> WindowRecord:
    return WindowRecord("s", "orders", "updated_at", None, None, now())


def taken(
    read: Callable[[int, int], Page], page_size: int, concurrency: int
) -> tuple[list[int], WindowRecord]:
    kept, window = [], record()
    for rows in walk(read, page_size, concurrency, Ledger(), window):
        kept += rows["id"].to_pylist()
    window.settle()
    return kept, window


def forward(read: Callable[[int, int], Page], page_size: int) -> Iterator[int]:
    """The usual walk, as the control: page 1 to the last."""
    page = 1
    while rows := read(page, page_size).rows["id"].to_pylist():
        yield from rows
        page += 1


def test_no_row_is_lost_while_rows_leave_and_the_usual_walk_loses_some() -> None:
    lost_forward = 0
    for seed in range(HISTORIES):
        rng = Random(seed)
        rows, page_size = rng.randint(0, 60), rng.randint(1, 12)
        window = ClosedWindow(rng, rows, restlessness=rng.random() * 0.6)
        before = set(window.ids)
        kept, _ = taken(window.read, page_size, 1)
        assert before - window.left <= set(kept), f"history {seed} lost rows"
        assert len(kept) == len(set(kept)), f"history {seed} has a row twice"
        control = ClosedWindow(Random(seed + 1), rows, restlessness=0.3)
        started = set(control.ids)
        lost_forward += len(started - control.left - set(forward(control.read, page_size)))
    assert lost_forward > 0


@settings(max_examples=60, deadline=None)
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
    window = ClosedWindow(Random(seed), rows, restlessness)
    before = set(window.ids)
    kept, said = taken(window.read, page_size, concurrency)
    assert before - window.left <= set(kept)
    assert len(kept) == len(set(kept)) == said.distinct_rows
    assert said.status == "complete"


def test_a_list_that_fits_on_one_page_takes_one_request() -> None:
    window = ClosedWindow(Random(1), 10, 0.0)
    kept, said = taken(window.read, 10, 4)
    assert len(kept) == 10
    assert said.requests == 1


def test_pages_come_from_the_last_to_the_first() -> None:
    asked: list[int] = []
    window = ClosedWindow(Random(1), 25, 0.0)

    def read(page: int, page_size: int) -> Page:
        asked.append(page)
        return window.read(page, page_size)

    kept, said = taken(read, 10, 1)
    assert asked == [1, 3, 2, 1]
    assert (said.requests, said.distinct_rows, said.duplicates, said.api_count) == (4, 25, 0, 25)
    assert sorted(kept) == window.ids


def test_an_api_that_gives_smaller_pages_than_asked_loses_nothing() -> None:
    window = ClosedWindow(Random(1), 47, 0.0)
    kept, said = taken(lambda page, page_size: window.read(page, min(page_size, 7)), 20, 3)
    assert sorted(kept) == window.ids
    assert said.status == "complete"


def test_a_list_without_a_count_is_read_forward_to_an_empty_page() -> None:
    window = ClosedWindow(Random(1), 25, 0.0)

    def read(page: int, page_size: int) -> Page:
        return Page(window.read(page, page_size).rows)

    kept, said = taken(read, 10, 4)
    assert kept == window.ids
    assert (said.status, said.requests) == ("uncounted", 4)


def test_an_api_that_caps_its_pages_and_says_otherwise_loses_nothing() -> None:
    window = ClosedWindow(Random(1), 100, 0.0)

    def read(page: int, page_size: int) -> Page:
        answer = window.read(page, 20)
        return Page(answer.rows, answer.item_count, page_size)

    kept, said = taken(read, 50, 3)
    assert (sorted(kept), said.status) == (window.ids, "complete")


def test_a_window_that_grows_is_not_called_complete() -> None:
    window = ClosedWindow(Random(1), 30, 0.0)
    asked = 0

    def read(page: int, page_size: int) -> Page:
        nonlocal asked
        asked += 1
        if asked == 3:
            window.ids.insert(0, 0)
        return window.read(page, page_size)

    _, said = taken(read, 10, 1)
    assert said.status == "short"


def test_rows_in_another_order_are_refused() -> None:
    def read(page: int, page_size: int) -> Page:
        return Page(pa.table({"id": [3, 1, 2]}), 3, page_size)

    with pytest.raises(ContractError, match="ascending order of ids"):
        taken(read, 10, 1)


def test_a_row_set_aside_is_counted_once_and_not_missing() -> None:
    def read(page: int, page_size: int) -> Page:
        return Page(pa.table({"id": [1, 2]}), 3, page_size, (Rejected("3", "total: expected decimal", "{}"),))

    ledger, window = Ledger(), record()
    list(walk(read, 10, 1, ledger, window))
    window.settle()
    assert (window.status, window.rejected_rows, len(ledger.rejected)) == ("complete", 1, 1)


def test_a_walk_that_gets_fewer_rows_than_counted_says_so() -> None:
    def read(page: int, page_size: int) -> Page:
        ids = {1: [1, 2], 2: [3]}[page]
        return Page(pa.table({"id": ids}), 4, 2)

    _, said = taken(read, 2, 1)
    assert said.status == "short"


def test_a_page_that_cannot_be_read_ends_the_walk_at_once() -> None:
    window = ClosedWindow(Random(1), 100, 0.0)

    def read(page: int, page_size: int) -> Page:
        if page == 5:
            raise Unavailable("page 5")
        return window.read(page, page_size)

    with pytest.raises(Unavailable, match="page 5"):
        taken(read, 10, 4)
