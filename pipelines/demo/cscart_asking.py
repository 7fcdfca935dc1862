"""What a client asks of the CS-Cart view: which dialect, which parameters, which span of time.

Facts: reference/cscart-and-apifon.md 1 (transport), 1.1 (paging), 3.1 (filters), 6.2 (dialects). PHP
reads parameters, so `a[]=1&a[]=2` is a list, a number is whatever digits a text begins with, and
nothing is ever an error. Chosen by us: weeks begin on Monday, days are Helsinki days.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from pipelines.demo.helsinki import DAY, day_start, local_day

_NUMBER = re.compile(r"\s*([+-]?\d{1,18})")
_AMOUNT = re.compile(r"\s*([+-]?\d{1,12})(?:\.(\d{1,2}))?")
_DAY_MONTH_YEAR = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_NOT_ECHOED = ("_d", "ajax_custom", "_METHOD")
_ROLLING = {"HH": 1, "HW": 7, "HM": 30}
"""Period -> the days up to now that it has."""

Span = tuple[int, int]
"""First and last second, both inclusive."""


@dataclass(frozen=True)
class Dialect:
    """How one release of CS-Cart speaks.

    Attributes:
        root: the directory of the shop at the demo server.
        has_updated_at: orders have that column and can be filtered by it.
        has_orders_data: `get_orders_data` is understood.
        has_last_login: users have that column.
        needs_user_type: a list of users without `user_type` is a 400.
        clamps_orders: past the end the last page of orders comes again.
        is_vague: an unknown user is an empty list, not a 404.
        tells_payment_received: statuses say whether they mean paid.
        nests_stores: `stores/{id}/products` and the like exist.
        announced: what `GET /api/?version=True` answers, where it is not kept to administrators.
    """

    root: str
    has_updated_at: bool = True
    has_orders_data: bool = True
    has_last_login: bool = True
    needs_user_type: bool = True
    clamps_orders: bool = False
    is_vague: bool = True
    tells_payment_received: bool = True
    nests_stores: bool = True
    announced: str = ""


DIALECTS = {
    "4.18": Dialect("/cscart"),
    "4.13": Dialect(
        "/cscart-4.13",
        needs_user_type=False,
        is_vague=False,
        tells_payment_received=False,
        nests_stores=False,
    ),
    "4.10": Dialect(
        "/cscart-4.10",
        has_updated_at=False,
        has_orders_data=False,
        has_last_login=False,
        needs_user_type=False,
        clamps_orders=True,
        is_vague=False,
        tells_payment_received=False,
        nests_stores=False,
        announced="CS-Cart 4.10.4.SP1 ULTIMATE",
    ),
}
"""Release -> how it speaks."""


class Params:
    """The parameters of a request, as PHP reads them."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.echo: dict[str, Any] = {}
        for key, value in pairs:
            name, bracket, _ = key.partition("[")
            if bracket:
                listed = self.echo.setdefault(name, [])
                if isinstance(listed, list):
                    listed.append(value)
            elif key not in _NOT_ECHOED:
                self.echo[name] = value

    def also(self, name: str, value: str) -> "Params":
        """The same parameters and one more."""
        params = Params([])
        params.echo = {**self.echo, name: value}
        return params

    @property
    def key(self) -> str:
        """The same text for the same parameters."""
        return repr(sorted((name, value) for name, value in self.echo.items() if name != "page"))

    def __contains__(self, name: str) -> bool:
        """Whether the parameter says something: an empty one says nothing."""
        return self.echo.get(name) not in (None, "", [])

    def text(self, name: str) -> str:
        """The parameter; of a list the last."""
        value = self.echo.get(name, "")
        return str(value[-1]) if isinstance(value, list) and value else str(value or "")

    def texts(self, name: str) -> list[str]:
        """The parameter's values, given as a list or with commas between them."""
        value = self.echo.get(name, "")
        return value if isinstance(value, list) else [part for part in str(value).split(",") if part]

    def numbers(self, name: str) -> set[int]:
        """The same as numbers."""
        return {number_of(value) for value in self.texts(name)}

    def is_on(self, name: str) -> bool:
        """Whether PHP takes it for true."""
        return self.text(name) not in ("", "0")


@dataclass(frozen=True)
class Ask:
    """One request: in which dialect, for what, and when (Unix seconds)."""

    dialect: Dialect
    params: Params
    now: int
    version: str = ""

    @cached_property
    def span(self) -> Span | None:
        """The seconds that `period` asks for, if it asks for some."""
        period = self.params.text("period")
        if period in ("", "A"):
            return None
        if period == "C":
            last = self.params.text("time_to")
            return _moment(self.params.text("time_from")), _moment(last, is_end=True) if last else 2**62
        if period == "HC":
            return self.now - DAY * max(1, number_of(self.params.text("last_days"))), self.now
        if period in _ROLLING:
            return self.now - DAY * _ROLLING[period], self.now
        return _calendar_span(period, date.fromordinal(local_day(self.now)))


def sort_of(ask: Ask, sorts: Iterable[str], default: str) -> str:
    """What is sorted by; a sort there is not falls back silently."""
    by = ask.params.text("sort_by")
    return by if by in sorts else default


def is_falling(ask: Ask, default: str) -> bool:
    """Whether the largest comes first."""
    order = ask.params.text("sort_order")
    return (order if order in ("asc", "desc") else default) == "desc"


def number_of(text: str) -> int:
    """The digits a text begins with, 0 without any: `2024-01-01` is 2024."""
    found = _NUMBER.match(text)
    return int(found[1]) if found else 0


def cents_of(text: str) -> int:
    """An amount in cents: `12.5` is 1250."""
    found = _AMOUNT.match(text)
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else 0


def _moment(text: str, is_end: bool = False) -> int:
    """Unix seconds, or the first or last second of a day written d/m/Y."""
    found = _DAY_MONTH_YEAR.fullmatch(text)
    if not found:
        return number_of(text)
    try:
        day = date(int(found[3]), int(found[2]), int(found[1]))
    except ValueError:
        return 0
    return _start(day.toordinal() + 1) - 1 if is_end else day_start(day)


def _calendar_span(period: str, today: date) -> Span | None:
    """The day, week, month or year that is (D, W, M, Y) or the one before (LD, LW, LM, LY)."""
    firsts = {
        "D": (today.toordinal() - 1, today.toordinal()),
        "W": (today.toordinal() - today.weekday() - 7, today.toordinal() - today.weekday()),
        "M": (_month_before(today), today.replace(day=1).toordinal()),
        "Y": (date(today.year - 1, 1, 1).toordinal(), date(today.year, 1, 1).toordinal()),
    }
    found = firsts.get(period.removeprefix("L"))
    if found is None:
        return None
    before, this = found
    if period.startswith("L"):
        return _start(before), _start(this) - 1
    return _start(this), _start(today.toordinal() + 1) - 1


def _month_before(today: date) -> int:
    return date.fromordinal(today.replace(day=1).toordinal() - 1).replace(day=1).toordinal()


def _start(day: int) -> int:
    return day_start(date.fromordinal(day))
