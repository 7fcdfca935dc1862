"""The key is nowhere but in the settings: no log, error, trace, state or file of a run holds it."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipelines.cli import app
from pipelines.demo.server import USER, serve
from pipelines.demo.shop import Shop

KEY = "k3y-that-nobody-may-see"
BASIC = b64encode(f"{USER}:{KEY}".encode()).decode()


def configure(home: Path, url: str, key: str) -> None:
    (home / ".dlt").mkdir(exist_ok=True)
    (home / ".dlt/config.toml").write_text(
        f'[runtime]\nlog_level = "DEBUG"\n[stores.main]\nbase_url = "{url}"\nattempts = 1\n'
    )
    (home / ".dlt/secrets.toml").write_text(f'[stores.main]\nuser = "{USER}"\nkey = "{key}"\n')


def assert_unseen(told: str, home: Path) -> None:
    """Neither the key nor the header made of it is in what was told or in any byte under data/."""
    for secret in (KEY, BASIC):
        assert secret not in told
        for path in (home / "data").rglob("*"):
            if path.is_file():
                assert secret.encode() not in path.read_bytes(), path.name


@pytest.mark.parametrize("command", ["sync", "check", "status"])
@pytest.mark.parametrize("faults", [(), ("server-errors",), ("truncated",), ("wrong-key",)])
def test_no_file_and_no_line_of_a_run_holds_the_key(
    tmp_path: Path, shop: Shop, caplog: pytest.LogCaptureFixture, command: str, faults: tuple[str, ...]
) -> None:
    caplog.set_level("DEBUG")
    with serve(shop, faults=faults, key=KEY) as server:
        configure(tmp_path, server.url, KEY)
        result = CliRunner().invoke(app, [command])
    assert_unseen(f"{result.output}{result.stderr}{result.exception!r}{caplog.text}", tmp_path)


def test_files_under_data_are_their_owner_s_alone(tmp_path: Path, shop: Shop) -> None:
    with serve(shop, key=KEY) as server:
        configure(tmp_path, server.url, KEY)
        assert CliRunner().invoke(app, ["sync"]).exit_code == 0
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
