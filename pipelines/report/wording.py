"""Numbers, money, days and times as an owner reads them: `12 345.60 €`, `24 Aug 2026 06:12`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import pandas as pd
import pendulum

NARROW_SPACE = "\u202f"
NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"
DASH = "\u2013"
SYMBOLS = {"EUR": "€"}


def number(value: float, decimals: int = 0) -> str:
    """Thousands apart by a narrow space, a decimal point, a real minus; a dash for no value."""
    if math.isnan(value):
        return DASH
    exact = Decimal(repr(float(abs(value)))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = f"{exact:,f}".replace(",", NARROW_SPACE)
    return MINUS + text if value < 0 and exact else text


def money(value: float, currency: str | None, *, cents: bool | None = None) -> str:
    """The amount with its currency behind it; cents by default only below 1 000."""
    if math.isnan(value):
        return DASH
    with_cents = abs(value) < 1000 and value != 0 if cents is None else cents
    text = number(value, 2 if with_cents else 0)
    return f"{text}{NO_BREAK_SPACE}{unit(currency)}" if currency else text


def column(amounts: Sequence[float], currency: str | None) -> list[str]:
    """Amounts below each other: all with cents, or none where one reaches 1 000."""
    cents = not any(abs(amount) >= 1000 for amount in amounts)
    return [money(amount, currency, cents=cents) for amount in amounts]


def unit(currency: str | None) -> str:
    """`€` for the euro; the code for others, because `kr` and `$` mean several currencies."""
    return SYMBOLS.get(currency or "", currency or "")


def percent_change(now: float, before: float) -> str:
    """Growth as `+4.2 %`, one decimal below 10 %; empty where a percentage has no meaning."""
    if math.isnan(now) or math.isnan(before) or before <= 0:
        return ""
    change = round((now / before - 1) * 100, 1)
    text = number(abs(change), 1 if abs(change) < 10 else 0) + NO_BREAK_SPACE + "%"
    if change == 0:
        return f"0{NO_BREAK_SPACE}%"
    return ("+" if change > 0 else MINUS) + text


def share(part: float, whole: float, decimals: int = 1) -> str:
    """A part of a whole as `6.2 %`; empty without a whole."""
    if not whole > 0:
        return ""
    return number(part / whole * 100, decimals) + NO_BREAK_SPACE + "%"


def percent(rate: float, decimals: int = 1) -> str:
    """A rate of 0.062 as `6.2 %`; a dash for no value."""
    return DASH if math.isnan(rate) else number(rate * 100, decimals) + NO_BREAK_SPACE + "%"


def signed(amount: float) -> str:
    """A change as `+3`, `0` or a real minus and the number; a dash for no value."""
    return ("+" if amount > 0 else "") + number(amount)


def day(value: pendulum.Date) -> str:
    """`24 Aug 2026`."""
    return value.format("D MMM YYYY", locale="en").replace(" ", NO_BREAK_SPACE)


def span(first: pendulum.Date, last: pendulum.Date) -> str:
    """`26 Jul - 24 Aug 2026`, the year of the first day only where it differs."""
    pattern = "D MMM" if first.year == last.year else "D MMM YYYY"
    begin = first.format(pattern, locale="en").replace(" ", NO_BREAK_SPACE)
    return f"{begin} {DASH} {day(last)}"


def moment(value: datetime, time_zone: str) -> str:
    """`24 Aug 2026 06:12` on that zone's clock; a dash for no time."""
    if pd.isna(value):
        return DASH
    local = pendulum.instance(value).in_timezone(time_zone)
    return f"{day(local.date())}{NO_BREAK_SPACE}{local.format('HH:mm')}"


def age(earlier: datetime, later: datetime) -> str:
    """The time between two moments in its largest whole unit: `38 minutes`, `3 hours`, `2 days`."""
    minutes = max(0, int((pendulum.instance(later) - pendulum.instance(earlier)).total_minutes()))
    if minutes < 60:
        return count(minutes, "minute")
    if minutes < 48 * 60:
        return count(minutes // 60, "hour")
    return count(minutes // (24 * 60), "day")


def duration(seconds: float) -> str:
    """`42 s` or `3 min 20 s`; a dash for no value."""
    if math.isnan(seconds):
        return DASH
    minutes, rest = divmod(round(seconds), 60)
    parts = [f"{number(minutes)}{NO_BREAK_SPACE}min"] if minutes else []
    return " ".join([*parts, f"{rest}{NO_BREAK_SPACE}s"])


def count(amount: float, singular: str) -> str:
    """`1 order`, `1 240 orders`; for words with a regular plural."""
    plural = singular if amount == 1 else singular + "s"
    return f"{number(amount)}{NO_BREAK_SPACE}{plural}"
