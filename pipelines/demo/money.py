"""Money in whole cents, VAT rates in hundredths of a percent (2550 is 25.5 %): no float, ever."""

from collections.abc import Sequence
from functools import cache


def net_of(gross: int, rate: int) -> int:
    """Cents without VAT, rounded half away from zero, as `ROUND_HALF_UP` and SQL `round` do."""
    whole = 10_000 + rate
    net = (20_000 * abs(gross) + whole) // (2 * whole)
    return net if gross >= 0 else -net


def shares(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount` split in proportion to `weights`; the parts add up exactly."""
    whole, seen, given = sum(weights), 0, 0
    parts = []
    for weight in weights:
        seen += weight
        parts.append(amount * seen // whole - given)
        given += parts[-1]
    return parts


@cache
def euros(cents: int) -> str:
    """`-12.90`: the exact decimal text of cents."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


@cache
def percent(rate: int) -> str:
    """`25.5`: the shortest decimal text of hundredths of a percent."""
    return f"{rate // 100}.{rate % 100:02d}".rstrip("0").rstrip(".")
