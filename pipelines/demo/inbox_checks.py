"""Whether a value is of the kind a field wants: None when it is, else what is wrong with it."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

E_MAIL = re.compile(r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+")
CURRENCIES = ("EUR", "SEK", "NOK", "DKK", "USD", "GBP", "PLN")
LANGUAGES = (
    "fi",
    "sv",
    "en",
    "de",
    "et",
    "no",
    "nb",
    "da",
    "ru",
    "el",
    "fr",
    "es",
    "it",
    "nl",
    "pl",
    "lv",
    "lt",
)


def _is_moment(value: Any) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def _is_day(value: Any) -> bool:
    try:
        return len(value) == 10 and bool(date.fromisoformat(value))
    except (TypeError, ValueError):
        return False


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and each for each in value)


def _like(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and bool(re.fullmatch(pattern, value))


KINDS: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "id": _like(r"[A-Za-z0-9-]+"),
    "email": lambda value: isinstance(value, str) and bool(E_MAIL.fullmatch(value)),
    "phone_number": _like(r"\+[1-9][0-9]{6,14}"),
    "msisdn": _like(r"[1-9][0-9]{6,14}"),
    "country_code": _like(r"[A-Z]{2}"),
    "currency": lambda value: value in CURRENCIES,
    "language_code": lambda value: value in LANGUAGES,
    "integer": _is_integer,
    "money": _is_integer,
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "list": _is_list,
    "date": _is_day,
    "datetime": _is_moment,
    "url": _like(r"https://\S+"),
}


def wrong(kind: str, value: Any) -> str | None:
    """What is wrong with a value; None when nothing is."""
    return None if KINDS[kind](value) else f"is no valid {kind}"
