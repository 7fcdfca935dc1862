"""How the MyCashflow API talks: addresses, versions, filters, and its clock.

Facts (reference/mycashflow-api.md): base and no trailing slash 1.1 · versions 1.2 · `page` only together
with `page_size`, from 1 1.4 · Unix seconds are the only filter form without a zone 1.6 · expand 1.8. Only
GET is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

import pendulum

from pipelines.errors import ApiError, Unavailable
from pipelines.extract.endpoint import Endpoint
from pipelines.extract.privacy import sealer, veil_of
from pipelines.extract.reading import Filters, Greeting
from pipelines.extract.tables import BrokenPage, Page, PageParser
from pipelines.http import Answer, Limits, Session
from pipelines.settings import Store, now

# Rows asked for to find out whether a list is there: if the store cannot answer the first, it is another.
GREETED_PLACES = (1, 2, 4, 8, 16, 32)

# A part of a page that failed is tried so often: the page itself was tried with all patience.
PART_ATTEMPTS = 2


class MyCashflowClient:
    """Reads lists of one store; `advice` is for one without an API.

    Args:
        store: address, credentials and limits.
    """

    advice = "Its plan must be Advanced, Pro or Enterprise and the API app installed (Account > Apps > API)."

    def __init__(self, store: Store) -> None:
        self.store = store
        limits = Limits(
            timeout=store.timeout_seconds,
            requests_per_second=store.requests_per_second,
            attempts=store.attempts,
        )
        base_url = f"{store.base_url}/api"
        self._session = Session(store.name, base_url, store.user, store.key, limits, 2 * store.concurrency)
        self._parsers: dict[tuple[str, bool], PageParser] = {}

    def __repr__(self) -> str:
        return f"MyCashflowClient({self.store.name!r})"

    def read_page(
        self,
        endpoint: Endpoint,
        version: str,
        filters: Filters,
        page: int,
        page_size: int,
        is_part: bool = False,
    ) -> Page:
        """One page of a list in ascending order of ids; a part of a page that failed is not tried as often.

        Raises:
            ApiError: the store did not answer with a page (see `http.Session.get`).
            ContractError: the answer is JSON of another shape.
        """
        parser = self._parser(endpoint)

        def parse(answer: Answer) -> Page:
            try:
                return replace(parser.parse(answer.body), requests=answer.requests)
            except BrokenPage as broken:
                said = f"{self.store.name}: {broken}. Try again later."
                raise Unavailable(said, 200, str(broken), may_be_rows=True) from broken

        params = self._params(endpoint, filters, page, page_size)
        tries = PART_ATTEMPTS if is_part else None
        return self._session.get(self._path(endpoint, version), params, parse, tries)

    def greet(self, endpoint: Endpoint) -> Greeting:
        """The API version that has the list, and the store's own clock.

        Raises:
            ApiError: no version has it, or the store refuses.
        """
        pinned = self.store.resource(endpoint.name).api_version
        versions = (pinned,) if pinned else endpoint.versions
        asked = 0
        for version in versions:
            try:
                return self._greet(endpoint, version, asked)
            except ApiError as error:
                asked += error.requests
                error.requests = asked
                if error.status != 404 or version == versions[-1]:
                    raise
        raise AssertionError("an endpoint has at least one version")

    def _greet(self, endpoint: Endpoint, version: str, asked: int) -> Greeting:
        """Asks for one row; for another when that one is what the store cannot answer."""
        failures: list[Unavailable] = []
        for place in GREETED_PLACES:
            params = self._params(endpoint, {}, place, 1)
            tries = PART_ATTEMPTS if failures else None
            try:
                answer = self._session.get(
                    self._path(endpoint, version), params, lambda answer: answer, tries
                )
            except Unavailable as failure:
                failures.append(failure)
                if not failure.may_be_rows:
                    break
            else:
                spent = sum(failure.requests for failure in failures) + answer.requests
                return Greeting(version, answer.date or now(), asked + spent)
        failures[0].requests = sum(failure.requests for failure in failures)
        raise failures[0]

    def has(self, endpoint: Endpoint, version: str, key: str) -> bool:
        """Whether the store has one record, asked for by itself: a missing one is a 404 (reference 1.10).

        Raises:
            ApiError: it answers neither yes nor no.
        """
        path = f"{self._path(endpoint, version)}/{quote(key, safe='')}"
        try:
            self._session.get(path, {}, lambda answer: answer)
        except ApiError as error:
            if error.status in (404, 410):
                return False
            raise
        return True

    def between(
        self, cursor: str, since: pendulum.DateTime | None, until: pendulum.DateTime | None
    ) -> Mapping[str, pendulum.DateTime]:
        """The filters for rows whose `cursor` is from `since` to `until`, both included."""
        ends = {f"{cursor}-from": since, f"{cursor}-to": until}
        return {name: moment for name, moment in ends.items() if moment}

    def close(self) -> None:
        """Ends the connections."""
        self._session.close()

    def _path(self, endpoint: Endpoint, version: str) -> str:
        path = self.store.resource(endpoint.name).path or endpoint.path
        return f"{version}/{path.strip('/').replace('{id}', quote(endpoint.row, safe=''))}"

    def _parser(self, endpoint: Endpoint) -> PageParser:
        """One parser per list, so that a key it once met stays a column of every later page."""
        view = (endpoint.name, endpoint.is_partial)
        if view not in self._parsers:
            seal, veil = sealer(self.store.salt), veil_of(self.store, endpoint)
            self._parsers[view] = PageParser(endpoint, self.store.time_zone, seal, veil)
        return self._parsers[view]

    def _params(
        self, endpoint: Endpoint, filters: Filters, page: int, page_size: int
    ) -> dict[str, str | int]:
        params: dict[str, str | int] = {"page": page, "page_size": page_size, "sort": "id-asc"}
        for name, value in filters.items():
            params[name] = value if isinstance(value, str) else int(value.timestamp())
        if endpoint.expands:
            params["expand"] = ",".join(endpoint.expands)
        return params
