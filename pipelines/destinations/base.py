"""What a destination promises, and how a row of the warehouse becomes what it wants."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Protocol

from pipelines.accounts import Account
from pipelines.errors import ContractError, PipelineError
from pipelines.http import Limits, Session, Sign, redact

# What a payload says of a consent, in the word that is remembered.
WORDS: Mapping[Any, str] = {True: "true", False: "false", "SUBSCRIBED": "true", "UNSUBSCRIBED": "false"}
# What was said last when a no that is there now must be newer, or may be.
MAYBE_OLDER = (None, "true", "withheld")

# What no text needs and many a database cannot keep: a null byte alone makes PostgreSQL refuse the row.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1d\x7f]")

# Between the members of a list in one column of an outbound model.
SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Field:
    """One field of what is sent: an allow-list's entry.

    Attributes:
        kind: one of `KINDS`.
        is_needed: a row without it is not sent.
        is_cleared: null empties the field at the destination; otherwise it is left as it is there.
        is_personal: it is hidden in samples.
    """

    kind: str = "text"
    is_needed: bool = False
    is_cleared: bool = False
    is_personal: bool = False


@dataclass(frozen=True)
class Feed:
    """One list that a destination gets, in the words of its outbound model.

    Attributes:
        name: what it is called in `ops.sync_rows`.
        model: where the desired rows are.
        fields: column -> what it must be.
        helpers: columns that are read and not sent.
        consents: fields that are a person's yes or no.
        is_repeatable: whether sending a row twice does no more than sending it once.
        is_audience: whether a much smaller list is refused.
        is_person: whether a row is a person, or names one, who may ask to be forgotten.
    """

    name: str
    model: str
    fields: Mapping[str, Field]
    helpers: Sequence[str] = ()
    consents: Sequence[str] = ()
    is_repeatable: bool = True
    is_audience: bool = True
    is_person: bool = False


@dataclass(frozen=True)
class Row:
    """A row to send.

    Attributes:
        payload: what is sent; null values are left out or emptied already.
        helpers: what is known beside it.
        last_consent: what was last sent and accepted of each consent; nothing for a row that is new there.
        consent: what is sent now.
        accepted_at: when it was last accepted; None for a row that never was.
    """

    store: str
    key: str
    customer_key: str | None
    payload_hash: str
    payload: Mapping[str, Any]
    helpers: Mapping[str, Any] = field(default_factory=dict)
    last_consent: Mapping[str, str] = field(default_factory=dict)
    consent: Mapping[str, str] = field(default_factory=dict)
    accepted_at: Any = None


class Refused(PipelineError):
    """The destination has read the rows and will not have them."""


class Invalid(PipelineError):
    """A row that is not sent, as it cannot be right."""


class Held(PipelineError):
    """A row that is right and not sent, because a person has said no there."""


class Destination(Protocol):
    """A place that rows are sent to."""

    account: Account
    feeds: Sequence[Feed]

    @property
    def requests(self) -> int:
        """How often it was asked."""

    def prepare(self, feed: Feed) -> None:
        """Reads back what must be known before a feed is sent.

        Raises:
            ApiError, SettingsError: it cannot be read, so nothing may be sent.
        """

    def settle(self, row: Row, feed: Feed) -> Row:
        """The row as it may be sent.

        Raises:
            Held: a person has said no there.
            Invalid: it cannot be right.
        """

    def send(self, feed: Feed, rows: Sequence[Row]) -> Sequence[Row]:
        """Sends rows, and answers them as they were accepted, all of them.

        Raises:
            Refused: it will not have them as they are.
            ApiError: nobody knows whether it has them.
        """

    def has(self, feed: Feed, row: Row) -> bool:
        """Whether a row whose answer was lost is there."""

    def forget(self, row_key: str) -> bool:
        """Deletes a person who was put there by us; False where only people can do that."""

    def collect(self) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """What it has to tell, rows by table of `raw_<destination>`; nothing from most."""

    def close(self) -> None:
        """Ends the connections."""


def open_session(account: Account, sign: Sign, base_url: str | None = None) -> Session:
    """A session within the account's declared limit."""
    limits = Limits(
        timeout=account.timeout_seconds,
        requests_per_second=account.requests_per_minute / 60,
        attempts=account.attempts,
    )
    secrets = tuple(account.secrets.values())
    return Session(account.name, base_url or account.base_url, "", "", limits, 1, sign, secrets)


def paged(
    what: str, read: Callable[[int], tuple[Sequence[dict[str, Any]], bool]]
) -> Iterator[dict[str, Any]]:
    """All rows of a list, page by page.

    Args:
        what: the request, for the message.
        read: from the number of a page, from 1, to its rows and whether there are more.

    Raises:
        ContractError: a page comes twice, so the list would have no end.
    """
    number, before, has_more = 1, None, True
    while has_more:
        rows, has_more = read(number)
        if rows and rows == before:
            raise ContractError(f"{what} answers the same page twice. Try later.")
        yield from rows
        number, before = number + 1, rows


def quoted(account: Account, said: Any) -> str:
    """What a destination said, to be repeated: without secrets, addresses and long numbers."""
    return redact(str(said or "no reason given"), tuple(account.secrets.values()))


def says_no(status: Any, taken: Sequence[int]) -> bool:
    """Whether a status that stands in a body is one of a refusal, whatever the answer's own is."""
    return isinstance(status, int) and status >= 400 and status not in taken


def payload_of(feed: Feed, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as the destination wants them.

    Raises:
        Invalid: one is not of its kind, or is missing; the message names field, expected and got.
    """
    payload = {}
    for name, wanted in feed.fields.items():
        value = _clean(values[name])
        if value is None or value == "":
            if wanted.is_needed:
                raise Invalid(f"{name} is missing")
            if wanted.is_cleared:
                payload[name] = ""
        else:
            payload[name] = _typed(name, KINDS[wanted.kind], value)
    return payload


def _clean(value: Any) -> Any:
    return UNPRINTABLE.sub("", value) if isinstance(value, str) else value


def consent_of(feed: Feed, payload: Mapping[str, Any]) -> dict[str, str]:
    """What a payload says of each consent, in one word; `unknown` when it says nothing."""
    return {name: WORDS.get(payload.get(name), "unknown") for name in feed.consents}


def withheld(row: Row, name: str, instead: Any = None) -> Row:
    """The row without its yes, or with something else in its place; that it was kept back is remembered."""
    payload = {key: value for key, value in row.payload.items() if key != name}
    payload |= {name: instead} if instead is not None else {}
    return replace(row, payload=payload, consent={**row.consent, name: "withheld"})


def sample(feed: Feed, payload: Mapping[str, Any]) -> dict[str, Any]:
    """A payload to show: personal values are hidden."""
    return {
        name: f"<{feed.fields[name].kind}>" if feed.fields[name].is_personal else value
        for name, value in payload.items()
    }


@dataclass(frozen=True)
class _Kind:
    """A pattern that the text must match, what that is in words, and what it is sent as."""

    pattern: str
    words: str
    sent_as: Callable[[str], Any] = str


def _number(text: str) -> int | float:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)


def _list(text: str) -> list[str]:
    return sorted(filter(None, text.split(SEPARATOR)))


KINDS: Mapping[str, _Kind] = {
    "text": _Kind(r"(?s).+", "text"),
    "id": _Kind(r"[A-Za-z0-9-]+", "letters, digits and dashes only"),
    "email": _Kind(r"[^\s@,;]+@[^\s@.,;]+(\.[^\s@.,;]+)+", "an e-mail address"),
    "phone": _Kind(r"\+[1-9][0-9]{7,14}", "a number in E.164, such as +358..."),
    "msisdn": _Kind(r"[1-9][0-9]{7,14}", "a number with its country's prefix, digits only"),
    "country": _Kind(r"[A-Z]{2}", "two capital letters of ISO 3166"),
    "language": _Kind(r"[a-z]{2}", "two letters of ISO 639-1"),
    "currency": _Kind(r"[A-Z]{3}", "three capital letters of ISO 4217"),
    "integer": _Kind(r"-?[0-9]+", "a whole number", int),
    "cents": _Kind(r"-?[0-9]+", "whole cents", int),
    "number": _Kind(r"-?[0-9]+(\.[0-9]+)?", "a number", _number),
    "flag": _Kind(r"(?i)true|false", "true or false", lambda text: text.lower() == "true"),
    "list": _Kind(r"(?s).+", "a list", _list),
    "day": _Kind(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day such as 2026-01-31"),
    "moment": _Kind(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}",
        "a moment with its offset",
    ),
}


def _typed(name: str, kind: _Kind, value: Any) -> Any:
    text = str(value)
    if not re.fullmatch(kind.pattern, text):
        raise Invalid(f"{name} is no {kind.words}: {_shape(text)}")
    return kind.sent_as(text)


def _shape(text: str) -> str:
    """What a text looks like, with no letter or digit of it: `user@host` is `a@a`."""
    shape = re.sub(r"[0-9]+", "9", re.sub(r"[^\W\d_]+", "a", text[:40]))
    return f"got one like {shape!r} of {len(text)} signs"


def chunks(rows: Sequence[Row], size: int) -> Iterable[Sequence[Row]]:
    """The rows, so many at a time."""
    return (rows[start : start + size] for start in range(0, len(rows), size))
