"""How the MyCashflow API talks: addresses, versions, filters, and its clock.

Facts (reference/mycashflow-api.md): base and no trailing slash 1.1 · versions 1.2 · `page` only together
with `page_size`, from 1 1.4 · Unix seconds are the only filter form without a zone 1.6 · expand 1.8. Only
GET is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pendulum

from pipelines.errors import ApiError, Unavailable
from pipelines.extract.endpoint import Endpoint
from pipelines.extract.stream import Filters, Greeting
from pipelines.extract.tables import BrokenPage, Page, PageParser
from pipelines.http import Answer, Limits, Session
from pipelines.settings import Store, now


class MyCashflowClient:
    """Reads lists of one store.

    Args:
        store: address, credentials and limits.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        limits = Limits(
            timeout=store.timeout_seconds,
            requests_per_second=store.requests_per_second,
            attempts=store.attempts,
        )
        base_url = f"{store.base_url}/api"
        self._session = Session(store.name, base_url, store.user, store.key, limits, 2 * store.concurrency)
        self._parsers: dict[str, PageParser] = {}

    def __repr__(self) -> str:
        return f"MyCashflowClient({self.store.name!r})"

    def read_page(
        self, endpoint: Endpoint, version: str, filters: Filters, page: int, page_size: int
    ) -> Page:
        """One page of a list in ascending order of ids.

        Raises:
            ApiError: the store did not answer with a page (see `http.Session.get`).
            ContractError: the answer is JSON of another shape.
        """
        parser = self._parsers.setdefault(endpoint.name, PageParser(endpoint, self.store.time_zone))

        def parse(answer: Answer) -> Page:
            try:
                return replace(parser.parse(answer.body), requests=answer.requests)
            except BrokenPage as broken:
                raise Unavailable(f"{self.store.name}: {broken}. Try again later.") from broken

        return self._session.get(
            self._path(endpoint, version), self._params(endpoint, filters, page, page_size), parse
        )

    def greet(self, endpoint: Endpoint) -> Greeting:
        """The API version that has the list, and the store's own clock.

        Raises:
            ApiError: no version has it, or the store refuses.
        """
        pinned = self.store.resource(endpoint.name).api_version
        versions = (pinned,) if pinned else endpoint.versions
        params = self._params(endpoint, {}, 1, 1)
        for number, version in enumerate(versions):
            try:
                answer = self._session.get(self._path(endpoint, version), params, lambda answer: answer)
                return Greeting(version, answer.date or now(), number + answer.requests)
            except ApiError as error:
                if error.status != 404 or version == versions[-1]:
                    raise
        raise AssertionError("an endpoint has at least one version")

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
        return f"{version}/{path.strip('/')}"

    def _params(
        self, endpoint: Endpoint, filters: Filters, page: int, page_size: int
    ) -> dict[str, str | int]:
        params: dict[str, str | int] = {"page": page, "page_size": page_size, "sort": "id-asc"}
        for name, value in filters.items():
            params[name] = value if isinstance(value, str) else int(value.timestamp())
        if endpoint.expands:
            params["expand"] = ",".join(endpoint.expands)
        return params
