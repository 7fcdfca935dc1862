"""Killed in the middle, the next run goes on: everything arrives, and nothing that counts arrives twice."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.demo.inbox import Inbox
from tests.destinations.cases import with_lookups
from tests.destinations.desk import Desk, desk_for, people
from tests.destinations.test_scale import CONFIG, KEY
from tests.stage import first_fast

NOON = "2026-11-01T12:00:00+00:00"
COUNT = 300
WRITES = ("POST", "PUT")


def write_config(home: Path, inbox: Inbox, more: str = "rows_per_request = 10\n") -> None:
    (home / ".dlt").mkdir(exist_ok=True)
    config = CONFIG.format(url=inbox.url, key=KEY, per_minute=600_000) + more
    (home / ".dlt/config.toml").write_text(config)


@contextmanager
def activating(home: Path, inbox: Inbox, writes: int) -> Iterator[subprocess.Popen[str]]:
    """`kassavirta activate` in a process of its own, once so many writes have arrived."""
    path = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
    command = [sys.executable, "-m", "pipelines", "activate"]
    environment = {**os.environ, "PYTHONPATH": path}
    with subprocess.Popen(command, cwd=home, env=environment, stderr=subprocess.PIPE, text=True) as child:
        while child.poll() is None and sum(each[0] in WRITES for each in inbox.requests) < writes:
            time.sleep(0.005)
        yield child


def kill_after(home: Path, inbox: Inbox, writes: int) -> None:
    """Starts it and kills it once so many writes have arrived."""
    with activating(home, inbox, writes) as child:
        assert child.poll() is None, "it had ended before it could be killed"
        child.kill()


@pytest.fixture
def desk(inbox: Inbox, tmp_path: Path) -> Desk:
    inbox.troubles.seconds = 0.02
    return desk_for("custobar", inbox, tmp_path, mode="full", rows_per_request=10, settle_minutes=0.0)


def test_customers_go_on_where_they_were_stopped(desk: Desk, tmp_path: Path) -> None:
    desk.put_nothing_else("customers")
    desk.put("customers", people(range(COUNT)))
    write_config(tmp_path, desk.inbox)
    kill_after(tmp_path, desk.inbox, 10)
    assert 50 < len(desk.inbox.custobar.customers) < COUNT
    desk.inbox.requests.clear()
    assert desk.send().exit_code == 0
    assert len(desk.inbox.custobar.customers) == COUNT
    assert sum(each[0] == "POST" for each in desk.inbox.requests) < 25
    queried, _, unchanged, failed = desk.counts("customers")
    assert (queried, failed) == (COUNT, 0)
    assert unchanged >= 80


@pytest.mark.slow
def test_no_event_is_there_twice(desk: Desk, tmp_path: Path) -> None:
    desk.put_nothing_else("events")
    said = {"type": "MAIL_SUBSCRIBE", "date": NOON}
    rows = [{"row_key": f"e{n:03}", "customer_id": f"demo-{n}", **said} for n in range(COUNT)]
    desk.put("events", rows)
    write_config(tmp_path, desk.inbox)
    kill_after(tmp_path, desk.inbox, 10)
    assert desk.send().exit_code == 0
    times = Counter(row["customer_id"] for row in desk.inbox.custobar.events)
    assert times == {f"demo-{n}": 1 for n in range(COUNT)}


@pytest.mark.parametrize("writes", first_fast([1, 5, 30]))
def test_subscribers_go_on_in_the_one_list(inbox: Inbox, tmp_path: Path, writes: int) -> None:
    """Killed while the list and its fields are made, or later; nobody has two lists, and all are in one."""
    inbox.troubles.seconds = 0.01
    desk = desk_for("apifon", inbox, tmp_path)
    desk.put("subscribers", with_lookups(range(40)))
    account = (
        f'[destinations.apifon]\nbase_url = "{inbox.url}"\ntoken = "demo-token"\nsecret = "demo-secret"\n'
    )
    write_config(tmp_path, inbox, "enabled = false\n" + account + "requests_per_minute = 600000\n")
    kill_after(tmp_path, inbox, writes)
    assert desk.send().exit_code == 0
    assert [each.title for each in inbox.apifon.lists.values()] == ["Verkkokauppa", "kassavirta"]
    assert {row["email"] for row in inbox.apifon.ours().subscribers.values()} == {
        f"person{n}@example.com" for n in range(40)
    }
    assert desk.send().exit_code == 0
    assert desk.counts("subscribers") == (40, 0, 40, 0)


@pytest.mark.slow
def test_killed_again_and_again_it_comes_to_an_end(desk: Desk, tmp_path: Path) -> None:
    desk.put_nothing_else("customers")
    desk.put("customers", people(range(COUNT)))
    write_config(tmp_path, desk.inbox)
    for _ in range(4):
        desk.inbox.requests.clear()
        kill_after(tmp_path, desk.inbox, 4)
    assert desk.send().exit_code == 0
    assert len(desk.inbox.custobar.customers) == COUNT
    assert desk.ask("select count(*), count(distinct row_key) from ops.sync_rows") == [(COUNT, COUNT)]


@pytest.mark.slow
def test_of_two_at_once_one_sends(desk: Desk, tmp_path: Path) -> None:
    desk.put_nothing_else("customers")
    desk.put("customers", people(range(COUNT)))
    write_config(tmp_path, desk.inbox)
    desk.inbox.troubles.seconds = 1.0
    with activating(tmp_path, desk.inbox, 3) as first, activating(tmp_path, desk.inbox, 10**6) as second:
        assert (first.poll(), second.poll()) == (None, 2)
        desk.inbox.troubles.seconds = 0.0
        assert first.wait() == 0
        assert "another run is under way" in (second.stderr.read() if second.stderr else "")
    assert len(desk.inbox.custobar.customers) == COUNT
    assert sum(each[0] == "POST" for each in desk.inbox.requests) == COUNT // 10
