"""The shop's own true figures, kept while it is made and never read back from its JSON.

Definitions. An order counts unless it is cancelled; an order of return rows only (the return of an
archived order) is no order, its returns count. A day is a Helsinki calendar day. Net sales of a day
= net of the positive rows of the day's orders - net of their discounts - net of the return rows
made on that day. Nets come from the tax summary, per order and rate; inside a rate each row's net
is rounded and the remainder goes to the row with the largest absolute amount (the lowest row id of
equals). A buyer is a person: the account if there is one, else the normalised e-mail. Segment
windows are (as_of - N days, as_of]. Edits made while the shop is served are not in the figures.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from typing import Any

from pipelines.demo.helsinki import local_day
from pipelines.demo.money import net_of
from pipelines.demo.order import Order, Row, TaxPart
from pipelines.demo.people import Person
from pipelines.demo.tables import CHILDREN, PARTED_TABLES, TABLES


@dataclass(frozen=True)
class Ledger:
    """True figures of a shop as it was made; money in euros, days in Helsinki.

    Attributes:
        admin_totals_by_day: totals of all orders made on a day as the admin shows them, of cancelled and
            return orders too.
        rows: how many rows each list holds, nested lists as `orders__products`, one tax row per
            component and rate.
        parted_rows: the same for `PARTED_TABLES`, all parts together.
        money: sums over counted orders incl. VAT (returns and discounts positive), `net_sales`
            excl. VAT.
        members: accounts, guests who ordered and subscribers without an account or order.
        segments: members of Apifon's seven segments as of `as_of`.
        cscart: the figures of the CS-Cart view where they are others (`cscart_ledger`).
    """

    as_of: date
    admin_totals_by_day: dict[date, Decimal]
    net_sales_by_day: dict[date, Decimal]
    orders_by_day: dict[date, int]
    cancelled_by_day: dict[date, int]
    new_customers_by_day: dict[date, int]
    rows: dict[str, int]
    parted_rows: dict[str, int]
    money: dict[str, Decimal]
    counted_orders: int
    cancelled_orders: int
    return_orders: int
    return_rows: int
    accounts: int
    subscribers: int
    buyers: int
    guest_buyers: int
    members: int
    segments: dict[str, int]
    cscart: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The same figures for `json.dumps`: days as ISO text, money as exact decimal text."""
        return {item.name: _plain(getattr(self, item.name)) for item in fields(self)}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return str(value) if isinstance(value, (date, Decimal)) else value


class Bookkeeper:
    """Takes every order, account and subscriber as it is made, and closes the ledger at the end."""

    def __init__(self, end: int) -> None:
        self._today = local_day(end)
        self._admin: Counter[int] = Counter()
        self._net: Counter[int] = Counter()
        self._orders: Counter[int] = Counter()
        self._cancelled: Counter[int] = Counter()
        self._new: Counter[int] = Counter()
        self._registered: Counter[int] = Counter()
        self._rows: Counter[str] = Counter(dict.fromkeys(TABLES, 0))
        self._money: Counter[str] = Counter()
        self._totals: Counter[str] = Counter()
        self._visits: dict[int, list[int]] = {}
        self._members: set[int] = set()
        self._guests: set[int] = set()

    def enter_order(self, order: Order, taxes: dict[str, list[TaxPart]]) -> None:
        """Writes one order down; orders come oldest first."""
        self._count_rows(order, taxes)
        self._members.add(order.person.index)
        day = local_day(order.created_at)
        self._admin[day] += order.total
        if order.status == "CANCELLED":
            self._totals["cancelled_orders"] += 1
            self._cancelled[day] += 1
            return
        if order.rows[0].quantity > 0:
            self._totals["counted_orders"] += 1
            self._orders[day] += 1
            self._count_visit(order.person, day)
        else:
            self._totals["return_orders"] += 1
        self._enter_money(order, taxes)
        self._enter_nets(order, taxes, day)

    def enter_account(self, person: Person, groups: int) -> None:
        """Writes one registered customer down, with the number of the groups it belongs to."""
        self._rows["customers"] += 1
        self._rows["customers__customer_groups"] += groups
        self._members.add(person.index)
        if person.registered_at is not None:
            self._registered[local_day(person.registered_at)] += 1

    def enter_subscriber(self, person: Person) -> None:
        """Writes one line of the newsletter list down."""
        self._rows["email_subscribers"] += 1
        self._members.add(person.index)

    def enter(self, name: str, record: Mapping[str, Any] | None = None) -> None:
        """Writes one record of any other list down; without `record` it has no nested lists."""
        self._rows[name] += 1
        if record is None:
            return
        for table, nested in CHILDREN[name].items():
            self._rows[table] += len(record[nested])
        if name == "categories":
            self._rows["subcategories"] += bool(record["parent_id"])

    def close(self) -> Ledger:
        """The ledger of everything written down so far."""
        return Ledger(
            as_of=date.fromordinal(self._today),
            admin_totals_by_day=euros_by_date(self._admin),
            net_sales_by_day=euros_by_date(self._net),
            orders_by_day=dict(by_date(self._orders)),
            cancelled_by_day=dict(by_date(self._cancelled)),
            new_customers_by_day=dict(by_date(self._new)),
            rows={name: self._rows[name] for name in TABLES},
            parted_rows={name: self._rows[name] for name in PARTED_TABLES},
            money=self._close_money(),
            counted_orders=self._totals["counted_orders"],
            cancelled_orders=self._totals["cancelled_orders"],
            return_orders=self._totals["return_orders"],
            return_rows=self._totals["return_rows"],
            accounts=self._rows["customers"],
            subscribers=self._rows["email_subscribers"],
            buyers=len(self._visits),
            guest_buyers=len(self._guests),
            members=len(self._members),
            segments=self._segments(),
        )

    def _count_rows(self, order: Order, taxes: dict[str, list[TaxPart]]) -> None:
        rows = self._rows
        rows["orders"] += 1
        rows["orders__products"] += len(order.rows)
        if _has_returns(order):
            rows["orders__products__return_reasons"] += sum([len(row.reasons) for row in order.rows])
        rows["orders__shipments"] += len(order.shipments)
        for shipment in order.shipments:
            rows["orders__shipments__documents"] += shipment.completed_at is not None
        rows["orders__payments"] += len(order.payments)
        rows["orders__tax_summary"] += sum(map(len, taxes.values()))
        rows["orders__comments"] += len(order.comments)
        rows["orders__events"] += len(order.events)

    def _count_visit(self, person: Person, day: int) -> None:
        visits = self._visits.get(person.index)
        if visits is None:
            self._new[day] += 1
            self._visits[person.index] = visits = [day, 0]
            if person.account_id is None:
                self._guests.add(person.index)
        visits[0] = day
        visits[1] += day > self._today - 365

    def _enter_money(self, order: Order, taxes: dict[str, list[TaxPart]]) -> None:
        money = self._money
        for row in order.rows:
            if row.quantity < 0:
                self._totals["return_rows"] += 1
                money["returns"] -= row.price * row.quantity
            else:
                money["gross_sales"] += row.price * row.quantity
        money["discounts"] += order.discount
        money["shipping"] += order.shipping
        money["fees"] += order.fee
        for _, gross, net in taxes["total"]:
            money["total"] += gross
            money["tax"] += gross - net

    def _enter_nets(self, order: Order, taxes: dict[str, list[TaxPart]], day: int) -> None:
        for _, _, net in taxes["discount"]:
            self._net[day] -= net
        if not _has_returns(order):
            self._net[day] += sum([net for _, _, net in taxes["subtotal"]])
            return
        for rate, _, net in taxes["subtotal"]:
            rows = [row for row in order.rows if row.rate == rate]
            for row, row_net in zip(rows, _row_nets(rows, rate, net), strict=True):
                self._net[day if row.quantity > 0 else local_day(row.created_at)] += row_net

    def _close_money(self) -> dict[str, Decimal]:
        names = ("gross_sales", "returns", "discounts", "shipping", "fees", "tax", "total")
        money = {name: euros_of(self._money[name]) for name in names}
        return {**money, "net_sales": euros_of(sum(self._net.values()))}

    def _segments(self) -> dict[str, int]:
        members, today = len(self._members), self._today
        last = [visits[0] for visits in self._visits.values()]
        recent_30 = sum(day > today - 30 for day in last)
        recent_90 = sum(day > today - 90 for day in last)
        return {
            "new_customers_30": sum(
                count for day, count in self._registered.items() if today - 30 < day <= today
            ),
            "recent_buyers_30": recent_30,
            "recent_buyers_90": recent_90,
            "non_buyers_30": members - recent_30,
            "non_buyers_90": members - recent_90,
            "frequent_buyers": sum(visits[1] >= 3 for visits in self._visits.values()),
            "lapsed_customers": sum(day <= today - 180 for day in last),
        }


def _has_returns(order: Order) -> bool:
    """Whether some rows went back: they stand behind all sold ones."""
    return order.rows[-1].quantity < 0


def _row_nets(rows: list[Row], rate: int, net: int) -> list[int]:
    """Each row's net; they add up to `net`."""
    if len(rows) == 1:
        return [net]
    nets = [net_of(row.amount, rate) for row in rows]
    largest = max(range(len(rows)), key=lambda place: (abs(rows[place].amount), -rows[place].id))
    nets[largest] += net - sum(nets)
    return nets


def by_date(counts: Counter[int]) -> list[tuple[date, int]]:
    """Day and count, oldest first."""
    return [(date.fromordinal(day), count) for day, count in sorted(counts.items())]


def euros_by_date(cents: Counter[int]) -> dict[date, Decimal]:
    """Day and euros, oldest first."""
    return {day: euros_of(amount) for day, amount in by_date(cents)}


def euros_of(cents: int) -> Decimal:
    """Euros of cents."""
    return Decimal(cents).scaleb(-2)
