"""The same project builds on PostgreSQL: a real server, and every number as in DuckDB."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pandas
import pytest
from typer.testing import CliRunner, Result

from pipelines import flow, load
from pipelines.addresses import Server
from pipelines.cli import app
from pipelines.demo.opening import make_shop
from pipelines.demo.server import KEY, USER, ShopServer, serve
from pipelines.demo.shop import Shop
from pipelines.errors import SettingsError
from pipelines.job import Wanted
from pipelines.report import render_report
from pipelines.settings import Settings
from pipelines.transform import Wish, project_folder
from pipelines.warehouse import Read, insert, published_of, warehouse_of
from tests.database import PASSWORD, Cluster, running_cluster, url_of
from tests.stage import Listener, settings_for, with_cart

Query = Callable[[str], list[tuple[Any, ...]]]

# What the numbers are, and what they are made of; tables are found by reading the schemas.
BUILT = ("marts", "metrics", "segments")
UNDER_THEM = ("raw_mycashflow", "raw_cscart", "staging", "intermediate")
AS_OF = "2026-06-30"
ODD_TEXTS = (
    "",
    " ",
    "\\N",
    "NULL",
    "a \"quoted\" one, 'twice'",
    "two\nlines\r\nand\ta tab",
    "a\n\\.\nb",
    "back\\slash\\",
    "Ääkköset 🛒 \u2028",
    "comma,semicolon;",
    "\u2003\u00a0wide spaces\u3000",
)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as running:
        yield running


@pytest.fixture
def database(cluster: Cluster) -> Iterator[Server]:
    with cluster.database("shop") as made:
        yield made


@pytest.fixture
def in_postgres(settings: Settings, database: Server) -> Settings:
    """The one store, with a database as its warehouse."""
    return replace(settings, server=database)


@pytest.fixture
def ask(in_postgres: Settings) -> Query:
    """Rows of a query over the database."""

    def run(sql: str) -> list[tuple[Any, ...]]:
        with warehouse_of(in_postgres).connect(read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return run


def sync(settings: Settings, *lists: str) -> flow.Record:
    return flow.sync(settings, settings.chosen(), Wanted(lists), Listener())


def make_odd(shop: Shop) -> None:
    """Texts that files and statements trip over, and none at all."""
    for number, text in zip(shop.ids("customers"), ODD_TEXTS, strict=False):
        shop.update("customers", number, {"company": text, "city": text, "email": f"{text}Å@EXAMPLE.fi"})
    for number, text in zip(shop.ids("orders"), ODD_TEXTS, strict=False):
        shop.update("orders", number, {"details": text, "custom_data": {"said": text}})


def change(shop: Shop) -> None:
    """Orders changed, new, gone, and one whose lists are empty now."""
    changed, emptied, gone, *_ = shop.ids("orders")[20:]
    shop.update("orders", changed, {"status": "CANCELLED", "total": 1.25})
    shop.update("orders", emptied, {"payments": [], "comments": [], "events": []})
    shop.insert("orders", {"status": "OPEN", "total": 7.5})
    shop.delete("orders", gone)
    shop.delete("products", shop.ids("products")[0])
    shop.update("email_subscribers", shop.ids("email_subscribers")[0], {"language": "sv"})


@dataclass
class Both:
    """The same story in a DuckDB file and in a PostgreSQL database."""

    postgres: Settings
    read_duck: Read
    read_postgres: Read

    def read(self, what: Callable[[Read], Any]) -> tuple[Any, Any]:
        """What is found in the one and in the other."""
        return what(self.read_duck), what(self.read_postgres)


@pytest.fixture(scope="module")
def both(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Loaded, changed, loaded again, swept (as if on the day itself) and built, in both."""
    end = int(datetime(2026, 7, 1, tzinfo=UTC).timestamp())
    with cluster.database("pair") as server, make_shop(150, seed=5, end=end) as shop, serve(shop) as running:
        duck, other = (
            with_cart(settings_for(tmp_path_factory.mktemp(name), running.url), running.url)
            for name in ("duck", "other")
        )
        duck, postgres = replace(duck, salt="grey"), replace(other, salt="grey", server=server)
        make_odd(shop)
        for settings in (duck, postgres):
            assert sync(settings).exit_code == 0
        change(shop)
        for settings in (duck, postgres):
            assert sync(settings).exit_code == 0
            assert flow.sweep(settings, settings.chosen(), False, Listener()).exit_code == 0
            with warehouse_of(settings).connect() as connection:
                connection.execute(f"update ops.deleted_records set detected_at = '{AS_OF} 10:00:00+00'")
            wish = Wish(as_of=AS_OF, unit_tests=True)
            assert flow.build(settings, wish, Listener()).exit_code == 0
        with published_of(duck).reader() as one, published_of(postgres).reader() as another:
            yield Both(postgres, one, another)


def tables_of(read: Read, *schemas: str) -> list[str]:
    """Every table and view, dlt's own left out."""
    found = read("select table_schema, table_name from information_schema.tables order by 1, 2")
    pairs = zip(found["table_schema"], found["table_name"], strict=True)
    return [f"{schema}.{name}" for schema, name in pairs if schema in schemas and "_dlt" not in name]


def columns_of(frame: pandas.DataFrame) -> dict[str, str]:
    """Column names in their order, with pandas' types."""
    return {name: str(kind) for name, kind in frame.dtypes.items()}


def rows_of(frame: pandas.DataFrame) -> list[str]:
    """Every row as text, sorted; which load it came with is another thing each time."""
    kept = frame.drop(columns="_dlt_load_id", errors="ignore")
    return sorted(map(repr, kept.itertuples(index=False, name=None)))


@pytest.mark.slow
def test_every_mart_metric_and_segment_is_the_same_row_by_row(both: Both) -> None:
    tables, others = both.read(lambda read: tables_of(read, *BUILT))
    assert tables == others
    assert {"marts.fct_orders", "metrics.met_sales_daily", "segments.segment_members"} <= set(tables)
    for table in tables:
        one, other = both.read(lambda read, table=table: read(f"select * from {table}"))
        assert columns_of(one) == columns_of(other), table
        assert rows_of(one) == rows_of(other), table
    assert len(one) > 0


@pytest.mark.slow
def test_what_they_are_made_of_is_the_same_too(both: Both) -> None:
    tables, others = both.read(lambda read: tables_of(read, *UNDER_THEM))
    assert tables == others
    tables.remove("staging.stg_ops__windows")  # its times are those of each run: see the next test
    for table in tables:
        one, other = both.read(lambda read, table=table: read(f"select * from {table}"))
        assert sorted(one.columns) == sorted(other.columns), table
        assert rows_of(one) == rows_of(other[one.columns]), table


@pytest.mark.slow
def test_what_was_asked_and_what_is_gone_is_written_down_alike(both: Both) -> None:
    windows = (
        "select resource, reason, api_count, distinct_rows, duplicates, rejected_rows, quarantined_rows,"
        " status from ops.windows"
    )
    gone = "select store, resource, id from ops.deleted_records order by resource"
    for sql in (windows, gone):
        one, other = both.read(lambda read, sql=sql: read(sql))
        assert rows_of(one) == rows_of(other)
        assert len(one) > 0


@pytest.mark.slow
def test_the_report_is_the_same_page(both: Both) -> None:
    """Over the same records of runs, which differ in their times."""
    with warehouse_of(both.postgres).connect() as connection:
        for table in ("runs", "windows"):
            rows = both.read_duck(f"select * from ops.{table}").astype(object)
            records = rows.where(rows.notna(), None).to_dict("records")
            connection.execute(f"delete from ops.{table}")
            insert(connection, table, records)
    now = datetime(2026, 7, 2, tzinfo=UTC)
    one, other = both.read(
        lambda read: render_report(read, models=project_folder() / "models", generated_at=now)
    )
    assert one == other
    assert "Net sales" in one


def test_a_list_that_becomes_empty_and_a_record_that_goes(
    in_postgres: Settings, shop: Shop, ask: Query
) -> None:
    assert sync(in_postgres, "orders").exit_code == 0
    ((order, payments),) = ask(
        "select order_id, count(*) from raw_mycashflow.orders__payments group by 1 order by 1 limit 1"
    )
    ((before,),) = ask("select count(*) from raw_mycashflow.orders__payments")
    gone = shop.ids("orders")[-1]
    shop.update("orders", order, {"payments": [], "details": "once more"})
    shop.delete("orders", gone)
    assert sync(in_postgres, "orders").exit_code == 0
    assert ask("select count(*) from raw_mycashflow.orders__payments") == [(before - payments,)]
    assert ask(f"select details from raw_mycashflow.orders where id = {order}") == [("once more",)]
    sweep = flow.sweep(in_postgres, in_postgres.chosen(), False, Listener())
    assert sweep.exit_code == 0
    assert ask("select resource, id from ops.deleted_records") == [("orders", str(gone))]
    shop.insert("orders", {"id": gone})
    assert sync(in_postgres, "orders").exit_code == 0
    assert ask("select * from ops.deleted_records") == []


def test_the_sign_that_postgresql_refuses_is_shown_as_such(
    in_postgres: Settings, shop: Shop, ask: Query
) -> None:
    order, customer = shop.ids("orders")[0], shop.ids("customers")[0]
    shop.update("orders", order, {"details": "a\x00b", "custom_data": {"c": "d\x00"}})
    shop.update("customers", customer, {"login_allowed": "per\x00haps"})
    assert sync(in_postgres, "orders", "customers").exit_code == 4
    ((details, custom),) = ask(f"select details, custom_data from raw_mycashflow.orders where id = {order}")
    assert (details, custom) == ("a\ufffdb", '{"c":"d\\u0000"}')
    ((record, reason, raw),) = ask("select record_id, reason, raw_json from ops.rejected_rows")
    assert (record, "login_allowed" in reason, "per\\u0000haps" in raw) == (str(customer), True, True)


def test_a_row_that_heals_is_set_aside_no_more(in_postgres: Settings, shop: Shop, ask: Query) -> None:
    sick = shop.ids("orders")[0]
    shop.update("orders", sick, {"discount": {"amount": 5}})
    assert sync(in_postgres, "orders").exit_code == 4
    assert ask("select record_id from ops.rejected_rows") == [(str(sick),)]
    shop.update("orders", sick, {"discount": None})
    assert sync(in_postgres, "orders").exit_code == 0
    assert ask("select count(*) from ops.rejected_rows") == [(0,)]


def test_two_runs_do_not_meet_in_one_database(in_postgres: Settings, tmp_path: Path) -> None:
    elsewhere = replace(in_postgres, directory=tmp_path / "elsewhere")
    with (
        warehouse_of(elsewhere).hold(),
        pytest.raises(SettingsError, match="another run is under way in this database"),
    ):
        sync(in_postgres)
    assert sync(in_postgres, "versions").exit_code == 0


@pytest.mark.parametrize("options", ["encoding 'LATIN1' locale 'C'", "encoding 'UTF8' locale 'C'"])
def test_a_database_that_does_not_know_every_letter_is_refused(
    settings: Settings, cluster: Cluster, server: ShopServer, options: str
) -> None:
    with (
        cluster.database("narrow", f"{options} template template0") as narrow,
        pytest.raises(SettingsError, match=r"encoding 'UTF8' locale 'C\.UTF-8'"),
    ):
        sync(replace(settings, server=narrow))
    assert server.requests == []


# The command line, with the address in .dlt/secrets.toml.


def configure(home: Path, url: str, database: str) -> None:
    (home / ".dlt").mkdir(exist_ok=True)
    (home / ".dlt/config.toml").write_text(
        f'[runtime]\nlog_level = "DEBUG"\n[stores.main]\nbase_url = "{url}"\nattempts = 1\n'
        '[warehouse]\ndestination = "postgres"\n'
    )
    (home / ".dlt/secrets.toml").write_text(
        f'[stores.main]\nuser = "{USER}"\nkey = "{KEY}"\n[warehouse]\nurl = "{database}"\n'
    )


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def assert_refused(result: Result, words: str) -> None:
    """One sentence, and exit code 2."""
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["sync", "run", "build", "status", "report", "sweep"])
def test_a_server_that_is_away(tmp_path: Path, server: ShopServer, command: str) -> None:
    configure(tmp_path, server.url, "postgresql://shopkeeper:s3cret-word@127.0.0.1:9/shop")
    result = run(command)
    assert_refused(result, "PostgreSQL: no connection")
    assert "s3cret-word" not in result.output
    assert server.requests == []


@pytest.mark.parametrize("wrong", ["password", "database"])
def test_a_server_that_refuses(tmp_path: Path, server: ShopServer, database: Server, wrong: str) -> None:
    configure(tmp_path, server.url, url_of(replace(database, **{wrong: "w2ong-0ne"})))
    result = run("sync")
    assert_refused(result, "Check that it runs, and warehouse.url in .dlt/secrets.toml")
    assert "w2ong-0ne" not in result.output or wrong == "database"


def test_a_server_that_goes_away_meanwhile(
    tmp_path: Path, server: ShopServer, database: Server, cluster: Cluster
) -> None:
    configure(tmp_path, server.url, url_of(database))

    def stop(path: str, params: dict[str, str]) -> None:
        if path.endswith("/customers"):
            cluster.tell("alter database shop allow_connections false")
            cluster.tell("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'shop'")

    server.before_answer = stop
    assert_refused(run("sync"), "Check that it runs")
    server.before_answer = None
    cluster.tell("alter database shop allow_connections true")
    assert run("sync").exit_code == 0


def test_nothing_is_loaded_or_published_yet(tmp_path: Path, server: ShopServer, database: Server) -> None:
    configure(tmp_path, server.url, url_of(database))
    assert run("status").exit_code == 0
    assert_refused(run("build"), "nothing is loaded yet")
    assert_refused(run("report"), "nothing is published yet")
    assert_refused(run("demo", "--size", "10"), "leaves your database alone")


@pytest.mark.slow
def test_the_password_is_nowhere(
    tmp_path: Path,
    server: ShopServer,
    database: Server,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    configure(tmp_path, server.url, url_of(database))
    monkeypatch.setattr(load, "shutil", SimpleNamespace(rmtree=lambda *_, **__: None))  # as a kill leaves it
    for words in (("sync",), ("sweep",), ("build", "--select", "+dim_stores"), ("status", "--json")):
        result = run(*words)
        assert result.exit_code == 0, result.output
        told = f"{result.output}{result.stderr}{caplog.text}{result!r}"
        assert seen_in(told.encode()) == [], words
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert all(any(f"data/{tool}/" in str(path) for path in files) for tool in ("dlt", "dbt"))
    assert [path for path in files if seen_in(path.read_bytes())] == []
    settings = settings_for(tmp_path, server.url)
    with warehouse_of(replace(settings, server=database)).reader() as read:
        schemas = read("select schema_name from information_schema.schemata")["schema_name"]
        for table in [*tables_of(read, *schemas), "raw_mycashflow._dlt_pipeline_state"]:
            if not table.startswith(("pg_", "information_schema")):
                assert seen_in(read(f"select * from {table}").to_csv().encode()) == [], table
    assert seen_in(repr(database).encode()) == []


def seen_in(content: bytes) -> list[str]:
    """The spellings of the password that can be read there."""
    spellings = {PASSWORD, quote(PASSWORD), quote(PASSWORD, safe=""), PASSWORD.replace("/", "\\/")}
    return [spelling for spelling in spellings if spelling.encode() in content]


def test_a_folder_of_sockets_is_an_address_too(
    tmp_path: Path, server: ShopServer, database: Server, cluster: Cluster
) -> None:
    port, folder = database.port, quote(str(cluster.sockets), safe="")
    user, password = database.user, quote(database.password, safe="")
    url = f"postgresql://{user}:{password}@:{port}/{database.database}?host={folder}"
    configure(tmp_path, server.url, url)
    assert run("sync", "--resource", "versions").exit_code == 0
    assert run("status").exit_code == 0


@pytest.mark.slow
@pytest.mark.parametrize("root", ["/cscart", "/cscart-4.10"])
def test_cscart_loads_into_a_database_as_into_a_file(
    tmp_path: Path, server: ShopServer, shop: Shop, database: Server, root: str
) -> None:
    """With the columns `timestamp` and `date`, which are words of SQL."""
    duck, other = (
        settings_for(tmp_path / name, server.url + root, salt="grey") for name in ("duck", "other")
    )
    both = (duck, replace(other, server=database))
    for settings in both:
        assert sync(settings).exit_code == 0
    changed, gone = shop.ids("orders")[-1], shop.ids("orders")[7]
    shop.update("orders", changed, {"total": 1.25, "products": []})
    shop.delete("orders", gone)
    shop.delete("customers", shop.ids("customers")[0])
    for settings in both:
        assert sync(settings).exit_code == 0
        assert flow.sweep(settings, settings.chosen(), False, Listener()).exit_code == 0
    one, another = map(raw_tables, both)
    assert one.keys() == another.keys()
    assert {"orders", "orders__products", "carts", "users", "deleted_records"} <= one.keys()
    for table, rows in one.items():
        assert rows == another[table], table


def raw_tables(settings: Settings) -> dict[str, list[str]]:
    """The rows of every table of CS-Cart's, and what is gone, as texts."""
    with warehouse_of(settings).connect(read_only=True) as connection:
        found = connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns"
            " where table_schema = 'raw_cscart' or table_name = 'deleted_records' order by 1, 2, 3"
        ).fetchall()
        left_out = ("_dlt_load_id", "run_id", "detected_at")
        columns: dict[tuple[str, str], list[str]] = {}
        for schema, table, column in found:
            if not table.startswith("_dlt") and column not in left_out:
                columns.setdefault((schema, table), []).append(f'"{column}"')
        return {
            table: sorted(
                map(
                    as_text, connection.execute(f"select {', '.join(names)} from {schema}.{table}").fetchall()
                )
            )
            for (schema, table), names in columns.items()
        }


def as_text(row: tuple[Any, ...]) -> str:
    """A row, with moments said in one way: drivers have their own zones."""
    return repr([each.astimezone(UTC).isoformat() if isinstance(each, datetime) else each for each in row])
