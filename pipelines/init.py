"""Sets a store up: asks it first, then writes it into `.dlt/`, its key apart from what may be seen."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import ParseError

from pipelines.errors import SettingsError
from pipelines.lock import holder
from pipelines.settings import PLATFORMS, Store, store_of

IGNORED = "secrets.toml\n"

# What a store's address is called in settings, and how it is asked for.
ADDRESSES = {
    "mycashflow": ("store_name", "Store (NAME of https://NAME.mycashflow.fi)"),
    "cscart": ("url", "Address of the store (https://...)"),
}


@dataclass(frozen=True)
class NewStore:
    """What has to be known about a store before it can be read."""

    name: str
    platform: str
    address: str
    user: str
    key: str
    time_zone: str = "Europe/Helsinki"
    currency: str = "EUR"

    def __post_init__(self) -> None:
        missing = [each.name for each in fields(self) if not getattr(self, each.name)]
        if missing:
            raise SettingsError(f"{', '.join(missing)} missing, and nobody to ask: give all as options")

    @property
    def visible(self) -> dict[str, Any]:
        """What may be seen."""
        place = ADDRESSES.get(self.platform, ADDRESSES["mycashflow"])[0]
        if place == "store_name" and "://" in self.address:
            place = "base_url"
        chosen = {"platform": self.platform, place: self.address}
        return {**chosen, "time_zone": self.time_zone, "currency": self.currency}

    @property
    def secret(self) -> dict[str, Any]:
        """What may not."""
        return {"user": self.user, "key": self.key}


def question(platform: str) -> str:
    """How a store's address is asked for.

    Raises:
        SettingsError: there is no such platform.
    """
    if platform not in PLATFORMS:
        raise SettingsError(f"platform is {platform!r}, expected {' or '.join(map(repr, PLATFORMS))}")
    return ADDRESSES[platform][1]


def set_up(home: Path, new: NewStore, ask: Callable[[Store], None]) -> list[Path]:
    """Writes `config.toml` and `secrets.toml`, or adds the store to them; the files written.

    Args:
        home: the working directory.
        new: the store.
        ask: raises what keeps the store from being read; nothing is written then.

    Raises:
        SettingsError: the store is there already, a run is under way, or something is wrong with it.
    """
    folder = home / ".dlt"
    documents = {name: _read(folder / name) for name in ("config.toml", "secrets.toml")}
    for name, document in documents.items():
        if new.name in document.get("stores", {}):
            raise SettingsError(
                f"stores.{new.name} is there already and is not overwritten: edit it in .dlt/{name}, or "
                "choose another --name"
            )
    running = holder(home / "data")
    if running:
        raise SettingsError(
            f"{running.get('command')} is under way: settings are not changed while a store is Syncing"
        )
    ask(store_of(new.name, {**new.visible, **new.secret}))
    folder.mkdir(exist_ok=True)
    if not (folder / ".gitignore").exists():
        (folder / ".gitignore").write_text(IGNORED, encoding="utf-8")
    _add(folder / "config.toml", documents["config.toml"], new.name, new.visible, 0o644)
    _add(folder / "secrets.toml", documents["secrets.toml"], new.name, new.secret, 0o600)
    return [folder / name for name in documents]


def _read(path: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except (ParseError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name} cannot be read ({error})") from None


def _add(path: Path, document: tomlkit.TOMLDocument, name: str, values: dict[str, Any], mode: int) -> None:
    """The same file with one section more, what was there left as it is; swapped in by rename."""
    if path.name == "config.toml" and not path.exists():
        document["runtime"] = {"dlthub_telemetry": False}
    if "stores" not in document:
        document["stores"] = tomlkit.table(is_super_table=True)
    section = tomlkit.table()
    section.update(values)
    document["stores"][name] = section
    mode = path.stat().st_mode & 0o777 if path.exists() else mode
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(tomlkit.dumps(document))
    os.replace(aside, path)
