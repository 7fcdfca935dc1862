"""What the suite over every list knows of each: its tables, its key, its requests, how to write to it.

Two kinds have their own branches here. A list `within` another has no address of its own: it is asked for
row by row, its key is the parent and the position, and it is seen when its parent changes. A gift card has
no id on the wire: it goes by its code, which is only ever stored as a salted hash.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.demo.server import Request
from pipelines.demo.shop import Shop
from pipelines.extract.endpoint import Endpoint
from pipelines.sources.mycashflow import EVERY

Row = dict[str, Any]
Changes = dict[str, Any]

OF = {endpoint.name: endpoint for endpoint in EVERY}
LISTS = tuple(OF)
INNER = tuple(endpoint.name for endpoint in EVERY if endpoint.within)
OWN = tuple(name for name in LISTS if name not in INNER)
BY_CURSOR = tuple(endpoint.name for endpoint in EVERY if endpoint.cursor)
WHOLE = tuple(name for name in OWN if name not in BY_CURSOR)

UNKNOWN_KEY = "key_nobody_declared"


def parent_key(endpoint: Endpoint) -> str:
    """The column of an inner list that names its parent."""
    return OF[endpoint.within or ""].parent_key


def key_of(name: str) -> tuple[str, ...]:
    """The columns that tell a list's rows apart."""
    endpoint = OF[name]
    return ("store", parent_key(endpoint), "position") if endpoint.within else ("store", endpoint.key)


def tables_of(name: str) -> list[str]:
    """The raw tables that hold a list, its own first."""
    return tables_made_by(OF[name])


def tables_made_by(endpoint: Endpoint) -> list[str]:
    """The same of a list of any platform."""
    if endpoint.within:
        return [child.name for child in endpoint.as_children]
    return [endpoint.name, *(child.name for child in endpoint.children)]


def asked(requests: Iterable[Request], name: str) -> list[dict[str, str]]:
    """The parameters of every request for a list, oldest first; `path` and `status` among them."""
    path = re.escape(OF[name].path).replace(r"\{id\}", "[0-9]+")
    return [
        {**params, "path": found, "status": str(status)}
        for _, found, params, status in requests
        if re.fullmatch(f"/api/v[01]/{path}", found)
    ]


def small_pages(shop: Shop) -> dict[str, int]:
    """Page sizes that make a few pages of every list."""
    return {name: 1 if name in INNER else max(1, len(shop.ids(name)) // 3) for name in LISTS}


def sealed(code: str, data: Path) -> str:
    """A gift card's code as it is stored (HMAC-SHA256), computed apart from our own code."""
    salt = (data / "salt").read_text().strip()
    return hmac.digest(salt.encode(), code.encode(), "sha256").hex()


def identities(shop: Shop, name: str, data: Path) -> set[object]:
    """What tells the records that the shop has now apart, as the warehouse should have it."""
    records = {number: shop.get(name, number) for number in shop.ids(name)}
    if name == "gift_cards":
        return {sealed(record["code"], data) for record in records.values()}
    if name == "subcategories":
        return {(record["parent_id"], number) for number, record in records.items()}
    if name == "customer_shipping_addresses":
        return {(record["customer_id"], number) for number, record in records.items()}
    return set(records)


def identity(name: str, row: Row) -> object:
    """The same of a row of the warehouse."""
    endpoint = OF[name]
    return (row[parent_key(endpoint)], row["id"]) if endpoint.within else row[endpoint.key]


def insert(shop: Shop, name: str, changes: Changes) -> int:
    """A new record; that of an inner list belongs to the first parent that has some, or to the first."""
    if name not in INNER:
        code = {"code": f"NEW-CARD-{len(shop.ids(name))}"} if name == "gift_cards" else {}
        return shop.insert(name, code | changes)
    if name == "subcategories":
        return shop.insert("categories", {"parent_id": _parent(shop, name, "parent_id")} | changes)
    owner = _parent(shop, name, "customer_id")
    shop.update("customers", owner, {})
    return shop.insert(name, {"customer_id": owner} | changes)


def change(shop: Shop, name: str, number: int, changes: Changes) -> None:
    """A record with other values, in a way that its cursor or its parent can show."""
    if name == "subcategories":
        shop.update("categories", number, changes)
        return
    if name == "customer_shipping_addresses":
        shop.update("customers", shop.get(name, number)["customer_id"], {})
    moved = {"changed_at": datetime.fromtimestamp(shop.clock(), UTC)} if name == "stock_changes" else {}
    shop.update(name, number, changes | moved)


def delete(shop: Shop, name: str, number: int) -> None:
    """A record less, in a way that its parent can show."""
    if name == "customer_shipping_addresses":
        shop.update("customers", shop.get(name, number)["customer_id"], {})
    shop.delete("categories" if name == "subcategories" else name, number)


def mark(name: str) -> str:
    """What the suite writes into records of a list."""
    return f"written into {name}"


def telltale(name: str) -> tuple[str, Changes]:
    """A column that says whether a record was changed, and the change that shows in it."""
    fields = OF[name].fields
    if "page" in fields:
        return "page__description", {"page": {"description": mark(name)}}
    field = next(field for field, kind in fields.items() if kind == "text" and field != OF[name].key)
    return field, {field: mark(name)}


def _parent(shop: Shop, name: str, link: str) -> int:
    numbers = shop.ids(name)
    return int(shop.get(name, numbers[0])[link]) if numbers else shop.ids(OF[name].within or "")[0]
