"""The way from the totals that the store's admin shows to net sales, in lines that add up to the cent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from pipelines.report import wording

# a column of met_sales_bridge and its sign; 0 opens or closes a sum
TO_NET_SALES = (
    ("admin_total", 0),
    ("not_counted_total", -1),
    ("unstated_tax", 1),
    ("platform_difference", -1),
    ("moved_returns", 1),
    ("total", 0),
    ("tax", -1),
    ("shipping_excl_vat", -1),
    ("fees_excl_vat", -1),
    ("gift_card_sales", -1),
    ("bridge_net_sales", 0),
)
FROM_GOODS = (
    ("gross_sales_excl_vat", 0),
    ("discounts_excl_vat", -1),
    ("returns_excl_vat", -1),
    ("gift_card_sales", -1),
    ("bridge_net_sales", 0),
)
# of no interest where they are nothing
SELDOM = ("unstated_tax", "platform_difference", "gift_card_sales")


@dataclass(frozen=True)
class BridgeLine:
    """An amount as it is added: below zero with a real minus; `is_sum` lines open and close."""

    key: str
    amount: str
    is_sum: bool


@dataclass(frozen=True)
class Bridge:
    """The way from the admin to net sales, and from the goods to net sales."""

    days: str
    lines: tuple[BridgeLine, ...]
    goods: tuple[BridgeLine, ...]


def bridge_of(rows: pd.DataFrame, days: str, currency: str) -> Bridge | None:
    """The lines of one store, or of several with one currency; None without a whole day."""
    if rows.empty:
        return None
    sums = rows.drop(columns="store").sum()
    return Bridge(days, lines_of(sums, TO_NET_SALES, currency), lines_of(sums, FROM_GOODS, currency))


def lines_of(sums: pd.Series, columns: Collection[tuple[str, int]], currency: str) -> tuple[BridgeLine, ...]:
    """The lines of one sum, without those that are seldom there and are not now."""
    amounts = {key: round(float(sums[key.removeprefix("bridge_")]), 2) for key, _ in columns}
    return tuple(
        BridgeLine(key, added(amounts[key] * (sign or 1), currency, is_sum=not sign), not sign)
        for key, sign in columns
        if amounts[key] or key not in SELDOM
    )


def added(amount: float, currency: str, *, is_sum: bool) -> str:
    """The amount with its cents; with its sign where it is added to others."""
    text = wording.money(amount, currency, cents=True)
    return f"+{text}" if amount > 0 and not is_sum else text
