"""One suite for every destination: what is desired arrives, once, and whatever does not is named."""

from __future__ import annotations

import pytest

from pipelines.warehouse import ensure_ops, warehouse_of
from pipelines.warehouse.receipts import forget_customers
from tests.destinations.cases import CASES, Case, names, writes
from tests.destinations.desk import Desk
from tests.stage import first_fast


def test_what_is_desired_arrives_once(case: Case, desk: Desk) -> None:
    desk.put(case.feed, case.rows(range(25)))
    assert desk.send().exit_code == 0
    assert case.arrived(desk.inbox) == names(case, range(25))
    assert desk.counts(case.feed) == (25, 25, 0, 0)
    desk.inbox.requests.clear()
    assert desk.send().exit_code == 0
    assert writes(desk.inbox) == 0
    assert desk.counts(case.feed) == (25, 0, 25, 0)


def test_only_what_changed_is_sent_again(case: Case, desk: Desk) -> None:
    rows = case.rows(range(25))
    desk.put(case.feed, rows)
    desk.send()
    rows[7] |= case.changed
    desk.put(case.feed, rows)
    assert desk.send().exit_code == 0
    assert desk.counts(case.feed) == (25, 1, 24, 0)
    assert case.arrived(desk.inbox)[case.key(7)] == "Uusi"


def test_a_row_that_is_refused_is_found_named_and_tried_again_later(case: Case, desk: Desk) -> None:
    rows = case.rows(range(25))
    rows[13] |= case.refused
    desk.put(case.feed, rows)
    assert desk.send().exit_code == 4
    assert case.arrived(desk.inbox) == names(case, [*range(13), *range(14, 25)])
    assert desk.counts(case.feed) == (25, 24, 0, 1)
    ((key, status, reason),) = desk.ask(
        "select row_key, status, reason from ops.sync_rows where status <> 'accepted'"
    )
    assert (key, status) == (rows[13].get("row_key", case.key(13)), "refused")
    assert next(iter(case.refused)) in reason.lower()
    assert any(key in line and reason in line for line in desk.listener.lines)
    desk.inbox.requests.clear()
    assert desk.send().exit_code == 4
    assert writes(desk.inbox) == 0
    assert desk.counts(case.feed) == (25, 0, 24, 1)
    desk.set(retry_refused_hours=0.0)
    assert desk.send().exit_code == 4
    assert writes(desk.inbox) > 0
    desk.put(case.feed, case.rows(range(25)))
    assert desk.send().exit_code == 0
    assert case.arrived(desk.inbox) == names(case, range(25))


def test_a_row_that_cannot_be_right_is_not_sent(case: Case, desk: Desk) -> None:
    rows = case.rows(range(5))
    rows[2] |= case.invalid
    desk.put(case.feed, rows)
    assert desk.send().exit_code == 4
    assert desk.counts(case.feed) == (5, 4, 0, 1)
    ((reason,),) = desk.ask("select reason from ops.sync_rows where status = 'invalid'")
    assert "no address" not in reason
    assert all(status < 300 or status in (404, 409) for _, _, status in desk.inbox.requests)


@pytest.mark.slow
def test_lost_answers_and_429s_change_nothing(case: Case, desk: Desk) -> None:
    desk.inbox.troubles.lost, desk.inbox.troubles.limited = 0.1, 0.1
    many = 60 if case.name == "custobar" else 15  # six batches, or fifteen
    desk.put(case.feed, case.rows(range(many)))
    for _ in range(5):
        if desk.send().exit_code == 0:
            break
    assert case.arrived(desk.inbox) == names(case, range(many))
    assert desk.ask("select count(*) from ops.sync_rows where status = 'accepted'") == [(many,)]


def test_a_dry_run_sends_nothing_remembers_nothing_and_shows_nobody(case: Case, desk: Desk) -> None:
    desk.put(case.feed, case.rows(range(5)))
    assert desk.send(is_dry_run=True).exit_code == 0
    assert writes(desk.inbox) == 0
    assert desk.ask("select count(*) from ops.sync_rows") == [(0,)]
    told = "\n".join(desk.listener.lines)
    assert f"{case.feed}: 5 queried = 5 would be sent + 0 unchanged + 0 failed" in told
    assert "{" in told
    assert "example.com" not in told
    assert "Etunimi" not in told


def test_a_limit_sends_so_many_and_leaves_the_rest_for_the_next_run(case: Case, desk: Desk) -> None:
    desk.put(case.feed, case.rows(range(25)))
    assert desk.send(limit=10).exit_code == 0
    assert len(case.arrived(desk.inbox)) == 10
    assert desk.counts(case.feed) == (10, 10, 0, 0)
    assert desk.send().exit_code == 0
    assert case.arrived(desk.inbox) == names(case, range(25))


def test_rows_that_may_not_be_sent_do_not_use_up_a_limit(case: Case, desk: Desk) -> None:
    """Else trying with one row would show the same bad row for ever."""
    rows = case.rows(range(9))
    rows = [row | case.invalid for row in rows[:-1]] + rows[-1:]
    desk.put(case.feed, rows)
    assert desk.send(limit=1).exit_code == 4
    assert case.arrived(desk.inbox) == names(case, [8])


@pytest.mark.parametrize(("before", "left"), first_fast([(5, 0), (60, 35)]))
def test_an_audience_that_is_empty_or_shrank_too_much_is_refused(
    case: Case, desk: Desk, before: int, left: int
) -> None:
    desk.put(case.feed, case.rows(range(before)))
    desk.send()
    desk.put(case.feed, [row | case.changed for row in case.rows(range(left))])
    desk.inbox.requests.clear()
    record = desk.send()
    assert record.exit_code == 3
    assert "allow-shrink" in str(record.problems[0])
    assert writes(desk.inbox) == 0
    assert desk.send(allow_shrink=True).exit_code == 0
    assert desk.counts(case.feed) == (left, left, 0, 0)


def test_a_few_rows_less_are_believed(case: Case, desk: Desk) -> None:
    """The same brake as for what a store has lost: more than a fifth, and more than twenty rows."""
    desk.put(case.feed, case.rows(range(25)))
    desk.send()
    desk.put(case.feed, case.rows(range(5)))
    assert desk.send().exit_code == 0


def test_a_run_that_failed_half_way_counts_as_the_last_time(case: Case, desk: Desk) -> None:
    """Else an audience of which one row always fails would never be looked after."""
    desk.set(attempts=1)
    desk.put(case.feed, case.rows(range(25)))
    desk.inbox.troubles.down.append(503)
    assert desk.send().exit_code == 3
    desk.put(case.feed, [])
    assert desk.send().exit_code == 3
    assert "allow-shrink" in str(desk.send().problems[0])


def test_nobody_is_deleted_who_left_the_audience(case: Case, desk: Desk) -> None:
    desk.put(case.feed, case.rows(range(25)))
    desk.send()
    desk.put(case.feed, case.rows(range(24)))
    assert desk.send().exit_code == 0
    assert case.arrived(desk.inbox) == names(case, range(25))


def test_a_destination_that_is_down_is_sent_the_rest_by_the_next_run(case: Case, desk: Desk) -> None:
    desk.set(attempts=1)
    desk.put(case.feed, case.rows(range(25)))
    desk.inbox.troubles.limited = 1.0
    record = desk.send()
    assert record.exit_code == 3
    desk.inbox.troubles.limited = 0.0
    assert desk.send().exit_code == 0
    assert case.arrived(desk.inbox) == names(case, range(25))


def test_when_every_row_is_refused_it_is_not_the_rows(case: Case, desk: Desk) -> None:
    desk.put(case.feed, [row | case.refused for row in case.rows(range(200))])
    record = desk.send()
    assert record.exit_code == 3
    assert "It is not the rows" in str(record.problems[0])
    assert len(desk.inbox.requests) < 150
    queried, sent, unchanged, failed = desk.counts(case.feed)
    assert (sent, unchanged, failed) == (0, 0, queried)


def test_a_wrong_key_stops_at_once_and_is_told_nowhere(case: Case, desk: Desk) -> None:
    desk.put(case.feed, case.rows(range(5)))
    secrets = desk.settings.destinations[case.name].secrets
    desk.set(secrets=dict.fromkeys(secrets, "wr0ng-secret"))
    record = desk.send()
    assert record.exit_code == 3
    assert len(desk.inbox.requests) <= 2
    assert "wr0ng-secret" not in "\n".join([*desk.listener.lines, *map(str, record.problems)])
    assert case.arrived(desk.inbox) == {}


@pytest.mark.parametrize("case", CASES[:2], ids=lambda case: case.name)
def test_whoever_is_forgotten_is_suppressed_and_deleted_or_listed(case: Case, desk: Desk) -> None:
    rows = case.rows(range(5))
    desk.put(case.feed, rows)
    desk.send()
    with warehouse_of(desk.settings).connect() as connection:
        assert forget_customers(connection, ["key3"]) == 1
    desk.inbox.requests.clear()
    desk.put(case.feed, [row | case.changed for row in rows])
    record = desk.send()
    assert desk.counts(case.feed) == (4, 4, 0, 0)
    is_listed = any("delete by hand" in line and case.key(3) in line for line in desk.listener.lines)
    is_gone = case.key(3) not in case.arrived(desk.inbox)
    assert is_gone == (case.name == "apifon")
    assert is_listed == (case.name == "custobar")
    assert record.exit_code == (4 if is_listed else 0)
    assert desk.send(deleted=[case.key(3)]).exit_code == 0
    assert desk.counts(case.feed) == (4, 0, 4, 0)
    assert desk.send().exit_code == 0
    assert not any("delete by hand" in line for line in desk.listener.lines)


@pytest.mark.parametrize("case", CASES[:2], ids=lambda case: case.name)
def test_whoever_was_forgotten_before_anything_was_sent_is_sent_nowhere(case: Case, desk: Desk) -> None:
    with warehouse_of(desk.settings).connect() as connection:
        ensure_ops(connection)
        assert forget_customers(connection, ["key3"]) == 0
    desk.put(case.feed, case.rows(range(5)))
    assert desk.send().exit_code == 0
    assert case.arrived(desk.inbox) == names(case, [0, 1, 2, 4])
    assert not any("delete by hand" in line for line in desk.listener.lines)
