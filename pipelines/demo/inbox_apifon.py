"""Apifon's side: lists, fields, groups, and one subscriber per call; every request is signed.

A subscriber is looked up by the MD5 of the e-mail address; PUT replaces all of it; adding one that is there
is 409; whoever is blocked cannot be subscribed. reference/cscart-and-apifon.md 7.5.
"""

import hmac
import re
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import md5, sha256
from typing import Any

from pipelines.demo.inbox_checks import wrong
from pipelines.demo.inbox_wire import Reply, Request, as_json

TOKEN = "demo-token"  # noqa: S105
SECRET = "demo-secret"  # noqa: S105
ROOT = "/services/api/v1"
# Seconds a signature's date may be off.
SKEW = 300
STATUSES = ("SUBSCRIBED", "UNSUBSCRIBED", "UNCONFIRMED")
SUBSCRIBER = {
    "destination": "msisdn",
    "email": "email",
    "status": "string",
    "email_status": "string",
    "subscriber_fields": "",
    "gdpr_fields": "",
    "groupOptions": "list",
}
Record = dict[str, Any]


@dataclass
class List:
    """One list: its fields and their types, its groups and their options, its subscribers by lookup."""

    title: str
    fields: dict[str, str] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=dict)
    subscribers: dict[str, Record] = field(default_factory=dict)


@dataclass
class Apifon:
    """An account.

    Attributes:
        lists: by id; the first is another integration's.
        ahead: how far its clock is ahead of ours.
        blocked: destinations and addresses that are never to be written to again.
    """

    lists: dict[str, List] = field(default_factory=lambda: {"1": List("Verkkokauppa")})
    blocked: set[str] = field(default_factory=set)
    ahead: timedelta = timedelta()
    paths: tuple[str, ...] = (ROOT + "/",)

    def answer(self, request: Request) -> Reply:
        """What Apifon says to a request."""
        if not self._is_signed(request):
            return Reply(401)
        parts = [part for part in request.path.removeprefix(ROOT).split("/") if part]
        if parts == ["list"]:
            return self._lists(request)
        if parts == ["bounce", "subscriber"] and request.method == "GET":
            return _page("subscribers", [{"destination": each} for each in sorted(self.blocked)], request)
        if parts[:1] == ["list"] and parts[1] in self.lists:
            return self._in_list(self.lists[parts[1]], parts[2:], request)
        return _error(404, "No such list")

    def ours(self, title: str = "kassavirta") -> List:
        """The list of a title."""
        return next(each for each in self.lists.values() if each.title == title)

    def _is_signed(self, request: Request) -> bool:
        date = request.header("X-ApifonWS-Date")
        try:
            off = abs((parsedate_to_datetime(date) - datetime.now(UTC) - self.ahead).total_seconds())
        except (TypeError, ValueError):
            return False
        text = "\n".join([request.method, request.path, request.body.decode(), date])
        signature = b64encode(hmac.new(SECRET.encode(), text.encode(), sha256).digest()).decode()
        return off < SKEW and request.header("Authorization") == f"ApifonWS {TOKEN}:{signature}"

    def _lists(self, request: Request) -> Reply:
        if request.method == "POST":
            body = request.json() or {}
            if not body.get("title") or body.get("type") != "ADVANCED":
                return _error(400, "title and type are required")
            name = str(len(self.lists) + 1)
            self.lists[name] = List(body["title"])
            return Reply(201, b"", {"Location": f"{ROOT}/list/{name}"})
        found = [{"id": name, "title": each.title} for name, each in self.lists.items()]
        return _page("lists", found, request)

    def _in_list(self, where: List, rest: list[str], request: Request) -> Reply:
        if rest[:1] == ["subscriber"]:
            return self._subscriber(where, rest[1:], request)
        if rest == ["field"] and request.method == "POST":
            return _add(where.fields, request, "type")
        if rest == ["group"] and request.method == "POST":
            return _add(where.groups, request, None)
        if len(rest) == 2 and rest[1] == "option" and rest[0] in where.groups:
            name = str((request.json() or {}).get("field"))
            if not re.fullmatch("[A-Z][A-Z0-9_]*", name):
                return _error(400, "field must be upper snake")
            is_new = name not in where.groups[rest[0]]
            where.groups[rest[0]].add(name)
            return Reply(201) if is_new else _error(409, "Exists")
        return _error(404, "Not found")

    def _subscriber(self, where: List, rest: list[str], request: Request) -> Reply:
        if not rest and request.method == "POST":
            body = request.json() or {}
            lookup = md5(str(body.get("email", "")).encode()).hexdigest()
            if lookup in where.subscribers:
                return _error(409, "Subscriber exists")
            return self._write(where, lookup, body, 201)
        lookup = rest[0] if rest else ""
        if lookup not in where.subscribers:
            return _error(404, "No such subscriber")
        if request.method == "PUT":
            return self._write(where, lookup, request.json() or {}, 200)
        if request.method == "DELETE":
            del where.subscribers[lookup]
            return Reply(200, as_json({}))
        return Reply(200, as_json(where.subscribers[lookup]))

    def _write(self, where: List, lookup: str, body: Record, status: int) -> Reply:
        problem = self._wrong(where, body)
        if problem:
            return _error(400, problem)
        where.subscribers[lookup] = body
        return Reply(status, b"{}", {"Location": f"subscriber/{lookup}"})

    def _wrong(self, where: List, body: Record) -> str | None:
        for name, value in body.items():
            if name not in SUBSCRIBER:
                return f"Unknown property {name}"
            if SUBSCRIBER[name] and wrong(SUBSCRIBER[name], value):
                return f"{name} {wrong(SUBSCRIBER[name], value)}"
        for name in ("status", "email_status"):
            if body.get(name) not in STATUSES:
                return f"{name} must be one of {', '.join(STATUSES)}"
        unknown = set(body.get("subscriber_fields", {})) - set(where.fields)
        options = set(body.get("groupOptions", ())) - set().union(*where.groups.values(), set())
        if unknown or options:
            return f"Unknown {', '.join(sorted(unknown | options))}"
        is_blocked = self.blocked & {str(body.get("email")), str(body.get("destination"))}
        return "Blocked" if is_blocked and "SUBSCRIBED" in (body["status"], body["email_status"]) else None


def _add(to: dict[str, Any], request: Request, kind: str | None) -> Reply:
    """A field or group under its own name, upper snake of its label."""
    body = request.json() or {}
    name = re.sub("[^A-Z0-9]+", "_", str(body.get("title", "")).upper()).strip("_")
    if not name:
        return _error(400, "title is required")
    if name in to:
        return _error(409, "Exists")
    to[name] = body.get(kind, "TEXT") if kind else set()
    return Reply(201, b"{}", {"Location": name})


def _page(name: str, found: list[Record], request: Request) -> Reply:
    size, page = int(request.params.get("size", 20)), int(request.params.get("page", 1))
    here = found[(page - 1) * size : page * size]
    links = {"next": f"?page={page + 1}"} if page * size < len(found) else {}
    return Reply(200, as_json({name: here, "meta": {"page": page, "total": len(found)}, "links": links}))


def _error(status: int, detail: str) -> Reply:
    return Reply(status, as_json({"status": status, "title": "Error", "detail": detail}))
