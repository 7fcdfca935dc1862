"""Custobar's side: uploads that are patched in, read back, and refused as a whole batch.

What no page says is played in the way that is hardest on the sender: a refused batch does not say which row
was bad, half of the refusals come behind a 200, events have no identity, and what was accepted can be read
only after a while. reference/custobar-and-ogoship.md A1 to A9.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.demo.inbox_checks import wrong
from pipelines.demo.inbox_wire import Reply, Request, as_json

HTML = "text/html"
KEY = "APIDEMODEMODEMODEMODEMODEMODEMODEMODEMOX"

FIELDS: Mapping[str, Mapping[str, str]] = {
    "customers": {
        "external_id": "id",
        "email": "email",
        "phone_number": "phone_number",
        "canonical_id": "string",
        "first_name": "string",
        "last_name": "string",
        "company": "string",
        "vat_number": "string",
        "street_address": "string",
        "zip_code": "string",
        "city": "string",
        "country": "country_code",
        "language": "language_code",
        "date_joined": "datetime",
        "tags": "list",
        "mailing_lists": "list",
        "shop_id": "string",
        "can_email": "boolean",
        "can_sms": "boolean",
        "can_post": "boolean",
        "can_push": "boolean",
        "can_profile": "boolean",
    },
    "products": {
        "external_id": "string",
        "price": "money",
        "sale_price": "money",
        "title": "string",
        "description": "string",
        "image": "url",
        "url": "url",
        "brand": "string",
        "vendor": "string",
        "weight": "number",
        "ean": "string",
        "sku": "string",
        "category": "list",
        "date": "datetime",
        "language": "language_code",
        "shop_id": "string",
        "in_stock": "boolean",
        "visible": "boolean",
    },
    "sales": {
        "sale_external_id": "string",
        "sale_date": "datetime",
        "sale_customer_id": "id",
        "sale_email": "email",
        "sale_phone_number": "phone_number",
        "sale_total": "money",
        "sale_discount": "money",
        "sale_shipping": "money",
        "sale_currency": "currency",
        "sale_exchange_rate": "number",
        "sale_payment_method": "string",
        "sale_shipping_method": "string",
        "sale_state": "string",
        "sale_shop_id": "string",
        "external_id": "string",
        "product_id": "string",
        "product_sku": "string",
        "product_title": "string",
        "quantity": "number",
        "unit_price": "money",
        "discount": "money",
        "total": "money",
    },
    "events": {
        "type": "string",
        "date": "datetime",
        "customer_id": "id",
        "email": "email",
        "phone_number": "phone_number",
        "mailing_lists": "list",
    },
    "shops": {
        "external_id": "string",
        "name": "string",
        "email": "email",
        "phone_number": "phone_number",
        "street_address": "string",
        "city": "string",
        "country": "country_code",
        "shop_type": "string",
        "is_hidden": "boolean",
    },
}
NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "customers": (("external_id", "email", "phone_number"),),
    "products": (("external_id",), ("price",)),
    "sales": (
        ("sale_external_id",),
        ("sale_date",),
        ("external_id",),
        ("sale_customer_id", "sale_email", "sale_phone_number"),
    ),
    "events": (("type",), ("date",), ("customer_id", "email", "phone_number")),
    "shops": (("external_id",),),
}
EVENT_TYPES = {
    "MAIL_SUBSCRIBE": ("can_email", True),
    "MAIL_UNSUBSCRIBE": ("can_email", False),
    "SMS_SUBSCRIBE": ("can_sms", True),
    "SMS_UNSUBSCRIBE": ("can_sms", False),
}
# What an account declares in Settings > Data schema: names and types; they cannot be deleted.
DECLARED = {
    "segments": "list",
    "rfm_segment": "string",
    "rfm_code": "string",
    "lifecycle_stage": "string",
    "order_count": "integer",
    "clv": "money",
    "average_order_value": "money",
    "first_order_date": "date",
    "last_order_date": "date",
    "customer_groups": "list",
}
Record = dict[str, Any]


@dataclass
class Custobar:
    """An account.

    Attributes:
        key: its one API key.
        prefix: the account's name, with which its own fields begin.
        declared: its own fields of customers.
        most_rows: rows a request may hold.
        most_bytes: how large a request may be; a larger one is refused by what stands before the service.
        settles: seconds until what was accepted can be read back.
        uploads_left: how many more there are until the key is revoked.
        customers, products, sales, shops: what was accepted, by external id.
        events: what was accepted, in order; nothing tells two alike apart.
    """

    key: str = KEY
    prefix: str = "demo"
    declared: dict[str, str] = field(default_factory=lambda: dict(DECLARED))
    most_rows: int = 500
    most_bytes: int = 2_000_000
    settles: float = 0.0
    uploads_left: int | None = None
    customers: dict[str, Record] = field(default_factory=dict)
    products: dict[str, Record] = field(default_factory=dict)
    sales: dict[str, Record] = field(default_factory=dict)
    shops: dict[str, Record] = field(default_factory=dict)
    events: list[Record] = field(default_factory=list)
    paths: tuple[str, ...] = ("/api/",)

    def __post_init__(self) -> None:
        self._accepted: dict[str, float] = {}
        self._refusals = 0

    def answer(self, request: Request) -> Reply:
        """What Custobar says to a request."""
        if request.header("Authorization") not in (f"Bearer {self.key}", f"Token {self.key}"):
            return _error(401, "Authentication credentials were not provided or are wrong.")
        parts = request.path.removeprefix("/api/").split("/")
        if request.method == "POST" and parts[1:] == ["upload", ""] and parts[0] in FIELDS:
            return self._upload(parts[0], request)
        if request.method == "GET" and parts[0] == "data" and parts[2:] == [""] and parts[1] in FIELDS:
            return self._read(parts[1], request)
        return _error(404, "Not found.")

    def _upload(self, datatype: str, request: Request) -> Reply:
        if self.uploads_left is not None:
            self.uploads_left -= 1
            self.key = self.key if self.uploads_left >= 0 else ""
        if not self.key:
            return _error(401, "This key has been revoked.")
        if len(request.body) > self.most_bytes:
            return Reply(413, b"<html><h1>413 Request Entity Too Large</h1></html>", {"Content-Type": HTML})
        if not request.header("Content-Type").startswith("application/json"):
            return _error(415, "Unsupported media type.")
        body = request.json()
        rows = body.get(datatype) if isinstance(body, dict) else body
        if not isinstance(rows, list):
            return _error(400, f"Expected a list of {datatype}.")
        if len(rows) > self.most_rows:
            return _error(400, f"At most {self.most_rows} rows in a request.")
        reason = next(filter(None, (self.wrong(datatype, row) for row in rows)), None)
        if reason:
            return self._refusal(reason)
        for row in rows:
            self._take(datatype, row)
        return Reply(200, as_json({"response": "ok", "count": len(rows)}))

    def _refusal(self, reason: str) -> Reply:
        """No to the whole batch: by its status, or in the body behind a 200."""
        self._refusals += 1
        if self._refusals % 2:
            return _error(400, reason)
        return Reply(200, as_json({"response": "error", "error": {"reason": reason}}))

    def wrong(self, datatype: str, row: Any) -> str | None:
        """What is wrong with a row, in words that do not say which row it is."""
        if not isinstance(row, dict):
            return "A row must be an object."
        own = {f"{self.prefix}__{name}": kind for name, kind in self.declared.items()}
        kinds = {**FIELDS[datatype], **(own if datatype == "customers" else {})}
        for name, value in row.items():
            if name not in kinds:
                return f"Unknown field {name}."
            problem = None if value == "" else wrong(kinds[name], value)
            if problem:
                return f"{name} {problem}."
        for either in NEEDED[datatype]:
            if not any(row.get(name) not in (None, "") for name in either):
                return f"{' or '.join(either)} is required."
        if datatype == "events" and row["type"] not in EVENT_TYPES:
            return "Unknown event type."
        if ("sale_currency" in row) != ("sale_exchange_rate" in row):
            return "sale_currency and sale_exchange_rate must appear together."
        return None

    def _take(self, datatype: str, row: Record) -> None:
        """Patches a row in: keys that are absent stay, an empty text takes one away."""
        if datatype == "events":
            self.events.append({**row, "accepted_at": time.monotonic()})
            flag, says = EVENT_TYPES[row["type"]]
            self.customers.setdefault(row.get("customer_id") or row["email"], {**_identity(row)})[flag] = says
            return
        kept: dict[str, Record] = getattr(self, datatype)
        identity = row.get("external_id") or row.get("email") or row.get("phone_number", "")
        record = kept.setdefault(identity, {})
        for name, value in row.items():
            if value == "":
                record.pop(name, None)
            else:
                record[name] = value
        self._accepted[f"{datatype} {identity}"] = time.monotonic()

    def _read(self, datatype: str, request: Request) -> Reply:
        """Rows that match, page by page."""
        params = dict(request.params)
        limit, offset = int(params.pop("limit", 100)), int(params.pop("offset", 0))
        names = [name for name in params.pop("fields", "").split(",") if name]
        found = [row for row in self._readable(datatype) if _matches(row, params)]
        page = [
            {name: row.get(name) for name in names or row if name != "accepted_at"}
            for row in found[offset : offset + limit]
        ]
        asked = {**request.params, "offset": str(offset + limit)}
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        more = f"{request.path}?{query}" if offset + limit < len(found) else None
        return Reply(200, as_json({"count": len(found), "next_url": more, datatype: page}))

    def _readable(self, datatype: str) -> list[Record]:
        ripe = time.monotonic() - self.settles
        if datatype == "events":
            return [row for row in self.events if row["accepted_at"] <= ripe]
        kept: dict[str, Record] = getattr(self, datatype)
        return [row for key, row in kept.items() if self._accepted.get(f"{datatype} {key}", 0) <= ripe]


def _identity(row: Record) -> Record:
    names = {"customer_id": "external_id", "email": "email", "phone_number": "phone_number"}
    return {ours: row[theirs] for theirs, ours in names.items() if theirs in row}


def _matches(row: Record, params: Mapping[str, str]) -> bool:
    """Whether a row has all these values; `true` and `false` are flags."""
    return all(_word(row.get(name, "")) == value for name, value in params.items())


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _error(status: int, reason: str) -> Reply:
    return Reply(status, as_json({"response": "error", "error": {"reason": reason}}))
