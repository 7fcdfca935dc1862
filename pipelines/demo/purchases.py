"""Opens a shop with a real purchase history: a CSV of customer, date, units, amount."""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from random import Random

from pipelines.demo.books import Books
from pipelines.demo.catalogue import CARD, PURCHASE
from pipelines.demo.furniture import keep_fittings
from pipelines.demo.helsinki import day_start
from pipelines.demo.order import Order, Payment, Row
from pipelines.demo.people import FIRST_NAMES, LAST_NAMES, PLACES, Person
from pipelines.demo.products import Products
from pipelines.demo.shop import Shop
from pipelines.demo.stamps import Stamps


@dataclass(frozen=True, slots=True)
class Purchase:
    """One line of the file; `amount` in cents."""

    customer: str
    day: date
    units: int
    amount: int


def shop_of_purchases(path: Path, end: int | None = None) -> Shop:
    """A shop with one delivered and paid order per line, VAT 0, at noon of its day in Helsinki.

    Where the amount cannot be divided by the units there are two rows, one of them a cent dearer,
    so that quantities and prices are exact. A customer registers with the first purchase.

    Args:
        path: the first four columns count, whatever they are called; the first line is skipped.
        end: Unix seconds as of which the ledger is; noon of the last purchase's day if not given.

    Raises:
        ValueError: a line is not a purchase (named by its number), or there is none.
    """
    purchases = read_purchases(path)
    books = Books(day_start(purchases[-1].day, 12) if end is None else end)
    persons = _purchasers(purchases)
    for number, purchase in enumerate(purchases, start=1):
        books.keep_order(_order(number, purchase, persons[purchase.customer]))
    rng = Random("accounts")
    for person in sorted(persons.values(), key=lambda person: person.account_id or 0):
        books.keep_account(person, person.registered_at or 0, None, rng)
    _furnish(books, day_start(purchases[0].day))
    return books.shop()


def _furnish(books: Books, start: int) -> None:
    """Keeps what the orders and accounts point at; the other lists stay empty."""
    stamps = Stamps(Random("furniture"), start, start)
    keep_fittings(books, stamps)
    books.keep("products", Products(stamps, {}, [], start).records([PURCHASE]))


def read_purchases(path: Path) -> list[Purchase]:
    """The file's purchases by date, in file order within a day.

    Raises:
        ValueError: a line is not a purchase (named by its number), or there is none.
    """
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        next(lines, None)
        purchases = [_purchase(cells, lines.line_num) for cells in lines if cells]
    if not purchases:
        raise ValueError(f"{path.name} holds no purchases")
    return sorted(purchases, key=lambda purchase: purchase.day)


def _purchase(cells: list[str], line: int) -> Purchase:
    try:
        customer, day, units, amount = cells[:4]
        cents = Decimal(amount) * 100
        if int(units) < 1 or cents < 0 or cents != int(cents):
            raise ValueError("expected at least one unit and whole cents from 0 up")
        return Purchase(customer, date.fromisoformat(day), int(units), int(cents))
    except (ValueError, InvalidOperation) as error:
        expected = "customer, date, units, amount"
        raise ValueError(f"line {line} is no purchase ({expected}): {error}") from None


def _purchasers(purchases: list[Purchase]) -> dict[str, Person]:
    """The customers by their name in the file: numbers stay ids, other names are external ids."""
    numbered = all(purchase.customer.isdecimal() for purchase in purchases)
    persons: dict[str, Person] = {}
    for purchase in purchases:
        if purchase.customer not in persons:
            account_id = int(purchase.customer) if numbered else len(persons) + 1
            person = _person(len(persons), account_id, purchase.day)
            person.external_id = None if numbered else purchase.customer
            persons[purchase.customer] = person
    return persons


def _person(index: int, account_id: int, first_day: date) -> Person:
    return Person(
        index,
        FIRST_NAMES[index % len(FIRST_NAMES)],
        LAST_NAMES[index % len(LAST_NAMES)],
        PLACES[index % len(PLACES)],
        f"customer.{account_id}@example.com",
        registered_at=day_start(first_day, 12),
        account_id=account_id,
    )


def _order(number: int, purchase: Purchase, person: Person) -> Order:
    moment = day_start(purchase.day, 12)
    order = Order(number, moment, person, person.account_id, person.email, [])
    order.status, order.updated_at, order.payment_method_id = "COMPLETED", moment, CARD
    price, dearer = divmod(purchase.amount, purchase.units)
    parts = [(purchase.units - dearer, price), (dearer, price + 1)]
    for place, (quantity, each) in enumerate(parts):
        if quantity:
            row = Row(2 * number + place, moment, PURCHASE, quantity, each, 0)
            row.delivered_at = moment
            order.rows.append(row)
    order.payments.append(Payment(number, moment, CARD, purchase.amount, "PAID"))
    return order
