"""Spans of whole days, counted back from the day the figures are for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd
import pendulum


@dataclass(frozen=True)
class Period:
    """The days from `first` to `last`, both included."""

    first: pendulum.Date
    last: pendulum.Date

    @property
    def day_count(self) -> int:
        """How many days, at least 1."""
        return (self.last - self.first).days + 1

    def before(self) -> Period:
        """As many days, ending the day before this period begins."""
        return days_ending(self.first.subtract(days=1), self.day_count)

    def year_before(self) -> Period:
        """As many days, ending on the same date one year earlier (28 Feb for 29 Feb)."""
        return days_ending(self.last.subtract(years=1), self.day_count)

    def rows(self, days: pd.DataFrame) -> pd.DataFrame:
        """The rows whose `sales_date` falls in the period."""
        first, last = pd.Timestamp(self.first), pd.Timestamp(self.last)
        return days[days["sales_date"].between(first, last)]


def days_ending(last: pendulum.Date, count: int) -> Period:
    """The `count` days that end with `last`."""
    return Period(last.subtract(days=count - 1), last)


def calendar_day(value: date) -> pendulum.Date:
    """The same day as a pendulum date; a pandas Timestamp is a date too."""
    return pendulum.date(value.year, value.month, value.day)
