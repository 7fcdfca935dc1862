"""OGOship: products by code; stock and the state of orders read back; orders only where asked for.

Flow: `outbound.out_ogoship__products` -> POST or PUT /api/v1/products;
/api/v1/stock and /api/v1/orders -> `raw_ogoship`.
Facts: reference/custobar-and-ogoship.md B1 to B6. A token for a password at another host, renewed by refresh
tokens that work once; keys without a value are left out, as nulls are handled badly; stock belongs to the
warehouse and is never sent.
Orders (`orders = true`) are for stores that have no other sender: a second one can ship everything twice.
An order is created once, as a DRAFT unless `order_status` says NEW, under a reference of its own; one that
exists is left as it is.
Inferred: names of the resources, and what an existing code is answered with; see `paths`.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson

from pipelines.accounts import Account
from pipelines.destinations.base import (
    Feed,
    Field,
    Invalid,
    Refused,
    Row,
    open_session,
    paged,
    quoted,
    says_no,
)
from pipelines.errors import AccessDenied, ApiError, ContractError, Unavailable
from pipelines.http import Answer, Call
from pipelines.settings import now

PAGE = 250
# Seconds that a token lasts when it does not say (B4).
LIFETIME = 5400
# Seconds before a token ends in which it is not used any more.
MARGIN = 60
# The legacy interface looks no further back (B5); orders change for longer only while they wait.
DAYS_BACK = 7

PRODUCTS = Feed(
    "products",
    "out_ogoship__products",
    {
        "code": Field(is_needed=True),
        "languagecode": Field("language", is_needed=True),
        "name": Field(),
        "supplier": Field(),
        "eancode": Field(),
        "currencycode": Field("currency"),
        "salesprice": Field("number"),
    },
    helpers=("same_code_count",),
)
ORDERS = Feed(
    "orders",
    "out_ogoship__orders",
    {
        "reference": Field(is_needed=True),
        "shippingcode": Field(is_needed=True),
        "customer__name": Field(is_needed=True, is_personal=True),
        "customer__company": Field(is_personal=True),
        "customer__address1": Field(is_needed=True, is_personal=True),
        "customer__zip": Field(is_personal=True),
        "customer__city": Field(is_needed=True, is_personal=True),
        "customer__countrycode": Field("country", is_needed=True),
        "customer__phone": Field("phone", is_personal=True),
        "customer__email": Field("email", is_personal=True),
        "pickuppointcode": Field(),
        "pricetotal": Field("number"),
        "pricecurrency": Field("currency"),
        "orderlines": Field("list", is_needed=True),
    },
    is_audience=False,
    is_person=True,
)
# Columns, which dbt writes small, in OGOship's own spelling.
SPELT: Mapping[str, str] = {
    "languagecode": "languageCode",
    "eancode": "eanCode",
    "currencycode": "currencyCode",
    "salesprice": "salesPrice",
    "shippingcode": "shippingCode",
    "countrycode": "countryCode",
    "pickuppointcode": "pickUpPointCode",
    "pricetotal": "priceTotal",
    "pricecurrency": "priceCurrency",
}
# What is read back: table -> column -> their field. No name or address of anybody. The first is the key.
READ_BACK: Mapping[str, Mapping[str, str]] = {
    "stock": {
        "product_code": "productCode",
        "stock": "stock",
        "stock_available": "stockAvailable",
        "reserved": "reserved",
        "modified": "modified",
    },
    "orders": {
        "reference": "reference",
        "status": "status",
        "tracking_number": "trackingNumber",
        "tracking_url": "trackingUrl",
        "edit_time": "editTime",
    },
}


class OgoShip:
    """One merchant's account."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.feeds = (PRODUCTS, ORDERS) if account.options["orders"] else (PRODUCTS,)
        self._login = open_session(account, lambda *_: {}, account.options["auth_url"])
        self._session = open_session(account, lambda *_: {"Authorization": f"Bearer {self._token()}"})
        self._login.throttle = self._session.throttle
        self._access, self._refresh, self._ends_at = "", "", now()

    @property
    def requests(self) -> int:
        """How often it was asked, for tokens, too."""
        return self._session.asked + self._login.asked

    def prepare(self, feed: Feed) -> None:
        """Nothing."""

    def settle(self, row: Row, feed: Feed) -> Row:
        """The row, unless its code would hit another product.

        Raises:
            Invalid: the code is not its own.
        """
        count = int(row.helpers.get("same_code_count") or 1)
        if count > 1:
            raise Invalid(f"code belongs to {count} products, expected one: give each its own in the store")
        return row

    def send(self, feed: Feed, rows: Sequence[Row]) -> Sequence[Row]:
        """Creates or updates products; creates orders."""
        for row in rows:
            if feed is PRODUCTS:
                self._write_product(row)
            else:
                self._create("orders", _order(row, self.account.options["order_status"]))
        return rows

    def has(self, feed: Feed, row: Row) -> bool:
        """Never asked: a code or reference that is there is never made a second time."""
        return False

    def forget(self, row_key: str) -> bool:
        """False: there is no call that deletes a person."""
        return False

    def collect(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Stock, and the state of orders that changed lately."""
        since = {"modifiedAfter": now().subtract(days=DAYS_BACK).to_iso8601_string()}
        return {
            "stock": [_only(READ_BACK["stock"], row) for row in self._read("stock", {})],
            "orders": [_only(READ_BACK["orders"], row) for row in self._read("orders", since)],
        }

    def close(self) -> None:
        """Ends the connections."""
        self._session.close()
        self._login.close()

    def _write_product(self, row: Row) -> None:
        """Updates what we have made before, else creates it; whichever is wrong, the other one."""
        product = _spelt(row.payload)
        if row.accepted_at and self._update(product):
            return
        if not self._create("products", product) and not self._update(product):
            raise Refused("it says the code exists, and that it does not")

    def _update(self, product: Mapping[str, Any]) -> bool:
        code = urlsafe_b64encode(product["code"].encode()).decode().rstrip("=")
        path = f"{self._path('products')}/{code}"
        return self._send("PUT", path, product, (200, 404), {"base64url": "true"}).status == 200

    def _create(self, resource: str, body: Mapping[str, Any]) -> bool:
        """Whether it is new; a reference or code makes a second attempt harmless."""
        return self._send("POST", self._path(resource), body, (200, 201, 409)).status != 409

    def _read(self, resource: str, params: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        def page(number: int) -> tuple[list[dict[str, Any]], bool]:
            asked = {**params, "limit": PAGE, "page": number}
            rows = _json(self._send("GET", self._path(resource), None, (200,), asked))
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise ContractError(f"ogoship: GET {resource} answered no list. Check paths.{resource}.")
            return rows, len(rows) >= PAGE

        return paged(f"ogoship: GET {resource}", page)

    def _path(self, resource: str) -> str:
        return self.account.paths.get(resource, f"api/v1/{resource}")

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        taken: Sequence[int],
        params: Mapping[str, Any] | None = None,
    ) -> Answer:
        """The answer, when its status is one of those.

        Raises:
            Refused: it is one that says what is wrong with what was sent, or the body does.
            ContractError: the body is nothing that we know.
        """
        sent = orjson.dumps(body) if body is not None else b""
        answer = self._answer(Call(method, path, params or {}, sent, verdicts=(*taken, 400, 422)))
        if method == "GET" and answer.status in taken:
            return answer
        said = _json(answer)
        if not isinstance(said, dict):
            raise ContractError(f"ogoship: {method} answered no JSON object, so nobody knows. Try later.")
        if answer.status not in taken or says_no(said.get("statusCode"), taken):
            raise Refused(quoted(self.account, said.get("message")))
        return answer

    def _answer(self, call: Call) -> Answer:
        """The answer; asked again with another token when the one we have is not taken any more."""
        try:
            return self._session.send(call, lambda answer: answer)
        except AccessDenied as denied:
            if denied.status != 401 or now() >= self._ends_at:
                raise
            self._ends_at = now()
        return self._session.send(call, lambda answer: answer)

    def _token(self) -> str:
        """A token that lasts a while: for the refresh token, which works once, else for the password."""
        if now() >= self._ends_at:
            try:
                if not self._refresh:
                    raise Unavailable("no refresh token yet")
                self._renew({"grant_type": "refresh_token", "refresh_token": self._refresh})
            except ApiError:
                secrets = self.account.secrets
                login = {"username": secrets["merchant_id"], "password": secrets["secret"]}
                self._renew({"grant_type": "password", **login})
        return self._access

    def _renew(self, grant: Mapping[str, str]) -> None:
        client = {name: self.account.secrets[name] for name in ("client_id", "client_secret")}
        form = urlencode({**grant, **client}).encode()
        call = Call(
            "POST",
            "OAuth/Token",
            body=form,
            content_type="application/x-www-form-urlencoded",
            is_repeatable=grant["grant_type"] == "password",
        )
        self._refresh = ""
        said = self._login.send(call, _json)
        if not isinstance(said, dict) or "access_token" not in said:
            raise ContractError("ogoship: POST /OAuth/Token answered no access_token. Check auth_url.")
        self._access, self._refresh = str(said["access_token"]), str(said.get("refresh_token") or "")
        lifetime = said.get("expires_in")
        seconds = lifetime if isinstance(lifetime, int | float) else LIFETIME
        self._ends_at = now().add(seconds=int(max(0, seconds - MARGIN)))


def open_destination(account: Account) -> OgoShip:
    """The account, ready to be asked."""
    return OgoShip(account)


def _spelt(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {SPELT.get(name, name): value for name, value in payload.items()}


def _order(row: Row, status: str) -> dict[str, Any]:
    """The order as OGOship takes it: who gets it is one object, each line another."""
    theirs = _spelt({name: value for name, value in row.payload.items() if not name.startswith("customer__")})
    customer = {
        name.removeprefix("customer__"): value
        for name, value in row.payload.items()
        if name.startswith("customer__")
    }
    lines = [_line(text) for text in row.payload["orderlines"]]
    theirs.pop("orderlines")
    return {**theirs, "status": status, "customer": _spelt(customer), "orderLines": lines}


def _line(text: str) -> dict[str, Any]:
    """`code quantity unit_price vat_rate`, with U+001E between them."""
    try:
        code, quantity, price, rate = text.split("\x1e")
    except ValueError:
        raise Refused("a line is no code, quantity, price and rate") from None
    return {
        "code": code,
        "quantity": int(float(quantity)),
        "unitPrice": float(price),
        "vatPercentage": float(rate),
    }


def _only(columns: Mapping[str, str], row: Mapping[str, Any]) -> dict[str, Any]:
    return {ours: row.get(theirs) for ours, theirs in columns.items()}


def _json(answer: Answer) -> Any:
    try:
        return orjson.loads(answer.body or b"{}")
    except orjson.JSONDecodeError:
        raise ContractError(
            "ogoship: an answer is no JSON, so nobody knows what it means. Try later."
        ) from None
