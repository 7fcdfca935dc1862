"""A forgotten person is nowhere: not in a table, not in a byte under data/, and no load brings them back."""

from __future__ import annotations

import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pytest

from pipelines import flow
from pipelines.demo.opening import make_shop
from pipelines.demo.server import KEY, USER, serve
from pipelines.demo.shop import Shop
from pipelines.errors import SettingsError
from pipelines.job import Wanted
from pipelines.settings import Settings
from pipelines.transform import Wish
from pipelines.warehouse import warehouse_of
from tests.database import running_cluster
from tests.stage import Listener, settings_for, with_cart

EMAIL = "zebulon.quuxinen@example.org"
SPELLED = " Zebulon.Quuxinen@Example.ORG"
ADDRESS = {
    "first_name": "Zebulon",
    "last_name": "Quüxinen",
    "company": "Tmi Quüxinen",
    "street_address": "Xylofonikuja 77 B",
    "postal_code": "99977",
    "city": "Zyxlä",
    "phone": "+358407654399",
    "email": EMAIL,
}
# The postal code is too short not to be in some hash by chance.
WORDS = (EMAIL, "Zebulon", "Quüxinen", "Xylofonikuja", "Zyxlä", "+358407654399", "407654399")
SUMS = "select sum(net_sales), sum(total), count(*) from marts.fct_orders"
BY_DAY = "select sales_date, net_sales, order_count from metrics.met_sales_daily order by store, sales_date"


@dataclass
class Life:
    """A store with one person in it, read and built; what it says is asked of the writer's file."""

    settings: Settings
    shop: Shop
    orders: Sequence[int]
    before: dict[str, Any]
    told: Sequence[str] = ()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.settings.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def sync(self, **wanted: Any) -> flow.Record:
        return flow.sync(self.settings, self.settings.chosen(), Wanted(**wanted), Listener())


def enter(shop: Shop) -> list[int]:
    """The person: an account with orders, a guest's order, one set aside, a subscription; their orders."""
    account, (first, guest, sick) = shop.ids("customers")[0], shop.ids("orders")[:3]
    shop.update("customers", account, ADDRESS | {"loyalty_card": "Zebulon 4711"})
    mine = [number for number in shop.ids("orders") if shop.get("orders", number)["customer_id"] == account]
    orders = [*dict.fromkeys([*mine, first])]
    for number in orders:
        shop.update("orders", number, {"customer_id": account, **told(shop, number)})
    shop.update("orders", guest, {"customer_id": None, **told(shop, guest, SPELLED)})
    shop.update("orders", sick, {"discount": {"amount": 5}, **told(shop, sick)})
    shop.insert("email_subscribers", {"email": SPELLED, "language": "fi", "subscribed_at": None})
    return [*orders, guest]


def told(shop: Shop, number: int, email: str = EMAIL) -> dict[str, Any]:
    """Where an order says who made it."""
    person = ADDRESS | {"email": email, "country": "FI"}
    rows = shop.get("orders", number)["products"]
    return {
        "customer_information": person | {"vat_code": "FI99977"},
        "shipping_address": person,
        "details": "Soita: Zebulon",
        "comments": [{"order_id": number, "text": "Zebulon soitti", "visibility": "private"}],
        "events": [{"code": "x", "message": f"Viesti: {EMAIL}", "data": {"to": EMAIL}}],
        "products": [row | {"custom_data": "kaiverrus: Zebulon"} for row in rows],
        "nickname": "Zebulon",
    }


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """Read, built, forgotten."""
    with make_shop(120, seed=3) as shop, serve(shop) as server:
        settings, orders = settings_for(tmp_path_factory.mktemp("life"), server.url), enter(shop)
        settings = with_cart(settings, server.url)
        flow.run(settings, settings.chosen(), Wish(), Listener())
        lived = Life(settings, shop, orders, {})
        assert seen(settings, ["Zebulon"])
        lived.before = {sql: lived.query(sql) for sql in (SUMS, BY_DAY)}
        listener = Listener()
        flow.forget(settings, SPELLED, listener)
        lived.told = listener.lines
        yield lived


def spellings(words: Sequence[str]) -> dict[bytes, str]:
    """The words in the encodings and cases in which a file may have them."""
    found = {}
    for word in words:
        for form in {word, word.lower(), word.upper(), quote(word), word.encode("unicode_escape").decode()}:
            for coding in ("utf-8", "latin-1", "utf-16-le"):
                found[form.encode(coding)] = word
        found |= {b64encode(word.encode())[:-4]: word} if len(word) > 8 else {}
    return found


def seen(settings: Settings, words: Sequence[str]) -> set[str]:
    """The files and tables under data/ in which a word is."""
    places = set()
    for place, content in contents(settings.data):
        places |= {f"{word} in {place}" for form, word in spellings(words).items() if form in content}
    return places


def contents(data: Path) -> Iterator[tuple[str, bytes]]:
    for path in data.rglob("*"):
        if path.is_file():
            yield path.name, path.read_bytes()
        if path.suffix == ".duckdb":
            yield from tables(path)


def tables(path: Path) -> Iterator[tuple[str, bytes]]:
    """The file's own compression hides words, so its tables are read, too."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute("select schema_name, table_name from duckdb_tables()").fetchall()
        for schema, table in names:
            found = connection.execute(f'select cast(whole as text) from "{schema}"."{table}" as whole')
            yield f"{path.name}: {schema}.{table}", "\n".join(row[0] for row in found.fetchall()).encode()


@pytest.mark.slow
def test_nothing_under_data_holds_the_person(life: Life) -> None:
    assert seen(life.settings, WORDS) == set()
    assert not [line for line in life.told if "zebulon" in line.lower()]


@pytest.mark.slow
def test_orders_keep_their_money_and_sums_stay(life: Life) -> None:
    assert {sql: life.query(sql) for sql in life.before} == life.before
    ids = ", ".join(map(str, life.orders))
    found = life.query(
        "select distinct customer_information__email, shipping_address__phone, shipping_address__postal_code,"
        f" details from raw_mycashflow.orders where id in ({ids})"
    )
    assert found == [(None, None, None, None)]
    kept = life.query(
        f"select store, count(*) from marts.fct_orders where order_id in ({ids}) group by 1 order by 1"
    )
    assert kept == [("cart", len(life.orders)), ("demo", len(life.orders))]
    found = life.query(
        f"select distinct email, b_phone, s_address from raw_cscart.orders where order_id in ({ids})"
    )
    assert found == [(None, None, None)]


@pytest.mark.slow
def test_what_is_remembered_are_hashes(life: Life) -> None:
    kinds = life.query("select kind, count(*), min(length(subject)) from ops.erasures group by 1 order by 1")
    assert kinds == [("account", 2, 64), ("e-mail", 1, 64), ("salt", 1, 64)]
    ((status, command),) = life.query("select status, command from ops.runs order by started_at desc limit 1")
    assert (status, command) == ("done", "forget")


@pytest.mark.slow
def test_no_destination_is_ever_sent_the_accounts_that_are_left_without_a_name(life: Life) -> None:
    """Their rows stay, for the sums; so they are kept out by key, whatever was sent before."""
    found = life.query(
        "select store, customer_id is not null from marts.dim_customers where customer_key in"
        " (select customer_key from ops.sync_rows where destination = '*' and status = 'forgotten')"
        " order by store"
    )
    assert found == [("cart", True), ("demo", True)]


@pytest.mark.slow
def test_no_later_load_brings_the_person_back(life: Life) -> None:
    shop, number = life.shop, life.orders[-1]
    shop.update("orders", number, told(shop, number, SPELLED.upper()) | {"status": "CANCELLED"})
    shop.update("customers", shop.ids("customers")[0], ADDRESS | {"phone": "+358407654399"})
    assert life.sync(full=True).exit_code == 4  # the order that was set aside still is
    assert life.query(f"select status from raw_mycashflow.orders where id = {number}") == [("CANCELLED",)]
    assert seen(life.settings, WORDS) == set()


@pytest.mark.slow
def test_a_healed_row_of_the_person_loads_without_them(life: Life) -> None:
    sick = life.shop.ids("orders")[2]
    life.shop.update("orders", sick, {"discount": None})
    assert life.sync().exit_code == 0
    assert life.query(f"select details from raw_mycashflow.orders where id = {sick}") == [(None,)]
    assert seen(life.settings, WORDS) == set()


@pytest.mark.slow
def test_another_salt_is_refused_before_it_brings_anybody_back(life: Life) -> None:
    other = replace(life.settings, salt="another")
    record = flow.sync(other, other.chosen(), Wanted(), Listener())
    assert "the salt is not the one" in str(record.failures[0])


def test_an_address_that_is_none_and_a_warehouse_that_is_none(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="expected an e-mail address"):
        flow.forget(settings, "Zebulon", Listener())
    with pytest.raises(SettingsError, match="nothing is loaded yet"):
        flow.forget(settings, EMAIL, Listener())


@pytest.mark.slow
def test_somebody_who_never_came_stays_out(
    settings: Settings, shop: Shop, query: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    flow.sync(settings, settings.chosen(), Wanted(("brands",)), Listener())
    listener = Listener()
    assert flow.forget(settings, EMAIL, listener).exit_code == 0
    assert "there was nobody with this address" in listener.lines
    enter(shop)
    flow.sync(settings, settings.chosen(), Wanted(), Listener())
    assert query("select count(*) from raw_mycashflow.orders where details is null")[0][0] >= 2
    assert not [place for place in seen(settings, [EMAIL]) if "email" in place]


@pytest.mark.slow
def test_files_of_a_command_are_their_owner_s_alone(tmp_path: Path) -> None:
    with make_shop(20, seed=3) as shop, serve(shop) as server:
        (tmp_path / ".dlt").mkdir()
        (tmp_path / ".dlt/config.toml").write_text(
            f'[stores.main]\nbase_url = "{server.url}"\nuser = "{USER}"\nkey = "{KEY}"\n'
        )
        environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        command = [sys.executable, "-m", "pipelines", "sync"]
        subprocess.run(command, cwd=tmp_path, env=environ, check=True, capture_output=True)
    assert [path.name for path in tmp_path.rglob("data/**/*") if path.stat().st_mode & 0o077] == []
    assert (tmp_path / "data/warehouse.duckdb").stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
def test_in_postgres_the_person_is_in_no_table_and_stays_out(settings: Settings, shop: Shop) -> None:
    enter(shop)
    with running_cluster() as cluster:
        there = replace(settings, server=cluster.server)
        flow.sync(there, there.chosen(), Wanted(), Listener())
        assert in_database(there, "Zebulon")
        assert flow.forget(there, EMAIL, Listener()).status == "done"
        assert [word for word in WORDS if in_database(there, word)] == []
        shop.update("orders", shop.ids("orders")[1], {"status": "CANCELLED"})
        flow.sync(there, there.chosen(), Wanted(), Listener())
        assert [word for word in WORDS if in_database(there, word)] == []


def in_database(settings: Settings, word: str) -> list[str]:
    """The tables in which a word is."""
    with warehouse_of(settings).connect(read_only=True) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'"
        ).fetchall()
        pattern = [f"%{word.lower()}%"]
        return [
            f"{schema}.{name}"
            for schema, name in tables
            if connection.execute(
                f"select 1 from {schema}.{name} as t where lower(cast(t as text)) like ? limit 1", pattern
            ).fetchall()
        ]
