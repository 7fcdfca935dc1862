"""How CS-Cart is read: two forms of address, three dialects, pages that repeat, and what must never enter."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import dlt
import duckdb
import pytest
from dlt.common.versioned_state import decompress_state

from pipelines import cscart, flow
from pipelines.check import check_stores
from pipelines.demo.mycashflow import Answer
from pipelines.demo.opening import make_shop
from pipelines.demo.server import KEY, USER, ShopServer, serve
from pipelines.demo.shop import Shop
from pipelines.errors import AccessDenied, Unavailable
from pipelines.extract.details import BLOCK, Details, packed, unpacked
from pipelines.extract.opening import Task
from pipelines.extract.reading import Span
from pipelines.extract.stream import Stream
from pipelines.job import Wanted
from pipelines.settings import Settings
from pipelines.sources.cscart import open_streams, shape
from pipelines.sources.cscart.client import CsCartClient
from pipelines.sources.cscart.resources import BY_DATE, EVERY, ORDERS
from tests.stage import Listener, first_fast, settings_for

DAY = 86_400
DIALECTS = {"4.18": "/cscart", "4.13": "/cscart-4.13", "4.10": "/cscart-4.10"}
both = pytest.mark.parametrize("root", first_fast(["/cscart-4.10", "/cscart"]), ids=["4.10", "4.18"])

Change = Callable[[str, str, Answer], Answer]


@pytest.fixture(scope="module")
def quiet() -> Iterator[ShopServer]:
    """A shop that nobody writes to."""
    with make_shop(120, seed=3) as shop, serve(shop) as server:
        yield server


def streams_of(settings: Settings) -> dict[str, Stream]:
    return {stream.endpoint.name: stream for stream in open_streams(settings.stores["demo"], Task())}


def client_of(settings: Settings) -> CsCartClient:
    return CsCartClient(settings.stores["demo"])


def sync(settings: Settings, *resources: str, **options: Any) -> flow.Record:
    return flow.sync(settings, settings.chosen(), Wanted(resources, **options), Listener())


def orders_asked(server: ShopServer) -> list[dict[str, str]]:
    return [params for _, path, params, _ in server.requests if "/orders" in path + params.get("_d", "")]


def rows_asked(server: ShopServer) -> list[int]:
    """The orders that were asked for by themselves."""
    asked = (path.rpartition("/orders/")[2] for _, path, _, _ in server.requests)
    return [int(number) for number in asked if number.isdecimal()]


def changed(server: ShopServer, change: Change) -> None:
    """The answers of the CS-Cart API, changed before they are sent."""
    whole = server.cart.answer

    def answer(method: str, path: str, query: str, headers: Any) -> Answer:
        return change(path, query, whole(method, path, query, headers))

    server.cart.answer = answer  # type: ignore[method-assign]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_a_store_can_do_is_found_out_in_four_requests(
    quiet: ShopServer, tmp_path: Path, dialect: str
) -> None:
    quiet.requests.clear()
    reader = streams_of(settings_for(tmp_path, quiet.url + DIALECTS[dialect]))["orders"].reader
    reader.greet()
    assert len(quiet.requests) <= 4
    expected = BY_DATE if dialect == "4.10" else ORDERS
    assert (reader.endpoint, reader.page_size) == (expected, expected.page_size)
    asked = len(quiet.requests)
    reader.greet()
    assert len(quiet.requests) == asked


@pytest.mark.parametrize(
    ("dialect", "found"),
    [
        ("4.18", "filtered by updated_at, full orders in the list"),
        ("4.10", "filtered by timestamp, summaries in the list"),
    ],
)
def test_check_tells_what_it_found_out(quiet: ShopServer, tmp_path: Path, dialect: str, found: str) -> None:
    (finding,) = check_stores(settings_for(tmp_path, quiet.url + DIALECTS[dialect]).chosen())
    assert (finding.problems, finding.warnings) == ([], [])
    (said,) = [line for line in finding.lists if line.startswith("orders: ")]
    count = len(told(quiet))
    assert said.startswith(f"orders: readable on 2.0, {found}, {count} rows; its cursor cannot see ")


@both
@pytest.mark.parametrize("page", first_fast(["404", "200", "301"]))
def test_a_store_without_rewriting_is_read_through_api_php(
    server: ShopServer, tmp_path: Path, root: str, page: str
) -> None:
    """What stands at the other address is the shop's own page, or points to one."""
    web_page = Answer(int(page), b"<html>Our shop</html>", {"Content-Type": "text/html", "Location": "/"})
    count = len(told(server))
    changed(server, lambda path, query, true: web_page if "/api/" in path else true)
    settings = settings_for(tmp_path, server.url + root, attempts=1)
    record = sync(settings, "orders", "users")
    assert (record.exit_code, record.problems) == (0, [])
    missed = [path for _, path, _, _ in server.requests if "/api/" in path]
    assert len(missed) == 1
    assert record.rows["orders"] == count


@pytest.mark.parametrize("status", first_fast([200, 503]))
def test_a_page_of_maintenance_is_no_data(server: ShopServer, tmp_path: Path, status: int) -> None:
    settings = settings_for(tmp_path, f"{server.url}/cscart", attempts=2)
    assert sync(settings, "users").exit_code == 0
    before = query(settings, "select count(*) from raw_cscart.users")
    web_page = Answer(status, b"<html>Back soon</html>", {"Content-Type": "text/html"})
    changed(server, lambda path, query, true: web_page)
    record = sync(settings, "users")
    assert record.exit_code == 3
    assert isinstance(record.problems[0], Unavailable)
    assert query(settings, "select count(*) from raw_cscart.users") == before


@pytest.mark.parametrize("name", ["users", "subscribers", "orders"])
def test_a_page_behind_the_end_is_empty_even_where_the_last_one_comes_again(
    quiet: ShopServer, tmp_path: Path, name: str
) -> None:
    client = client_of(settings_for(tmp_path, f"{quiet.url}/cscart-4.10"))
    endpoint = next(endpoint for endpoint in EVERY if endpoint.name == name).ids_only
    last, behind = (client.read_page(endpoint, "2.0", {}, page, 20) for page in (2, 9))
    assert last.size > 0
    assert (behind.size, behind.item_count) == (0, last.item_count)


def test_a_list_that_never_says_its_length_is_cut_into_pages(quiet: ShopServer, tmp_path: Path) -> None:
    reader = streams_of(settings_for(tmp_path, f"{quiet.url}/cscart"))["usergroups"].reader
    reader.page_size = 2
    (rows,) = list(reader.whole("whole"))
    assert sorted(rows["usergroup_id"].to_pylist()) == [1, 2, 3]
    assert reader.ledger.windows[0].status == "complete"


@both
def test_a_record_that_is_not_there_is_none(quiet: ShopServer, tmp_path: Path, root: str) -> None:
    """Orders say 404; users say 404 in old stores and an empty list in new ones."""
    client = client_of(settings_for(tmp_path, quiet.url + root))
    for name, number in (("orders", 10101), ("users", 1001)):
        endpoint = next(endpoint for endpoint in EVERY if endpoint.name == name)
        assert client.has(endpoint, "2.0", str(number))
        assert not client.has(endpoint, "2.0", "99999999")
    assert not client.has(ORDERS, "2.0", "99999999")


def test_a_wrong_key_is_told_with_what_else_it_may_be(tmp_path: Path, quiet: ShopServer) -> None:
    settings = settings_for(tmp_path, f"{quiet.url}/cscart")
    stranger = replace(settings.stores["demo"], key="wrong")
    (finding,) = check_stores([stranger])
    assert [type(problem) for problem in finding.problems] == [AccessDenied]
    assert "user or key is wrong" in str(finding.problems[0])
    assert "keeps the Authorization header from PHP" in str(finding.problems[0])


@pytest.mark.parametrize(
    "row",
    [
        {"total": "many"},
        {"order_id": None},
        {"order_id": "x1"},
        {"timestamp": "yesterday"},
        {"products": "none"},
        {"products": {"1": "one"}, "taxes": 7},
        {"payment_method": "card"},
        {"total": {"a": 1}},
    ],
    ids=str,
)
def test_a_row_that_cannot_be_shaped_is_set_aside(quiet: ShopServer, tmp_path: Path, row: Any) -> None:
    client = client_of(settings_for(tmp_path, f"{quiet.url}/cscart"))
    good = {"order_id": "1", "total": "1.00", "products": [], "timestamp": "1456917981"}
    page = client.page_of(ORDERS, [good, {**good, "order_id": "2", **row}, {**good, "order_id": "3"}, "row"])
    assert page.rows["order_id"].to_pylist() == [1, 3]
    assert len(page.rejected) == 2


def test_an_answer_nested_too_deep_is_no_crash(tmp_path: Path, quiet: ShopServer) -> None:
    body = b'{"orders":[' + b'{"x":' * 900 + b"1" + b"}" * 900 + b'],"params":{}}'
    assert shape.read_document(b'{"orders":[]}') == {"orders": []}
    with suppress(ValueError):
        shape.read_document(body)


def test_a_store_without_the_add_on_has_no_subscribers_and_that_is_no_trouble(tmp_path: Path) -> None:
    with make_shop(60, seed=3) as shop, serve(shop, addons=()) as server:
        teller = Listener()
        settings = settings_for(tmp_path, f"{server.url}/cscart", attempts=1)
        record = flow.sync(settings, settings.chosen(), Wanted(("users", "subscribers")), teller)
    assert (record.exit_code, record.remarks) == (0, [])
    assert [line for line in teller.lines if line.startswith("warning: demo: subscribers skipped")]


def test_a_store_that_filters_but_has_no_full_orders_is_asked_for_each_changed_one(
    server: ShopServer, shop: Shop, tmp_path: Path
) -> None:
    lines = lines_told(server)
    changed(server, without_orders_data(server))
    settings = settings_for(tmp_path, f"{server.url}/cscart", attempts=1)
    assert sync(settings, "orders").exit_code == 0
    assert query(settings, LINES) == lines
    number = shop.ids("orders")[7]
    shop.update("orders", number, {"details": "changed"})
    server.requests.clear()
    assert sync(settings, "orders").exit_code == 0
    assert number in rows_asked(server)
    assert len(rows_asked(server)) < 10


def test_an_old_store_is_asked_for_each_changed_order_once(
    server: ShopServer, shop: Shop, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, f"{server.url}/cscart-4.10", attempts=1)
    assert sync(settings, "orders").exit_code == 0
    assert sorted(rows_asked(server)) == sorted(told(server))
    assert query(settings, LINES) == lines_told(server)
    server.requests.clear()
    assert sync(settings, "orders").exit_code == 0
    assert rows_asked(server) == []
    recent, created = shop.ids("orders")[-1], shop.insert("orders", {})
    shop.update("orders", recent, {"total": 1.01})
    server.requests.clear()
    assert sync(settings, "orders").exit_code == 0
    assert sorted(rows_asked(server)) == [recent, created]
    assert query(settings, f"select total from raw_cscart.orders where order_id = {recent}")[0][0] > 0


@pytest.mark.slow
def test_an_old_order_of_an_old_store_is_seen_the_next_day(
    server: ShopServer, shop: Shop, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path, f"{server.url}/cscart-4.10", attempts=1)
    clock, old = shop.clock, shop.ids("orders")[3]
    sync(settings, "orders")
    shop.update("orders", old, {"total": 1.01})
    server.requests.clear()
    assert sync(settings, "orders").exit_code == 0
    assert rows_asked(server) == []
    shop.clock = lambda: clock() + DAY + 60
    assert sync(settings, "orders").exit_code == 0
    assert old in rows_asked(server)


@pytest.mark.slow
@both
def test_deleted_orders_are_found(server: ShopServer, shop: Shop, tmp_path: Path, root: str) -> None:
    settings = settings_for(tmp_path, server.url + root, attempts=1)
    sync(settings, "orders", "users")
    gone, left = shop.ids("orders")[3], shop.ids("customers")[3]
    shop.delete("orders", gone)
    shop.delete("customers", left)
    assert flow.sweep(settings, settings.chosen(), False, Listener()).exit_code == 0
    assert sync(settings, "users").exit_code == 0
    found = query(settings, "select resource, id from ops.deleted_records order by 1")
    assert ("orders", str(gone)) in found
    assert ("users", str(left)) in found
    assert {name for name, _ in found} == {"orders", "users"}


@both
def test_an_order_that_cannot_be_read_is_set_aside_and_read_when_it_can(
    server: ShopServer, shop: Shop, tmp_path: Path, root: str
) -> None:
    settings = settings_for(tmp_path, server.url + root, attempts=1)
    sick = shop.ids("orders")[60]
    server.sick["orders"] = {sick}
    record = sync(settings, "orders")
    assert record.exit_code == 4
    assert query(
        settings, "select resource, id_before < ? and id_after > ? from ops.quarantine", sick, sick
    ) == [("orders", True)]
    assert query(settings, COUNT) == [(len(told(server)) - 1,)]
    server.sick.clear()
    assert sync(settings, "orders").exit_code == 0
    assert query(settings, COUNT) == [(len(told(server)),)]
    assert query(settings, "select count(*) from ops.quarantine") == [(0,)]


@pytest.mark.slow
@pytest.mark.parametrize("trouble", ["sick", "odd"])
def test_an_order_of_an_old_store_that_fails_only_by_itself_is_tried_again(
    server: ShopServer, shop: Shop, tmp_path: Path, trouble: str
) -> None:
    number = shop.ids("orders")[60]
    answers = {
        "sick": lambda true: Answer(500, b'{"message":"down","status":500}'),
        "odd": lambda true: replace(true, body=true.body.replace(b'"total":', b'"total":{"a":1},"x":', 1)),
    }
    settings = settings_for(tmp_path, f"{server.url}/cscart-4.10", attempts=1)
    whole = server.cart.answer
    changed(server, lambda path, query, true: answers[trouble](true) if f"/orders/{number}" in path else true)
    record = sync(settings, "orders")
    assert record.exit_code == 4
    assert query(settings, COUNT) == [(len(told(server)) - 1,)]
    aside = "select count(*) from ops.quarantine union all select count(*) from ops.rejected_rows"
    assert sum(count for (count,) in query(settings, aside)) == 1
    assert sync(settings, "orders").exit_code == 4
    server.cart.answer = whole  # type: ignore[method-assign]
    assert sync(settings, "orders").exit_code == 0
    assert query(settings, COUNT) == [(len(told(server)),)]
    assert sum(count for (count,) in query(settings, aside)) == 0


def test_what_must_not_be_kept_is_in_no_file(server: ShopServer, shop: Shop, tmp_path: Path) -> None:
    """Marked values under every forbidden name, at any depth, in rows that load and in rows set aside."""
    mark = "MUST-NOT-BE-KEPT"
    names = ("payment_info", "product_groups", "password", "salt", "api_key", "unsubscribe_key", "ip_address")

    def poison(value: Any) -> Any:
        if isinstance(value, list):
            return [poison(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {name: poison(inner) for name, inner in value.items()} | {name: {"x": mark} for name in names}

    def with_marks(path: str, query: str, true: Answer) -> Answer:
        document = json.loads(true.body)
        odd = {"total": {"no": "number"}} if "/orders" in path else {}
        for rows in document.values() if isinstance(document, dict) else ():
            if isinstance(rows, list) and rows:
                rows[:] = [poison(row) for row in rows]
                rows[0] |= odd
        return replace(true, body=json.dumps(document).encode())

    changed(server, with_marks)
    settings = settings_for(tmp_path, f"{server.url}/cscart", attempts=1)
    assert sync(settings).exit_code == 4
    assert query(settings, "select count(*) > 0 from ops.rejected_rows") == [(True,)]
    for path in settings.data.rglob("*"):
        assert not path.is_file() or mark.encode() not in path.read_bytes(), path
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        for schema, table in connection.execute(
            "select schema_name, table_name from duckdb_tables()"
        ).fetchall():
            held = connection.execute(f'select cast(whole as text) from "{schema}"."{table}" as whole')
            assert mark not in str(held.fetchall()), table


def test_older_orders_are_known_by_sums(server: ShopServer, shop: Shop, tmp_path: Path) -> None:
    """A recent one is asked for alone, an older one with its neighbours, one that grows old not at all."""
    settings = settings_for(tmp_path, f"{server.url}/cscart-4.10", attempts=1)
    clock, ids = shop.clock, shop.ids("orders")
    kept: list[dict[int, int]] = [{}, {}]
    count = len(told(server))
    assert len(read_all(settings, kept)) == count
    recent, blocks = map(len, kept)
    assert 0 < recent < count
    assert blocks < count / BLOCK + 3
    assert read_all(settings, kept) == set()
    shop.update("orders", ids[-1], {"total": 1.01})
    assert read_all(settings, kept) == {ids[-1]}
    shop.update("orders", ids[3], {"total": 1.01})
    assert ids[3] in (again := read_all(settings, kept))
    assert {number // BLOCK for number in again} == {ids[3] // BLOCK}
    shop.clock = lambda: clock() + 20 * DAY
    assert read_all(settings, kept) == set()
    assert len(kept[0]) < recent
    shop.delete("orders", ids[5])
    assert {number // BLOCK for number in read_all(settings, kept)} <= {ids[5] // BLOCK}
    assert read_all(settings, kept) == set()


def read_all(settings: Settings, kept: list[dict[int, int]]) -> set[int]:
    """The orders that are asked for when the whole list of an old store comes; what is kept is kept."""
    reader = streams_of(settings)["orders"].reader
    details = Details(reader, *kept, is_whole=True)
    listed = reader.window("whole", "timestamp", Span(None, reader.run_start))
    tables = [*map(details.in_full, listed), *details.older()]
    kept[:] = details.seen, details.blocks
    return {number for rows in tables for number in rows["order_id"].to_pylist()}


@both
def test_the_source_works_in_a_dlt_pipeline_of_one_s_own(
    tmp_path: Path, server: ShopServer, root: str
) -> None:
    (tmp_path / ".dlt").mkdir()
    (tmp_path / ".dlt/config.toml").write_text(
        f'[stores.main]\nplatform = "cscart"\nurl = "{server.url}{root}"\nuser = "{USER}"\nkey = "{KEY}"\n'
    )
    own = dlt.pipeline(
        "own",
        destination=dlt.destinations.duckdb(str(tmp_path / "own.duckdb")),
        dataset_name="mine",
        pipelines_dir=str(tmp_path / "dlt"),
    )
    for _ in range(2):
        own.run(cscart(store="main", resources=["orders"]), loader_file_format="parquet")
    with own.sql_client() as client:
        assert client.execute_sql("select count(*) from orders") == [(len(told(server)),)]


def test_numbers_of_rows_are_kept_in_little_space() -> None:
    seen = {97 + 3 * place: (place * 2_654_435_761) % 2**32 for place in range(20_000)}
    text = packed(seen)
    assert unpacked(text) == seen
    assert unpacked("") == {}
    assert unpacked(packed({})) == {}
    assert len(text) < 6 * len(seen)


def test_the_state_of_an_old_store_goes_with_its_rows(server: ShopServer, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, f"{server.url}/cscart-4.10", attempts=1)
    sync(settings, "orders")
    ((state,),) = query(
        settings, "select state from raw_cscart._dlt_pipeline_state order by version desc limit 1"
    )
    kept = decompress_state(state)["sources"]["cscart"]["resources"]["orders"]
    count = len(told(server))
    assert 0 < len(unpacked(kept["seen"])) < count
    assert 0 < len(unpacked(kept["blocks"])) < count / BLOCK + 3


COUNT = "select count(*) from raw_cscart.orders"
LINES = "select order_id, count(*), sum(amount) from raw_cscart.orders__products group by 1 order by 1"


def told(server: ShopServer) -> dict[int, dict[str, Any]]:
    """The orders as the shop says by itself."""
    query = urlencode({"items_per_page": 0, "include_incompleted": "Y", "get_orders_data": 1})
    answer = server.cart.answer("GET", "/cscart/api/2.0/orders", query, {"accept": "application/json"})
    return {int(order["order_id"]): order for order in json.loads(answer.body)["orders"]}


def lines_told(server: ShopServer) -> list[tuple[int, int, int]]:
    """Orders with their lines and pieces."""
    orders = {number: order["products"] for number, order in told(server).items()}
    return [
        (number, len(lines), sum(int(line["amount"]) for line in lines.values()))
        for number, lines in sorted(orders.items())
        if lines
    ]


def without_orders_data(server: ShopServer) -> Change:
    """A store that does not know `get_orders_data`."""
    whole = server.cart.answer

    def change(path: str, query: str, true: Answer) -> Answer:
        kept = [(name, value) for name, value in parse_qsl(query) if name != "get_orders_data"]
        is_list = path.endswith("/orders") and len(kept) < len(parse_qsl(query))
        return whole("GET", path, urlencode(kept), {"accept": "application/json"}) if is_list else true

    return change


def query(settings: Settings, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        return connection.execute(sql, list(values)).fetchall()
