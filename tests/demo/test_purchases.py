"""A shop with a purchase history from a file."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.demo.purchases import shop_of_purchases
from pipelines.demo.shop import Shop

CDNOW = Path(__file__).parents[3] / "shared" / "data" / "cdnow.csv"
LINES = """customer_id,date,units,amount_usd
7,1997-03-02,1,11.77
9,1997-07-12,3,20.00
7,1997-03-01,2,5.00
9,1997-07-12,1,0.00
"""


@pytest.fixture
def history(tmp_path: Path) -> Shop:
    path = tmp_path / "purchases.csv"
    path.write_text(LINES)
    return shop_of_purchases(path)


def test_a_line_is_an_order(history: Shop) -> None:
    assert history.ids("orders") == [1, 2, 3, 4]
    order = history.get("orders", 2)
    party = order.pop("customer_information")
    assert order.pop("shipping_address") == {key: party[key] for key in party if key != "vat_code"}
    noon = "1997-03-02T12:00:00+02:00"
    taxed = [{"tax_rate": 0, "total": 11.77, "total_tax": 0.0, "total_without_tax": 11.77}]
    assert party["email"] == "customer.7@example.com"
    assert order == {
        "id": 2,
        "created_at": noon,
        "updated_at": noon,
        "archived_at": None,
        "external_id": None,
        "version_id": 1,
        "language": "fi",
        "customer_id": 7,
        "customer_external_id": None,
        "shipping_method_id": None,
        "payment_method_id": 1,
        "different_shipping_address": False,
        "subtotal": 11.77,
        "shipping_costs": 0.0,
        "payment_costs": 0.0,
        "discount": None,
        "total": 11.77,
        "status": "COMPLETED",
        "details": None,
        "receipt_url": None,
        "return_document_url": None,
        "dispatch_note_url": None,
        "custom_data": None,
        "products": [
            {
                "id": 4,
                "created_at": noon,
                "updated_at": noon,
                "delivered_at": noon,
                "order_id": 2,
                "product_id": 1,
                "variation_id": None,
                "download_id": None,
                "download_time_ends": None,
                "download_times_left": None,
                "download_url": None,
                "customizations": None,
                "vat_rate": 0,
                "bundle_id": None,
                "campaign_id": None,
                "unit_price": 11.77,
                "purchase_price": None,
                "quantity": 1,
                "product_code": "PURCHASE",
                "product_name": "Purchase",
                "model_name": None,
                "warranty": None,
                "custom_data": None,
                "shipment_id": None,
                "return_to_stock": None,
                "return_reasons": [],
            }
        ],
        "shipments": [],
        "payments": [
            {
                "id": 2,
                "created_at": noon,
                "updated_at": noon,
                "order_id": 2,
                "payment_method_id": 1,
                "reference": "27",
                "external_id": "tx-2",
                "amount": 11.77,
                "currency": "EUR",
                "exchange_rate": 1,
                "is_confirmed": True,
                "is_paid": True,
                "status": "PAID",
            }
        ],
        "tax_summary": {
            "subtotal": taxed,
            "discount": [],
            "shipping_costs": [],
            "payment_costs": [],
            "total": taxed,
        },
        "comments": [],
        "events": [],
    }


def test_units_stay_units_where_the_price_does_not_divide(history: Shop) -> None:
    rows = history.get("orders", 3)["products"]
    assert [(row["quantity"], row["unit_price"]) for row in rows] == [(1, 6.66), (2, 6.67)]
    assert history.get("orders", 3)["total"] == 20.0
    assert history.get("orders", 4)["products"][0]["unit_price"] == 0.0


def test_customers_register_with_their_first_purchase(history: Shop) -> None:
    assert history.ids("customers") == [7, 9]
    assert history.get("customers", 7)["created_at"] == "1997-03-01T12:00:00+02:00"
    assert history.get("customers", 9)["created_at"] == "1997-07-12T12:00:00+03:00"


def test_the_ledger_of_a_history(history: Shop) -> None:
    ledger = history.ledger()
    assert ledger.as_of == date(1997, 7, 12)
    assert ledger.net_sales_by_day == {
        date(1997, 3, 1): Decimal("5.00"),
        date(1997, 3, 2): Decimal("11.77"),
        date(1997, 7, 12): Decimal("20.00"),
    }
    assert ledger.orders_by_day[date(1997, 7, 12)] == 2
    assert ledger.rows["orders__products"] == 5
    assert ledger.rows["email_subscribers"] == 0
    assert ledger.segments == {
        "new_customers_30": 1,
        "recent_buyers_30": 1,
        "recent_buyers_90": 1,
        "non_buyers_30": 1,
        "non_buyers_90": 1,
        "frequent_buyers": 0,
        "lapsed_customers": 0,
    }


def test_names_that_are_no_numbers_become_external_ids(tmp_path: Path) -> None:
    path = tmp_path / "purchases.csv"
    path.write_text("who,when,pieces,sum,more\nab,2024-01-31,1,2.50,x\n12,2024-01-30,1,3,y\n")
    with shop_of_purchases(path) as shop:
        assert [shop.get("customers", number)["external_id"] for number in (1, 2)] == ["12", "ab"]
        assert shop.get("orders", 2)["customer_external_id"] == "ab"


@pytest.mark.parametrize(
    "line", ["1,1997-01-01,0,5.00", "1,1997-13-01,1,5.00", "1,1997-01-01,1,5.001", "1,1997-01-01"]
)
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "purchases.csv"
    path.write_text(f"{LINES}{line}\n")
    with pytest.raises(ValueError, match="line 6 is no purchase"):
        shop_of_purchases(path)


@pytest.mark.slow
@pytest.mark.skipif(not CDNOW.is_file(), reason="the CDNOW file is not part of the project")
def test_cdnow() -> None:
    with shop_of_purchases(CDNOW) as shop:
        ledger = shop.ledger()
    assert (ledger.counted_orders, ledger.buyers) == (69_659, 23_570)
    assert ledger.money["net_sales"] == ledger.money["total"] == Decimal("2500315.63")
    assert sum(ledger.net_sales_by_day.values()) == Decimal("2500315.63")
