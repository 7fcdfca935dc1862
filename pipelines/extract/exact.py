"""The slow way from a page to rows: value by value, for pages that are not as the endpoint table says.

A PHP shop says `[]` for a missing object, numbers in quotes, an object with number keys for a list.
Whatever has one exact meaning is taken as that; a row that has none is set aside with its reason, never
dropped.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson
import pendulum

from pipelines.extract.endpoint import Field, Fields
from pipelines.extract.kinds import DECIMAL_PLACES

SMALLEST = Decimal(1).scaleb(-DECIMAL_PLACES)
LARGEST = Decimal(10) ** (18 - DECIMAL_PLACES)
NO_TIME = ("", "0000-00-00", "0000-00-00 00:00:00")
TRUE, FALSE = (True, 1, "1", "true"), (False, 0, "0", "false", "")


class Misfit(Exception):
    """A value that has no exact meaning as the kind it should be (types only, never the value)."""

    def __init__(self, field: str, expected: str, got: str) -> None:
        super().__init__(f"{field}: expected {expected}, got {got}")


def read_json(body: bytes) -> Any:
    """The page as Python values, decimals exact.

    Raises:
        ValueError: the body is not JSON.
    """
    text = body.decode("utf-8", errors="surrogateescape")
    return json.loads(text, parse_float=Decimal, parse_constant=lambda word: word)


def exact_row(row: Any, fields: Fields, zone: str, path: str = "", key: str = "id") -> dict[str, Any]:
    """One API object as the kinds of `fields` want it; keys it does not know become text.

    Args:
        row: the object, as `read_json` gives it.
        fields: kinds by name, nested as the API nests them.
        zone: where a time without an offset is taken to be.
        path: where the object is inside its row, for messages.
        key: what a row (not an object inside it) must have.

    Raises:
        Misfit: a value has no exact meaning as its kind.
    """
    if not isinstance(row, Mapping):
        raise Misfit(path.rstrip(".") or "row", "an object", type(row).__name__)
    if not path and row.get(key) in (None, ""):
        raise Misfit(key, "a whole number" if fields[key] == "bigint" else "text", "nothing")
    known = {name: _value(row.get(name), field, zone, f"{path}{name}") for name, field in fields.items()}
    free = {
        name: _value(value, "json", zone, f"{path}{name}")
        for name, value in row.items()
        if name not in fields
    }
    return {**known, **free}


def as_text(value: Any) -> str | None:
    """A value of any kind as text: strings as they are, nothing for an empty list, the rest as JSON.

    Raises:
        ValueError, TypeError: it holds half a character, or a number that JSON cannot hold exactly.
    """
    if value is None or value == []:
        return None
    if isinstance(value, str):
        value.encode()
        return value
    return orjson.dumps(value, default=float).decode()


def as_json(value: Any) -> str:
    """A value as JSON that survives everything, for rows that are set aside."""
    return json.dumps(value, default=float, separators=(",", ":"))


def _value(value: Any, field: Field, zone: str, path: str) -> Any:
    if value is None:
        return None
    if isinstance(field, list):
        return [exact_row(item, field[0], zone, f"{path}.") for item in _items(value, path)]
    if isinstance(field, Mapping):
        return None if value in ([], "") else exact_row(value, field, zone, f"{path}.")
    try:
        return _READ[field](value, zone)
    except (ValueError, TypeError, InvalidOperation, ArithmeticError):
        raise Misfit(path, field, type(value).__name__) from None


def _items(value: Any, path: str) -> list[Any]:
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping) and all(str(key).isdigit() for key in value):
        return list(value.values())
    raise Misfit(path, "a list", type(value).__name__)


def _text(value: Any, zone: str) -> str | None:
    return as_text(str(value) if isinstance(value, Decimal) else value)


def _bigint(value: Any, zone: str) -> int | None:
    if value == "":
        return None
    number = _number(value)
    if number != int(number) or not -(2**63) <= number < 2**63:
        raise ValueError
    return int(number)


def _decimal(value: Any, zone: str) -> Decimal | None:
    if value == "":
        return None
    number = _number(value).quantize(SMALLEST)
    if abs(number) >= LARGEST:
        raise ValueError
    return number


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise TypeError
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError
    return number


def _bool(value: Any, zone: str) -> bool:
    if isinstance(value, int | str) and value in TRUE:
        return True
    if isinstance(value, int | str) and value in FALSE:
        return False
    raise ValueError


def _timestamp(value: Any, zone: str) -> pendulum.DateTime | None:
    if not isinstance(value, str):
        raise TypeError
    if value in NO_TIME:
        return None
    moment = pendulum.parse(value, tz=zone, strict=True)
    if not isinstance(moment, pendulum.DateTime):
        raise ValueError
    return moment.in_timezone("UTC")


def _date(value: Any, zone: str) -> pendulum.Date | None:
    moment = _timestamp(value, zone)
    return moment and moment.in_timezone(zone).date()


_READ = {
    "bigint": _bigint,
    "text": _text,
    "json": lambda value, zone: as_text(value),
    "bool": _bool,
    "timestamp": _timestamp,
    "date": _date,
    "decimal": _decimal,
}
