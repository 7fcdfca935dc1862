"""How a list is asked when the store says no: one store for each list and trouble, all at once.

Each is read to its end by its own reader over real HTTP, without a warehouse: what is waited for and how
often is asked is settled there.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pyarrow as pa

from pipelines.demo.faults import Reply
from pipelines.demo.mycashflow import Answer, error
from pipelines.demo.opening import make_shop
from pipelines.demo.server import ShopServer, serve
from pipelines.demo.shop import Shop
from pipelines.errors import PipelineError
from pipelines.extract.opening import Task
from pipelines.extract.reading import Span
from pipelines.extract.stream import Stream
from pipelines.settings import ResourceSettings
from pipelines.sources.mycashflow import open_streams
from tests.sources.lists import INNER, LISTS, asked
from tests.stage import settings_for

STATUSES = (0, 429, 503, 401)
# Longer than the first pause that is taken unasked.
RETRY_AFTER = 2


@dataclass(frozen=True)
class Manners:
    """How one list was read from a store that answered one request badly.

    Attributes:
        rows: rows that arrived.
        refusal: what it ended with, if not well.
        statuses: the answers to all requests for the list, oldest first; 0 is none.
        pause: seconds from the bad answer to the next request for anything, if there was one.
    """

    rows: int
    refusal: str
    statuses: list[int]
    pause: float | None


class Strike:
    """Answers one request for a list with another status: its second one, so that reading has begun."""

    def __init__(self, name: str, status: int) -> None:
        self.name, self.status, self.asked, self.moment = name, status, 0, 0.0

    def reply(self, request: str, answer: Answer) -> Reply:
        self.asked += answer.resource == self.name
        if self.moment or answer.resource != self.name or self.asked < 2 or not self.status:
            return Reply(answer)
        self.moment = time.monotonic()
        refusal = error(self.status, "No", "Not now.")
        return Reply(Answer(self.status, refusal.body, {"Retry-After": str(RETRY_AFTER)}))


def all_manners(home: Path) -> dict[tuple[str, int], Manners]:
    """Of every list under every status."""
    pairs = list(product(LISTS, STATUSES))
    with make_shop(40, seed=3) as shop, ThreadPoolExecutor(len(pairs)) as pool:
        return dict(zip(pairs, pool.map(lambda pair: _manners(home, shop, *pair), pairs), strict=True))


def _manners(home: Path, shop: Shop, name: str, status: int) -> Manners:
    with serve(shop) as server:
        strike, moments = Strike(name, status), []
        server.faults = strike  # type: ignore[assignment]
        server.before_answer = lambda path, params: moments.append((time.monotonic(), path))
        rows, refusal = _read(home / f"{name}-{status}", server, name)
        after = [moment for moment, _ in moments if strike.moment and moment > strike.moment]
        pause = after[0] - strike.moment if after else None
        return Manners(rows, refusal, _statuses(server, name), pause)


def _read(home: Path, server: ShopServer, name: str) -> tuple[int, str]:
    size = {name: ResourceSettings(enabled=True, page_size=2)}
    settings = settings_for(home, server.url, resources=size, concurrency=1)
    (stream,) = [
        stream
        for stream in open_streams(settings.salted(settings.chosen()[0]), Task((name,)))
        if stream.is_read
    ]
    try:
        return sum(len(rows) for rows in _tables(stream, name)), ""
    except PipelineError as problem:
        return 0, f"{type(problem).__name__}: {problem}"


def _tables(stream: Stream, name: str) -> Iterator[pa.Table]:
    """The list's rows; of an inner list those inside its parent's rows."""
    reader, cursor = stream.reader, stream.endpoint.cursor
    span = Span(None, reader.run_start)
    own = reader.window("test", cursor, span) if cursor else reader.whole("test")
    if name not in INNER:
        yield from own
        return
    keys = [key for rows in own for key in rows["id"].to_pylist()]
    for rows in stream.inner[0].read_for(keys, {}):
        yield pa.table({"row": rows[name].combine_chunks().flatten()})


def _statuses(server: ShopServer, name: str) -> list[int]:
    return [int(params["status"]) for params in asked(server.requests, name)]
