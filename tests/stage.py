"""The stage tests act on: settings for a demo store, and a teller that remembers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.demo.server import KEY, USER
from pipelines.settings import Settings, Store


def first_fast(cases: Iterable[Any]) -> list[Any]:
    """Cases of a test, of which only the first is in the fast suite."""
    first, *others = cases
    each = (case if isinstance(case, tuple) else (case,) for case in others)
    return [first, *(pytest.param(*case, marks=pytest.mark.slow) for case in each)]


class Listener:
    """A teller that only remembers what it was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)

    def progress(self, task: str, done: int, total: int | None) -> None:
        pass


def settings_for(home: Path, url: str, **changes: Any) -> Settings:
    """A directory's settings with one demo store at an address; what it runs on shows in that."""
    platform = "cscart" if "/cscart" in url else "mycashflow"
    store = Store(name="demo", platform=platform, base_url=url, user=USER, key=KEY, **changes)
    data = home / "data"
    return Settings(home, {"demo": store}, data / "warehouse.duckdb", data / "kassavirta.duckdb")


def with_cart(settings: Settings, url: str) -> Settings:
    """The same with one store more, `cart`: the shop at that address, through CS-Cart's API."""
    cart = Store(name="cart", platform="cscart", base_url=f"{url}/cscart", user=USER, key=KEY)
    return replace(settings, stores={**settings.stores, "cart": cart})
