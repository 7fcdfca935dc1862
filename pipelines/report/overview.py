"""All stores beside each other, with totals only where currencies agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
import pendulum

from pipelines.report import lists, wording
from pipelines.report.bridge import Bridge, bridge_of
from pipelines.report.figures import Figure, Headline, Row, day_so_far, headlines
from pipelines.report.periods import calendar_day, of_kind, shared_periods
from pipelines.report.stores import Store, local_day
from pipelines.report.tables import Tables
from pipelines.report.trends import Table
from pipelines.report.views import Trend, customer_trend, sales_trend

COLUMNS = (
    "Store", "30 days to", "Net sales", "30 days before", "A year before", "Orders",
    "Average order", "New customers",
)  # fmt: skip
TERMS = {5: "counted"}


@dataclass(frozen=True)
class Line:
    """A store's last 30 days, the 30 before and those of a year ago; None where unknown."""

    name: str
    currency: str
    now: Row
    before: Row | None
    year_before: Row | None


@dataclass(frozen=True)
class Overview:
    """The stores' table, and what to know about it."""

    table: Table
    notes: tuple[str, ...]
    has_both_platforms: bool


@dataclass(frozen=True)
class Together:
    """All stores as if they were one."""

    today: Headline | None
    headlines: tuple[Headline, ...]
    sales: Trend | None
    customers: Trend
    repeat: tuple[Figure, ...]
    bridge: Bridge | None


def selling(stores: tuple[Store, ...], tables: Tables) -> tuple[Store, ...]:
    """The stores that have sold by the last whole day that all share."""
    known = of_kind(tables.periods, "last_30_days")
    names = set(known[known["is_shared"] > 0]["store"])
    return tuple(store for store in stores if store.name in names)


def together(stores: tuple[Store, ...], tables: Tables, generated_at: datetime) -> Together | None:
    """The sums of all stores that sell; None where currencies differ or only one store sells.

    Earlier periods are compared with only where every store has them, charts show every day that any has.
    """
    added_up = selling(stores, tables)
    currencies = {store.currency for store in added_up}
    if len(added_up) < 2 or len(currencies) > 1:
        return None
    currency = currencies.pop()
    names = [store.name for store in added_up]
    periods = shared_periods(tables.periods, names)
    rows = tables.bridge[tables.bridge["store"].isin(names) & (tables.bridge["is_shared"] > 0)]
    first_day = max(store.first_day for store in added_up if store.first_day)
    shown = headlines(periods, first_day, currency)
    return Together(
        today=today_of_all(periods, added_up, currency, generated_at),
        headlines=shown,
        sales=sales_trend(periods, currency),
        customers=customer_trend(periods, currency),
        repeat=lists.returning_figure(periods),
        bridge=bridge_of(rows, shown[0].days if shown else "", currency),
    )


def today_of_all(
    periods: pd.DataFrame, stores: tuple[Store, ...], currency: str, generated_at: datetime
) -> Headline | None:
    """The day that is not over, where it is the same one in every store."""
    shared = periods[periods["store_count"] == len(stores)]
    days = {local_day(store, generated_at) for store in stores}
    return day_so_far(shared, currency, max(days))


def overview(stores: tuple[Store, ...], tables: Tables) -> Overview | None:
    """The stores side by side; None with fewer than two stores that have orders."""
    shown = selling(stores, tables)
    if len(shown) < 2:
        return None
    lines = [line_of(store.name, [store.name], store.currency, tables) for store in shown]
    currencies = sorted({line.currency for line in lines})
    notes = []
    if len(currencies) == 1:
        lines.append(line_of("All stores", [store.name for store in shown], currencies[0], tables))
    else:
        notes.append(f"No total: the stores sell in different currencies ({', '.join(currencies)}).")
    if any(line.before is None or line.year_before is None for line in lines):
        notes.append("A dash: no full earlier period to compare with yet.")
    last = calendar_day(lines[0].now["last_date"])
    notes += day_notes(shown, last)
    up_to = {store.name: wording.day(last) for store in shown}
    rows = tuple(row(line, up_to.get(line.name, "")) for line in lines)
    table = Table("The last 30 days of every store", COLUMNS, rows, range(2, 8), TERMS)
    return Overview(table, tuple(notes), len({store.platform for store in shown}) > 1)


def day_notes(stores: tuple[Store, ...], last: pendulum.Date) -> list[str]:
    """Why the day all stores are shown up to is not every store's own last one."""
    notes = []
    days = {store.name: store.last_whole_day or last for store in stores}
    if any(day > last for day in days.values()):
        shared = wording.day(last)
        notes.append(f"Everything here goes up to {shared}, the last day that is over in every store.")
    notes += [
        f"{name} was last read in full on {wording.day(day)}: its days after that are empty."
        for name, day in days.items()
        if day < last
    ]
    return notes


def line_of(name: str, stores: list[str], currency: str, tables: Tables) -> Line:
    """The 30 days of one store or of several, and the earlier ones where all of them have these."""
    periods = shared_periods(tables.periods, stores)
    known: dict[str, Row] = {str(each["period"]): each for each in periods.to_dict("records")}
    comparable = {kind: each for kind, each in known.items() if each["is_comparable"]}
    return Line(
        name=name,
        currency=currency,
        now=known["last_30_days"],
        before=comparable.get("previous_30_days"),
        year_before=comparable.get("last_30_days_year_before"),
    )


def row(line: Line, up_to: str) -> tuple[str, ...]:
    """A line as texts in the order of COLUMNS."""
    return (
        line.name,
        up_to,
        wording.money(line.now["net_sales"], line.currency),
        change(line.now, line.before),
        change(line.now, line.year_before),
        wording.number(line.now["order_count"]),
        wording.money(line.now["average_order_value"], line.currency, cents=True),
        wording.number(line.now["new_customer_count"]),
    )


def change(now: Row, before: Row | None) -> str:
    """The change of net sales; a dash where there is nothing to compare with."""
    if before is None:
        return wording.DASH
    return wording.percent_change(now["net_sales"], before["net_sales"]) or wording.DASH
