"""The shop's orders as CS-Cart lists them: who sees which, in which order, filtered by what.

Facts: reference/cscart-and-apifon.md 3.1 (filters), 3.2 (list row), 3.4 (N and T), 3.5 and 0.3.
An order is linked to an account whose e-mail it has, once that account is registered or signs in;
`updated_at` stays. When the account is deleted, `user_id` is 0 again.

Chosen by us. Ids the shop jumped over are checkouts that were not finished (N) just before the next
order, by the same person with the same goods; some jumps end with the parent (T) of that
order. Such a checkout is a record of its own: what becomes of that order later leaves it alone, since
nothing in CS-Cart lets an order come or change with an `updated_at` of long ago but an import that
says so. Return orders of the shop (which give money back) are none here: CS-Cart has no such thing.
Orders not changed since two months after the first one have `updated_at` 0, as rows older than that
column do. Ties are broken by id, for dates in the direction of the sort.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

from pipelines.demo.cscart_asking import Ask, cents_of, is_falling, number_of, sort_of
from pipelines.demo.cscart_index import Index, Memory
from pipelines.demo.cscart_people import UserFacts, normalised
from pipelines.demo.cscart_statuses import INCOMPLETE, PARENT, is_parent, letter_of, spoken
from pipelines.demo.helsinki import DAY, moment_of
from pipelines.demo.money import euros
from pipelines.demo.shop import Shop

_UPGRADED_AFTER = 60 * DAY
_UNFINISHED_BEFORE = 300
_PUNCTUATION = re.compile(r"[^0-9]")


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What lists and filters need of an order; `source` is the shop's own order it is told from."""

    order_id: int
    source: int
    customer_id: int
    email: str
    firstname: str
    lastname: str
    company: str
    phone: str
    timestamp: int
    updated_at: int
    status: str
    total: int
    company_id: int
    payment_id: int
    shipping_id: int
    product_ids: tuple[int, ...]
    shipments: tuple[tuple[int, int], ...]
    is_sale: bool
    parent_id: int = 0

    @property
    def is_parent(self) -> bool:
        """Whether it only stands for others."""
        return self.status == PARENT


Test = Callable[[OrderFacts], bool]


class Orders:
    """The orders of a shop.

    Args:
        users: the accounts by id, to link guests' orders to.
    """

    sorts = ("order_id", "status", "customer", "email", "date", "total")

    def __init__(self, shop: Shop, users: Index[UserFacts]) -> None:
        self._shop = shop
        self._index = Index(shop, "orders", order_facts)
        self._users = users
        self._memory = Memory()
        ids = shop.ids("orders")
        self._missing = {here: gap for here, gap in zip(ids[1:], _gaps(ids), strict=False) if gap}
        self._opening = shop.photograph("orders", self._missing)
        first = moment_of(shop.get("orders", ids[0])["created_at"]) if ids else 0
        self._upgraded_at = first + _UPGRADED_AFTER

    def find(self, ask: Ask) -> list[OrderFacts]:
        """The orders a list has, in its order."""
        state = self._index.facts()[0], self._users.facts()[0]
        question = ask.dialect.root, ask.params.key, ask.span
        found: list[OrderFacts] = self._memory.recall(state, question, lambda: self._find(ask))
        return found

    def one(self, order_id: int) -> OrderFacts | None:
        """The order with that id, whatever its status."""
        return self.everything().get(order_id)

    def record(self, order: OrderFacts) -> dict[str, Any]:
        """The shop's own order that it is told from; a checkout's is as it was when the shop opened.

        Raises:
            KeyError: the order is gone.
        """
        is_checkout = order.status == INCOMPLETE
        return self._opening(order.source) if is_checkout else self._shop.get("orders", order.source)

    def user_id(self, order: OrderFacts) -> int:
        """The account the order is linked to by now, or 0."""
        users = self._users.facts()[1]
        if order.customer_id:
            return order.customer_id if order.customer_id in users else 0
        user = self._by_email().get(normalised(order.email))
        linked = user is not None and max(user.timestamp, user.last_login) >= order.timestamp
        return user.user_id if user is not None and linked else 0

    def updated_at(self, order: OrderFacts) -> int:
        """When the order was last changed; 0 if before there was such a column."""
        return order.updated_at if order.updated_at >= self._upgraded_at else 0

    def row(self, order: OrderFacts, ask: Ask) -> dict[str, Any]:
        """The order as a list has it."""
        row: dict[str, Any] = {
            "order_id": str(order.order_id),
            "issuer_id": None,
            "user_id": str(self.user_id(order)),
            "is_parent_order": "N",
            "parent_order_id": str(order.parent_id),
            "company_id": str(order.company_id),
            "company": order.company,
            "timestamp": str(order.timestamp),
            "firstname": order.firstname,
            "lastname": order.lastname,
            "email": order.email,
            "phone": order.phone,
            "status": spoken(order.status, ask.dialect),
            "total": euros(order.total),
            "issuer_name": None,
            "issuer_email": None,
            "invoice_id": None,
            "credit_memo_id": None,
        }
        if order.order_id % 50 == 0:
            row["points"] = str(order.total // 1000)
        if "user_type" in ask.params.texts("extra"):
            row["user_type"] = "C"
        return row

    def everything(self) -> dict[int, OrderFacts]:
        """All orders by id, the unfinished and the parents too."""
        edits, facts = self._index.facts()
        found: dict[int, OrderFacts] = self._memory.recall(
            (edits, self._users.facts()[0]), "everything", lambda: self._with_missing(facts)
        )
        return found

    def _by_email(self) -> dict[str, UserFacts]:
        edits, users = self._users.facts()
        found: dict[str, UserFacts] = self._memory.recall(
            (self._index.facts()[0], edits), "by email", lambda: _by_email(users.values())
        )
        return found

    def _with_missing(self, facts: dict[int, OrderFacts]) -> dict[int, OrderFacts]:
        sales = {number: order for number, order in facts.items() if order.is_sale}
        orders = {**self._checkouts, **sales}
        for number, gap in self._missing.items():
            if number in sales and is_parent(gap[-1]):
                orders[gap[-1]] = replace(sales[number], order_id=gap[-1], status=PARENT)
                orders[number] = replace(sales[number], parent_id=gap[-1])
        return orders

    @cached_property
    def _checkouts(self) -> dict[int, OrderFacts]:
        """The checkouts that were not finished."""
        orders = ((order_facts(self._opening(number)), gap) for number, gap in self._missing.items())
        return {
            missing: _unfinished(missing, order)
            for order, gap in orders
            if order.is_sale
            for missing in (gap[:-1] if is_parent(gap[-1]) else gap)
        }

    def _find(self, ask: Ask) -> list[OrderFacts]:
        tests = [*self._tests(ask)]
        found = [order for order in self.everything().values() if all(test(order) for test in tests)]
        by, falls = sort_of(ask, self.sorts, "date"), is_falling(ask, "desc")
        found.sort(key=lambda order: order.order_id, reverse=falls and by in ("date", "order_id"))
        if by != "order_id":
            found.sort(key=_KEYS[by], reverse=falls)
        return found

    def _tests(self, ask: Ask) -> Iterable[Test]:
        """What must be true of an order in the list."""
        params, dialect = ask.params, ask.dialect
        statuses = set(params.texts("status"))
        hidden = (
            {PARENT}
            if INCOMPLETE in statuses or params.is_on("include_incompleted")
            else {PARENT, INCOMPLETE}
        )
        yield lambda order: order.status not in hidden
        if statuses:
            yield lambda order: spoken(order.status, dialect) in statuses
        for name, value in _NUMBERS.items():
            if name in params:
                yield _one_of(value, params.numbers(name))
        if "user_id" in params:
            users = params.numbers("user_id")
            yield lambda order: self.user_id(order) in users
        if "p_ids" in params:
            products = params.numbers("p_ids")
            yield lambda order: not products.isdisjoint(order.product_ids)
        yield from _text_tests(ask)
        yield from _amount_tests(ask)
        yield from self._time_tests(ask)

    def _time_tests(self, ask: Ask) -> Iterable[Test]:
        if ask.span:
            first, last = ask.span
            yield lambda order: first <= order.timestamp <= last
        if ask.dialect.has_updated_at and "updated_at_from" in ask.params:
            low = number_of(ask.params.text("updated_at_from"))
            yield lambda order: self.updated_at(order) >= low
        if ask.dialect.has_updated_at and "updated_at_to" in ask.params:
            high = number_of(ask.params.text("updated_at_to"))
            yield lambda order: self.updated_at(order) <= high


_KEYS: dict[str, Callable[[OrderFacts], Any]] = {
    "status": lambda order: order.status,
    "customer": lambda order: (order.lastname.casefold(), order.firstname.casefold()),
    "email": lambda order: order.email.casefold(),
    "date": lambda order: order.timestamp,
    "total": lambda order: order.total,
}
_NUMBERS: dict[str, Callable[[OrderFacts], int]] = {
    "order_id": lambda order: order.order_id,
    "company_id": lambda order: order.company_id,
    "company_ids": lambda order: order.company_id,
    "storefront_id": lambda order: order.company_id,
    "payments": lambda order: order.payment_id,
    "shippings": lambda order: order.shipping_id,
    "parent_order_id": lambda order: order.parent_id,
}
"""Filters by one number or some, and what they are compared with."""


def order_facts(record: dict[str, Any]) -> OrderFacts:
    """What is remembered of one of the shop's records."""
    buyer = record.get("customer_information") or {}
    rows = record["products"]
    status = record.get("status") or "OPEN"
    waits = any(payment.get("status") == "OPEN" for payment in record["payments"])
    method_id = record.get("payment_method_id")
    total = cents(record.get("total"))
    return OrderFacts(
        order_id=record["id"],
        source=record["id"],
        customer_id=record.get("customer_id") or 0,
        email=(buyer.get("email") or "").strip(),
        firstname=buyer.get("first_name") or "",
        lastname=buyer.get("last_name") or "",
        company=buyer.get("company") or "",
        phone=buyer.get("phone") or "",
        timestamp=moment_of(record["created_at"]),
        updated_at=moment_of(record["updated_at"]),
        status=letter_of(record["id"], status, waits, method_id),
        total=total,
        company_id=record.get("version_id") or 1,
        payment_id=method_id or 0,
        shipping_id=record.get("shipping_method_id") or 0,
        product_ids=tuple(product_id_of(row) for row in rows),
        shipments=tuple(
            (parcel["id"], moment_of(parcel["completed_at"]))
            for parcel in record["shipments"]
            if parcel.get("completed_at")
        ),
        # The money says it, whatever becomes of the rows; where there is none, they do.
        is_sale=total > 0 if total else not rows or any((row.get("quantity") or 0) > 0 for row in rows),
    )


def cents(euro: float | None) -> int:
    """Whole cents of an amount in a record."""
    return round(euro * 100) if isinstance(euro, int | float) else 0


def product_id_of(row: dict[str, Any]) -> int:
    """The product of an order row: each variation is a product of its own; 0 if it is none."""
    return row.get("variation_id") or row.get("product_id") or 0


def _unfinished(order_id: int, order: OrderFacts) -> OrderFacts:
    moment = order.timestamp - _UNFINISHED_BEFORE * (order.order_id - order_id)
    return replace(
        order, order_id=order_id, status=INCOMPLETE, timestamp=moment, updated_at=moment, shipments=()
    )


def _gaps(ids: list[int]) -> Iterable[range]:
    """The ids missing before each but the first."""
    return (range(before + 1, here) for before, here in pairwise(ids))


def _by_email(users: Iterable[UserFacts]) -> dict[str, UserFacts]:
    found: dict[str, UserFacts] = {}
    for user in users:
        found.setdefault(normalised(user.email), user)
    return found


def _one_of(value: Callable[[OrderFacts], int], wanted: set[int]) -> Test:
    return lambda order: value(order) in wanted


def _text_tests(ask: Ask) -> Iterable[Test]:
    """`email`, `cname` and `phone` are parts of what they filter, whatever the case."""
    email, name = ask.params.text("email").casefold(), ask.params.text("cname").casefold()
    phone = _PUNCTUATION.sub("", ask.params.text("phone"))
    if email:
        yield lambda order: email in order.email.casefold()
    if name:
        yield lambda order: name in f"{order.firstname} {order.lastname}".casefold()
    if phone:
        yield lambda order: phone in _PUNCTUATION.sub("", order.phone)


def _amount_tests(ask: Ask) -> Iterable[Test]:
    low, high = cents_of(ask.params.text("total_from")), cents_of(ask.params.text("total_to"))
    if "total_from" in ask.params:
        yield lambda order: order.total >= low
    if "total_to" in ask.params:
        yield lambda order: order.total <= high
