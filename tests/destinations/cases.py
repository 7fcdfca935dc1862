"""What the shared suites need to know of each destination: rows of a feed, and how to read what arrived."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5
from typing import Any

from pipelines.demo.inbox import Inbox
from tests.destinations.desk import people

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """A destination, one of its feeds, and how to read what arrived: key -> a value that changes."""

    name: str
    feed: str
    rows: Callable[[Sequence[int]], Rows]
    arrived: Callable[[Inbox], Mapping[str, Any]]
    changed: Mapping[str, Any]
    refused: Mapping[str, Any]
    invalid: Mapping[str, Any]
    options: Mapping[str, Any]

    def key(self, number: int) -> str:
        """The key of a row where it arrives."""
        return str(next(iter(self.rows([number])[0].values())))


def subscribers(numbers: Sequence[int]) -> Rows:
    return [
        {
            "email": f"person{number}@example.com",
            "row_key": f"{number}",
            "customer_key": f"key{number}",
            "status": "UNSUBSCRIBED",
            "email_status": "SUBSCRIBED",
            "first_name": f"Etunimi {number}",
            "segments": "vip",
        }
        for number in numbers
    ]


def with_lookups(numbers: Sequence[int]) -> Rows:
    """Subscribers under the keys of their outbound model."""
    return [row | {"row_key": md5(row["email"].encode()).hexdigest()} for row in subscribers(numbers)]


def products(numbers: Sequence[int]) -> Rows:
    return [
        {
            "code": f"P/{number}",
            "row_key": f"variation{number}",
            "languagecode": "fi",
            "name": f"Sukat {number}",
            "salesprice": "12.90",
            "same_code_count": 1,
        }
        for number in numbers
    ]


def read_apifon(inbox: Inbox) -> Mapping[str, Any]:
    lists = [each for each in inbox.apifon.lists.values() if each.title == "kassavirta"]
    found = lists[0].subscribers.values() if lists else ()
    return {row["email"]: row["subscriber_fields"]["FIRST_NAME"] for row in found}


CASES = [
    Case(
        "custobar",
        "customers",
        people,
        lambda inbox: {key: row["first_name"] for key, row in inbox.custobar.customers.items()},
        {"first_name": "Uusi"},
        {"language": "zz"},
        {"email": "no address"},
        {"mode": "full", "rows_per_request": 10},
    ),
    Case(
        "apifon",
        "subscribers",
        with_lookups,
        read_apifon,
        {"first_name": "Uusi"},
        {"email_status": "PERHAPS"},
        {"email": "no address"},
        {},
    ),
    Case(
        "ogoship",
        "products",
        products,
        lambda inbox: {key: row["name"] for key, row in inbox.ogoship.products.items()},
        {"name": "Uusi"},
        {"languagecode": "zz"},
        {"same_code_count": 2},
        {},
    ),
]


def names(case: Case, numbers: Sequence[int]) -> dict[str, Any]:
    """What must have arrived of these."""
    field = next(iter(case.changed))
    return {case.key(number): case.rows([number])[0][field] for number in numbers}


def writes(inbox: Inbox) -> int:
    return sum(method != "GET" and not path.startswith("/OAuth") for method, path, _ in inbox.requests)
