"""Products by code, stock and orders read back; tokens are renewed; orders only where asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.demo.inbox import Inbox
from tests.destinations.desk import Desk, desk_for


@pytest.fixture
def ogoship(inbox: Inbox, tmp_path: Path) -> Desk:
    return desk_for("ogoship", inbox, tmp_path)


def sock(**changes: Any) -> dict[str, Any]:
    row = {
        "code": "P101-0/åä",
        "row_key": "variation1",
        "languagecode": "fi",
        "name": "Sukat",
        "eancode": "640000001013",
        "currencycode": "EUR",
        "salesprice": "19.70",
        "same_code_count": 1,
    }
    return row | changes


def test_a_product_is_created_once_and_then_updated_whatever_is_in_its_code(ogoship: Desk) -> None:
    ogoship.put("products", [sock()])
    assert ogoship.send().exit_code == 0
    ogoship.put("products", [sock(name="Villasukat", eancode="7")])
    assert ogoship.send().exit_code == 0
    assert ogoship.inbox.ogoship.products == {
        "P101-0/åä": {
            "code": "P101-0/åä",
            "languageCode": "fi",
            "name": "Villasukat",
            "eanCode": "640000001013",
            "currencyCode": "EUR",
            "salesPrice": 19.7,
        }
    }


def test_a_product_that_the_shop_s_integration_made_is_updated(ogoship: Desk) -> None:
    ogoship.inbox.ogoship.products["P101-0/åä"] = {"code": "P101-0/åä", "name": "Vanha", "group": "theirs"}
    ogoship.put("products", [sock()])
    assert ogoship.send().exit_code == 0
    found = ogoship.inbox.ogoship.products["P101-0/åä"]
    assert (found["name"], found["group"]) == ("Sukat", "theirs")


def test_a_product_without_a_code_of_its_own_is_named(ogoship: Desk) -> None:
    rows = [sock(code=None, same_code_count=0), *(sock(row_key=f"v{n}", same_code_count=2) for n in (2, 3))]
    ogoship.put("products", rows)
    assert ogoship.send().exit_code == 4
    assert ogoship.inbox.ogoship.products == {}
    found = dict(ogoship.ask("select row_key, reason from ops.sync_rows"))
    assert found["variation1"] == "code is missing"
    assert found["v2"].startswith("code belongs to 2 products")


def test_tokens_are_renewed_by_refresh_tokens_that_work_once(ogoship: Desk) -> None:
    ogoship.inbox.ogoship.lifetime = 60.0  # less than the margin, so that every request needs a new one
    ogoship.put("products", [sock()])
    assert ogoship.send().exit_code == 0
    assert ogoship.inbox.ogoship.logins == 1
    assert ogoship.inbox.ogoship.refreshes >= 2


def test_when_a_refresh_token_is_used_up_the_password_helps(ogoship: Desk) -> None:
    ogoship.inbox.ogoship.lifetime = 60.0
    ogoship.put("products", [sock()])
    ogoship.inbox.troubles.lost = 0.3
    for _ in range(5):
        if ogoship.send().exit_code == 0:
            break
    assert list(ogoship.inbox.ogoship.products) == ["P101-0/åä"]


def test_stock_and_orders_are_read_back_without_a_name(ogoship: Desk) -> None:
    inbox = ogoship.inbox.ogoship
    for number in range(300):
        inbox.products[f"P{number}"] = {"code": f"P{number}"}
        inbox.stock[f"P{number}"] = number
    shipped = {
        "reference": "demo-1",
        "status": "SHIPPED",
        "trackingNumber": "JJFI1",
        "customer": {"name": "N"},
    }
    inbox.orders["demo-1"] = shipped
    ogoship.put("products", [])
    for _ in range(2):
        assert ogoship.send().exit_code == 0
        found = ogoship.ask("select count(*), sum(cast(stock as bigint)) from raw_ogoship.stock")
        assert found == [(300, 44850)]
        found = ogoship.ask("select reference, status, tracking_number from raw_ogoship.orders")
        assert found == [("demo-1", "SHIPPED", "JJFI1")]
    columns = ogoship.ask(
        "select column_name from information_schema.columns where table_schema = 'raw_ogoship'"
    )
    assert "customer" not in {name for (name,) in columns}


def test_orders_are_sent_only_where_asked_for_and_never_twice(inbox: Inbox, tmp_path: Path) -> None:
    desk = desk_for("ogoship", inbox, tmp_path, orders=True)
    inbox.ogoship.products["P1"] = {"code": "P1"}
    desk.put("products", [])
    order = {
        "reference": "demo-10012",
        "customer_key": "key1",
        "shippingcode": "posti_parcel",
        "customer__name": "Etunimi Sukunimi",
        "customer__address1": "Esimerkkikatu 1",
        "customer__city": "Helsinki",
        "customer__countrycode": "FI",
        "orderlines": "P1\x1e2\x1e19.70\x1e25.5",
        "pricetotal": "39.40",
    }
    desk.put("orders", [order])
    inbox.troubles.silent = 1
    assert desk.send().exit_code == 0
    (found,) = inbox.ogoship.orders.values()
    assert found["orderLines"] == [{"code": "P1", "quantity": 2, "unitPrice": 19.7, "vatPercentage": 25.5}]
    assert found["customer"]["countryCode"] == "FI"
    assert found["shippingCode"] == "posti_parcel"
    assert found["status"] == "DRAFT"
    found["status"] = "COLLECTING"
    desk.put("orders", [order | {"pricetotal": "40"}])
    assert desk.send().exit_code == 0
    assert [each["status"] for each in inbox.ogoship.orders.values()] == ["COLLECTING"]
