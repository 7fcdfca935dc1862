"""An inbox for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.demo.inbox import Inbox, receive
from tests.destinations.desk import Desk, desk_for


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with receive() as running:
        yield running


@pytest.fixture
def custobar(inbox: Inbox, tmp_path: Path) -> Desk:
    """An account at Custobar in mode full, customers only."""
    desk = desk_for("custobar", inbox, tmp_path, mode="full")
    desk.put_nothing_else("customers")
    return desk
