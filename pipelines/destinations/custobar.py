"""Custobar: customers, products, sales, events and shops, patched into an account by upload.

Flow: `outbound.out_custobar__*` -> POST /api/<datatype>/upload/.
Facts: reference/custobar-and-ogoship.md A1 to A9. A batch is taken or refused whole; success is a 2xx *and* a
body that says ok. Uploading is an upsert that changes only the keys present, so sending a row again is
harmless; but an event has no identity, so a lost answer is looked up before an event is sent again.
Mode `enrich` (default) sends nothing but our own computed fields of customers, by the ids that the store's
own integration sends, and no consent. Mode `full` is for stores without another sender: everything, under
ids that begin with the store's name.
Consent: unknown is left out. True is left out where Custobar has a no that is newer, or may be.
Left out: deleting people, for which there is no API (A9).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pendulum

from pipelines.accounts import Account
from pipelines.destinations.base import (
    MAYBE_OLDER,
    Feed,
    Field,
    Held,
    Invalid,
    Refused,
    Row,
    open_session,
    quoted,
    withheld,
)
from pipelines.errors import ContractError, Unavailable
from pipelines.http import Answer, Call
from pipelines.settings import moment

# 413: too large; 415 and 422 are other ways to say that the body is wrong.
VERDICTS = (200, 201, 202, 400, 413, 415, 422)
TAKEN = (200, 201, 202)
READ_AT_ONCE = 1000

PERSONAL = Field(is_personal=True)
COMPUTED = Field(is_cleared=True)
WHOLE = Field("integer", is_cleared=True)
CENTS = Field("cents", is_cleared=True)
DAY = Field("day", is_cleared=True)

SEGMENTS = Feed(
    "customer_segments",
    "out_custobar__customer_segments",
    {
        "external_id": Field("id", is_needed=True),
        "custom__segments": Field("list", is_cleared=True),
        "custom__rfm_segment": COMPUTED,
        "custom__rfm_code": COMPUTED,
        "custom__lifecycle_stage": COMPUTED,
        "custom__order_count": WHOLE,
        "custom__clv": CENTS,
        "custom__average_order_value": CENTS,
        "custom__first_order_date": DAY,
        "custom__last_order_date": DAY,
    },
    is_person=True,
)
SHOPS = Feed(
    "shops",
    "out_custobar__shops",
    {"external_id": Field(is_needed=True), "name": Field(), "shop_type": Field()},
)
PRODUCTS = Feed(
    "products",
    "out_custobar__products",
    {
        "external_id": Field("id", is_needed=True),
        "price": Field("cents", is_needed=True),
        "title": Field(),
        "brand": Field(),
        "vendor": Field(),
        "category": Field("list"),
        "sku": Field(),
        "ean": Field(),
        "weight": Field("number"),
        "in_stock": Field("flag"),
        "shop_id": Field(),
        "date": Field("moment"),
    },
)
CUSTOMERS = Feed(
    "customers",
    "out_custobar__customers",
    {
        "external_id": Field("id", is_needed=True),
        "email": Field("email", is_personal=True),
        "phone_number": Field("phone", is_personal=True),
        "first_name": PERSONAL,
        "last_name": PERSONAL,
        "company": PERSONAL,
        "vat_number": PERSONAL,
        "street_address": PERSONAL,
        "zip_code": PERSONAL,
        "city": PERSONAL,
        "country": Field("country"),
        "language": Field("language"),
        "custom__customer_groups": Field("list", is_cleared=True),
        "shop_id": Field(),
        "can_email": Field("flag"),
        "can_sms": Field("flag"),
        "date_joined": Field("moment"),
    },
    helpers=("consented_at",),
    consents=("can_email", "can_sms"),
    is_person=True,
)
SALES = Feed(
    "sales",
    "out_custobar__sales",
    {
        "external_id": Field("id", is_needed=True),
        "sale_external_id": Field("id", is_needed=True),
        "sale_customer_id": Field("id", is_needed=True),
        "sale_date": Field("moment", is_needed=True),
        "sale_state": Field(),
        "sale_shop_id": Field(),
        "sale_shipping_method": Field(),
        "sale_total": Field("cents"),
        "sale_discount": Field("cents"),
        "sale_shipping": Field("cents"),
        "product_id": Field("id"),
        "product_sku": Field(),
        "product_title": Field(),
        "quantity": Field("number"),
        "unit_price": Field("cents"),
        "total": Field("cents"),
    },
)
EVENTS = Feed(
    "events",
    "out_custobar__events",
    {
        "type": Field(is_needed=True),
        "date": Field("moment", is_needed=True),
        "customer_id": Field("id", is_needed=True),
    },
    is_repeatable=False,
    is_audience=False,
)
FEEDS: Mapping[str, Sequence[Feed]] = {
    "enrich": (SEGMENTS,),
    "full": (SHOPS, PRODUCTS, CUSTOMERS, SEGMENTS, SALES, EVENTS),
}
DATATYPES = {"customer_segments": "customers"}
# What takes a consent back, by the field it is in.
NO_EVENTS = {"can_email": "MAIL_UNSUBSCRIBE", "can_sms": "SMS_UNSUBSCRIBE"}
YES_EVENTS = {"MAIL_SUBSCRIBE": "can_email", "SMS_SUBSCRIBE": "can_sms"}


class Custobar:
    """One account.

    Attributes:
        refusals: field of consent -> people who have said no there -> when, as far as that is known.
    """

    def __init__(self, account: Account) -> None:
        self.account = account
        self.feeds = FEEDS[account.options["mode"]]
        self.refusals: dict[str, dict[str, pendulum.DateTime | None]] = {}
        self._prefix = f"{account.options['field_prefix']}__"
        authorization = f"{account.options['authorization']} {account.secrets['key']}"
        self._session = open_session(account, lambda *_: {"Authorization": authorization})
        self._has_new_customers = False

    @property
    def requests(self) -> int:
        """How often it was asked."""
        return self._session.asked

    def prepare(self, feed: Feed) -> None:
        """Reads back who has said no, before anything is said about consent; lets new customers settle."""
        if feed in (CUSTOMERS, EVENTS):
            self.refusals = {name: self._read_refusals(name) for name in NO_EVENTS}
        if feed is SALES and self._has_new_customers:
            self._session.throttle.hold(self.account.options["pause_seconds"])

    def settle(self, row: Row, feed: Feed) -> Row:
        """The row without a yes that a no there may be newer than.

        Raises:
            Held: it is nothing but such a yes.
        """
        if feed is EVENTS:
            self._check_event(row)
        for name in feed.consents:
            if row.payload.get(name) is True and self._is_held(name, row):
                row = withheld(row, name)
        return row

    def send(self, feed: Feed, rows: Sequence[Row]) -> Sequence[Row]:
        """Uploads rows in one request.

        Raises:
            Refused: the batch is not taken; Custobar says why, and not which row it was.
        """
        datatype = DATATYPES.get(feed.name, feed.name)
        path = self.account.paths.get(datatype, f"api/{datatype}/upload/")
        body = orjson.dumps({datatype: [self._in_their_words(row) for row in rows]})
        call = Call("POST", path, body=body, verdicts=VERDICTS, is_repeatable=feed.is_repeatable)
        refusal = self._session.send(call, self._refusal)
        if refusal:
            raise Refused(refusal)
        self._has_new_customers |= datatype == "customers"
        return rows

    def has(self, feed: Feed, row: Row) -> bool:
        """Whether an event whose answer was lost is there."""
        wanted = {name: str(row.payload[name]) for name in ("type", "customer_id")}
        at = moment(row.payload["date"])
        return any(moment(found.get("date")) == at for found in self._read("events", wanted))

    def forget(self, row_key: str) -> bool:
        """False: people are deleted in Custobar's own pages only (A9)."""
        return False

    def collect(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Nothing."""
        return {}

    def close(self) -> None:
        """Ends the connections."""
        self._session.close()

    def _refusal(self, answer: Answer) -> str:
        """Why the rows are not taken; nothing when they are: a good status, and a body that says ok.

        Raises:
            Unavailable: the status is good and the body says neither, so nobody knows.
        """
        try:
            said = _json(answer.body)
        except Unavailable:
            if answer.status in TAKEN:
                raise
            said = None  # a proxy's page, which says that the request is too large
        known = said if isinstance(said, dict) else {}
        error, verdict = known.get("error"), known.get("response")
        if answer.status in TAKEN and not error and verdict is None:
            raise Unavailable("custobar: an answer says neither ok nor what is wrong. Try later.")
        if answer.status in TAKEN and not error and verdict == "ok":
            return ""
        reason = error.get("reason") if isinstance(error, dict) else error
        return quoted(self.account, reason or f"{answer.status} {answer.body.decode(errors='replace')}")

    def _in_their_words(self, row: Row) -> dict[str, Any]:
        return {name.replace("custom__", self._prefix): value for name, value in row.payload.items()}

    def _read_refusals(self, name: str) -> dict[str, pendulum.DateTime | None]:
        """Who has said no, by external id, with the moment of the last no that is an event."""
        asked = {name: "false", "fields": f"external_id,{name}"}
        refusals: dict[str, pendulum.DateTime | None] = {
            str(found["external_id"]): None
            for found in self._read("customers", asked)
            if found.get("external_id") and found.get(name) is False
        }
        for event in self._read("events", {"type": NO_EVENTS[name]}):
            person, at = str(event.get("customer_id") or ""), moment(event.get("date"))
            if person and at and (refusals.get(person) is None or at > refusals[person]):  # type: ignore[operator]
                refusals[person] = at
        return refusals

    def _is_held(self, name: str, row: Row) -> bool:
        """Whether a no there is newer than the shop's yes, or may be."""
        person = row.payload["external_id"]
        if person not in self.refusals[name]:
            return False
        if row.last_consent.get(name) in MAYBE_OLDER:
            return True
        said_no, said_yes = self.refusals[name][person], moment(row.helpers.get("consented_at"))
        return bool(said_no) and (said_yes is None or said_no > said_yes)  # type: ignore[operator]

    def _check_event(self, row: Row) -> None:
        name, at = YES_EVENTS.get(row.payload["type"]), moment(row.payload["date"])
        if at is None:
            raise Invalid("date is no moment that there is")
        said_no = self.refusals.get(name or "", {}).get(row.payload["customer_id"])
        if said_no and said_no > at:
            raise Held("a newer unsubscription is there")

    def _read(self, datatype: str, params: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """All rows that match, page by page."""
        asked: Mapping[str, str | int] | None = {**params, "limit": READ_AT_ONCE}
        while asked:
            before = asked
            rows, asked = self._session.get(
                f"api/data/{datatype}/", asked, lambda answer: _page(datatype, answer)
            )
            if asked == before:
                raise _no_list(datatype)
            yield from rows


def open_destination(account: Account) -> Custobar:
    """The account, ready to be asked."""
    return Custobar(account)


def _page(datatype: str, answer: Answer) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The rows of an answer, and the query of the next page; none after the last."""
    said = _json(answer.body)
    rows = said.get(datatype) if isinstance(said, dict) else said
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _no_list(datatype)
    following = said.get("next_url") if isinstance(said, dict) else None
    return rows, dict(parse_qsl(urlsplit(str(following or "")).query))


def _no_list(datatype: str) -> ContractError:
    return ContractError(
        f"custobar: GET /api/data/{datatype}/ answered no list of {datatype}. Nothing was sent; "
        "check that the key may read it."
    )


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        raise Unavailable(
            "custobar: an answer is no JSON, so nobody knows what was done. Try later."
        ) from None
