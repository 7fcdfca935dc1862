"""Things that go wrong with a real store, to be switched on by name.

Transient faults strike every so many requests and never the same request twice running, so that a
retry is answered. They are counted, not random: the same requests in the same order meet the same
faults.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from threading import Lock

from pipelines.demo.mycashflow import Answer, error

STALL = 30.0
"""Seconds a stalled request waits before its connection is closed."""


@dataclass(frozen=True)
class Reply:
    """What is sent, and how badly.

    Attributes:
        pause: seconds to wait first.
        missing: how many bytes the header promises beyond the body.
        is_silent: the connection is closed without an answer.
    """

    answer: Answer
    pause: float = 0.0
    missing: int = 0
    is_silent: bool = False


@dataclass(frozen=True)
class Fault:
    """What happens to a reply, and to every how many-th request (1: to all of them)."""

    every: int
    spoil: Callable[[Reply], Reply]
    about: str


def _rate_limit(reply: Reply) -> Reply:
    limited = error(429, "Too Many Requests", "Slow down.")
    return Reply(replace(limited, headers={"Retry-After": "1"}))


def _server_error(reply: Reply) -> Reply:
    if len(reply.answer.body) % 2:
        return Reply(error(500, "Internal Server Error", "Something went wrong."))
    return Reply(error(503, "Service Unavailable", "Try again later."))


def _broken_json(reply: Reply) -> Reply:
    body = reply.answer.body
    return Reply(replace(reply.answer, body=body[: len(body) // 2]))


def _truncated(reply: Reply) -> Reply:
    return replace(_broken_json(reply), missing=(len(reply.answer.body) + 1) // 2)


def _html(reply: Reply, status: int = 200) -> Reply:
    page = b"<!doctype html><title>Huolto</title><h1>Kauppa on hetken huollossa</h1>"
    return Reply(Answer(status, page, {"Content-Type": "text/html; charset=utf-8"}))


def _html_503(reply: Reply) -> Reply:
    return _html(reply, 503)


def _silence(reply: Reply) -> Reply:
    return replace(reply, is_silent=True)


def _stall(reply: Reply) -> Reply:
    return replace(reply, pause=STALL, is_silent=True)


def _slow(reply: Reply) -> Reply:
    return replace(reply, pause=reply.pause + 0.3)


def _wrong_key(reply: Reply) -> Reply:
    return Reply(error(401, "Unauthorized", "Wrong user or API key."))


def _no_plan(reply: Reply) -> Reply:
    return Reply(error(404, "Not Found", "The requested resource does not exist."))


FAULTS = {
    "rate-limit": Fault(7, _rate_limit, "429 with Retry-After: 1"),
    "server-errors": Fault(6, _server_error, "500 or 503"),
    "timeouts": Fault(9, _stall, "no answer for long"),
    "disconnects": Fault(8, _silence, "closed without an answer"),
    "broken-json": Fault(6, _broken_json, "200 with half a JSON text"),
    "truncated": Fault(6, _truncated, "the connection ends in the middle of the body"),
    "html": Fault(8, _html, "200 with a maintenance page"),
    "html-503": Fault(8, _html_503, "503 with a maintenance page"),
    "maintenance": Fault(1, _html, "always a maintenance page"),
    "wrong-key": Fault(1, _wrong_key, "always 401"),
    "no-plan": Fault(1, _no_plan, "always 404"),
    "slow": Fault(1, _slow, "0.3 s before each answer"),
}
ORDERS_ON_V0 = "orders-v0"
SICK_ORDER = "sick-order"
NAMES = (*FAULTS, ORDERS_ON_V0, SICK_ORDER)


_Ids = Mapping[str, Collection[int]]


def with_troubles(answer: Answer, sick: _Ids, garbled: _Ids, refused: Mapping[str, int]) -> Answer:
    """What becomes of the true answer to a request for a list or a record of it.

    Args:
        answer: the true one.
        sick: list -> records; any answer that holds one of them is a 500.
        garbled: the same, but a 200 with half of the JSON.
        refused: list -> a status such as 403 or 404, the answer to whatever is asked of it.
    """
    name = answer.resource
    refusal = refused.get(name)
    if refusal is not None:
        return error(refusal, HTTPStatus(refusal).phrase, "This list cannot be read.")
    if any(record in sick.get(name, ()) for record in answer.ids):
        return error(500, "Internal Server Error", "Something went wrong.")
    if any(record in garbled.get(name, ()) for record in answer.ids):
        return replace(answer, body=answer.body[: len(answer.body) // 2])
    return answer


class Faults:
    """The faults that are switched on; decides each answer's fate.

    Args:
        names: some of `NAMES`; `orders-v0` and `sick-order` are the server's matter and do nothing
            here.

    Raises:
        ValueError: there is no fault of that name.
    """

    def __init__(self, names: Iterable[str]) -> None:
        names = tuple(names)
        unknown = sorted(set(names) - set(NAMES))
        if unknown:
            raise ValueError(f"unknown fault {', '.join(unknown)}: choose from {', '.join(NAMES)}")
        chosen = {name: FAULTS[name] for name in names if name in FAULTS}
        self._lasting = [fault for fault in chosen.values() if fault.every == 1]
        self._passing = {name: fault for name, fault in chosen.items() if fault.every > 1}
        self._since = dict.fromkeys(self._passing, 0)
        self._struck: set[str] = set()
        self._lock = Lock()

    def reply(self, request: str, answer: Answer) -> Reply:
        """What becomes of the true answer to a request (its path and query)."""
        reply = Reply(answer)
        due = self._due(request)
        for fault in [due, *self._lasting] if due else self._lasting:
            reply = fault.spoil(reply)
        return reply

    def _due(self, request: str) -> Fault | None:
        """The passing fault whose turn it is; a request that was struck the last time is spared."""
        with self._lock:
            for name in self._since:
                self._since[name] += 1
            if request in self._struck:
                self._struck.discard(request)
                return None
            for name, fault in self._passing.items():
                if self._since[name] >= fault.every:
                    self._since[name] = 0
                    self._struck.add(request)
                    return fault
        return None
