"""What a client asks of a list, understood: filters, sort, page and expands, or why they cannot be.

Facts: reference/mycashflow-api.md 1.4 to 1.8. Where it knows nothing, this shop is strict, so that a
client's slip shows: parameters and expands a list does not have are refused. Chosen by us: a plain
date in a `-to` filter means the whole day, page 0 is page 1.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pipelines.demo.helsinki import day_start, moment_of
from pipelines.demo.resources import STATUSES, Resource
from pipelines.demo.shelf import ABSENT, Query

DEFAULT_PAGE_SIZE = 50
_LAST = 2**62
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d([+-]\d\d:\d\d|Z)?)?|\d{1,12}")
_IDS = re.compile(r"[0-9]{1,18}(,[0-9]{1,18})*")

Errors = dict[str, list[str]]
"""Parameter -> what is wrong with it."""

_Bound = tuple[str, int, int]


@dataclass(frozen=True)
class Wish:
    """A list request understood; pages count from 1."""

    query: Query
    page: int
    page_size: int
    expand: frozenset[str]


class BadParametersError(ValueError):
    """Parameters that cannot be understood."""

    def __init__(self, errors: Errors) -> None:
        super().__init__(errors)
        self.errors = errors


def understand(resource: Resource, params: Mapping[str, str], owner: int | None = None) -> Wish:
    """What is asked of a list, or of the part of it that belongs to one `owner`.

    Raises:
        BadParametersError: some parameters are unknown or have no meaning.
    """
    errors: Errors = {}
    bounds = _times(resource, params, errors) + _values(resource, params, errors)
    if owner is not None:
        bounds.append((resource.link, owner, owner))
    sort = params.get("sort", "id-asc")
    if sort not in resource.sorts:
        errors["sort"] = [f"must be one of {', '.join(resource.sorts)}"]
    page_size = _whole_number(params, "page_size", DEFAULT_PAGE_SIZE, 1, errors)
    page = _whole_number(params, "page", 1, 0, errors) if "page_size" in params else 1
    query = Query(tuple(bounds), sort, _ids(resource, params, errors))
    times = {f"{name}-{end}" for name in resource.times for end in ("from", "to")}
    known = {"sort", "page", "page_size", *times, *resource.filters}
    expand = _expand(resource, params, known, errors)
    return Wish(query, max(page, 1), page_size, expand)


def understand_expand(resource: Resource, params: Mapping[str, str]) -> frozenset[str]:
    """What is to be expanded in one record.

    Raises:
        BadParametersError: some parameters are unknown or have no meaning.
    """
    return _expand(resource, params, set(), {})


def _expand(resource: Resource, params: Mapping[str, str], known: set[str], errors: Errors) -> frozenset[str]:
    """The expands; the last check, so it raises for all that is wrong."""
    asked = frozenset(filter(None, params.get("expand", "").split(",")))
    if not asked <= resource.everything:
        errors["expand"] = [f"unknown: {', '.join(sorted(asked - resource.everything))}"]
    known = {*known, "expand"}
    errors |= {name: ["is not a parameter of this list"] for name in params if name not in known}
    if errors:
        raise BadParametersError(errors)
    return asked


def _times(resource: Resource, params: Mapping[str, str], errors: Errors) -> list[_Bound]:
    bounds = []
    for name in resource.times:
        low = _moment(params, f"{name}-from", errors)
        high = _moment(params, f"{name}-to", errors)
        if low is not None or high is not None:
            first = ABSENT + 1 if low is None else low
            bounds.append((name, first, _LAST if high is None else high))
    return bounds


def _values(resource: Resource, params: Mapping[str, str], errors: Errors) -> list[_Bound]:
    """The filters by one value: a status, or the id of another list's record."""
    bounds = []
    for name in resource.filters:
        value = params.get(name)
        if value is None or name == "id":
            continue
        if name == "status" and value in ("open", "completed", "cancelled"):
            bounds.append((name, STATUSES.index(value.upper()), STATUSES.index(value.upper())))
        elif name == "status":
            errors[name] = ["must be one of open, completed, cancelled"]
        else:
            number = _whole_number(params, name, 0, 1, errors)
            bounds.append((name, number, number))
    return bounds


def _ids(resource: Resource, params: Mapping[str, str], errors: Errors) -> frozenset[int] | None:
    text = params.get("id") if "id" in resource.filters else None
    if text is None:
        return None
    if not _IDS.fullmatch(text):
        errors["id"] = ["must be ids with commas between them"]
        return None
    return frozenset(map(int, text.split(",")))


def _moment(params: Mapping[str, str], name: str, errors: Errors) -> int | None:
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


def _whole_number(params: Mapping[str, str], name: str, default: int, least: int, errors: Errors) -> int:
    text = params.get(name, str(default))
    if text.isdecimal() and int(text) >= least:
        return int(text)
    errors[name] = [f"must be a whole number of at least {least}"]
    return default
