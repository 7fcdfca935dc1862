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

from pipelines.errors import ApiError
from pipelines.extract.asking import PART_ATTEMPTS, Parsers, first_answer, session_of
from pipelines.extract.endpoint import Endpoint
from pipelines.extract.reading import Filters, Greeting
from pipelines.extract.tables import Page
from pipelines.http import Answer
from pipelines.settings import Store, now


class MyCashflowClient:
    """Reads lists of one store; `advice` is for one without an API.

    Args:
        store: address, credentials and limits.
    """

    advice = "Its plan must be Advanced, Pro or Enterprise and the API app installed (Account > Apps > API)."

    def __init__(self, store: Store) -> None:
        self.store = store
        self._session = session_of(store, f"{store.base_url}/api")
        self._parsers = Parsers(store)

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

        def parse(answer: Answer) -> Page:
            return replace(self._parsers.parse(endpoint, answer.body), requests=answer.requests)

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
        """Asks for one row."""
        path = self._path(endpoint, version)

        def ask(place: int, tries: int | None) -> Answer:
            return self._session.get(path, self._params(endpoint, {}, place, 1), lambda answer: answer, tries)

        answer, spent = first_answer(ask)
        return Greeting(version, answer.date or now(), asked + spent)

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

    def _params(
        self, endpoint: Endpoint, filters: Filters, page: int, page_size: int
    ) -> dict[str, str | int]:
        params: dict[str, str | int] = {"page": page, "page_size": page_size, "sort": "id-asc"}
        for name, value in filters.items():
            params[name] = value if isinstance(value, str) else int(value.timestamp())
        if endpoint.expands:
            params["expand"] = ",".join(endpoint.expands)
        return params
