"""Serves a shop on the loopback as MyCashflow would: `with serve(shop) as server: ...`.

Below `/cscart` and its sisters it answers as CS-Cart would (`cscart`). HTTP/1.1, HTTP Basic, keep-alive,
one thread per connection. Two addresses need no key and are no part of
MyCashflow's API: `GET /demo/ledger` answers the shop's true figures, `POST /demo/touch?count=1000` changes so
many orders, scattered over all, and answers their ids. Errors: reference/mycashflow-api.md 1.1 and
1.10.
"""

import base64
import json
import socket
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pipelines.demo import cscart
from pipelines.demo.cscart import CartApi, is_cscart, restated
from pipelines.demo.cscart_entities import NEWSLETTER
from pipelines.demo.faults import ORDERS_ON_V0, SICK_ORDER, Faults, Reply, with_troubles
from pipelines.demo.mycashflow import Answer, Api, error
from pipelines.demo.shop import Shop

USER = "demo@example.com"
KEY = "demo-key"
LEDGER_PATH = "/demo/ledger"
TOUCH_PATH = "/demo/touch"

Request = tuple[str, str, dict[str, str], int]
"""Method, path, parameters, status answered (0: the connection was closed instead)."""


class ShopServer(ThreadingHTTPServer):
    """A running server.

    Attributes:
        requests: every request answered so far, oldest first; may be cleared at any time.
        before_answer: called with path and parameters before each answer is made, one call at a
            time.
        sick: list -> ids of records; each answer that holds one of them is a 500 instead, always.
        garbled: the same, but a 200 with half of the JSON.
        refused: list -> 403 or 404, the answer to every request for it or for a record of it.
            These three may be changed at any time, from any thread.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, port: int, shop: Shop, api: Api, cart: CartApi, faults: Faults, latency: float, login: str
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.shop = shop
        self.api = api
        self.cart = cart
        self.faults = faults
        self.latency = latency
        self.authorization = "Basic " + base64.b64encode(login.encode()).decode()
        self.requests: list[Request] = []
        self.before_answer: Callable[[str, dict[str, str]], None] | None = None
        self.sick: dict[str, set[int]] = defaultdict(set)
        self.garbled: dict[str, set[int]] = defaultdict(set)
        self.refused: dict[str, int] = {}
        self.closing = Event()
        self._hook_lock = Lock()
        self._connections: set[socket.socket] = set()

    def prepare(self, path: str, params: dict[str, str]) -> None:
        """Lets the test write to the shop before the answer is made."""
        if self.before_answer is not None:
            with self._hook_lock:
                self.before_answer(path, params)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remembers the connection, to close it at the end."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forgets the connection."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tells of our own mistakes; clients that leave in the middle are no news."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Ends the loop, the stalled answers and the connections that are still open."""
        self.closing.set()
        self.shutdown()
        self.server_close()
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


@contextmanager
def serve(
    shop: Shop,
    port: int = 0,
    faults: Iterable[str] = (),
    latency: float = 0.0,
    user: str = USER,
    key: str = KEY,
    orders_version: str = "v1",
    page_size_cap: int | None = None,
    versions: Mapping[str, str] | None = None,
    cart_page_size: int = cscart.PAGE_SIZE,
    addons: Sequence[str] = (NEWSLETTER,),
) -> Iterator[ShopServer]:
    """A server in a thread of its own, until the block ends.

    Args:
        shop: what is served; it may be written to meanwhile.
        port: 0 for any free one.
        faults: names of `faults.NAMES`.
        latency: seconds before each answer.
        user: the API user's e-mail address.
        key: its API key.
        orders_version: the only API version that has orders.
        page_size_cap: the largest page the shop gives, whatever is asked.
        versions: list -> the only API version that has it, `{"campaigns": "v0"}`; v1 for the others.
        cart_page_size: how many rows a page of the CS-Cart view has when the client does not say.
        addons: the CS-Cart add-ons switched on; without `email_marketing` there are no subscribers.
    """
    faults = tuple(faults)
    chosen = {"orders": "v0" if ORDERS_ON_V0 in faults else orders_version, **(versions or {})}
    api = Api(shop, chosen, page_size_cap)
    cart = CartApi(shop, cart_page_size, addons)
    server = ShopServer(port, shop, api, cart, Faults(faults), latency, f"{user}:{key}")
    ids = shop.ids("orders") if SICK_ORDER in faults else []
    server.sick["orders"] |= set(ids[len(ids) // 2 :][:1])
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ShopServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        params = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.server.prepare(parts.path, params)
        if parts.path == LEDGER_PATH:
            reply = Reply(_json(self.server.shop.ledger().as_json()))
        elif is_cscart(parts.path):
            reply = self.server.faults.reply(self.path, self._cart_answer(parts.path, parts.query))
            reply = replace(reply, answer=restated(reply.answer))
        else:
            reply = self.server.faults.reply(self.path, self._answer(parts.path, params))
        status = 0 if reply.is_silent else reply.answer.status
        self.server.requests.append((self.command, parts.path, params, status))
        self._pause(reply)
        self._send(reply)

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        if parts.path != TOUCH_PATH:
            self._refuse_method()
            return
        count = int(dict(parse_qsl(parts.query)).get("count", 1))
        self._send(Reply(_json(self.server.shop.touch(count))))

    def _refuse_method(self) -> None:
        parts = urlsplit(self.path)
        if is_cscart(parts.path):
            answer = self._cart_answer(parts.path, parts.query)
        else:
            refusal = error(405, "Method Not Allowed", "This shop can only be read.")
            answer = replace(refusal, headers={"Allow": "GET"})
        self.server.requests.append((self.command, parts.path, {}, answer.status))
        self.close_connection = True
        self._send(Reply(answer))

    do_HEAD = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse_method  # noqa: N815

    def _answer(self, path: str, params: dict[str, str]) -> Answer:
        if self.headers.get("Authorization") != self.server.authorization:
            refusal = error(401, "Unauthorized", "Wrong user or API key.")
            return replace(refusal, headers={"WWW-Authenticate": 'Basic realm="MyCashflow API"'})
        if path.endswith("/"):
            return error(400, "Bad Request", "The address must not end with a slash.")
        if "application/json" not in self.headers.get("Accept", ""):
            return error(406, "Not Acceptable", "Send Accept: application/json.")
        server = self.server
        answer = server.api.answer(server.url, path, params)
        return with_troubles(answer, server.sick, server.garbled, server.refused)

    def _cart_answer(self, path: str, query: str) -> Answer:
        """The same shop through the CS-Cart API."""
        server = self.server
        if self.headers.get("Authorization") != server.authorization:
            return cscart.unauthorised()
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = server.cart.answer(self.command, path, query, headers)
        return with_troubles(answer, server.sick, server.garbled, server.refused)

    def _pause(self, reply: Reply) -> None:
        seconds = self.server.latency + reply.pause
        if seconds:
            self.server.closing.wait(seconds)

    def _send(self, reply: Reply) -> None:
        """Head and body in one write, so that no delayed acknowledgement comes between them."""
        if reply.is_silent:
            self.close_connection = True
            return
        answer = reply.answer
        self.close_connection |= bool(reply.missing)
        body = b"" if self.command == "HEAD" else answer.body
        headers = {
            "Date": formatdate(self.server.shop.clock(), usegmt=True),
            "Content-Type": "application/json; charset=utf-8",
            "Content-Length": str(len(answer.body) + reply.missing),
            "Connection": "close" if self.close_connection else "keep-alive",
            **answer.headers,
        }
        head = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        self.wfile.write("\r\n".join([*head, "", ""]).encode() + body)

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are kept in `server.requests`; nothing is printed."""


def _json(value: object) -> Answer:
    return Answer(200, json.dumps(value).encode())
