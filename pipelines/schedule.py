"""Runs that come again: in the foreground, or as a unit for the scheduler that a machine has already.

Each run is a process of its own, so that what one leaves in memory, or one that crashes, is not the next
one's. A run that fails is tried again at the next tick; one that is still under way refuses the next.
"""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from time import sleep
from typing import Any

import pendulum
from croniter import croniter

from pipelines.alerts import Voice
from pipelines.errors import SettingsError
from pipelines.lock import schedule_lock, write_said
from pipelines.settings import Settings, here, now

# Seconds to sleep at a time, so that a machine that was asleep itself notices.
NAP = 30.0

WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

CRON = """\
# Add this line to your crontab (`crontab -e`).
{cron} umask 077; cd {home} && mkdir -p data && {command} run >> data/kassavirta.log 2>&1
"""

SYSTEMD = """\
# Installs a timer of this user: kassavirta schedule systemd | sh
# and starts it: systemctl --user daemon-reload && systemctl --user enable --now kassavirta.timer
# It runs without a login after: loginctl enable-linger
set -e
mkdir -p "${{XDG_CONFIG_HOME:-$HOME/.config}}/systemd/user"
cd "${{XDG_CONFIG_HOME:-$HOME/.config}}/systemd/user"
cat > kassavirta.service <<'UNIT'
[Unit]
Description=kassavirta: stores to warehouse, models and report

[Service]
Type=oneshot
WorkingDirectory={home}
ExecStart={command} run
UMask=0077
# 4 is done, but something was set aside and named.
SuccessExitStatus=4
UNIT
cat > kassavirta.timer <<'UNIT'
[Unit]
Description=When kassavirta runs

[Timer]
OnCalendar={calendar}
Persistent=true

[Install]
WantedBy=timers.target
UNIT
"""

GITHUB = """\
# .github/workflows/kassavirta.yml in a private repository that holds .dlt/config.toml; times are UTC.
# Secrets of the repository: STORES__{store}__USER, STORES__{store}__KEY, PRIVACY__SALT{more}.
name: kassavirta
on:
  schedule:
    - cron: "{cron}"
  workflow_dispatch:
concurrency:
  group: kassavirta
permissions:
  contents: read
jobs:
  run:
    runs-on: ubuntu-latest
    timeout-minutes: 60
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.11"
      - run: pip install "kassavirta{extra}"
{keep}      - run: kassavirta run || test $? -eq 4
        env:
{secrets}
"""

# The history of segments is nowhere but in the warehouse: a runner that forgets it loses it.
KEEP = """\
      - uses: actions/cache@v4
        with:
          path: data
          key: kassavirta-${{ github.run_id }}
          restore-keys: kassavirta-
"""

AIRFLOW = '''\
"""Runs kassavirta; put this file into the folder of your DAGs."""

import pendulum
from airflow import DAG
from airflow.providers.standard.operators.bash import BashOperator

with DAG(
    dag_id="kassavirta",
    schedule="{cron}",
    start_date=pendulum.datetime(2026, 1, 1, tz="{zone}"),
    catchup=False,
    max_active_runs=1,
):
    BashOperator(
        task_id="run",
        bash_command={command!r},
        skip_on_exit_code=None,
    )
'''


def repeat(
    settings: Settings,
    cron: str,
    words: Sequence[str],
    teller: Voice,
    wait: Callable[[float], None] = sleep,
) -> None:
    """Runs a command now and at every tick, until this process is told to end.

    Raises:
        SettingsError: `cron` is none, or another process repeats runs here already.
    """
    check_cron(cron)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with schedule_lock(settings.data, cron) as file:
        while True:
            code = subprocess.run([sys.executable, "-P", "-m", "pipelines", *words], check=False).returncode
            tick = next_tick(cron, here(now()))
            write_said(file, {"command": f"run --every {cron!r}", "next": tick.to_iso8601_string()})
            ending = "done" if code == 0 else f"ended with {code}"
            teller.say(f"{ending}; the next run is at {tick.to_datetime_string()}")
            while (left := (tick - now()).total_seconds()) > 0:
                wait(min(NAP, left))


def next_tick(cron: str, after: pendulum.DateTime) -> pendulum.DateTime:
    """The first moment of a schedule after another, on that one's clock."""
    tick: datetime = croniter(cron, after).get_next(datetime)
    return pendulum.instance(tick)


def check_cron(cron: str) -> None:
    """Nothing, when it is a schedule.

    Raises:
        SettingsError: it is none.
    """
    if not croniter.is_valid(cron) or len(cron.split()) != 5:
        raise SettingsError(
            f"{cron!r} is no schedule, expected five fields like '0 * * * *' (minute hour day month weekday)"
        )


def unit(kind: str, settings: Settings, cron: str) -> str:
    """A schedule as a scheduler wants it.

    Raises:
        SettingsError: there is no such scheduler, or it cannot say this schedule.
    """
    check_cron(cron)
    writers: Mapping[str, Callable[[Settings, str], str]] = {
        "cron": _cron,
        "systemd": _systemd,
        "github": _github,
        "airflow": _airflow,
    }
    if kind not in writers:
        raise SettingsError(f"there is no scheduler {kind!r}, expected {', '.join(writers)}")
    return writers[kind](settings, cron)


def _cron(settings: Settings, cron: str) -> str:
    home, command = shlex.quote(str(settings.directory)), shlex.join(_command())
    return CRON.format(cron=cron, home=home.replace("%", r"\%"), command=command.replace("%", r"\%"))


def _systemd(settings: Settings, cron: str) -> str:
    command = " ".join(f'"{_for_systemd(word)}"' for word in _command())
    home = str(settings.directory).replace("%", "%%")
    return SYSTEMD.format(home=home, command=command, calendar=calendar(cron))


def _github(settings: Settings, cron: str) -> str:
    is_server = settings.server is not None
    names = [f"STORES__{name.upper()}__{key}" for name in settings.stores for key in ("USER", "KEY")]
    names += ["PRIVACY__SALT", *(["WAREHOUSE__URL"] if is_server else [])]
    return GITHUB.format(
        cron=cron,
        store=next(iter(settings.stores), "main").upper(),
        more=", WAREHOUSE__URL" if is_server else "",
        extra="[postgres]" if is_server else "",
        keep="" if is_server else KEEP,
        secrets="\n".join(f"          {name}: ${{{{ secrets.{name} }}}}" for name in names),
    )


def _airflow(settings: Settings, cron: str) -> str:
    command = f"cd {shlex.quote(str(settings.directory))} && {shlex.join(_command())} run || test $? -eq 4"
    return AIRFLOW.format(cron=cron, zone=here(now()).timezone_name, command=command)


def _command() -> list[str]:
    """The command as it was installed, or else as Python runs it."""
    script = Path(sys.executable).with_name("kassavirta")
    return [str(script)] if script.exists() else [sys.executable, "-m", "pipelines"]


def _for_systemd(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")


def calendar(cron: str) -> str:
    """A schedule in systemd's words.

    Raises:
        SettingsError: it names days of the month and of the week, of which cron takes either.
    """
    minute, hour, day, month, weekday = cron.split()
    if day != "*" and weekday != "*":
        raise SettingsError("systemd cannot say a day of the month or of the week: leave one of them as *")
    days = "" if weekday == "*" else f"{_weekdays(weekday)} "
    months = _numbers(cron, 3) if month.isupper() or month.islower() else _field(month, 1)
    return f"{days}*-{months}-{_field(day, 1)} {_field(hour, 0)}:{_field(minute, 0)}:00"


def _field(text: str, first: int) -> str:
    """One field: `*/15` is `0/15`, `1-5` is `1..5`."""
    parts = [part.replace("*/", f"{first}/").replace("-", "..") for part in text.split(",")]
    return ",".join(parts)


def _weekdays(text: str) -> str:
    """Days of the week by name, each for itself, for a week begins on another day in systemd."""
    numbers = _numbers(f"0 0 * * {text}", 4).split(",")
    return ",".join(dict.fromkeys(WEEKDAYS[int(number)] for number in numbers))


def _numbers(cron: str, place: int) -> str:
    """A field of a schedule with every number it means, names included."""
    expanded: Any = croniter.expand(cron)[0][place]
    return ",".join(map(str, expanded))
