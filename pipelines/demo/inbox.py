"""Receives what a shop sends on, as Custobar, Apifon and OGOship would: `with receive() as inbox: ...`.

`python -m pipelines.demo.inbox` serves it until Ctrl-C, to try things without an account.

One loopback server plays all three; their addresses do not meet. It keeps what it accepted, so that a test
can compare. What goes wrong with real ones can be switched on: a declared limit that is enforced, random
429s, answers that are lost after the rows were accepted, a refusal behind a 200, rows that can be read back
only later. Facts: reference/custobar-and-ogoship.md A and B, reference/cscart-and-apifon.md 7.5.
"""

import random
import socket
import sys
import time
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pipelines.demo.inbox_apifon import Apifon
from pipelines.demo.inbox_custobar import Custobar
from pipelines.demo.inbox_ogoship import OgoShip
from pipelines.demo.inbox_wire import Reply, Request, as_json

MINUTE = 60.0
# A text with a null byte, as JSON spells it: a service that keeps its texts in PostgreSQL breaks down.
NULL = b"\\u0000"
BROKEN = b"<html><body><h1>Server Error (500)</h1></body></html>"
HTML = {"Content-Type": "text/html; charset=utf-8"}


@dataclass
class Troubles:
    """What goes wrong, and how often; chance is seeded, so a test meets the same luck every time.

    Attributes:
        limited: share of requests answered with 429.
        lost: share of answers that never arrive, after all was done.
        per_minute: requests of any minute after which all are 429; 0 for no limit.
        seconds: how long each answer takes.
        down: statuses for the next things that are sent, first come first served; they are not taken.
        silent: how many of the next answers to what was sent are lost.
        garbled: methods that are answered with `garbage` instead, and nothing done.
        poison: bytes in whatever is sent that make the service break down with a 500.
        too_many: how many requests came beyond the limit.
    """

    limited: float = 0.0
    lost: float = 0.0
    per_minute: int = 0
    seconds: float = 0.0
    seed: int = 1
    down: deque[int] = field(default_factory=deque)
    silent: int = 0
    garbled: Collection[str] = ()
    garbage: Reply = field(default_factory=lambda: Reply(200))
    poison: bytes = NULL
    too_many: int = 0

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._recent: deque[float] = deque()
        self._lock = Lock()

    def before(self, request: Request) -> Reply | None:
        """An answer instead of the true one, or none."""
        is_login = request.path.startswith("/OAuth")
        with self._lock:
            if self.down and request.method != "GET" and not is_login:
                return Reply(self.down.popleft(), as_json({"error": {"reason": "down"}}))
            if request.method in self.garbled and not is_login:
                return self.garbage
            if self._is_too_much() or self._chance.random() < self.limited:
                return Reply(429, as_json({"error": {"reason": "too many requests"}}), {"Retry-After": "0"})
        return Reply(500, BROKEN, HTML) if self.poison in request.body else None

    def is_lost(self, method: str) -> bool:
        """Whether the answer that is ready goes astray."""
        with self._lock:
            if self.silent and method != "GET":
                self.silent -= 1
                return True
            return self._chance.random() < self.lost

    def _is_too_much(self) -> bool:
        now = time.monotonic()
        while self._recent and self._recent[0] < now - MINUTE:
            self._recent.popleft()
        self._recent.append(now)
        is_too_much = bool(self.per_minute) and len(self._recent) > self.per_minute
        self.too_many += is_too_much
        return is_too_much


class Inbox(ThreadingHTTPServer):
    """A running server.

    Attributes:
        requests: (method, path, status) of every request, oldest first; status 0: the answer was lost.
        custobar, apifon, ogoship: what each has accepted, and its rules.
        troubles: what goes wrong; may be changed at any time.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, troubles: Troubles) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.troubles = troubles
        self.requests: list[tuple[str, str, int]] = []
        self.custobar = Custobar()
        self.apifon = Apifon()
        self.ogoship = OgoShip()
        self._lock = Lock()
        self._connections: set[socket.socket] = set()

    def answer(self, request: Request) -> Reply:
        """The true answer; one at a time."""
        with self._lock:
            for service in (self.ogoship, self.apifon, self.custobar):
                if request.path.startswith(service.paths):
                    return service.answer(request)
        return Reply(404, as_json({"error": {"reason": "no such address"}}))

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remembers the connection, to close it at the end."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forgets the connection."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def stop(self) -> None:
        """Ends the loop and the connections that are still open."""
        self.shutdown()
        self.server_close()
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


@contextmanager
def receive(port: int = 0, troubles: Troubles | None = None) -> Iterator[Inbox]:
    """A server in a thread of its own, until the block ends; port 0 is any free one."""
    inbox = Inbox(port, troubles or Troubles())
    thread = Thread(target=inbox.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield inbox
    finally:
        inbox.stop()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Inbox

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        request = Request(self.command, parts.path, params, dict(self.headers), body)
        troubles = self.server.troubles
        time.sleep(troubles.seconds)
        refusal = troubles.before(request)
        reply = refusal or self.server.answer(request)
        is_lost = not refusal and troubles.is_lost(self.command)
        self.server.requests.append((self.command, parts.path, 0 if is_lost else reply.status))
        if is_lost:
            self.close_connection = True
        else:
            self._send(reply)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815

    def _send(self, reply: Reply) -> None:
        headers: Mapping[str, str] = {
            "Content-Type": "application/json; charset=utf-8",
            "Content-Length": str(len(reply.body)),
            "Date": format_datetime(datetime.now(UTC) + self.server.apifon.ahead, usegmt=True),
            **reply.headers,
        }
        head = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        self.wfile.write("\r\n".join([*head, "", ""]).encode() + reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are kept in `server.requests`; nothing is printed."""


def main(port: int = 8766) -> int:
    """Serves until Ctrl-C."""
    with receive(port) as inbox:
        sys.stdout.write(f"serving {inbox.url}\n")
        sys.stdout.flush()
        try:
            Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
