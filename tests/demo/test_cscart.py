"""The CS-Cart view's manners; the numbers in names are sections of reference/cscart-and-apifon.md."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from pipelines.demo.shop import Shop

CLAMPED = {"orders": ["4.10"], "users": ["4.18", "4.13", "4.10"], "subscribers": ["4.18", "4.13", "4.10"]}
C = {"user_type": "C"}


@pytest.mark.parametrize(
    "path",
    [
        "api/2.0/orders/{}", "api/2.1/orders/{}", "api/4.0/orders/{}", "api/orders/{}",
        "api.php?_d=orders/{}&ajax_custom=1", "api.php?_d=2.0/orders/{}", "fi/api/orders/{}",
    ],
)  # fmt: skip
def test_1_addresses_with_and_without_rewriting(any_cart: Any, shop: Shop, path: str) -> None:
    number = shop.ids("orders")[3]
    answer = any_cart.client.request("GET", f"{any_cart.root}/{path.format(number)}")
    assert (answer.status, answer.json["order_id"]) == (200, str(number))


@pytest.mark.parametrize(
    "path", ["api/2/orders", "api/3.0/orders", "api/2.0//orders", "api/2.0/", "api/coupons"]
)
def test_1_what_is_no_entity_is_404(any_cart: Any, path: str) -> None:
    answer = any_cart.client.request("GET", f"{any_cart.root}/{path}")
    assert (answer.status, answer.json["status"]) == (404, 404)


def test_1_other_pages_of_the_shop_are_html(any_cart: Any) -> None:
    for path in ("", "/", "/index.php", "/products"):
        answer = any_cart.client.request("GET", f"{any_cart.root}{path}")
        assert (answer.status, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_1_an_unknown_entity_is_named(cart: Any) -> None:
    for name in ("promotions", "currencies", "vendors", "rma"):
        assert cart.get(name).json == {"message": f"Not Found: Entity {name} not found", "status": 404}


def test_1_the_version_is_the_apis(any_cart: Any) -> None:
    assert any_cart.client.request("GET", f"{any_cart.root}/api/version").json == {"Version": "2.1"}


def test_1_only_old_stores_tell_which_release_they_are(carts: dict[str, Any]) -> None:
    answers = [store.client.request("GET", f"{store.root}/api/?version=True") for store in carts.values()]
    assert [answer.status for answer in answers] == [404, 404, 200]
    assert answers[2].body == b"CS-Cart 4.10.4.SP1 ULTIMATE"


def test_1_version_1_0_is_bare_and_whole_without_a_page_size(cart: Any, shop: Shop) -> None:
    everything = cart.client.request("GET", f"{cart.root}/api/1.0/orders").json
    assert [order["order_id"] for order in everything] == [str(number) for number in cart.ids("orders")]
    paged = cart.client.request("GET", f"{cart.root}/api/1.0/orders?items_per_page=3").json
    assert len(paged["orders"]) == 3


def test_1_the_key_is_asked_for(any_cart: Any) -> None:
    for headers in ({}, {"Authorization": "Basic bm86bm8="}):
        answer = any_cart.client.request("GET", f"{any_cart.root}/api/2.0/orders", headers)
        assert (answer.status, answer.json) == (401, {"message": "Unauthorized", "status": 401})
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="User email/API key"'


@pytest.mark.parametrize(
    ("accept", "status"), [("application/xml", 406), ("*/*", 200), ("text/plain", 200), (None, 200)]
)
def test_1_what_must_be_accepted(cart: Any, accept: str | None, status: int) -> None:
    headers = {
        "Authorization": cart.client.headers["Authorization"],
        **({"Accept": accept} if accept else {}),
    }
    assert cart.client.request("GET", f"{cart.root}/api/2.0/orders", headers).status == status


def test_1_writing(cart: Any, shop: Shop) -> None:
    own = cart.client.headers
    target = f"{cart.root}/api/2.0/orders"
    assert cart.client.request("PUT", f"{target}/10001", own).status == 415
    as_json = {**own, "Content-Type": "application/json"}
    for method in ("POST", "PUT", "DELETE"):
        assert cart.client.request(method, f"{target}/10001", as_json).status == 405
    assert cart.client.request("POST", f"{target}?_METHOD=GET&items_per_page=1", own).status == 200


@pytest.mark.parametrize(
    "path", ["orders/abc", "orders/1", "orders/-1", "subscribers/1", "users/x", "statuses/99"]
)
def test_1_no_such_record_is_404(any_cart: Any, path: str) -> None:
    answer = any_cart.get(path)
    assert (answer.status, answer.json) == (404, {"message": "Not Found", "status": 404})


def test_1_params_echo_what_was_asked_and_more(cart: Any) -> None:
    params = cart.get("orders", items_per_page=5, page=2, status=["P", "C"], wish="x").json["params"]
    assert params == {
        "items_per_page": "5",
        "page": "2",
        "status": ["P", "C"],
        "wish": "x",
        "sort_by": "date",
        "sort_order": "desc",
        "sort_order_rev": "asc",
        "total_items": str(len(cart.ids("orders", status=["P", "C"]))),
    }


@pytest.mark.parametrize("entity", ["orders", "users", "subscribers"])
def test_1_1_pages_hold_every_record_once(any_cart: Any, entity: str) -> None:
    everything = any_cart.ids(entity, **C)
    sizes = -(-len(everything) // 40)
    pages = [any_cart.get(entity, items_per_page=40, page=page, **C).json for page in range(1, sizes + 1)]
    key = {"orders": "order_id", "users": "user_id", "subscribers": "subscriber_id"}[entity]
    assert [int(row[key]) for page in pages for row in page[entity]] == everything
    assert {page["params"]["total_items"] for page in pages} == {str(len(everything))}


@pytest.mark.parametrize("entity", ["orders", "users", "subscribers"])
@pytest.mark.parametrize("dialect", ["4.18", "4.13", "4.10"])
def test_1_1_past_the_end_a_page_is_empty_or_the_last_one_again(
    carts: dict[str, Any], entity: str, dialect: str
) -> None:
    store = carts[dialect]
    total = int(store.get(entity, items_per_page=40, **C).json["params"]["total_items"])
    last = -(-total // 40)
    past = store.get(entity, items_per_page=40, page=last + 3, **C).json
    if dialect in CLAMPED[entity]:
        end = store.get(entity, items_per_page=40, page=last, **C).json
        assert (past[entity], past["params"]["page"]) == (end[entity], last)
    else:
        assert (past[entity], past["params"]["page"]) == ([], str(last + 3))
    assert past["params"]["total_items"] == str(total)


@pytest.mark.parametrize("entity", ["products", "carts", "statuses", "shipments"])
def test_1_1_other_lists_are_empty_past_the_end(any_cart: Any, entity: str) -> None:
    answer = any_cart.get(entity, page=999)
    assert (answer.status, answer.json[entity]) == (200, [])


def test_1_1_page_sizes(shop: Shop, ask: Callable[..., Any], cart: Any) -> None:
    whole = cart.get("orders", items_per_page=0).json
    assert "total_items" not in whole["params"]
    assert len(whole["orders"]) > 500
    for params in ({}, {"items_per_page": -5}, {"items_per_page": ""}):
        assert len(cart.get("orders", **params).json["orders"]) == 50
    assert cart.get("orders", page=-3).json["params"]["page"] == 1
    cart.client = ask(shop, cart_page_size=10)
    answer = cart.get("orders").json
    assert (len(answer["orders"]), answer["params"]["items_per_page"]) == (10, 10)


def test_2_statuses(carts: dict[str, Any]) -> None:
    new, old = (carts[name].rows("statuses") for name in ("4.18", "4.10"))
    assert {row["status"] for row in old} - {row["status"] for row in new} == {"Y"}
    assert {row["status"] for row in new} == set("PCOFDBIN")
    paid = {row["status"] for row in new if row["params"] and row["params"].get("payment_received") == "Y"}
    assert paid == {"P", "C"}
    assert not any("payment_received" in (row["params"] or {}) for row in old)
    assert {row["status"] for row in new if row["params"] and row["params"]["inventory"] == "D"} == set("PCO")
    assert carts["4.18"].rows("statuses", type="S") == []


def test_2_usergroups_are_bare(any_cart: Any, shop: Shop) -> None:
    groups = any_cart.get("usergroups").json
    assert [group["usergroup_id"] for group in groups] == [
        str(number) for number in shop.ids("customer_groups")
    ]


@pytest.mark.parametrize(
    ("entity", "key", "name"),
    [
        ("shippings", "shipping_id", "shipping_methods"),
        ("payments", "payment_id", "payment_methods"),
        ("stores", "company_id", "versions"),
        ("categories", "category_id", "categories"),
    ],
)
def test_2_reference_lists(any_cart: Any, shop: Shop, entity: str, key: str, name: str) -> None:
    rows = any_cart.rows(entity)
    assert [int(row[key]) for row in rows] == shop.ids(name)
    assert any_cart.get(f"{entity}/{rows[0][key]}").json == rows[0]


def test_2_children(carts: dict[str, Any]) -> None:
    new, old = carts["4.18"], carts["4.10"]
    below = new.get("categories/3/products", items_per_page=0).json["products"]
    assert below
    assert below == new.rows("products", cid=3)
    assert new.get("stores/1/products").status == 200
    assert old.get("stores/1/products").status == 404
    user = next(
        user
        for user in new.rows("users", **C)
        if new.get(f"users/{user['user_id']}/usergroups").json["usergroups"]
    )
    links = new.get(f"users/{user['user_id']}/usergroups").json["usergroups"]
    assert {link["status"] for link in links} <= {"A", "D"}
    assert new.get("users/999999/usergroups").status == 404


def test_2_shipments(cart: Any) -> None:
    order = next(order for order in cart.full() if len(order["shipment_ids"]) == 2)
    rows = cart.rows("shipments", order_id=order["order_id"])
    assert sorted(row["shipment_id"] for row in rows) == sorted(order["shipment_ids"])
    brief = cart.rows("shipments", order_id=order["order_id"], advanced_info=0)
    assert all(set(row) == {"shipment_id", "shipment_timestamp", "order_id"} for row in brief)


def test_4_1_users_need_a_type_in_the_newest_release(carts: dict[str, Any]) -> None:
    assert carts["4.18"].get("users").status == 400
    for name in ("4.13", "4.10"):
        everybody = carts[name].rows("users")
        assert {user["user_type"] for user in everybody} == {"A", "C"}
    assert {user["user_type"] for user in carts["4.18"].rows("users", **C)} == {"C"}


def test_4_1_user_rows(carts: dict[str, Any], served: dict[str, list[dict[str, Any]]]) -> None:
    new, old = (carts[name].rows("users", sort_by="id", sort_order="asc", **C) for name in ("4.18", "4.10"))
    assert list(new[0]) == [
        "user_id", "user_login", "is_root", "timestamp", "user_type", "status", "firstname",
        "lastname", "email", "company", "company_id", "phone", "last_login", "company_name",
    ]  # fmt: skip
    assert set(new[0]) - set(old[0]) == {"last_login"}
    assert [int(user["user_id"]) for user in new] == [customer["id"] for customer in served["customers"]]
    assert all(isinstance(value, (str, type(None))) for user in new for value in user.values())
    assert {user["status"] for user in new} == {"A", "D"}
    assert "0" in {user["last_login"] for user in new}
    assert "company_name" not in carts["4.18"].rows("users", extended_search=0, **C)[0]
    assert carts["4.18"].get(f"users/{new[0]['user_id']}").json == new[0]


def test_4_1_an_unknown_user_is_an_empty_list_or_404(carts: dict[str, Any]) -> None:
    answer = carts["4.18"].get("users/999999")
    assert (answer.status, answer.json["users"]) == (200, [])
    assert [carts[name].get("users/999999").status for name in ("4.13", "4.10")] == [404, 404]


def test_4_1_users_have_no_dates_to_filter_by(cart: Any) -> None:
    everybody = cart.ids("users", **C)
    asked = {"period": "C", "time_from": 1900000000, "updated_at_from": 1900000000}
    assert cart.ids("users", **C, **asked) == everybody
    names = [(user["lastname"].casefold(), user["firstname"].casefold()) for user in cart.rows("users", **C)]
    assert names == sorted(names)
    newest = cart.ids("users", sort_by="id", sort_order="desc", **C)
    assert newest == sorted(everybody, reverse=True)
    assert cart.ids("users", sort_by="updated_at", **C) == everybody


def test_4_1_user_filters(cart: Any) -> None:
    user = cart.rows("users", **C)[0]
    part = user["email"][3:-3].upper()
    assert user in cart.rows("users", email=part, **C)
    assert cart.ids("users", user_ids=[user["user_id"]], **C) == [int(user["user_id"])]
    assert {row["status"] for row in cart.rows("users", status="D", **C)} == {"D"}
    in_none = cart.ids("users", usergroup_id=0, **C)
    assert 0 < len(in_none) < len(cart.ids("users", **C))
    links = cart.get(f"users/{in_none[0]}/usergroups").json["usergroups"]
    assert all(link["status"] == "D" for link in links)


def test_4_2_subscribers(cart: Any, served: dict[str, list[dict[str, Any]]]) -> None:
    rows = cart.rows("subscribers")
    assert set(rows[0]) == {"subscriber_id", "email", "timestamp", "name", "unsubscribe_key", "status"}
    there = {line["id"] for line in served["email-subscribers"] if line["unsubscribed_at"] is None}
    assert {int(row["subscriber_id"]) for row in rows} == there
    assert len(there) < len(served["email-subscribers"])
    assert {row["status"] for row in rows} == {"A", "P"}
    stamps = [int(row["timestamp"]) for row in rows]
    assert stamps == sorted(stamps, reverse=True)
    late = cart.rows("subscribers", period="C", time_from=stamps[10])
    assert [int(row["timestamp"]) for row in late] == [stamp for stamp in stamps if stamp >= stamps[10]]
    assert cart.get("subscribers", email="nobody@nowhere").json["subscribers"] == []


def test_4_2_unsubscribing_deletes_the_row(
    own_shop: Shop, ask: Callable[..., Any], cart: Any, end: int
) -> None:
    cart.client = ask(own_shop)
    first = cart.ids("subscribers")[0]
    own_shop.update("email_subscribers", first, {"unsubscribed_at": "2026-03-20T12:00:00+02:00"}, at=end)
    assert first not in cart.ids("subscribers")
    assert cart.get(f"subscribers/{first}").status == 404


def test_4_2_without_the_add_on_there_is_no_such_entity(
    shop: Shop, ask: Callable[..., Any], cart: Any
) -> None:
    cart.client = ask(shop, addons=())
    for path in ("subscribers", "subscribers/501"):
        answer = cart.get(path)
        assert (answer.status, answer.json["message"]) == (404, "Not Found: Entity subscribers not found")


def test_5_carts(cart: Any) -> None:
    rows = cart.rows("carts")
    members, guests = cart.rows("carts", users_type="R"), cart.rows("carts", users_type="G")
    assert len(rows) == len(members) + len(guests)
    assert members
    assert guests
    assert all(cart["user_data"]["user_id"] == cart["user_id"] for cart in members)
    assert all(cart["user_data"] == [] for cart in guests)
    assert not any("products" in cart for cart in rows)
    whole = cart.get(f"carts/{rows[0]['user_id']}").json
    assert set(whole["products"]) <= {row["product_id"] for row in cart.rows("products")}
    prices = [Decimal(line["price"]) * int(line["amount"]) for line in whole["products"].values()]
    assert Decimal(whole["total"]) == sum(prices) > 0
    text = json.dumps([cart.get(f"carts/{row['user_id']}").body.decode() for row in members])
    assert not any(secret in text for secret in ("password", "salt", "api_key"))


def test_5_a_cart_is_gone_when_its_owner_orders(
    own_shop: Shop, ask: Callable[..., Any], cart: Any, end: int
) -> None:
    cart.client = ask(own_shop)
    member = cart.rows("carts", users_type="R")[0]
    buyer = {"email": member["user_data"]["email"]}
    own_shop.insert("orders", {"customer_information": buyer}, at=end + 60)
    assert member["user_id"] not in [row["user_id"] for row in cart.rows("carts")]


def test_6_products(cart: Any, lists: dict[str, list[dict[str, Any]]]) -> None:
    rows = cart.rows("products")
    expected = [one["id"] for product in lists["products"] for one in (product["variations"] or [product])]
    assert sorted(int(row["product_id"]) for row in rows) == sorted(expected)
    bought = {line["product_id"] for order in cart.full() for line in (order["products"] or {}).values()}
    assert bought - {row["product_id"] for row in rows} == {"0"}


def test_6_products_changed_of_late(own_shop: Shop, ask: Callable[..., Any], cart: Any) -> None:
    cart.client = ask(own_shop)
    number = own_shop.ids("products")[0]
    assert cart.rows("products", updated_in_hours=1) == []
    own_shop.update("products", number, {"name": "Uusi"})
    assert {row["product"].partition(" (")[0] for row in cart.rows("products", updated_in_hours=1)} == {
        "Uusi"
    }


@pytest.mark.parametrize("entity", ["orders", "users", "subscribers"])
def test_a_refused_list_is_refused(shop: Shop, ask: Callable[..., Any], any_cart: Any, entity: str) -> None:
    any_cart.client = ask(shop)
    any_cart.client.server.refused[entity] = 403
    answer = any_cart.get(entity, **C)
    assert (answer.status, answer.json["status"]) == (403, 403)


def test_a_sick_order_spoils_each_page_it_is_on(shop: Shop, ask: Callable[..., Any], any_cart: Any) -> None:
    any_cart.client = ask(shop, faults=["sick-order"])
    sick = next(iter(any_cart.client.server.sick["orders"]))
    ids = {"sort_by": "order_id", "sort_order": "asc", "items_per_page": 100}
    statuses = [any_cart.get("orders", page=page, **ids).status for page in range(1, 7)]
    assert sorted(statuses) == [200, 200, 200, 200, 200, 500]
    answer = any_cart.get(f"orders/{sick}")
    assert (answer.status, set(answer.json)) == (500, {"message", "status"})


def test_a_garbled_user_is_unreadable(shop: Shop, ask: Callable[..., Any], cart: Any) -> None:
    cart.client = ask(shop)
    cart.client.server.garbled["users"] = {cart.ids("users", **C)[0]}
    answer = cart.get("users", items_per_page=1, **C)
    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json  # noqa: B018


@pytest.mark.parametrize(("fault", "status"), [("maintenance", 200), ("wrong-key", 401), ("rate-limit", 429)])
def test_faults_strike_here_too(
    shop: Shop, ask: Callable[..., Any], cart: Any, fault: str, status: int
) -> None:
    cart.client = ask(shop, faults=[fault])
    answers = [cart.get("orders", items_per_page=1, page=page) for page in range(1, 9)]
    assert status in [answer.status for answer in answers if answer.status != 200 or fault == "maintenance"]
    struck = next(answer for answer in answers if answer.status == status)
    if fault == "maintenance":
        assert struck.headers["Content-Type"].startswith("text/html")
        assert struck.body.startswith(b"<!doctype html>")
    else:
        assert struck.json["status"] == status


def test_a_maintenance_page_with_503(shop: Shop, ask: Callable[..., Any], cart: Any) -> None:
    cart.client = ask(shop, faults=["html-503"])
    answers = [cart.get("orders", items_per_page=1, page=page) for page in range(1, 9)]
    assert [answer.status for answer in answers] == [200] * 7 + [503]
    assert answers[7].headers["Content-Type"].startswith("text/html")


def test_requests_are_remembered(cart: Any) -> None:
    cart.client.server.requests.clear()
    cart.get("orders", items_per_page=1, page=1)
    assert cart.client.server.requests == [
        ("GET", "/cscart/api/2.0/orders", {"items_per_page": "1", "page": "1"}, 200)
    ]
