"""How the CS-Cart API talks: two forms of address, pages, and what differs from version to version.

Facts (reference/cscart-and-apifon.md): addresses with and without rewrite 1 · envelopes and pages 1.1 ·
windows of `updated_at` and of the date 3.1 · full orders in the list 0.4 · a missing user 4.1. Only GET is
used.

What a store can do is found out by asking, once in a run: which form of address answers, whether orders can
be filtered by `updated_at` (a store that does not know the filter has orders of ten years from now), and
whether the list has full orders (they have `products`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import quote

import pendulum

from pipelines.errors import AccessDenied, ApiError, ContractError, Unavailable
from pipelines.extract.asking import PART_ATTEMPTS, Parsers, came_broken, first_answer, session_of
from pipelines.extract.endpoint import Endpoint
from pipelines.extract.reading import Filters, Greeting, Row
from pipelines.extract.tables import Page
from pipelines.http import Answer
from pipelines.settings import Store, now
from pipelines.sources.cscart import shape
from pipelines.sources.cscart.resources import BY_DATE, IN_PART, ORDERS

T = TypeVar("T")
Params = Mapping[str, str | int]

# With URL rewriting and without it.
FORMS = ("rewritten", "api.php")

# What else a 401 can mean.
HEADER_LOST = (
    "If they are right, the shop's web server keeps the Authorization header from PHP: ask its host."
)

# How a window is asked for; the date is compared only when a period is said to be custom.
WINDOWS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "updated_at": ("updated_at_from", "updated_at_to", {}),
    "timestamp": ("time_from", "time_to", {"period": "C"}),
}
BEGINNING = pendulum.from_timestamp(0)
YEARS_AHEAD = 10


@dataclass(frozen=True)
class _First:
    """What is said of a list's first row: at most one row, how many there are, and the store's clock."""

    rows: list[Any]
    count: int | None
    date: pendulum.DateTime
    requests: int


class CsCartClient:
    """Reads lists of one store; `advice` is for one without an API.

    Args:
        store: address, credentials and limits.
    """

    advice = "Check url, and tick API access in the profile of the admin whose e-mail is `user`."

    def __init__(self, store: Store) -> None:
        self.store = store
        self._session = session_of(store, store.base_url)
        self._form: str | None = None
        self._paths: dict[str, str] = {}
        self._parsers = Parsers(store)

    def __repr__(self) -> str:
        return f"CsCartClient({self.store.name!r})"

    def read_page(
        self,
        endpoint: Endpoint,
        version: str,
        filters: Filters,
        page: int,
        page_size: int,
        is_part: bool = False,
    ) -> Page:
        """One page of a list, oldest rows first; a part of a page that failed is not tried as often.

        Raises:
            ApiError: the store did not answer with a page (see `http.Session.get`).
            ContractError: the answer is JSON of another shape.
        """
        params = self._params(endpoint, filters, page, page_size)
        tries = PART_ATTEMPTS if is_part else None

        def parse(answer: Answer) -> Page:
            rows, count = self._rows(endpoint, answer, page, page_size)
            return replace(self._parse(endpoint, rows, count), requests=answer.requests)

        return self._get(self._entity(endpoint), version, params, parse, tries)

    def read_row(self, endpoint: Endpoint, version: str, key: object) -> Row:
        """One record as the store has it now, None when it is gone: orders say 404, users an empty list.

        Raises:
            ApiError: the store answers neither with it nor without it.
        """
        entity = self._entity(endpoint)
        try:
            found, requests = self._get(
                f"{entity}/{quote(str(key), safe='')}",
                version,
                {},
                lambda answer: (self._document(endpoint, answer), answer.requests),
            )
        except ApiError as error:
            if error.status in (404, 410):
                return Row(None, error.requests)
            raise
        is_missing = not found or (isinstance(found, Mapping) and found.get(_last(entity)) == [])
        return Row(None if is_missing else found, requests)

    def page_of(self, endpoint: Endpoint, rows: Sequence[Any]) -> Page:
        """Such records as a page."""
        return self._parse(endpoint, rows, len(rows))

    def has(self, endpoint: Endpoint, version: str, key: str) -> bool:
        """Whether the store has one record, asked for by itself.

        Raises:
            ApiError: it answers neither yes nor no.
        """
        return self.read_row(endpoint, version, key).value is not None

    def between(
        self, cursor: str, since: pendulum.DateTime | None, until: pendulum.DateTime | None
    ) -> Filters:
        """The filters for rows whose `cursor` is from `since` to `until`, both included."""
        if not (cursor and (since or until)):
            return {}
        first, last, fixed = WINDOWS[cursor]
        ends = {first: since or (BEGINNING if fixed else None), last: until}
        return {**fixed, **{name: moment for name, moment in ends.items() if moment}}

    def greet(self, endpoint: Endpoint) -> Greeting:
        """The API version that has the list, the store's own clock, and how the list can be read.

        Raises:
            ApiError: the store does not have it, or refuses.
        """
        version = self.store.resource(endpoint.name).api_version or endpoint.versions[0]
        spent = 0
        for path in self._candidates(endpoint):
            self._paths[endpoint.name] = path
            try:
                greeting = self._greet(endpoint, version)
            except ApiError as error:
                if error.status == 401:
                    raise AccessDenied(f"{error} {HEADER_LOST}", 401) from None
                spent = error.requests = spent + error.requests
                if error.status != 404 or path == self._candidates(endpoint)[-1]:
                    raise
            else:
                return replace(greeting, requests=spent + greeting.requests)
        raise AssertionError("an endpoint has at least one path")

    def close(self) -> None:
        """Ends the connections."""
        self._session.close()

    def _greet(self, endpoint: Endpoint, version: str) -> Greeting:
        if endpoint.name == ORDERS.name:
            return self._greet_orders(endpoint, version)
        first = self._first_row(endpoint, version, {})
        count = len(first.rows) if first.count is None else first.count
        return Greeting(version, first.date, first.requests, found=f"{count:,} rows")

    def _greet_orders(self, endpoint: Endpoint, version: str) -> Greeting:
        """Asks for orders of ten years from now, which are there if the filter is unknown; then for any."""
        future = self.between("updated_at", now().add(years=YEARS_AHEAD), None)
        first = self._first_row(endpoint, version, future)
        asked_at, requests, knows_filter = first.date, first.requests, not first.count
        if knows_filter:
            first = self._first_row(endpoint, version, {})
            requests += first.requests
        is_full = not first.rows or (isinstance(first.rows[0], Mapping) and "products" in first.rows[0])
        found = (ORDERS if is_full else IN_PART) if knows_filter else BY_DATE
        return Greeting(
            version,
            asked_at,
            requests,
            endpoint=found,
            found=f"filtered by {found.cursor}, {'summaries' if found.is_summary else 'full orders'}"
            f" in the list, {first.count or 0:,} rows",
            rows=self,
        )

    def _first_row(self, endpoint: Endpoint, version: str, filters: Filters) -> _First:
        """Asks for one row."""

        def ask(place: int, tries: int | None) -> _First:
            params = self._params(endpoint, filters, place, 1)

            def read(answer: Answer) -> _First:
                return _First(*self._rows(endpoint, answer, place, 1), answer.date or now(), answer.requests)

            return self._get(self._entity(endpoint), version, params, read, tries)

        first, requests = first_answer(ask)
        return replace(first, requests=requests)

    def _get(
        self,
        entity: str,
        version: str,
        params: Params,
        read: Callable[[Answer], T],
        tries: int | None = None,
    ) -> T:
        """The answer, by the form of address that this store has."""
        if self._form is None:
            return self._get_by_either(entity, version, params, read, tries)
        return self._get_by(self._form, entity, version, params, read, tries)

    def _get_by_either(
        self, entity: str, version: str, params: Params, read: Callable[[Answer], T], tries: int | None
    ) -> T:
        """The answer, by the first form that has one; a store that is only busy is asked with patience."""
        failures: list[ApiError] = []
        for form in FORMS:
            try:
                return self._get_by(form, entity, version, params, read, 1)
            except ApiError as failure:
                failures.append(failure)
                if not _is_elsewhere(failure):
                    break
        last = failures[-1]
        if isinstance(last, Unavailable):
            form = FORMS[0] if _is_elsewhere(last) else FORMS[len(failures) - 1]
            return self._get_by(form, entity, version, params, read, tries)
        refusal = failures[0] if _is_elsewhere(last) else last
        refusal.requests = len(failures)
        raise refusal

    def _get_by(
        self,
        form: str,
        entity: str,
        version: str,
        params: Params,
        read: Callable[[Answer], T],
        tries: int | None,
    ) -> T:
        """The answer by one form of address, which is the store's when it has one."""
        path, asked = _address(form, entity, version, params)
        found = self._session.get(path, asked, read, tries)
        self._form = form
        return found

    def _rows(
        self, endpoint: Endpoint, answer: Answer, page: int, page_size: int
    ) -> tuple[list[Any], int | None]:
        """The rows of a page and how many the list has.

        A list that always comes whole is cut into pages here; a page behind the end is empty, even where the
        store gives the last one again.
        """
        name = _last(self._entity(endpoint))
        try:
            rows, params = shape.rows_of(self._document(endpoint, answer), name)
        except shape.Unknown as unknown:
            raise ContractError(
                f"{self.store.name}: {endpoint.name}: expected a list under `{name}`, got {unknown}. "
                "The address may not be a CS-Cart API, or its answers have changed."
            ) from unknown
        count, got = _whole(params.get("total_items")), _whole(params.get("page"))
        if count is None and len(rows) != page_size:
            return rows[(page - 1) * page_size : page * page_size], len(rows)
        return [] if got is not None and got != page else rows, count

    def _document(self, endpoint: Endpoint, answer: Answer) -> Any:
        try:
            return shape.read_document(answer.body)
        except ValueError as error:
            said = f"{endpoint.name}: the answer is no whole JSON ({len(answer.body)} bytes)"
            raise came_broken(self.store, said) from error

    def _parse(self, endpoint: Endpoint, rows: Sequence[Any], count: int | None) -> Page:
        return self._parsers.parse(endpoint, shape.page_of(endpoint, rows, count))

    def _candidates(self, endpoint: Endpoint) -> list[str]:
        return (self.store.resource(endpoint.name).path or endpoint.path).split("|")

    def _entity(self, endpoint: Endpoint) -> str:
        """What the list is called in addresses."""
        path = self._paths.get(endpoint.name) or self._candidates(endpoint)[0]
        return path.strip("/").replace("{id}", quote(endpoint.row, safe=""))

    def _params(self, endpoint: Endpoint, filters: Filters, page: int, page_size: int) -> Params:
        params: dict[str, str | int] = {"page": page, "items_per_page": page_size, **endpoint.asks}
        if endpoint.sort:
            params |= {"sort_by": endpoint.sort, "sort_order": "asc"}
        for name, value in filters.items():
            params[name] = value if isinstance(value, str) else int(value.timestamp())
        return {**params, **dict.fromkeys(endpoint.expands, 1)}


def _address(form: str, entity: str, version: str, params: Params) -> tuple[str, Params]:
    if form == "api.php":
        return "api.php", {"_d": f"{version}/{entity}", "ajax_custom": 1, **params}
    return f"api/{version}/{entity}", params


def _is_elsewhere(failure: ApiError) -> bool:
    """Whether what answers there is no API: a web page, another address, or nothing of that name."""
    if isinstance(failure, Unavailable):
        return failure.status == 200 and not failure.may_be_rows
    return failure.status is not None and (300 <= failure.status < 400 or failure.status == 404)


def _last(entity: str) -> str:
    return entity.rsplit("/", 1)[-1]


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else None
