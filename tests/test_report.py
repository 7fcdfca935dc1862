"""The owner's report: hand-computed figures, a page that needs nothing, and a look in a browser."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pandas as pd
import pendulum
import pytest
import sqlglot

from pipelines.report import render_report, tables, wording, write_report
from pipelines.report.periods import days_ending

SCRIPTS = Path(__file__).parent / "report"
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
    return render_report(warehouse, generated_at=GENERATED_AT)


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


def test_a_month_that_is_not_over_says_so(two_stores: Path) -> None:
    def read(sql: str) -> pd.DataFrame:
        frame = connection.sql(sql).to_arrow_table().to_pandas()
        return frame[frame["sales_date"] <= date(2026, 3, 24)] if sql == tables.SALES else frame[:0]

    with duckdb.connect(str(two_stores), read_only=True) as connection:
        words = words_of(render_report(read, generated_at=GENERATED_AT))
    assert "The last bar is paler: March 2026, to the 24th." in words


def test_list_overview_and_segments_carry_their_numbers(one_page: str) -> None:
    words = words_of(one_page)
    assert "1 234 people on the list, 20 of them have ordered." in words
    assert "Orders per buyer, 30 days 1.50" in words
    assert "Customer lifespan, buyers 0.62 years" in words
    assert "Lapsed customers 6 Ordered before, nothing for 180 days." in words
    assert "Lost 4 80.0 %" in words
    assert "People of ours 2" in words


def test_completeness_shows_the_last_window_of_each_resource(one_page: str) -> None:
    words = words_of(one_page)
    read = "Last read 31 Mar 2026 06:00, 40 minutes before this page was written."
    assert f"Everything arrived in full (2 resources). {read}" in words
    assert "orders complete 1 204 1 204 0 31 Mar 2026 06:00" in words
    assert "customers complete 3 3 0 31 Mar 2026 06:01 the beginning - 31 Mar 2026 06:00" in words
    assert "31 Mar 2026 06:00 run main done 2 min 5 s 2 1 207" in words
    assert "sync main partial: main orders: 2 missing 42 s 2 7" in words


def test_what_is_missing_or_set_aside_is_said_at_the_top(two_page: str) -> None:
    words = words_of(two_page)
    assert "Not everything arrived in full: orders (short). Last read 31 Mar 2026 05:00" in words
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
    assert "Net sales 12 006 SEK Orders 12" in outlet
    assert "The first counted order is from 20 Mar 2026" in outlet
    assert "a year before" not in outlet[: outlet.index("Sales by")]
    assert "Last 365 days" not in outlet


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
        "None: every record read so far was understood.",
    ):
        assert sentence in words_of(page)
    assert "vegaEmbed=" not in page


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
        for name in ("popovertarget", "data-spec", "aria-labelledby"):
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
    assert len(two_page.encode()) < 6_000_000
    assert two_page.count("window.vegaEmbed = ") + two_page.count("window.vegaEmbed=") == 1
    own = re.sub(r"<script>\(\(\) => \{.*?</script>", "", two_page, flags=re.DOTALL)
    assert not re.search(r"https?:|url\(|@import", own)


def test_text_from_data_stays_text(two_page: str) -> None:
    assert "<i>Outlet" not in two_page
    assert "&lt;i&gt;Outlet&lt;/i&gt; &amp; co" in two_page


def test_no_person_reaches_the_page(two_page: str) -> None:
    assert "anna@" not in two_page
    assert "bo@" not in two_page


def test_the_same_tables_give_the_same_bytes(one_store: Path, tmp_path: Path) -> None:
    before = one_store.read_bytes()
    first = write_report(one_store, tmp_path / "a" / "report.html", generated_at=GENERATED_AT)
    second = write_report(one_store, tmp_path / "b.html", generated_at=GENERATED_AT)
    assert first.read_bytes() == second.read_bytes()
    assert one_store.read_bytes() == before
    assert [path.name for path in first.parent.iterdir()] == ["report.html"]


def test_another_drivers_types_give_the_same_page(two_stores: Path, two_page: str) -> None:
    with duckdb.connect(str(two_stores), read_only=True) as connection:

        def read(sql: str) -> pd.DataFrame:
            result = connection.execute(sql)
            names = [column[0] for column in result.description or []]
            return pd.DataFrame(result.fetchall(), columns=names)

        assert render_report(read, generated_at=GENERATED_AT) == two_page


@pytest.mark.parametrize("name", [name for name in vars(tables) if name.isupper()])
def test_the_sql_is_also_postgresql(name: str) -> None:
    sql = getattr(tables, name)
    assert sqlglot.transpile(sql, read="duckdb", write="postgres") == sqlglot.transpile(
        sql, read="postgres", write="postgres"
    )


# wording


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (wording.number(1234567.4), "1 234 567"),
        (wording.number(-0.4), "0"),
        (wording.money(-1234.5, "SEK"), "-1 235 SEK"),
        (wording.money(12.5, "EUR"), "12.50 €"),
        (wording.money(float("nan"), "EUR"), "-"),
        (wording.percent_change(109.96, 100), "+10 %"),
        (wording.percent_change(0, 50), "-100 %"),
        (wording.percent_change(5, 0), ""),
        (wording.duration(61), "1 min 1 s"),
    ],
)
def test_numbers_read_well(written: str, expected: str) -> None:
    assert words_of(written) == expected


def test_the_year_before_has_as_many_days_across_a_leap_day() -> None:
    leap = days_ending(pendulum.date(2028, 2, 29), 30).year_before()
    assert (str(leap.first), str(leap.last)) == ("2027-01-30", "2027-02-28")


# in a browser

WIDTHS = {"phone": (360, 780), "desktop": (1200, 900)}
Visit = Callable[[str, str], dict[str, object]]


def browser_path() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


@pytest.fixture(scope="module")
def visit(two_stores: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    """Opens the page offline at a width and in a colour scheme; tells what a visitor would find."""
    path = browser_path()
    if path is None and not os.environ.get("CI"):
        pytest.skip("no browser is installed")
    from playwright.sync_api import sync_playwright

    out = tmp_path_factory.mktemp("page") / "report.html"
    page_url = write_report(two_stores, out, generated_at=GENERATED_AT).as_uri()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"],
        )

        def opened(width: str, scheme: str) -> dict[str, object]:
            across, down = WIDTHS[width]
            context = browser.new_context(
                viewport={"width": across, "height": down},
                color_scheme="dark" if scheme == "dark" else "light",
                has_touch=width == "phone",
            )
            page = context.new_page()
            troubles: list[str] = []
            page.on("console", lambda message: troubles.append(message.text))
            page.on("pageerror", lambda error: troubles.append(str(error)))
            page.on("request", lambda request: troubles.append(request.url))
            page.goto(page_url)
            places = page.locator(".drawing").count()
            page.wait_for_function(f"document.querySelectorAll('[data-drawn]').length == {places}")
            page.get_by_role("link", name="main").click()
            page.locator("#store-2 .term").first.click()
            chart = page.locator("#store-2 .drawing").first
            chart.evaluate("place => place.scrollIntoView({block: 'center'})")
            page.evaluate("() => new Promise(done => setTimeout(done, 100))")
            chart.hover(position={"x": 200, "y": 60})
            found = {
                "troubles": [trouble for trouble in troubles if trouble != page_url],
                "overflow": page.evaluate("document.documentElement.scrollWidth - innerWidth"),
                "drawings": page.locator(".drawing svg").count(),
                "places": places,
                "figures": page.locator("#store-2 .value:visible").all_inner_texts(),
                "away": page.locator("#store-1 .value:visible").count(),
                "definition": page.locator(".about:popover-open").inner_text(),
                "tooltip": page.locator("#vg-tooltip-element.visible").inner_text(),
                "paper": page.evaluate("getComputedStyle(document.body).backgroundColor"),
            }
            context.close()
            return found

        yield opened
        browser.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_browser_without_network_shows_everything(visit: Visit, width: str, scheme: str) -> None:
    found = visit(width, scheme)
    assert found["troubles"] == []
    assert found["overflow"] == 0
    assert found["drawings"] == found["places"] == 10
    assert "150.00\u00a0€" in found["figures"]  # type: ignore[operator]
    assert found["away"] == 0
    assert "Goods sold minus returns" in str(found["definition"])
    assert "Week to" in str(found["tooltip"])
    assert found["paper"] == {"light": "rgb(252, 251, 248)", "dark": "rgb(20, 24, 26)"}[scheme]
