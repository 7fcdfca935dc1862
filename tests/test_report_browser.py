"""The owner's report in a real browser: phone and desk, light and dark, paper, keyboard, no network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from pipelines.report import write_report
from tests.test_report import GENERATED_AT, MODELS, make_warehouse

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WIDTHS = {"phone": (360, 780), "desktop": (1200, 900)}
PAPER = {"light": "rgb(252, 251, 248)", "dark": "rgb(20, 24, 26)"}
Visit = Callable[..., AbstractContextManager["Page"]]

# The contrast of every visible text against what is painted behind it, by WCAG 2.
CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const paint = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => rgb.map((each) => each / 255)
    .map((each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
    .reduce((sum, each, at) => sum + each * [0.2126, 0.7152, 0.0722][at], 0);
  const poor = [];
  for (const element of document.querySelectorAll("main *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility({ visibilityProperty: true })) continue;
    const behind = [];
    for (let at = element; at; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
    const both = [behind, [...behind, getComputedStyle(element).color]]
      .map((colours) => light(paint(colours)));
    const contrast = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    if (contrast < 4.5) poor.push(element.outerHTML.slice(0, 80));
  }
  return poor;
}"""


def browser_path() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for path in map(shutil.which, names) if path), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = browser_path()
    if path is None and not os.environ.get("CI"):
        pytest.skip("no browser is installed")
    from playwright.sync_api import sync_playwright

    offline = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=offline)
        yield started
        started.close()


@pytest.fixture(scope="module")
def visit(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """Opens the page of two stores offline; whatever it asks for, says or breaks fails the test."""
    folder = tmp_path_factory.mktemp("page")
    stores = make_warehouse(folder / "shops.duckdb", "main_store", "outlet_store")
    url = write_report(stores, folder / "report.html", models=MODELS, generated_at=GENERATED_AT).as_uri()

    @contextmanager
    def opened(width: str = "desktop", scheme: Any = "light", place: str = "#store-2") -> Iterator[Page]:
        across, down = WIDTHS[width]
        context = browser.new_context(
            viewport={"width": across, "height": down}, color_scheme=scheme, has_touch=width == "phone"
        )
        page = context.new_page()
        troubles: list[str] = []
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: troubles.append(request.url))
        page.goto(url + place)
        yield page
        assert [trouble for trouble in troubles if not trouble.startswith(url)] == []
        context.close()

    return opened


@pytest.mark.parametrize("scheme", PAPER)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_fits_and_can_be_read(visit: Visit, width: str, scheme: str) -> None:
    with visit(width, scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == PAPER[scheme]
        assert page.evaluate(CONTRAST) == []
        assert "150.00\u00a0€" in page.locator("#store-2 .value:visible").all_inner_texts()
        assert page.locator("#store-1 .value:visible").count() == 0
        sizes = page.locator("#store-2 .plot svg").evaluate_all("all => all.map(each => each.clientHeight)")
        assert len(sizes) == 6
        assert min(sizes) > 100


@pytest.mark.parametrize("width", WIDTHS)
def test_definitions_open_on_tap_or_hover(visit: Visit, width: str) -> None:
    with visit(width) as page:
        term = page.locator("#store-2 .term").first
        if width == "phone":
            term.tap()
        else:
            term.hover()
        about = page.locator(".about:popover-open")
        about.wait_for()
        assert "Goods sold less discounts" in about.inner_text()
        box, (across, down) = about.bounding_box(), WIDTHS[width]
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= across
        assert box["y"] + box["height"] <= down


def test_everything_is_reached_by_keyboard_in_the_order_of_the_page(visit: Visit) -> None:
    with visit(place="") as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.goto(page.url + "#store-2")
        page.evaluate("document.getElementById('store-2').focus()")
        reached = []
        for _ in range(40):
            page.keyboard.press("Tab")
            reached.append(
                page.evaluate("Math.round(document.activeElement.getBoundingClientRect().top + scrollY)")
            )
        assert reached == sorted(reached)
        page.locator("#store-2 .headline .term").first.focus()
        page.keyboard.press("Enter")
        assert page.locator(".about:popover-open").count() == 1
        page.keyboard.press("Escape")
        assert page.locator(".about:popover-open").count() == 0
        page.locator("#store-2 [value=retention]").focus()
        page.keyboard.press("ArrowRight")
        assert page.locator("#store-2 .worth").is_visible()
        assert not page.locator("#store-2 .retention").is_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_chart_says_its_figures_where_it_is_pointed_at(visit: Visit, width: str) -> None:
    with visit(width) as page:
        svg = page.locator("#store-2 .plot svg").first
        svg.scroll_into_view_if_needed()
        page.wait_for_timeout(100)
        box = svg.bounding_box()
        assert box is not None
        right = (box["x"] + box["width"] - 1, box["y"] + box["height"] / 2)
        if width == "phone":
            page.touchscreen.tap(*right)
        else:
            page.mouse.move(*right)
        tip = page.locator("#tip")
        assert tip.inner_text().split("\n")[0] == "Week to 31\u00a0Mar\u00a02026"
        assert "100.00\u00a0€" in tip.inner_text()


def test_a_screen_reader_finds_headings_names_and_tables(visit: Visit) -> None:
    with visit(place="#all-stores") as page:
        levels = page.locator("h1, h2, h3, h4").evaluate_all(
            "all => all.map(each => Number(each.tagName[1]))"
        )
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        unnamed = "all => all.filter(each => !(each.ariaLabel || each.textContent.trim())).length"
        assert (
            page.locator("main button, main a, main nav, [role=img], [role=region]").evaluate_all(unnamed)
            == 0
        )
        assert page.locator("table:not(:has(caption))").count() == 0
        assert page.locator("table:has(thead tr > :not(th[scope]))").count() == 0
        assert page.locator("svg:not([aria-hidden])").count() == 0
        assert page.locator("html[lang]").count() == 1


def test_paper_has_every_store_and_nothing_to_press(visit: Visit) -> None:
    with visit(scheme="dark") as page:
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        for shown in (
            "#store-1 h2",
            "#store-2 .retention",
            "#store-2 .worth",
            "#store-2 .plot svg",
            ".glossary",
        ):
            assert page.locator(shown).first.is_visible(), shown
        for hidden in (".switch", ".contents", ".choice", "summary"):
            assert not page.locator(hidden).first.is_visible(), hidden
        page.set_viewport_size({"width": 688, "height": 900})
        wide = page.locator("#store-2 .scroll").evaluate_all(
            "all => all.filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.ariaLabel)"
        )
        assert wide == []
        pdf = page.pdf(prefer_css_page_size=True)
        assert pdf.count(b"/Type /Page\n") >= 3
