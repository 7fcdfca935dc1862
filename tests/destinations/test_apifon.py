"""One list of our own at Apifon; nobody who has left or is blocked is subscribed again."""

from __future__ import annotations

from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from pipelines.demo.inbox import Inbox
from pipelines.destinations.base import SEPARATOR
from pipelines.warehouse import warehouse_of
from pipelines.warehouse.receipts import forget_customers
from tests.destinations.desk import Desk, desk_for

EMAIL = "person1@example.com"
LOOKUP = md5(EMAIL.encode()).hexdigest()


@pytest.fixture
def apifon(inbox: Inbox, tmp_path: Path) -> Desk:
    return desk_for("apifon", inbox, tmp_path)


def one(**changes: Any) -> list[dict[str, Any]]:
    row = {
        "email": EMAIL,
        "row_key": LOOKUP,
        "customer_key": "key1",
        "status": "UNSUBSCRIBED",
        "email_status": "SUBSCRIBED",
        "first_name": "Etunimi",
    }
    return [row | changes]


def there(desk: Desk) -> dict[str, Any]:
    return desk.inbox.apifon.ours().subscribers[LOOKUP]


def test_our_own_list_is_made_with_its_fields_and_groups_and_no_other_is_touched(apifon: Desk) -> None:
    row = one(
        destination="358401234567",
        status="SUBSCRIBED",
        rfm_segment="loyal",
        clv="12.50",
        last_order_at="2026-10-01",
        segments=SEPARATOR.join(("vip", "at_risk")),
    )
    apifon.put("subscribers", row)
    assert apifon.send().exit_code == 0
    assert [each.title for each in apifon.inbox.apifon.lists.values()] == ["Verkkokauppa", "kassavirta"]
    assert apifon.inbox.apifon.lists["1"].subscribers == {}
    fields = apifon.inbox.apifon.ours().fields
    assert (fields["CLV"], fields["LAST_ORDER_AT"], fields["RFM_SEGMENT"]) == ("NUMBER", "DATE", "TEXT")
    assert there(apifon) == {
        "email": EMAIL,
        "destination": "358401234567",
        "status": "SUBSCRIBED",
        "email_status": "SUBSCRIBED",
        "subscriber_fields": {
            "FIRST_NAME": "Etunimi",
            "RFM_SEGMENT": "loyal",
            "CLV": "12.5",
            "LAST_ORDER_AT": "2026-10-01",
        },
        "groupOptions": ["AT_RISK", "VIP"],
    }


def test_who_has_left_there_is_not_subscribed_again(apifon: Desk) -> None:
    apifon.put("subscribers", one())
    apifon.send()
    there(apifon)["email_status"] = "UNSUBSCRIBED"
    for name in ("Toinen", "Kolmas"):
        apifon.put("subscribers", one(first_name=name))
        assert apifon.send().exit_code == 0
        assert there(apifon)["subscriber_fields"]["FIRST_NAME"] == name
        assert there(apifon)["email_status"] == "UNSUBSCRIBED"


def test_who_subscribes_again_in_the_shop_is_heard(apifon: Desk) -> None:
    for says in ("SUBSCRIBED", "UNSUBSCRIBED", "SUBSCRIBED"):
        apifon.put("subscribers", one(email_status=says))
        apifon.send()
        assert there(apifon)["email_status"] == says


def test_who_is_blocked_there_is_never_subscribed(apifon: Desk) -> None:
    apifon.inbox.apifon.blocked.add(EMAIL)
    apifon.put("subscribers", one())
    assert apifon.send().exit_code == 0
    assert apifon.inbox.apifon.ours().subscribers == {}
    apifon.inbox.apifon.blocked.clear()
    apifon.put("subscribers", one(first_name="Toinen"))
    apifon.send()
    apifon.inbox.apifon.blocked.add(EMAIL)
    apifon.put("subscribers", one(first_name="Kolmas"))
    assert apifon.send().exit_code == 0
    assert there(apifon)["email_status"] == "UNSUBSCRIBED"


def test_who_is_blocked_there_is_known_in_every_spelling(apifon: Desk) -> None:
    apifon.inbox.apifon.blocked.add(f" {EMAIL.upper()}\u200b")
    apifon.put("subscribers", one())
    assert apifon.send().exit_code == 0
    assert apifon.inbox.apifon.ours().subscribers == {}


def test_without_consent_nobody_is_put_there_and_who_is_there_is_unsubscribed(apifon: Desk) -> None:
    left = {"email_status": "UNSUBSCRIBED", "is_update_only": True}
    apifon.put("subscribers", one(**left))
    assert apifon.send().exit_code == 0
    assert apifon.counts("subscribers") == (0, 0, 0, 0)
    assert "kassavirta" not in [each.title for each in apifon.inbox.apifon.lists.values()]
    apifon.put("subscribers", one())
    apifon.send()
    apifon.put("subscribers", one(**left))
    apifon.send()
    assert there(apifon)["email_status"] == "UNSUBSCRIBED"


def test_each_store_has_a_list_of_its_own_with_its_own_consents(inbox: Inbox, tmp_path: Path) -> None:
    desk = desk_for("apifon", inbox, tmp_path, list_title="kassavirta {store}")
    outlet = {"store": "outlet", "customer_key": "key2"}
    left = {"email_status": "UNSUBSCRIBED", "is_update_only": True}
    desk.put("subscribers", one(clv="12.50") + one(**outlet, clv="99.00"))
    assert desk.send().exit_code == 0
    desk.put("subscribers", one(clv="12.50") + one(**outlet, **left, clv="99.00"))
    assert desk.send().exit_code == 0
    assert desk.counts("subscribers") == (2, 1, 1, 0)
    assert [each.title for each in inbox.apifon.lists.values()][1:] == [
        "kassavirta demo",
        "kassavirta outlet",
    ]
    figures = {
        store: (row["email_status"], row["subscriber_fields"]["CLV"])
        for store in ("demo", "outlet")
        for row in inbox.apifon.ours(f"kassavirta {store}").subscribers.values()
    }
    assert figures == {"demo": ("SUBSCRIBED", "12.5"), "outlet": ("UNSUBSCRIBED", "99")}


def test_who_is_forgotten_is_deleted_from_the_list_of_each_store(inbox: Inbox, tmp_path: Path) -> None:
    desk = desk_for("apifon", inbox, tmp_path, list_title="kassavirta {store}")
    other = {"email": "other@example.com", "customer_key": "key3"}
    other["row_key"] = md5(other["email"].encode()).hexdigest()
    desk.put("subscribers", one() + one(store="outlet", customer_key="key2") + one(**other))
    desk.send()
    inbox.apifon.lists["1"].subscribers[LOOKUP] = {"email": EMAIL}
    with warehouse_of(desk.settings).connect() as connection:
        forget_customers(connection, ["key1", "key2"])
    assert desk.send().exit_code == 0
    kept = {each.title: len(each.subscribers) for each in inbox.apifon.lists.values()}
    assert kept == {"Verkkokauppa": 1, "kassavirta demo": 1, "kassavirta outlet": 0}


@pytest.mark.slow
def test_a_subscriber_whose_answer_was_lost_is_found_there(apifon: Desk) -> None:
    apifon.put("subscribers", [])
    apifon.send()
    apifon.inbox.troubles.silent = 20
    apifon.put("subscribers", one())
    apifon.set(attempts=1)
    for _ in range(25):
        if apifon.send().exit_code == 0:
            break
    posts = [path for method, path, _ in apifon.inbox.requests if method == "POST" and "subscriber" in path]
    assert there(apifon)["email"] == EMAIL
    assert len(posts) == 1
