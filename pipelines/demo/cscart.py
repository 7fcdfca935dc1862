"""How the shop looks through the CS-Cart API: addresses, versions, paging, errors.

Facts: reference/cscart-and-apifon.md 1 (transport, errors, envelope), 1.1 (paging), 2 (entities). The
shop stands in a sub-directory, one per release (`cscart_asking.DIALECTS`): below it
`api/2.0/orders/97` with rewriting and `api.php?_d=orders/97` without. Chosen by us: `page` and
`items_per_page` are echoed as they were sent, else as numbers; a list of version 1.0 is bare only
without `items_per_page`; the demo can only be read, so a write that CS-Cart would take is a 405.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from pipelines.demo.cscart_asking import DIALECTS, Ask, Dialect, Params, number_of
from pipelines.demo.cscart_index import Index
from pipelines.demo.cscart_orders import OrderFacts, Orders
from pipelines.demo.cscart_people import Subscribers, Users, user_facts, usergroup_rows
from pipelines.demo.cscart_statuses import status_rows
from pipelines.demo.cscart_wire_orders import full_order
from pipelines.demo.mycashflow import Answer
from pipelines.demo.shop import Shop

PAGE_SIZE = 50
"""The administrator's own setting, from the factory."""

NEWSLETTER = "email_marketing"
"""The add-on that has subscribers."""

ROOTS = {name: dialect.root for name, dialect in DIALECTS.items()}
_VERSIONS = ("1.0", "2.0", "2.1", "4.0")
_CURRENT = "2.1"
_ACCEPTED = ("application/json", "text/plain", "application/x-www-form-urlencoded", "*/*", "application/*")
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="User email/API key"'}


@dataclass(frozen=True)
class Listing:
    """How one entity is listed.

    Attributes:
        find: all that is asked for, in order.
        row: one of them as the list has it.
        id_of: its id.
        one: the record with an id; without it there is none to be had.
        whole: it alone, if that is more than `row`.
        sorts: the known sorts, the default one first with its order.
        clamps: past the end the last page comes again.
    """

    find: Callable[[Ask], list[Any]]
    row: Callable[[Any, Ask], dict[str, Any]]
    id_of: Callable[[Any], int]
    one: Callable[[int], Any] | None = None
    whole: Callable[[Any, Ask], dict[str, Any]] | None = None
    sorts: tuple[str, ...] = ()
    default: tuple[str, str] = ("", "asc")
    clamps: Callable[[Dialect], bool] = lambda dialect: False


def is_cscart(path: str) -> bool:
    """Whether an address of the demo server belongs to the CS-Cart view."""
    return path.split("/", 2)[1] in [root[1:] for root in ROOTS.values()] if "/" in path else False


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
        users = Index(shop, "customers", user_facts)
        self._orders = Orders(shop, users)
        self._users = Users(users)
        subscribers = Subscribers(shop)
        self._listings = {
            "orders": Listing(
                self._orders.find, self._order_row, lambda order: order.order_id, self._orders.one,
                self._full, self._orders.sorts, ("date", "desc"), lambda dialect: dialect.clamps_orders,
            ),
            "users": Listing(
                self._users.find, self._users.row, lambda user: user.user_id, self._users.one,
                None, self._users.sorts, ("name", "asc"), lambda dialect: True,
            ),
        }  # fmt: skip
        if NEWSLETTER in addons:
            self._listings["subscribers"] = Listing(
                subscribers.find, subscribers.row, lambda line: line.subscriber_id, subscribers.one,
                None, subscribers.sorts, ("timestamp", "desc"), lambda dialect: True,
            )  # fmt: skip

    def answer(self, method: str, path: str, query: str, headers: Mapping[str, str]) -> Answer:
        """The answer to a request whose key is right; `headers` has lower-case names."""
        dialect = next(dialect for dialect in DIALECTS.values() if path.startswith(f"{dialect.root}/"))
        pairs = parse_qsl(query, keep_blank_values=True)
        place = _place(path.removeprefix(dialect.root), dict(pairs).get("_d", ""))
        if place is None:
            return Answer(404, b"<h1>Not Found</h1>", {"Content-Type": "text/html; charset=utf-8"})
        parts = place.strip("/").split("/")
        version = ""
        if parts[0][:1].isdigit():
            version, parts = parts[0], parts[1:]
        if (version and version not in _VERSIONS) or not parts or "" in parts:
            return error(404, f"Entity {'/'.join([version, *parts]).strip('/')} not found")
        ask = Ask(dialect, Params(pairs), int(self._shop.clock()), version)
        method = dict(pairs).get("_METHOD", method).upper() if method == "POST" else method
        refusal = _refusal(method, parts, headers)
        return refusal or self._read(ask, *parts[:4])

    def _read(self, ask: Ask, entity: str, *rest: str) -> Answer:
        if entity == "version":
            return _json({"Version": _CURRENT})
        listing = self._listings.get(entity)
        if rest and not rest[0].isdecimal():
            return error(404)
        if listing is not None:
            answer = (
                self._child(ask, entity, *rest) if len(rest) > 1 else self._own(ask, entity, listing, rest)
            )
            return replace(answer, resource=entity)
        if entity == "usergroups" and not rest:
            records = [
                self._shop.get("customer_groups", number) for number in self._shop.ids("customer_groups")
            ]
            return replace(_json(usergroup_rows(records)), resource=entity)
        if entity == "statuses":
            rows = [row for row in status_rows(ask.dialect) if not rest or row["status_id"] == rest[0]]
            if rest:
                return _json(rows[0]) if rows else error(404)
            return replace(
                self._page(ask, entity, rows, lambda row, _: row, ("status", "asc")), resource=entity
            )
        return error(404, f"Entity {entity} not found")

    def _own(self, ask: Ask, entity: str, listing: Listing, rest: tuple[str, ...]) -> Answer:
        if not rest:
            if entity == "users" and ask.dialect.needs_user_type and "user_type" not in ask.params:
                return error(400, "The parameter user_type is required")
            return self._list(ask, entity, listing)
        found = listing.one(int(rest[0])) if listing.one else None
        if found is None and entity == "users" and ask.dialect.is_vague:
            return self._page(ask, entity, [], listing.row, listing.default)
        if found is None:
            return error(404)
        shown = (listing.whole or listing.row)(found, ask)
        return replace(_json(shown), ids=(listing.id_of(found),))

    def _list(self, ask: Ask, entity: str, listing: Listing) -> Answer:
        found = listing.find(ask)
        by = ask.params.text("sort_by")
        sort = by if by in listing.sorts else listing.default[0]
        order = ask.params.text("sort_order")
        sorted_by = sort, order if order in ("asc", "desc") else listing.default[1]
        return self._page(
            ask, entity, found, listing.row, sorted_by, listing.clamps(ask.dialect), listing.id_of
        )

    def _page(
        self,
        ask: Ask,
        entity: str,
        found: list[Any],
        row: Callable[[Any, Ask], dict[str, Any]],
        sorted_by: tuple[str, str],
        clamps: bool = False,
        id_of: Callable[[Any], int] | None = None,
    ) -> Answer:
        """One page in its envelope."""
        size, page = self._size(ask), max(1, number_of(ask.params.text("page")))
        if clamps and size:
            page = min(page, max(1, -(-len(found) // size)))
        shown = found[(page - 1) * size : page * size] if size else found
        rows = [told for told in (row(facts, ask) for facts in shown) if told]
        ids = tuple(id_of(facts) for facts in shown) if id_of else ()
        if ask.version == "1.0" and entity == "orders" and "items_per_page" not in ask.params:
            return Answer(200, _dump(rows), ids=ids)
        params = {
            **ask.params.echo,
            "page": _as_sent(ask, "page", page),
            "items_per_page": _as_sent(ask, "items_per_page", size),
            "sort_by": sorted_by[0],
            "sort_order": sorted_by[1],
            "sort_order_rev": "desc" if sorted_by[1] == "asc" else "asc",
        }
        if size:
            params["total_items"] = str(len(found))
        return Answer(200, _dump({entity: rows, "params": params}), ids=ids)

    def _size(self, ask: Ask) -> int:
        """Rows per page; 0 for all."""
        if ask.version == "1.0" and "items_per_page" not in ask.params:
            return 0
        if "items_per_page" not in ask.params:
            return self._page_size
        size = number_of(ask.params.text("items_per_page"))
        return size if size >= 0 else self._page_size

    def _child(self, ask: Ask, entity: str, number: str, child: str, *rest: str) -> Answer:
        user = self._users.one(int(number)) if entity == "users" else None
        if child != "usergroups" or user is None or rest:
            return error(404, f"Entity {child} not found")
        return _json({"usergroups": self._users.groups(user), "params": ask.params.echo})

    def _order_row(self, order: OrderFacts, ask: Ask) -> dict[str, Any]:
        is_full = ask.dialect.has_orders_data and ask.params.is_on("get_orders_data")
        return self._full(order, ask) if is_full else self._orders.row(order, ask)

    def _full(self, order: OrderFacts, ask: Ask) -> dict[str, Any]:
        try:
            record = self._shop.get("orders", order.source)
        except KeyError:
            return {}
        orders = self._orders
        return full_order(order, record, orders.user_id(order), orders.updated_at(order), ask.dialect)


def _place(path: str, asked: str) -> str | None:
    """What stands behind `api/`, or is asked of `api.php`; nothing if it is another address."""
    if path == "/api.php":
        return asked
    _, found, place = path.partition("/api/")
    return place if found else None


def _refusal(method: str, parts: list[str], headers: Mapping[str, str]) -> Answer | None:
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
