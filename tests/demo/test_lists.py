"""Every list of the API; the numbers in names are sections of reference/mycashflow-api.md."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from pipelines.demo.resources import RESOURCES
from pipelines.demo.shop import Shop
from pipelines.demo.tables import CHILDREN, TABLES

Lists = dict[str, list[dict[str, Any]]]

PATHS = {
    "versions": "versions",
    "shipping_methods": "shipping-methods",
    "payment_methods": "payment-methods",
    "suppliers": "suppliers",
    "brands": "brands",
    "categories": "categories",
    "subcategories": "categories/1/subcategories",
    "campaigns": "campaigns",
    "customer_groups": "customer-groups",
    "customers": "customers",
    "customer_shipping_addresses": "customers/1001/shipping-addresses",
    "email_subscribers": "email-subscribers",
    "gift_cards": "gift-cards",
    "banner_groups": "banner-groups",
    "banners": "banners",
    "images": "images",
    "products": "products",
    "stock_items": "stock",
    "stock_changes": "stock-changes",
    "orders": "orders",
}
EXPANDS = {
    "brands": {"translations"},
    "categories": {"translations", "visibilities"},
    "subcategories": {"translations", "visibilities"},
    "campaigns": {"prices", "translations", "visibilities"},
    "customers": {"customer_groups"},
    "customer_groups": {"translations", "customer_links"},
    "banner_groups": {"translations"},
    "banners": {"translations", "visibilities"},
    "products": {
        "translations", "visibilities", "category_links", "image_links", "variations",
        "variations.stock_item", "brand", "stock_item",
    },
    "orders": {
        "products", "products.return_reasons", "shipments", "payments", "tax_summary", "comments",
        "events",
    },
}  # fmt: skip
SINGLE = (
    "banner_groups", "banners", "brands", "campaigns", "categories", "customer_groups", "customers",
    "orders", "payment_methods", "products", "shipping_methods", "suppliers", "versions",
)  # fmt: skip
HALF_RANDOM = {"orders", "customers"}
"""Some of their records have members no document names."""


def test_all_lists_are_here() -> None:
    assert set(PATHS) == set(RESOURCES)


@pytest.mark.parametrize("name", PATHS)
def test_a_list_is_served_with_its_fields(client: Any, lists: Lists, name: str) -> None:
    plain = client.get(f"/{PATHS[name]}", {"page_size": 9999}).json["data"]
    assert plain
    assert lists[name]
    fields, resource = set(RESOURCES[name].fields), RESOURCES[name]
    for record in plain:
        assert set(record) == fields or (name in HALF_RANDOM and set(record) > fields)
    for record in lists[name]:
        assert fields | set(resource.sections) <= set(record)


@pytest.mark.parametrize("name", PATHS)
def test_1_3_meta_is_everywhere_but_with_addresses(client: Any, name: str) -> None:
    answer = client.get(f"/{PATHS[name]}", {"page_size": 1, "page": 1}).json
    if name == "customer_shipping_addresses":
        assert answer.keys() == {"data"}
    else:
        whole = client.get(f"/{PATHS[name]}", {"page_size": 9999}).json
        count = len(whole["data"])
        meta = {"page": 1, "page_size": 1, "page_count": count, "item_count": count}
        assert answer["meta"] == meta | ({"next": answer["meta"]["next"]} if count > 1 else {})
        assert whole["meta"]["item_count"] == count


@pytest.mark.parametrize("name", [name for name in PATHS if name != "gift_cards"])
def test_1_5_ids_are_in_order(client: Any, name: str) -> None:
    ids = client.get(f"/{PATHS[name]}", {"page_size": 9999, "sort": "id-asc"}).ids
    assert ids == sorted(set(ids))
    last = client.get(f"/{PATHS[name]}", {"page_size": 9999, "sort": "id-desc"})
    assert last.status == 422 if name == "stock_changes" else last.ids == ids[::-1]


@pytest.mark.parametrize("name", EXPANDS)
def test_1_8_expands(client: Any, lists: Lists, name: str) -> None:
    by_id = {record["id"]: record for record in lists[name]}
    for expand in EXPANDS[name]:
        section, _, member = expand.partition(".")
        for record in client.get(f"/{PATHS[name]}", {"page_size": 9999, "expand": expand}).json["data"]:
            whole = by_id[record["id"]]
            assert record.keys() & RESOURCES[name].sections == {section}
            if member:
                assert record[section] == whole[section]
    assert RESOURCES[name].everything == EXPANDS[name]


@pytest.mark.parametrize("name", PATHS)
def test_1_8_other_expands_and_parameters_are_refused(client: Any, name: str) -> None:
    for params in ({"expand": "attributes"}, {"updated_since": "2025-01-01"}, {"sort": "name-asc"}):
        answer = client.get(f"/{PATHS[name]}", params)
        assert (answer.status, set(answer.json["errors"])) == (422, set(params))
    filters = set(RESOURCES[name].filters)
    for other in {"id", "status", "stock_item_id"} - filters:
        assert client.get(f"/{PATHS[name]}", {other: "1"}).status == 422


def test_5_6_brands_always_show_visibilities_and_expand_none(client: Any) -> None:
    assert all(brand["visibilities"] for brand in client.get("/brands").json["data"])
    assert client.get("/brands", {"expand": "visibilities"}).status == 422


@pytest.mark.parametrize("name", SINGLE)
def test_one_record(client: Any, lists: Lists, name: str) -> None:
    record = lists[name][-1]
    expand = {"expand": ",".join(RESOURCES[name].everything)} if RESOURCES[name].everything else {}
    assert client.get(f"/{PATHS[name]}/{record['id']}", expand).json == {"data": record}
    assert client.get(f"/{PATHS[name]}/99999999").status == 404
    assert client.get(f"/{PATHS[name]}/{record['id']}", {"page_size": 5}).status == 422


@pytest.mark.parametrize("name", sorted(set(PATHS) - set(SINGLE) - {"email_subscribers"}))
def test_records_no_source_asks_for_by_id_cannot_be(client: Any, shop: Shop, name: str) -> None:
    assert client.get(f"/{PATHS[name]}/{shop.ids(name)[0]}").status == 404


def test_5_10_addresses_are_those_of_one_customer(client: Any, shop: Shop) -> None:
    counts = set()
    for customer_id in shop.ids("customers"):
        answer = client.get(f"/customers/{customer_id}/shipping-addresses", {"page_size": 50})
        assert {address["customer_id"] for address in answer.json["data"]} <= {customer_id}
        assert {address["country"] for address in answer.json["data"]} <= {"fi"}
        counts.add(len(answer.ids))
        if len(answer.ids) == 2:
            second = client.get(f"/customers/{customer_id}/shipping-addresses", {"page_size": 1, "page": 2})
            assert second.ids == answer.ids[1:]
    assert counts == {0, 1, 2}
    assert client.get("/customers/1/shipping-addresses").status == 404
    assert client.get("/customers/1001/addresses").status == 404


def test_5_7_subcategories_are_a_categorys_children(client: Any, lists: Lists) -> None:
    for category in lists["categories"]:
        children = client.get(f"/categories/{category['id']}/subcategories").json["data"]
        assert [child["id"] for child in children] == [
            other["id"] for other in lists["categories"] if other["parent_id"] == category["id"]
        ]
    assert {root["parent_id"] for root in lists["categories"] if not root["parent_id"]} == {0, None}
    assert client.get("/categories/99/subcategories").status == 404


def test_5_1_products_by_id(client: Any, shop: Shop) -> None:
    first, second, *_, last = shop.ids("products")
    assert client.get("/products", {"id": f"{last},{first},1,{first}"}).ids == [first, last]
    assert client.get("/products", {"id": second, "sort": "id-desc"}).ids == [second]
    found = client.get("/products", {"id": f"{first},{last}", "page_size": 1, "page": 2})
    assert (found.ids, found.json["meta"]["item_count"]) == ([last], 2)
    for bad in ("", "1,", "a", "1;2"):
        assert set(client.get("/products", {"id": bad}).json["errors"]) == {"id"}


def test_5_1_an_object_that_is_not_there_is_a_list(lists: Lists) -> None:
    for name in ("brand", "stock_item"):
        assert {type(product[name]) for product in lists["products"]} == {list, dict}
        assert all(product[name] == [] for product in lists["products"] if isinstance(product[name], list))
    assert any(product["price"] is None for product in lists["products"])
    codes = [
        item["product_code"] for product in lists["products"] for item in [product, *product["variations"]]
    ]
    assert len(set(codes)) == len(codes) - 1


def test_5_2_only_what_has_no_variations_has_its_own_stock(lists: Lists) -> None:
    for product in lists["products"]:
        assert not (product["variations"] and product["stock_item"])
    variations = [variation for product in lists["products"] for variation in product["variations"]]
    assert {type(variation["stock_item"]) for variation in variations} == {list, dict}


def test_5_4_stock_changes_by_item_and_time(client: Any, lists: Lists) -> None:
    changes = lists["stock_changes"]
    item, time = changes[-1]["stock_item_id"], changes[900]["changed_at"]
    found = client.get("/stock-changes", {"stock_item_id": item, "page_size": 9999}).ids
    assert found == [change["id"] for change in changes if change["stock_item_id"] == item]
    query = {"stock_item_id": item, "changed_at-from": time, "page_size": 9999}
    assert client.get("/stock-changes", query).ids == [
        change["id"]
        for change in changes
        if change["stock_item_id"] == item and at(change) >= at(changes[900])
    ]
    assert client.get("/stock-changes", {"changed_at-to": time, "page_size": 9999}).ids == [
        change["id"] for change in changes if at(change) <= at(changes[900])
    ]
    assert client.get("/stock-changes", {"stock_item_id": "all"}).status == 422
    assert client.get("/stock-changes", {"created_at-from": time}).status == 422


def at(change: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(change["changed_at"])


def test_5_4_ids_and_times_of_stock_changes_rise_together(lists: Lists) -> None:
    times = [at(change) for change in lists["stock_changes"]]
    assert times == sorted(times)


def test_5_13_gift_cards_go_by_their_code(lists: Lists) -> None:
    cards = lists["gift_cards"]
    assert len({card["code"] for card in cards}) == len(cards)
    assert [card["created_at"] for card in cards] == sorted(card["created_at"] for card in cards)
    assert all(len(card["expires_at"]) == 10 for card in cards)
    assert any(card["balance"] == 0 for card in cards)


def test_1_2_other_lists_on_v0(shop: Shop, ask: Callable[..., Any]) -> None:
    client = ask(shop, orders_version="v0", versions={"campaigns": "v0"})
    for path in ("orders", "campaigns"):
        assert [client.get(f"/api/{version}/{path}").status for version in ("v0", "v1")] == [200, 404]
    assert client.get("/products").status == 200


def test_the_ledger_counts_every_row(shop: Shop, lists: Lists) -> None:
    rows = shop.ledger().rows
    assert tuple(rows) == TABLES
    for name, children in CHILDREN.items():
        assert rows[name] == len(lists[name])
        for table, nested in children.items():
            if name != "orders":
                assert rows[table] == sum(len(record[nested]) for record in lists[name]), table
    assert shop.ledger().parted_rows == {
        name: len(lists[name]) for name in ("customer_shipping_addresses", "subcategories")
    }
