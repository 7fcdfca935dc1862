"""Tables whose cells are coloured by their numbers: cohorts, the RFM grid, hours."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import pendulum

from pipelines.report import wording
from pipelines.report.periods import calendar_day, is_month_over

MONTHS = 12
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NONE_YET = ""


@dataclass(frozen=True)
class Cell:
    """A number as text; `heat` from 0 to 100 colours it, `kind` is `running`, `zero` or nothing."""

    text: str
    heat: str = "0"
    kind: str = ""


@dataclass(frozen=True)
class HeatRow:
    """A row of cells behind its name and plain numbers."""

    name: str
    lead: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Heat:
    """A coloured table; `corner` names the rows, `leads` the plain columns, `columns` the coloured ones."""

    caption: str
    corner: str
    leads: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[HeatRow, ...]


def heat_of(value: float, largest: float) -> str:
    """A value's colour in percent of the largest; none for zero and below."""
    return f"{value / largest * 100:.0f}" if value > 0 and largest > 0 else "0"


def retention(cohorts: pd.DataFrame, last_whole_day: pendulum.Date) -> Heat | None:
    """The share of each cohort that bought in each month after its first; None without such a month."""
    later = recent(cohorts)[lambda rows: rows["month_number"] > 0]
    if later.empty:
        return None
    largest = float(later["retention_rate"].max())

    def cell(row: pd.Series) -> Cell:
        rate = float(row["retention_rate"])
        kind = (
            "running" if is_running(row["month_start_date"], last_whole_day) else "zero" if rate == 0 else ""
        )
        part = wording.share(float(row["active_customer_count"]), float(row["customer_count"]), 0)
        return Cell(part, heat_of(rate, largest), kind)

    caption = "Customers who came back, by month of the first order and months since"
    rows = (
        *cohort_rows(recent(cohorts), range(1, MONTHS + 1), cell),
        average_row(later, last_whole_day, largest),
    )
    return Heat(caption, "First order in", ("Customers",), month_names(range(1, MONTHS + 1)), rows)


def value(cohorts: pd.DataFrame, last_whole_day: pendulum.Date, currency: str) -> Heat | None:
    """What each cohort's customers are worth so far, by month; None without a cohort."""
    known = recent(cohorts)
    if known.empty:
        return None
    worth = "cumulative_net_sales_per_customer"
    largest = float(known[worth].max())

    def cell(row: pd.Series) -> Cell:
        kind = "running" if is_running(row["month_start_date"], last_whole_day) else ""
        return Cell(wording.number(row[worth]), heat_of(float(row[worth]), largest), kind)

    caption = f"Net sales per customer so far in {currency}, by month of the first order and months since"
    months = range(MONTHS + 1)
    return Heat(
        caption, "First order in", ("Customers",), month_names(months), cohort_rows(known, months, cell)
    )


def recent(cohorts: pd.DataFrame) -> pd.DataFrame:
    """The cohorts of the last 13 months, as far as twelve months after the first order."""
    if cohorts.empty:
        return cohorts
    oldest = cohorts["month_start_date"].max() - pd.DateOffset(months=MONTHS)
    return cohorts[(cohorts["cohort_month"] >= oldest) & (cohorts["month_number"] <= MONTHS)]


def cohort_rows(
    cohorts: pd.DataFrame, months: range, cell: Callable[[pd.Series], Cell]
) -> tuple[HeatRow, ...]:
    """One row per cohort, empty cells for the future."""
    rows = []
    for month, known in cohorts.groupby("cohort_month"):
        numbered = {int(row["month_number"]): cell(row) for _, row in known.iterrows()}
        cells = tuple(numbered.get(number, Cell(NONE_YET)) for number in months)
        rows.append(HeatRow(short_month(month), (wording.number(known["customer_count"].iloc[0]),), cells))
    return tuple(rows)


def average_row(later: pd.DataFrame, last_whole_day: pendulum.Date, largest: float) -> HeatRow:
    """All cohorts together, by month: those for which the month is over, large ones weighing more."""
    running = later["month_start_date"].map(lambda month: is_running(month, last_whole_day))
    sums = later[~running].groupby("month_number")[["active_customer_count", "customer_count"]].sum()
    rates = {
        int(number): float(row["active_customer_count"] / row["customer_count"])
        for number, row in sums.iterrows()
    }
    cells = tuple(
        Cell(wording.percent(rates[number], 0), heat_of(rates[number], largest))
        if number in rates
        else Cell(NONE_YET)
        for number in range(1, MONTHS + 1)
    )
    return HeatRow("Together", ("",), cells)


def is_running(month: pd.Timestamp, last_whole_day: pendulum.Date) -> bool:
    """True when a day of the month comes after the last whole one."""
    return not is_month_over(month, last_whole_day)


def month_names(months: range) -> tuple[str, ...]:
    """The months since the first order as column names."""
    return tuple(str(number) for number in months)


def short_month(month: pd.Timestamp) -> str:
    """`Nov 2025`."""
    return str(calendar_day(month).format("MMM YYYY", locale="en")).replace(" ", wording.NO_BREAK_SPACE)


def rfm_grid(scores: pd.DataFrame) -> Heat | None:
    """Scored customers by recency (across) and frequency (down), most often at the top; None without one."""
    if scores.empty:
        return None
    sizes = {
        (int(row["frequency_score"]), int(row["recency_score"])): float(row["customer_count"])
        for row in scores.to_dict("records")
    }
    largest = max(sizes.values())
    names = {5: "5, most often", 1: "1, least often"}
    rows = tuple(
        HeatRow(
            names.get(frequency, str(frequency)),
            (),
            tuple(count_cell(sizes.get((frequency, recency), 0.0), largest) for recency in range(1, 6)),
        )
        for frequency in range(5, 0, -1)
    )
    columns = ("1, longest ago", "2", "3", "4", "5, latest")
    return Heat("Customers by recency and frequency score", "Frequency", (), columns, rows)


def count_cell(count: float, largest: float) -> Cell:
    """A number of orders or customers."""
    return Cell(wording.number(count), heat_of(count, largest), "" if count else "zero")


def hour_table(hours: pd.DataFrame) -> Heat | None:
    """Orders by weekday and hour with the sum of each day; None without an order."""
    if not hours["order_count"].sum():
        return None
    counts = hours.pivot_table(
        index="weekday_number", columns="hour_number", values="order_count", aggfunc="sum"
    )
    largest = float(counts.to_numpy().max())
    rows = tuple(
        HeatRow(
            WEEKDAYS[int(number) - 1],
            (wording.number(float(row.sum())),),
            tuple(count_cell(0.0 if math.isnan(count) else float(count), largest) for count in row),
        )
        for number, row in counts.iterrows()
    )
    columns = tuple(f"{int(hour):02d}" for hour in counts.columns)
    return Heat("Orders by weekday and hour", "Day", ("All day",), columns, rows)


def busiest(hours: pd.DataFrame) -> str:
    """The day and the hour with most orders, in a sentence."""
    days = hours.groupby("weekday_number")["order_count"].sum()
    clock = hours.groupby("hour_number")["order_count"].sum()
    day, hour = WEEKDAYS[int(days.idxmax()) - 1], int(clock.idxmax())
    return (
        f"Most orders come on a {day} ({wording.share(days.max(), days.sum())}) and between {hour:02d} and "
        f"{(hour + 1) % 24:02d} o'clock ({wording.share(clock.max(), clock.sum())})."
    )
