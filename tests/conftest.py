"""What tests share: a demo shop over real HTTP, a working directory of its own, and a clean environment."""

from __future__ import annotations

import atexit
import gc
import os
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from shutil import copytree
from typing import Any

import duckdb
import pytest
from xdist.scheduler import LoadScopeScheduling

from pipelines import flow
from pipelines.demo.opening import make_shop
from pipelines.demo.server import ShopServer, serve
from pipelines.demo.shop import Shop
from pipelines.job import Wanted
from pipelines.settings import Settings
from tests.stage import Listener, settings_for


def pytest_configure() -> None:
    """dlt keeps thousands of objects of every load for ever; looking at them each time costs minutes."""
    gc.set_threshold(50_000, 20, 1_000)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Tests that share what is made for their module, or by its folder's `conftest.py`, run in one worker.

    It is what `--dist loadgroup` is for, whose marks xdist 3.8 writes where pytest 9.2 does not read them.
    """
    return Sharing(config, log)


class Sharing(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out such modules whole, all other tests one by one."""

    def _split_scope(self, nodeid: str) -> str:
        module = Path(__file__).parents[1] / nodeid.split("::")[0]
        return str(module) if is_sharing(module) else nodeid


@cache
def is_sharing(module: Path) -> bool:
    """Whether something is made for longer than a test, in a module or beside it; not here, for all."""
    beside = module.with_name("conftest.py")
    texts = [path.read_text() for path in {module, beside} - {Path(__file__)} if path.exists()]
    return any('scope="module"' in text or 'scope="session"' in text for text in texts)


def pytest_unconfigure() -> None:
    """Nor does pytest look at them in the end: xdist interrupts a worker that is not done in five seconds."""
    gc.freeze()
    atexit.register(gc.unfreeze)


@pytest.fixture(autouse=True)
def clean_environ(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of this machine reaches a test."""
    for name in list(os.environ):
        if name.startswith(("STORES__", "WAREHOUSE__", "DESTINATIONS__", "DLT_", "DBT_", "PG")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def opened() -> int:
    """The Unix second in which all shops of this run are opened, so that they are alike."""
    return int(time.time())


@pytest.fixture
def shop(opened: int) -> Iterator[Shop]:
    """A small shop that a test may write to."""
    with make_shop(120, seed=3, end=opened) as made:
        yield made


@pytest.fixture
def server(shop: Shop) -> Iterator[ShopServer]:
    """That shop, answering on a free port."""
    with serve(shop) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, server: ShopServer) -> Settings:
    """Settings of a directory with that one store, called `demo`."""
    return settings_for(tmp_path, server.url)


@pytest.fixture(scope="session")
def first_load(opened: int, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first load of every list of that shop leaves under `data/`, made once."""
    with make_shop(120, seed=3, end=opened) as same, serve(same) as running:
        settings = settings_for(tmp_path_factory.mktemp("first"), running.url)
        assert flow.sync(settings, settings.chosen(), Wanted(), Listener()).exit_code == 0
    return settings.data


@pytest.fixture
def loaded(settings: Settings, first_load: Path) -> Settings:
    """The same settings after the first load, for tests of what comes after it."""
    copytree(first_load, settings.data)
    return settings


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def query(settings: Settings) -> Callable[[str], list[tuple[Any, ...]]]:
    """Rows of a query over the writer's file."""

    def run(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
            connection.execute("set time zone 'UTC'")
            return connection.execute(sql).fetchall()

    return run
