"""OGOship's side: tokens for a password, single-use refresh tokens, products by code, stock and orders.

reference/custobar-and-ogoship.md B1 to B4. Creating what is there is an error that says so; a barcode is
never overwritten; stock is the warehouse's own and cannot be sent; an order that is created will be shipped.
"""

import time
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from pipelines.demo.inbox_checks import wrong
from pipelines.demo.inbox_wire import Reply, Request, as_json

LOGIN = {
    "username": "demo-merchant",
    "password": "demo-secret",
    "client_id": "demo-client",
    "client_secret": "demo-client-secret",
}
ROOT = "/api/v1/"
MOST = 250
PRODUCT = {
    "code": "string",
    "languageCode": "language_code",
    "name": "string",
    "description": "string",
    "supplierCode": "string",
    "supplier": "string",
    "group": "string",
    "eanCode": "string",
    "supplyPrice": "number",
    "salesPrice": "number",
    "currencyCode": "currency",
    "infoUrl": "url",
    "pictureUrl": "url",
}
ORDER = {
    "reference": "string",
    "customer": "",
    "status": "string",
    "orderLines": "",
    "shippingCode": "string",
    "pickUpPointCode": "string",
    "comments": "string",
    "priceTotal": "number",
    "priceCurrency": "currency",
    "test": "boolean",
}
Record = dict[str, Any]


@dataclass
class OgoShip:
    """A merchant.

    Attributes:
        lifetime: seconds a token lasts.
        products, orders: what was accepted, by code and by reference.
        stock: code -> pieces, as the warehouse counts them.
        voided_every: so many requests, and all tokens are void before their time; 0 for never.
        logins, refreshes: how often tokens were given for the password, and for a refresh token.
    """

    lifetime: float = 5400.0
    products: dict[str, Record] = field(default_factory=dict)
    orders: dict[str, Record] = field(default_factory=dict)
    stock: dict[str, int] = field(default_factory=dict)
    logins: int = 0
    refreshes: int = 0
    voided_every: int = 0
    paths: tuple[str, ...] = ("/OAuth/", ROOT)

    def __post_init__(self) -> None:
        self._tokens: dict[str, float] = {}
        self._refresh_tokens: set[str] = set()
        self._given = self._asked = 0

    def answer(self, request: Request) -> Reply:
        """What OGOship says to a request."""
        if request.path == "/OAuth/Token":
            return self._token(request)
        self._asked += 1
        if self.voided_every and self._asked % self.voided_every == 0:
            self._tokens.clear()
        token = request.header("Authorization").removeprefix("Bearer ")
        if self._tokens.get(token, 0.0) < time.monotonic():
            return _error(401, "The token is missing, wrong or expired.")
        resource, _, code = request.path.removeprefix(ROOT).partition("/")
        if resource == "products":
            return self._products(request, code)
        if resource == "orders":
            return self._orders(request)
        if resource == "stock" and request.method == "GET":
            rows = [{"productCode": code, **self._count(code)} for code in sorted(self.products)]
            return _page(rows, request)
        return _error(404, "No such resource.")

    def _token(self, request: Request) -> Reply:
        """Form-encoded only; a refresh token works once."""
        if not request.header("Content-Type").startswith("application/x-www-form-urlencoded"):
            return _error(415, "Send a form.")
        form = dict(parse_qsl(request.body.decode()))
        if form.get("grant_type") == "password":
            if any(form.get(name) != value for name, value in LOGIN.items()):
                return _error(401, "invalid_grant")
            self.logins += 1
        elif form.get("grant_type") == "refresh_token":
            if form.get("refresh_token") not in self._refresh_tokens:
                return _error(401, "invalid_grant")
            self._refresh_tokens.discard(form["refresh_token"])
            self.refreshes += 1
        else:
            return _error(400, "unsupported_grant_type")
        self._given += 1
        token, refresh = f"token-{self._given}", f"refresh-{self._given}"
        self._tokens[token] = time.monotonic() + self.lifetime
        self._refresh_tokens.add(refresh)
        answer = {"access_token": token, "refresh_token": refresh, "expires_in": self.lifetime}
        return Reply(200, as_json({**answer, "token_type": "bearer"}))

    def _products(self, request: Request, code: str) -> Reply:
        if request.method == "GET":
            rows = [{**row, **self._count(key)} for key, row in self.products.items()]
            wanted = request.params.get("code")
            return _page([row for row in rows if wanted in (None, row["code"])], request)
        body = request.json()
        problem = _wrong(body, PRODUCT, ("code", "languageCode"))
        if problem:
            return _error(400, problem)
        if request.method == "POST":
            if body["code"] in self.products:
                return _error(409, "A product with this code exists.")
            self.products[body["code"]] = body
            return Reply(201, as_json(body))
        if request.params.get("base64url") == "true":
            code = urlsafe_b64decode(code + "=" * (-len(code) % 4)).decode()
        if code not in self.products:
            return _error(404, "No such product.")
        self.products[code] |= {**body, "eanCode": self.products[code].get("eanCode", body.get("eanCode"))}
        return Reply(200, as_json(self.products[code]))

    def _orders(self, request: Request) -> Reply:
        if request.method == "GET":
            wanted = request.params.get("reference")
            return _page([row for row in self.orders.values() if wanted in (None, row["reference"])], request)
        body = request.json()
        problem = _wrong(body, ORDER, ("reference", "customer", "status", "orderLines", "shippingCode"))
        if problem:
            return _error(400, problem)
        unknown = [line["code"] for line in body["orderLines"] if line["code"] not in self.products]
        if unknown:
            return _error(400, "An order line has an unknown product code.")
        if body["reference"] in self.orders:
            return _error(409, "An order with this reference exists.")
        self.orders[body["reference"]] = body
        return Reply(201, as_json(body))

    def _count(self, code: str) -> Record:
        pieces = self.stock.get(code, 0)
        return {"stock": pieces, "stockAvailable": pieces, "reserved": 0, "modified": "2026-11-01T10:00:00Z"}


def _wrong(body: Any, kinds: dict[str, str], needed: tuple[str, ...]) -> str | None:
    if not isinstance(body, dict):
        return "The body must be an object."
    for name, value in body.items():
        if name not in kinds:
            return f"Unknown property {name}."
        if value is None:
            return f"{name} must not be null."
        if kinds[name] and wrong(kinds[name], value):
            return f"{name} {wrong(kinds[name], value)}."
    return next((f"{name} is required." for name in needed if not body.get(name)), None)


def _page(rows: list[Record], request: Request) -> Reply:
    """A plain list, at most 250 at a time, pages from 1."""
    limit, page = int(request.params.get("limit", 50)), int(request.params.get("page", 1))
    if not 1 <= limit <= MOST or page < 1:
        return _error(400, "limit must be 1 to 250, page from 1.")
    return Reply(200, as_json(rows[(page - 1) * limit : page * limit]))


def _error(status: int, message: str) -> Reply:
    return Reply(status, as_json({"statusCode": status, "statusDescription": "Error", "message": message}))
