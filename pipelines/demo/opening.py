"""Opens shops: an invented one by seed and size, or one with a real purchase history."""

import time
from collections.abc import Iterator
from heapq import heappop, heappush
from pathlib import Path
from random import Random

from pipelines.demo.catalogue import Item, make_catalogue
from pipelines.demo.helsinki import DAY, day_start
from pipelines.demo.ledger import Bookkeeper
from pipelines.demo.order import Order, Payment, Row, tax_summary
from pipelines.demo.people import (
    FIRST_NAMES, LAST_NAMES, PLACES, Crowd, Person, Subscriber, gather_crowd,
)  # fmt: skip
from pipelines.demo.purchases import Purchase, read_purchases
from pipelines.demo.resources import STATUSES
from pipelines.demo.shelf import ABSENT, Shelves
from pipelines.demo.shop import Shop
from pipelines.demo.till import Till
from pipelines.demo.wire import customer_groups, customer_text, order_text, subscriber_text

DEFAULT_SIZE = 5000
_YEARS = 3
_RETURN_ORDER_IN = 250


def make_shop(size: int = DEFAULT_SIZE, seed: int = 1, end: int | None = None) -> Shop:
    """An invented shop with exactly `size` order records over three years, the same for the same arguments.

    Args:
        end: Unix seconds; nothing in the shop is dated later. Now if not given.
    """
    end = int(time.time()) if end is None else end
    start = end - _YEARS * 365 * DAY
    returns = size // _RETURN_ORDER_IN
    crowd = gather_crowd(Random(f"{seed} people"), size - returns, start, end)
    books = _Books(end)
    rng = Random(f"{seed} orders")
    till = Till(rng, make_catalogue(Random(f"{seed} catalogue")), end)
    for order in _ring_up(rng, till, crowd, returns, end):
        books.keep_order(order)
    _keep_people(Random(f"{seed} accounts"), books, crowd, end)
    return books.shop()


def shop_of_purchases(path: Path, end: int | None = None) -> Shop:
    """A shop with the purchases of a CSV file: one delivered and paid order each, VAT 0, at noon of its day.

    Where the amount cannot be divided by the units there are two rows, one of them a cent dearer, so that quantities
    and prices are exact. The ledger is as of the last purchase's day unless `end` (Unix seconds) says otherwise.
    """
    purchases = read_purchases(path)
    books = _Books(day_start(purchases[-1].day, 12) if end is None else end)
    persons = _purchasers(purchases)
    for number, purchase in enumerate(purchases, start=1):
        books.keep_order(_purchase_order(number, purchase, persons[purchase.customer]))
    rng = Random("customers")
    for person in sorted(persons.values(), key=lambda person: person.account_id or 0):
        books.keep_account(person, person.registered_at or 0, None, rng)
    return books.shop()


class _Books:
    """Shelves and ledger of a shop in the making: each thing is put on a shelf and written down once."""

    def __init__(self, end: int) -> None:
        self._shelves = Shelves()
        self._keeper = Bookkeeper(end)

    def shop(self) -> Shop:
        return Shop(self._shelves, self._keeper.close())

    def keep_order(self, order: Order) -> None:
        taxes = tax_summary(order)
        completed = [shipment.completed_at or ABSENT for shipment in order.shipments]
        values = (
            order.created_at,
            order.updated_at,
            order.archived_at or ABSENT,
            max(completed, default=ABSENT),
            STATUSES.index(order.status),
        )
        self._shelves["orders"].add(order.id, order_text(order, taxes).encode(), values)
        self._keeper.enter_order(order, taxes)

    def keep_account(self, person: Person, updated_at: int, login_at: int | None, rng: Random) -> None:
        text = customer_text(person, updated_at, login_at, rng)
        values = (person.registered_at or 0, updated_at, login_at or ABSENT)
        self._shelves["customers"].add(person.account_id or 0, text.encode(), values)
        self._keeper.enter_account(person, len(customer_groups(person)))

    def keep_subscriber(self, subscriber: Subscriber) -> None:
        text = subscriber_text(subscriber).encode()
        self._shelves["email_subscribers"].add(subscriber.id, text, (subscriber.updated_at,))
        self._keeper.enter_subscriber(subscriber.person)


def _ring_up(rng: Random, till: Till, crowd: Crowd, returns: int, end: int) -> Iterator[Order]:
    """All orders, oldest first; `returns` of them are return orders of archived ones."""
    visits = crowd.visits
    early = sum(moment < end - 110 * DAY for moment, _ in visits)
    returned = set(range(0, early, max(1, early // returns))[:returns]) if returns else set()
    waiting: list[tuple[int, int, Order]] = []
    order_id = 10_000
    for number, (moment, person) in enumerate(visits):
        while waiting and waiting[0][0] <= moment:
            order_id += 1
            yield till.take_back_archived(order_id, waiting[0][0], heappop(waiting)[2])
        order_id += 1 if rng.random() < 0.97 else rng.randint(2, 6)
        order = till.sell(order_id, moment, person, archived=number in returned)
        if number in returned and order.archived_at:
            back = order.archived_at + int((2 + 58 * rng.random()) * DAY)
            heappush(waiting, (back, order_id, order))
        yield order
    for moment, _, sold in sorted(waiting, key=lambda late: late[:2]):
        order_id += 1
        yield till.take_back_archived(order_id, moment, sold)


def _keep_people(rng: Random, books: _Books, crowd: Crowd, end: int) -> None:
    for person in crowd.accounts:
        since = end - (person.registered_at or end)
        updated_at = end - int(since * rng.random()) if rng.random() < 0.6 else end - since
        login_at = end - int(since * rng.random()) if rng.random() < 0.85 else None
        books.keep_account(person, updated_at, login_at, rng)
    for subscriber in crowd.subscribers:
        books.keep_subscriber(subscriber)


def _purchasers(purchases: list[Purchase]) -> dict[str, Person]:
    """The customers by their name in the file; numbers stay their ids, other names become external ids."""
    numbered = all(purchase.customer.isdecimal() for purchase in purchases)
    persons: dict[str, Person] = {}
    for purchase in purchases:
        if purchase.customer not in persons:
            index = len(persons)
            account_id = int(purchase.customer) if numbered else index + 1
            person = Person(
                index,
                FIRST_NAMES[index % len(FIRST_NAMES)],
                LAST_NAMES[index % len(LAST_NAMES)],
                PLACES[index % len(PLACES)],
                f"customer.{account_id}@example.com",
            )
            person.registered_at = day_start(purchase.day, 12)
            person.account_id = account_id
            person.external_id = None if numbered else purchase.customer
            persons[purchase.customer] = person
    return persons


_CD = Item(
    1, None, "purchase", 0, "null",
    '"product_id":1,"variation_id":null,"download_id":null,"download_time_ends":null,'
    '"download_times_left":null,"download_url":null,"customizations":null',
    '"product_code":"PURCHASE","product_name":"Purchase","model_name":null,"warranty":null',
)  # fmt: skip


def _purchase_order(number: int, purchase: Purchase, person: Person) -> Order:
    moment = day_start(purchase.day, 12)
    price, dearer = divmod(purchase.amount, purchase.units)
    parts = [(purchase.units - dearer, price), (dearer, price + 1)]
    order = Order(number, moment, person, person.account_id, person.email, [], "COMPLETED", moment)
    for place, (quantity, each) in enumerate(parts):
        if quantity:
            order.rows.append(Row(2 * number + place, moment, _CD, quantity, each, 0, delivered_at=moment))
    order.payment_method_id = 1
    order.payments.append(Payment(number, moment, 1, purchase.amount, "PAID"))
    order.luck = 0.4
    return order
