"""What is measured, one thing after the other, and what each figure must at least be."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from pipelines.demo.process import Store, start
from pipelines.settings import now
from tests.bench.building import Building, last_build
from tests.bench.contenders import DICTS, KASSAVIRTA, NO_DLT, OURS, REST_API, Contender, write_settings
from tests.bench.marts import compute
from tests.bench.process import Cost, measure, printed

CHANGED = 1_000
LATENCY = 50


@dataclass(frozen=True)
class Figure:
    """One figure and its limit: `at_least` or else at most."""

    name: str
    value: float
    limit: float
    unit: str = ""
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether it is on the right side of its limit."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


@dataclass
class Bench:
    """Measures with three sizes of store, each thing so many times; the median counts.

    Attributes:
        sizes: orders in the small, the middle and the large store.
        times: how often each is run.
        home: a folder for what they write.
        costs: by contender and size, filled as it goes.
        phases: seconds of a sync in which nothing changed, by what it does; of one run.
        building: seconds of the second build, by what it builds.
    """

    sizes: tuple[int, int, int]
    times: int
    home: Path
    costs: dict[tuple[str, int], Cost] = field(default_factory=dict)
    rows: dict[int, int] = field(default_factory=dict)
    phases: dict[str, float] = field(default_factory=dict)
    building: Building | None = None

    def figures(self) -> Iterator[Figure]:
        """Everything, in the order in which it is measured.

        Raises:
            RuntimeError: something failed, or contenders loaded different rows.
        """
        small, middle, large = self.sizes
        yield self._help()
        with start("--size", str(small)) as store:
            self._race(store, small, REST_API, DICTS, OURS, NO_DLT)
            yield Figure("{small} orders: a / c", self._ratio(REST_API, OURS, small), 12, "times", True)
        yield self._idle(small)
        with start("--size", str(middle)) as store:
            self._race(store, middle, DICTS, OURS, NO_DLT)
            yield Figure("{middle} orders: b / c", self._ratio(DICTS, OURS, middle), 5, "times", True)
            yield Figure("{middle} orders: c / d", self._ratio(OURS, NO_DLT, middle), 1.6, "times")
            into_middle = self._changes(store)
        yield self._latency(middle)
        with start("--size", str(large)) as store:
            self._race(store, large, OURS, NO_DLT)
            yield Figure("{large} orders: c / d", self._ratio(OURS, NO_DLT, large), 1.4, "times")
            yield from self._memory()
            into_large = self._changes(store)
            name = "1,000 changed orders into {large}, against into {middle}"
            yield Figure(name, into_large.wall / into_middle.wall, 1.5, "times")
            yield from self._build(store)

    def _race(self, store: Store, size: int, *contenders: Contender) -> None:
        """Every contender so many times, in turn; what each loaded must be the same."""
        costs: dict[str, list[Cost]] = {each.name: [] for each in contenders}
        for number in range(self.times):
            for each in contenders:
                folder = self._folder(each)
                costs[each.name].append(each.run(store.url, folder))
                self._compare(each, folder, size, is_first=number == 0 and each is contenders[0])
        for name, every in costs.items():
            self.costs[name, size] = Cost.middle(every)

    def _compare(self, contender: Contender, folder: Path, size: int, is_first: bool) -> None:
        found = contender.figures(folder)
        if is_first:
            self._expected = found
            self.rows[size] = sum(int(each[0]) for each in found.values())
        if found != self._expected:
            raise RuntimeError(f"{contender.name} loaded {found}, not {self._expected}")

    def _folder(self, contender: Contender) -> Path:
        """An empty folder of its own; only ours is kept until the next round."""
        folder = self.home / ("ours" if contender is OURS else "theirs")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    @property
    def _ours(self) -> Path:
        return self.home / "ours"

    def _ratio(self, one: Contender, other: Contender, size: int) -> float:
        return self.costs[one.name, size].wall / self.costs[other.name, size].wall

    def _repeat(self, *arguments: str) -> Cost:
        return Cost.middle(
            [measure([*KASSAVIRTA, *arguments], self._folder(NO_DLT)) for _ in range(self.times)]
        )

    def _help(self) -> Figure:
        return Figure("`kassavirta --help`", self._repeat("--help").wall, 0.4, "s")

    def _idle(self, size: int) -> Figure:
        """Every list of a store where nothing has happened for an hour."""
        sync = [*KASSAVIRTA, "sync"]
        folder = self._folder(OURS)
        with start("--size", str(size), "--end", now().subtract(hours=1).isoformat()) as store:
            write_settings(store.url, folder)
            costs = [measure(sync, folder) for _ in range(self.times + 2)]
            self.phases = json.loads(printed([sys.executable, "-m", "tests.bench.phases"], folder))
        return Figure("`sync` of all lists, nothing changed", Cost.middle(costs[2:]).wall, 2.5, "s")

    def _latency(self, size: int) -> Figure:
        """A store that takes its time, asked for one page at a time and for eight."""
        walls = []
        with start("--size", str(size), "--latency", str(LATENCY)) as store:
            for concurrency in (1, 8):
                folder = self._folder(OURS)
                write_settings(store.url, folder, concurrency=concurrency)
                walls.append(measure([*KASSAVIRTA, "sync", "--resource", "orders"], folder).wall)
        name = f"{{middle}} orders, {LATENCY} ms per answer: 1 request at a time / 8"
        return Figure(name, walls[0] / walls[1], 3.5, "times", True)

    def _memory(self) -> Iterator[Figure]:
        _, middle, large = (self.costs.get((OURS.name, size)) for size in self.sizes)
        if middle and large:
            yield Figure("peak memory, {large} / {middle}", large.memory / middle.memory, 1.25, "times")
            yield Figure("peak memory, {large}", large.memory, 700, "MB")

    def _changes(self, store: Store) -> Cost:
        """Orders that changed here and there, into what is loaded already."""
        costs = []
        for _ in range(self.times):
            touched = store.touch(CHANGED)
            costs.append(measure([*KASSAVIRTA, "sync", "--resource", "orders"], self._ours))
            _check_touched(self._ours / OURS.warehouse, touched)
            time.sleep(2)  # the next change gets another second
        return Cost.middle(costs)

    def _build(self, store: Store) -> Iterator[Figure]:
        """Into a warehouse without models, then over the models that are there, as every hour."""
        measure([*KASSAVIRTA, "sync"], self._ours)
        first, again = (measure([*KASSAVIRTA, "build"], self._ours) for _ in range(2))
        self.building = last_build(self._ours / "data", again.wall)
        by_hand = compute(self._ours / "data")
        yield Figure("`build` of {large} orders with all its data tests", first.wall, 90, "s")
        yield Figure("the same again, as every hour", again.wall, 90, "s")
        yield Figure("`build` of {large} orders, peak memory", max(first.memory, again.memory), 4_000, "MB")
        yield Figure("`build`, against one script of the same marts", first.wall / by_hand, 3, "times")


def _check_touched(warehouse: Path, touched: Sequence[int]) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select count(*) from raw_mycashflow.orders where details = ("
            " select details from raw_mycashflow.orders where id = ?)",
            [touched[0]],
        ).fetchone()
    if found != (len(touched),):
        raise RuntimeError(f"{len(touched)} orders were changed, {found} arrived")
