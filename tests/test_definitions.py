"""A shop may define segments otherwise: what `[definitions]` says is what the models go by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines import flow
from pipelines.demo.server import ShopServer
from pipelines.demo.shop import Shop
from pipelines.errors import SettingsError
from pipelines.job import Wanted
from pipelines.settings import Settings, read_settings
from pipelines.transform import Wish, check_definitions
from pipelines.warehouse import warehouse_of
from tests.stage import Listener, settings_for

SIZE = "select count(*) as members from segments.seg_lapsed_customers"


def members(settings: Settings) -> int:
    assert flow.build(settings, Wish(["+seg_lapsed_customers"]), Listener()).exit_code == 0
    with warehouse_of(settings).reader() as read:
        return int(read(SIZE)["members"][0])


@pytest.mark.slow
def test_a_threshold_of_one_s_own_is_what_the_models_go_by(tmp_path: Path, server: ShopServer) -> None:
    settings = settings_for(tmp_path, server.url)
    flow.sync(settings, settings.chosen(), Wanted(), Listener())
    usual = members(settings)
    own = members(replace(settings, definitions={"lapsed_customer_days": 100_000}))
    assert (usual > 0, own) == (True, 0)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            "lapsed_customer_day = 3",
            "unknown key definitions.lapsed_customer_day, expected one of .*vip_share",
        ),
        ('lapsed_customer_days = "soon"', "lapsed_customer_days is 'soon', expected something like 180"),
        ("recent_buyer_days = 30", r"recent_buyer_days is 30, expected something like \[30, 90\]"),
        ("rfm_is_lifetime = 1", "rfm_is_lifetime is 1, expected something like False"),
        ('platforms = ["cscart"]', "unknown key definitions.platforms"),
        ("gift_card_products = [12]", r"gift_card_products is \[12\], expected something like {}"),
        (
            'gift_card_products = { mian = ["12"] }',
            r"products.mian: there is no such store; there is main; .*mian is \['12'\], expected ids",
        ),
    ],
)
def test_what_no_model_asks_for_is_refused_before_anything_is_read(
    tmp_path: Path, line: str, problem: str
) -> None:
    (tmp_path / ".dlt").mkdir()
    store = '[stores.main]\nstore_name = "example"\nuser = "a@example.com"\nkey = "k"\n'
    (tmp_path / ".dlt/config.toml").write_text(f"{store}[definitions]\n{line}\n")
    settings = read_settings(tmp_path)
    with pytest.raises(SettingsError, match=problem):
        flow.run(settings, settings.chosen(), Wish(), Listener())


def test_the_environment_defines_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".dlt").mkdir()
    monkeypatch.setenv("DEFINITIONS__RECENT_BUYER_DAYS", "[7, 60]")
    monkeypatch.setenv("DEFINITIONS__RFM_IS_LIFETIME", "true")
    settings = read_settings(tmp_path)
    assert settings.definitions == {"recent_buyer_days": [7, 60], "rfm_is_lifetime": True}
    check_definitions(settings)


@pytest.mark.slow
def test_products_that_are_gift_cards_are_sold_once(tmp_path: Path, server: ShopServer, shop: Shop) -> None:
    """Their sales leave net sales, and everything that is built on it; what customers pay stays."""
    cards = [
        number for number in shop.ids("products") if shop.get("products", number)["name"] == "Lahjakortti"
    ]
    settings = settings_for(tmp_path, server.url)
    flow.sync(settings, settings.chosen(), Wanted(), Listener())
    figures = (
        "select sum(total) as total, sum(net_sales) as net, sum(gift_card_sales) as cards, sum(tax) as tax,"
        " sum(gross_sales) as gross, sum(order_count) as orders from metrics.met_sales_daily"
    )
    sold = (
        "select sum(amount_excl_vat) as amount from marts.fct_order_lines where is_counted and product_id in"
        f" ({', '.join(map(str, cards))})"
    )
    products = (
        "select sum(net_sales) as net, sum(net_sales) filter (where product_name = 'Lahjakortti') as cards"
        " from metrics.met_products"
    )
    clv = "select sum(historic_clv) as clv from metrics.met_customers"

    def build(**definitions: object) -> dict[str, float]:
        flow.build(replace(settings, definitions=definitions), Wish(), Listener())
        with warehouse_of(settings).reader() as read:
            return {
                f"{name} {column}": value
                for name, sql in (("days", figures), ("lines", sold), ("products", products), ("people", clv))
                for column, value in read(sql).iloc[0].items()
            }

    before, after = build(), build(gift_card_products={"demo": cards})
    amount = before["lines amount"]
    assert amount > 0
    assert before["days cards"] == 0
    assert after["days cards"] == amount
    assert before["days net"] - after["days net"] == amount
    for same in ("total", "tax", "gross", "orders"):
        assert before[f"days {same}"] == after[f"days {same}"]
    assert after["products net"] == after["days net"]
    assert before["products cards"] > 0  # less discounts, which fall on the goods alone then
    assert after["products cards"] == 0
    assert before["people clv"] > after["people clv"]
