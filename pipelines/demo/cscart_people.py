"""Accounts, user groups and newsletter subscribers as CS-Cart shows them.

Facts: reference/cscart-and-apifon.md 4.1 and 4.2. Guests are no users. Unsubscribing deletes the row.
Chosen by us: every twelfth subscriber has not confirmed (P); the shop's only administrator is user 1,
found by those who ask for all types.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.demo.cscart_asking import Ask, is_falling, number_of, sort_of
from pipelines.demo.cscart_index import Index
from pipelines.demo.helsinki import moment_of
from pipelines.demo.shop import Shop

_ADMIN_EMAIL = "admin@example.com"
_PENDING_EVERY = 12
_LEFT_GROUP = 2


@dataclass(frozen=True, slots=True)
class UserFacts:
    """One user."""

    user_id: int
    timestamp: int
    status: str
    firstname: str
    lastname: str
    email: str
    company: str
    company_id: int
    phone: str
    last_login: int
    group_ids: tuple[int, ...] = ()
    user_type: str = "C"


@dataclass(frozen=True, slots=True)
class SubscriberFacts:
    """One line of the newsletter list; `is_there` until it is unsubscribed."""

    subscriber_id: int
    email: str
    timestamp: int
    status: str
    lang_code: str
    is_there: bool


def normalised(email: str) -> str:
    """The address as it is compared."""
    return email.strip().lower()


def is_pending(subscriber_id: int) -> bool:
    """Whether the subscriber has not confirmed the address."""
    return subscriber_id % _PENDING_EVERY == 0


def user_facts(record: dict[str, Any]) -> UserFacts:
    """What is remembered of one of the shop's accounts."""
    seen = record.get("last_login_at")
    return UserFacts(
        user_id=record["id"],
        timestamp=moment_of(record["created_at"]),
        status="D" if record.get("login_allowed") is False else "A",
        firstname=record.get("first_name") or "",
        lastname=record.get("last_name") or "",
        email=record.get("email") or "",
        company=record.get("company") or "",
        company_id=record.get("version_id") or 1,
        phone=record.get("phone") or "",
        last_login=moment_of(seen) if seen else 0,
        group_ids=tuple(group["id"] for group in record["customer_groups"]),
    )


def subscriber_facts(record: dict[str, Any]) -> SubscriberFacts:
    """What is remembered of one line of the shop's newsletter list."""
    return SubscriberFacts(
        subscriber_id=record["id"],
        email=(record.get("email") or "").strip(),
        timestamp=moment_of(record.get("subscribed_at") or record["created_at"]),
        status="P" if is_pending(record["id"]) else "A",
        lang_code=language_code(record.get("language")),
        is_there=not record.get("unsubscribed_at"),
    )


def language_code(language: str | None) -> str:
    """CS-Cart's spelling of the shop's languages."""
    return "sv" if language == "se" else language or "fi"


class Users:
    """The users of a shop."""

    sorts = ("id", "username", "email", "name", "date", "type", "status", "phone", "last_login", "company")

    def __init__(self, index: Index[UserFacts]) -> None:
        self._index = index

    def find(self, ask: Ask) -> list[UserFacts]:
        """The users a list has, in its order."""
        tests = [*_user_tests(ask)]
        everybody = [_ADMIN, *self._index.facts()[1].values()]
        found = [user for user in everybody if all(test(user) for test in tests)]
        found.sort(key=lambda user: user.user_id)
        found.sort(key=_USER_KEYS[sort_of(ask, self.sorts, "name")], reverse=is_falling(ask, "asc"))
        return found

    def accounts(self) -> list[UserFacts]:
        """All customers."""
        return list(self._index.facts()[1].values())

    def one(self, user_id: int) -> UserFacts | None:
        """The user with that id."""
        return self._index.facts()[1].get(user_id) or (_ADMIN if user_id == 1 else None)

    def row(self, user: UserFacts, ask: Ask) -> dict[str, Any]:
        """The user, the same in a list and alone."""
        row: dict[str, Any] = {
            "user_id": str(user.user_id),
            "user_login": user.email,
            "is_root": "N" if user.user_type == "C" else "Y",
            "timestamp": str(user.timestamp),
            "user_type": user.user_type,
            "status": user.status,
            "firstname": user.firstname,
            "lastname": user.lastname,
            "email": user.email,
            "company": user.company,
            "company_id": str(user.company_id),
            "phone": user.phone,
        }
        if ask.dialect.has_last_login:
            row["last_login"] = str(user.last_login)
        if ask.params.text("extended_search") != "0":
            row["company_name"] = "Esimerkkikauppa" if user.company_id == 1 else None
        return row

    def groups(self, ask: Ask) -> list[dict[str, str]]:
        """The links of the user `user_id` to groups; one to a group left stays, with status D."""
        user = self.one(number_of(ask.params.text("user_id")))
        if user is None:
            return []
        left = [_LEFT_GROUP] if user.user_id % 40 == 0 else []
        return [
            {
                "link_id": str(user.user_id * 10 + group_id),
                "user_id": str(user.user_id),
                "usergroup_id": str(group_id),
                "status": "D" if group_id in left else "A",
            }
            for group_id in [*user.group_ids, *left]
        ]


class Subscribers:
    """The newsletter list of a shop."""

    sorts = ("email", "name", "status", "timestamp")

    def __init__(self, shop: Shop) -> None:
        self._index = Index(shop, "email_subscribers", subscriber_facts)

    def find(self, ask: Ask) -> list[SubscriberFacts]:
        """The subscribers a list has, in its order."""
        tests = [*_subscriber_tests(ask)]
        lines = self._index.facts()[1].values()
        found = [line for line in lines if line.is_there and all(test(line) for test in tests)]
        found.sort(key=lambda line: line.subscriber_id)
        by = sort_of(ask, self.sorts, "timestamp")
        found.sort(key=_SUBSCRIBER_KEYS[by], reverse=is_falling(ask, "desc"))
        return found

    def one(self, subscriber_id: int) -> SubscriberFacts | None:
        """The subscriber with that id."""
        found = self._index.facts()[1].get(subscriber_id)
        return found if found and found.is_there else None

    def row(self, line: SubscriberFacts, ask: Ask) -> dict[str, Any]:
        """The subscriber with the key that unsubscribes, which nobody should keep."""
        secret = hashlib.sha256(f"unsubscribe {line.subscriber_id}".encode()).hexdigest()[:32]
        return {
            "subscriber_id": str(line.subscriber_id),
            "email": line.email,
            "timestamp": str(line.timestamp),
            "name": "",
            "unsubscribe_key": secret,
            "status": line.status,
        }


def usergroup_row(record: Mapping[str, Any]) -> dict[str, str]:
    """One user group of customers."""
    return {
        "usergroup_id": str(record["id"]),
        "status": "A",
        "type": "C",
        "usergroup": record.get("name") or "",
        "lang_code": "fi",
    }


_ADMIN = UserFacts(1, 1116709280, "A", "Ylläpito", "Esimerkki", _ADMIN_EMAIL, "", 1, "", 0, (), "A")
_USER_KEYS: dict[str, Callable[[UserFacts], Any]] = {
    "id": lambda user: user.user_id,
    "username": lambda user: user.email.casefold(),
    "email": lambda user: user.email.casefold(),
    "name": lambda user: (user.lastname.casefold(), user.firstname.casefold()),
    "date": lambda user: user.timestamp,
    "type": lambda user: user.user_type,
    "status": lambda user: user.status,
    "phone": lambda user: user.phone,
    "last_login": lambda user: user.last_login,
    "company": lambda user: user.company,
}
_SUBSCRIBER_KEYS: dict[str, Callable[[SubscriberFacts], Any]] = {
    "email": lambda line: line.email.casefold(),
    "name": lambda line: "",
    "status": lambda line: line.status,
    "timestamp": lambda line: line.timestamp,
}


def _user_tests(ask: Ask) -> Iterable[Callable[[UserFacts], bool]]:
    params = ask.params
    kinds = set(params.texts("user_type")) | set(params.texts("user_types"))
    if kinds:
        yield lambda user: user.user_type in kinds
    if "user_ids" in params:
        wanted = params.numbers("user_ids")
        yield lambda user: user.user_id in wanted
    if "exclude_user_ids" in params:
        unwanted = params.numbers("exclude_user_ids")
        yield lambda user: user.user_id not in unwanted
    if "company_ids" in params:
        companies = params.numbers("company_ids")
        yield lambda user: user.company_id in companies
    if "status" in params:
        status = params.text("status")
        yield lambda user: user.status == status
    if "usergroup_id" in params:
        yield _in_group(*params.numbers("usergroup_id"))
    for name, value in _USER_TEXTS.items():
        if name in params:
            yield _holds(value, params.text(name))


_USER_TEXTS: dict[str, Callable[[UserFacts], str]] = {
    "email": lambda user: user.email,
    "user_login": lambda user: user.email,
    "name": lambda user: f"{user.firstname} {user.lastname}",
    "company": lambda user: user.company,
    "phone": lambda user: user.phone,
}
"""Filters by a part of a text."""


def _holds(value: Callable[[Any], str], part: str) -> Callable[[Any], bool]:
    return lambda facts: part.casefold() in value(facts).casefold()


def _in_group(*group_ids: int) -> Callable[[UserFacts], bool]:
    """Group 0: those in no group."""
    wanted = set(group_ids)
    return lambda user: not wanted.isdisjoint(user.group_ids) or (0 in wanted and not user.group_ids)


def _subscriber_tests(ask: Ask) -> Iterable[Callable[[SubscriberFacts], bool]]:
    params = ask.params
    if "email" in params:
        yield _holds(lambda line: line.email, params.text("email"))
    if "status" in params:
        yield lambda line: line.status == params.text("status")
    if "name" in params:
        yield lambda line: False
    if "lang_code" in params:
        yield lambda line: line.lang_code == params.text("lang_code")
    if ask.span:
        first, last = ask.span
        yield lambda line: first <= line.timestamp <= last
