"""How the shop looks through the CS-Cart API: addresses, versions, paging, errors.

Facts: reference/cscart-and-apifon.md 1 (transport, errors, envelope), 1.1 (paging), 2 (entities). The
shop stands in a sub-directory, one per release (`cscart_asking.DIALECTS`): below it
`api/2.0/orders/97` with rewriting and `api.php?_d=orders/97` without. Chosen by us: `page` and
`items_per_page` are echoed as they were sent, else as numbers; a list of version 1.0 is bare only
without `items_per_page`; the demo can only be read, so a write that CS-Cart would take is a 405.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from pipelines.demo.cscart_asking import DIALECTS, Ask, Params, is_falling, number_of, sort_of
from pipelines.demo.cscart_entities import NEWSLETTER, Listing, listings
from pipelines.demo.mycashflow import Answer
from pipelines.demo.shop import Shop

PAGE_SIZE = 50
"""The administrator's own setting, from the factory."""

_DIALECTS = {dialect.root: dialect for dialect in DIALECTS.values()}
_VERSIONS = ("1.0", "2.0", "2.1", "4.0")
_CURRENT = "2.1"
_ACCEPTED = ("application/json", "text/plain", "application/x-www-form-urlencoded", "*/*", "application/*")
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="User email/API key"'}


def is_cscart(path: str) -> bool:
    """Whether an address of the demo server belongs to the CS-Cart view."""
    return _root(path) in _DIALECTS


def error(status: int, detail: str = "", headers: Mapping[str, str] | None = None) -> Answer:
    """An error as the API words it."""
    phrase = HTTPStatus(status).phrase
    message = f"{phrase}: {detail}" if detail else phrase
    return Answer(status, json.dumps({"message": message, "status": status}).encode(), headers or {})


def unauthorised() -> Answer:
    """A wrong user or key."""
    return error(401, "", _CHALLENGE)


def restated(answer: Answer) -> Answer:
    """An error in the words of MyCashflow, in those of CS-Cart."""
    if answer.status < 400 or not answer.body.startswith(b'{"error"'):
        return answer
    said = json.loads(answer.body)
    headers = {**_CHALLENGE, **answer.headers} if answer.status == 401 else answer.headers
    return replace(error(answer.status, said["description"], headers), resource=answer.resource)


class CartApi:
    """Answers requests for a shop below `/cscart` and its sisters.

    Args:
        page_size: how many rows a page has when the client does not say.
        addons: the add-ons switched on; without `email_marketing` there are no subscribers.
    """

    def __init__(self, shop: Shop, page_size: int = PAGE_SIZE, addons: Sequence[str] = (NEWSLETTER,)) -> None:
        self._shop = shop
        self._page_size = page_size
        self._listings = listings(shop, addons)

    def answer(self, method: str, path: str, query: str, headers: Mapping[str, str]) -> Answer:
        """The answer to a request whose key is right; `headers` has lower-case names."""
        dialect, pairs = _DIALECTS[_root(path)], parse_qsl(query, keep_blank_values=True)
        given = dict(pairs)
        place = _place(path.removeprefix(dialect.root), given.get("_d", ""))
        if place is None:
            return Answer(404, b"<h1>Not Found</h1>", _HTML)
        if not place and given.get("version") and dialect.announced:
            return Answer(200, dialect.announced.encode(), _HTML)
        version, parts = _versioned(place.strip("/").split("/"))
        if (version and version not in _VERSIONS) or not parts or "" in parts:
            return error(404, f"Entity {'/'.join([version, *parts]).strip('/')} not found")
        method = given.get("_METHOD", method).upper() if method == "POST" else method
        ask = Ask(dialect, Params(pairs), int(self._shop.clock()), version)
        return _refusal(method, headers) or self._read(ask, *parts[:4])

    def _read(self, ask: Ask, entity: str, number: str = "", child: str = "", *rest: str) -> Answer:
        if entity == "version":
            return _json({"Version": _CURRENT})
        listing = self._listings.get(entity)
        if listing is None:
            return error(404, f"Entity {entity} not found")
        if rest or (number and not number.isdecimal()):
            return replace(error(404), resource=entity)
        if child:
            answer = self._child(ask, listing, int(number), child)
        elif number:
            answer = self._single(ask, listing, int(number))
        else:
            answer = self._list(ask, listing)
        return replace(answer, resource=entity)

    def _single(self, ask: Ask, listing: Listing, number: int) -> Answer:
        found = listing.one(number, ask) if listing.one else None
        if found is None and listing.name == "users" and ask.dialect.is_vague:
            return self._page(ask, listing, [])
        if found is None:
            return error(404)
        shown = (listing.whole or listing.row)(found, ask)
        return replace(_json(shown), ids=(listing.id_of(found),)) if shown else error(404)

    def _list(self, ask: Ask, listing: Listing) -> Answer:
        if listing.name == "users" and ask.dialect.needs_user_type and "user_type" not in ask.params:
            return error(400, "The parameter user_type is required")
        if listing.is_bare:
            return _json([listing.row(facts, ask) for facts in listing.find(ask)])
        return self._page(ask, listing, listing.find(ask))

    def _child(self, ask: Ask, listing: Listing, number: int, child: str) -> Answer:
        """A list below a record, `users/3/usergroups`."""
        found = listing.children(ask.dialect).get(child)
        if found is None:
            return error(404, f"Entity {child} not found")
        if listing.one is None or listing.one(number, ask) is None:
            return error(404)
        name, narrowed = found
        return self._list(replace(ask, params=ask.params.also(narrowed, str(number))), self._listings[name])

    def _page(self, ask: Ask, listing: Listing, found: list[Any]) -> Answer:
        """One page in its envelope."""
        size, page = self._size(ask), max(1, number_of(ask.params.text("page")))
        if listing.clamps(ask.dialect) and size:
            page = min(page, max(1, -(-len(found) // size)))
        shown = found[(page - 1) * size : page * size] if size else found
        rows = [told for told in (listing.row(facts, ask) for facts in shown) if told]
        ids = tuple(listing.id_of(facts) for facts in shown)
        if ask.version == "1.0" and listing.name == "orders" and "items_per_page" not in ask.params:
            return Answer(200, _dump(rows), ids=ids)
        by, order = listing.default
        order = "desc" if is_falling(ask, order) else "asc"
        params = {
            **ask.params.echo,
            "page": _as_sent(ask, "page", page),
            "items_per_page": _as_sent(ask, "items_per_page", size),
            "sort_by": sort_of(ask, listing.sorts, by),
            "sort_order": order,
            "sort_order_rev": "desc" if order == "asc" else "asc",
        }
        if size:
            params["total_items"] = str(len(found))
        return Answer(200, _dump({listing.key: rows, "params": params}), ids=ids)

    def _size(self, ask: Ask) -> int:
        """Rows per page; 0 for all."""
        if ask.version == "1.0" and "items_per_page" not in ask.params:
            return 0
        if "items_per_page" not in ask.params:
            return self._page_size
        size = number_of(ask.params.text("items_per_page"))
        return size if size >= 0 else self._page_size


def _root(path: str) -> str:
    """The directory a path is in."""
    return "/".join(path.split("/", 2)[:2])


def _versioned(parts: list[str]) -> tuple[str, list[str]]:
    """The version that a number in front is, and the rest."""
    return (parts[0], parts[1:]) if parts[0][:1].isdigit() else ("", parts)


def _place(path: str, asked: str) -> str | None:
    """What stands behind `api/`, or is asked of `api.php`; nothing if it is another address."""
    if path == "/api.php":
        return asked
    _, found, place = path.partition("/api/")
    return place if found else None


def _refusal(method: str, headers: Mapping[str, str]) -> Answer | None:
    accepted = headers.get("accept", "*/*")
    if not any(kind in accepted for kind in _ACCEPTED):
        return error(406)
    if method in ("POST", "PUT") and "application/json" not in headers.get("content-type", ""):
        return error(415)
    if method != "GET":
        return error(405, "", {"Allow": "GET"})
    return None


def _as_sent(ask: Ask, name: str, meant: int) -> str | int:
    sent = ask.params.text(name)
    return sent if number_of(sent) == meant and sent else meant


def _json(value: Any) -> Answer:
    return Answer(200, _dump(value))


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode()
