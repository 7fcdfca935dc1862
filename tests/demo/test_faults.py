"""Each named fault, and that a retry gets through the passing ones."""

import json
import time
from collections.abc import Callable
from http.client import HTTPException
from typing import Any

import pytest

from pipelines.demo.faults import FAULTS, Faults
from pipelines.demo.shop import Shop

PASSING = [name for name, fault in FAULTS.items() if fault.every > 1 and name != "timeouts"]


def outcome(client: Any, page: int = 1) -> str:
    try:
        answer = client.get("/orders", {"page_size": 3, "page": page})
        return str(answer.status) if answer.status != 200 or answer.ids else "empty"
    except (HTTPException, ConnectionError):
        client.close()
        return "broken"
    except json.JSONDecodeError:
        return "unreadable"


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("rate-limit", {"429"}),
        ("server-errors", {"500", "503"}),
        ("disconnects", {"broken"}),
        ("broken-json", {"unreadable"}),
        ("truncated", {"broken"}),
        ("html", {"unreadable"}),
        ("html-503", {"503"}),
    ],
)
def test_a_passing_fault_strikes_now_and_then(
    shop: Shop, ask: Callable[..., Any], name: str, seen: set[str]
) -> None:
    client = ask(shop, faults=[name])
    outcomes = [outcome(client, page) for page in range(1, 41)]
    struck = [place for place, result in enumerate(outcomes) if result != "200"]
    assert {outcomes[place] for place in struck} <= seen
    assert len(struck) == 40 // FAULTS[name].every
    assert struck[0] == FAULTS[name].every - 1


@pytest.mark.parametrize("name", PASSING)
def test_a_retry_gets_through(shop: Shop, ask: Callable[..., Any], name: str) -> None:
    client = ask(shop, faults=[name])
    outcomes = [outcome(client) for _ in range(40)]
    failures = [place for place, result in enumerate(outcomes) if result != "200"]
    assert failures
    assert all(outcomes[place + 1] == "200" for place in failures if place < 39)


def test_a_retry_gets_through_all_faults_at_once(shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(shop, faults=PASSING)
    for page in range(1, 41):
        assert "200" in (outcome(client, page), outcome(client, page))


def test_the_wait_is_told(shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(shop, faults=["rate-limit"])
    answers = [client.get("/orders", {"page_size": 1, "page": page}) for page in range(7)]
    assert (answers[6].status, answers[6].headers["Retry-After"]) == (429, "1")


def test_a_stall_ends_with_the_server_at_the_latest(shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(shop, faults=["timeouts"])
    client._connection.timeout = 0.2
    for page in range(8):
        assert client.get("/orders", {"page_size": 1, "page": page}).status == 200
    client.close()
    with pytest.raises(TimeoutError):
        client.get("/orders", {"page_size": 1, "page": 8})
    client.close()
    assert client.server.requests[-1][-1] == 0
    assert client.get("/orders", {"page_size": 1, "page": 8}).status == 200


@pytest.mark.parametrize(("name", "status"), [("wrong-key", "401"), ("no-plan", "404")])
def test_a_lasting_fault_strikes_always(shop: Shop, ask: Callable[..., Any], name: str, status: str) -> None:
    client = ask(shop, faults=[name])
    assert {outcome(client, page) for page in range(1, 9)} == {status}


def test_slow(shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(shop, faults=["slow"], latency=0.05)
    started = time.monotonic()
    assert outcome(client) == "200"
    assert 0.35 <= time.monotonic() - started < 2


def test_orders_v0(shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(shop, faults=["orders-v0"])
    assert client.get("/orders").status == 404
    assert client.get("/api/v0/orders").status == 200


def test_a_sick_order_spoils_each_page_it_is_on(shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(shop, faults=["sick-order"])
    sick = shop.ids("orders")[300]
    statuses = [client.get("/orders", {"page_size": 100, "page": page}).status for page in range(1, 7)]
    assert statuses == [200, 200, 200, 500, 200, 200]
    assert client.get(f"/orders/{sick}").status == 500
    assert client.get("/orders", {"page_size": 1, "page": 301}).status == 500
    assert client.get("/orders", {"page_size": 1, "page": 302}).status == 200


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown fault earthquake: choose from rate-limit"):
        Faults(["earthquake"])


def test_the_ledger_knows_no_faults(shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(shop, faults=["wrong-key", "no-plan"])
    assert client.get("/demo/ledger").json["counted_orders"] == shop.ledger().counted_orders
