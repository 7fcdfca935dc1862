"""A real purchase history from a CSV file: customer, date, units, amount (the first four columns)."""

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Purchase:
    """One line of the file; `amount` in cents."""

    customer: str
    day: date
    units: int
    amount: int


def read_purchases(path: Path) -> list[Purchase]:
    """The file's purchases by date, in file order within a day.

    Raises:
        ValueError: a line is not a purchase (named by its number), or there is none.
    """
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        next(lines, None)
        purchases = [_purchase(cells, lines.line_num) for cells in lines if cells]
    if not purchases:
        raise ValueError(f"{path.name} holds no purchases")
    return sorted(purchases, key=lambda purchase: purchase.day)


def _purchase(cells: list[str], line: int) -> Purchase:
    try:
        customer, day, units, amount = cells[:4]
        cents = Decimal(amount) * 100
        if int(units) < 1 or cents < 0 or cents != int(cents):
            raise ValueError("expected at least one unit and whole cents from 0 up")
        return Purchase(customer, date.fromisoformat(day), int(units), int(cents))
    except (ValueError, InvalidOperation) as error:
        raise ValueError(f"line {line} is no purchase (customer, date, units, amount): {error}") from None
