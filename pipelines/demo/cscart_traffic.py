"""What is under way in the CS-Cart view: carts not yet ordered, and parcels that have left.

Facts: reference/cscart-and-apifon.md 5 (carts) and 2 (shipments). A cart is gone when its owner orders.
Chosen by us: every ninth account left one when last seen, and every third checkout that was not
finished left one of a guest, whose number is no user's; the members of a shipment.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from pipelines.demo.cscart_asking import Ask, cents_of, is_falling, sort_of
from pipelines.demo.cscart_goods import Products
from pipelines.demo.cscart_orders import OrderFacts, Orders, cents
from pipelines.demo.cscart_people import UserFacts, Users, normalised
from pipelines.demo.cscart_statuses import INCOMPLETE
from pipelines.demo.money import euros
from pipelines.demo.storefront import SHIPPING_METHODS

Record = dict[str, Any]

GUEST_NUMBERS = 2_000_000_000
"""From here on a cart's number is a guest's session, not a user."""

_KINDS_IN_A_CART = 2


@dataclass(frozen=True, slots=True)
class CartFacts:
    """One cart with `pieces` of each of its `goods`."""

    owner: int
    user: UserFacts | None
    firstname: str
    lastname: str
    email: str
    phone: str
    date: int
    pieces: int
    company_id: int
    goods: tuple[Record, ...] = ()

    @property
    def total(self) -> int:
        """Cents of all that is in it."""
        return sum(cents(float(row["price"])) for row in self.goods) * self.pieces


class Carts:
    """The carts that stand about."""

    sorts = ("customer", "date")

    def __init__(self, orders: Orders, users: Users, products: Products) -> None:
        self._orders = orders
        self._users = users
        self._products = products

    def find(self, ask: Ask) -> list[CartFacts]:
        """The carts a list has, in its order."""
        tests = [*_cart_tests(ask)]
        found = [cart for cart in self._standing() if all(test(cart) for test in tests)]
        found.sort(key=lambda cart: cart.owner)
        by = sort_of(ask, self.sorts, "date")
        found.sort(key=_CART_KEYS[by], reverse=is_falling(ask, "desc"))
        return found

    def one(self, owner: int) -> CartFacts | None:
        """The cart of a user or a guest's session."""
        return next((cart for cart in self._standing() if cart.owner == owner), None)

    def row(self, cart: CartFacts, ask: Ask) -> Record:
        """The cart as a list has it; passwords and keys are stripped by CS-Cart itself."""
        row: Record = {
            "user_id": str(cart.owner),
            "firstname": cart.firstname,
            "lastname": cart.lastname,
            "date": str(cart.date),
            "ip_address": f"203.0.113.{cart.owner % 254 + 1}",
            "company_id": str(cart.company_id),
            "storefront_id": str(cart.company_id),
            "cart_products": str(cart.pieces * len(cart.goods)),
            "total": euros(cart.total),
            "order_id": "0",
            "user_data": self._users.row(cart.user, ask) if cart.user else [],
        }
        if cart.user is None and cart.email:
            row |= {"email": cart.email, "phone": cart.phone}
        return row

    def whole(self, cart: CartFacts, ask: Ask) -> Record:
        """The cart with its products."""
        products = {
            row["product_id"]: {
                **{name: row[name] for name in ("product_id", "product_code", "product")},
                "amount": str(cart.pieces),
                "price": euros(cents(float(row["price"]))),
            }
            for row in cart.goods
        }
        return {**self.row(cart, ask), "products": products}

    def _standing(self) -> list[CartFacts]:
        """Carts whose owner has not ordered since."""
        orders = self._orders.everything()
        last: dict[str, int] = {}
        for order in orders.values():
            if order.status != INCOMPLETE:
                email = normalised(order.email)
                last[email] = max(order.timestamp, last.get(email, 0))
        users = [_cart_of_user(user) for user in self._users.accounts() if user.user_id % 9 == 0]
        guests = [
            _cart_of_guest(order)
            for order in orders.values()
            if order.status == INCOMPLETE and order.order_id % 3 == 0
        ]
        goods = tuple(self._products.first(_KINDS_IN_A_CART))
        left = (cart for cart in [*users, *guests] if last.get(normalised(cart.email), 0) <= cart.date)
        return [replace(cart, goods=goods) for cart in left]


class Shipments:
    """The parcels that have left."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    def find(self, ask: Ask) -> list[Record]:
        """The shipments a list has, newest first."""
        wanted = ask.params.numbers("order_id") if "order_id" in ask.params else None
        orders = self._orders.everything().values()
        found = [
            (moment, number, order)
            for order in orders
            if not order.is_parent and (wanted is None or order.order_id in wanted)
            for number, moment in order.shipments
        ]
        found.sort(key=lambda one: one[:2], reverse=True)
        return [_shipment(number, moment, order) for moment, number, order in found]

    def one(self, shipment_id: int) -> Record | None:
        """The shipment with that id."""
        return next(
            (
                _shipment(number, moment, order)
                for order in self._orders.everything().values()
                if not order.is_parent
                for number, moment in order.shipments
                if number == shipment_id
            ),
            None,
        )

    def row(self, shipment: Record, ask: Ask) -> Record:
        """The shipment; without `advanced_info` less of it."""
        if ask.params.text("advanced_info") not in ("0", "false"):
            return shipment
        return {name: shipment[name] for name in ("shipment_id", "shipment_timestamp", "order_id")}


def _shipment(number: int, moment: int, order: OrderFacts) -> Record:
    return {
        "shipment_id": str(number),
        "shipment_timestamp": str(moment),
        "order_id": str(order.order_id),
        "order_timestamp": str(order.timestamp),
        "shipping_id": str(order.shipping_id),
        "shipping": SHIPPING_METHODS.get(order.shipping_id, ("",))[0],
        "tracking_number": f"JJFI{number}",
        "carrier": SHIPPING_METHODS.get(order.shipping_id, ("", "", None))[2] or "",
        "comments": "",
        "status": "S",
        "s_firstname": order.firstname,
        "s_lastname": order.lastname,
        "user_id": str(order.customer_id),
    }


def _cart_of_user(user: UserFacts) -> CartFacts:
    return CartFacts(
        user.user_id, user, user.firstname, user.lastname, user.email, user.phone,
        max(user.last_login, user.timestamp) + 600, user.user_id % 3 + 1, user.company_id,
    )  # fmt: skip


def _cart_of_guest(order: OrderFacts) -> CartFacts:
    names = order.firstname, order.lastname, order.email, order.phone
    typed = names if order.order_id % 2 == 0 else ("", "", "", "")
    return CartFacts(GUEST_NUMBERS + order.order_id, None, *typed, order.timestamp, 1, order.company_id)


_CART_KEYS: dict[str, Callable[[CartFacts], Any]] = {
    "customer": lambda cart: (cart.lastname.casefold(), cart.firstname.casefold()),
    "date": lambda cart: cart.date,
}


def _cart_tests(ask: Ask) -> Iterable[Callable[[CartFacts], bool]]:
    params = ask.params
    if "user_id" in params:
        owners = params.numbers("user_id")
        yield lambda cart: cart.owner in owners
    if "users_type" in params:
        yield lambda cart: (cart.user is not None) == (params.text("users_type") == "R")
    if params.is_on("with_info_only"):
        yield lambda cart: bool(cart.email)
    if "email" in params:
        yield lambda cart: params.text("email").casefold() in cart.email.casefold()
    if "cname" in params:
        yield lambda cart: params.text("cname").casefold() in f"{cart.firstname} {cart.lastname}".casefold()
    if "total_from" in params:
        yield lambda cart: cart.total >= cents_of(params.text("total_from"))
    if "total_to" in params:
        yield lambda cart: cart.total <= cents_of(params.text("total_to"))
    if ask.span:
        first, last = ask.span
        yield lambda cart: first <= cart.date <= last
