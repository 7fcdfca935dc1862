"""Broken on purpose: garbage behind a 200, breakdowns, keys that end, clocks that are off, odd texts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import pytest

from pipelines.demo.inbox import HTML, Inbox
from pipelines.demo.inbox_wire import Reply, as_json
from tests.destinations.cases import Case, names, writes
from tests.destinations.desk import Desk, desk_for, people
from tests.stage import first_fast

GARBAGE = {
    "a web page": Reply(200, b"<html>Welcome to the hotel</html>", HTML),
    "a web page that says it is JSON": Reply(200, b"<html>Welcome to the hotel</html>"),
    "no text": Reply(200, b"\xff\xfe\x00"),
    "null": Reply(200, b"null"),
    "a word": Reply(200, b'"ok"'),
    "a list of numbers": Reply(200, b"[1, 2]"),
}
NOTHING = {"nothing": Reply(200), "an empty object": Reply(200, b"{}")}
ERROR = {"response": "ok", "status": 500, "statusCode": 500, "error": {"reason": "it is down"}}


def said(desk: Desk, run: Any) -> str:
    return "\n".join([*desk.listener.lines, *map(str, run.problems)])


@pytest.fixture
def field(case: Case) -> str:
    """A field that holds any text."""
    return next(iter(case.changed))


@pytest.mark.parametrize("garbage", first_fast(GARBAGE.values()), ids=GARBAGE)
def test_garbage_behind_a_200_is_no_receipt(case: Case, desk: Desk, garbage: Reply) -> None:
    desk.set(attempts=1)
    desk.put(case.feed, case.rows(range(25)))
    desk.inbox.troubles.garbled, desk.inbox.troubles.garbage = ("POST", "PUT"), garbage
    run = desk.send()
    assert run.exit_code == 3
    assert "hotel" not in said(desk, run)
    assert desk.ask("select count(*) from ops.sync_rows where status = 'accepted'") == [(0,)]
    queried, sent, unchanged, failed = desk.counts(case.feed)
    assert (sent, unchanged, failed) == (0, 0, queried)
    desk.inbox.troubles.garbled = ()
    assert desk.send().exit_code == 0
    assert case.arrived(desk.inbox) == names(case, range(25))


@pytest.mark.parametrize("garbage", first_fast({**GARBAGE, **NOTHING}.values()), ids={**GARBAGE, **NOTHING})
def test_nothing_is_sent_when_what_must_be_known_is_garbage(case: Case, desk: Desk, garbage: Reply) -> None:
    desk.set(attempts=1)
    desk.put(case.feed, case.rows(range(5)))
    desk.inbox.troubles.garbled, desk.inbox.troubles.garbage = ("GET",), garbage
    assert desk.send().exit_code == 3
    assert writes(desk.inbox) == 0


@pytest.mark.parametrize("garbage", NOTHING.values(), ids=NOTHING)
def test_custobar_must_say_ok(custobar: Desk, garbage: Reply) -> None:
    custobar.set(attempts=1)
    custobar.put("customers", people(range(3)))
    custobar.inbox.troubles.garbled, custobar.inbox.troubles.garbage = ("POST",), garbage
    assert custobar.send().exit_code == 3
    assert custobar.counts("customers") == (3, 0, 0, 3)


def test_an_error_behind_a_200_is_an_error(case: Case, desk: Desk) -> None:
    desk.put(case.feed, case.rows(range(3)))
    desk.inbox.troubles.garbled, desk.inbox.troubles.garbage = ("POST", "PUT"), Reply(200, as_json(ERROR))
    assert desk.send().exit_code > 0
    assert desk.ask("select count(*) from ops.sync_rows where status = 'accepted'") == [(0,)]


def test_pages_that_never_end_are_not_read_for_ever(case: Case, desk: Desk) -> None:
    row = {"id": "5", "title": "x", "destination": "y", "productCode": "P"}
    keys = ("customers", "events", "lists", "subscribers")
    pages: Any = [row] * 250
    if case.name != "ogoship":
        pages = {**{key: [row] for key in keys}, "next_url": "/x?page=2", "links": {"next": "?page=2"}}
    desk.put(case.feed, case.rows(range(3)))
    desk.inbox.troubles.garbled, desk.inbox.troubles.garbage = ("GET",), Reply(200, as_json(pages))
    assert desk.send().exit_code == 3
    assert len(desk.inbox.requests) < 10


def test_a_row_over_which_it_breaks_down_is_found_and_named(case: Case, desk: Desk, field: str) -> None:
    desk.set(attempts=1)
    desk.inbox.troubles.poison = b"Poison"
    rows = case.rows(range(25))
    rows[13] |= {field: "Poison"}
    desk.put(case.feed, rows)
    assert desk.send().exit_code == 4
    assert case.arrived(desk.inbox) == names(case, [*range(13), *range(14, 25)])
    ((status, reason),) = desk.ask("select status, reason from ops.sync_rows where status <> 'accepted'")
    assert (status, "500" in reason) == ("refused", True)
    before = writes(desk.inbox)
    assert desk.send().exit_code == 4
    assert writes(desk.inbox) == before
    desk.put(case.feed, case.rows(range(25)))
    assert desk.send().exit_code == 0
    assert case.arrived(desk.inbox) == names(case, range(25))


def test_when_it_breaks_down_over_everything_it_is_not_the_rows(case: Case, desk: Desk, field: str) -> None:
    desk.set(attempts=1)
    desk.inbox.troubles.poison = case.rows([0])[0][field].split()[0].encode()
    desk.put(case.feed, case.rows(range(200)))
    assert desk.send().exit_code == 3
    assert len(desk.inbox.requests) < 60
    queried, sent, unchanged, failed = desk.counts(case.feed)
    assert (sent, unchanged, failed) == (0, 0, queried)


def test_a_key_that_is_revoked_in_the_middle_stops_and_the_next_run_goes_on(custobar: Desk) -> None:
    custobar.set(rows_per_request=10)
    custobar.put("customers", people(range(45)))
    custobar.inbox.custobar.uploads_left = 2
    key = custobar.inbox.custobar.key
    run = custobar.send()
    assert run.exit_code == 3
    assert "key is wrong" in str(run.problems[0])
    assert custobar.counts("customers") == (45, 20, 0, 25)
    custobar.inbox.custobar.key, custobar.inbox.custobar.uploads_left = key, None
    assert custobar.send().exit_code == 0
    assert custobar.counts("customers") == (45, 25, 20, 0)
    assert len(custobar.inbox.custobar.customers) == 45


def test_a_token_that_ends_before_its_time_is_renewed(inbox: Inbox, tmp_path: Path) -> None:
    desk = desk_for("ogoship", inbox, tmp_path)
    inbox.ogoship.voided_every = 7
    rows = [{"code": f"P{n}", "languagecode": "fi", "name": "x", "same_code_count": 1} for n in range(25)]
    desk.put("products", rows)
    assert desk.send().exit_code == 0
    assert len(inbox.ogoship.products) == 25
    assert (inbox.ogoship.logins, inbox.ogoship.refreshes > 2) == (1, True)


def test_a_clock_that_is_off_is_told(inbox: Inbox, tmp_path: Path) -> None:
    desk = desk_for("apifon", inbox, tmp_path)
    inbox.apifon.ahead = timedelta(minutes=10)
    row = {"email": "person1@example.com", "status": "UNSUBSCRIBED", "email_status": "SUBSCRIBED"}
    desk.put("subscribers", [row])
    run = desk.send()
    assert run.exit_code == 3
    assert "clock" in str(run.problems[0])
    inbox.apifon.ahead = timedelta(minutes=-4)
    assert desk.send().exit_code == 0


def test_odd_texts_arrive_as_they_are_and_no_null_byte_does(case: Case, desk: Desk, field: str) -> None:
    odd = [
        "Åke 🧦",
        "\u202e\u05d2\u05df",
        "e\u0301",
        "a\nb\tc",
        "\"'; drop table x --",
        "\\u0041",
        "{{ x }}",
        "é" * 100_000,
    ]
    rows = [row | {field: text} for row, text in zip(case.rows(range(8)), odd, strict=True)]
    rows += [row | {field: "Null\x00byte\x07"} for row in case.rows([8])]
    desk.put(case.feed, rows)
    assert desk.send().exit_code == 0
    arrived = case.arrived(desk.inbox)
    assert [arrived[case.key(number)] for number in range(9)] == [*odd, "Nullbyte"]
    assert desk.send().exit_code == 0
    assert desk.counts(case.feed) == (9, 0, 9, 0)


def test_a_row_that_is_too_large_for_what_stands_before_it_is_named(custobar: Desk) -> None:
    custobar.put("customers", [*people(range(9)), *people([9], company="x" * 3_000_000)])
    assert custobar.send().exit_code == 4
    assert len(custobar.inbox.custobar.customers) == 9
    ((key, reason),) = custobar.ask("select row_key, reason from ops.sync_rows where status = 'refused'")
    assert (key, "413" in reason) == ("demo-9", True)


@pytest.mark.slow
def test_who_says_no_while_a_long_run_is_under_way_is_heard(custobar: Desk) -> None:
    """What people have said is read back again before each page, of 2,000 rows."""
    numbers, inbox = range(2_100), custobar.inbox
    custobar.set(rows_per_request=500, read_again_minutes=0.0)
    custobar.put("customers", people(numbers))
    custobar.send()
    custobar.put("customers", people(numbers, city="Turku"))
    inbox.requests.clear()
    inbox.troubles.seconds = 0.1
    run = Thread(target=custobar.send)
    run.start()
    while not any(method == "POST" for method, *_ in inbox.requests):
        sleep(0.01)
    inbox.custobar.customers["demo-999"]["can_email"] = False  # the last of all keys
    run.join()
    assert inbox.custobar.customers["demo-999"]["city"] == "Turku"
    assert inbox.custobar.customers["demo-999"]["can_email"] is False
