"""Requests are retried as the store asks, given up with a sentence, and never tell a secret."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from pipelines.errors import (
    AccessDenied,
    ApiError,
    PipelineError,
    RateLimited,
    SettingsError,
    Unavailable,
)
from pipelines.http import Answer, Call, Limits, Session, Throttle, redact

JSON = {"Content-Type": "application/json"}
Reply = tuple[int, dict[str, str], bytes]


class Scripted(ThreadingHTTPServer):
    """Answers one reply after the other; the last one again and again."""

    daemon_threads = True

    def __init__(self, replies: list[Reply]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies = replies
        self.requests: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: Any = self.server
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        told = {"path": self.path, "headers": dict(self.headers), "at": time.monotonic(), "body": sent}
        server.requests.append(told | {"method": self.command})
        status, headers, body = server.replies[min(len(server.requests), len(server.replies)) - 1]
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        if headers.get("Content-Length"):
            self.close_connection = True

    do_POST = do_PUT = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[..., Scripted]]:
    running: list[Scripted] = []

    def start(*replies: Reply) -> Scripted:
        server = Scripted(list(replies))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def session(url: str, **limits: Any) -> Session:
    return Session(
        "main",
        url,
        "api@example.com",
        "s3cret-key",
        Limits(**({"attempts": 3, "longest_wait": 0.2} | limits)),
    )


def body(answer: Answer) -> bytes:
    return answer.body


OK: Reply = (200, JSON, b'{"data":[]}')


def test_a_request_says_who_asks_and_what_it_takes(serve: Callable[..., Scripted]) -> None:
    server = serve(OK)
    assert session(server.url).get("v1/orders", {"page": 1, "page_size": 2}, body) == b'{"data":[]}'
    (request,) = server.requests
    assert request["path"] == "/v1/orders?page=1&page_size=2"
    assert request["headers"]["Accept"] == "application/json"
    assert request["headers"]["Authorization"].startswith("Basic ")


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_passing_refusal_is_asked_again(serve: Callable[..., Scripted], status: int) -> None:
    server = serve((status, JSON, b"busy"), (status, JSON, b"busy"), OK)
    assert session(server.url).get("orders", {}, lambda answer: answer.requests) == 3


def test_a_cut_off_body_is_asked_again(serve: Callable[..., Scripted]) -> None:
    server = serve((200, JSON | {"Content-Length": "999"}, b'{"da'), OK)
    assert session(server.url).get("orders", {}, body) == b'{"data":[]}'


def test_a_body_that_cannot_be_read_is_asked_again(serve: Callable[..., Scripted]) -> None:
    server = serve((200, JSON, b"{"), OK)

    def read(answer: Answer) -> bytes:
        if answer.body == b"{":
            raise Unavailable("broken")
        return answer.body

    assert session(server.url).get("orders", {}, read) == b'{"data":[]}'


def test_retry_after_is_waited_for(serve: Callable[..., Scripted]) -> None:
    server = serve((429, JSON | {"Retry-After": "1"}, b""), OK)
    session(server.url).get("orders", {}, body)
    first, second = (request["at"] for request in server.requests)
    assert 1.0 <= second - first < 3.0


def test_a_wait_of_hours_is_not_sat_out(serve: Callable[..., Scripted]) -> None:
    server = serve((429, JSON | {"Retry-After": "7200"}, b""))
    with pytest.raises(RateLimited, match="wait 7200 s") as caught:
        session(server.url).get("orders", {}, body)
    assert caught.value.seconds == 7200
    assert len(server.requests) == 1


def test_a_slow_answer_times_out_and_is_asked_again(serve: Callable[..., Scripted]) -> None:
    server = serve((200, JSON | {"Content-Length": "999"}, b""), OK)
    assert session(server.url, timeout=0.3).get("orders", {}, body) == b'{"data":[]}'


@pytest.mark.parametrize(
    ("reply", "error", "words", "requests"),
    [
        ((401, JSON, b"{}"), AccessDenied, "user or key is wrong", 1),
        ((403, JSON, b"{}"), AccessDenied, "no right to read it", 1),
        ((404, JSON, b'{"error":"Not Found"}'), ApiError, "answered 404", 1),
        ((422, JSON, b'{"errors":{}}'), ApiError, "answered 422", 1),
        ((302, JSON | {"Location": "https://other.example.com/"}, b""), ApiError, "another address", 1),
        ((200, {"Content-Type": "text/html; charset=utf-8"}, b"<html>"), Unavailable, "with a web page", 3),
        ((500, JSON, b"oops"), Unavailable, "oops. Try again later", 3),
    ],
)
def test_a_refusal_is_one_sentence_that_says_what_to_do(
    serve: Callable[..., Scripted], reply: Reply, error: type[PipelineError], words: str, requests: int
) -> None:
    server = serve(reply)
    with pytest.raises(error, match=words) as caught:
        session(server.url).get("orders", {"page": 1}, body)
    assert caught.value.exit_code == 3
    assert str(caught.value).startswith("main: GET ")
    assert len(server.requests) == requests


def test_a_host_that_does_not_exist_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match=r"no such host no-such-store.invalid. Check store_name"):
        session("https://no-such-store.invalid", attempts=1).get("orders", {}, body)


def test_a_server_that_is_not_there_is_told_apart() -> None:
    with pytest.raises(Unavailable, match="connection refused"):
        session("http://127.0.0.1:9", attempts=1).get("orders", {}, body)


def test_no_secret_is_in_a_message_or_a_repr(serve: Callable[..., Scripted]) -> None:
    server = serve((500, JSON, b"for api@example.com key s3cret-key call +358 40 123 4567"))
    asking = session(server.url)
    with pytest.raises(Unavailable) as caught:
        asking.get("orders", {"email": "someone@example.com"}, body)
    told = f"{caught.value} {asking!r} {vars(caught.value)}"
    for secret in ("example.com", "s3cret-key", "123 4567"):
        assert secret not in told


def test_long_texts_addresses_and_numbers_are_cut_out() -> None:
    assert redact("a@b.fi said\n hello 12345678 " + "x" * 500) == "<e-mail> said hello <number> " + "x" * 172
    assert redact("no an\u2003na@b\u200b.fi\u00a0, an\u00a0na@b.fi") == "no <e-mail> <e-mail>"


def test_all_threads_share_one_throttle() -> None:
    throttle, turns = Throttle(requests_per_second=50), []

    def ask() -> None:
        throttle.wait()
        turns.append(time.monotonic())

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(turns) - min(turns) >= 9 / 50 * 0.9


def test_a_store_that_asks_to_wait_holds_every_thread() -> None:
    throttle, started = Throttle(0), time.monotonic()
    throttle.hold(0.3)
    throttle.wait()
    assert time.monotonic() - started >= 0.3


def test_what_is_sent_arrives_signed_byte_for_byte_at_each_attempt(serve: Callable[..., Scripted]) -> None:
    server = serve((503, JSON, b""), (201, JSON, b"made"))
    signed = []

    def sign(method: str, path: str, body: bytes) -> dict[str, str]:
        signed.append((method, path, body))
        return {"Authorization": f"Signed {len(signed)}"}

    limits = Limits(attempts=3, longest_wait=0.2)
    sender = Session("custobar", f"{server.url}/base", "", "", limits, sign=sign)
    call = Call("PUT", "rows/1", {"a": "b"}, body="ä{}".encode(), verdicts=(200, 201))
    assert sender.send(call, lambda answer: (answer.status, answer.body)) == (201, b"made")
    assert signed == [("PUT", "/base/rows/1", "ä{}".encode())] * 2
    assert [request["body"] for request in server.requests] == ["ä{}".encode()] * 2
    assert [request["headers"]["Authorization"] for request in server.requests] == ["Signed 1", "Signed 2"]
    assert server.requests[1]["path"] == "/base/rows/1?a=b"
    assert server.requests[1]["headers"]["Content-Type"] == "application/json"


@pytest.mark.parametrize(("status", "asked"), [(500, 1), (503, 1), (429, 2)])
def test_what_must_not_happen_twice_is_sent_again_only_when_it_was_not_heard(
    serve: Callable[..., Scripted], status: int, asked: int
) -> None:
    server = serve((status, JSON, b"busy"), OK)
    call = Call("POST", "events", body=b"[]", is_repeatable=False)
    if asked == 1:
        with pytest.raises(Unavailable):
            session(server.url).send(call, body)
    else:
        assert session(server.url).send(call, body) == b'{"data":[]}'
    assert len(server.requests) == asked


def test_a_verdict_is_read_and_any_other_status_is_an_error(serve: Callable[..., Scripted]) -> None:
    server = serve((400, JSON, b"bad row"), (404, JSON, b"nothing here"))
    call = Call("POST", "rows", body=b"[]", verdicts=(200, 400))
    assert session(server.url).send(call, body) == b"bad row"
    with pytest.raises(ApiError, match=r"POST .*/rows answered 404: nothing here"):
        session(server.url).send(call, body)


def test_no_secret_of_a_signed_session_is_told(serve: Callable[..., Scripted]) -> None:
    server = serve((418, JSON, b"Bearer t0p-secret is unknown"))
    sender = Session(
        "custobar", server.url, "", "", Limits(attempts=1), sign=lambda *_: {}, secrets=("t0p-secret",)
    )
    with pytest.raises(ApiError) as caught:
        sender.get("rows", {}, body)
    assert "t0p-secret" not in f"{caught.value}{sender!r}"
    assert "<secret>" in str(caught.value)
