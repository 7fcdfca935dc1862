"""The owner's report: hand-computed figures on a page that needs nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import sqlglot

from pipelines.report import render_report, write_report
from pipelines.report.definitions import DEFINITIONS, RFM_KEYS, read_definitions
from pipelines.report.queries import QUERIES
from pipelines.transform import project_folder
from tests.stage import first_fast

SCRIPTS = Path(__file__).parent / "report"
MODELS = project_folder() / "models"
GENERATED_AT = datetime(2026, 3, 31, 3, 40, tzinfo=UTC)
PLAIN = {0x2013: "-", 0x2212: "-", 0x2019: "'"}
OUTLET = "<i>Outlet</i> & co"


def make_warehouse(path: Path, *scripts: str) -> Path:
    """A DuckDB file with the report's tables and the rows of the named scripts."""
    with duckdb.connect(str(path)) as connection:
        for name in ("tables", *scripts):
            connection.execute((SCRIPTS / f"{name}.sql").read_text(encoding="utf-8"))
    return path


@pytest.fixture(scope="module")
def one_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_warehouse(tmp_path_factory.mktemp("one") / "shop.duckdb", "main_store")


@pytest.fixture(scope="module")
def two_stores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("two")
    return make_warehouse(folder / "shops.duckdb", "main_store", "outlet_store")


def page_of(warehouse: Path) -> str:
    return render_report(warehouse, models=MODELS, generated_at=GENERATED_AT)


@pytest.fixture(scope="module")
def one_page(one_store: Path) -> str:
    return page_of(one_store)


@pytest.fixture(scope="module")
def two_page(two_stores: Path) -> str:
    return page_of(two_stores)


def words_of(page: str) -> str:
    """What a reader sees, without tags, scripts and styles; spaces, dashes and quotes made plain."""
    bare = re.sub(r"<(script|style).*?</\1>", " ", page, flags=re.DOTALL)
    text = unescape(re.sub(r"<[^>]+>", " ", bare))
    return re.sub(r"\s+", " ", text.translate(PLAIN))


# figures


def test_headline_figures_are_those_computed_by_hand(one_page: str) -> None:
    words = words_of(one_page)
    month = words[words.index("Last 30 days") : words.index("Last 365 days")]
    assert "2 Mar - 31 Mar 2026" in month
    assert "Net sales 150.00 € +20 % 30 days before 125.00 € -25 % a year before 200.00 €" in month
    assert "Orders 3 -25 % 30 days before 4 -25 % a year before 4" in month
    assert "Average order value 53.33 € +71 % 30 days before 31.25 €" in month
    assert "+6.7 % a year before 50.00 €" in month
    assert "New customers 2 0 % 30 days before 2 a year before 0" in month


def test_the_last_365_days_are_compared_with_the_365_before(one_page: str) -> None:
    words = words_of(one_page)
    assert "Last 365 days 1 Apr 2025 - 31 Mar 2026 Net sales 1 274 € +537 %" in words
    assert "365 days before 200.00 €" in words


def test_weeks_stand_beside_the_same_week_of_the_year_before(one_page: str) -> None:
    words = words_of(one_page)
    assert "3 Mar 2026 170.00 € 200.00 € -15 % 4 4 42.50 € 50.00 €" in words
    assert "31 Mar 2026 100.00 € 0 € - 2 0 55.00 € -" in words
    assert "Best week: to 3 Feb 2026, 1 004 €." in words


def test_months_split_new_and_returning_customers(one_page: str) -> None:
    words = words_of(one_page)
    assert "March 2026 4 2 170.00 € 100.00 €" in words
    assert "January 2026 9 1 999.00 € 5.00 €" in words


def test_a_month_that_is_not_over_says_so(tmp_path: Path) -> None:
    path = make_warehouse(tmp_path / "running.duckdb", "main_store", "outlet_store")
    with duckdb.connect(str(path)) as connection:
        connection.execute("delete from metrics.met_sales_daily where sales_date > '2026-03-24'")
    words = words_of(page_of(path))
    assert "The last bar is paler: March 2026, to the 24th." in words


def a_day_more(path: Path) -> Path:
    """The main store with a first of April that was read until 00:41, and sold for 9.99 so far."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "insert into metrics.met_sales_daily (store, platform, currency, sales_date, order_count,"
            " net_sales, order_value, new_customer_count, is_whole_day)"
            " values ('main', 'mycashflow', 'EUR', '2026-04-01', 1, 9.99, 9.99, 1, false)"
        )
        connection.execute("update metrics.met_list_overview set as_of = '2026-04-01'")
        connection.execute(
            "insert into metrics.met_subscribers_daily values ('main', '2026-04-01', 900, 0, 941, null)"
        )
        connection.execute(
            "update ops.windows set window_to = '2026-03-31 21:41+00' where run_id = 'r2' and store = 'main'"
        )
    return path


TODAY = datetime(2026, 3, 31, 21, 50, tzinfo=UTC)


def test_trends_end_yesterday_and_today_stands_apart(tmp_path: Path) -> None:
    path = a_day_more(make_warehouse(tmp_path / "today.duckdb", "main_store"))
    words = words_of(render_report(path, models=MODELS, generated_at=TODAY))
    assert "Up to 1 Apr 2026 whole days to 31 Mar 2026" in words
    today = words[words.index("Today so far") : words.index("Last 30 days")]
    assert "1 Apr 2026, read until 00:41 Net sales 9.99 € Orders 1" in today
    assert "before" not in today
    assert "Last 30 days 2 Mar - 31 Mar 2026 Net sales 150.00 € +20 % 30 days before 125.00 €" in words
    assert "31 Mar 2026 100.00 € 0 € - 2 0 55.00 € -" in words
    assert "March 2026 4 2 170.00 € 100.00 €" in words
    assert "Subscribed now 941 Joined, 30 days 30 Left, 30 days 0" in words
    assert "31 Mar 2026 40 7 0" in words
    assert "The last bar is paler" not in words


def test_a_day_that_is_not_today_is_not_called_so(tmp_path: Path) -> None:
    path = a_day_more(make_warehouse(tmp_path / "old.duckdb", "main_store"))
    words = words_of(render_report(path, models=MODELS, generated_at=TODAY + timedelta(days=9)))
    assert "The last day, so far 1 Apr 2026, read until 00:41 Net sales 9.99 €" in words


def test_a_store_that_began_today_has_today_alone(tmp_path: Path) -> None:
    path = a_day_more(make_warehouse(tmp_path / "first.duckdb", "main_store"))
    with duckdb.connect(str(path)) as connection:
        connection.execute("delete from metrics.met_sales_daily where is_whole_day")
    words = words_of(render_report(path, models=MODELS, generated_at=TODAY))
    assert "Today so far 1 Apr 2026, read until 00:41 Net sales 9.99 € Orders 1" in words
    assert "The first whole day is not over yet." in words
    assert "No counted order yet" not in words
    assert "Last 30 days" not in words[: words.index("What the figures mean")]


def test_stores_are_added_up_to_the_day_that_is_over_in_all(tmp_path: Path) -> None:
    path = a_day_more(make_warehouse(tmp_path / "zones.duckdb", "main_store", "outlet_store"))
    with duckdb.connect(str(path)) as connection:
        connection.execute("update metrics.met_sales_daily set currency = 'EUR'")
        connection.execute(
            "update metrics.met_sales_daily set is_whole_day = false"
            " where store <> 'main' and sales_date = '2026-03-31'"
        )
    words = words_of(render_report(path, models=MODELS, generated_at=TODAY))
    both = words[words.index("Side by side") : words.index("The weeks as a table")]
    assert "main 30 Mar 2026 170.00 €" in both
    assert "All stores 11 176 € - - 15 745.03 € 3" in both
    assert "Everything here goes up to 30 Mar 2026, the last day that is over in every store." in both
    assert "Last 30 days 1 Mar - 30 Mar 2026 Net sales 11 176 €" in both
    assert "Today so far" not in both
    assert "Last 30 days 2 Mar - 31 Mar 2026 Net sales 150.00 €" in words


def test_the_average_order_is_divided_once(tmp_path: Path) -> None:
    """One order of 10.01, and three worth 30.01: 40.02 by 4, where the days' averages would give 10.00."""
    path = make_warehouse(tmp_path / "cents.duckdb", "main_store")
    with duckdb.connect(str(path)) as connection:
        connection.execute("update metrics.met_sales_daily set order_count = 0, order_value = 0")
        for day, orders, value, average in (("30", 1, 10.01, 10.01), ("31", 3, 30.01, 10.00)):
            connection.execute(
                f"update metrics.met_sales_daily set order_count = {orders}, order_value = {value},"
                f" average_order_value = {average} where sales_date = '2026-03-{day}'"
            )
    words = words_of(page_of(path))
    assert "Orders 4" in words
    assert "Average order value 10.01 €" in words


def test_the_way_from_the_admin_to_net_sales_adds_up(one_page: str) -> None:
    words = words_of(one_page)
    begin = words.index("From your admin's total to net sales")
    way = words[begin : words.index("Do customers come back?")]
    assert "2 Mar - 31 Mar 2026" in way
    for line in (
        "All orders in the admin 362.75 € Orders that do not count -60.00 €"
        " VAT the admin does not show +12.75 € Not told by the API -0.05 €"
        " Returns of other days +10.50 € Total 325.95 €",
        "Total 325.95 € VAT -65.90 € Delivery, without VAT -100.00 €"
        " Payment fees, without VAT -10.05 € Gift cards sold, without VAT -7.50 € Net sales 142.50 €",
        "Goods sold, without VAT 180.00 € Discounts, without VAT -20.00 €"
        " Returns, without VAT -10.00 € Gift cards sold, without VAT -7.50 € Net sales 142.50 €",
    ):
        assert line in way


def test_who_came_back_is_said_of_whom(one_page: str) -> None:
    words = words_of(one_page)
    assert "Returning customer rate 33.3 % of the 3 customers of the last 30 days" in words
    assert "Customers who came back 25.0 % of the 20 who ever bought" in words


def test_what_names_no_product_is_no_best_seller(one_page: str) -> None:
    assert "Lines without a product" not in words_of(one_page)


def test_both_platforms_side_by_side_say_what_counts(two_page: str) -> None:
    words = words_of(two_page)
    both = words[words.index("Side by side") : words.index("Up to 31 Mar 2026")]
    assert "An order counts in MyCashflow unless it is cancelled, paid or not, and in CS-Cart once" in both
    for name in ("net_sales", "order_count", "average_order_value", "new_customer_count"):
        assert "in CS-Cart once the store has its payment." in read_definitions(MODELS)[name].text


def test_list_overview_and_segments_carry_their_numbers(one_page: str) -> None:
    words = words_of(one_page)
    assert "1 234 people on the list, 20 of them have ordered." in words
    assert "Orders per buyer, 30 days 1.50" in words
    assert "Customer lifespan, buyers 0.62 years" in words
    assert "Lapsed customers -2 6" in words
    assert "In several stores 0" in words
    assert "People of ours 2" in words


def test_cohorts_show_who_came_back_and_what_they_are_worth(one_page: str) -> None:
    words = words_of(one_page)
    assert "Jan 2026 4 25 % 50 % Feb 2026 6 50 % Mar 2026 2 Together 40 % 50 %" in words
    assert "Jan 2026 4 50 62 71 Feb 2026 6 30 45 Mar 2026 2 20" in words
    assert "Customers who came back 25.0 %" in words
    assert "Days to a second order 3 March 2026" in words
    assert one_page.count('class="cell running"') == 0


def test_rfm_shows_sizes_shares_and_movement_since_last_month(one_page: str) -> None:
    words = words_of(one_page)
    assert "5, most often 0 0 0 0 1 4 0 0 0 0 0 3 0 0 0 0 0 2 0 0 0 0 0 1, least often 4 0 0 0 0" in words
    assert "Movement is since 1 Mar 2026 ." in words
    assert "Champions 1 20.0 % 180.00 € 90.0 % - -" in words
    assert "Lost 4 80.0 % 20.00 € 10.0 % +2 3 1" in words
    assert "At risk 0 0.0 % 0.00 € 0.0 % - -" in words


def page_with(store: Path, changes: dict[str, Callable[[pd.DataFrame], pd.DataFrame]]) -> str:
    """The words of the page of a store some of whose tables are others."""
    change_of = {QUERIES[name].sql: change for name, change in changes.items()}
    with duckdb.connect(str(store), read_only=True) as connection:

        def read(sql: str) -> pd.DataFrame:
            frame = connection.sql(sql).to_arrow_table().to_pandas()
            return change_of.get(sql, lambda same: same)(frame)

        return words_of(render_report(read, models=MODELS, generated_at=GENERATED_AT))


def with_inactive(count: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """The RFM segments, with so many customers whose last order is too long ago."""
    row = {"store": "main", "rfm_segment": "inactive", "customer_count": count, "customer_share": 0.25}
    money = {"net_sales_365_days": -5.0, "net_sales_share": -0.025}
    return lambda segments: pd.concat([segments, pd.DataFrame([row | money])])


def test_who_bought_too_long_ago_to_be_scored_stands_apart(one_store: Path, one_page: str) -> None:
    assert "5 customers are scored, each in one cell and in one segment; nobody is inactive" in words_of(
        one_page
    )
    words = page_with(one_store, {"rfm_segments": with_inactive(1234)})
    assert "one segment; 1 234 more, with the last order longer ago, are inactive ." in words
    assert "Lost 4 80.0 % 20.00 € 10.0 % +2 3 1 Inactive 1 234 25.0 % -5.00 € -2.5 % - -" in words
    groups = words[words.index("How they buy") :]
    assert "Inactive" not in groups[: groups.index("The mailing list")]


def test_why_nobody_is_scored_is_said(one_store: Path) -> None:
    """Twenty have ordered, and one of them long ago."""
    nobody = {"rfm_scores": lambda scores: scores[:0], "rfm_segments": with_inactive(1)}
    words = page_with(one_store, nobody)
    assert (
        "Nobody is scored yet. Of the customers with an order, 1 is inactive ; the others, 19 so far,"
        in words
    )
    no_list = nobody | {"rfm_segments": lambda segments: segments[:0], "list_overview": lambda rows: rows[:0]}
    assert "No customer has ordered yet, so there is nobody to score." in page_with(one_store, no_list)


def test_products_places_hours_and_subscribers_carry_their_numbers(one_page: str) -> None:
    words = words_of(one_page)
    assert "Kahvimylly 440.00 € 11 480.00 € Pipo 30.00 € 4 300.00 €" in words
    assert "Sent back Return rate Kahvimylly 3 25.0 %" in words
    assert "Ordered again Pipo 7 29 % Kahvimylly 2 50 %" in words
    assert "Uutuus" not in words
    assert "FI 15 75.0 % 1 100 € SE 4 20.0 % 250 € Not known 1 5.0 % 10 €" in words
    assert "Helsinki, FI 12 63.2 % 900.00 € Umeå, SE 4 21.1 % 250.00 € Hämeenlinna, FI 3" in words
    assert "Most orders come on a Thursday (53.8 %) and between 09 and 10 o'clock (53.8 %)." in words
    assert "Subscribed now 40 Joined, 30 days 30 Left, 30 days 0 Joined and bought 0.0 %" in words
    assert "Kotiinkuljetus <klo 17> - 41" in words


def test_completeness_shows_the_last_window_of_each_resource(one_page: str) -> None:
    words = words_of(one_page)
    read = "Last read 31 Mar 2026 06:00, 40 minutes before this page was written."
    assert f"Everything arrived in full (2 resources). {read}" in words
    assert "orders complete 1 204 1 204 0 0 31 Mar 2026 06:00" in words
    assert "customers complete 3 3 0 0 31 Mar 2026 06:01 the beginning - 31 Mar 2026 06:00" in words
    assert "31 Mar 2026 06:00 run main done 2 min 5 s 2 1 207" in words
    assert "sync main partial: main orders: 2 missing 42 s 2 7" in words


def test_what_is_missing_or_set_aside_is_said_at_the_top(two_page: str) -> None:
    words = words_of(two_page)
    assert "Not everything arrived in full: orders (short). Last read 31 Mar 2026 05:00" in words
    assert "orders short 12 10 2 1 31 Mar 2026 05:00" in words
    assert "orders total: expected a number 31 Mar 2026 05:00 2" in words


# several stores


def test_stores_with_different_currencies_have_no_total(two_page: str) -> None:
    words = words_of(two_page)
    assert "main 31 Mar 2026 150.00 € +20 % -25 % 3 53.33 € 2" in words
    assert f"{OUTLET} 31 Mar 2026 12 006 SEK - - 12 1 000.50 SEK 0" in words
    assert "No total: the stores sell in different currencies (EUR, SEK)." in words
    assert "All stores 162" not in words


def test_stores_with_one_currency_have_a_total(tmp_path: Path) -> None:
    path = make_warehouse(tmp_path / "euros.duckdb", "main_store", "outlet_store")
    with duckdb.connect(str(path)) as connection:
        connection.execute("update metrics.met_sales_daily set currency = 'EUR'")
    words = words_of(page_of(path))
    assert "All stores 12 156 € - - 15 811.07 € 2" in words


def test_a_young_store_is_not_compared_with_days_it_did_not_have(two_page: str) -> None:
    outlet = words_of(two_page[two_page.index('id="store-1"') : two_page.index('id="store-2"')])
    assert "Up to 31 Mar 2026 CS-Cart SEK Europe/Stockholm" in outlet
    assert "Net sales 12 006 SEK Orders 12" in outlet
    assert "The first counted order is from 20 Mar 2026" in outlet
    assert "a year before" not in outlet[: outlet.index("Sales by")]
    assert "Last 365 days" not in outlet


def test_a_run_that_went_wrong_is_told_for_a_week(tmp_path: Path) -> None:
    path = make_warehouse(tmp_path / "busy.duckdb", "main_store")
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "insert into ops.runs select 'h' || hour, 'run',"
            " timestamptz '2026-03-31 04:00+00' + to_hours(hour),"
            " timestamptz '2026-03-31 04:01+00' + to_hours(hour), 'done', 0, 'main', 1, '{}', '{}', null"
            " from range(20) as hours (hour)"
        )
        connection.execute(
            "insert into ops.runs select 'old', * exclude (run_id) replace ("
            " started_at - interval '6 days' as started_at, 'failed' as status, 'of old' as message)"
            " from ops.runs where run_id = 'r1'"
        )
    words = words_of(page_of(path))
    assert words.count("run main done") == 10
    assert "sync main partial: main orders: 2 missing" in words
    assert "of old" not in words  # seven days before the last run, and a bit


# empty states


def test_empty_tables_give_a_page_that_explains(tmp_path: Path) -> None:
    words = words_of(page_of(make_warehouse(tmp_path / "empty.duckdb")))
    assert "No store is set up." in words
    assert "No run has been recorded yet." in words


def test_a_store_without_anything_says_what_is_missing(tmp_path: Path) -> None:
    path = make_warehouse(tmp_path / "new.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("insert into ops.stores values ('new', 'mycashflow', 'UTC', 'EUR', false)")
    page = page_of(path)
    for sentence in (
        "This store is switched off in the settings",
        "No counted order yet.",
        "Nobody is on this store's list yet",
        "No segment has anybody in it yet.",
        "Nothing has been read from this store yet.",
        "No customer has ordered yet.",
        "there is nobody to score",
        "Nothing has been sold yet.",
        "Nobody has subscribed to the newsletter yet.",
        "No order yet, so there is neither an hour nor a place to show.",
        "None: every shipping method is mapped.",
        "None: every record read so far was understood.",
    ):
        assert sentence in words_of(page)
    assert "<svg" not in page


def test_a_store_of_one_month_says_what_is_still_to_come(tmp_path: Path) -> None:
    path = make_warehouse(tmp_path / "young.duckdb", "outlet_store")
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "insert into metrics.met_customer_cohorts"
            f" values ('{OUTLET}', '2026-03-01', 0, 12, 12, 1, 1000.50, '2026-03-01')"
        )
        connection.execute(
            "insert into metrics.met_products"
            f" values ('p', '{OUTLET}', 1, 'Tee', 3, 0, 30, 3, 30, 0, 2, 0, 0, null)"
        )
    words = words_of(page_of(path))
    assert "Everybody's first order is from this month." in words
    assert "Nothing has come back so far." in words
    assert "No first order names a product." in words
    assert "Tee 30.00 SEK 3 30.00 SEK" in words


@pytest.mark.parametrize("name", first_fast(name for name in QUERIES if "ops." not in QUERIES[name].sql))
def test_any_table_may_be_empty(one_store: Path, name: str) -> None:
    """A page without one table still has the sections of the others."""
    with duckdb.connect(str(one_store), read_only=True) as connection:

        def read(sql: str) -> pd.DataFrame:
            frame = connection.sql(sql).to_arrow_table().to_pandas()
            return frame[:0] if sql == QUERIES[name].sql else frame

        words = words_of(render_report(read, models=MODELS, generated_at=GENERATED_AT))
    assert "RFM: how recently, how often, for how much" in words
    assert "What the figures mean" in words


# the page


class Structure(HTMLParser):
    """The ids of a page, and everything on it that points somewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.pointers: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.ids += [found["id"]] if "id" in found else []
        for name in ("popovertarget", "data-table", "aria-labelledby"):
            self.pointers += found.get(name, "").split()
        target = found.get("href", "#main")
        self.pointers += [target[1:]] if target.startswith("#") else []
        self.loads += [found[name] for name in ("src", "srcset", "data", "action") if name in found]
        self.loads += [] if target.startswith(("#", "data:,")) else [target]


def test_the_page_loads_nothing_and_points_only_at_itself(two_page: str) -> None:
    structure = Structure()
    structure.feed(two_page)
    assert structure.loads == []
    assert len(structure.ids) == len(set(structure.ids))
    assert set(structure.pointers) <= set(structure.ids)
    assert len(two_page.encode()) < 600_000
    assert not re.search(r"https?:|url\(|@import", two_page)


def test_every_term_on_the_page_can_be_opened(tmp_path: Path) -> None:
    stores = a_day_more(make_warehouse(tmp_path / "today.duckdb", "main_store", "outlet_store"))
    opened = set(re.findall(r'popovertarget="about-(\w+)"', page_of(stores)))
    assert opened <= {each.key for each in DEFINITIONS}
    unused = {each.key for each in DEFINITIONS} - opened
    assert unused <= set(RFM_KEYS)


def test_text_from_data_stays_text(two_page: str) -> None:
    assert "<i>Outlet" not in two_page
    assert "&lt;i&gt;Outlet&lt;/i&gt; &amp; co" in two_page


def test_no_person_reaches_the_page(two_page: str) -> None:
    assert "anna@" not in two_page
    assert "bo@" not in two_page


def test_the_same_tables_give_the_same_bytes(one_store: Path, tmp_path: Path) -> None:
    before = one_store.read_bytes()
    first = write_report(one_store, tmp_path / "a" / "report.html", models=MODELS, generated_at=GENERATED_AT)
    second = write_report(one_store, tmp_path / "b.html", models=MODELS, generated_at=GENERATED_AT)
    assert first.read_bytes() == second.read_bytes()
    assert one_store.read_bytes() == before
    assert [path.name for path in first.parent.iterdir()] == ["report.html"]


def test_another_drivers_types_give_the_same_page(two_stores: Path, two_page: str) -> None:
    with duckdb.connect(str(two_stores), read_only=True) as connection:

        def read(sql: str) -> pd.DataFrame:
            result = connection.execute(sql)
            names = [column[0] for column in result.description or []]
            return pd.DataFrame(result.fetchall(), columns=names)

        assert render_report(read, models=MODELS, generated_at=GENERATED_AT) == two_page


@pytest.mark.parametrize("name", QUERIES)
def test_the_sql_is_also_postgresql(name: str) -> None:
    sql = QUERIES[name].sql
    assert sqlglot.transpile(sql, read="duckdb", write="postgres") == sqlglot.transpile(
        sql, read="postgres", write="postgres"
    )
