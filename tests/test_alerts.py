"""Whoever should know is told once that runs fail, once that they are well again, and nothing personal."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from pipelines.cli import app
from pipelines.demo.mycashflow import error
from pipelines.demo.server import ShopServer, serve
from pipelines.demo.shop import Shop
from pipelines.lock import killed
from tests.test_cli import assert_refused, configure

ROOT = Path(__file__).parents[1]
PERSON = "anna.asiakas@example.com"


class Ear(ThreadingHTTPServer):
    """A webhook: keeps what it is told; answers with `status`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told: list[dict[str, Any]] = []
        self.status = 200

    @property
    def events(self) -> list[tuple[str, list[str]]]:
        return [(told["event"], told["names"]) for told in self.told]


class _Handler(BaseHTTPRequestHandler):
    server: Ear

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.status == 200:
            self.server.told.append(json.loads(body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def ear() -> Iterator[Ear]:
    with Ear() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def alert(home: Path, url: str, **changes: str) -> None:
    """The settings of a store and of who is called."""
    configure(home, url)
    lines = [f"{name} = {json.dumps(value)}" for name, value in changes.items()]
    with open(home / ".dlt/config.toml", "a") as file:
        file.write("\n[alerts]\n" + "\n".join(lines))


def hook(ear: Ear) -> str:
    return f"http://127.0.0.1:{ear.server_port}/secret-path"


@pytest.mark.slow
def test_one_call_when_it_fails_and_one_when_it_is_well(tmp_path: Path, shop: Shop, ear: Ear) -> None:
    with serve(shop) as server:
        alert(tmp_path, server.url, webhook=hook(ear))
        assert run("sync").exit_code == 0
        assert ear.told == []
        well, server.api.answer = server.api.answer, lambda *_: error(500, "Down", f"{PERSON} 0401234567")  # type: ignore[method-assign]
        for _ in range(2):
            assert run("sync").exit_code == 3
        server.api.answer = well  # type: ignore[method-assign]
        for _ in range(2):
            assert run("sync").exit_code == 0
    assert ear.events == [("failed", ["main"]), ("recovered", ["main"])]
    assert ear.told[0]["text"].startswith("kassavirta: sync failed, main: main: GET http://127.0.0.1")
    assert PERSON not in json.dumps(ear.told)
    assert "1234567" not in json.dumps(ear.told)


def test_what_could_not_be_delivered_is_told_later(tmp_path: Path, ear: Ear) -> None:
    alert(tmp_path, "http://127.0.0.1:9", webhook=hook(ear))
    ear.status = 500
    result = run("sync")
    assert "warning: nobody could be told of this (answered 500)" in result.output
    assert "secret-path" not in result.output
    ear.status = 200
    run("sync")
    assert ear.events == [("failed", ["main"])]


def test_a_command_is_called_with_the_same(tmp_path: Path) -> None:
    note = tmp_path / "note.json"
    alert(tmp_path, "http://127.0.0.1:9", command=f"tee {note}")
    run("run")
    told = json.loads(note.read_text())
    assert (told["event"], told["command"], told["exit_code"]) == ("failed", "run", 3)


def test_an_address_that_others_can_read_is_refused(tmp_path: Path) -> None:
    alert(tmp_path, "http://127.0.0.1:9", webhook="http://chat.example.com/x")
    assert_refused(run("sync"), 2, "alerts.webhook is no web address that begins with https://")


def kill(home: Path, server: ShopServer) -> None:
    """A sync that is killed as soon as it asks for something."""
    server.requests.clear()
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pipelines", "sync"]
    with subprocess.Popen(command, cwd=home, env=environ, stdout=subprocess.DEVNULL) as child:
        deadline = time.monotonic() + 60
        while not server.requests and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(child.pid, signal.SIGKILL)


@pytest.mark.slow
def test_a_killed_run_is_seen_recorded_and_told(tmp_path: Path, server: ShopServer, ear: Ear) -> None:
    alert(tmp_path, server.url, webhook=hook(ear))
    assert run("sync").exit_code == 0
    kill(tmp_path, server)
    (store,) = json.loads(run("status", "--json").output)["stores"]
    assert (store["state"], "the last sync was killed" in store["message"]) == ("Failed", True)
    assert run("sync").exit_code == 0
    assert killed(tmp_path / "data") == {}
    assert ear.events == [("failed", ["sync"]), ("recovered", ["sync"])]
    with duckdb.connect(str(tmp_path / "data/warehouse.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            "select status, exit_code, stores from ops.runs order by started_at"
        ).fetchall()
    assert rows == [("done", 0, "main"), ("failed", 1, "main"), ("done", 0, "main")]
    logs = [json.loads(line) for line in run("logs", "--json").output.splitlines()]
    assert [entry["status"] for entry in logs] == ["done", "failed", "done"]
    assert "killed, or cut off by the machine" in logs[1]["message"]


def test_a_first_run_that_was_killed_is_recorded_too(tmp_path: Path, server: ShopServer) -> None:
    configure(tmp_path, server.url)
    kill(tmp_path, server)
    assert run("sync", "--resource", "brands").exit_code == 0
    statuses = [json.loads(line)["status"] for line in run("logs", "--json").output.splitlines()]
    assert statuses == ["failed", "done"]


@pytest.mark.slow
def test_logs_say_what_every_run_did(tmp_path: Path, server: ShopServer, shop: Shop) -> None:
    configure(tmp_path, server.url)
    assert run("logs").output == ""
    assert run("sync").exit_code == 0
    count = len(shop.ids("orders"))
    shop.update("orders", shop.ids("orders")[0], {"details": "x"})
    assert run("sync").exit_code == 0
    first, second = (json.loads(line) for line in run("logs", "--json").output.splitlines())
    assert f"main orders: {count:,} asked, {count:,} loaded, {count:,} changed" in first["summary"]
    assert first["seconds"] > 0
    assert "main brands: 5 asked, 5 loaded, 0 changed" in second["summary"]
    (orders,) = [line for line in second["summary"] if line.startswith("main orders: ")]
    asked, loaded, changed = (int(number) for number in re.findall(r"\d+", orders))
    assert 1 <= changed <= loaded == asked < count
    told = run("logs", "--limit", "1").output
    assert "sync of main: done, " in told
    assert f"    {orders}\n" in told
    assert len(run("logs", "--limit", "1", "--json").output.splitlines()) == 1


def test_a_store_that_nothing_was_read_of_for_long_is_failed(tmp_path: Path, server: ShopServer) -> None:
    configure(tmp_path, server.url, stale_hours=24)  # type: ignore[arg-type]
    assert run("sync", "--resource", "brands").exit_code == 0
    (store,) = json.loads(run("status", "--json").output)["stores"]
    assert store["state"] == "Enabled"
    with duckdb.connect(str(tmp_path / "data/warehouse.duckdb")) as connection:
        connection.execute("update ops.runs set started_at = started_at - interval 30 hour")
    (store,) = json.loads(run("status", "--json").output)["stores"]
    assert store["state"] == "Failed"
    assert store["message"] == "nothing was read for 30 hours, more than stale_hours = 24"
    assert "nothing was read for 30 hours" in run("status").output


def test_a_disabled_store_is_not_read_by_name(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9", enabled=False)  # type: ignore[arg-type]
    assert_refused(run("sync", "main", "--full"), 2, "main: Disabled; set enabled = true under [stores.main]")
    (store,) = json.loads(run("status", "--json").output)["stores"]
    assert store["state"] == "Disabled"
