"""Opens an invented shop by size, seed and end: `make_shop(5000)`."""

import time
from collections.abc import Iterator
from heapq import heappop, heappush
from random import Random

from pipelines.demo.books import Books
from pipelines.demo.catalogue import make_catalogue
from pipelines.demo.furniture import Furniture
from pipelines.demo.helsinki import DAY
from pipelines.demo.order import Order
from pipelines.demo.people import Crowd, gather_crowd
from pipelines.demo.shop import Shop
from pipelines.demo.till import Till

DEFAULT_SIZE = 5000
_YEARS = 3
_ORDERS_PER_RETURN_ORDER = 250
_TIME_TO_ARCHIVE_AND_RETURN = 150 * DAY


def make_shop(size: int = DEFAULT_SIZE, seed: int = 1, end: int | None = None) -> Shop:
    """A shop with exactly `size` orders over three years, the same for the same arguments.

    Args:
        size: how many order records, return orders among them.
        seed: another number makes another shop.
        end: Unix seconds; nothing in the shop is dated later. Now if not given.
    """
    end = int(time.time()) if end is None else end
    start = end - _YEARS * 365 * DAY
    returns = size // _ORDERS_PER_RETURN_ORDER
    crowd = gather_crowd(Random(f"{seed} people"), size - returns, start, end)
    catalogue = make_catalogue(Random(f"{seed} catalogue"))
    till = Till(Random(f"{seed} till"), catalogue, end)
    books = Books(end)
    furniture = Furniture(books, catalogue, seed, start, end)
    for order in _ring_up(Random(f"{seed} orders"), till, crowd, returns, end):
        books.keep_order(order)
        furniture.enter_order(order)
    _keep_people(Random(f"{seed} accounts"), books, crowd, end)
    furniture.keep()
    return books.shop()


def _ring_up(rng: Random, till: Till, crowd: Crowd, returns: int, end: int) -> Iterator[Order]:
    """All orders, oldest first; `returns` of them are return orders of archived ones."""
    returned = _numbers_returned(crowd, returns, end)
    waiting: list[tuple[int, int, Order]] = []
    order_id = 10_000
    for number, (moment, person) in enumerate(crowd.visits):
        while waiting and waiting[0][0] <= moment:
            back, _, sold = heappop(waiting)
            order_id += 1
            yield till.take_back_archived(order_id, back, sold)
        order_id += 1 if rng.random() < 0.97 else rng.randint(2, 6)
        order = till.sell(order_id, moment, person, archived=number in returned)
        if number in returned and order.archived_at:
            back = order.archived_at + int((2 + 58 * rng.random()) * DAY)
            heappush(waiting, (back, order_id, order))
        yield order
    while waiting:
        back, _, sold = heappop(waiting)
        order_id += 1
        yield till.take_back_archived(order_id, back, sold)


def _numbers_returned(crowd: Crowd, returns: int, end: int) -> set[int]:
    """Which visits end in a return order: evenly spread, early enough for it to be back in time."""
    if not returns:
        return set()
    early = sum(moment < end - _TIME_TO_ARCHIVE_AND_RETURN for moment, _ in crowd.visits)
    return set(range(0, early, max(1, early // returns))[:returns])


def _keep_people(rng: Random, books: Books, crowd: Crowd, end: int) -> None:
    for person in crowd.accounts:
        since = end - (person.registered_at or end)
        updated_at = end - int(since * rng.random()) if rng.random() < 0.6 else end - since
        login_at = end - int(since * rng.random()) if rng.random() < 0.85 else None
        books.keep_account(person, updated_at, login_at, rng)
        books.keep_addresses(person)
    for subscriber in crowd.subscribers:
        books.keep_subscriber(subscriber)
