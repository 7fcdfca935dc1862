"""The API's manners; the numbers in names are sections of reference/mycashflow-api.md."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from pipelines.demo.resources import RESOURCES
from pipelines.demo.shop import Shop

EVERYTHING = ",".join(RESOURCES["orders"].everything)


def moment(text: str) -> float:
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=time.tzinfo or ZoneInfo("Europe/Helsinki")).timestamp()


def test_1_4_pages_hold_every_record_once(client: Any, shop: Shop) -> None:
    pages = [client.get("/orders", {"page_size": 70, "page": page}) for page in range(1, 10)]
    assert [number for page in pages for number in page.ids] == shop.ids("orders")
    assert pages[2].json["meta"] == {
        "page": 3,
        "page_size": 70,
        "page_count": 9,
        "item_count": 600,
        "next": pages[2].json["meta"]["next"],
    }


def test_1_3_next_is_there_only_when_there_is_more(client: Any) -> None:
    query = {"page_size": 200, "expand": "products,payments", "updated_at-to": "2026-12-31"}
    last = client.get("/orders", query | {"page": 3})
    assert "next" not in last.json["meta"]
    following = urlsplit(client.get("/orders", query | {"page": 2}).json["meta"]["next"])
    assert client.request("GET", f"{following.path}?{following.query}").json == last.json


def test_1_4_a_page_past_the_end_is_empty(client: Any) -> None:
    answer = client.get("/orders", {"page_size": 100, "page": 7}).json
    assert answer["data"] == []
    assert answer["meta"] == {"page": 7, "page_size": 100, "page_count": 6, "item_count": 600}


def test_1_4_without_page_size_there_are_50_and_page_is_ignored(client: Any, shop: Shop) -> None:
    assert client.get("/orders", {"page": 3}).ids == shop.ids("orders")[:50]
    assert client.get("/orders", {"page": 0, "page_size": 5}).ids == shop.ids("orders")[:5]


def test_a_cap_on_page_size_shows_in_meta_only(shop: Shop, ask: Callable[..., Any]) -> None:
    answer = ask(shop, page_size_cap=40).get("/orders", {"page_size": 100, "page": 2})
    assert answer.ids == shop.ids("orders")[40:80]
    assert answer.json["meta"]["page_size"] == 40


@pytest.mark.parametrize("sort", ["id-asc", "id-desc", "updated_at-asc", "updated_at-desc"])
def test_1_5_sorts(client: Any, sort: str) -> None:
    records = client.get("/orders", {"page_size": 600, "sort": sort}).json["data"]
    field, direction = sort.split("-")
    values = [moment(record[field]) if field != "id" else record["id"] for record in records]
    assert values == sorted(values, reverse=direction == "desc")
    assert len({record["id"] for record in records}) == 600


@pytest.mark.parametrize("field", ["created_at", "updated_at", "archived_at"])
def test_1_7_filters_hold_both_ends(client: Any, orders: list[Any], field: str) -> None:
    stamped = sorted((order for order in orders if order[field]), key=lambda o: moment(o[field]))
    low, high = stamped[100][field], stamped[200][field]
    found = client.get("/orders", {f"{field}-from": low, f"{field}-to": high, "page_size": 600})
    assert found.ids == [
        order["id"]
        for order in orders
        if order[field] and moment(low) <= moment(order[field]) <= moment(high)
    ]
    assert {stamped[100]["id"], stamped[200]["id"]} <= set(found.ids)


def test_3_1_shipments_completed_at(client: Any, orders: list[Any]) -> None:
    found = client.get("/orders", {"shipments_completed_at-from": "2026-01-01", "page_size": 600})
    assert found.ids == [
        order["id"]
        for order in orders
        if any((parcel["completed_at"] or "") > "2026" for parcel in order["shipments"])
    ]


def test_3_1_status(client: Any, orders: list[Any]) -> None:
    for status in ("open", "completed", "cancelled"):
        found = client.get("/orders", {"status": status, "page_size": 600})
        assert found.ids == [order["id"] for order in orders if order["status"] == status.upper()]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2025-06-01", "2025-06-01T00:00:00+03:00"),
        ("2025-06-01T10:30:00", "2025-06-01T10:30:00+03:00"),
        ("2025-06-01T10:30:00+00:00", "2025-06-01T13:30:00+03:00"),
        ("2025-12-01T10:30:00", "2025-12-01T10:30:00+02:00"),
        ("1748763000", "2025-06-01T10:30:00+03:00"),
    ],
)
def test_1_6_filter_forms(client: Any, orders: list[Any], written: str, meant: str) -> None:
    found = client.get("/orders", {"created_at-from": written, "page_size": 600}).ids
    assert found == [order["id"] for order in orders if moment(order["created_at"]) >= moment(meant)]


def test_a_plain_date_at_the_end_is_the_whole_day(client: Any, orders: list[Any]) -> None:
    day = orders[300]["created_at"][:10]
    found = client.get("/orders", {"created_at-from": day, "created_at-to": day})
    assert found.ids == [order["id"] for order in orders if order["created_at"][:10] == day]


def test_1_8_only_what_is_expanded_comes(client: Any) -> None:
    plain = client.get("/orders", {"page_size": 600}).json["data"]
    some = client.get("/orders", {"page_size": 600, "expand": "payments,tax_summary"}).json["data"]
    nested = {"products", "shipments", "payments", "tax_summary", "comments", "events"}
    assert all(not nested & order.keys() for order in plain)
    assert all(nested & order.keys() == {"payments", "tax_summary"} for order in some)


def test_1_8_return_reasons_are_expanded_apart(client: Any, orders: list[Any]) -> None:
    rows = client.get("/orders", {"page_size": 600, "expand": "products"}).json["data"]
    assert rows == [
        {
            key: value
            if key != "products"
            else [{k: v for k, v in row.items() if k != "return_reasons"} for row in value]
            for key, value in order.items()
            if key not in ("shipments", "payments", "tax_summary", "comments", "events")
        }
        for order in orders
    ]


def test_one_record(client: Any, orders: list[Any]) -> None:
    order = orders[10]
    assert client.get(f"/orders/{order['id']}", {"expand": EVERYTHING}).json == {"data": order}
    assert client.get("/orders/1").status == 404
    customer = client.get("/customers", {"page_size": 1}).json["data"][0]
    assert client.get(f"/customers/{customer['id']}").json == {"data": customer}


def test_5_9_customers(client: Any) -> None:
    customers = client.get("/customers", {"page_size": 900, "expand": "customer_groups"}).json["data"]
    assert customers[0].keys() == {
        "id", "created_at", "updated_at", "first_name", "last_name", "login_allowed", "company",
        "vat_code", "street_address", "postal_code", "city", "country", "phone", "email",
        "version_id", "language", "email_subscription", "sms_subscription", "einvoice_address",
        "last_login_at", "external_id", "customer_groups",
    }  # fmt: skip
    assert {type(customer["einvoice_address"]) for customer in customers} == {list, dict}
    assert any("loyalty_points" in customer for customer in customers)
    assert any(customer["customer_groups"] for customer in customers)
    seen = [customer["id"] for customer in customers if (customer["last_login_at"] or "") >= "2026"]
    found = client.get("/customers", {"last_login_at-from": "2026-01-01", "page_size": 900})
    assert found.ids == seen


def test_5_12_subscribers(client: Any) -> None:
    subscribers = client.get("/email-subscribers", {"page_size": 900}).json["data"]
    assert subscribers[0].keys() == {
        "id", "created_at", "updated_at", "email", "version_id", "language", "country",
        "subscribed_at", "unsubscribed_at",
    }  # fmt: skip
    found = client.get("/email-subscribers", {"updated_at-to": "2025-01-01", "page_size": 900})
    assert found.ids == [row["id"] for row in subscribers if row["updated_at"] < "2025-01-02"]


def test_1_2_orders_on_v0_only(shop: Shop, ask: Callable[..., Any]) -> None:
    new, old = ask(shop), ask(shop, orders_version="v0")
    assert [new.get(f"/api/{version}/orders").status for version in ("v0", "v1")] == [404, 200]
    assert [old.get(f"/api/{version}/orders").status for version in ("v0", "v1")] == [200, 404]
    assert old.get("/customers").status == 200


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"page_size": "many"}, {"page_size"}),
        ({"page_size": 0, "page": -1}, {"page_size", "page"}),
        ({"sort": "total-asc"}, {"sort"}),
        ({"status": "OPEN"}, {"status"}),
        ({"expand": "products,prices"}, {"expand"}),
        ({"updated_at-from": "yesterday"}, {"updated_at-from"}),
        ({"created_at-to": "2025-02-30", "page_size": ""}, {"created_at-to", "page_size"}),
        ({"updated_at-from": "2025-01-01T10:00:00 02:00"}, {"updated_at-from"}),
        ({"updated_since": "2025-01-01"}, {"updated_since"}),
    ],
)  # fmt: skip
def test_1_10_bad_values_are_named(client: Any, params: dict[str, Any], names: set[str]) -> None:
    answer = client.get("/orders", params)
    assert (answer.status, set(answer.json["errors"])) == (422, names)


def test_1_5_customers_have_no_updated_at_sort(client: Any) -> None:
    assert client.get("/customers", {"sort": "updated_at-asc"}).status == 422
    assert client.get("/customers", {"status": "open"}).status == 422


def test_1_1_the_key_is_asked_for(client: Any) -> None:
    wrong = {**client.headers, "Authorization": "Basic bm86bm8="}
    for headers in (wrong, {"Accept": "application/json"}):
        answer = client.request("GET", "/api/v1/orders", headers)
        assert answer.status == 401
        assert answer.json.keys() == {"error", "description"}


def test_1_1_own_user_and_key(shop: Shop, ask: Callable[..., Any]) -> None:
    assert ask(shop, key="other").get("/orders").status == 401


def test_1_1_json_must_be_accepted(client: Any) -> None:
    headers = {**client.headers, "Accept": "text/html"}
    assert client.request("GET", "/api/v1/orders", headers).status == 406


def test_1_1_a_trailing_slash_is_an_error(client: Any) -> None:
    answer = client.get("/orders/")
    assert (answer.status, set(answer.json)) == (400, {"error", "description"})


def test_unknown_paths_and_methods(client: Any) -> None:
    assert client.get("/coupons").status == 404
    assert client.get("/api/v2/orders").status == 404
    assert client.get("/orders/10001/cancel").status == 404
    for method in ("POST", "PUT", "PATCH", "DELETE", "HEAD"):
        assert client.request(method, "/api/v1/orders").status == 405


def test_headers(client: Any, shop: Shop) -> None:
    answer = client.get("/orders")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    assert answer.headers["Date"].endswith("GMT")


def test_requests_are_remembered_until_cleared(client: Any) -> None:
    server = client.server
    client.get("/orders", {"page_size": 1})
    client.get("/orders/1")
    assert server.requests == [
        ("GET", "/api/v1/orders", {"page_size": "1"}, 200),
        ("GET", "/api/v1/orders/1", {}, 404),
    ]
    server.requests.clear()
    client.get("/customers")
    assert len(server.requests) == 1


def test_the_shop_can_be_written_to_before_each_answer(own_shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(own_shop)
    ids = own_shop.ids("orders")
    client.server.before_answer = lambda path, params: own_shop.delete("orders", own_shop.ids("orders")[0])
    assert client.get("/orders", {"page_size": 1}).ids == ids[1:2]
    assert client.get("/orders", {"page_size": 1}).ids == ids[2:3]
