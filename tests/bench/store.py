"""How the contenders that are not ours ask the demo store for its orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import requests

from pipelines.demo.server import KEY, USER
from pipelines.sources.mycashflow.resources import EVERY

ORDERS = next(endpoint for endpoint in EVERY if endpoint.name == "orders")
PARAMS = {"page_size": ORDERS.page_size, "expand": ",".join(ORDERS.expands)}

GetPage = Callable[[int], dict[str, Any]]


@contextmanager
def ask(url: str) -> Iterator[GetPage]:
    """Gives pages of orders by number, from 1."""
    with requests.Session() as session:
        session.auth = (USER, KEY)
        session.headers["Accept"] = "application/json"

        def get(number: int) -> dict[str, Any]:
            answer = session.get(f"{url}/api/v1/orders", params={**PARAMS, "page": number}, timeout=60)
            answer.raise_for_status()
            page: dict[str, Any] = orjson.loads(answer.content)
            return page

        yield get


def page_count(get: GetPage) -> int:
    """How many pages there are."""
    return int(get(1)["meta"]["page_count"])
