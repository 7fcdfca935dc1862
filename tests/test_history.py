"""Real purchases, loaded over HTTP, come out to the cent."""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines import flow
from pipelines.demo.purchases import shop_of_purchases
from pipelines.demo.server import serve
from pipelines.transform import Wish
from pipelines.warehouse import read_frame
from tests.stage import Listener, settings_for

CDNOW = Path(__file__).parents[2] / "shared/data/cdnow.csv"
SMALL = """customer_id,date,units,amount_usd
1,1997-01-01,1,11.77
2,1997-01-12,1,12.00
2,1997-01-12,5,77.00
3,1997-01-02,3,0.00
3,1998-06-30,3,20.00
"""


def load(home: Path, history: Path, as_of: str) -> flow.Record:
    """A history served, loaded, built and published in `home`."""
    with shop_of_purchases(history) as shop, serve(shop) as server:
        settings = settings_for(home, server.url)
        return flow.run(settings, settings.chosen(), Wish(as_of=as_of, unit_tests=False), Listener())


def assert_equal_to(history: Path, published: Path) -> None:
    """Orders, units, customers and sales of every day are those of the file, read by the csv module."""
    with open(history, newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    orders = Counter(line["date"] for line in lines)
    units: Counter[str] = Counter()
    sales: dict[str, Decimal] = {}
    first: dict[str, str] = {}
    for line in lines:
        units[line["date"]] += int(line["units"])
        sales[line["date"]] = sales.get(line["date"], Decimal(0)) + Decimal(line["amount_usd"])
        first[line["customer_id"]] = min(line["date"], first.get(line["customer_id"], "9999"))
    new = Counter(first.values())
    frame = read_frame(
        published,
        "select cast(sales_date as varchar) as day, order_count, cast(units as bigint) as units,"
        " cast(net_sales as varchar) as net, cast(total as varchar) as total, new_customer_count as new"
        " from metrics.met_sales_daily where order_count > 0 order by 1",
    )
    assert dict(zip(frame["day"], frame["order_count"], strict=True)) == dict(orders)
    assert dict(zip(frame["day"], frame["units"], strict=True)) == dict(units)
    assert {day: Decimal(net) for day, net in zip(frame["day"], frame["net"], strict=True)} == sales
    assert list(frame["net"]) == list(frame["total"])
    assert {day: count for day, count in zip(frame["day"], frame["new"], strict=True) if count} == dict(new)
    buyers = read_frame(published, "select count(*) as n from marts.dim_customers where order_count > 0")
    assert buyers["n"].tolist() == [len(first)]


def test_an_invented_history_comes_out_as_it_went_in(tmp_path: Path) -> None:
    history = tmp_path / "history.csv"
    history.write_text(SMALL)
    assert load(tmp_path, history, "1998-06-30").exit_code == 0
    assert_equal_to(history, tmp_path / "data/kassavirta.duckdb")


@pytest.mark.skipif(not CDNOW.exists(), reason="the real history lies beside the project, not in it")
def test_the_purchases_of_cdnow_come_out_to_the_cent(tmp_path: Path) -> None:
    record = load(tmp_path, CDNOW, "1998-06-30")
    assert (record.exit_code, record.rows["orders"]) == (0, 69_659)
    published = tmp_path / "data/kassavirta.duckdb"
    assert_equal_to(CDNOW, published)
    frame = read_frame(
        published,
        "select sum(order_count) as orders, cast(sum(net_sales) as varchar) as net,"
        " (select count(*) from marts.dim_customers where order_count > 0) as customers"
        " from metrics.met_sales_daily",
    )
    assert frame.iloc[0].tolist() == [69_659, "2500315.63", 23_570]
