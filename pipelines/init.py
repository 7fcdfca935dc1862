"""Writes a first `.dlt/`: one store, its key apart from what may be seen."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import tomlkit

from pipelines.errors import SettingsError
from pipelines.settings import check_store

IGNORED = "secrets.toml\n"


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


def write_settings(home: Path, store: NewStore) -> list[Path]:
    """Writes `config.toml` and `secrets.toml`; the files written.

    Raises:
        SettingsError: one of them is there already, or what they would hold is wrong.
    """
    folder = home / ".dlt"
    config, secrets = folder / "config.toml", folder / "secrets.toml"
    for path in (config, secrets):
        if path.exists():
            raise SettingsError(
                f".dlt/{path.name} is there already and is not overwritten: edit it, or move it away"
            )
    by_name = "store_name" if store.platform == "mycashflow" else "url"
    place = "base_url" if "://" in store.address and by_name == "store_name" else by_name
    visible = {
        "platform": store.platform,
        place: store.address,
        "time_zone": store.time_zone,
        "currency": store.currency,
    }
    check_store(store.name, {**visible, "user": store.user, "key": store.key})
    folder.mkdir(exist_ok=True)
    _write(config, {"stores": {store.name: visible}, "runtime": {"dlthub_telemetry": False}}, 0o644)
    _write(secrets, {"stores": {store.name: {"user": store.user, "key": store.key}}}, 0o600)
    if not (folder / ".gitignore").exists():
        (folder / ".gitignore").write_text(IGNORED, encoding="utf-8")
    return [config, secrets]


def _write(path: Path, document: dict[str, object], mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(tomlkit.dumps(document))
