"""What a destination's section may say, and the account it makes; `settings.py` reads it.

Paths, limits and names that no public page of a vendor states are keys here, so that being wrong about them
costs a line of `.dlt/config.toml` and no new version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

# Keys that every destination has.
COMMON: Mapping[str, type] = {
    "enabled": bool,
    "base_url": str,
    "stores": list,
    "requests_per_minute": float,
    "rows_per_request": int,
    "timeout_seconds": float,
    "attempts": int,
    "retry_refused_hours": float,
    "settle_minutes": float,
    "read_again_minutes": float,
    "paths": dict,
}

# What each has beside them, and what is not said: custobar-and-ogoship.md A3 (180 a minute, 100 a request in
# the vendor's plugin), B4; cscart-and-apifon.md 7.5. Limits of Apifon and OGOship are our own caution.
OWN: Mapping[str, Mapping[str, type]] = {
    "custobar": {
        "company": str,
        "key": str,
        "authorization": str,
        "mode": str,
        "field_prefix": str,
        "pause_seconds": float,
    },
    "apifon": {"token": str, "secret": str, "list_title": str, "country_prefix": str},
    "ogoship": {
        "auth_url": str,
        "merchant_id": str,
        "secret": str,
        "client_id": str,
        "client_secret": str,
        "language_code": str,
        "orders": bool,
        "order_status": str,
    },
}
NAMES = tuple(OWN)
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "custobar": {
        "authorization": "Bearer",
        "mode": "enrich",
        "pause_seconds": 10.0,
        "requests_per_minute": 180.0,
        "rows_per_request": 100,
    },
    "apifon": {
        "base_url": "https://ars.apifon.com",
        "list_title": "kassavirta",
        "country_prefix": "358",
        "requests_per_minute": 300.0,
        "rows_per_request": 1,
    },
    "ogoship": {
        "base_url": "https://api.ogoship.com",
        "auth_url": "https://my.ogoship.com",
        "language_code": "fi",
        "orders": False,
        "order_status": "DRAFT",
        "requests_per_minute": 120.0,
        "rows_per_request": 1,
    },
}
NEEDED: Mapping[str, Sequence[str]] = {
    "custobar": ("key",),
    "apifon": ("token", "secret"),
    "ogoship": ("merchant_id", "secret", "client_id", "client_secret"),
}
CHOICES: Mapping[str, Sequence[str]] = {
    "authorization": ("Bearer", "Token"),
    "mode": ("enrich", "full"),
    "order_status": ("DRAFT", "NEW"),  # NEW is shipped as soon as it is picked; DRAFT waits for a person
}
# In Apifon's list_title: the name of the store.
STORE = "{store}"
SECRETS = ("key", "token", "secret", "client_secret", "merchant_id", "client_id")


class Sender(Protocol):
    """What an account has to know of a store whose rows it gets."""

    @property
    def platform(self) -> str:
        """Whose API it is read through."""

    @property
    def currency(self) -> str:
        """What its amounts are in."""


@dataclass(frozen=True)
class Account:
    """Our account at a destination.

    Attributes:
        name: the destination's.
        stores: whose rows it gets; all stores when empty.
        requests_per_minute: how often it is asked at most.
        retry_refused_hours: a row it refused is sent again after so long, or once it has changed.
        read_again_minutes: in a long run, who has said no there is read back again after so long.
        settle_minutes: what it accepted can be looked up after so long.
        paths: list -> where it is, in the place of where we think it is.
        options: what only this destination has, by key of its section.
        secrets: the same, for what nobody may see.
    """

    name: str
    base_url: str
    enabled: bool = True
    stores: Sequence[str] = ()
    requests_per_minute: float = 60.0
    rows_per_request: int = 1
    timeout_seconds: float = 60.0
    attempts: int = 6
    retry_refused_hours: float = 24.0
    settle_minutes: float = 15.0
    read_again_minutes: float = 5.0
    paths: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def keys_of(name: str) -> Mapping[str, type]:
    """The keys a destination's section may have, and their kinds."""
    return {**COMMON, **OWN[name]}


def account(
    name: str, values: Mapping[str, Any], stores: Mapping[str, Sender], problems: list[str]
) -> Account:
    """The account a section describes; what is wrong with it goes to `problems`.

    Args:
        name: the destination's.
        values: its section, of the right kinds.
        stores: all stores, by name.
        problems: where to say what is wrong.
    """
    known = {**DEFAULTS[name], **values}
    if known.get("enabled", True):
        problems.extend(_problems(name, known, stores))
    if name == "custobar":
        known.setdefault("field_prefix", known.get("company", "").replace("-", "_"))
        known.setdefault("base_url", f"https://{known.get('company', '')}.custobar.com")
    problems.extend(
        f"destinations.{name}.paths.{key} is no path, expected one like api/events/"
        for key, path in known.get("paths", {}).items()
        if not isinstance(path, str) or path.startswith(("/", "http"))
    )
    common = {key: known[key] for key in COMMON if key in known}
    options = {key: known[key] for key in OWN[name] if key in known and key not in SECRETS}
    secrets = {key: known[key] for key in OWN[name] if key in known and key in SECRETS}
    return Account(name=name, options=options, secrets=secrets, **common)


def _problems(name: str, known: Mapping[str, Any], stores: Mapping[str, Sender]) -> list[str]:
    where = f"destinations.{name}"
    problems = [f"{where}.{key} is missing" for key in NEEDED[name] if not known.get(key)]
    problems += [
        f"{where}.{key} is {known[key]!r}, expected {' or '.join(map(repr, allowed))}"
        for key, allowed in CHOICES.items()
        if key in known and known[key] not in allowed
    ]
    unknown = [store for store in known.get("stores", ()) if store not in stores]
    problems += [f"{where}.stores names {', '.join(unknown)}, which is no store"] if unknown else []
    problems += [
        f"{where}.{key} is 0, expected a number above it"
        for key in ("requests_per_minute", "timeout_seconds")
        if known.get(key) == 0
    ]
    problems += _custobar_problems(where, known) if name == "custobar" else []
    if known.get("list_title", "").strip() == STORE:
        problems.append(
            f"{where}.list_title is only {STORE}, expected words of its own, as kassavirta {STORE}"
        )
    sent = [stores[store] for store in known.get("stores") or stores if store in stores]
    mixed = _mixed(name, known, sent) if len(sent) > 1 else ""
    return [*problems, f"{where}{mixed}"] if mixed else problems


def _custobar_problems(where: str, known: Mapping[str, Any]) -> list[str]:
    problems = []
    if not known.get("company") and not (known.get("base_url") and known.get("field_prefix")):
        problems.append(f"{where}.company is missing, expected NAME of https://NAME.custobar.com")
    prefix = known.get("field_prefix", known.get("company", "").replace("-", "_"))
    if prefix and not re.fullmatch(r"[a-z][a-z0-9_]*", prefix):
        problems.append(f"{where}.field_prefix is no name of a field, expected letters, digits and _")
    return problems


def _mixed(name: str, known: Mapping[str, Any], stores: Sequence[Sender]) -> str:
    """What one account could not keep apart of several stores; empty when it can."""
    if name == "ogoship":
        return ": products are known there by their code alone, so it is for one store; name it in stores"
    if name == "apifon" and STORE in known["list_title"]:
        return ""
    if name == "apifon":
        return (
            f".list_title is {known['list_title']!r}, expected one with {STORE}, as kassavirta {STORE}: "
            "several stores send there, and their people have consents and figures for each"
        )
    if known["mode"] == "enrich":
        return (
            ": mode enrich uses the ids the store's own integration sends, so it is for one store; "
            "name it in stores"
        )
    currencies = sorted({store.currency for store in stores})
    if len(currencies) == 1:
        return ""
    return (
        f": amounts go there without a currency, and the stores have {' and '.join(currencies)}; "
        "name those of one currency in stores"
    )


def check_orders(found: Mapping[str, Account], stores: Mapping[str, Sender], problems: list[str]) -> None:
    """Adds a problem when orders are to be sent that have no address: only MyCashflow's models have one."""
    platforms = {store.platform for store in stores.values()}
    if "ogoship" in found and found["ogoship"].options.get("orders") and "mycashflow" not in platforms:
        problems.append(
            "destinations.ogoship.orders is true, but only orders of mycashflow stores can be sent"
        )
