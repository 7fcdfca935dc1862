"""What Custobar gets is what was desired, whatever goes wrong on the way; no consent is made up."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.demo.inbox import Inbox
from pipelines.destinations.base import SEPARATOR
from tests.destinations.desk import Desk, desk_for, people

NOON, EVENING = "2026-11-01T12:00:00+00:00", "2026-11-01T18:00:00+00:00"


def consents(desk: Desk) -> dict[str, bool | None]:
    return {key: row.get("can_email") for key, row in desk.inbox.custobar.customers.items()}


def say_no(desk: Desk, *keys: str, at: str | None = None) -> None:
    """People unsubscribe at Custobar."""
    for key in keys:
        desk.inbox.custobar.customers.setdefault(key, {"external_id": key})["can_email"] = False
        if at:
            event = {"type": "MAIL_UNSUBSCRIBE", "date": at, "customer_id": key, "accepted_at": 0.0}
            desk.inbox.custobar.events.append(event)


def test_enrich_sends_computed_fields_and_nothing_else(inbox: Inbox, tmp_path: Path) -> None:
    desk = desk_for("custobar", inbox, tmp_path)
    assert [feed.name for feed in (desk.feed("customer_segments"),)] == ["customer_segments"]
    theirs = {"external_id": "7", "email": "seven@example.com", "can_email": False, "city": "Turku"}
    inbox.custobar.customers["7"] = dict(theirs)
    row = {
        "external_id": "7",
        "custom__segments": SEPARATOR.join(("vip", "at_risk")),
        "custom__clv": 12345,
        "custom__rfm_segment": "loyal",
    }
    desk.put("customer_segments", [row])
    assert desk.send().exit_code == 0
    ours = {"demo__segments": ["at_risk", "vip"], "demo__clv": 12345, "demo__rfm_segment": "loyal"}
    assert inbox.custobar.customers["7"] == theirs | ours
    desk.put("customer_segments", [row | {"custom__segments": None, "custom__rfm_segment": None}])
    assert desk.send().exit_code == 0
    assert inbox.custobar.customers["7"] == theirs | {"demo__clv": 12345}


def test_unknown_consent_is_never_sent(custobar: Desk) -> None:
    rows = [*people([1], can_email=None), *people([2], can_email=False), *people([3])]
    custobar.put("customers", rows)
    assert custobar.send().exit_code == 0
    assert consents(custobar) == {"demo-1": None, "demo-2": False, "demo-3": True}


def test_a_newer_no_there_is_never_overwritten(custobar: Desk) -> None:
    custobar.put("customers", people([1, 2]))
    custobar.send()
    say_no(custobar, "demo-1")
    for city in ("Turku", "Oulu"):
        custobar.put("customers", people([1, 2], city=city))
        assert custobar.send().exit_code == 0
        assert consents(custobar) == {"demo-1": False, "demo-2": True}
        assert custobar.inbox.custobar.customers["demo-1"]["city"] == city


def test_a_no_of_somebody_we_never_sent_stands(custobar: Desk) -> None:
    say_no(custobar, "demo-1")
    custobar.put("customers", people([1], consented_at=NOON))
    custobar.send()
    assert consents(custobar) == {"demo-1": False}


@pytest.mark.parametrize(("said_yes", "expected"), [(NOON, False), (EVENING, True)])
def test_the_newer_word_counts_where_both_are_dated(custobar: Desk, said_yes: str, expected: bool) -> None:
    custobar.put("customers", people([1], can_email=None))
    custobar.send()
    say_no(custobar, "demo-1", at="2026-11-01T15:00:00+00:00")
    custobar.put("customers", people([1], consented_at=said_yes))
    custobar.send()
    assert consents(custobar) == {"demo-1": expected}


def test_who_says_yes_again_in_the_shop_is_heard(custobar: Desk) -> None:
    for says in (True, False, True):
        custobar.put("customers", people([1], can_email=says))
        custobar.send()
        assert consents(custobar) == {"demo-1": says}


@pytest.fixture
def events(inbox: Inbox, tmp_path: Path) -> Desk:
    """Five subscriptions to tell of."""
    desk = desk_for("custobar", inbox, tmp_path, mode="full", attempts=3, settle_minutes=0.0)
    desk.put_nothing_else("events")
    said = {"type": "MAIL_SUBSCRIBE", "date": NOON}
    desk.put("events", [{"row_key": f"e{n}", "customer_id": f"demo-{n}", **said} for n in range(5)])
    return desk


def test_an_event_whose_answer_was_lost_is_looked_up_and_not_sent_again(events: Desk) -> None:
    events.inbox.troubles.silent = 1
    assert events.send().exit_code == 3
    assert events.counts("events") == (5, 0, 0, 5)
    assert len(events.inbox.custobar.events) == 5
    assert events.send().exit_code == 0
    assert events.counts("events") == (5, 5, 0, 0)
    assert len(events.inbox.custobar.events) == 5


def test_an_event_that_cannot_be_looked_up_yet_waits(events: Desk) -> None:
    """What was accepted can be read only later; sent again at once, it would be there twice."""
    events.set(settle_minutes=15.0)
    events.inbox.custobar.settles = 3600.0
    events.inbox.troubles.silent = 1
    events.send()
    assert events.send().exit_code == 4
    assert events.counts("events") == (5, 0, 0, 5)
    assert len(events.inbox.custobar.events) == 5


def test_a_yes_that_may_have_been_heard_is_no_reason_to_overwrite_a_no(custobar: Desk) -> None:
    custobar.set(attempts=1)
    custobar.put("customers", people([1], can_email=False))
    custobar.send()
    custobar.inbox.troubles.silent = 1
    custobar.put("customers", people([1]))
    assert custobar.send().exit_code == 3
    assert consents(custobar) == {"demo-1": True}
    say_no(custobar, "demo-1")
    assert custobar.send().exit_code == 0
    assert consents(custobar) == {"demo-1": False}


def test_an_event_that_was_never_heard_is_sent_by_the_next_run(events: Desk) -> None:
    events.inbox.troubles.down.extend([500])
    assert events.send().exit_code == 3
    assert events.inbox.custobar.events == []
    assert events.send().exit_code == 0
    assert sorted(row["customer_id"] for row in events.inbox.custobar.events) == [
        f"demo-{n}" for n in range(5)
    ]


def test_a_subscription_older_than_a_no_there_is_not_told(events: Desk) -> None:
    say_no(events, "demo-3", at=EVENING)
    assert events.send().exit_code == 0
    assert events.counts("events") == (5, 4, 1, 0)
    assert events.send().exit_code == 0
    assert events.counts("events") == (5, 0, 5, 0)


def test_nothing_is_said_of_consent_when_it_cannot_be_read_back(custobar: Desk) -> None:
    custobar.put("customers", people([1]))
    custobar.set(attempts=1)
    custobar.inbox.troubles.limited = 1.0
    assert custobar.send().exit_code == 3
    assert custobar.counts("customers") == (0, 0, 0, 0)
    assert custobar.inbox.custobar.customers == {}


def test_a_refusal_behind_a_200_is_a_refusal(custobar: Desk) -> None:
    """The inbox answers every second refusal with 200 and a body that says error."""
    custobar.put("customers", [*people([1, 2]), *people([3], language="zz")])
    assert custobar.send().exit_code == 4
    assert custobar.counts("customers") == (3, 2, 0, 1)
    assert sorted(custobar.inbox.custobar.customers) == ["demo-1", "demo-2"]
