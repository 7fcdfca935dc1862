"""Runs come again: units work as printed, and `run --every` outlives failures and refuses a second one."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from croniter import croniter
from typer.testing import CliRunner, Result

from pipelines.cli import app
from pipelines.demo.server import KEY, USER, ShopServer
from pipelines.errors import SettingsError
from pipelines.lock import SCHEDULE, holder
from pipelines.schedule import calendar, next_tick
from pipelines.settings import now, read_settings
from tests.test_cli import assert_refused, configure

ROOT = Path(__file__).parents[1]
SCHEDULES = (
    "0 * * * *",
    "*/15 6-20 * * 1-5",
    "30 5 1,15 * *",
    "0 3 * * 0",
    "0 3 * * sun,TUE",
    "10 4 * JAN-MAR *",
    "5,35 */2 * 6-8 *",
    "0 22-23 */10 * *",
)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def printed(kind: str, *more: str) -> str:
    result = run("schedule", kind, *more)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a name that shells and schedulers trip over, a store in it."""
    place = tmp_path / "Anna's 100% shop"
    place.mkdir()
    configure(place, "https://shop.example.com")
    monkeypatch.chdir(place)
    return place


def test_the_line_for_cron_runs_as_cron_runs_it(home: Path, server: ShopServer) -> None:
    configure(home, server.url)
    (line,) = [line for line in printed("cron").splitlines() if not line.startswith("#")]
    *fields, command = line.split(" ", 5)
    assert croniter.is_valid(" ".join(fields))
    assert not re.search(r"(?<!\\)%", command)  # to cron, a bare one is the end of the line
    told = re.sub(r" run >>", " check >>", command.replace(r"\%", "%"))
    subprocess.run(["/bin/sh", "-c", told], cwd="/", env={"PYTHONPATH": str(ROOT)}, check=True)
    assert "main: orders: readable on v1" in (home / "data/kassavirta.log").read_text()
    assert (home / "data/kassavirta.log").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(not shutil.which("crontab"), reason="there is no crontab here")
def test_cron_itself_takes_the_line(home: Path) -> None:
    (home / "crontab").write_text(printed("cron"))
    told = [subprocess.run(["crontab", check, "crontab"]).returncode for check in ("-T", "-n")]
    assert 0 in told  # cronie's word for a dry run, and Debian's


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_takes_its_units(home: Path, tmp_path: Path) -> None:
    environ = {**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    subprocess.run(["/bin/sh"], input=printed("systemd"), text=True, env=environ, check=True)
    units = [str(tmp_path / "config/systemd/user" / f"kassavirta.{kind}") for kind in ("service", "timer")]
    environ["XDG_RUNTIME_DIR"] = str(tmp_path)
    verify = ["systemd-analyze", "--user", "verify", *units]
    told = subprocess.run(verify, env=environ, capture_output=True, text=True)
    assert (told.returncode, told.stderr) == (0, "")
    assert f"WorkingDirectory={home}".replace("%", "%%") in Path(units[0]).read_text().splitlines()
    Path(units[0]).write_text(Path(units[0]).read_text().replace("ExecStart=", "ExecStart=/nowhere"))
    assert subprocess.run(verify, env=environ, capture_output=True).returncode != 0


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
@pytest.mark.parametrize("cron", SCHEDULES)
def test_systemd_runs_when_cron_would(cron: str) -> None:
    asked = [
        "systemd-analyze",
        "calendar",
        "--iterations=5",
        "--base-time=2026-03-05 07:07:07 UTC",
        calendar(cron),
    ]
    told = subprocess.run(asked, env={**os.environ, "TZ": "UTC"}, capture_output=True, text=True, check=True)
    found = re.findall(r"(?:Next elapse|Iteration #\d|Iter\. #\d): \w+ (\S+ \S+) UTC", told.stdout)
    assert len(found) == 5
    moment = now().set(2026, 3, 5, 7, 7, 7, 0)
    for told_moment in found:
        moment = next_tick(cron, moment)
        assert told_moment == moment.to_datetime_string()


def test_systemd_is_not_given_what_it_cannot_say(home: Path) -> None:
    assert_refused(run("schedule", "systemd", "--every", "0 0 1 * 1"), 2, "leave one of them as *")


def test_the_workflow_for_github_is_whole(home: Path) -> None:
    text = printed("github", "--every", "20 * * * *")
    workflow = yaml.safe_load(text)
    assert workflow[True]["schedule"] == [{"cron": "20 * * * *"}]  # to YAML 1.1, `on` is true
    steps = workflow["jobs"]["run"]["steps"]
    assert steps[-1]["env"].keys() == {"STORES__MAIN__USER", "STORES__MAIN__KEY", "PRIVACY__SALT"}
    assert "actions/cache" in text
    assert str(home) not in text
    assert KEY not in text


def test_the_dag_for_airflow_is_python(home: Path) -> None:
    text = printed("airflow")
    compile(text, "kassavirta.py", "exec")
    assert 'schedule="0 * * * *"' in text
    command = re.search(r"bash_command=(.*),", text)
    assert command
    told = eval(command[1])
    assert subprocess.run(["bash", "-n", "-c", told]).returncode == 0


@pytest.mark.parametrize("words", [("cron", "--every", "hourly"), ("cron", "--every", "* * * * * *")])
def test_a_schedule_that_is_none(home: Path, words: tuple[str, ...]) -> None:
    assert_refused(run("schedule", *words), 2, "is no schedule, expected five fields like '0 * * * *'")
    assert_refused(run("run", *words[1:]), 2, "is no schedule, expected five fields like '0 * * * *'")


def test_a_scheduler_that_is_none(home: Path) -> None:
    assert_refused(run("schedule", "at"), 2, "expected cron, systemd, github, airflow")


@pytest.mark.slow
def test_every_run_is_tried_again_and_a_second_one_refuses(tmp_path: Path) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pipelines", "run", "--every", "* * * * *"]
    with subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        line = child.stdout.readline()
        while line and "the next run is at" not in line:
            line = child.stdout.readline()
        assert line.startswith("ended with 3; the next run is at ")
        status = json.loads(run("status", "--json").output)
        assert status["next_run"] == holder(read_settings().data, SCHEDULE)["next"]
        assert_refused(
            run("run", "--every", "* * * * *"), 2, "another run is under way: run --every '* * * * *'"
        )
        started = time.monotonic()
        child.send_signal(signal.SIGTERM)
        child.wait(timeout=20)
    assert time.monotonic() - started < 10
    assert child.returncode == 130
    assert json.loads(run("status", "--json").output)["next_run"] is None


def test_repeated_runs_come_at_their_ticks(
    tmp_path: Path, server: ShopServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.schedule import repeat
    from tests.stage import Listener

    configure(tmp_path, server.url)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    waits: list[float] = []

    class Enough(Exception):
        pass

    def wait(seconds: float) -> None:
        waits.append(seconds)
        raise Enough

    listener = Listener()
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Enough):
        repeat(read_settings(), "* * * * *", ["sync", "--resource", "brands"], listener, wait)
    signal.signal(signal.SIGTERM, before)
    assert 0 < waits[0] <= 30
    assert listener.lines[0].startswith("done; the next run is at ")
    with pytest.raises(SettingsError, match="no schedule"):
        repeat(read_settings(), "never", [], listener)
    assert USER not in listener.lines[0]
