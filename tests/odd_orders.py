"""Orders that are odd and possible, of any size, and what they come to by Python's Decimal.

The sums are written from DECISIONS.md, not from the models. An order whose amounts come to 10^15 or more is
one that no mart can hold; none made here is so near to that border that rounding would decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from random import Random

CENT, PERCENT = Decimal("0.01"), Decimal(100)
LOADED, HELD = Decimal(10) ** 12, Decimal(10) ** 15
LARGEST = Decimal("999999999999.99")
RATES = tuple(map(Decimal, ("0", "8", "10", "14", "25.5", "27", "100")))
SHARES = tuple(map(Decimal, ("0", "0", "0", "0.001", "0.1", "0.5", "1", "1.5")))

# For whoever makes orders or adds them up.
EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


def cents(amount: Decimal) -> Decimal:
    """Halves away from zero."""
    return amount.quantize(CENT)


@dataclass(frozen=True)
class Line:
    """A line of an order, as a store tells it."""

    quantity: Decimal
    price: Decimal
    rate: Decimal = Decimal("25.5")

    @property
    def amount(self) -> Decimal:
        return self.quantity * self.price

    @property
    def is_return(self) -> bool:
        return self.amount < 0 or (self.amount == 0 and self.quantity < 0)


@dataclass(frozen=True)
class Order:
    """An order, as a store tells it; amounts include VAT unless it prices net.

    Attributes:
        part_rate: the rate of discount, delivery and fees in its tax summary.
    """

    number: int
    lines: Sequence[Line] = ()
    discount: Decimal = Decimal(0)
    shipping: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    has_summary: bool = False
    is_net: bool = False
    part_rate: Decimal = Decimal("25.5")

    @property
    def day(self) -> int:
        """Its day in June."""
        return 1 + self.number % 28

    @property
    def goods(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def total(self) -> Decimal:
        """As the order states it."""
        return self.goods - self.discount + self.shipping + self.fees

    @property
    def size(self) -> Decimal:
        """What its lines come to at most, whatever their signs, with VAT."""
        with_vat = (abs(line.amount) * (1 + line.rate / PERCENT) for line in self.lines)
        return sum(with_vat, Decimal(0))

    @property
    def is_held(self) -> bool:
        """Whether a mart can hold it."""
        return self.size < HELD


@dataclass
class Figures:
    """What an order comes to."""

    gross_sales: Decimal = Decimal(0)
    returns: Decimal = Decimal(0)
    discounts: Decimal = Decimal(0)
    shipping: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    total: Decimal = Decimal(0)
    net_sales: Decimal = Decimal(0)
    units: Decimal = Decimal(0)

    def add(self, other: Figures) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def with_vat(order: Order, amount: Decimal, rate: Decimal) -> tuple[Decimal, Decimal]:
    """An amount with and without VAT, each rounded by itself."""
    factor = 1 + rate / PERCENT
    if order.is_net:
        return cents(amount * factor), cents(amount)
    return cents(amount), cents(amount / factor)


def summary(order: Order) -> dict[str, list[tuple[Decimal, Decimal, Decimal]]]:
    """MyCashflow's tax summary: rate, amount with and without VAT, by component."""
    by_rate: dict[Decimal, Decimal] = {}
    for line in order.lines:
        by_rate[line.rate] = by_rate.get(line.rate, Decimal(0)) + line.amount
    parts = {
        "discount": order.discount,
        "shipping_costs": order.shipping,
        "payment_costs": order.fees,
    }
    rate = order.part_rate
    told = {name: [(rate, *with_vat(order, amount, rate))] for name, amount in parts.items()}
    told["subtotal"] = [(each, *with_vat(order, amount, each)) for each, amount in by_rate.items()]
    signs = {"subtotal": 1, "discount": -1, "shipping_costs": 1, "payment_costs": 1}
    incl, excl = (
        sum((sign * row[column] for name, sign in signs.items() for row in told[name]), Decimal(0))
        for column in (1, 2)
    )
    return {**told, "total": [(rate, incl, excl)]}


def priced(order: Order) -> list[tuple[Line, Decimal, Decimal]]:
    """Lines with their amounts with and without VAT; the largest of a rate has what the summary has more."""
    found = [(line, *with_vat(order, line.amount, line.rate)) for line in order.lines]
    if order.has_summary:
        for rate, incl, excl in summary(order)["subtotal"]:
            own = [place for place, (line, _, _) in enumerate(found) if line.rate == rate]
            largest = max(own, key=lambda place: abs(found[place][0].amount))
            line, one, other = found[largest]
            one += incl - sum((found[place][1] for place in own), Decimal(0))
            other += excl - sum((found[place][2] for place in own), Decimal(0))
            found[largest] = (line, one, other)
    return found


def average_rate(order: Order) -> Decimal:
    weight = sum((abs(line.amount) for line in order.lines), Decimal(0))
    if not weight:
        return Decimal(0)
    return sum((abs(line.amount) * line.rate for line in order.lines), Decimal(0)) / weight


def figures(order: Order) -> Figures:
    """What an order of MyCashflow comes to."""
    lines = priced(order)
    rate = order.part_rate if order.has_summary else average_rate(order)
    parts = (order.discount, order.shipping, order.fees)
    discounts, shipping, fees = (with_vat(order, amount, rate) for amount in parts)
    goods = [sum((line[column] for line in lines), Decimal(0)) for column in (1, 2)]
    total = goods[0] - discounts[0] + shipping[0] + fees[0]
    return Figures(
        gross_sales=sum((incl for line, incl, _ in lines if not line.is_return), Decimal(0)),
        returns=-sum((incl for line, incl, _ in lines if line.is_return), Decimal(0)),
        discounts=discounts[0],
        shipping=shipping[0],
        fees=fees[0],
        tax=total - (goods[1] - discounts[1] + shipping[1] + fees[1]),
        total=total,
        net_sales=goods[1] - discounts[1],
        units=units(order),
    )


def cart_vat(order: Order) -> tuple[Decimal, Decimal, Decimal]:
    """The VAT that CS-Cart states of goods after discounts, of delivery and of fees, all at one rate."""
    factor = order.part_rate / (PERCENT + order.part_rate)
    goods, shipping, fees = (
        cents(amount * factor) for amount in (order.goods - order.discount, order.shipping, order.fees)
    )
    return goods, shipping, fees


def cart_taxes(order: Order) -> list[tuple[Decimal, Decimal]]:
    """Rate and VAT of the taxes that CS-Cart has on the goods: as many as it takes for each to load."""
    vat = cart_vat(order)[0] if order.is_held else Decimal(0)
    count = int(abs(vat) / (LOADED * 9 / 10)) + 1
    part, rate = cents(vat / count), (order.part_rate / count).quantize(Decimal("0.000001"))
    return [(rate, vat - part * (count - 1)), *((rate, part) for _ in range(count - 1))]


def cart_figures(order: Order) -> Figures:
    """What an order of CS-Cart comes to: its amounts are in cents and include VAT, which it states."""
    vat = cart_vat(order)
    return Figures(
        gross_sales=sum((line.amount for line in order.lines if not line.is_return), Decimal(0)),
        returns=-sum((line.amount for line in order.lines if line.is_return), Decimal(0)),
        discounts=order.discount,
        shipping=order.shipping,
        fees=order.fees,
        tax=sum(vat, Decimal(0)),
        total=order.total,
        net_sales=order.goods - order.discount - vat[0],
        units=units(order),
    )


def units(order: Order) -> Decimal:
    """Pieces sold."""
    sold = (line.quantity for line in order.lines if not line.is_return and line.quantity > 0)
    return sum(sold, Decimal(0))


@dataclass
class Maker:
    """Makes orders, the same for the same seed; `is_cart` keeps every amount in cents, at one rate."""

    seed: int
    is_cart: bool = False
    count: int = 0
    rng: Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)

    def orders(self, many: int) -> list[Order]:
        """The odd ones that somebody thought of, and as many of any size."""
        known = [self.order(**each) for each in self._known()]
        return [*known, *(self._any() for _ in range(many))]

    def order(self, lines: Sequence[tuple[str, str, str]] = (), **parts: str | bool) -> Order:
        """An order of lines said as (quantity, price, rate)."""
        self.count += 1
        made = [Line(*map(Decimal, line)) for line in lines]
        said = {name: Decimal(part) if isinstance(part, str) else part for name, part in parts.items()}
        said.setdefault("part_rate", made[0].rate if made else Decimal("25.5"))
        return Order(self.count, made, **said)  # type: ignore[arg-type]

    def _known(self) -> Iterator[dict[str, object]]:
        top = str(LARGEST)
        yield {}
        yield {"shipping": top, "fees": "0.01"}
        yield {"lines": [("1", "40000", "25.5")], "has_summary": True}
        yield {"lines": [("1", "39215.69", "25.5")], "has_summary": True}
        yield {"lines": [("1", "37100", "27")], "has_summary": True}
        yield {"lines": [("1", "37100", "27")], "shipping": "1990"}
        yield {"lines": [("1", "100000000", "10")], "discount": "20000000", "has_summary": True}
        yield {"lines": [("3", "20000000", "10"), ("1", "40000000", "10")], "discount": "20000000"}
        yield {"lines": [("99999", "99999999", "25.5")]}
        yield {"lines": [("1", "-30", "25.5")]}
        yield {"lines": [("-1", "-30", "25.5")]}
        yield {"lines": [("-1", "30", "25.5"), ("-1", "0", "25.5")]}
        yield {"lines": [("2", "50", "25.5"), ("1", "-30", "25.5")], "discount": "7", "has_summary": True}
        yield {"lines": [("1", top, "100"), ("-1", top, "100")], "has_summary": True}
        yield {"lines": [("1", top, "25.5")] * 300, "discount": top}
        yield {"lines": [("0.001", "10", "25.5")] * 3000, "discount": "1", "shipping": "5.90"}
        yield {"lines": [("999999999999", "0.01", "8"), ("0", top, "8"), ("999999999999", "0", "8")]}
        yield {"lines": [(top, top, "25.5")]}
        yield {"lines": [("-1000000", "1000000000", "25.5")]}
        yield {"lines": [("1000000", "1100000000", "8"), ("-1000000", "1100000000", "8")]}

    def _any(self) -> Order:
        rng = self.rng
        digits = rng.choice((1, 2, 3, 5, 8, 11))
        rates = [rng.choice(RATES)] if self.is_cart or rng.random() < 0.5 else RATES
        lines = [self._line(digits, rng.choice(rates)) for _ in range(rng.choice((0, 1, 1, 2, 3, 8)))]
        order = Order(0, lines, part_rate=lines[0].rate if lines else Decimal("25.5"))
        shape = {
            "discount": cents(min(max(order.goods, Decimal(0)) * rng.choice(SHARES), LARGEST)),
            "shipping": rng.choice((Decimal(0), Decimal("5.90"), self._amount(digits))),
            "fees": rng.choice((Decimal(0), Decimal("0.01"), self._amount(digits))),
        }
        self.count += 1
        told = Order(self.count, lines, part_rate=order.part_rate, **shape)
        told_in_full = abs(told.goods) >= 1 and told.size * 4 < LOADED and rng.random() < 0.6
        return Order(
            self.count,
            lines,
            part_rate=order.part_rate,
            has_summary=told_in_full,
            is_net=told_in_full and not self.is_cart and rng.random() < 0.4,
            **shape,
        )

    def _line(self, digits: int, rate: Decimal) -> Line:
        rng = self.rng
        sign = rng.choice((1, 1, 1, 1, -1))
        if self.is_cart or rng.random() < 0.5:
            return Line(Decimal(rng.choice((0, 1, 1, 2, 7, 1000))) * sign, self._amount(digits), rate)
        quantity = rng.choice(("0.001", "0.333", "2.5", "12.000001", str(10 ** rng.randint(0, 11))))
        places = min(6, 14 - digits)
        price = Decimal(rng.randint(0, 10 ** (digits + places))).scaleb(-places)
        return Line(Decimal(quantity) * sign, price * rng.choice((1, 1, 1, -1)), rate)

    def _amount(self, digits: int) -> Decimal:
        """Cents, of up to so many digits before the point."""
        return Decimal(self.rng.randint(0, 10 ** (digits + 2))).scaleb(-2)
