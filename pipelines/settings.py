"""Stores, warehouse and paths from `.dlt/` and the environment; the only reader of either, and of the clock.

Any key can be set as an environment variable: `STORES__MAIN__KEY`, `WAREHOUSE__PATH`. The environment wins
over `secrets.toml`, and that over `config.toml`. An unknown key is an error, and all errors are told at
once.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

import pendulum

from pipelines import accounts
from pipelines.accounts import Account
from pipelines.addresses import LOOPBACK, Server, is_private, server_of, store_address, web_address
from pipelines.errors import SettingsError
from pipelines.values import either, flat, listed, literal, merge, overlay, typed

PLATFORMS = ("mycashflow", "cscart")
DESTINATIONS = ("duckdb", "postgres")
PATHS = {"path": "data/warehouse.duckdb", "published": "data/kassavirta.duckdb"}
FILES = ("config.toml", "secrets.toml")

# Sections of the same files that are dlt's own business, and are handed to it.
DLT_SECTIONS = ("runtime", "extract", "normalize", "load", "sources", "destination", "data_writer", "schema")

STORE_KEYS: Mapping[str, type] = {
    "platform": str,
    "store_name": str,
    "base_url": str,
    "url": str,
    "user": str,
    "key": str,
    "time_zone": str,
    "currency": str,
    "enabled": bool,
    "requests_per_second": float,
    "concurrency": int,
    "timeout_seconds": float,
    "attempts": int,
    "sweep_days": int,
    "stale_hours": float,
    "resources": dict,
}
RESOURCE_KEYS: Mapping[str, type] = {
    "enabled": bool,
    "api_version": str,
    "path": str,
    "page_size": int,
    "lag_minutes": int,
    "columns": dict,
}
WAREHOUSE_KEYS: Mapping[str, type] = {"destination": str, "path": str, "published": str, "url": str}
PRIVACY_KEYS: Mapping[str, type] = {"salt": str}
ALERT_KEYS: Mapping[str, type] = {"webhook": str, "command": str}
OWN_SECTIONS = ("stores", "warehouse", "privacy", "alerts", "definitions", "destinations")


@dataclass(frozen=True)
class ResourceSettings:
    """What is set for one list of one store; None is the endpoint table's own value."""

    enabled: bool | None = None
    api_version: str | None = None
    path: str | None = None
    page_size: int | None = None
    lag_minutes: int = 10
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Store:
    """One online store: where it answers, with which key, and in which zone and currency it counts."""

    name: str
    platform: str
    base_url: str
    user: str = field(repr=False)
    key: str = field(repr=False)
    time_zone: str = "Europe/Helsinki"
    currency: str = "EUR"
    enabled: bool = True
    requests_per_second: float = 0.0
    concurrency: int = 4
    timeout_seconds: float = 60.0
    attempts: int = 6
    sweep_days: int = 7
    stale_hours: float = 48.0
    salt: str = field(default="", repr=False)
    erased: frozenset[str] = field(default=frozenset(), repr=False)
    resources: Mapping[str, ResourceSettings] = field(default_factory=dict)

    @property
    def is_local(self) -> bool:
        """Whether it can only be a store on this machine."""
        return urlsplit(self.base_url).hostname in LOOPBACK

    def resource(self, name: str) -> ResourceSettings:
        """What is set for a resource, or the defaults."""
        return self.resources.get(name, ResourceSettings())

    def is_enabled(self, name: str, by_default: bool = True) -> bool:
        """Whether a resource is to be read."""
        enabled = self.resource(name).enabled
        return by_default if enabled is None else enabled


@dataclass(frozen=True)
class Alerts:
    """Who is called when runs fail and when they are well again: a web address, a command, or neither."""

    webhook: str = field(default="", repr=False)
    command: str = ""


@dataclass(frozen=True)
class Settings:
    """Everything a run needs to know; paths are absolute. With a server, that is the warehouse."""

    directory: Path
    stores: Mapping[str, Store]
    warehouse: Path
    published: Path
    salt: str = field(default="", repr=False)
    server: Server | None = None
    alerts: Alerts = field(default_factory=Alerts)
    destinations: Mapping[str, Account] = field(default_factory=dict)
    definitions: Mapping[str, Any] = field(default_factory=dict)
    dlt: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def data(self) -> Path:
        """Where all state lives."""
        return self.directory / "data"

    @property
    def report(self) -> Path:
        """The owner's page."""
        return self.data / "report.html"

    def chosen(self, names: list[str] | None = None) -> list[Store]:
        """The named stores, or every enabled one.

        Raises:
            SettingsError: a name is not among the stores, or none is left.
        """
        unknown = [name for name in names or () if name not in self.stores]
        if unknown:
            raise SettingsError(
                f"no store {listed(unknown)} in .dlt/config.toml; there is {listed(self.stores)}"
            )
        off = [name for name in names or () if not self.stores[name].enabled]
        if off:
            raise SettingsError(
                f"{listed(off)}: Disabled; set enabled = true under [stores.{off[0]}] in .dlt/config.toml"
            )
        stores = [self.stores[name] for name in names] if names else list(self.stores.values())
        enabled = [store for store in stores if store.enabled]
        if not enabled:
            raise SettingsError(
                "no store is enabled: run `kassavirta init`, or set enabled = true in .dlt/config.toml"
            )
        return enabled

    def accounts(self, names: Sequence[str] | None = None) -> list[Account]:
        """The named destinations, or every enabled one; none when none is configured.

        Raises:
            SettingsError: a name is not among them, or is not enabled.
        """
        missing = [name for name in names or () if name not in self.destinations]
        if missing:
            raise SettingsError(
                f"no destination {listed(missing)} in .dlt/config.toml; there is {listed(self.destinations)}"
            )
        chosen = [self.destinations[name] for name in names] if names else list(self.destinations.values())
        enabled = [account for account in chosen if account.enabled]
        if names and not enabled:
            raise SettingsError(f"{listed(names)}: not enabled; set enabled = true in .dlt/config.toml")
        return enabled

    def salted(self, store: Store) -> Store:
        """The store with the salt for values that are kept as hashes only.

        It is `privacy.salt` in secrets.toml; without one, a salt is made once and lies beside the warehouse.
        """
        return replace(store, salt=self.own_salt())

    def own_salt(self) -> str:
        """The salt that all stores share."""
        return self.salt or _salt_of(self.data)


def now() -> pendulum.DateTime:
    """This moment, in UTC."""
    return pendulum.now("UTC")


def here(moment: pendulum.DateTime) -> pendulum.DateTime:
    """A moment on this machine's own clock."""
    return moment.in_timezone("local")


def moment(text: str | None) -> pendulum.DateTime | None:
    """The moment that an ISO text with an offset says, or None."""
    try:
        parsed = pendulum.parse(text) if text else None
    except (ValueError, TypeError):
        return None
    return parsed if isinstance(parsed, pendulum.DateTime) else None


def day(text: str | None) -> str | None:
    """An ISO day as it was given.

    Raises:
        SettingsError: it is none.
    """
    try:
        return text and pendulum.from_format(text, "YYYY-MM-DD").to_date_string()
    except ValueError:
        raise SettingsError(f"--as-of {text!r} is no day, expected one like 2026-01-31") from None


def read_settings(directory: Path | None = None) -> Settings:
    """The settings of a working directory.

    Raises:
        SettingsError: there is no `.dlt/`, or something in it is wrong; every problem is named.
    """
    home = (directory or Path.cwd()).resolve()
    if not (home / ".dlt").is_dir():
        raise SettingsError(
            "no .dlt/ in this directory: run `kassavirta init` to set up a store, "
            "or `kassavirta demo` to see it work"
        )
    problems: list[str] = []
    document = _read_files(home / ".dlt", problems)
    overlay(document, os.environ, (*OWN_SECTIONS, *DLT_SECTIONS))
    settings = _settings(home, document, problems)
    if problems:
        raise SettingsError("settings in .dlt/: " + "; ".join(problems))
    return settings


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for so long, for what can be told in no other way; then they are as before."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({name: value} if value is not None else {})


def _salt_of(folder: Path) -> str:
    path = folder / "salt"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(token_hex(32))
    except FileExistsError:
        pass
    return path.read_text(encoding="ascii").strip()


def store_of(name: str, values: Mapping[str, Any]) -> Store:
    """A store as it would be configured.

    Raises:
        SettingsError: every problem is named.
    """
    problems: list[str] = []
    store = _store(name, values, problems)
    if problems:
        raise SettingsError("; ".join(problems))
    return store


def _read_files(folder: Path, problems: list[str]) -> dict[str, Any]:
    document: dict[str, Any] = {}
    for name in FILES:
        try:
            text = (folder / name).read_text(encoding="utf-8")
            merge(document, tomllib.loads(text))
        except FileNotFoundError:
            continue
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            problems.append(f"{name} cannot be read ({error})")
    return document


def _settings(home: Path, document: Mapping[str, Any], problems: list[str]) -> Settings:
    unknown = [name for name in document if name not in (*OWN_SECTIONS, *DLT_SECTIONS)]
    problems.extend(f"unknown section [{name}], expected [stores.NAME] or [warehouse]" for name in unknown)
    warehouse = typed("warehouse", document.get("warehouse", {}), WAREHOUSE_KEYS, problems)
    privacy = typed("privacy", document.get("privacy", {}), PRIVACY_KEYS, problems)
    alerts = Alerts(**typed("alerts", document.get("alerts", {}), ALERT_KEYS, problems))
    if alerts.webhook and not is_private(alerts.webhook):
        problems.append("alerts.webhook is no web address that begins with https://")
    destination = warehouse.get("destination", "duckdb")
    if destination not in DESTINATIONS:
        problems.append(f"warehouse.destination is {destination!r}, expected {either(DESTINATIONS)}")
    paths = {name: home / warehouse.get(name, default) for name, default in PATHS.items()}
    if paths["path"] == paths["published"]:
        problems.append("warehouse.path and warehouse.published are the same file; they must be two")
    stores = document.get("stores", {})
    if not isinstance(stores, Mapping):
        problems.append("stores is no section; expected [stores.NAME]")
        stores = {}
    receivers, definitions = document.get("destinations", {}), document.get("definitions", {})
    if not isinstance(definitions, Mapping):
        problems.append("definitions is no section; expected [definitions]")
        definitions = {}
    opened = {name: _store(name, values, problems) for name, values in stores.items()}
    return Settings(
        directory=home,
        stores=opened,
        destinations=_accounts(receivers, opened, problems),
        warehouse=paths["path"],
        published=paths["published"],
        salt=privacy.get("salt", ""),
        server=server_of(warehouse.get("url", ""), problems) if destination == "postgres" else None,
        alerts=alerts,
        definitions={name: literal(value) for name, value in definitions.items()},
        dlt={name: document[name] for name in DLT_SECTIONS if name in document},
    )


def _accounts(sections: Any, stores: Mapping[str, Store], problems: list[str]) -> dict[str, Account]:
    if not isinstance(sections, Mapping):
        problems.append("destinations is no section; expected [destinations.NAME]")
        return {}
    unknown = [name for name in sections if name not in accounts.NAMES]
    problems.extend(f"unknown destination {name}, expected {either(accounts.NAMES)}" for name in unknown)
    found = {}
    for name in (name for name in sections if name in accounts.NAMES):
        known = typed(f"destinations.{name}", sections[name], accounts.keys_of(name), problems)
        for key in ("base_url", "auth_url"):
            if known.get(key):
                known[key] = web_address(f"destinations.{name}.{key}", known[key], problems)
        found[name] = accounts.account(name, known, stores, problems)
    accounts.check_orders(found, stores, problems)
    return found


def _store(name: str, values: Any, problems: list[str]) -> Store:
    where = f"stores.{name}"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        problems.append(
            f"[{where}]: a store's name is lower-case letters, digits and _, starting with a letter"
        )
    known = typed(where, values, STORE_KEYS, problems)
    enabled = known.get("enabled", True)
    needed = ("user", "key") if enabled else ()
    problems.extend(f"{where}.{key} is missing" for key in needed if not known.get(key))
    if known.get("timeout_seconds") == 0:
        problems.append(f"{where}.timeout_seconds is 0, expected the seconds to wait for an answer")
    platform = known.pop("platform", "mycashflow")
    if platform not in PLATFORMS:
        problems.append(f"{where}.platform is {platform!r}, expected {either(PLATFORMS)}")
    _check_time_zone(where, known.get("time_zone", "UTC"), problems)
    base_url = store_address(where, platform, known, problems)
    resources = {
        resource: _resource(f"{where}.resources.{resource}", values, problems)
        for resource, values in known.pop("resources", {}).items()
    }
    credentials = {"user": known.pop("user", ""), "key": known.pop("key", "")}
    return Store(name=name, platform=platform, base_url=base_url, resources=resources, **credentials, **known)


def _resource(where: str, values: Any, problems: list[str]) -> ResourceSettings:
    known = typed(where, values, RESOURCE_KEYS, problems)
    return ResourceSettings(**known | {"columns": dict(flat(known.get("columns", {})))})


def _check_time_zone(where: str, zone: str, problems: list[str]) -> None:
    try:
        pendulum.timezone(zone)
    except (ValueError, KeyError):
        problems.append(f"{where}.time_zone {zone!r} is unknown, expected a name such as Europe/Helsinki")
