"""Killed at any moment: the published file stays whole, and the next run is exact.

The real command runs in a process of its own against a demo store in this one, and gets SIGKILL. The moment
is told by what lies on the disk: dlt's folder while it extracts, normalizes and loads, dbt's log while it
builds, the new file beside the published one while it publishes. The store is written to between kills.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests

from pipelines.demo.opening import make_shop
from pipelines.demo.server import KEY, USER, serve
from pipelines.demo.shop import Shop
from pipelines.lock import holder
from pipelines.publish import publish
from tests.stage import first_fast

ROOT = Path(__file__).parents[1]
LONGEST = 300.0
A_DAY = 86_400 + 60

# What each phase takes at least, in seconds, on a quiet machine: a kill comes within it.
PHASES = {
    "start": 0.9,
    "extract": 0.9,
    "normalize": 0.1,
    "load": 0.8,
    "settle": 0.2,
    "build": 10.0,
    "publish": 0.6,
    "report": 0.5,
}
ORDER = tuple(PHASES)

PUBLISH = "import sys, pathlib, pipelines.publish as it; it.publish(*map(pathlib.Path, sys.argv[1:]))"

BY_CURSOR = ("orders", "customers", "email_subscribers", "stock_changes")
IN_WHOLE = ("brands", "products", "images", "banners", "campaigns")
CHILDREN = ("products", "shipments", "payments", "comments", "events")


@dataclass
class Scene:
    """A working directory, the store that it loads, and the process that is to be killed."""

    home: Path
    shop: Shop
    rng: random.Random
    url: str
    hits: Counter[str] = field(default_factory=Counter)
    child: subprocess.Popen[bytes] | None = None
    began: float = 0.0

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def said(self) -> Path:
        """What the process says of errors."""
        return self.home / "said"

    @property
    def warehouse(self) -> Path:
        return self.data / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        return self.data / "kassavirta.duckdb"

    @property
    def aside(self) -> Path:
        return self.data / ".kassavirta.duckdb.new"

    def point_at(self, root: str = "", attempts: int = 2) -> None:
        """The store is read there: by MyCashflow's API, or by one of CS-Cart's."""
        platform, url = "cscart" if root else "mycashflow", self.url + root
        store = {"platform": platform, "base_url": url, "user": USER, "key": KEY, "attempts": attempts}
        lines = [f"{name} = {json.dumps(value)}" for name, value in store.items()]
        (self.home / ".dlt/config.toml").write_text("\n".join(["[stores.main]", *lines]))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def start(self, *words: str) -> None:
        """Starts the command in a session of its own."""
        self.began = time.time()
        self.child = subprocess.Popen(
            [sys.executable, *words],
            cwd=self.home,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=self.said.open("wb"),
            start_new_session=True,
        )

    def phase(self) -> str:
        """Where the process is, by what it has on the disk now."""
        if self.aside.exists():
            return "publish"
        if _is_newer(self.published, self.began):
            return "report"
        if _is_newer(self.data / "dbt/logs/dbt.log", self.began):
            return "build"
        places = {
            "settle": "load/loaded",
            "normalize": "normalize/extracted",
            "load": "load/normalized",
            "extract": "",
        }
        for name, place in places.items():
            if any(_within(folder / place) for folder in _within(self.data / "dlt")):
                return name
        return "settle" if _is_newer(self.warehouse, self.began) else "start"

    def kill(self) -> str:
        """SIGKILL to the process and all of its own; the phase it was in."""
        assert self.child is not None
        phase = self.phase() if self.child.poll() is None else "over"
        if self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait(timeout=10)
        self.hits[phase] += 1
        return phase

    def kill_in(self, phase: str, *words: str) -> str:
        """Starts the command and kills it a random while after a phase began."""
        self.start(*words)
        assert self.child is not None
        later = ORDER[ORDER.index(phase) :]
        deadline = time.monotonic() + LONGEST
        while self.phase() not in later and self.child.poll() is None:
            assert time.monotonic() < deadline, f"{phase} never began"
            time.sleep(0.004)
        time.sleep(self.rng.random() * PHASES[phase])
        return self.kill()

    def kill_after(self, seconds: float, *words: str) -> str:
        """Starts the command and kills it so many seconds later."""
        self.start(*words)
        time.sleep(seconds)
        return self.kill()

    def finish(self, *words: str) -> float:
        """Runs the command to its end, which must be a good one; the seconds it took."""
        self.start(*words)
        assert self.child is not None
        assert self.child.wait(timeout=LONGEST) == 0, self.said.read_text()
        return time.time() - self.began

    def write(self) -> None:
        """What goes on in the store meanwhile: some of everything."""
        shop, rng = self.shop, self.rng
        for number in rng.sample(shop.ids("orders"), 6):
            shop.update("orders", number, {"details": f"{rng.random()}", "custom_data": f"{number}"})
        for number in rng.sample(shop.ids("orders"), 3):
            shop.update("orders", number, {rng.choice(("comments", "events", "shipments")): []})
        shop.insert("orders", self.another_order())
        shop.update("customers", rng.choice(shop.ids("customers")), {"first_name": f"{rng.random()}"})
        shop.insert("email_subscribers", {"email": "new@example.com", "language": "fi"})
        shop.insert("stock_changes", {"stock_item_id": shop.ids("stock_items")[0]})
        shop.update("brands", rng.choice(shop.ids("brands")), {"name": f"{rng.random()}"})
        shop.insert("images", {"filename": "new.png"})
        shop.delete("images", rng.choice(shop.ids("images")))

    def another_order(self) -> dict[str, Any]:
        """A new order: an old one's values, and rows of its own."""
        order = self.shop.get("orders", self.rng.choice(self.shop.ids("orders")))
        fresh = itertools.count(self.rng.randrange(10**8, 10**9))
        for child in ("products", "payments", "shipments"):
            order[child] = [row | {"id": next(fresh)} for row in order[child]]
        return {name: value for name, value in order.items() if name not in ("id", "updated_at")}


def _within(folder: Path) -> list[Path]:
    """What is in a folder, which may vanish while it is looked into."""
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _is_newer(path: Path, moment: float) -> bool:
    try:
        return path.stat().st_mtime > moment
    except OSError:
        return False


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with make_shop(120, seed=3) as shop, serve(shop) as server:
        (tmp_path / ".dlt").mkdir()
        staged = Scene(tmp_path, shop, random.Random(20), server.url)
        staged.point_at("")
        yield staged
        if staged.child and staged.child.poll() is None:
            staged.kill()


def kassavirta(command: str) -> tuple[str, ...]:
    return ("-m", "pipelines", command)


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def assert_left_well(scene: Scene, before: str) -> None:
    """Nobody holds the lock, and analysts have the old file or a new one, whole."""
    assert holder(scene.data) == {}
    if before:
        assert digest(scene.published) == before or _is_newer(scene.published, scene.began)
        assert_published_whole(scene.published)


def assert_published_whole(path: Path) -> None:
    """Every table of the file can be read to its end, and its parts agree."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        counts = {
            f"{schema}.{table}": connection.execute(
                f'select count(*), sum(hash(whole)) from "{schema}"."{table}" as whole'
            ).fetchall()[0][0]
            for schema, table in tables
        }
        ((said,),) = connection.execute(
            "select max_by(distinct_rows, started_at) from ops.windows"
            " where resource = 'brands' and status = 'complete'"
        ).fetchall()
    assert counts["raw_mycashflow.brands"] == said
    assert counts["ops.runs"] > 0
    assert counts.get("marts.fct_orders", counts["raw_mycashflow.orders"]) == counts["raw_mycashflow.orders"]


def assert_exact(scene: Scene) -> None:
    """The warehouse is the store: every row once, every child, every value; and the run says so."""
    shop, query = scene.shop, scene.query
    for name in BY_CURSOR:
        found = query(f"select id from raw_mycashflow.{name} order by id")
        assert [row[0] for row in found] == shop.ids(name), name
    for name in IN_WHOLE:
        there = (
            f"select id from raw_mycashflow.{name} where cast(id as text) not in"
            f" (select id from ops.deleted_records where resource = '{name}') order by id"
        )
        assert [row[0] for row in query(there)] == shop.ids(name), name
    orders = {number: shop.get("orders", number) for number in shop.ids("orders")}
    told = query("select id, status, total::double, details from raw_mycashflow.orders order by id")
    assert told == [(number, row["status"], row["total"], row["details"]) for number, row in orders.items()]
    for child in CHILDREN:
        counted = query(f"select order_id, count(*) from raw_mycashflow.orders__{child} group by 1")
        assert dict(counted) == {number: len(row[child]) for number, row in orders.items() if row[child]}
    names = {number: shop.get("brands", number)["name"] for number in shop.ids("brands")}
    assert dict(query("select id, name from raw_mycashflow.brands")) == names
    assert_said_complete(query)


def assert_said_complete(query: Callable[[str], list[tuple[Any, ...]]]) -> None:
    last = "select run_id from ops.runs order by started_at desc limit 1"
    assert query(f"select status, exit_code from ops.runs where run_id = ({last})") == [("done", 0)]
    assert query(f"select distinct status from ops.windows where run_id = ({last})") == [("complete",)]
    assert query("select count(*) from ops.quarantine union all select count(*) from ops.rejected_rows") == [
        (0,),
        (0,),
    ]


def kill_and_load(scene: Scene, kill: Callable[[], str]) -> str:
    """One kill, what it left, and the load after it; the phase that was hit."""
    before = digest(scene.published)
    scene.write()
    phase = kill()
    assert_left_well(scene, before)
    scene.write()
    scene.finish(*kassavirta("sync"))
    assert not (scene.data / "dlt").exists()
    assert_exact(scene)
    return phase


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["extract", "load"])
@pytest.mark.parametrize("root", ["/cscart", "/cscart-4.10"])
def test_a_load_from_cscart_that_was_killed_is_done_again(scene: Scene, root: str, phase: str) -> None:
    """What an old store's rows were like is kept with the rows, so that none is taken for known."""
    scene.point_at(root)
    scene.finish(*kassavirta("sync"))
    scene.write()
    scene.kill_in(phase, *kassavirta("sync"))
    scene.write()
    clock = scene.shop.clock
    scene.shop.clock = lambda: clock() + A_DAY  # an old store's older orders are looked at once a day
    scene.finish(*kassavirta("sync"))
    assert_orders_are_told(scene, root)
    assert_said_complete(scene.query)


def assert_orders_are_told(scene: Scene, root: str) -> None:
    """Every order that CS-Cart's list has, once, with its values; its lines too, where the list has them."""
    asked = {"items_per_page": 0, "include_incompleted": "Y", "get_orders_data": 1}
    answer = requests.get(f"{scene.url}{root}/api/2.0/orders", asked, auth=(USER, KEY), timeout=30)
    told = {int(order["order_id"]): order for order in answer.json()["orders"]}
    found = scene.query("select order_id, status, total::double, email from raw_cscart.orders order by 1")
    assert found == [
        (number, order["status"], float(order["total"]), order["email"])
        for number, order in sorted(told.items())
    ]
    lines = dict(scene.query("select order_id, count(*) from raw_cscart.orders__products group by 1"))
    if root == "/cscart":
        assert lines == {
            number: len(order["products"]) for number, order in told.items() if order["products"]
        }


@pytest.mark.parametrize("phase", first_fast(["extract", "load"]))
def test_a_first_load_that_was_killed_is_done_again(scene: Scene, phase: str) -> None:
    kill_and_load(scene, lambda: scene.kill_in(phase, *kassavirta("sync")))
    assert scene.hits["over"] == 0


@pytest.mark.slow
def test_what_is_published_outlives_kills_while_loading_building_and_publishing(scene: Scene) -> None:
    scene.finish(*kassavirta("sync"))
    publish(scene.warehouse, scene.published)
    kill_and_load(scene, lambda: scene.kill_in("normalize", *kassavirta("sync")))
    assert kill_and_load(scene, lambda: scene.kill_in("build", *kassavirta("run"))) == "build"
    before = digest(scene.published)
    alone = ("-c", PUBLISH, str(scene.warehouse), str(scene.published))
    assert scene.kill_in("publish", *alone) in ("publish", "report")
    assert_left_well(scene, before)
    scene.finish(*alone)
    assert_published_whole(scene.published)
    assert not scene.aside.exists()


@pytest.mark.deep
def test_forty_kills_at_random_moments_lose_nothing(scene: Scene) -> None:
    for phase in ("start", "extract", "normalize", "load", "load"):
        kill_and_load(scene, lambda phase=phase: scene.kill_in(phase, *kassavirta("sync")))
    whole = scene.finish(*kassavirta("run"))
    loading = scene.finish(*kassavirta("sync"))
    for moment in moments(scene.rng, 13, loading):
        kill_and_load(scene, lambda moment=moment: scene.kill_after(moment, *kassavirta("sync")))
    for phase in ("extract", "normalize", "normalize", "load", "load", "load", "load", "settle", "settle"):
        kill_and_load(scene, lambda phase=phase: scene.kill_in(phase, *kassavirta("sync")))
    for moment in moments(scene.rng, 6, whole):
        kill_and_load(scene, lambda moment=moment: scene.kill_after(moment, *kassavirta("run")))
    for phase in ("build", "build", "publish", "publish", "publish", "publish", "report"):
        kill_and_load(scene, lambda phase=phase: scene.kill_in(phase, *kassavirta("run")))
    for _ in range(scene.hits.pop("over", 0)):  # it was quicker than the moment that was drawn for it
        kill_and_load(scene, lambda: scene.kill_in("load", *kassavirta("sync")))
    scene.finish(*kassavirta("run"))
    assert_exact(scene)
    assert_published_is_the_store(scene)
    print(f"\nkills: {dict(scene.hits)}; a load takes {loading:.1f} s, a whole run {whole:.1f} s")
    assert scene.hits.total() == 40
    assert scene.hits.keys() >= {"extract", "normalize", "load", "build", "publish"}


def moments(rng: random.Random, count: int, seconds: float) -> Sequence[float]:
    """Moments spread evenly over a while, each at random within its share."""
    return [(number + rng.random()) * seconds / count for number in range(count)]


def assert_published_is_the_store(scene: Scene) -> None:
    assert_published_whole(scene.published)
    assert not scene.aside.exists()
    with duckdb.connect(str(scene.published), read_only=True) as connection:
        ids = connection.execute("select order_id from marts.fct_orders order by 1").fetchall()
    assert [int(row[0]) for row in ids] == scene.shop.ids("orders")
