"""What the clients of all platforms do alike: a store's session, its first row, a parser for each list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from pipelines.errors import Unavailable
from pipelines.extract.endpoint import Endpoint
from pipelines.extract.privacy import sealer, veil_of
from pipelines.extract.tables import BrokenPage, Page, PageParser
from pipelines.http import Limits, Session
from pipelines.settings import Store

# Rows asked for to find out whether a list is there: if the store cannot answer the first, it is another.
GREETED_PLACES = (1, 2, 4, 8, 16, 32)

# A part of a page that failed is tried so often: the page itself was tried with all patience.
PART_ATTEMPTS = 2


class Counted(Protocol):
    """What came of asking, and how many requests it took."""

    @property
    def requests(self) -> int:
        """Requests, those that failed before it included."""


C = TypeVar("C", bound=Counted)


def session_of(store: Store, base_url: str) -> Session:
    """Requests to a store, as its settings have them."""
    limits = Limits(
        timeout=store.timeout_seconds,
        requests_per_second=store.requests_per_second,
        attempts=store.attempts,
    )
    return Session(store.name, base_url, store.user, store.key, limits, 2 * store.concurrency)


def first_answer(ask: Callable[[int, int | None], C]) -> tuple[C, int]:
    """What is said of the first row, or of another when that one is what the store cannot answer.

    Args:
        ask: takes the place of a row, and how often to try (None: with all patience).

    Returns:
        The answer, and the requests it took with those that failed.

    Raises:
        ApiError: the store answers none of them; the first failure, with all requests.
    """
    failures: list[Unavailable] = []
    for place in GREETED_PLACES:
        try:
            answer = ask(place, PART_ATTEMPTS if failures else None)
        except Unavailable as failure:
            failures.append(failure)
            if not failure.may_be_rows:
                break
        else:
            return answer, sum(failure.requests for failure in failures) + answer.requests
    failures[0].requests = sum(failure.requests for failure in failures)
    raise failures[0]


class Parsers:
    """One parser for each view of a list, so that a key it once met stays a column of every later page."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._parsers: dict[tuple[object, ...], PageParser] = {}

    def parse(self, endpoint: Endpoint, body: bytes) -> Page:
        """The page that an answer holds.

        Raises:
            Unavailable: it is no whole JSON.
            ContractError: it is JSON of another shape.
        """
        try:
            return self._parser(endpoint).parse(body)
        except BrokenPage as broken:
            raise came_broken(self._store, str(broken)) from broken

    def _parser(self, endpoint: Endpoint) -> PageParser:
        view = (endpoint.name, endpoint.is_partial, *endpoint.fields)
        if view not in self._parsers:
            seal, veil = sealer(self._store.salt), veil_of(self._store, endpoint)
            self._parsers[view] = PageParser(endpoint, self._store.time_zone, seal, veil)
        return self._parsers[view]


def came_broken(store: Store, reason: str) -> Unavailable:
    """The failure of an answer that came and cannot be read, which a row in it may be the cause of."""
    return Unavailable(f"{store.name}: {reason}. Try again later.", 200, reason, may_be_rows=True)
