"""The demo store as a process of its own."""

import base64
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from pipelines.demo.opening import make_shop
from pipelines.demo.process import start
from pipelines.demo.server import KEY, USER

LOGIN = f"Basic {base64.b64encode(f'{USER}:{KEY}'.encode()).decode()}"
ROOT = Path(__file__).parents[2]


def test_it_serves_until_the_block_ends() -> None:
    with start("--size", "50", "--seed", "2") as store:
        assert store.ledger()["rows"]["orders"] == 50
    with pytest.raises(URLError):
        urlopen(store.url, timeout=1)


def test_it_is_the_shop_its_arguments_describe(end: int) -> None:
    with start("--size", "50", "--seed", "2", "--end", "2026-03-20T12:00:00+02:00") as store:
        figures = store.ledger()
    with make_shop(50, seed=2, end=end) as shop:
        assert figures == json.loads(json.dumps(shop.ledger().as_json()))


def test_orders_all_over_the_shop_are_touched() -> None:
    with start("--size", "50", "--seed", "2") as store:
        before = store.ledger()
        touched = store.touch(10)
        assert (len(set(touched)), touched[0]) == (10, 10_001)
        assert touched[-1] - touched[0] > 35
        query = f"{store.url}/api/v1/orders/{touched[4]}"
        asked = Request(query, headers={"Accept": "application/json", "Authorization": LOGIN})
        with urlopen(asked, timeout=10) as answer:
            assert json.load(answer)["data"]["details"].startswith("Tarkistettu")
        assert store.ledger() == before


def test_it_says_why_it_cannot_start() -> None:
    with pytest.raises(RuntimeError, match="ended before it was ready"), start("--fault", "earthquake"):
        pass


def test_it_ends_when_its_parent_dies() -> None:
    code = (
        "import os\nfrom pipelines.demo.process import start\n"
        "with start('--size', '5') as store:\n    print(store.url, flush=True)\n    os._exit(1)"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    parent = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ)
    for _ in range(100):
        try:
            urlopen(f"{parent.stdout.strip()}/demo/ledger", timeout=1).close()
        except URLError:
            return
        time.sleep(0.05)
    pytest.fail("the child outlived its parent")
