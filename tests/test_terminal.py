"""Somebody who watches sees bars; a log has plain lines."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.demo.server import ShopServer
from tests.test_cli import configure

COMMAND = [sys.executable, "-m", "pipelines", "sync"]
ESCAPE = "\x1b["


def environ() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "TERM": "xterm", "COLUMNS": "120"}


def test_a_sync_shows_bars_on_a_terminal(tmp_path: Path, server: ShopServer) -> None:
    configure(tmp_path, server.url)
    ours, theirs = pty.openpty()
    with subprocess.Popen(COMMAND, cwd=tmp_path, env=environ(), stdout=theirs, stderr=theirs) as child:
        os.close(theirs)
        told = b""
        try:
            while some := os.read(ours, 65536):
                told += some
        except OSError:  # how a terminal says that nobody is there any more
            pass
    os.close(ours)
    text = told.decode()
    assert child.returncode == 0
    assert ESCAPE in text
    assert "━" in text
    assert "orders" in text


@pytest.mark.slow
def test_a_sync_into_a_log_has_plain_lines(tmp_path: Path, server: ShopServer) -> None:
    configure(tmp_path, server.url)
    told = subprocess.run(COMMAND, cwd=tmp_path, env=environ(), capture_output=True, text=True, check=True)
    assert ESCAPE not in told.stdout
    assert "main: " in told.stdout
    assert " read in " in told.stdout
