"""The table of all that the CS-Cart view lists: what is found, how a row is told, how it pages.

Facts: reference/cscart-and-apifon.md 1.1 (paging), 2 (entities), 4.2 (the add-on). `vendors` is
Multi-Vendor's, so this shop has none; currencies, promotions, coupons and returns have no entity at
all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.demo.cscart_asking import Ask, Dialect
from pipelines.demo.cscart_goods import Products, Records, payment_row, shipping_row, store_row
from pipelines.demo.cscart_index import Index
from pipelines.demo.cscart_orders import OrderFacts, Orders
from pipelines.demo.cscart_people import Subscribers, Users, user_facts, usergroup_row
from pipelines.demo.cscart_statuses import status_rows
from pipelines.demo.cscart_traffic import Carts, Shipments
from pipelines.demo.cscart_wire_orders import full_order
from pipelines.demo.shop import Shop

NEWSLETTER = "email_marketing"
"""The add-on that has subscribers."""

Record = dict[str, Any]


def _never(dialect: Dialect) -> bool:
    return False


def _always(dialect: Dialect) -> bool:
    return True


def _no_children(dialect: Dialect) -> Mapping[str, tuple[str, str]]:
    return {}


@dataclass(frozen=True)
class Listing:
    """How one entity is listed.

    Attributes:
        name: the entity, as troubles are switched on for it.
        key: what the list is called in the answer.
        find: all that is asked for, in order.
        row: one of them as the list has it.
        id_of: its id.
        one: the one with an id; without it there is none to be had.
        whole: it alone, if that is more than `row`.
        sorts: the known sorts.
        default: the sort without one, and its order.
        clamps: whether past the end the last page comes again.
        is_bare: all of it comes at once, without an envelope.
        children: lists below a record -> their name and the filter that the record's id is.
    """

    name: str
    key: str
    find: Callable[[Ask], list[Any]]
    row: Callable[[Any, Ask], Record]
    id_of: Callable[[Any], int]
    one: Callable[[int, Ask], Any] | None = None
    whole: Callable[[Any, Ask], Record] | None = None
    sorts: tuple[str, ...] = ()
    default: tuple[str, str] = ("position", "asc")
    clamps: Callable[[Dialect], bool] = _never
    is_bare: bool = False
    children: Callable[[Dialect], Mapping[str, tuple[str, str]]] = _no_children


def listings(shop: Shop, addons: Sequence[str]) -> dict[str, Listing]:
    """Path -> how it is listed, for a shop with some add-ons switched on."""
    accounts = Index(shop, "customers", user_facts)
    users, orders, products = Users(accounts), Orders(shop, accounts), Products(shop)
    found = [
        _orders(orders, addons),
        *_users(shop, users),
        *_goods(shop, products),
        *_traffic(orders, Carts(orders, users, products)),
        _statuses(),
    ]
    if NEWSLETTER in addons:
        found.append(_subscribers(Subscribers(shop)))
    return {listing.name: listing for listing in found}


def _orders(orders: Orders, addons: Sequence[str]) -> Listing:
    def whole(order: OrderFacts, ask: Ask) -> Record:
        try:
            record = orders.record(order)
        except KeyError:
            return {}
        updated_at = orders.updated_at(order)
        return full_order(order, record, orders.user_id(order), updated_at, ask.dialect, addons)

    def row(order: OrderFacts, ask: Ask) -> Record:
        is_full = ask.dialect.has_orders_data and ask.params.is_on("get_orders_data")
        return whole(order, ask) if is_full else orders.row(order, ask)

    return Listing(
        name="orders",
        key="orders",
        find=orders.find,
        row=row,
        id_of=lambda order: order.order_id,
        one=lambda number, ask: orders.one(number),
        whole=whole,
        sorts=orders.sorts,
        default=("date", "desc"),
        clamps=lambda dialect: dialect.clamps_orders,
    )


def _users(shop: Shop, users: Users) -> list[Listing]:
    groups = Records(shop, "customer_groups", usergroup_row)
    own = Listing(
        name="users",
        key="users",
        find=users.find,
        row=users.row,
        id_of=lambda user: user.user_id,
        one=lambda number, ask: users.one(number),
        sorts=users.sorts,
        default=("name", "asc"),
        clamps=_always,
        children=lambda dialect: {"usergroups": ("users/usergroups", "user_id")},
    )
    links = Listing(
        name="users/usergroups",
        key="usergroups",
        find=users.groups,
        row=_as_it_is,
        id_of=_id("usergroup_id"),
    )
    return [own, links, _short("usergroups", groups, "usergroup_id", is_bare=True)]


def _subscribers(subscribers: Subscribers) -> Listing:
    return Listing(
        name="subscribers",
        key="subscribers",
        find=subscribers.find,
        row=subscribers.row,
        id_of=lambda line: line.subscriber_id,
        one=lambda number, ask: subscribers.one(number),
        sorts=subscribers.sorts,
        default=("timestamp", "desc"),
        clamps=_always,
    )


def _goods(shop: Shop, products: Products) -> list[Listing]:
    own = Listing(
        name="products",
        key="products",
        find=products.find,
        row=_as_it_is,
        id_of=_id("product_id"),
        one=lambda number, ask: products.one(number),
        sorts=products.sorts,
        default=("product", "asc"),
    )
    categories = Listing(
        name="categories",
        key="categories",
        find=products.categories,
        row=_as_it_is,
        id_of=_id("category_id"),
        one=lambda number, ask: products.category(number),
        children=lambda dialect: {"products": ("products", "cid")},
    )
    return [
        own,
        categories,
        _short("shippings", Records(shop, "shipping_methods", shipping_row), "shipping_id"),
        _short("payments", Records(shop, "payment_methods", payment_row), "payment_id"),
        _short("stores", Records(shop, "versions", store_row), "company_id", children=_of_stores),
    ]


def _of_stores(dialect: Dialect) -> Mapping[str, tuple[str, str]]:
    names = ("products", "categories") if dialect.nests_stores else ()
    return {name: (name, "company_id") for name in names}


def _traffic(orders: Orders, carts: Carts) -> list[Listing]:
    shipments = Shipments(orders)
    standing = Listing(
        name="carts",
        key="carts",
        find=carts.find,
        row=carts.row,
        id_of=lambda cart: cart.owner,
        one=lambda number, ask: carts.one(number),
        whole=carts.whole,
        sorts=carts.sorts,
        default=("date", "desc"),
    )
    sent = Listing(
        name="shipments",
        key="shipments",
        find=shipments.find,
        row=shipments.row,
        id_of=_id("shipment_id"),
        one=lambda number, ask: shipments.one(number),
        default=("shipment_date", "desc"),
    )
    return [standing, sent]


def _statuses() -> Listing:
    def one(number: int, ask: Ask) -> Record | None:
        return next((row for row in status_rows(ask) if row["status_id"] == str(number)), None)

    return Listing(
        name="statuses",
        key="statuses",
        find=lambda ask: status_rows(ask) if ask.params.text("type") in ("", "O") else [],
        row=_as_it_is,
        id_of=_id("status_id"),
        one=one,
        default=("status", "asc"),
    )


def _short(
    name: str,
    records: Records,
    key: str,
    is_bare: bool = False,
    children: Callable[[Dialect], Mapping[str, tuple[str, str]]] = _no_children,
) -> Listing:
    """A list without filters and sorts."""
    return Listing(
        name=name,
        key=name,
        find=records.find,
        row=_as_it_is,
        id_of=_id(key),
        one=lambda number, ask: records.one(number),
        is_bare=is_bare,
        children=children,
    )


def _as_it_is(row: Record, ask: Ask) -> Record:
    return row


def _id(name: str) -> Callable[[Record], int]:
    return lambda row: int(row[name])
