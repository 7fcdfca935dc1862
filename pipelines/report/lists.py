"""The lists of a store: products, places, methods nobody has mapped, and the newsletter's months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd
import pendulum

from pipelines.report import wording
from pipelines.report.figures import Figure
from pipelines.report.periods import is_month_over, month_name, of_kind
from pipelines.report.stores import Store
from pipelines.report.trends import Table, lengths

TOP = 10


@dataclass(frozen=True)
class Products:
    """The products an owner asks about, each list the longest first; an empty one is an answer too."""

    best: Table
    returned: Table
    first: Table


def products_of(products: pd.DataFrame, currency: str) -> Products | None:
    """The three lists; None before anything was sold."""
    if products.empty:
        return None
    return Products(
        best_table(ranked(products, "best_rank", "net_sales_365_days"), currency),
        return_table(ranked(products, "return_rank", "returned_units")),
        first_table(ranked(products, "first_rank", "first_order_customer_count")),
    )


def ranked(products: pd.DataFrame, rank: str, measure: str) -> pd.DataFrame:
    """The first ten of a rank that have any of a measure."""
    return products[(products[rank] <= TOP) & (products[measure] > 0)].sort_values(rank)


def best_table(products: pd.DataFrame, currency: str) -> Table:
    """The products that brought most in the last 365 days, with what they ever brought."""
    rows = tuple(
        zip(
            products["product_name"],
            wording.column(products["net_sales_365_days"], currency),
            map(wording.number, products["units_365_days"]),
            wording.column(products["net_sales"], currency),
            strict=True,
        )
    )
    return Table(
        "Products with the highest net sales in 365 days",
        ("Product", "Net sales", "Pieces", "Net sales ever"), rows,
        range(1, 4), {1: "product_net_sales"}, lengths(products["net_sales_365_days"].tolist()),
    )  # fmt: skip


def return_table(products: pd.DataFrame) -> Table:
    """The products of which most pieces came back."""
    rows = tuple(
        (
            row["product_name"],
            wording.number(row["returned_units"]),
            wording.share(row["returned_units"], row["units"]) or wording.DASH,
        )
        for row in products.to_dict("records")
    )
    return Table(
        "Products of which most pieces came back", ("Product", "Sent back", "Return rate"), rows,
        range(1, 3), {1: "returned_units", 2: "return_rate"}, lengths(products["returned_units"].tolist()),
    )  # fmt: skip


def first_table(products: pd.DataFrame) -> Table:
    """The products that most customers' first orders held, and how many of these ordered again."""
    rows = tuple(
        (
            row["product_name"],
            wording.number(row["first_order_customer_count"]),
            wording.share(row["first_order_repeat_count"], row["first_order_customer_count"], 0),
        )
        for row in products.to_dict("records")
    )
    return Table(
        "Products in most customers' first orders", ("Product", "Customers", "Ordered again"), rows,
        range(1, 3), {1: "first_order_customer_count", 2: "first_order_repeat_rate"},
        lengths(products["first_order_customer_count"].tolist()),
    )  # fmt: skip


def place_tables(places: pd.DataFrame, currency: str) -> tuple[Table, ...]:
    """Countries, where there are several, and the ten cities with most orders."""
    if not places["order_count"].sum():
        return ()
    sums = ["order_count", "net_sales"]
    named = places.assign(place=places["country"].fillna("Not known"))
    countries = named.groupby("place", as_index=False)[sums].sum()
    cities = places.dropna(subset=["city"])
    titled = cities.assign(place=cities["city"].str.title() + ", " + cities["country"].fillna(wording.DASH))
    found = (
        place_table("Orders by country", "Country", countries, currency) if len(countries) > 1 else None,
        place_table("Orders by city, the first ten", "City", titled, currency) if len(titled) else None,
    )
    return tuple(table for table in found if table)


def place_table(caption: str, name: str, places: pd.DataFrame, currency: str) -> Table:
    """Places with most orders."""
    whole = places["order_count"].sum()
    first = places.sort_values(["order_count", "net_sales"], ascending=False, kind="stable").head(TOP)
    rows = tuple(
        zip(
            first["place"],
            map(wording.number, first["order_count"]),
            (wording.share(count, whole) for count in first["order_count"]),
            wording.column(first["net_sales"], currency),
            strict=True,
        )
    )
    columns = (name, "Orders", "Share", "Net sales")
    return Table(caption, columns, rows, range(1, 4), {1: "places"}, lengths(first["order_count"].tolist()))


def unmapped_table(methods: pd.DataFrame) -> Table:
    """Shipping methods of which nobody has said how they are fulfilled."""
    rows = tuple(
        (
            row["shipping_method_name"] or wording.DASH,
            row["carrier"] or wording.DASH,
            wording.number(row["shipment_count"]),
        )
        for row in methods.to_dict("records")
    )
    columns = ("Shipping method", "Carrier", "Shipments")
    return Table("Shipping methods that are not mapped", columns, rows, range(2, 3), {2: "unmapped"})


def whole_days(days: pd.DataFrame, last_whole_day: pendulum.Date | None) -> pd.DataFrame:
    """The days that are over; all where nobody knows."""
    return days[days["date_day"] <= pd.Timestamp(last_whole_day)] if last_whole_day else days


def subscriber_figures(days: pd.DataFrame, last_whole_day: pendulum.Date | None) -> tuple[Figure, ...]:
    """The newsletter list now, its last 30 whole days, and who of a year's joiners bought."""
    whole = whole_days(days, last_whole_day)
    month, year = whole.tail(30), whole.tail(365)
    settled = year.dropna(subset=["converted_count"])
    converted = settled["converted_count"].sum()
    part = wording.share(converted, settled["subscribed_count"].sum())
    return (
        Figure("active_count", wording.number(days["active_count"].iloc[-1])),
        Figure("subscribed_count", wording.number(month["subscribed_count"].sum())),
        Figure("unsubscribed_count", wording.number(month["unsubscribed_count"].sum())),
        Figure("converted_count", part or wording.DASH),
    )


def subscriber_weeks(days: pd.DataFrame) -> pd.DataFrame:
    """The list's size at the end of each of the last 52 weeks, oldest first, with who came and left.

    `days` end with the last whole one, and so do the weeks.
    """
    last = days["date_day"].max()
    whole = days[(last - days["date_day"]).dt.days < len(days) // 7 * 7].tail(52 * 7)
    weeks = whole.groupby((last - whole["date_day"]).dt.days // 7).agg(
        week_ending=("date_day", "max"),
        subscribed_count=("subscribed_count", "sum"),
        unsubscribed_count=("unsubscribed_count", "sum"),
        active_count=("active_count", "last"),
    )
    return weeks.iloc[::-1]


def subscriber_table(weeks: pd.DataFrame) -> Table:
    """The weeks as texts, newest first."""
    rows = tuple(
        (
            wording.day(
                pendulum.date(row["week_ending"].year, row["week_ending"].month, row["week_ending"].day)
            ),
            wording.number(row["active_count"]),
            wording.number(row["subscribed_count"]),
            wording.number(row["unsubscribed_count"]),
        )
        for row in weeks.iloc[::-1].to_dict("records")
    )
    return Table(
        "The newsletter list by week", ("Week to", "Subscribed", "Joined", "Left"), rows, range(1, 4)
    )


def repeat_figures(months: pd.DataFrame, store: Store, periods: pd.DataFrame) -> tuple[Figure, ...]:
    """How many came back and how soon, from the last months; none before the first order."""
    if months.empty or not months["buyer_count"].iloc[-1]:
        return ()
    last = months.iloc[-1]
    buyers = wording.number(last["buyer_count"])
    return (
        *returning_figure(periods),
        Figure(
            "repeat_customer_rate",
            wording.share(last["repeat_buyer_count"], last["buyer_count"]),
            note=f"of the {buyers} who ever bought",
        ),
        days_to_second(months, store),
        Figure(
            "second_order_count",
            wording.number(last["second_order_count"]),
            note=month_name(
                last["month_start_date"], None if is_over(last["month_start_date"], store) else store.as_of
            ),
        ),
    )


def returning_figure(periods: pd.DataFrame) -> tuple[Figure, ...]:
    """The returning customer rate of the last 30 days; none without a customer in them."""
    month = of_kind(periods, "last_30_days")
    customers = float(month["customer_count"].sum())
    if not customers:
        return ()
    rate = wording.share(float(month["returning_customer_count"].sum()), customers)
    note = f"of the {wording.count(customers, 'customer')} of the last 30 days"
    return (Figure("returning_customer_rate", rate, note=note),)


def days_to_second(months: pd.DataFrame, store: Store) -> Figure:
    """The median of the last month that is over and in which somebody came back."""
    key = "median_days_to_second_order"
    over = months["month_start_date"].map(lambda month: is_over(month, store)).astype(bool)
    known = months[over].dropna(subset=[key])
    if known.empty:
        return Figure(key, wording.DASH, note="Nobody came back in a month that is over.")
    return Figure(
        key, wording.number(known[key].iloc[-1]), note=month_name(known["month_start_date"].iloc[-1], None)
    )


def is_over(month: date, store: Store) -> bool:
    """True when no day of the month comes after the store's last whole one."""
    last = store.last_whole_day or store.as_of
    return last is not None and is_month_over(month, last)
