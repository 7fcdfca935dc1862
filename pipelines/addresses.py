"""Addresses as they are configured: of stores, destinations and databases; a problem is added to a list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from pipelines.values import listed

LOOPBACK = ("localhost", "127.0.0.1", "::1")

# What an address of CS-Cart may end in when it is copied from a browser; the shop is above it.
PHP_PLACES = r"/(\w+\.php|api(/\d.*)?)(\?.*)?$"

# What the extra kassavirta[postgres] brings, and what an address of PostgreSQL may say behind a `?`.
POSTGRES_PACKAGES = ("psycopg2", "dbt.adapters.postgres")
POSTGRES_OPTIONS = ("host", "sslmode", "sslrootcert", "sslcert", "sslkey")
POSTGRES_URL = "postgresql://user:password@host:5432/database"


@dataclass(frozen=True)
class Server:
    """A PostgreSQL database: where it answers, and as whom; `options` are libpq's own, for TLS."""

    host: str
    port: int
    database: str
    user: str = field(repr=False)
    password: str = field(repr=False)
    options: Mapping[str, str] = field(default_factory=dict)


def store_address(where: str, platform: str, known: dict[str, Any], problems: list[str]) -> str:
    """The store's address, out of the keys that say it."""
    store_name, url = known.pop("store_name", ""), known.pop("url", "")
    base_url = known.pop("base_url", "")
    if platform != "cscart":
        problems.extend([f"{where}.url is for cscart; set store_name"] if url else [])
        return (
            web_address(f"{where}.base_url", base_url, problems)
            if base_url
            else _host(where, store_name, problems)
        )
    problems.extend([f"{where}.store_name is for mycashflow; set url"] if store_name else [])
    if not (base_url or url):
        problems.append(f"{where}.url is missing, expected the shop's address, like https://shop.example.com")
        return ""
    address = web_address(f"{where}.{'base_url' if base_url else 'url'}", base_url or url, problems)
    return re.sub(PHP_PLACES, "", address)


def web_address(key: str, url: str, problems: list[str]) -> str:
    """An address as it was given, without the slash at its end."""
    parts = urlsplit(url)
    loopback = parts.hostname in LOOPBACK
    if parts.scheme not in ("http", "https") or not parts.hostname:
        problems.append(f"{key} is no web address, expected https://...")
    elif parts.scheme == "http" and not loopback:
        problems.append(f"{key} begins with http://, which would show the key to everybody; use https://")
    elif parts.username or parts.password:
        where = key.rpartition(".")[0]
        problems.append(f"{key} holds a user or key; set them as {where}.user and {where}.key")
    return url.rstrip("/")


def _host(where: str, store_name: str, problems: list[str]) -> str:
    """MyCashflow answers on its default host only, over https (reference 1.1)."""
    plain = re.sub(r"^https?://|\.mycashflow\.fi.*$|/.*$", "", store_name.strip().lower())
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", plain):
        problems.append(
            f"{where}.store_name is missing or wrong, expected NAME of https://NAME.mycashflow.fi"
        )
    return f"https://{plain}.mycashflow.fi"


def is_private(url: str) -> bool:
    """Whether nobody on the way can read what is sent to an address."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    )


def server_of(url: str, problems: list[str]) -> Server | None:
    """The database of an address; what is wrong is told without a word of the address."""
    if not all(map(_is_installed, POSTGRES_PACKAGES)):
        problems.append(
            "warehouse.destination is 'postgres', which needs more packages: "
            'pip install "kassavirta[postgres]"'
        )
    if not url:
        problems.append(f"warehouse.url is missing; set it in secrets.toml, like {POSTGRES_URL}")
        return None
    try:
        parts, port = urlsplit(url), urlsplit(url).port or 5432
    except ValueError:
        parts, port = urlsplit(""), 0
    options = dict(parse_qsl(parts.query))
    unknown = [name for name in options if name not in POSTGRES_OPTIONS]
    host, database = options.pop("host", "") or parts.hostname or "", unquote(parts.path.removeprefix("/"))
    if parts.scheme not in ("postgresql", "postgres") or not (host and parts.username and database):
        problems.append(
            f"warehouse.url is no address of PostgreSQL, expected one like {POSTGRES_URL}, in which signs "
            "such as @ / # ? of a password are written %40 %2F %23 %3F"
        )
    elif unknown:
        problems.append(
            f"warehouse.url says {listed(unknown)}, expected none but {', '.join(POSTGRES_OPTIONS)}"
        )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return Server(host, port, database, user, password, options)


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False
