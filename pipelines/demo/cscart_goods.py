"""Products, categories and what orders point at, as CS-Cart shows them.

Facts: reference/cscart-and-apifon.md 2 and 6. Each variation of a product is a product of its own, as
in CS-Cart since 4.10; so a product with variations is no product. Stores are the shop's versions.
Chosen by us: the members of shippings, payments and stores.
"""

from collections.abc import Callable, Iterable
from typing import Any

from pipelines.demo.cscart_asking import Ask, cents_of, is_falling, number_of, sort_of
from pipelines.demo.cscart_index import Index
from pipelines.demo.helsinki import moment_of
from pipelines.demo.shop import Shop

Record = dict[str, Any]

_HOUR = 3600


class Products:
    """The products of a shop."""

    sorts = ("product", "code", "price", "timestamp", "updated_timestamp")

    def __init__(self, shop: Shop) -> None:
        self._index = Index(shop, "products", product_rows)
        self._categories = Index(shop, "categories", category_row)

    def find(self, ask: Ask) -> list[Record]:
        """The products a list has, in its order."""
        tests = [*_product_tests(ask, self._wanted_categories(ask))]
        rows = [row for rows in self._index.facts()[1].values() for row in rows]
        found = [row for row in rows if all(test(row) for test in tests)]
        found.sort(key=lambda row: int(row["product_id"]))
        by = sort_of(ask, self.sorts, "product")
        found.sort(key=_PRODUCT_KEYS[by], reverse=is_falling(ask, "asc"))
        return found

    def one(self, product_id: int) -> Record | None:
        """The product with that id."""
        rows = (row for rows in self._index.facts()[1].values() for row in rows)
        return next((row for row in rows if row["product_id"] == str(product_id)), None)

    def first(self, count: int) -> list[Record]:
        """Some products, those with the lowest ids."""
        rows = [row for rows in self._index.facts()[1].values() for row in rows]
        return sorted(rows, key=lambda row: int(row["product_id"]))[:count]

    def categories(self, ask: Ask) -> list[Record]:
        """The categories a list has; `parent_category_id` and `status` filter."""
        rows = sorted(self._categories.facts()[1].values(), key=lambda row: int(row["category_id"]))
        if "parent_category_id" in ask.params:
            parent = str(number_of(ask.params.text("parent_category_id")))
            rows = [row for row in rows if row["parent_id"] == parent]
        return [row for row in rows if ask.params.text("status") in ("", row["status"])]

    def category(self, category_id: int) -> Record | None:
        """The category with that id."""
        return self._categories.facts()[1].get(category_id)

    def _wanted_categories(self, ask: Ask) -> set[int]:
        """Those of `cid`, with all below them if `subcats` says so; empty for any."""
        wanted = ask.params.numbers("cid") if "cid" in ask.params else set()
        rows = self._categories.facts()[1].values()
        while wanted and ask.params.text("subcats") == "Y":
            below = {int(row["category_id"]) for row in rows if int(row["parent_id"]) in wanted}
            if below <= wanted:
                break
            wanted = wanted | below
        return wanted


class Records:
    """A short list that is told as it is kept: no filters, one order.

    Args:
        name: the list, as the shop calls it.
        digest: one of its records as CS-Cart tells it.
    """

    def __init__(self, shop: Shop, name: str, digest: Callable[[Record], Record]) -> None:
        self._index = Index(shop, name, digest)

    def find(self, ask: Ask) -> list[Record]:
        """All of them by id."""
        return [row for _, row in sorted(self._index.facts()[1].items())]

    def one(self, number: int) -> Record | None:
        """The one with that id."""
        return self._index.facts()[1].get(number)


def product_rows(record: Record) -> list[Record]:
    """One of the shop's products as products of CS-Cart."""
    return [_product_row(record, variation) for variation in record["variations"] or [None]]


def _product_row(record: Record, variation: Record | None) -> Record:
    own = variation or {}
    first = record["variations"][0]["id"] if variation else None
    parent = first if variation and variation["id"] != first else None
    stock = own.get("stock_item") or record.get("stock_item") or {}
    price = own.get("price") or record.get("price") or 0
    categories = [link["category_id"] for link in record["category_links"]]
    name = record.get("name") or ""
    return {
        "product_id": str(own.get("id") or record["id"]),
        "product": f"{name} ({own['name']})" if own.get("name") else name,
        "product_type": "V" if parent else "P",
        "parent_product_id": str(parent or 0),
        "product_code": own.get("product_code") or record.get("product_code") or "",
        "status": "D" if record.get("available_to") else "A",
        "company_id": "1",
        "list_price": "0.00",
        "amount": str(int(stock.get("quantity") or 0)),
        "weight": f"{record.get('weight') or 0:.3f}",
        "length": "0",
        "width": "0",
        "height": "0",
        "shipping_freight": "0.00",
        "low_avail_limit": "0",
        "timestamp": str(moment_of(record["created_at"])),
        "updated_timestamp": str(moment_of(record["updated_at"])),
        "usergroup_ids": "0",
        "is_edp": "Y" if "e-kirja" in name else "N",
        "tracking": "B" if stock else "D",
        "free_shipping": "N",
        "zero_price_action": "R",
        "avail_since": "0",
        "min_qty": "0",
        "max_qty": "0",
        "qty_step": "0",
        "tax_ids": [str(round((record.get("vat_rate") or 0) * 100))],
        "options_type": "P",
        "price": f"{price:.6f}",
        "base_price": f"{price:.6f}",
        "category_ids": categories,
        "main_category": categories[0] if categories else None,
        "main_pair": [],
        "company_name": "Esimerkkikauppa",
    }


def category_row(record: Record) -> Record:
    """One of the shop's categories."""
    hidden = any(not shown["is_visible"] for shown in record["visibilities"])
    return {
        "category_id": str(record["id"]),
        "parent_id": str(record.get("parent_id") or 0),
        "category": record.get("name") or "",
        "position": str(record.get("parent_sort") or 0),
        "status": "D" if hidden else "A",
        "product_count": "0",
        "company_id": "1",
    }


def shipping_row(record: Record) -> Record:
    """One way of delivery."""
    return {
        "shipping_id": str(record["id"]),
        "shipping": record.get("name") or "",
        "status": "A",
        "position": str(record.get("sort") or 0),
        "company_id": "1",
    }


def payment_row(record: Record) -> Record:
    """One way of payment."""
    return {
        "payment_id": str(record["id"]),
        "payment": record.get("name") or "",
        "status": "A",
        "processor": record.get("provider"),
        "position": str(record.get("sort") or 0),
        "company_id": "1",
    }


def store_row(record: Record) -> Record:
    """One storefront."""
    return {
        "company_id": str(record["id"]),
        "company": record.get("name") or "",
        "storefront": record.get("domain") or "",
        "status": "A",
        "timestamp": str(moment_of(record["created_at"])),
    }


_PRODUCT_KEYS: dict[str, Callable[[Record], Any]] = {
    "product": lambda row: row["product"].casefold(),
    "code": lambda row: row["product_code"],
    "price": lambda row: float(row["price"]),
    "timestamp": lambda row: int(row["timestamp"]),
    "updated_timestamp": lambda row: int(row["updated_timestamp"]),
}


def _product_tests(ask: Ask, categories: set[int]) -> Iterable[Callable[[Record], bool]]:
    params = ask.params
    if categories:
        yield lambda row: not categories.isdisjoint(row["category_ids"])
    if "pid" in params:
        wanted = {str(number) for number in params.numbers("pid")}
        yield lambda row: row["product_id"] in wanted
    if "pcode" in params:
        yield lambda row: params.text("pcode").casefold() in row["product_code"].casefold()
    if "q" in params and params.text("pname") == "Y":
        yield lambda row: params.text("q").casefold() in row["product"].casefold()
    if "status" in params:
        yield lambda row: row["status"] in params.texts("status")
    if "updated_in_hours" in params:
        since = ask.now - _HOUR * number_of(params.text("updated_in_hours"))
        yield lambda row: int(row["updated_timestamp"]) > since
    for name, low, high in (("price", "price_from", "price_to"), ("amount", "amount_from", "amount_to")):
        if low in params:
            yield _above(name, cents_of(params.text(low)))
        if high in params:
            yield _below(name, cents_of(params.text(high)))
    if ask.span:
        first, last = ask.span
        yield lambda row: first <= int(row["timestamp"]) <= last


def _above(name: str, bound: int) -> Callable[[Record], bool]:
    return lambda row: float(row[name]) * 100 >= bound


def _below(name: str, bound: int) -> Callable[[Record], bool]:
    return lambda row: float(row[name]) * 100 <= bound
