"""A shop in the making: each thing is put on its shelf and written down in the ledger, once."""

from random import Random

from pipelines.demo.ledger import Bookkeeper
from pipelines.demo.order import Order, tax_summary
from pipelines.demo.people import Person, Subscriber
from pipelines.demo.resources import STATUSES
from pipelines.demo.shelf import ABSENT, Shelves
from pipelines.demo.shop import Shop
from pipelines.demo.wire_orders import order_text
from pipelines.demo.wire_people import customer_groups, customer_text, subscriber_text


class Books:
    """Takes orders oldest first, accounts and subscribers by id; then gives the shop."""

    def __init__(self, end: int) -> None:
        self._shelves = Shelves()
        self._keeper = Bookkeeper(end)

    def shop(self) -> Shop:
        """The shop with all that was kept."""
        return Shop(self._shelves, self._keeper.close())

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

    def keep_account(self, person: Person, updated_at: int, login_at: int | None, rng: Random) -> None:
        """Keeps one account; `rng` decides its half-random members."""
        text = customer_text(person, updated_at, login_at, rng)
        values = (person.registered_at or 0, updated_at, login_at or ABSENT)
        self._shelves["customers"].add(person.account_id or 0, text.encode(), values)
        self._keeper.enter_account(person, len(customer_groups(person)))

    def keep_subscriber(self, subscriber: Subscriber) -> None:
        """Keeps one line of the newsletter list."""
        text = subscriber_text(subscriber).encode()
        self._shelves["email_subscribers"].add(subscriber.id, text, (subscriber.updated_at,))
        self._keeper.enter_subscriber(subscriber.person)
