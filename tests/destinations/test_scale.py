"""Many customers through bad rows, lost answers and 429s: the good ones arrive, the bad ones are named."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.demo.inbox import Inbox, Troubles, receive
from pipelines.demo.inbox_custobar import KEY
from tests.destinations.desk import Desk, desk_for, people

PER_MINUTE = 6000
BAD = (
    {"email": "not-an-address"},
    {"language": "zz"},
    {"country": "Finland"},
    {"phone_number": "+358401234567890123"},
    {"date_joined": "2026-02-30T00:00:00+00:00"},
)
CONFIG = """
[stores.demo]
platform = "mycashflow"
base_url = "http://127.0.0.1:9"
user = "api-user@example.com"
key = "none"
[destinations.custobar]
company = "demo"
base_url = "{url}"
mode = "full"
key = "{key}"
requests_per_minute = {per_minute}
"""

# `kassavirta activate`, and what it has needed at most. Not what the system says of a child: that begins with
# the memory of its parent.
SENDER = """
import atexit, pathlib, sys
from pipelines.cli import main
def tell():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    pathlib.Path("peak").write_text(next(line.split()[1] for line in lines if line.startswith("VmHWM")))
atexit.register(tell)
sys.argv = ["kassavirta", "activate"]
main()
"""


@dataclass
class Crowd:
    """Customers, every 200th of them bad in one of several ways."""

    size: int

    def rows(self) -> Iterator[dict[str, Any]]:
        for number in range(self.size):
            (row,) = people([number])
            row["phone_number"] = f"+3584{number:08d}"
            row["can_email"] = (True, False, None)[number % 3]
            yield row | (BAD[number // 200 % len(BAD)] if number % 200 == 77 else {})

    def good(self) -> dict[str, dict[str, Any]]:
        """What must have arrived: no key for what is unknown."""
        return {
            row["external_id"]: {
                name: value for name, value in row.items() if value is not None and name != "customer_key"
            }
            for number, row in enumerate(self.rows())
            if number % 200 != 77
        }

    def bad(self) -> set[str]:
        return {f"demo-{number}" for number in range(self.size) if number % 200 == 77}


def send(home: Path, inbox: Inbox) -> subprocess.CompletedProcess[str]:
    """`kassavirta activate` in a process of its own."""
    (home / ".dlt").mkdir(exist_ok=True)
    config = CONFIG.format(url=inbox.url, key=KEY, per_minute=PER_MINUTE)
    (home / ".dlt/config.toml").write_text(config)
    path = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
    return subprocess.run(
        [sys.executable, "-c", SENDER],
        cwd=home,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def assert_all_is_there(desk: Desk, crowd: Crowd, told: str) -> None:
    assert desk.inbox.custobar.customers == crowd.good()
    named = desk.ask("select row_key, status, reason from ops.sync_rows where status <> 'accepted'")
    assert {key for key, _, _ in named} == crowd.bad()
    assert {status for _, status, _ in named} == {"invalid", "refused"}
    assert all(reason for _, _, reason in named)
    assert "@" not in "".join(reason for _, _, reason in named)
    count = len(crowd.bad())
    assert desk.counts("customers") == (crowd.size, crowd.size - count, 0, count)
    assert f"{count} rows not taken" in told
    assert desk.inbox.troubles.too_many == 0


def run_twice(home: Path, size: int) -> int:
    """Sends a crowd, then again; the most memory that the first needed, in KB."""
    home.mkdir(exist_ok=True)
    crowd = Crowd(size)
    with receive(troubles=Troubles(limited=0.02, lost=0.02, per_minute=PER_MINUTE)) as inbox:
        desk = desk_for("custobar", inbox, home, mode="full")
        desk.put_nothing_else("customers")
        desk.put("customers", crowd.rows())
        done = send(home, inbox)
        assert done.returncode == 4, done.stderr
        peak = int((home / "peak").read_text())
        assert_all_is_there(desk, crowd, done.stdout)
        inbox.requests.clear()
        again = send(home, inbox)
        assert again.returncode == 4, again.stderr
        assert [each for each in inbox.requests if each[0] != "GET"] == []
        assert desk.counts("customers") == (size, 0, size - len(crowd.bad()), len(crowd.bad()))
    return peak


@pytest.mark.slow
def test_two_thousand_customers_arrive_exactly(tmp_path: Path) -> None:
    run_twice(tmp_path, 2_000)


@pytest.mark.deep
def test_a_hundred_thousand_customers_arrive_exactly_and_memory_stays_flat(tmp_path: Path) -> None:
    few = run_twice(tmp_path / "few", 10_000)
    many = run_twice(tmp_path / "many", 100_000)
    assert many < few * 1.2
