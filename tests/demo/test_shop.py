"""The shop's life: the same for the same seed, and open to edits while it is served."""

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from pipelines.demo.opening import make_shop
from pipelines.demo.resources import RESOURCES
from pipelines.demo.shop import Shop

HELSINKI = ZoneInfo("Europe/Helsinki")


def everything(shop: Shop) -> dict[str, list[dict[str, Any]]]:
    return {name: [shop.get(name, record) for record in shop.ids(name)] for name in RESOURCES}


def times_in(value: Any) -> list[datetime]:
    if isinstance(value, dict):
        return [time for inner in value.values() for time in times_in(inner)]
    if isinstance(value, list):
        return [time for inner in value for time in times_in(inner)]
    if isinstance(value, str) and len(value) == 25 and value[10:11] == "T":
        return [datetime.fromisoformat(value)]
    return []


def test_the_same_seed_makes_the_same_shop(end: int) -> None:
    with (
        make_shop(60, 3, end) as one,
        make_shop(60, 3, end) as other,
        make_shop(60, 4, end) as third,
    ):
        assert everything(one) == everything(other)
        assert one.ledger() == other.ledger()
        assert everything(one) != everything(third)


@pytest.mark.parametrize("size", [0, 1, 7, 249, 250, 600])
def test_there_are_exactly_as_many_orders_as_asked(size: int, end: int) -> None:
    with make_shop(size, 5, end) as shop:
        assert len(shop.ids("orders")) == size


def test_nothing_is_dated_after_the_end(shop: Shop, end: int) -> None:
    times = times_in(everything(shop))
    last = datetime.fromtimestamp(end, HELSINKI)
    assert last - timedelta(days=3 * 365 + 60) < min(times)
    assert last - timedelta(days=3) < max(times) <= last


def test_every_time_carries_the_offset_of_helsinki(shop: Shop) -> None:
    for time in times_in(everything(shop)):
        assert time.utcoffset() == time.astimezone(HELSINKI).utcoffset()


def test_there_are_orders_at_odd_hours(end: int) -> None:
    with make_shop(5000, 1, end) as shop:
        created = [time_of(shop.get("orders", number)["created_at"]) for number in shop.ids("orders")]
    texts = [time.isoformat() for time in created]
    assert any(text[11:19] == "00:00:00" for text in texts)
    assert any(text[11:19] == "23:59:59" for text in texts)
    assert any("-10-" in text and text[11:13] == "03" and "+02:00" in text for text in texts)
    assert any("-03-" in text and text[11:13] == "04" and "+03:00" in text for text in texts)


def time_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_customers_come_back_and_lapse(shop: Shop) -> None:
    ledger = shop.ledger()
    assert ledger.buyers < ledger.counted_orders * 0.7
    assert all(ledger.segments.values())
    assert ledger.guest_buyers > 0


def test_a_guest_registers_later(shop: Shop) -> None:
    accounts = {
        customer["email"].lower(): customer["created_at"]
        for customer in (shop.get("customers", number) for number in shop.ids("customers"))
    }
    guests = [
        order
        for order in (shop.get("orders", number) for number in shop.ids("orders"))
        if order["customer_id"] is None
        and accounts.get(order["customer_information"]["email"].strip().lower(), "") > order["created_at"]
    ]
    assert guests


def test_some_subscribers_never_buy_and_some_leave(shop: Shop) -> None:
    subscribers = [shop.get("email_subscribers", number) for number in shop.ids("email_subscribers")]
    buyers = {
        shop.get("orders", number)["customer_information"]["email"].strip().lower()
        for number in shop.ids("orders")
    }
    emails = [subscriber["email"] for subscriber in subscribers]
    assert any(email.strip().lower() not in buyers for email in emails)
    assert any(email.strip().lower() in buyers for email in emails)
    assert any(email != email.strip() for email in emails)
    assert any(subscriber["unsubscribed_at"] for subscriber in subscribers)
    assert any(subscriber["unsubscribed_at"] is None for subscriber in subscribers)


def test_an_update_moves_updated_at(own_shop: Shop, ask: Callable[..., Any], end: int) -> None:
    client = ask(own_shop)
    number = own_shop.ids("orders")[5]
    own_shop.update("orders", number, {"status": "OPEN", "total": Decimal("1234.10")}, at=end + 60)
    order = client.get(f"/orders/{number}").json["data"]
    assert (order["status"], order["total"]) == ("OPEN", Decimal("1234.1"))
    assert order["updated_at"] == "2026-03-20T12:01:00+02:00"
    assert client.get("/orders", {"updated_at-from": end + 1}).ids == [number]


def test_an_update_may_leave_updated_at_alone(own_shop: Shop, ask: Callable[..., Any], end: int) -> None:
    client = ask(own_shop)
    number = own_shop.ids("orders")[5]
    before = own_shop.get("orders", number)
    own_shop.update("orders", number, {"payments": []}, bump=False)
    assert own_shop.get("orders", number) == before | {"payments": []}
    assert client.get("/orders", {"page_size": 99, "expand": "payments"}).json["data"][5]["payments"] == []
    assert client.get("/orders", {"updated_at-from": end + 1}).ids == []


def test_a_new_record_has_all_fields(own_shop: Shop, end: int) -> None:
    number = own_shop.insert("customers", {"email": "uusi@example.fi"}, at=end)
    customer = own_shop.get("customers", number)
    assert number == own_shop.ids("customers")[-1]
    assert customer["created_at"] == customer["updated_at"] == "2026-03-20T12:00:00+02:00"
    assert customer["customer_groups"] == []
    assert customer.keys() == own_shop.get("customers", own_shop.ids("customers")[0]).keys()


def test_a_new_record_may_take_a_free_id_among_the_others(own_shop: Shop) -> None:
    ids = own_shop.ids("orders")
    own_shop.delete("orders", ids[30])
    own_shop.insert("orders", {"id": ids[30], "status": "CANCELLED"})
    assert own_shop.ids("orders") == ids
    assert own_shop.get("orders", ids[30])["products"] == []


def test_what_is_deleted_is_gone(own_shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(own_shop)
    first = own_shop.ids("email_subscribers")[0]
    own_shop.delete("email_subscribers", first)
    assert first not in client.get("/email-subscribers", {"page_size": 500}).ids
    assert client.get(f"/email-subscribers/{first}").status == 404
    with pytest.raises(KeyError):
        own_shop.delete("email_subscribers", first)


def test_edits_are_not_in_the_ledger(own_shop: Shop) -> None:
    before = own_shop.ledger()
    own_shop.delete("orders", own_shop.ids("orders")[0])
    assert own_shop.ledger() == before


def test_letters_and_quotes_survive_an_edit(own_shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(own_shop)
    number = own_shop.ids("orders")[0]
    text = 'ä "ö"\n,"products":[{"return_reasons":[]}] \\ ☆'
    own_shop.update("orders", number, {"details": text, "comments": [{"text": text}]})
    order = client.get(f"/orders/{number}", {"expand": "comments"}).json["data"]
    assert (order["details"], order["comments"]) == (text, [{"text": text}])
    assert "products" not in order


def test_return_reasons_are_cut_out_whatever_they_say(own_shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(own_shop)
    number = own_shop.ids("orders")[0]
    reasons = [{"code": "a]", "text": 'b"]} \\'}, {"code": "[", "text": ""}]
    own_shop.update("orders", number, {"products": [{"id": 1, "return_reasons": reasons}, {"id": 2}]})
    bare = client.get(f"/orders/{number}", {"expand": "products"}).json["data"]["products"]
    assert bare == [{"id": 1}, {"id": 2}]
    whole = client.get(f"/orders/{number}", {"expand": "products.return_reasons"}).json["data"]
    assert whole["products"] == [{"id": 1, "return_reasons": reasons}, {"id": 2}]


def test_a_page_is_one_moment(own_shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(own_shop)
    ids = own_shop.ids("orders")[:2]
    stop = threading.Event()

    def count_up() -> None:
        for total in range(10**6):
            for number in ids:
                own_shop.update("orders", number, {"total": total}, bump=False)
            if stop.is_set():
                return

    for number in ids:
        own_shop.update("orders", number, {"total": 0})
    writer = threading.Thread(target=count_up)
    writer.start()
    try:
        for _ in range(30):
            first, second = client.get("/orders", {"page_size": 2}).json["data"]
            assert first["total"] - second["total"] in (0, 1)
    finally:
        stop.set()
        writer.join()


def test_the_ledger_is_json(shop: Shop, client: Any) -> None:
    assert client.request("GET", "/demo/ledger", {}).json == json.loads(json.dumps(shop.ledger().as_json()))
