"""What a test may switch on and off while the shop is served."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipelines.demo.shop import Shop

PATHS = {
    "orders": "/orders",
    "products": "/products",
    "gift_cards": "/gift-cards",
    "stock_changes": "/stock-changes",
    "customer_shipping_addresses": "/customers/{}/shipping-addresses",
    "subcategories": "/categories/1/subcategories",
}


def path_of(shop: Shop, name: str) -> str:
    addresses = shop.ids("customer_shipping_addresses")
    return PATHS[name].format(shop.get("customer_shipping_addresses", addresses[0])["customer_id"])


@pytest.mark.parametrize("name", PATHS)
def test_a_sick_record_spoils_each_answer_it_is_in(shop: Shop, ask: Callable[..., Any], name: str) -> None:
    client, path = ask(shop), path_of(shop, name)
    sick = shop.ids(name)[0]
    client.server.sick[name].add(sick)
    for _ in range(2):
        assert client.get(path, {"page_size": 1, "page": 1}).status == 500
        assert client.get(path, {"page_size": 50}).status == 500
    assert client.get(path, {"page_size": 1, "page": 99}).status == 200
    client.server.sick[name].discard(sick)
    assert client.get(path, {"page_size": 50}).status == 200


def test_the_same_id_of_another_list_is_well(shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(shop)
    client.server.sick["brands"] = {1, 2, 3}
    client.server.garbled["suppliers"] = {1}
    assert client.get("/versions").status == 200
    assert client.get("/versions/1").json["data"]["id"] == 1
    assert client.get("/brands").status == client.get("/brands/2").status == 500
    assert client.get("/brands/5").status == 200


@pytest.mark.parametrize("name", PATHS)
def test_a_garbled_record_cuts_each_answer_it_is_in(shop: Shop, ask: Callable[..., Any], name: str) -> None:
    client, path = ask(shop), path_of(shop, name)
    whole = client.get(path, {"page_size": 50})
    client.server.garbled[name] = {shop.ids(name)[0]}
    half = client.get(path, {"page_size": 50})
    assert (half.status, half.body) == (200, whole.body[: len(whole.body) // 2])
    with pytest.raises(json.JSONDecodeError):
        _ = half.json
    assert "data" in client.get(path, {"page_size": 1, "page": 99}).json
    client.server.garbled[name].clear()
    assert client.get(path, {"page_size": 50}).body == whole.body


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("status", [403, 404])
def test_a_list_may_be_refused(shop: Shop, ask: Callable[..., Any], name: str, status: int) -> None:
    client, path = ask(shop), path_of(shop, name)
    client.server.refused[name] = status
    assert client.get(path, {"page_size": 5}).status == status
    assert client.get(path).json.keys() == {"error", "description"}
    assert client.get("/customers").status == 200
    del client.server.refused[name]
    assert client.get(path, {"page_size": 5}).status == 200


def test_a_refused_list_has_no_records_either(shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(shop)
    client.server.refused["customers"] = 403
    number = shop.ids("customers")[0]
    assert client.get(f"/customers/{number}").status == 403
    assert client.get(f"/customers/{number}/shipping-addresses").status == 200
    assert client.request("GET", "/api/v1/customers", {"Accept": "application/json"}).status == 401


def test_a_sick_order_is_in_the_sick_list(shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(shop, faults=["sick-order"])
    assert client.server.sick == {"orders": {shop.ids("orders")[300]}}
    client.server.sick.clear()
    assert client.get("/orders", {"page_size": 600}).status == 200


def test_a_heavy_record_is_served_whole(own_shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(own_shop)
    number = own_shop.ids("orders")[3]
    heavy = [{"code": "cart", "data": {"cart": 'ä, "x"]}' * 500_000}}]
    rows = [{"id": 1, "return_reasons": [{"code": "r", "text": 'a"]}' * 1_000_000}]}]
    own_shop.update("orders", number, {"events": heavy, "products": rows})
    page = client.get("/orders", {"page_size": 10, "expand": "events,products.return_reasons"})
    assert len(page.body) > 8_000_000
    order = page.json["data"][3]
    assert (order["id"], order["events"], order["products"]) == (number, heavy, rows)
    bare = client.get("/orders", {"page_size": 10, "expand": "products"}).json["data"][3]
    assert bare["products"] == [{"id": 1}]
