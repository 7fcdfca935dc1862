"""The stores of the report and the days their figures reach from and to."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pendulum

from pipelines.report.periods import Period, calendar_day
from pipelines.report.tables import Tables, of_store


@dataclass(frozen=True)
class Store:
    """A store as configured; `sales_days` reaches from its first counted order to `as_of`."""

    name: str
    platform: str
    currency: str
    time_zone: str
    is_enabled: bool
    as_of: pendulum.Date | None
    sales_days: Period | None


def read_stores(tables: Tables) -> tuple[Store, ...]:
    """Every store that is configured or has figures, by name."""
    frames = (tables.stores, tables.sales, tables.list_overview, tables.last_windows)
    names = {str(name) for frame in frames for name in frame["store"]}
    return tuple(read_store(name, tables) for name in sorted(names))


def read_store(name: str, tables: Tables) -> Store:
    """One store from whichever table knows it; UTC where no table knows its time zone."""
    configured = of_store(tables.stores, name)
    sales = of_store(tables.sales, name)
    members = of_store(tables.list_overview, name)
    as_of = last_day(sales, members)
    return Store(
        name=name,
        platform=first_known("platform", configured, sales, members),
        currency=first_known("currency", sales, members, configured),
        time_zone=first_known("time_zone", configured) or "UTC",
        is_enabled=configured.empty or bool(configured["is_enabled"].iloc[0]),
        as_of=as_of,
        sales_days=Period(calendar_day(sales["sales_date"].min()), as_of)
        if as_of and not sales.empty
        else None,
    )


def first_known(column: str, *frames: pd.DataFrame) -> str:
    """The column's first value that is there, or an empty text."""
    values = (value for frame in frames for value in frame[column] if value)
    return str(next(values, ""))


def last_day(sales: pd.DataFrame, members: pd.DataFrame) -> pendulum.Date | None:
    """The day the figures are for: the list overview's, else the last one with sales."""
    days = members["as_of"] if not members.empty else sales["sales_date"]
    return None if days.empty else calendar_day(days.max())
