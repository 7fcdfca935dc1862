"""All stores beside each other, with totals only where currencies agree."""

from __future__ import annotations

from dataclasses import dataclass, fields

import pandas as pd

from pipelines.report import wording
from pipelines.report.figures import Headline, Totals, headlines, totals, with_order_value
from pipelines.report.periods import Period, days_ending
from pipelines.report.stores import Store
from pipelines.report.tables import Tables, of_store
from pipelines.report.trends import CUSTOMERS, MEASURES, Table
from pipelines.report.views import Trend, customer_trend, sales_trend

COLUMNS = (
    "Store", "30 days to", "Net sales", "30 days before", "A year before", "Orders",
    "Average order", "New customers",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A store's last 30 days, the 30 before and those of a year ago; None where unknown."""

    name: str
    up_to: str
    currency: str
    now: Totals
    before: Totals | None
    year_before: Totals | None


@dataclass(frozen=True)
class Overview:
    """The stores' table and, where there is no total, why."""

    table: Table
    note: str


@dataclass(frozen=True)
class Together:
    """All stores as if they were one."""

    headlines: tuple[Headline, ...]
    sales: Trend | None
    customers: Trend


def together(stores: tuple[Store, ...], tables: Tables) -> Together | None:
    """The sums of all stores that sell; None where currencies differ or only one store sells.

    Earlier periods are compared with only where every store has them, charts show every day that any has.
    """
    selling = [(store, store.sales_days) for store in stores if store.sales_days]
    currencies = {store.currency for store, _ in selling}
    if len(selling) < 2 or len(currencies) > 1:
        return None
    currency = currencies.pop()
    last = min(known.last for _, known in selling)
    shared = Period(max(known.first for _, known in selling), last)
    whole = Period(min(known.first for _, known in selling), last)
    days = summed(tables.sales)
    return Together(
        headlines=headlines(days, shared, currency) if shared.first <= last else (),
        sales=sales_trend(days, whole, currency),
        customers=customer_trend(days, whole, currency),
    )


def summed(sales: pd.DataFrame) -> pd.DataFrame:
    """The daily sales of all stores added up."""
    return with_order_value(sales).groupby("sales_date", as_index=False)[[*MEASURES, *CUSTOMERS]].sum()


def overview(stores: tuple[Store, ...], tables: Tables) -> Overview | None:
    """The stores side by side; None with fewer than two stores that have orders."""
    lines = [store_line(store, store.sales_days, tables) for store in stores if store.sales_days]
    if len(lines) < 2:
        return None
    currencies = sorted({line.currency for line in lines})
    note = ""
    if len(currencies) == 1:
        lines.append(sum_line(lines))
    else:
        note = f"No total: the stores sell in different currencies ({', '.join(currencies)})."
    if any(line.before is None or line.year_before is None for line in lines):
        note = f"{note} A dash: no full earlier period to compare with yet.".lstrip()
    rows = tuple(row(line) for line in lines)
    return Overview(Table("The last 30 days of every store", COLUMNS, rows, range(2, 8)), note)


def store_line(store: Store, sales_days: Period, tables: Tables) -> Line:
    """One store's three totals."""
    days = with_order_value(of_store(tables.sales, store.name))
    now = days_ending(sales_days.last, 30)
    before, year_before = (
        totals(days, period) if period.first >= sales_days.first else None
        for period in (now.before(), now.year_before())
    )
    up_to = wording.day(sales_days.last)
    return Line(store.name, up_to, store.currency, totals(days, now), before, year_before)


def sum_line(lines: list[Line]) -> Line:
    """All stores as one; earlier totals only where every store has them."""
    return Line(
        name="All stores",
        up_to="",
        currency=lines[0].currency,
        now=added([line.now for line in lines]),
        before=added_if_all([line.before for line in lines]),
        year_before=added_if_all([line.year_before for line in lines]),
    )


def added(parts: list[Totals]) -> Totals:
    """The sum of totals, field by field."""
    return Totals(**{
        field.name: sum(getattr(part, field.name) for part in parts) for field in fields(Totals)
    })  # fmt: skip


def added_if_all(parts: list[Totals | None]) -> Totals | None:
    """The sum, or None where a part is missing."""
    known = [part for part in parts if part is not None]
    return added(known) if len(known) == len(parts) else None


def row(line: Line) -> tuple[str, ...]:
    """A line as texts in the order of COLUMNS."""
    return (
        line.name,
        line.up_to,
        wording.money(line.now.net_sales, line.currency),
        change(line.now, line.before),
        change(line.now, line.year_before),
        wording.number(line.now.order_count),
        wording.money(line.now.average_order_value, line.currency, cents=True),
        wording.number(line.now.new_customer_count),
    )


def change(now: Totals, before: Totals | None) -> str:
    """The change of net sales; a dash where there is nothing to compare with."""
    if before is None:
        return wording.DASH
    return wording.percent_change(now.net_sales, before.net_sales) or wording.DASH
