"""An answer of CS-Cart in the shape that pages are read in: `{"data": [...], "meta": {...}}`.

PHP says a number as a text, a moment as Unix seconds, a missing object as `[]` and a list as a map; here each
becomes what `fields.py` calls it. What must not be kept goes first, before anything could be logged. A value
that has no such meaning is left as it is: the row is then set aside by whoever reads the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from zlib import crc32

import orjson
import pendulum

from pipelines.extract.endpoint import DIGEST, Endpoint, Field, Fields
from pipelines.extract.exact import as_text
from pipelines.sources.cscart.fields import BY_CODE, CLOSED, FORBIDDEN, KEYED

Record = dict[str, Any]

# PHP's ways to say that there is nothing.
NOTHING: tuple[Any, ...] = ([], {}, "", "0", 0, False)

# Money has two digits after the point; a float that PHP computed has noise behind the sixth.
PLACES = 6

# A cart has no id of its own: a person has one in each storefront.
CART_ID = ("user_id", "company_id", "storefront_id")


class Unknown(Exception):
    """A document in which no list can be found: what it is instead, without its values."""


def read_document(body: bytes) -> Any:
    """The answer without anything that must not be kept.

    Raises:
        ValueError: it is not JSON.
    """
    try:
        return _allowed(orjson.loads(body))
    except RecursionError as error:
        raise ValueError("too deep") from error


def rows_of(document: Any, name: str) -> tuple[list[Any], Mapping[str, Any]]:
    """The rows of an answer and its parameters, whether the list is in an envelope, bare, or a map by id.

    Raises:
        Unknown: it is none of these.
    """
    if isinstance(document, Mapping) and name in document:
        params = document.get("params")
        return _items(document[name], name), params if isinstance(params, Mapping) else {}
    if isinstance(document, Mapping) and not all(isinstance(row, Mapping) for row in document.values()):
        raise Unknown(f"an object with the keys {', '.join(sorted(document)[:8])}")
    return _items(document, name), {}


def page_of(endpoint: Endpoint, rows: Sequence[Any], count: int | None) -> bytes:
    """Rows as a page of bytes; of a list of summaries only their keys, and a number for all they say."""
    is_summary = DIGEST in endpoint.fields
    data = [_summary(endpoint, row) if is_summary else shaped(endpoint, row) for row in rows]
    return orjson.dumps({"data": data, "meta": {"item_count": count}}, option=orjson.OPT_NON_STR_KEYS)


def shaped(endpoint: Endpoint, row: Any) -> Any:
    """One row with its values as the endpoint's fields want them, as far as they can be."""
    if not isinstance(row, Mapping):
        return row
    made = _object(row, endpoint.fields, is_closed=endpoint.is_partial)
    if endpoint.sensitive:
        made = _without_unknown_objects(made, endpoint.fields)
    if endpoint.name == "carts" and "user_id" in row:
        made["cart_id"] = "-".join(str(row.get(name) or 0) for name in CART_ID)
    return made


def _without_unknown_objects(row: Mapping[str, Any], fields: Fields) -> Record:
    """The row without objects and lists nobody declared, at any depth: they may hold codes or people."""
    return {
        name: _known(value, fields[name]) if name in fields else value
        for name, value in row.items()
        if name in fields or not isinstance(value, Mapping | list)
    }


def _known(value: Any, kind: Field) -> Any:
    inner = kind[0] if isinstance(kind, list) else kind
    if not isinstance(inner, Mapping):
        return value
    if isinstance(value, list):
        return [_known(each, inner) for each in value]
    return _without_unknown_objects(value, inner) if isinstance(value, Mapping) else value


def _summary(endpoint: Endpoint, row: Any) -> Any:
    if not isinstance(row, Mapping):
        return row
    known = {name: row.get(name) for name in endpoint.fields if name != DIGEST}
    return {**_object(known, endpoint.fields), DIGEST: crc32(orjson.dumps(row, option=orjson.OPT_SORT_KEYS))}


def _allowed(value: Any, is_keyed: bool = False) -> Any:
    """The value without what must not be kept, at any depth; codes as keys are no names."""
    if isinstance(value, dict):
        return {
            name: _allowed(inner, name in BY_CODE)
            for name, inner in value.items()
            if is_keyed or not _is_forbidden(name)
        }
    if isinstance(value, list):
        return [_allowed(inner) for inner in value]
    return value


@lru_cache(maxsize=4096)
def _is_forbidden(name: str) -> bool:
    return FORBIDDEN.fullmatch(name.lower()) is not None


def _items(value: Any, name: str) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, list):
        return value
    if value in NOTHING or value is None:
        return []
    raise Unknown(f"{name} as {type(value).__name__}")


def _object(row: Mapping[str, Any], fields: Fields, is_closed: bool = False) -> Record:
    made = {name: _value(value, fields[name], name) for name, value in row.items() if name in fields}
    return made if is_closed else {**row, **made}


def _value(value: Any, kind: Field, name: str) -> Any:
    if isinstance(kind, str):
        return _AS[kind](value) if kind in _AS else value
    if isinstance(kind, Mapping):
        if isinstance(value, Mapping) and value:
            return _object(value, kind, name in CLOSED)
        return None if value in NOTHING else value
    return _list(value, kind[0], name)


def _list(value: Any, fields: Fields, name: str) -> Any:
    if value is False or value == "":
        return []
    if isinstance(value, Mapping):
        return [_item(inner, fields, name, key) for key, inner in value.items()]
    if isinstance(value, list):
        return [_item(inner, fields, name, None) for inner in value]
    return value


def _item(value: Any, fields: Fields, name: str, key: str | None) -> Any:
    """An item of a list, with the key it had in a map, unless it says that itself."""
    named, valued = KEYED.get(name, ("", ""))
    own = dict(value) if isinstance(value, Mapping) else {valued: value} if valued else None
    if own is None:
        return value
    if named and key is not None:
        own.setdefault(named, key)
    return _object(own, fields, name in CLOSED)


def _number(value: Any) -> Any:
    if isinstance(value, str):
        text = value.strip()
        return int(text) if text.lstrip("-").isdecimal() and text.isascii() else text or None
    return None if value is False else value


def _decimal(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, PLACES)
    return None if value is False or value == "" else value


def _moment(value: Any) -> Any:
    """Unix seconds as ISO; 0 is never."""
    seconds = _number(value)
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        return seconds
    try:
        return pendulum.from_timestamp(seconds).isoformat() if seconds else None
    except (ValueError, OverflowError, OSError):
        return value


def _text(value: Any) -> Any:
    if value is False or value == []:
        return None
    if isinstance(value, bool | list | dict):
        return _free(value)
    return str(value) if isinstance(value, int | float) else value


def _flag(value: Any) -> Any:
    """PHP's own truth, and CS-Cart's Y and N."""
    return {"Y": True, "N": False}.get(value, value) if isinstance(value, str) else value


def _free(value: Any) -> Any:
    try:
        return as_text(value)
    except (ValueError, TypeError):
        return value


_AS = {
    "bigint": _number,
    "decimal": _decimal,
    "timestamp": _moment,
    "text": _text,
    "bool": _flag,
    "json": _free,
}
