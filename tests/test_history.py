"""Real purchases, loaded over HTTP, come out to the cent."""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pandas
import pytest

from pipelines import flow
from pipelines.demo.purchases import shop_of_purchases
from pipelines.demo.server import serve
from pipelines.transform import Wish
from pipelines.warehouse import read_frame
from tests.stage import Listener, settings_for

pytestmark = pytest.mark.slow

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
        return flow.run(settings, settings.chosen(), Wish(as_of=as_of), Listener())


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


def read_purchases(history: Path) -> pandas.DataFrame:
    """The file's purchases by day, in cents; each with its customer's first month and its place there."""
    bought = pandas.read_csv(history, parse_dates=["date"]).sort_values("date", kind="stable")
    bought["cents"] = (bought["amount_usd"] * 100).round().astype("int64")
    bought["month"] = bought["date"].dt.to_period("M")
    per_customer = bought.groupby("customer_id")
    bought["cohort"] = per_customer["month"].transform("min")
    bought["number"] = (bought["month"].dt.year - bought["cohort"].dt.year) * 12 + (
        bought["month"].dt.month - bought["cohort"].dt.month
    )
    bought["place"] = per_customer.cumcount() + 1
    bought["gap"] = per_customer["date"].diff().dt.days
    return bought


def read_months(published: Path, sql: str, column: str) -> pandas.DataFrame:
    """What was built, all as floats, with a column of first days as months."""
    frame = read_frame(published, sql)
    months = pandas.PeriodIndex(frame.pop(column), freq="M")
    return frame.astype("float64").set_index(months)


def assert_months_are_those_of(bought: pandas.DataFrame, published: Path) -> None:
    """Orders, customers, sales and who bought again, month by month, are what pandas makes of the file."""
    built = read_months(
        published,
        "select repeats.month_start_date as month, repeats.order_count as orders,"
        " repeats.customer_count as customers, sales.cents, repeats.buyer_count as buyers,"
        " repeats.repeat_buyer_count as again, repeats.median_days_to_second_order as gap"
        " from metrics.met_repeat_purchase as repeats inner join ("
        "  select date_trunc('month', sales_date) as month, sum(net_sales) * 100 as cents"
        "  from metrics.met_sales_daily group by 1"
        " ) as sales on repeats.month_start_date = sales.month order by 1",
        "month",
    )
    monthly, seconds = bought.groupby("month"), bought[bought["place"] == 2].groupby("month")
    counts = {
        "orders": monthly.size(),
        "customers": monthly["customer_id"].nunique(),
        "cents": monthly["cents"].sum(),
        "buyers": bought[bought["place"] == 1].groupby("month").size(),
        "again": seconds.size(),
    }
    months = pandas.period_range(bought["month"].min(), bought["month"].max(), freq="M")
    expected = pandas.DataFrame(counts, index=months).fillna(0).astype("float64")
    expected[["buyers", "again"]] = expected[["buyers", "again"]].cumsum()
    expected["gap"] = seconds["gap"].median()
    pandas.testing.assert_frame_equal(built, expected, check_names=False)


def assert_cohorts_are_those_of(bought: pandas.DataFrame, published: Path) -> None:
    """Every cohort is what pandas makes of the file, in every month until the end; beyond it is nothing."""
    built = read_months(
        published,
        "select cohort_month, month_number as number, active_customer_count as active,"
        " order_count as orders, net_sales * 100 as cents, retention_rate as retention"
        " from metrics.met_customer_cohorts order by 1, 2",
        "cohort_month",
    ).set_index("number", append=True)
    sizes = bought.groupby("cohort")["customer_id"].nunique()
    last = bought["month"].max()
    grid = [(cohort, number) for cohort in sizes.index for number in range((last - sizes.index[0]).n + 1)]
    expected = (
        bought.groupby(["cohort", "number"])
        .agg(active=("customer_id", "nunique"), orders=("cents", "size"), cents=("cents", "sum"))
        .reindex(grid, fill_value=0)
        .astype("float64")
    )
    expected[[cohort + number > last for cohort, number in grid]] = float("nan")
    expected["retention"] = expected["active"] / [sizes[cohort] for cohort, _ in grid]
    assert [(cohort, int(number)) for cohort, number in built.index] == grid
    pandas.testing.assert_frame_equal(
        built.reset_index(drop=True), expected.reset_index(drop=True), rtol=0, atol=0.000051
    )


def assert_scores_are_those_of(bought: pandas.DataFrame, published: Path, as_of: str) -> None:
    """Scores of the year's buyers are what pandas makes of the file; all segments fill, truthfully."""
    ages = (pandas.Timestamp(as_of) - bought.set_index("customer_id")["date"]).dt.days
    year = bought[(ages < 365).to_numpy()].groupby("customer_id")
    by_file = {"recency": year["date"].max(), "frequency": year.size(), "monetary": year["cents"].sum()}
    expected = pandas.DataFrame({name: fifths(values) for name, values in by_file.items()})
    built = read_frame(
        published,
        "select customers.customer_id, figures.* from metrics.met_customers as figures"
        " inner join marts.dim_customers as customers on figures.customer_key = customers.customer_key"
        " where figures.order_count > 0",
    ).set_index("customer_id")
    assert len(built) == bought["customer_id"].nunique()
    scored = built[built["rfm_segment"] != "inactive"].sort_index()
    found = scored[[f"{name}_score" for name in by_file]].astype("int64").set_axis(list(by_file), axis=1)
    pandas.testing.assert_frame_equal(
        found, expected.astype("int64"), check_names=False, check_index_type=False
    )
    assert built["rfm_segment"].nunique() == 12
    recent = built["rfm_segment"].isin(["new_customers", "promising", "champions"])
    assert built.loc[recent, "recency_days"].max() < 180
    assert built.loc[built["rfm_segment"] == "new_customers", "order_count"].max() == 2


def fifths(values: pandas.Series) -> pandas.Series:
    """1 to 5 by place; equal values share the middle of theirs."""
    middle = (values.rank(method="min") + values.rank(method="max") - 1).astype("int64")
    return 1 + 5 * middle // (2 * len(values))


def test_an_invented_history_comes_out_as_it_went_in(tmp_path: Path) -> None:
    history = tmp_path / "history.csv"
    history.write_text(SMALL)
    assert load(tmp_path, history, "1998-06-30").exit_code == 0
    published = tmp_path / "data/kassavirta.duckdb"
    assert_equal_to(history, published)
    bought = read_purchases(history)
    assert_months_are_those_of(bought, published)
    assert_cohorts_are_those_of(bought, published)


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
    bought = read_purchases(CDNOW)
    assert_months_are_those_of(bought, published)
    assert_cohorts_are_those_of(bought, published)
    frame = read_frame(
        published,
        "select repeat_customer_count as again, customer_count as customers,"
        " cast(repeat_customer_rate as varchar) as rate, (select cast(repeat_customer_rate as varchar)"
        " from metrics.met_repeat_purchase order by month_start_date desc limit 1) as last_rate,"
        " first_order_customer_count as first from metrics.met_products where units > 0",
    )
    assert frame.iloc[0].tolist() == [11_662, 23_570, "0.4948", "0.4948", 23_570]
    assert_scores_are_those_of(bought, published, "1998-06-30")
