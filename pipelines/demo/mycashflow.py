"""How the shop looks through the MyCashflow API: paths, versions, parameters, answers.

Facts: reference/mycashflow-api.md 1 (conventions), 3.1 (orders), 5.9 (customers), 5.12
(subscribers). Where the reference knows nothing, this shop is strict, so that a client's slip
shows: unknown parameters and expands are 422, `Accept: application/json` is asked for. Chosen by
us: a plain date in a `-to` filter means the whole day, page 0 is page 1, `meta.next` is an absolute
URL, `shipments_completed_at` is the latest of an order's shipments.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

from pipelines.demo.helsinki import day_start, moment_of
from pipelines.demo.resources import RESOURCES, STATUSES, Resource
from pipelines.demo.shelf import ABSENT, Query
from pipelines.demo.shop import Shop

DEFAULT_PAGE_SIZE = 50
_LAST = 2**62
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d([+-]\d\d:\d\d|Z)?)?|\d{1,12}")


@dataclass(frozen=True)
class Answer:
    """What goes back to the client; `ids` are those of the records in it."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Wish:
    """A list request understood."""

    query: Query
    page: int
    page_size: int
    expand: frozenset[str]


class _BadParametersError(ValueError):
    """Parameters that cannot be understood: name -> messages."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(errors)
        self.errors = errors


def error(status: int, title: str, description: str) -> Answer:
    """An error as the API words it."""
    return Answer(status, json.dumps({"error": title, "description": description}).encode())


class Api:
    """Answers GET requests for a shop.

    Args:
        orders_version: the only version that has orders, `v1` or `v0`; the other lists are on v1.
        page_size_cap: larger pages are cut to this size, silently but for `meta.page_size`.
    """

    def __init__(self, shop: Shop, orders_version: str = "v1", page_size_cap: int | None = None) -> None:
        self._shop = shop
        self._cap = page_size_cap
        self._lists = {
            f"/api/{orders_version if name == 'orders' else 'v1'}/{resource.path}": resource
            for name, resource in RESOURCES.items()
        }

    def answer(self, base: str, path: str, params: Mapping[str, str]) -> Answer:
        """The answer to a GET; `base` is the server's own address, for `meta.next`."""
        parent, _, last = path.rpartition("/")
        try:
            if path in self._lists:
                return self._list(base + path, self._lists[path], params)
            if parent in self._lists and last.isdecimal():
                return self._single(self._lists[parent], int(last), params)
        except _BadParametersError as bad:
            return Answer(422, json.dumps({"errors": bad.errors}).encode())
        return error(404, "Not Found", "The requested resource does not exist.")

    def _list(self, url: str, resource: Resource, params: Mapping[str, str]) -> Answer:
        wish = _understand(resource, params)
        size = min(wish.page_size, self._cap or wish.page_size)
        found = self._shop.page(resource.name, wish.query, (wish.page - 1) * size, size, wish.expand)
        pages = -(-found.item_count // size)
        meta: dict[str, object] = {
            "page": wish.page,
            "page_size": size,
            "page_count": pages,
            "item_count": found.item_count,
        }
        if wish.page < pages:
            meta["next"] = f"{url}?{urlencode({**params, 'page': wish.page + 1, 'page_size': size})}"
        data = b'{"data":[' + b",".join(found.texts) + b'],"meta":' + json.dumps(meta).encode() + b"}"
        return Answer(200, data, ids=tuple(found.ids))

    def _single(self, resource: Resource, record_id: int, params: Mapping[str, str]) -> Answer:
        errors: dict[str, list[str]] = {}
        expand = _expand(resource, params, errors)
        _refuse_unknown(params, {"expand"}, errors)
        text = self._shop.text(resource.name, record_id, expand)
        if text is None:
            return error(404, "Not Found", f"There is no such record: {record_id}")
        return Answer(200, b'{"data":' + text + b"}", ids=(record_id,))


def _understand(resource: Resource, params: Mapping[str, str]) -> _Wish:
    errors: dict[str, list[str]] = {}
    bounds = _bounds(resource, params, errors)
    sort = params.get("sort", "id-asc")
    if sort not in resource.sorts:
        errors["sort"] = [f"must be one of {', '.join(resource.sorts)}"]
    page_size = _whole_number(params, "page_size", DEFAULT_PAGE_SIZE, 1, errors)
    page = _whole_number(params, "page", 1, 0, errors) if "page_size" in params else 1
    expand = _expand(resource, params, errors)
    filters = {f"{name}-{end}" for name in resource.times for end in ("from", "to")}
    known = {"sort", "page", "page_size", "expand", *filters}
    _refuse_unknown(params, known | {"status"} if resource.has_status else known, errors)
    return _Wish(Query(bounds, sort), max(page, 1), page_size, expand)


def _refuse_unknown(params: Mapping[str, str], known: set[str], errors: dict[str, list[str]]) -> None:
    errors |= {name: ["is not a parameter of this list"] for name in params if name not in known}
    if errors:
        raise _BadParametersError(errors)


def _bounds(
    resource: Resource, params: Mapping[str, str], errors: dict[str, list[str]]
) -> tuple[tuple[str, int, int], ...]:
    bounds = []
    for name in resource.times:
        low = _moment(params, f"{name}-from", errors)
        high = _moment(params, f"{name}-to", errors)
        if low is not None or high is not None:
            first = ABSENT + 1 if low is None else low
            bounds.append((name, first, _LAST if high is None else high))
    status = params.get("status") if resource.has_status else None
    if status in ("open", "completed", "cancelled"):
        code = STATUSES.index(status.upper())
        bounds.append(("status", code, code))
    elif status is not None:
        errors["status"] = ["must be one of open, completed, cancelled"]
    return tuple(bounds)


def _moment(params: Mapping[str, str], name: str, errors: dict[str, list[str]]) -> int | None:
    """The filter's bound in Unix seconds; a plain date is the day's first or last second."""
    text = params.get(name)
    if text is None:
        return None
    try:
        if not _TIME.fullmatch(text):
            raise ValueError(text)
        if text.isdecimal():
            return int(text)
        if len(text) > 10:
            return moment_of(text)
        day = date.fromisoformat(text)
        return day_start(day) if name.endswith("-from") else _day_end(day)
    except ValueError:
        errors[name] = ["is not a date, a time (YYYY-MM-DDTHH:MM:SS) or Unix seconds"]
        return None


def _day_end(day: date) -> int:
    return day_start(date.fromordinal(day.toordinal() + 1)) - 1


def _whole_number(
    params: Mapping[str, str], name: str, default: int, least: int, errors: dict[str, list[str]]
) -> int:
    text = params.get(name, str(default))
    if text.isdecimal() and int(text) >= least:
        return int(text)
    errors[name] = [f"must be a whole number of at least {least}"]
    return default


def _expand(resource: Resource, params: Mapping[str, str], errors: dict[str, list[str]]) -> frozenset[str]:
    asked = frozenset(filter(None, params.get("expand", "").split(",")))
    if not asked <= resource.everything:
        errors["expand"] = [f"unknown: {', '.join(sorted(asked - resource.everything))}"]
    return asked
