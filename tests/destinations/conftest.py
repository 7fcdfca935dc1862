"""An inbox for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.demo.inbox import Inbox, receive
from tests.destinations.cases import CASES, Case
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


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def desk(case: Case, inbox: Inbox, tmp_path: Path) -> Desk:
    made = desk_for(case.name, inbox, tmp_path, **case.options)
    made.put_nothing_else(case.feed)
    return made
