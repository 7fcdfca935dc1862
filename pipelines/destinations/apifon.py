"""Apifon: subscribers of a list of our own for each store, with fields and groups to segment by.

Flow: `outbound.out_apifon__subscribers` -> POST or PUT /services/api/v1/list/{id}/subscriber/.
Facts: reference/cscart-and-apifon.md 7.5. One subscriber per call; PUT replaces the whole record, so all of
it is sent; requests are signed with HMAC-SHA256 over method, path, body and date.
The list another integration owns is never touched: ours are found by title, and made when missing.
Consent: whoever has left there, or is blocked there, is never subscribed again by us; each subscriber is
looked up right before it is written.
Inferred: that {lookup} is the MD5 of the e-mail address; bodies of fields, groups and options.
Left out: Apifon's own segments, for which there is no API; build them there on the fields.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

import orjson

from pipelines.accounts import STORE, Account
from pipelines.destinations.base import (
    MAYBE_OLDER,
    Feed,
    Field,
    Refused,
    Row,
    open_session,
    paged,
    quoted,
    says_no,
    withheld,
)
from pipelines.errors import ContractError, Unavailable
from pipelines.http import Answer, Call
from pipelines.settings import now
from pipelines.texts import bare

ROOT = "services/api/v1"
PERSONAL = Field(is_personal=True)
STATUSES = ("status", "email_status")
GROUP = "SEGMENTS"
PAGE = 100

# Column -> their field of ours, and its type. Text sorts and compares, which is all a condition there needs.
FIELDS: Mapping[str, str] = {
    "first_name": "FIRST_NAME",
    "last_name": "LAST_NAME",
    "rfm_segment": "RFM_SEGMENT",
    "lifecycle": "LIFECYCLE",
    "orders_365d": "ORDERS_365D",
    "clv": "CLV",
    "first_order_at": "FIRST_ORDER_AT",
    "last_order_at": "LAST_ORDER_AT",
}
TYPES = {"ORDERS_365D": "NUMBER", "CLV": "NUMBER", "FIRST_ORDER_AT": "DATE", "LAST_ORDER_AT": "DATE"}

SUBSCRIBERS = Feed(
    "subscribers",
    "out_apifon__subscribers",
    {
        "email": Field("email", is_needed=True, is_personal=True),
        "destination": Field("msisdn", is_personal=True),
        "status": Field(is_needed=True),
        "email_status": Field(is_needed=True),
        "first_name": PERSONAL,
        "last_name": PERSONAL,
        "rfm_segment": Field(),
        "lifecycle": Field(),
        "orders_365d": Field("number"),
        "clv": Field("number"),
        "first_order_at": Field("day"),
        "last_order_at": Field("day"),
        "segments": Field("list"),
    },
    consents=STATUSES,
    is_person=True,
)


class Apifon:
    """One account, and in it our lists."""

    feeds = (SUBSCRIBERS,)

    def __init__(self, account: Account) -> None:
        self.account = account
        self._session = open_session(account, self._sign)
        self._lists: dict[str, str] | None = None
        self._made: set[str] = set()
        self._blocked: set[str] = set()
        self._options: set[tuple[str, str]] = set()

    @property
    def requests(self) -> int:
        """How often it was asked."""
        return self._session.asked

    def prepare(self, feed: Feed) -> None:
        """Finds our lists, which the first row to be sent makes, and whom Apifon never writes to again."""
        self._lists = self._find_lists()
        self._blocked = {
            bare(str(each.get("destination"))) for each in self._read("bounce/subscriber", "subscribers")
        }

    def settle(self, row: Row, feed: Feed) -> Row:
        """The row as it is: who has left there is looked up when it is sent."""
        return row

    def send(self, feed: Feed, rows: Sequence[Row]) -> Sequence[Row]:
        """Writes each subscriber, new or again."""
        return [self._write(row, self._list_of(row.store)) for row in rows]

    def has(self, feed: Feed, row: Row) -> bool:
        """Never asked: writing a subscriber twice does no harm."""
        return False

    def forget(self, row_key: str) -> bool:
        """Deletes a subscriber of all our lists, also one that is gone already."""
        for list_id in self._ours().values():
            self._send("DELETE", f"list/{list_id}/subscriber/{row_key}", None, (200, 204, 404))
        return True

    def collect(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Nothing."""
        return {}

    def close(self) -> None:
        """Ends the connections."""
        self._session.close()

    def _write(self, row: Row, list_id: str) -> Row:
        lookup = f"list/{list_id}/subscriber/{row.key}"
        there = self._look_up(lookup)
        row = self._without_what_was_refused(row, there)
        if there is None and all(row.payload[name] == "UNSUBSCRIBED" for name in STATUSES):
            return row  # nobody is put there to be left alone
        self._make_options(row, list_id)
        if there is None:
            try:
                self._send("POST", f"list/{list_id}/subscriber/", _record(row), (200, 201), False)
            except Unavailable:
                if self._look_up(lookup) is None:
                    raise
        else:
            self._send("PUT", lookup, _record(row), (200, 201, 204))
        return row

    def _look_up(self, path: str) -> dict[str, Any] | None:
        answer = self._send("GET", path, None, (200, 404))
        if answer.status == 404:
            return None
        found = _json(answer)
        if not any(isinstance(found.get(name), str) for name in STATUSES):
            raise _unknown("a subscriber without a status")
        return found

    def _without_what_was_refused(self, row: Row, there: Mapping[str, Any] | None) -> Row:
        """The row without a yes to what the person has left there, or is blocked from."""
        names = (row.payload.get(name) for name in ("email", "destination"))
        is_blocked = any(bare(str(name)) in self._blocked for name in names if name)
        for name in STATUSES:
            has_left = there is not None and there.get(name, "SUBSCRIBED") != "SUBSCRIBED"
            is_newer = has_left and row.last_consent.get(name) in MAYBE_OLDER
            if row.payload[name] == "SUBSCRIBED" and (is_blocked or is_newer):
                row = withheld(row, name, "UNSUBSCRIBED")
        return row

    def _ours(self) -> dict[str, str]:
        """Our lists' ids, by title."""
        if self._lists is None:
            self._lists = self._find_lists()
        return self._lists

    def _find_lists(self) -> dict[str, str]:
        title = re.escape(self.account.options["list_title"])
        is_ours = re.compile(title.replace(re.escape(STORE), "[a-z][a-z0-9_]*"))
        ours = [each for each in self._read("list", "lists") if is_ours.fullmatch(str(each.get("title")))]
        if not all(each.get("id") for each in ours):
            raise _unknown("a list without an id")
        return {each["title"]: str(each["id"]) for each in reversed(ours)}  # of two alike the first

    def _read(self, path: str, name: str) -> Iterator[dict[str, Any]]:
        """All members of a list."""

        def page(number: int) -> tuple[list[dict[str, Any]], bool]:
            found = _json(self._send("GET", path, None, (200,), params={"size": PAGE, "page": number}))
            rows, links = found.get(name), found.get("links")
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise _unknown(f"no list of {name}")
            return rows, bool(rows and isinstance(links, dict) and links.get("next"))

        return paged(f"apifon: GET {path}", page)

    def _list_of(self, store: str) -> str:
        """The id of a store's list; it, its fields and its group are there."""
        title = self.account.options["list_title"].replace(STORE, store)
        if title not in self._ours():
            self._make_list(title)
        list_id = self._ours()[title]
        if list_id not in self._made:
            self._make_fields(list_id)
        return list_id

    def _make_list(self, title: str) -> None:
        body = {
            "type": "ADVANCED",
            "title": title,
            "prefix": self.account.options["country_prefix"],
            "description": "Written by kassavirta; do not connect another integration to it.",
        }
        self._send("POST", "list/", body, (200, 201), False)
        self._lists = self._find_lists()
        if title not in self._lists:
            raise _unknown("no list of the title that was made")

    def _make_fields(self, list_id: str) -> None:
        for field in FIELDS.values():
            body = {"title": field.replace("_", " ").title(), "type": TYPES.get(field, "TEXT")}
            self._send("POST", f"list/{list_id}/field/", body, (200, 201, 409))
        self._send("POST", f"list/{list_id}/group/", {"title": GROUP.title()}, (200, 201, 409))
        self._made.add(list_id)

    def _make_options(self, row: Row, list_id: str) -> None:
        for option in {option for option in _options(row) if (list_id, option) not in self._options}:
            path = f"list/{list_id}/{GROUP}/option"
            self._send("POST", path, {"title": option.title(), "field": option}, (200, 201, 409))
            self._options.add((list_id, option))

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        taken: Sequence[int],
        is_repeatable: bool = True,
        params: Mapping[str, str | int] | None = None,
    ) -> Answer:
        """The answer, when its status is one of those.

        Raises:
            Refused: it is one that says what is wrong with what was sent, or the body does.
            ContractError: the body is nothing that we know.
        """
        sent = orjson.dumps(body) if body is not None else b""
        call = Call(
            method,
            f"{ROOT}/{path}",
            params or {},
            sent,
            verdicts=(*taken, 400, 422),
            is_repeatable=is_repeatable,
        )
        answer = self._session.send(call, lambda answer: answer)
        if method == "GET" and answer.status in taken:
            return answer
        said = _json(answer)
        if answer.status not in taken or says_no(said.get("status"), taken):
            raise Refused(quoted(self.account, said.get("detail") or said.get("title")))
        return answer

    def _sign(self, method: str, path: str, body: bytes) -> Mapping[str, str]:
        """https://docs.apifon.com: method, path, body and date, signed with the secret."""
        date = now().format("ddd, DD MMM YYYY HH:mm:ss", locale="en") + " GMT"
        text = b"\n".join([method.encode(), path.encode(), body, date.encode()])
        signature = hmac.new(self.account.secrets["secret"].encode(), text, sha256).digest()
        token = self.account.secrets["token"]
        return {
            "Authorization": f"ApifonWS {token}:{b64encode(signature).decode()}",
            "X-ApifonWS-Date": date,
        }


def open_destination(account: Account) -> Apifon:
    """The account, ready to be asked."""
    return Apifon(account)


def _record(row: Row) -> dict[str, Any]:
    """A subscriber as Apifon keeps it: what is left out is gone afterwards."""
    payload = row.payload
    top = {name: payload[name] for name in ("email", "destination", *STATUSES) if name in payload}
    fields = {theirs: str(payload[ours]) for ours, theirs in FIELDS.items() if ours in payload}
    return {**top, "subscriber_fields": fields, "groupOptions": _options(row)}


def _options(row: Row) -> list[str]:
    return [segment.upper() for segment in row.payload.get("segments", ())]


def _json(answer: Answer) -> dict[str, Any]:
    try:
        said = orjson.loads(answer.body or b"{}")
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict):
        raise _unknown("no JSON object")
    return said


def _unknown(what: str) -> ContractError:
    return ContractError(f"apifon: an answer is {what}, so nobody knows what it means. Try later.")
