"""What nobody may read is gone before anything is written: whatever the page looks like, at any depth."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines import flow
from pipelines.demo.server import ShopServer
from pipelines.demo.shop import Shop
from pipelines.extract.privacy import Veil, account, leaves, sealer
from pipelines.extract.tables import PageParser
from pipelines.settings import ResourceSettings, read_settings
from pipelines.sources import cscart
from pipelines.sources.mycashflow import EVERY
from pipelines.texts import bare
from pipelines.transform import Wish
from tests.stage import Listener, settings_for
from tests.test_cli import assert_refused, configure, run
from tests.test_forget import seen

ORDERS = next(endpoint for endpoint in EVERY if endpoint.name == "orders")
SEAL = sealer("pepper")
ANNA = "Anna@Example.com"


def order(**changes: Any) -> dict[str, Any]:
    person = {"email": ANNA, "first_name": "Anna", "city": "Oulu", "country": "FI"}
    comments = [{"order_id": 1, "text": "Anna called"}, {"order_id": 1, "text": None}]
    return {"id": 1, "total": "9.50", "customer_information": person, "comments": comments} | changes


def parse(veil: Veil, *orders: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is left of orders, those that are set aside included."""
    body = json.dumps({"data": orders, "meta": {"item_count": len(orders)}}, separators=(",", ":"))
    page = PageParser(ORDERS, seal=SEAL, veil=veil).parse(body.encode())
    aside = [json.loads(row.raw_json) for row in page.rejected]
    return [*page.rows.to_pylist(), *aside]


def hidden(**columns: str) -> Veil:
    return Veil(ORDERS, "main", SEAL, columns)


SHAPES = {
    "plain": {},
    "unknown key": {"nickname": "x"},
    "odd": {"total": "9,5", "customer_information": {"email": ANNA, "city": 5}},
    "set aside": {"discount": {"amount": 5}},
}


@pytest.mark.parametrize("changes", SHAPES.values(), ids=SHAPES)
def test_columns_are_dropped_and_hashed_whatever_the_page(changes: dict[str, Any]) -> None:
    veil = hidden(
        customer_information__email="hash", comments__text="drop", customer_information__city="drop"
    )
    (left,) = parse(veil, order(**changes))
    assert left["customer_information"]["email"] == SEAL("anna@example.com")
    assert left["customer_information"]["city"] is None
    assert [comment["text"] for comment in left["comments"]] == [None, None]
    assert ANNA not in str(left)
    assert "called" not in str(left)


def test_rows_without_the_column_are_left_as_they_are() -> None:
    veil = hidden(customer_information__email="hash", comments__text="drop")
    rows = parse(veil, order(id=1, customer_information=None, comments=None), order(id=2, comments=[]))
    assert [row["comments"] for row in rows] == [None, []]
    assert rows[0]["customer_information"] is None


@pytest.mark.parametrize("changes", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize(
    "subject", [bare(f" {ANNA} "), account("main", 77)], ids=["by address", "by account"]
)
def test_somebody_forgotten_leaves_nothing_but_the_order(subject: str, changes: dict[str, Any]) -> None:
    veil = Veil(ORDERS, "main", SEAL, {}, frozenset([SEAL(subject)]))
    mine, other = order(customer_id=77, **changes), order(id=2, customer_id=78)
    other["customer_information"] = {"email": "bo@example.com", "first_name": "Bo"}
    rows = {row["id"]: row for row in parse(veil, mine, other)}
    assert ANNA not in str(rows[1])
    assert "'Anna'" not in str(rows[1])
    assert "called" not in str(rows[1])
    assert not rows[1].get("nickname")
    assert rows[2]["customer_information"]["email"] == "bo@example.com"
    assert rows[2]["comments"][0]["text"] == "Anna called"  # whose order it is, is all we know


def test_every_personal_name_is_a_name_of_the_list() -> None:
    for endpoint in (*EVERY, *cscart.EVERY):
        names = {"__".join(path) for path, _ in leaves(endpoint.fields)}
        assert set(endpoint.sensitive) <= names, endpoint.name
        assert endpoint.person is None or endpoint.person in endpoint.fields


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (
            'emial = "drop"',
            "there is no emial; did you mean customer_information__email or shipping_address__email?",
        ),
        ('customer_information__emial = "drop"', "did you mean customer_information__email"),
        ('id = "hash"', "id is the key and cannot be hidden"),
        ('total = "drop"', "total is no text and cannot be hidden"),
        ('details = "encrypt"', "details is 'encrypt', expected 'hash' or 'drop'"),
    ],
)
def test_a_column_that_cannot_be_hidden_is_named(tmp_path: Path, column: str, words: str) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    with open(tmp_path / ".dlt/config.toml", "a") as file:
        file.write(f"\n[stores.main.resources.orders]\ncolumns = {{ {column} }}\n")
    for command in ("sync", "check"):
        result = run(command)
        assert result.exit_code == 2
        assert words in result.stderr
    assert_refused(run("sync", "--resource", "nosuch"), 2, "there is no list nosuch")


def test_columns_can_be_named_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(tmp_path, "http://127.0.0.1:9")
    monkeypatch.setenv("STORES__MAIN__RESOURCES__ORDERS__COLUMNS__CUSTOMER_INFORMATION__EMAIL", "drop")
    columns = read_settings(tmp_path).stores["main"].resource("orders").columns
    assert columns == {"customer_information__email": "drop"}


@pytest.mark.slow
def test_models_build_when_everything_personal_is_dropped_or_hashed(
    tmp_path: Path, shop: Shop, server: ShopServer, query: Callable[[str], list[tuple[Any, ...]]]
) -> None:
    words = ("Xylofoni", "xylofoni@example.org", "+358409998877")
    person = {"first_name": words[0], "email": words[1], "phone": words[2]}
    for number in shop.ids("orders")[:3]:
        shop.update("orders", number, {"customer_information": person, "details": words[0]})
    shop.update("customers", shop.ids("customers")[0], person)
    shop.insert("email_subscribers", {"email": words[1]})
    ways = {"email": "hash", "customer_information__email": "hash", "shipping_address__email": "hash"}
    resources = {
        endpoint.name: ResourceSettings(columns={name: ways.get(name, "drop") for name in endpoint.sensitive})
        for endpoint in EVERY
        if endpoint.is_enabled
    }
    settings = replace(settings_for(tmp_path, server.url, resources=resources), salt="pepper")
    assert flow.run(settings, settings.chosen(), Wish(unit_tests=False), Listener()).exit_code == 0
    assert seen(settings, words) == set()
    assert query("select count(*) from marts.fct_orders") == [(len(shop.ids("orders")),)]
    assert query("select count(email_normalised) from staging.stg_mycashflow__orders") == [(0,)]
    hashes = "select count(*) from raw_mycashflow.orders where customer_information__email = '{}'"
    assert query(hashes.format(SEAL(words[1]))) == [(3,)]
