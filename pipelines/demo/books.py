"""A shop in the making: each thing is put on its shelf and written down in the ledger, once."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from pipelines.demo.cscart_ledger import CartKeeper
from pipelines.demo.ledger import Bookkeeper
from pipelines.demo.order import Order, tax_summary
from pipelines.demo.people import GROUPS, Person, Subscriber
from pipelines.demo.resources import STATUSES
from pipelines.demo.shelf import ABSENT, Shelves
from pipelines.demo.shop import Shop
from pipelines.demo.wire import blank_record, record_text
from pipelines.demo.wire_orders import order_text
from pipelines.demo.wire_people import address_text, customer_text, subscriber_text


class Books:
    """Takes orders oldest first, accounts, subscribers and all else by id; then gives the shop.

    Attributes:
        members: customer group -> the ids of the accounts kept that are in it.
    """

    def __init__(self, end: int) -> None:
        self._shelves = Shelves()
        self._keeper = Bookkeeper(end)
        self._cart = CartKeeper(end)
        self.members = {group_id: array("q") for group_id in GROUPS}

    def shop(self) -> Shop:
        """The shop with all that was kept."""
        return Shop(self._shelves, replace(self._keeper.close(), cscart=self._cart.close()))

    def keep_order(self, order: Order) -> None:
        """Keeps one order."""
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
        self._cart.enter_order(order, taxes)

    def keep_account(self, person: Person, updated_at: int, login_at: int | None, rng: Random) -> None:
        """Keeps one account; `rng` decides its half-random members."""
        account_id, groups = person.account_id or 0, person.group_ids
        text = customer_text(person, updated_at, login_at, rng)
        values = (person.registered_at or 0, updated_at, login_at or ABSENT)
        self._shelves["customers"].add(account_id, text.encode(), values)
        self._keeper.enter_account(person, len(groups))
        self._cart.enter_account(person)
        for group in groups:
            self.members[group].append(account_id)

    def keep_addresses(self, person: Person) -> None:
        """Keeps the account's shipping addresses."""
        shelf = self._shelves["customer_shipping_addresses"]
        for place in range(person.address_count):
            number = len(shelf) + 1
            shelf.add(number, address_text(number, person, place).encode(), (person.account_id or 0,))
            self._keeper.enter("customer_shipping_addresses")

    def keep_subscriber(self, subscriber: Subscriber) -> None:
        """Keeps one line of the newsletter list."""
        text = subscriber_text(subscriber).encode()
        self._shelves["email_subscribers"].add(subscriber.id, text, (subscriber.updated_at,))
        self._keeper.enter_subscriber(subscriber.person)
        self._cart.enter_subscriber(subscriber)

    def keep_text(self, name: str, record_id: int, text: str, values: Sequence[int]) -> None:
        """Keeps a record without nested lists that is JSON already."""
        self._shelves[name].add(record_id, text.encode(), values)
        self._keeper.enter(name)

    def keep(self, name: str, records: Iterable[dict[str, Any]]) -> None:
        """Keeps records of one list; fields they lack are null."""
        shelf = self._shelves[name]
        for record in records:
            whole = blank_record(shelf.resource) | record
            if "id" not in shelf.resource.fields:
                del whole["id"]
            shelf.add(record["id"], record_text(whole, shelf.resource.sections), shelf.values_of(whole))
            self._keeper.enter(name, whole)
