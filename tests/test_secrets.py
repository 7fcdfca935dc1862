"""The key is nowhere but in the settings: no log, error, trace, state or file of a run holds it.

Nor does any of them hold the Authorization header that is made of it, or the e-mail of the API user; not even
when the store echoes them in what it answers.
"""

from __future__ import annotations

import json
import logging
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import duckdb
import pytest
from dlt.common.versioned_state import decompress_state
from typer.testing import CliRunner, Result

from pipelines import load
from pipelines.cli import app
from pipelines.demo.mycashflow import Answer, error
from pipelines.demo.server import ShopServer, serve
from pipelines.demo.shop import Shop
from tests.stage import first_fast

USER = "api-user@shop.example"
KEY = "k3y-that/nobody?may~see"
BASIC = b64encode(f"{USER}:{KEY}".encode()).decode()
# As they are, and as PHP's JSON and an address would spell them.
SECRETS = {
    form for word in (USER, KEY, BASIC) for form in (word, word.replace("/", r"\/"), quote(word, safe=""))
}
ECHO = json.dumps({"headers": {"Authorization": f"Basic {BASIC}"}, "error": f"{USER} with {KEY} is wrong"})
# Where the store's API is: MyCashflow's, and CS-Cart's in two dialects.
OLD = "/cscart-4.10"
ROOTS = first_fast(["", "/cscart", OLD])


def configure(home: Path, url: str) -> None:
    (home / ".dlt").mkdir(exist_ok=True)
    platform = "cscart" if "/cscart" in url else "mycashflow"
    (home / ".dlt/config.toml").write_text(
        f'[runtime]\nlog_level = "DEBUG"\n[stores.main]\nplatform = "{platform}"\n'
        f'base_url = "{url}"\nattempts = 1\n'
    )
    (home / ".dlt/secrets.toml").write_text(f'[stores.main]\nuser = "{USER}"\nkey = "{KEY}"\n')


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def listen(result: Result, caplog: pytest.LogCaptureFixture) -> str:
    """Everything a command said: to the terminal, to any log, and as a trace if it came to that."""
    trace = "".join(traceback.format_exception(*result.exc_info)) if result.exc_info else ""
    return f"{result.output}{result.stderr}{result.exception!r}{trace}{caplog.text}"


def contents(home: Path) -> Iterator[tuple[str, bytes]]:
    """Every file under data/ as it lies there, and the rows of every table in readable form."""
    for path in (home / "data").rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()
        if path.suffix == ".duckdb":
            yield from rows(path)


def rows(path: Path) -> Iterator[tuple[str, bytes]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        for schema, table in tables:
            found = connection.execute(f'select cast(whole as text) from "{schema}"."{table}" as whole')
            yield f"{path}: {schema}.{table}", "\n".join(str(row[0]) for row in found.fetchall()).encode()
        states = [name for name in tables if name[1] == "_dlt_pipeline_state"]
        for schema, table in states:
            for (state,) in connection.execute(f"select state from {schema}.{table}").fetchall():
                yield "dlt's state", repr(decompress_state(state)).encode()


def assert_unseen(told: str, home: Path) -> None:
    """No secret is in what was told, nor in anything under data/."""
    for place, content in (("what was told", told.encode()), *contents(home)):
        for secret in SECRETS:
            assert secret.encode() not in content, f"{secret} is in {place}"


@pytest.mark.parametrize("command", ["sync", "check", "status"])
@pytest.mark.parametrize("faults", [("server-errors",), ("truncated",), ("wrong-key",)])
@pytest.mark.parametrize("root", ROOTS)
def test_no_file_and_no_line_of_a_run_holds_the_key(
    tmp_path: Path,
    shop: Shop,
    caplog: pytest.LogCaptureFixture,
    root: str,
    command: str,
    faults: tuple[str, ...],
) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(shop, faults=faults, user=USER, key=KEY) as server:
        configure(tmp_path, server.url + root)
        result = run(command)
    assert_unseen(listen(result, caplog), tmp_path)


@pytest.mark.slow
def test_a_good_run_leaves_no_secret_in_tables_state_and_dbt_s_files(
    tmp_path: Path, shop: Shop, caplog: pytest.LogCaptureFixture, scratch_stays: None
) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(shop, user=USER, key=KEY) as server:
        configure(tmp_path, server.url)
        for words in (("sync",), ("sweep",), ("status", "--json"), ("build", "--select", "+dim_stores")):
            result = run(*words)
            assert result.exit_code == 0, result.output
            assert_unseen(listen(result, caplog), tmp_path)
    found = [name for name, _ in contents(tmp_path)]
    assert "dlt's state" in found
    assert any("data/dlt/" in name for name in found)
    assert any("data/dbt/" in name for name in found)


@pytest.mark.parametrize("root", ROOTS[1:])
def test_a_good_run_from_cscart_leaves_no_secret_in_tables_and_state(
    tmp_path: Path, shop: Shop, caplog: pytest.LogCaptureFixture, scratch_stays: None, root: str
) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(shop, user=USER, key=KEY) as server:
        configure(tmp_path, server.url + root)
        for words in (("check",), ("sync",), ("sweep",), ("status", "--json")):
            result = run(*words)
            assert result.exit_code == 0, result.output
            assert_unseen(listen(result, caplog), tmp_path)
    assert "dlt's state" in [name for name, _ in contents(tmp_path)]


@pytest.fixture
def scratch_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """dlt's folder is left lying as a kill would leave it: packages, schemas and traces."""
    monkeypatch.setattr(load, "shutil", SimpleNamespace(rmtree=lambda *_, **__: None))


def echo(server: ShopServer, status: int, shop: Shop) -> None:
    """Every answer that holds a certain order, or every answer at all, repeats what the request brought."""
    number = shop.ids("orders")[60]

    def echoing(whole: Callable[..., Answer]) -> Callable[..., Answer]:
        def answer(*asked: object) -> Answer:
            true = whole(*asked)
            is_struck = status == 401 or (true.resource == "orders" and number in true.ids)
            return Answer(status, ECHO.encode()) if is_struck else true

        return answer

    for api in (server.api, server.cart):
        api.answer = echoing(api.answer)  # type: ignore[method-assign]


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize(("status", "code"), [(401, 3), (400, 3), (500, 4), (200, 3)])
def test_a_store_that_repeats_the_credentials_is_not_repeated(
    tmp_path: Path,
    shop: Shop,
    caplog: pytest.LogCaptureFixture,
    root: str,
    status: int,
    code: int,
    scratch_stays: None,
) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(shop, user=USER, key=KEY) as server:
        configure(tmp_path, server.url + root)
        echo(server, status, shop)
        result = run("sync", "--resource", "orders")
    assert result.exit_code == code
    assert_unseen(listen(result, caplog), tmp_path)


@pytest.mark.parametrize("spelled", ["php", "address"])
def test_secrets_that_a_store_spells_otherwise_are_not_repeated(
    tmp_path: Path, shop: Shop, caplog: pytest.LogCaptureFixture, spelled: str
) -> None:
    caplog.set_level(logging.DEBUG)
    words = {
        "php": ECHO.replace("/", r"\/"),
        "address": " ".join(quote(word, safe="") for word in (USER, KEY, BASIC)),
    }
    with serve(shop, user=USER, key=KEY) as server:
        configure(tmp_path, server.url)
        server.api.answer = lambda *_: Answer(400, words[spelled].encode())  # type: ignore[method-assign, assignment]
        result = run("sync", "--resource", "orders")
    assert result.exit_code == 3
    assert_unseen(listen(result, caplog), tmp_path)


@pytest.mark.slow
def test_a_failing_run_leaves_no_secret_in_its_record(
    tmp_path: Path, shop: Shop, caplog: pytest.LogCaptureFixture, scratch_stays: None
) -> None:
    caplog.set_level(logging.DEBUG)
    with serve(shop, user=USER, key=KEY) as server:
        configure(tmp_path, server.url)
        assert run("sync").exit_code == 0
        server.api.answer = lambda *_: error(500, "Down", ECHO)  # type: ignore[method-assign, assignment]
        for command in ("sync", "run", "sweep", "check", "status"):
            result = run(command)
            assert result.exit_code == (0 if command == "status" else 3), command
            assert_unseen(listen(result, caplog), tmp_path)


def test_a_crash_leaves_no_secret_in_its_trace(
    tmp_path: Path, shop: Shop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)

    def crash(*_: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr("pipelines.extract.tables._page", crash)
    with serve(shop, user=USER, key=KEY) as server:
        configure(tmp_path, server.url)
        result = run("sync")
    assert result.exit_code == 1
    assert_unseen(listen(result, caplog), tmp_path)


def test_files_under_data_are_their_owner_s_alone(tmp_path: Path, shop: Shop) -> None:
    with serve(shop, user=USER, key=KEY) as server:
        configure(tmp_path, server.url)
        assert run("sync").exit_code == 0
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
