"""What one record of the shop says of another is true."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipelines.demo.purchases import shop_of_purchases

Record = dict[str, Any]
Lists = dict[str, list[Record]]

REFERENCES = (
    ("orders", "customer_id", "customers"),
    ("orders", "version_id", "versions"),
    ("orders", "shipping_method_id", "shipping_methods"),
    ("orders", "payment_method_id", "payment_methods"),
    ("orders.products", "product_id", "products"),
    ("orders.products", "variation_id", "products.variations"),
    ("orders.products", "campaign_id", "campaigns"),
    ("orders.shipments", "shipping_method_id", "shipping_methods"),
    ("orders.payments", "payment_method_id", "payment_methods"),
    ("customers", "version_id", "versions"),
    ("customers.customer_groups", "id", "customer_groups"),
    ("customer_groups.customer_links", "customer_id", "customers"),
    ("customer_shipping_addresses", "customer_id", "customers"),
    ("email_subscribers", "version_id", "versions"),
    ("products", "brand_id", "brands"),
    ("products", "supplier_id", "suppliers"),
    ("products.category_links", "category_id", "categories"),
    ("products.category_links", "product_id", "products"),
    ("products.image_links", "image_id", "images"),
    ("products.image_links", "product_id", "products"),
    ("products.visibilities", "version_id", "versions"),
    ("products.variations", "product_id", "products"),
    ("products.variations", "image_id", "images"),
    ("stock_items", "product_id", "products"),
    ("stock_items", "variation_id", "products.variations"),
    ("stock_changes", "stock_item_id", "stock_items"),
    ("stock_changes", "source_id", "orders"),
    ("categories", "parent_id", "categories"),
    ("categories.visibilities", "version_id", "versions"),
    ("campaigns.prices", "product_id", "products"),
    ("campaigns.prices", "variation_id", "products.variations"),
    ("campaigns.visibilities", "version_id", "versions"),
    ("brands.visibilities", "version_id", "versions"),
    ("banners", "group_id", "banner_groups"),
    ("banners.visibilities", "version_id", "versions"),
)


def rows(lists: Lists, path: str) -> Iterable[Record]:
    name, _, nested = path.partition(".")
    return [row for record in lists[name] for row in record[nested]] if nested else lists[name]


@pytest.mark.parametrize(("source", "field", "target"), REFERENCES)
def test_what_is_pointed_at_exists(lists: Lists, source: str, field: str, target: str) -> None:
    pointed = {row[field] for row in rows(lists, source) if row[field]}
    assert pointed
    assert pointed <= {row["id"] for row in rows(lists, target)}


def test_a_row_says_what_its_product_says(lists: Lists) -> None:
    codes = {product["id"]: (product["name"], product["product_code"]) for product in lists["products"]}
    models = {row["id"]: (row["name"], row["product_code"]) for row in rows(lists, "products.variations")}
    for row in rows(lists, "orders.products"):
        if row["product_id"] is None:
            assert row["product_code"] == "FREE"
            continue
        name, code = codes[row["product_id"]]
        model, code = models[row["variation_id"]] if row["variation_id"] else (None, code)
        assert (row["product_name"], row["model_name"], row["product_code"]) == (name, model, code)


def test_a_campaign_row_has_the_campaigns_price(lists: Lists) -> None:
    prices = {
        (campaign["id"], price["product_id"], price["variation_id"]): price["price"]
        for campaign in lists["campaigns"]
        for price in campaign["prices"]
        if price["quantity"] is None
    }
    sold = [row for row in rows(lists, "orders.products") if row["campaign_id"]]
    assert sold
    for row in sold:
        assert row["unit_price"] == prices[row["campaign_id"], row["product_id"], row["variation_id"]]


def test_a_campaign_is_on_when_something_is_sold_in_it(lists: Lists) -> None:
    days = {campaign["id"]: campaign["conditions"]["time"] for campaign in lists["campaigns"]}
    for row in rows(lists, "orders.products"):
        if row["campaign_id"] and row["quantity"] > 0:
            time = days[row["campaign_id"]]
            assert time["from"] <= row["created_at"][:10] <= time["to"]


def test_a_group_and_its_customers_agree(lists: Lists) -> None:
    by_group: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for customer in lists["customers"]:
        for group in customer["customer_groups"]:
            by_group[group["id"], group["name"]].append(customer["id"])
    for group in lists["customer_groups"]:
        linked = [link["customer_id"] for link in group["customer_links"]]
        assert linked == by_group[group["id"], group["name"]]


def test_a_product_shows_its_own_brand_and_stock(lists: Lists) -> None:
    brands = {brand["id"]: brand for brand in lists["brands"]}
    stock = {item["id"]: item for item in lists["stock_items"]}
    shown = []
    for product in lists["products"]:
        assert product["brand"] == [] or product["brand"]["id"] == product["brand_id"]
        if product["brand"]:
            true = brands[product["brand_id"]]
            assert {name: true.get(name, "brand/default") for name in product["brand"]} == product["brand"]
        shown += [product["stock_item"], *(variation["stock_item"] for variation in product["variations"])]
    assert [item for item in shown if item] == list(stock.values())


def test_the_stock_is_what_its_changes_made_it(lists: Lists) -> None:
    levels: Counter[int] = Counter()
    for change in lists["stock_changes"]:
        levels[change["stock_item_id"]] += change["quantity_change"]
        assert change["quantity"] == levels[change["stock_item_id"]] >= 0
    assert levels == {item["id"]: item["quantity"] for item in lists["stock_items"]}
    assert all(item["balance"] == item["quantity"] - item["reserved"] for item in lists["stock_items"])


def test_what_orders_sold_left_the_stock(lists: Lists) -> None:
    sold: Counter[tuple[int, int | None]] = Counter()
    for order in lists["orders"]:
        is_undone = order["status"] == "CANCELLED" and order["products"][-1]["quantity"] > 0
        for row in order["products"]:
            sold[row["product_id"], row["variation_id"]] -= 0 if is_undone else row["quantity"]
    moved: Counter[int] = Counter()
    for change in lists["stock_changes"]:
        moved[change["stock_item_id"]] += change["quantity_change"] if change["source_id"] else 0
    for item in lists["stock_items"]:
        assert moved[item["id"]] == sold[item["product_id"], item["variation_id"]]


def test_each_gift_card_sold_is_a_gift_card(lists: Lists) -> None:
    sold = [
        row["unit_price"]
        for row in rows(lists, "orders.products")
        if row["product_name"] == "Lahjakortti" and row["delivered_at"] and row["quantity"] > 0
    ]
    cards = [card for card in lists["gift_cards"] if card["notes"] is None]
    assert len(cards) == len(sold)
    assert sum(card["balance"] for card in cards) < sum(sold, Decimal(0))


def test_the_categories_are_a_tree(lists: Lists) -> None:
    parents = {category["id"]: category["parent_id"] for category in lists["categories"]}
    depths = []
    for category_id in parents:
        path = [category_id]
        while parents[path[-1]]:
            path.append(parents[path[-1]])
        assert len(set(path)) == len(path)
        depths.append(len(path))
    assert max(depths) == 3


def test_ids_leave_gaps(lists: Lists) -> None:
    ids = [product["id"] for product in lists["products"]]
    assert any(second - first > 1 for first, second in pairwise(ids))


def test_a_history_points_at_what_exists_too(tmp_path: Path) -> None:
    path = tmp_path / "purchases.csv"
    lines = [f"c{number},2025-01-{number + 10},2,19.90" for number in range(1, 9)]
    path.write_text("\n".join(["customer,date,units,amount", *lines]))
    with shop_of_purchases(path) as shop:
        lists = {name: [shop.get(name, number) for number in shop.ids(name)] for name in NAMES}
        for source, field, target in REFERENCES:
            pointed = {row[field] for row in rows(lists, source) if row[field]}
            assert pointed <= {row["id"] for row in rows(lists, target)}
        kept = {name for name in NAMES if lists[name]}
        counts = shop.ledger().rows
    assert kept == {
        "orders", "customers", "customer_groups", "versions", "shipping_methods", "payment_methods",
        "products",
    }  # fmt: skip
    assert (counts["products"], counts["stock_changes"]) == (1, 0)
    assert counts["customer_groups__customer_links"] == counts["customers__customer_groups"] == 2


NAMES = {path.partition(".")[0] for source, _, target in REFERENCES for path in (source, target)}
