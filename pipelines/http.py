"""Asks an API politely: one throttle, timeouts, retries, and no secret in what is said of it."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus, urlsplit

import pendulum
import requests
import tenacity
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3.exceptions import HTTPError, ReadTimeoutError

from pipelines.errors import (
    AccessDenied,
    ApiError,
    RateLimited,
    SettingsError,
    Unavailable,
)
from pipelines.settings import now

T = TypeVar("T")

EXCERPT = 200
# Seconds that two clocks may differ without a word.
SKEW = 60
REFUSED = "connection refused"
# The settings that say where a store is.
ADDRESS = "store_name or base_url (CS-Cart: url)"
# Only the white space of ASCII ends an address: wider spaces may be typed into one.
E_MAIL = re.compile(r"[^\s\"'<>@]+@[^\s\"'<>@]+", re.ASCII)
LONG_NUMBER = re.compile(r"\+?\d[\d\s-]{5,}\d")


@dataclass(frozen=True)
class Limits:
    """How hard one store may be asked: seconds, requests per second (0 = as fast as it answers), attempts."""

    timeout: float = 60.0
    requests_per_second: float = 0.0
    attempts: int = 6
    longest_wait: float = 60.0


@dataclass(frozen=True)
class Answer:
    """An answer to be read: its body, the API's clock when it gave it, and how many requests it took."""

    body: bytes
    date: pendulum.DateTime | None
    requests: int
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """One request.

    Attributes:
        path: what it is for, below the base address.
        params: its query.
        body: what is sent along, exactly these bytes.
        content_type: what the body is.
        verdicts: statuses whose answers are read; any other is an error.
        is_repeatable: whether sending it twice does no more than sending it once. One that is not is sent
            again only when it surely was not heard: 429, or no connection.
    """

    method: str
    path: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    body: bytes = b""
    content_type: str = "application/json"
    verdicts: Sequence[int] = (200,)
    is_repeatable: bool = True


# From a method, the path of the whole address and a body to the headers that prove who asks.
Sign = Callable[[str, str, bytes], Mapping[str, str]]


class Throttle:
    """Spaces requests of one store over all threads; holds all of them when the store asks to wait."""

    def __init__(self, requests_per_second: float) -> None:
        self._gap = 1 / requests_per_second if requests_per_second else 0.0
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Returns when it is this caller's turn."""
        while True:
            with self._lock:
                pause = self._next - time.monotonic()
                if pause <= 0:
                    self._next = time.monotonic() + self._gap
                    return
            time.sleep(pause)

    def hold(self, seconds: float) -> None:
        """Lets nobody through for so long."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)


class Session:
    """Requests to one store, or to one account at a destination.

    Args:
        name: its name in settings, for messages.
        base_url: where its API starts, without a trailing slash.
        user, key: HTTP Basic credentials; they appear in no message, log or repr.
        limits: timeouts and retries.
        connections: how many requests may be under way at once.
        sign: instead of HTTP Basic, what makes the headers of each attempt.
        secrets: what else must appear nowhere.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        user: str,
        key: str,
        limits: Limits,
        connections: int = 8,
        sign: Sign | None = None,
        secrets: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.base_url = base_url.rstrip("/")
        self.limits = limits
        self.throttle = Throttle(limits.requests_per_second)
        self.asked = 0
        self._sign = sign
        self._secrets = (key, user, b64encode(f"{user}:{key}".encode()).decode(), *secrets)
        self._http = requests.Session()
        # Without any, requests would look for a .netrc.
        self._http.auth = _unsigned if sign else HTTPBasicAuth(user.encode(), key.encode())
        self._http.headers.update({"Accept": "application/json", "User-Agent": "kassavirta"})
        self._http.mount(self.base_url, HTTPAdapter(pool_maxsize=connections))
        # Proxies and certificates: looked up once, which for each request would take as long as the request.
        self._surroundings = self._http.merge_environment_settings(self.base_url, {}, True, None, None)

    def __repr__(self) -> str:
        return f"Session({self.name!r}, {self.base_url!r})"

    def get(
        self,
        path: str,
        params: Mapping[str, str | int],
        read: Callable[[Answer], T],
        attempts: int | None = None,
    ) -> T:
        """What `read` makes of the answer; asked again while the store is busy or the body arrives broken.

        Args:
            path: what to ask for, below the base address.
            params: its query.
            read: makes a value of an answer, or raises Unavailable when it came broken.
            attempts: fewer than the store's own.

        Raises:
            AccessDenied: 401 or 403.
            RateLimited, Unavailable: still refused, broken or a web page after the last attempt.
            ApiError: any other status than 200.
            SettingsError: the host does not exist.
        """
        return self.send(Call("GET", path, params), read, attempts)

    def send(self, call: Call, read: Callable[[Answer], T], attempts: int | None = None) -> T:
        """What `read` makes of the answer to a request of any kind; as `get`.

        Raises:
            AccessDenied, RateLimited, Unavailable, ApiError, SettingsError: as `get`, for statuses that are
                no verdicts.
        """
        counter = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(min(attempts or self.limits.attempts, self.limits.attempts)),
            retry=tenacity.retry_if_exception(lambda error: _may_ask_again(call, error)),
            wait=self._pause,
            reraise=True,
        )
        for attempt in counter:
            number = attempt.retry_state.attempt_number
            with attempt:
                try:
                    return read(self._ask(call, number))
                except ApiError as failure:
                    failure.requests = number
                    raise
        raise AssertionError("tenacity either returns or raises")

    def close(self) -> None:
        """Ends the connections."""
        self._http.close()

    def _ask(self, call: Call, attempt: int) -> Answer:
        self.throttle.wait()
        self.asked += 1
        url = f"{self.base_url}/{call.path}"
        request = self._http.prepare_request(requests.Request(call.method, url, params=dict(call.params)))
        if call.body:
            request.prepare_body(call.body, None)
            request.headers["Content-Type"] = call.content_type
        if self._sign:
            request.headers.update(self._sign(call.method, urlsplit(request.url or "").path, call.body))
        try:
            response = self._http.send(
                request, timeout=self.limits.timeout, allow_redirects=False, **self._surroundings
            )
            with response:
                body = response.raw.read(decode_content=True)  # at once: `content` is put together from 10 KB
        except (requests.RequestException, HTTPError) as error:
            raise self._connection_error(call.method, url, error) from None
        self._check(call, response, body)
        date = _date(response.headers.get("Date"))
        return Answer(body, date, attempt, response.status_code, response.headers)

    def _check(self, call: Call, response: requests.Response, body: bytes) -> None:
        """Raises what a status that is no verdict, or a web page, means."""
        status, where = (
            response.status_code,
            f"{self.name}: {call.method} {_bare(response.url)} answered {response.status_code}",
        )
        if status == 200 and "html" in response.headers.get("Content-Type", "").lower():
            raise Unavailable(
                f"{where} with a web page, expected JSON. Check {ADDRESS}; if they are right, "
                "the shop may be under maintenance: try later.",
                status,
            )
        if status in call.verdicts:
            return
        excerpt = redact(body.decode(errors="replace"), self._secrets)
        if status == 401:
            raise AccessDenied(
                f"{where}: user or key is wrong. Set both in .dlt/secrets.toml.{self._clock(response)}",
                status,
            )
        if status == 403:
            raise AccessDenied(f"{where}: this API user has no right to read it. Give it the right.", status)
        if status == 429:
            seconds = _seconds(response.headers.get("Retry-After"))
            raise RateLimited(f"{where}: the store asks to wait {seconds:.0f} s. Try again later.", seconds)
        if status >= 500:
            said = excerpt or "no reason given"
            raise Unavailable(f"{where}: {said}. Try again later.", status, excerpt, may_be_rows=True)
        if 300 <= status < 400:
            raise ApiError(f"{where}: it points to another address. Set {ADDRESS} to that.", status)
        raise ApiError(f"{where}: {excerpt or 'no reason given'}", status)

    def _clock(self, response: requests.Response) -> str:
        """A word about this machine's clock, where requests are signed with it and it is wrong."""
        date = _date(response.headers.get("Date"))
        seconds = abs((now() - date).total_seconds()) if date and self._sign else 0
        return f" Or set this machine's clock: it is {seconds:.0f} s off theirs." if seconds > SKEW else ""

    def _connection_error(self, method: str, url: str, error: Exception) -> Exception:
        host = urlsplit(url).hostname or ""
        if not _has_address(host):
            return SettingsError(
                f"{self.name}: no such host {host}. Check {ADDRESS} in .dlt/config.toml, or your network."
            )
        if isinstance(error, requests.exceptions.SSLError):
            return SettingsError(f"{self.name}: {host} has no valid certificate. Check {ADDRESS}.")
        cause = _cause(error)
        return Unavailable(
            f"{self.name}: {method} {_bare(url)} got no whole answer ({cause}). Try again later.",
            excerpt=cause,
            may_be_rows=cause != REFUSED,
        )

    def _pause(self, state: tenacity.RetryCallState) -> float:
        jittered = tenacity.wait_exponential_jitter(multiplier=0.5, max=self.limits.longest_wait)(state)
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, RateLimited):
            return jittered
        if error.seconds > 10 * self.limits.longest_wait:
            raise error
        self.throttle.hold(error.seconds or jittered)
        return 0.0


def post_json(url: str, document: Mapping[str, Any], seconds: float) -> None:
    """Sends a document to an address, which is a secret: who knows it can write there.

    Raises:
        ApiError: it was not taken; the message does not hold the address.
    """
    try:
        answer = requests.post(url, json=dict(document), timeout=seconds, allow_redirects=False)
    except requests.RequestException as error:
        raise ApiError(f"no answer, {_cause(error)}") from None
    if answer.status_code >= 300:
        raise ApiError(f"answered {answer.status_code}", answer.status_code)


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _may_ask_again(call: Call, error: BaseException) -> bool:
    if not isinstance(error, Unavailable):
        return False
    return call.is_repeatable or isinstance(error, RateLimited) or error.excerpt == REFUSED


def redact(text: str, secrets: Sequence[str] = ()) -> str:
    """The beginning of a text, on one line, without the secrets, e-mail addresses and long numbers.

    A secret is found however the text spells it: as it is, as PHP's or another JSON, or as an address.
    """
    for secret in filter(None, secrets):
        for spelling in {secret, json.dumps(secret)[1:-1], secret.replace("/", "\\/"), *_in_address(secret)}:
            text = text.replace(spelling, "<secret>")
    short = " ".join(E_MAIL.sub("<e-mail>", text[:EXCERPT]).split())
    return LONG_NUMBER.sub("<number>", short)


def _in_address(text: str) -> set[str]:
    return {quote(text), quote(text, safe=""), quote_plus(text)}


def _bare(url: str | None) -> str:
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"


def _has_address(host: str) -> bool:
    try:
        return bool(socket.getaddrinfo(host, None))
    except OSError:
        return False


def _cause(error: Exception) -> str:
    if isinstance(error, requests.Timeout | ReadTimeoutError):
        return "time-out"
    return REFUSED if "refused" in str(error) else "connection broken"


def _date(header: str | None) -> pendulum.DateTime | None:
    try:
        return pendulum.instance(parsedate_to_datetime(header or "")).in_timezone("UTC")
    except ValueError:
        return None


def _seconds(header: str | None) -> float:
    """The seconds a Retry-After header asks for, whether it gives seconds or a moment; 0 without one."""
    if not header:
        return 0.0
    if header.strip().isdigit():
        return float(header)
    moment = _date(header)
    return max(0.0, (moment - now()).total_seconds()) if moment else 0.0
