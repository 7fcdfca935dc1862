"""An order as the shop knows it, and the tax summary that follows from it.

Amounts are cents incl. VAT, rates hundredths of a percent, times Unix seconds. A return row has a
negative quantity and a positive price (reference/mycashflow-api.md 3.8 and 9.9).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from pipelines.demo.catalogue import Item
from pipelines.demo.money import net_of, shares
from pipelines.demo.people import Person

TaxPart = tuple[int, int, int]
"""Rate, amount incl. VAT, amount without VAT."""

Amounts = TypeVar("Amounts")

COMPONENTS = ("subtotal", "discount", "shipping_costs", "payment_costs", "total")


@dataclass(slots=True)
class Row:
    """One order row; `reasons` are (code, text) pairs of a return row, `extra` raw JSON members."""

    id: int
    created_at: int
    item: Item
    quantity: int
    price: int
    rate: int
    campaign_id: int | None = None
    shipment_id: int | None = None
    delivered_at: int | None = None
    reasons: tuple[tuple[str, str], ...] = ()
    extra: str = ""

    @property
    def amount(self) -> int:
        """Cents incl. VAT, negative for a return."""
        return self.price * self.quantity


@dataclass(slots=True)
class Shipment:
    """One parcel or more on the way; open while `completed_at` is missing."""

    id: int
    created_at: int
    method_id: int
    completed_at: int | None = None


@dataclass(slots=True)
class Payment:
    """One transaction; a refund is one of its own with a negative amount."""

    id: int
    created_at: int
    method_id: int
    amount: int
    status: str


@dataclass(slots=True)
class Order:
    """Everything the store knows of one order.

    Attributes:
        customer_id: missing when bought as a guest.
        luck: a number from 0 to 1 that decides its optional members; 0.4 gives none.
    """

    id: int
    created_at: int
    person: Person
    customer_id: int | None
    email: str
    rows: list[Row]
    status: str = "OPEN"
    updated_at: int = 0
    archived_at: int | None = None
    discount: int = 0
    shipping: int = 0
    fee: int = 0
    shipping_method_id: int | None = None
    payment_method_id: int | None = None
    shipments: list[Shipment] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    comments: list[tuple[int, str]] = field(default_factory=list)
    events: list[tuple[int, str, str]] = field(default_factory=list)
    luck: float = 0.4

    @property
    def subtotal(self) -> int:
        """Cents incl. VAT of all rows, returns taken off."""
        return sum([row.price * row.quantity for row in self.rows])

    @property
    def total(self) -> int:
        """Cents incl. VAT the customer pays."""
        return self.subtotal - self.discount + self.shipping + self.fee


def tax_summary(order: Order) -> dict[str, list[TaxPart]]:
    """One part per component and rate, highest rate first.

    Net is rounded per component and rate; `total` is the exact sum of the other components, in
    gross and in net. The discount is shared over the rates of the sold rows; shipping and payment
    fees carry the mean product rate.
    """
    subtotal: dict[int, int] = {}
    sold: dict[int, int] = {}
    for row in order.rows:
        amount = row.price * row.quantity
        subtotal[row.rate] = subtotal.get(row.rate, 0) + amount
        if amount > 0:
            sold[row.rate] = sold.get(row.rate, 0) + amount
    fees_rate = mean_rate(sold)
    parts = {
        "subtotal": _parts(subtotal),
        "discount": _parts(_discounts(order.discount, sold)),
        "shipping_costs": _parts({fees_rate: order.shipping} if order.shipping else {}),
        "payment_costs": _parts({fees_rate: order.fee} if order.fee else {}),
    }
    parts["total"] = _sum_of(parts)
    return parts


def _discounts(discount: int, sold: dict[int, int]) -> dict[int, int]:
    if not discount:
        return {}
    return dict(zip(sold, shares(discount, list(sold.values())), strict=True))


def mean_rate(sold: dict[int, int]) -> int:
    """The product rates' mean weighted by net value, in whole hundredths of a percent (section 4)."""
    if len(sold) == 1:
        return next(iter(sold))
    nets = {rate: net_of(gross, rate) for rate, gross in sold.items()}
    whole = sum(nets.values())
    weighted = sum(rate * net for rate, net in nets.items())
    return (2 * weighted + whole) // (2 * whole) if whole else 0


def _parts(grosses: dict[int, int]) -> list[TaxPart]:
    if not grosses:
        return []
    return [(rate, gross, net_of(gross, rate)) for rate, gross in _highest_first(grosses)]


def _sum_of(parts: dict[str, list[TaxPart]]) -> list[TaxPart]:
    sums: dict[int, tuple[int, int]] = {}
    for component, taxed in parts.items():
        sign = -1 if component == "discount" else 1
        for rate, gross, net in taxed:
            gross_before, net_before = sums.get(rate, (0, 0))
            sums[rate] = (gross_before + sign * gross, net_before + sign * net)
    return [(rate, gross, net) for rate, (gross, net) in _highest_first(sums)]


def _highest_first(by_rate: dict[int, Amounts]) -> Iterable[tuple[int, Amounts]]:
    items = by_rate.items()
    return sorted(items, reverse=True) if len(items) > 1 else items
