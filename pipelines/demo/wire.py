"""JSON text, piece by piece, in the form in which records are stored.

A record has each expandable list on a line of its own: a line break cannot stand inside a JSON
string, so cutting lines out leaves valid JSON. Money is written from cents, never through a float.
Letters beyond ASCII are escaped in what the shop is made with and plain in what is edited later:
both are JSON.
"""

import json
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pipelines.demo.helsinki import local_text, moment_of
from pipelines.demo.order import COMPONENTS
from pipelines.demo.resources import Resource


def time_json(moment: int | None) -> str:
    """A quoted time, or null."""
    return "null" if moment is None else f'"{local_text(moment)}"'


@lru_cache(maxsize=1024)
def text_json(value: str | None) -> str:
    """A quoted and escaped text, or null."""
    return json.dumps(value)


def money(cents: int | None) -> Decimal | None:
    """Euros for a record that is not JSON yet; nothing stays nothing."""
    return None if cents is None else Decimal(cents).scaleb(-2)


def record_text(record: dict[str, Any], sections: tuple[str, ...]) -> bytes:
    """A whole record in the stored form; decimals of up to 15 digits come out exact."""
    base = {key: value for key, value in record.items() if key not in sections}
    lines = [_dump(base)[:-1]]
    lines += [f',"{section}":{_dump(record[section])}' for section in sections]
    return "\n".join([*lines, "}"]).encode()


def blank_record(resource: Resource) -> dict[str, Any]:
    """A record in which every field is null, every nested list empty and every object the list `[]`."""
    record: dict[str, Any] = dict.fromkeys(resource.fields)
    record |= {section: [] for section in resource.sections}
    if "status" in resource.filters:
        record["status"] = "OPEN"
        record["tax_summary"] = {component: [] for component in COMPONENTS}
    return record


def parse_record(text: bytes) -> dict[str, Any]:
    """The record as a dict."""
    record: dict[str, Any] = json.loads(text)
    return record


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return local_text(moment_of(value))
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
