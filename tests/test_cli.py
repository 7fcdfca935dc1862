"""What is wrong outside is one sentence and the right exit code, and nothing is written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from pipelines import flow
from pipelines.cli import app
from pipelines.demo.opening import make_shop
from pipelines.demo.server import KEY, USER, ShopServer, serve
from pipelines.demo.shop import Shop
from pipelines.job import Wanted
from pipelines.lock import run_lock
from pipelines.settings import read_settings
from tests.stage import Listener, first_fast, settings_for

COMMANDS = (
    *("demo", "check", "sync", "build", "run", "status", "logs", "report", "schedule", "activate"),
    *("forget", "init"),
)


def run(*arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=typed)


def configure(home: Path, url: str = "", **changes: str) -> None:
    keys = {"platform": "mycashflow", "base_url": url, "user": USER, "key": KEY, "attempts": 1} | changes
    (home / ".dlt").mkdir(exist_ok=True)
    lines = [f"{name} = {json.dumps(value)}" for name, value in keys.items() if value != ""]
    (home / ".dlt/config.toml").write_text("[stores.main]\n" + "\n".join(lines))


def assert_refused(result: Result, code: int, words: str) -> None:
    """One sentence on standard error that says what to do, the exit code, and no trace of the machine."""
    assert result.exit_code == code, result.output
    assert words in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output
    assert KEY not in result.output
    assert str(Path.cwd()) not in result.output


def assert_nothing_written(home: Path) -> None:
    """No warehouse, no published file, no report."""
    left = [path.name for path in home.rglob("*") if path.suffix in (".duckdb", ".html", ".wal", ".probe")]
    assert left == []


@pytest.mark.parametrize("command", ["check", "sync", "run"])
def test_no_settings(tmp_path: Path, command: str) -> None:
    assert_refused(run(command), 2, "run `kassavirta init`")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["check", "sync", "run", "build", "status"])
def test_an_unknown_key_in_the_settings(tmp_path: Path, command: str) -> None:
    configure(tmp_path, "https://shop.example.com", colour="red")
    assert_refused(run(command), 2, "unknown key stores.main.colour")
    assert_nothing_written(tmp_path)


def test_http_to_a_public_host(tmp_path: Path) -> None:
    configure(tmp_path, "http://shop.example.com")
    assert_refused(run("sync"), 2, "use https://")
    assert_nothing_written(tmp_path)


@pytest.mark.parametrize("command", first_fast(["sync", "check", "run"]))
def test_a_store_name_nobody_has(tmp_path: Path, command: str) -> None:
    configure(tmp_path, "https://no-such-store.invalid")
    assert_refused(run(command), 2, "no such host no-such-store.invalid. Check store_name")
    assert_nothing_written(tmp_path)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("wrong-key", "user or key is wrong. Set both in .dlt/secrets.toml"),
        ("no-plan", "Its plan must be Advanced, Pro or Enterprise"),
        ("maintenance", "with a web page, expected JSON. Check store_name or base_url"),
    ],
)
@pytest.mark.parametrize("command", ["check", "sync", "run"])
def test_a_store_that_refuses(tmp_path: Path, shop: Shop, command: str, fault: str, words: str) -> None:
    with serve(shop, faults=(fault,)) as server:
        configure(tmp_path, server.url)
        result = run(command)
    assert result.exit_code == 3
    assert words in result.stderr
    assert KEY not in result.output
    assert_nothing_written(tmp_path)


def test_a_file_that_is_no_warehouse(tmp_path: Path, server: ShopServer) -> None:
    configure(tmp_path, server.url)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/warehouse.duckdb").write_bytes(b"this is a spreadsheet" * 1000)
    for command in ("sync", "run", "build", "status"):
        assert_refused(run(command), 2, "is no DuckDB file that this version can read. Move it away")
    assert (tmp_path / "data/warehouse.duckdb").read_bytes() == b"this is a spreadsheet" * 1000
    assert server.requests == []


@contextmanager
def held_by_another_process(path: Path) -> Iterator[None]:
    code = (
        f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        yield
        child.communicate("")


def test_a_warehouse_somebody_else_has_open(tmp_path: Path, server: ShopServer) -> None:
    configure(tmp_path, server.url)
    (tmp_path / "data").mkdir()
    warehouse = tmp_path / "data/warehouse.duckdb"
    duckdb.connect(str(warehouse)).close()
    with held_by_another_process(warehouse):
        for command in ("sync", "run", "build"):
            assert_refused(run(command), 2, "another process has it open. Close it and run again")
    assert server.requests == []
    assert run("sync").exit_code == 0


class Intruder(Listener):
    """At each line that it is told, another process opens a file to write to it; `answers` says how."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.code = f"import duckdb; duckdb.connect({str(file)!r})"
        self.answers: list[str] = []

    def say(self, text: str) -> None:
        done = subprocess.run([sys.executable, "-c", self.code], capture_output=True, text=True, check=False)
        self.answers.append(done.stderr)


def test_nobody_else_writes_while_a_load_has_the_warehouse_open(tmp_path: Path, server: ShopServer) -> None:
    """A process that closes a file gives up its locks on it, so nothing of ours may open it meanwhile."""
    settings = settings_for(tmp_path, server.url)
    flow.sync(settings, settings.chosen(), Wanted(), Listener())
    intruder = Intruder(settings.warehouse)
    assert flow.sync(settings, settings.chosen(), Wanted(), intruder).exit_code == 0
    assert intruder.answers
    assert [answer for answer in intruder.answers if "Could not set lock" not in answer] == []


def mounted(folder: Path, size: str) -> bool:
    """Whether a small disk could be mounted there, which takes root."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    return os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0


def test_a_full_disk(tmp_path: Path, server: ShopServer) -> None:
    configure(tmp_path, server.url)
    data = tmp_path / "data"
    data.mkdir()
    if not mounted(data, "700k"):
        pytest.skip("only root can mount a small disk")
    try:
        result = run("run")
        assert result.exit_code == 2
        assert "no space left on the disk. Free some and run again" in result.stderr
        assert not (data / "kassavirta.duckdb").exists()
    finally:
        subprocess.run(["umount", str(data)], check=True)


def test_a_database_of_another_kind_is_no_warehouse(tmp_path: Path, server: ShopServer) -> None:
    import sqlite3

    configure(tmp_path, server.url)
    (tmp_path / "data").mkdir()
    with sqlite3.connect(tmp_path / "data/warehouse.duckdb") as other:
        other.execute("create table a (b)")
    assert_refused(run("sync"), 2, "is no DuckDB file that this version can read")
    (tmp_path / "data/warehouse.duckdb").unlink()
    (tmp_path / "data/warehouse.duckdb").mkdir()
    assert_refused(run("sync"), 2, "is no DuckDB file that this version can read")


def test_a_damaged_published_file(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/kassavirta.duckdb").write_bytes(b"x" * 5000)
    assert_refused(run("report"), 2, "kassavirta.duckdb: it is no DuckDB file")


def test_a_build_before_anything_is_loaded(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    assert_refused(run("build"), 2, "nothing is loaded yet: run `kassavirta sync` first")


@pytest.mark.slow
def test_a_selection_is_built_and_not_published(tmp_path: Path, server: ShopServer) -> None:
    configure(tmp_path, server.url)
    assert run("sync").exit_code == 0
    assert_refused(run("build", "--select", "nosuch"), 2, "--select nosuch is no model")
    result = run("build", "--select", "+dim_stores")
    assert (result.exit_code, "not published: only a selection was built" in result.output) == (0, True)
    assert not (tmp_path / "data/kassavirta.duckdb").exists()


@pytest.mark.parametrize("command", ["run", "build"])
def test_a_day_that_is_none(tmp_path: Path, server: ShopServer, command: str) -> None:
    configure(tmp_path, server.url)
    assert_refused(
        run(command, "--as-of", "yesterday"), 2, "'yesterday' is no day, expected one like 2026-01-31"
    )
    assert server.requests == []


def test_check_says_what_can_be_read_and_what_no_cursor_sees(tmp_path: Path, server: ShopServer) -> None:
    configure(tmp_path, server.url)
    result = run("check")
    assert result.exit_code == 0
    assert "main: orders: readable on v1; its cursor cannot see payments, shipments" in result.output
    assert_nothing_written(tmp_path)


@pytest.mark.slow
def test_check_names_every_store_s_problem_at_once(tmp_path: Path, server: ShopServer) -> None:
    configure(tmp_path, server.url)
    with open(tmp_path / ".dlt/config.toml", "a") as file:
        for name, url in (("deaf", "http://127.0.0.1:9"), ("lost", "https://no-such-store.invalid")):
            file.write(f'\n[stores.{name}]\nbase_url = "{url}"\nuser = "u"\nkey = "k"\nattempts = 1\n')
    result = run("check")
    assert result.exit_code == 3
    assert "main: customers: readable on v1" in result.output
    assert "deaf: GET http://127.0.0.1:9/api/v1/versions got no whole answer" in result.stderr
    assert "lost: no such host" in result.stderr


def test_status_before_and_after_a_sync(tmp_path: Path, server: ShopServer, shop: Shop) -> None:
    configure(tmp_path, server.url)
    (before,) = json.loads(run("status", "--json").output)["stores"]
    assert (before["state"], before["last_run"], before["resources"]) == ("Enabled", None, [])
    assert run("sync").exit_code == 0
    (store,) = json.loads(run("status", "--json").output)["stores"]
    orders = next(row for row in store["resources"] if row["resource"] == "orders")
    assert (store["state"], store["last_result"]) == ("Enabled", "done")
    assert (orders["rows_read"], orders["gaps"], orders["rows_set_aside"]) == (len(shop.ids("orders")), 0, 0)
    assert "Enabled" in run("status").output


def test_status_after_a_failure(tmp_path: Path, shop: Shop) -> None:
    with serve(shop) as server:
        configure(tmp_path, server.url)
        assert run("sync").exit_code == 0
    assert run("sync").exit_code == 3
    (store,) = json.loads(run("status", "--json").output)["stores"]
    assert store["state"] == "Failed"
    assert "connection refused" in store["message"]


def test_a_report_before_anything_is_published(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    assert_refused(run("report"), 2, "nothing is published yet: run `kassavirta run` first")


def test_init_asks_checks_and_writes(tmp_path: Path, server: ShopServer) -> None:
    result = run("init", typed=f"{server.url}\n{USER}\n{KEY}\n")
    assert result.exit_code == 0, result.output
    assert "main: orders: readable on v1" in result.output
    assert KEY not in result.output
    assert (tmp_path / ".dlt/secrets.toml").stat().st_mode & 0o777 == 0o600
    assert_refused(run("init", "--store", "x", "--user", "u", "--key", "k"), 2, "is not overwritten")
    assert run("check").exit_code == 0


def test_init_adds_a_store_and_leaves_the_rest_as_it_is(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    before = (tmp_path / ".dlt/config.toml").read_text() + "# a word of mine\n"
    (tmp_path / ".dlt/config.toml").write_text(before)
    given = ("--name", "outlet", "--store", "exampleoutlet", "--user", "u@example.com", "--key", "k")
    assert run("init", *given, "--unchecked").exit_code == 0
    after = (tmp_path / ".dlt/config.toml").read_text()
    assert after.startswith(before)
    assert read_settings(tmp_path).stores["outlet"].base_url == "https://exampleoutlet.mycashflow.fi"
    assert run("init", *given, "--unchecked").exit_code == 2
    assert (tmp_path / ".dlt/config.toml").read_text() == after


def test_init_writes_nothing_that_cannot_be_read(tmp_path: Path, server: ShopServer) -> None:
    result = run("init", "--store", server.url, "--user", USER, "--key", "wrong")
    assert (result.exit_code, "user or key is wrong" in result.stderr) == (3, True)
    assert list(tmp_path.iterdir()) == []


def test_init_without_a_terminal_says_what_to_give(tmp_path: Path) -> None:
    result = run("init", "--store", "examplename")
    assert result.exit_code == 2
    assert "user, key missing, and nobody to ask: give all as options" in result.stderr
    assert_refused(run("init", "--platform", "woo"), 2, "platform is 'woo', expected 'mycashflow'")
    assert list(tmp_path.iterdir()) == []


def test_init_changes_nothing_while_a_store_is_syncing(tmp_path: Path) -> None:
    with run_lock(tmp_path / "data", "sync"):
        result = run("init", "--store", "x", "--user", "u", "--key", "k", "--unchecked")
        assert_refused(result, 2, "sync is under way: settings are not changed while a store is Syncing")
    assert not (tmp_path / ".dlt").exists()


def test_init_writes_nothing_that_would_be_refused(tmp_path: Path) -> None:
    result = run("init", "--name", "My Shop", "--store", "x", "--user", "u", "--key", "k")
    assert_refused(result, 2, "a store's name is lower-case")
    assert list(tmp_path.iterdir()) == []


def test_the_demo_keeps_out_of_a_real_store_s_directory(tmp_path: Path) -> None:
    configure(tmp_path, "https://shop.example.com")
    assert_refused(run("demo", "--size", "10"), 2, "this directory belongs to main")


def test_the_demo_deletes_nothing_while_another_run_is_under_way(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    duckdb.connect(str(tmp_path / "data/warehouse.duckdb")).close()
    with run_lock(tmp_path / "data", "sync"):
        assert_refused(run("demo", "--size", "10"), 2, "another run is under way: sync")
    assert (tmp_path / "data/warehouse.duckdb").exists()


def test_ctrl_c_ends_at_once_while_a_store_does_not_answer(tmp_path: Path, shop: Shop) -> None:
    with serve(shop, latency=30.0) as server:
        configure(tmp_path, server.url)
        command = [sys.executable, "-m", "pipelines", "sync"]
        root = str(Path(__file__).parents[1])
        with subprocess.Popen(
            command,
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": root},
            preexec_fn=hear_ctrl_c,
        ) as child:
            while not server.requests and child.poll() is None and not asking(server):
                time.sleep(0.1)
            started = time.monotonic()
            child.send_signal(signal.SIGINT)
            deadline = threading.Timer(20, child.kill)
            deadline.start()
            _, told = child.communicate()
            deadline.cancel()
        assert time.monotonic() - started < 5
        assert child.returncode == 130
        assert told == "stopped; the next run goes on from what was last committed\n"


def hear_ctrl_c() -> None:
    """A shell starts what it puts into the background deaf to Ctrl-C, and children inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def asking(server: ShopServer) -> bool:
    """Whether somebody has a connection to the server."""
    return bool(server._connections)


def test_every_command_has_help(tmp_path: Path) -> None:
    listed = run("--help").output
    for command in COMMANDS:
        assert f"  {command} " in listed
        assert run(command, "--help").exit_code == 0


def test_help_is_quick() -> None:
    """`interface.md`: under 0.4 s; heavy imports wait until they are needed."""
    heavy = ("dlt", "duckdb", "pandas", "pyarrow", "dbt")
    code = f"import sys, pipelines.cli; print([name for name in {heavy} if name in sys.modules])"
    root = Path(__file__).parents[1]
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert found.stdout == "[]\n"


def test_a_shop_without_a_single_order(tmp_path: Path) -> None:
    with make_shop(0) as empty, serve(empty) as server:
        configure(tmp_path, server.url)
        assert run("sync").exit_code == 0
