"""Each row is taken once: by descending ids where there are ids, one by one where keys are texts."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.extract.ledger import Ledger
from pipelines.extract.tables import Rejected
from pipelines.extract.taking import Taker
from tests.extract.lists import ListOfRows, code_of, new_record, some_ids, walked


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32),
    rows=st.integers(0, 60),
    page_size=st.integers(1, 12),
    restlessness=st.floats(0, 0.5),
    misfits=st.sets(st.integers(0, 59), max_size=6),
)
def test_rows_and_misfits_are_each_taken_once(
    seed: int, rows: int, page_size: int, restlessness: float, misfits: set[int]
) -> None:
    ids = some_ids(Random(seed), rows)
    ill = {ids[place] for place in misfits if place < rows}
    window = ListOfRows(Random(seed), list(ids), restlessness, misfits=ill)
    taken = walked(window.read, page_size)
    assert set(ids) - window.left <= taken.accounted
    assert set(taken.rejected) <= ill
    assert not set(taken.rows) & ill
    assert taken.record.arrived == len(taken.rows) + len(taken.rejected) >= (taken.record.api_count or 0)


def test_keys_that_are_texts_in_no_order_are_taken_once() -> None:
    listing = ListOfRows(Random(1), some_ids(Random(1), 47), key="code")
    before = list(listing.ids)
    listing.restlessness = 0.4
    taken = walked(listing.read, 5, key="code", is_ordered=False, is_closed=False)
    stayed = [code_of(row) for row in before if row not in listing.left]
    assert stayed != sorted(stayed)
    assert set(stayed) <= set(taken.rows)
    assert len(taken.rows) == len(set(taken.rows))


def test_an_uncounted_list_keyed_by_text_is_taken_to_its_end() -> None:
    listing = ListOfRows(Random(1), some_ids(Random(1), 23), key="code", is_counted=False)
    taken = walked(listing.read, 5, key="code", is_ordered=False, is_closed=False)
    assert taken.rows == [code_of(row) for row in listing.ids]
    assert taken.record.status == "uncounted"


def test_a_misfit_without_an_id_is_set_aside_each_time_it_comes() -> None:
    ledger, record = Ledger(), new_record()
    taker = Taker(ledger, record)
    listing = ListOfRows(Random(1), [1, 2, 3])
    for _ in range(2):
        page = listing.read(1, 10)
        taker.take(type(page)(page.rows, 4, 10, (Rejected("", "no id", "{}"),)))
    assert (record.distinct_rows, record.rejected_rows, record.duplicates) == (3, 2, 3)
