"""The shop's true figures as far as its CS-Cart view can tell them, kept while the shop is made.

They are computed from the orders themselves, not from what the view serves. Differences to the shop's
own ledger: return orders do not exist, so their returns cannot be told; returned goods are missing
from the day of the order, not of the return (`cscart_wire_orders`); somebody who unsubscribed is
no longer there. Over all days `placed` and what cannot be told are the shop's own net sales. Gift cards sold
(which have no VAT and no discount) and used ones are kept apart, for a shop
with the add-ons of `cscart_addons`; net sales have the sold ones in them.
"""

from collections import Counter
from typing import Any

from pipelines.demo.catalogue import GIFT_CARD, GIFT_CARDS
from pipelines.demo.cscart_people import is_pending
from pipelines.demo.cscart_statuses import PAID, PLACED, is_parent, letter_of
from pipelines.demo.helsinki import local_day
from pipelines.demo.ledger import Bookkeeper, euros_by_date, euros_of
from pipelines.demo.order import Order, TaxPart
from pipelines.demo.people import Person, Subscriber

_SHARED = (
    "net_sales_by_day", "orders_by_day", "new_customers_by_day", "counted_orders", "buyers",
    "guest_buyers", "members", "segments",
)  # fmt: skip
_MONEY = ("discounts", "shipping", "fees", "tax", "total", "net_sales")

Taxes = dict[str, list[TaxPart]]


class CartKeeper:
    """Takes what the bookkeeper takes; its figures are the ledger's `cscart`.

    `paid` counts the orders whose payment has been received (P, C), `placed` all that stand.
    """

    def __init__(self, end: int) -> None:
        self._paid = _Keeper(end, PAID)
        self._placed = _Keeper(end, PLACED)
        self._admin: Counter[int] = Counter()
        self._statuses: Counter[str] = Counter()
        self._subscribers: Counter[str] = Counter()
        self._untold: Counter[str] = Counter()
        self._last_id = 0

    def enter_order(self, order: Order, taxes: Taxes) -> None:
        """Writes one order down; orders come oldest first."""
        missing = order.id - self._last_id - 1 if self._last_id else 0
        self._last_id = order.id
        if order.rows[0].quantity < 0:
            self._untold["orders"] += 1
            self._untold["net_sales"] += _net(taxes)
            return
        letter = letter_of(order.id, order.status, _waits(order), order.payment_method_id)
        parents = bool(missing) and is_parent(order.id - 1)
        self._admin[local_day(order.created_at)] += order.total
        self._statuses[letter] += 1
        self._statuses["N"] += missing - parents
        self._statuses["T"] += parents
        for keeper in (self._paid, self._placed):
            keeper.enter_as(letter, order, taxes)

    def enter_account(self, person: Person) -> None:
        """Writes one registered customer down."""
        for keeper in (self._paid, self._placed):
            keeper.enter_account(person, 0)

    def enter_subscriber(self, subscriber: Subscriber) -> None:
        """Writes one line of the newsletter list down, unless it is gone."""
        if subscriber.unsubscribed_at is not None:
            return
        self._subscribers["P" if is_pending(subscriber.id) else "A"] += 1
        for keeper in (self._paid, self._placed):
            keeper.enter_subscriber(subscriber.person)

    def close(self) -> dict[str, Any]:
        """The figures of everything written down so far."""
        return {
            "paid": self._paid.figures(),
            "placed": self._placed.figures(),
            "admin_totals_by_day": euros_by_date(self._admin),
            "statuses": {letter: count for letter, count in sorted(self._statuses.items()) if count},
            "subscribers": dict(self._subscribers),
            "untold_returns": {
                "orders": self._untold["orders"],
                "net_sales": euros_of(self._untold["net_sales"]),
            },
        }


class _Keeper(Bookkeeper):
    """A bookkeeper to whom only orders in some statuses count, and returns on the order's day."""

    def __init__(self, end: int, letters: str) -> None:
        super().__init__(end)
        self._letters = letters
        self._gross: Counter[int] = Counter()
        self._cards: Counter[int] = Counter()
        self._used = 0

    def enter_as(self, letter: str, order: Order, taxes: Taxes) -> None:
        """Writes one order down."""
        self._members.add(order.person.index)
        if letter not in self._letters:
            return
        day = local_day(order.created_at)
        self._totals["counted_orders"] += 1
        self._orders[day] += 1
        self._count_visit(order.person, day)
        self._enter_money(order, taxes)
        self._net[day] += _net(taxes)
        self._gross[day] += order.subtotal - order.discount
        self._cards[day] += sum([row.amount for row in order.rows if row.item.kind == GIFT_CARDS])
        self._used += _used(order)

    def figures(self) -> dict[str, Any]:
        """What the view can tell of them."""
        ledger = self.close()
        money = {name: ledger.money[name] for name in _MONEY}
        subtotal = ledger.money["gross_sales"] - ledger.money["returns"]
        gross = euros_by_date(self._gross)
        return {
            **{name: getattr(ledger, name) for name in _SHARED},
            "net_sales_incl_vat_by_day": gross,
            "gift_card_sales_by_day": euros_by_date(self._cards),
            "gift_cards_used": euros_of(self._used),
            "returns": ledger.money["returns"],
            "money": {"subtotal": subtotal, **money},
        }


def _net(taxes: Taxes) -> int:
    """Cents without VAT of the goods kept, discounts taken off."""
    return sum(net for _, _, net in taxes["subtotal"]) - sum(net for _, _, net in taxes["discount"])


def _used(order: Order) -> int:
    """Cents of it that gift cards paid."""
    cards = [paid.amount for paid in order.payments if paid.method_id == GIFT_CARD and paid.status == "PAID"]
    return max(0, min(sum(cards), order.total))


def _waits(order: Order) -> bool:
    return any(payment.status == "OPEN" for payment in order.payments)
