"""Killed in the middle, the next run goes on: everything arrives, and nothing that counts arrives twice."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from pipelines.demo.inbox import Inbox
from tests.destinations.desk import Desk, desk_for, people
from tests.destinations.test_scale import CONFIG, KEY

NOON = "2026-11-01T12:00:00+00:00"
COUNT = 300


def kill_after(home: Path, inbox: Inbox, writes: int) -> None:
    """Starts `kassavirta activate` and kills it once so many batches have arrived."""
    (home / ".dlt").mkdir(exist_ok=True)
    config = CONFIG.format(url=inbox.url, key=KEY, per_minute=600_000) + "rows_per_request = 10\n"
    (home / ".dlt/config.toml").write_text(config)
    path = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
    command = [sys.executable, "-m", "pipelines", "activate"]
    with subprocess.Popen(command, cwd=home, env={**os.environ, "PYTHONPATH": path}) as child:
        while child.poll() is None and sum(each[0] == "POST" for each in inbox.requests) < writes:
            time.sleep(0.005)
        assert child.poll() is None, "it had ended before it could be killed"
        child.kill()


@pytest.fixture
def desk(inbox: Inbox, tmp_path: Path) -> Desk:
    inbox.troubles.seconds = 0.02
    return desk_for("custobar", inbox, tmp_path, mode="full", rows_per_request=10, settle_minutes=0.0)


def test_customers_go_on_where_they_were_stopped(desk: Desk, tmp_path: Path) -> None:
    desk.put_nothing_else("customers")
    desk.put("customers", people(range(COUNT)))
    kill_after(tmp_path, desk.inbox, 10)
    assert 50 < len(desk.inbox.custobar.customers) < COUNT
    desk.inbox.requests.clear()
    assert desk.send().exit_code == 0
    assert len(desk.inbox.custobar.customers) == COUNT
    assert sum(each[0] == "POST" for each in desk.inbox.requests) < 25
    queried, _, unchanged, failed = desk.counts("customers")
    assert (queried, failed) == (COUNT, 0)
    assert unchanged >= 80


def test_no_event_is_there_twice(desk: Desk, tmp_path: Path) -> None:
    desk.put_nothing_else("events")
    said = {"type": "MAIL_SUBSCRIBE", "date": NOON}
    rows = [{"row_key": f"e{n:03}", "customer_id": f"demo-{n}", **said} for n in range(COUNT)]
    desk.put("events", rows)
    kill_after(tmp_path, desk.inbox, 10)
    assert desk.send().exit_code == 0
    times = Counter(row["customer_id"] for row in desk.inbox.custobar.events)
    assert times == {f"demo-{n}": 1 for n in range(COUNT)}
