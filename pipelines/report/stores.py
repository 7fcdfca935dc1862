"""The stores of the report and the days their figures reach from and to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd
import pendulum

from pipelines.report.periods import calendar_day
from pipelines.report.tables import Tables, of_store


@dataclass(frozen=True)
class Store:
    """A store as configured; `first_day` is that of its first counted order.

    Figures are for `as_of`; trends and comparisons end with `last_whole_day`, the last one that was over
    when the store was read.
    """

    name: str
    platform: str
    currency: str
    time_zone: str
    is_enabled: bool
    first_day: pendulum.Date | None
    as_of: pendulum.Date | None
    last_whole_day: pendulum.Date | None


def read_stores(tables: Tables) -> tuple[Store, ...]:
    """Every store that is configured or has figures, by name."""
    frames = (tables.stores, tables.sales, tables.periods, tables.list_overview, tables.last_windows)
    names = {str(name) for frame in frames for name in frame["store"]}
    return tuple(read_store(name, tables) for name in sorted(names))


def read_store(name: str, tables: Tables) -> Store:
    """One store from whichever table knows it; UTC where no table knows its time zone."""
    configured = of_store(tables.stores, name)
    sales = of_store(tables.sales, name)
    members = of_store(tables.list_overview, name)
    return Store(
        name=name,
        platform=first_known("platform", configured, sales, members),
        currency=first_known("currency", sales, members, configured),
        time_zone=first_known("time_zone", configured) or "UTC",
        is_enabled=configured.empty or bool(configured["is_enabled"].iloc[0]),
        first_day=latest(sales["first_date"]),
        as_of=latest(members["as_of"], sales["last_date"]),
        last_whole_day=latest(members["last_whole_day"], sales["last_whole_date"]),
    )


def first_known(column: str, *frames: pd.DataFrame) -> str:
    """The column's first value that is there, or an empty text."""
    values = (value for frame in frames for value in frame[column] if value)
    return str(next(values, ""))


def latest(*columns: pd.Series) -> pendulum.Date | None:
    """The last day of the first column that has one."""
    known = (column.dropna() for column in columns)
    return next((calendar_day(days.max()) for days in known if not days.empty), None)


def local_day(store: Store, moment: datetime) -> pendulum.Date:
    """The day it is in the store's own time zone at a moment."""
    return pendulum.instance(moment).in_timezone(store.time_zone).date()
