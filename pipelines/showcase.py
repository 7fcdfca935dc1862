"""`kassavirta demo`: the demo store loaded, built, published, and held against its own books."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from threading import Event
from typing import Any

from pipelines import flow
from pipelines.demo.cscart_asking import DIALECTS
from pipelines.demo.process import start
from pipelines.demo.server import KEY, USER
from pipelines.errors import PipelineError, SettingsError
from pipelines.lock import run_lock
from pipelines.record import Record
from pipelines.settings import Settings, Store, read_settings
from pipelines.transform import Wish
from pipelines.warehouse import connect, ensure_ops, read_frame

NAME = "demo"


class DemoDisagrees(PipelineError):
    """What was loaded is not what the demo store's own books say."""


def options(size: int, history: Path | None, faults: Sequence[str]) -> list[str]:
    """The arguments of `python -m pipelines.demo` that make this store."""
    source = ["--history", str(history)] if history else ["--size", str(size)]
    return [*source, *(word for fault in faults for word in ("--fault", fault))]


def serve(port: int, arguments: Sequence[str], teller: flow.Teller) -> None:
    """Serves the store until Ctrl-C."""
    with suppress(KeyboardInterrupt), start(*arguments, "--port", str(port)) as shop:
        teller.say(f"demo store: serving on {shop.url}, user {USER}, key {KEY}; Ctrl-C ends it")
        for release, dialect in DIALECTS.items():
            teller.say(f"the same store as CS-Cart {release}: {shop.url}{dialect.root}")
        Event().wait()


def show(home: Path, arguments: Sequence[str], as_of: str | None, teller: flow.Teller) -> Record:
    """Runs the whole way on the demo store, from nothing.

    Args:
        home: the working directory; what an earlier demo left under its `data/` is removed first.
        arguments: those of `python -m pipelines.demo`.
        as_of: the day as of which everything is computed; the books' last day when None.
        teller: is told how it goes.

    Raises:
        SettingsError: the directory belongs to a real store.
        DemoDisagrees: a figure differs from the shop's own ledger.
    """
    settings = _settings(home)
    with start(*arguments) as shop:
        teller.say(f"demo store: serving on {shop.url}")
        books = shop.ledger()
        store = replace(settings.stores[NAME], base_url=shop.url)
        settings = replace(settings, stores={NAME: store})
        with run_lock(settings.data, "demo"):
            _forget_earlier(settings)
        record = flow.run(settings, [store], Wish(as_of=as_of or books["as_of"]), teller)
    if not record.failures:
        compare(settings, books, teller)
        teller.say(f"warehouse: {settings.warehouse}")
        teller.say(f"for analysts: duckdb -readonly {settings.published}")
        teller.say(f"for the owner: {settings.report}")
    return record


def compare(settings: Settings, books: dict[str, Any], teller: flow.Teller) -> None:
    """Holds the warehouse's daily figures against the shop's own ledger, to the cent.

    Raises:
        DemoDisagrees: they differ.
    """
    frame = read_frame(
        settings.published,
        "select cast(sales_date as varchar) as day, cast(net_sales as varchar) as net, order_count"
        " from metrics.met_sales_daily",
    )
    net = {
        day: Decimal(value) for day, value in zip(frame["day"], frame["net"], strict=True) if Decimal(value)
    }
    orders = {day: int(count) for day, count in zip(frame["day"], frame["order_count"], strict=True) if count}
    true_net = {day: Decimal(value) for day, value in books["net_sales_by_day"].items() if Decimal(value)}
    true_orders = {day: count for day, count in books["orders_by_day"].items() if count}
    wrong = sorted(day for day in {*net, *true_net} if net.get(day) != true_net.get(day))
    wrong += sorted(day for day in {*orders, *true_orders} if orders.get(day) != true_orders.get(day))
    if wrong:
        raise DemoDisagrees(
            f"the warehouse and the demo store's books differ on {len(wrong)} days, first {wrong[0]}"
        )
    teller.say(
        f"the demo store's own books agree to the cent: {sum(orders.values()):,} orders, "
        f"net sales {sum(net.values()):,.2f}, {len(net):,} days"
    )


def _settings(home: Path) -> Settings:
    """The directory's paths with the demo store alone.

    Raises:
        SettingsError: real stores are configured, or real data is there.
    """
    try:
        settings = read_settings(home)
    except SettingsError:
        if (home / ".dlt").is_dir():
            raise
        data = home.resolve() / "data"
        settings = Settings(home.resolve(), {}, data / "warehouse.duckdb", data / "kassavirta.duckdb")
    configured = {name for name, store in settings.stores.items() if name != NAME or not store.is_local}
    if settings.server:
        raise SettingsError(
            "the demo has a DuckDB file of its own and leaves your database alone: "
            "run `kassavirta demo` in an empty directory"
        )
    others = sorted(configured | (_stores_in(settings.warehouse) - {NAME}))
    if others:
        raise SettingsError(
            f"this directory belongs to {', '.join(others)}: run `kassavirta demo` in an empty one"
        )
    store = Store(name=NAME, platform="mycashflow", base_url="", user=USER, key=KEY)
    return replace(settings, stores={NAME: store})


def _stores_in(warehouse: Path) -> set[str]:
    """Stores that have ever been read into a warehouse."""
    if not warehouse.exists():
        return set()
    with connect(warehouse) as connection:
        ensure_ops(connection)
        return {store for (store,) in connection.execute("select distinct store from ops.windows").fetchall()}


def _forget_earlier(settings: Settings) -> None:
    for path in (settings.warehouse, settings.published, settings.report):
        path.unlink(missing_ok=True)
