"""What happens at each visit: rows, discount, delivery, payment, cancellation, return, archiving."""

from datetime import date
from functools import cache
from itertools import count
from random import Random

from pipelines.demo.catalogue import (
    BANK,
    BOOKS,
    CARD,
    COURIER,
    FOOD,
    FREE_GIFT,
    FREE_SHIPPING_FROM,
    GIFT_CARD,
    GIFT_CARDS,
    INVOICE,
    ON_DELIVERY,
    PAYMENT_COSTS,
    PICKUP,
    POST,
    REFUND,
    RETURN_REASONS,
    SHIPPING_COSTS,
    STANDARD,
    STORE,
    Catalogue,
    Item,
    campaign_id,
    vat_rate,
)  # fmt: skip
from pipelines.demo.helsinki import DAY, day_start, local_day
from pipelines.demo.order import Order, Payment, Row, Shipment
from pipelines.demo.people import Person, as_typed

_ROW_COUNTS = (1,) * 37 + (2,) * 28 + (3,) * 16 + (4,) * 9 + (5,) * 5 + (6, 6, 7, 8, 12)
_QUANTITIES = (1,) * 78 + (2,) * 14 + (3,) * 5 + (6, 10, 12)
_KINDS = (STANDARD,) * 62 + (FOOD,) * 26 + (BOOKS,) * 12
_PAYERS = (CARD,) * 45 + (BANK,) * 33 + (INVOICE,) * 17 + (ON_DELIVERY,) * 5
_CARRIERS = (POST,) * 35 + (PICKUP,) * 45 + (COURIER,) * 12 + (STORE,) * 8


class Till:
    """Rings up visits; gives rows, shipments and payments their running ids."""

    def __init__(self, rng: Random, catalogue: Catalogue, end: int) -> None:
        self._rng = rng
        self._random = rng.random
        self._catalogue = catalogue
        self._end = end
        self._row_ids = count(50_001)
        self._shipment_ids = count(30_001, 2)
        self._payment_ids = count(40_001)

    def sell(self, order_id: int, moment: int, person: Person, archived: bool = False) -> Order:
        """The order of one visit, with all that has happened to it by the end.

        Args:
            order_id: its id.
            moment: when it is placed.
            person: by whom.
            archived: it must end archived, so that a return becomes an order of its own.
        """
        order = self._open_order(order_id, moment, person)
        self._fill_cart(order)
        self._price(order)
        self._ship(order)
        self._pay(order)
        chance = 1.0 if archived else self._random()
        if chance < 0.035:
            self._cancel_before_delivery(order)
        elif chance < 0.12 and order.status == "COMPLETED":
            self._cancel_after_delivery(order) if chance < 0.045 else self._take_back(order)
        self._archive(order, always=archived)
        self._touch_later(order)
        self._talk(order)
        return order

    def take_back_archived(self, order_id: int, moment: int, sold: Order) -> Order:
        """The separate return order of an archived one: negative rows only, nothing points back."""
        order = Order(order_id, moment, sold.person, sold.customer_id, sold.email, [])
        order.status = "COMPLETED"
        order.updated_at = moment
        kept = [row for row in sold.rows if row.price] or sold.rows
        for row in kept[: self._rng.randint(1, len(kept))]:
            order.rows.append(self._return_row(row, moment, row.quantity))
        self._add_payment(order, moment, REFUND, order.total, "REFUNDED")
        return order

    def _open_order(self, order_id: int, moment: int, person: Person) -> Order:
        chance = self._random()
        registered = person.registered_at is not None and person.registered_at <= moment
        customer_id = person.account_id if registered and chance > 0.04 else None
        email = person.email if customer_id else as_typed(self._rng, person.email)
        return Order(order_id, moment, person, customer_id, email, [], luck=self._random())

    def _fill_cart(self, order: Order) -> None:
        random = self._random
        home = _KINDS[int(random() * 100)]
        for _ in range(_ROW_COUNTS[int(random() * len(_ROW_COUNTS))]):
            kind = home if random() < 0.85 else _KINDS[int(random() * 100)]
            order.rows.append(self._row(order.created_at, kind))
        if random() < 0.02:
            order.rows.append(self._row(order.created_at, GIFT_CARDS))
        if random() < 0.02:
            gift = Row(next(self._row_ids), order.created_at, FREE_GIFT, 1, 0, 0)
            gift.rate = order.rows[0].rate
            order.rows.append(gift)

    def _row(self, moment: int, kind: str) -> Row:
        random = self._random
        item = self._pick(kind)
        quantity = _QUANTITIES[int(random() * 100)] if kind != GIFT_CARDS else 1
        row = Row(next(self._row_ids), moment, item, quantity, item.price, vat_rate(kind, moment))
        if random() < 0.12 and kind != GIFT_CARDS:
            row.campaign_id = campaign_id(moment)
            row.price = item.campaign_price
        if random() < 0.01:
            row.extra = f',"serial_number":"SN-{row.id}"'
        return row

    def _pick(self, kind: str) -> Item:
        items = self._catalogue[kind]
        return items[int(self._random() ** 2 * len(items))]

    def _price(self, order: Order) -> None:
        """Discount, shipping and payment fee."""
        random = self._random
        goods = sum([row.price * row.quantity for row in order.rows if row.item.kind != GIFT_CARDS])
        if goods and random() < 0.12:
            order.discount = min(goods, 500) if random() < 0.4 else (goods + 5) // 10
        order.shipping_method_id = _CARRIERS[int(random() * 100)] if goods else None
        order.payment_method_id = _PAYERS[int(random() * 100)]
        if order.shipping_method_id and goods < FREE_SHIPPING_FROM:
            order.shipping = SHIPPING_COSTS[order.shipping_method_id]
        order.fee = PAYMENT_COSTS.get(order.payment_method_id, 0)

    def _ship(self, order: Order) -> None:
        """One shipment or two, some after a long wait; completed when all have left by the end."""
        parcels = 2 if len(order.rows) > 1 and self._random() < 0.06 else 1
        wait = 3 if self._random() < 0.95 else 45
        leaves = order.created_at + 3600 + int(self._random() * wait * DAY)
        order.updated_at = order.created_at
        for number in range(parcels):
            completed_at = leaves if leaves <= self._end else None
            method_id = order.shipping_method_id or STORE
            shipment = Shipment(next(self._shipment_ids), order.created_at, method_id, completed_at)
            order.shipments.append(shipment)
            order.status = "COMPLETED" if completed_at else "OPEN"
            order.updated_at = completed_at or order.updated_at
            for row in order.rows[number::parcels]:
                row.shipment_id = shipment.id
                row.delivered_at = completed_at
            leaves += 2 * DAY

    def _pay(self, order: Order) -> None:
        """Gift card first, the rest by the chosen method."""
        method = order.payment_method_id or CARD
        rest = order.total
        moment = min(order.created_at + int(self._random() * 120), self._end)
        if rest > 0 and self._random() < 0.04:
            share = rest if self._random() < 0.3 else min(rest, 2500)
            self._add_payment(order, moment, GIFT_CARD, share, "PAID")
            rest -= share
        if rest or not order.payments:
            waits = order.status == "OPEN" and method in (INVOICE, ON_DELIVERY)
            self._add_payment(order, moment, method, rest, "OPEN" if waits else "PAID")

    def _add_payment(self, order: Order, moment: int, method: int, amount: int, status: str) -> None:
        order.payments.append(Payment(next(self._payment_ids), moment, method, amount, status))

    def _cancel_before_delivery(self, order: Order) -> None:
        """Nothing leaves, nothing is paid; the totals stay as they were."""
        order.status = "CANCELLED"
        order.updated_at = min(order.created_at + int(self._random() * DAY), self._end)
        for shipment in order.shipments:
            shipment.completed_at = None
        for row in order.rows:
            row.delivered_at = None
        for payment in order.payments:
            payment.status = "CANCELLED"

    def _cancel_after_delivery(self, order: Order) -> None:
        """Every row comes back, costs and discount are taken off: the total is 0."""
        moment = min(order.updated_at + int(self._random() * 20 * DAY), self._end)
        paid = order.total
        order.rows += [self._return_row(row, moment, row.quantity) for row in list(order.rows)]
        order.discount = order.shipping = order.fee = 0
        self._add_payment(order, moment, REFUND, -paid, "REFUNDED")
        order.status, order.updated_at = "CANCELLED", moment

    def _take_back(self, order: Order) -> None:
        """Some rows come back days or months later, in the same order, if there has been time."""
        moment = order.updated_at + DAY + int(self._random() ** 2 * 150 * DAY)
        if moment > self._end:
            return
        before = order.total
        for row in list(order.rows)[: self._rng.randint(1, len(order.rows))]:
            quantity = self._rng.randint(1, row.quantity)
            order.rows.append(self._return_row(row, moment, quantity))
        order.discount = min(order.discount, order.subtotal)  # never more money back than was paid
        self._add_payment(order, moment, REFUND, order.total - before, "REFUNDED")
        order.updated_at = moment

    def _return_row(self, row: Row, moment: int, quantity: int) -> Row:
        back = Row(next(self._row_ids), moment, row.item, -quantity, row.price, row.rate)
        back.campaign_id = row.campaign_id
        back.delivered_at = moment
        back.reasons = RETURN_REASONS[: self._rng.randint(1, 2)]
        return back

    def _archive(self, order: Order, always: bool) -> None:
        """Archived with all its month's orders in the same second, for bookkeeping."""
        moment = archiving_after(order.updated_at)
        if order.status != "COMPLETED" or moment > self._end:
            return
        if always or self._random() < 0.6:
            order.archived_at = order.updated_at = moment

    def _touch_later(self, order: Order) -> None:
        """Some orders are edited later for no visible reason."""
        if self._random() < 0.1:
            later = order.updated_at + int(self._random() ** 3 * 300 * DAY)
            order.updated_at = min(later, self._end)

    def _talk(self, order: Order) -> None:
        order.events.append((order.created_at, "order-created", "Tilaus vastaanotettu"))
        if order.status == "CANCELLED":
            order.events.append((order.updated_at, "order-cancelled", "Tilaus peruttu"))
        if self._random() < 0.06:
            order.comments.append((order.created_at, 'Asiakas: "jätä oven eteen"\nKiitos!'))


def archiving_after(moment: int) -> int:
    """03:00 on the tenth of the following month, Helsinki time."""
    return _archiving(*_month(local_day(moment)))


@cache
def _month(day: int) -> tuple[int, int]:
    whole = date.fromordinal(day)
    return whole.year, whole.month


@cache
def _archiving(year: int, month: int) -> int:
    return day_start(date(year + month // 12, month % 12 + 1, 10), 3)
