"""What the report's figures are called and how they are written, drawn and compared."""

from __future__ import annotations

import re

import pytest

from pipelines.report import wording
from pipelines.report.definitions import DEFINITIONS, RFM_KEYS, read_definitions
from pipelines.report.drawings import line, scale_of
from pipelines.report.queries import QUERIES
from tests.test_report import MODELS, words_of

# what figures mean


def test_definitions_are_the_words_beside_the_sql() -> None:
    said = read_definitions(MODELS)
    assert said["net_sales"].text.startswith("Goods sold less discounts less the day's returns")
    assert said["vip"].text.startswith("Customer who is among the top 10 % by net sales of 365 days and has")
    assert all(definition.text for definition in said.values())
    assert not [key for key, each in said.items() if re.search(r"[`{}]|as_of|One row per|Answers", each.text)]


def test_every_segment_and_every_rfm_segment_has_a_definition() -> None:
    models = {path.stem.removeprefix("seg_") for path in (MODELS / "segments").glob("seg_*.sql")}
    assert models - {"rfm"} == {each.key for each in DEFINITIONS if each.source.startswith("seg_")}
    codes = (MODELS.parent / "seeds/rfm_segments.csv").read_text(encoding="utf-8").split()[1:]
    assert {f"rfm_{code.split(',')[1]}" for code in codes} == set(RFM_KEYS)


def test_the_exposure_names_the_models_that_are_read() -> None:
    exposures = (MODELS / "exposures.yml").read_text(encoding="utf-8")
    (report,) = re.findall(r"- name: report\n(.*?)owner:", exposures, flags=re.DOTALL)
    read = {
        name
        for query in QUERIES.values()
        for name in re.findall(r"(?:from|join) (?:metrics|segments)\.(\w+)", query.sql)
    }
    assert set(re.findall(r"ref\('(\w+)'\)", report)) == read


def test_nothing_but_metrics_segments_and_ops_is_read() -> None:
    schemas = {
        name for query in QUERIES.values() for name in re.findall(r"(?:from|join)\s+(\w+)\.\w+", query.sql)
    }
    assert schemas == {"metrics", "segments", "ops"}


# drawings


@pytest.mark.parametrize(
    ("values", "low", "ticks"),
    [
        ([], 0, (0, 1)),
        ([0.4], 0, (0, 1)),
        ([999], 0, (0, 250, 500, 750, 1000)),
        ([1500, -3], -3, (0, 500, 1000, 1500)),
        ([40, -40], -40, (-40, -20, 0, 20, 40)),
    ],
)
def test_a_scale_has_round_steps(values: list[float], low: float, ticks: tuple[float, ...]) -> None:
    scale = scale_of(values)
    assert (scale.low, scale.ticks) == (low, ticks)


def test_a_line_stops_where_nothing_is_known() -> None:
    path = line([0, float("nan"), 5, 10], scale_of([10]))
    assert path == "M0.0 1000.0h.1M666.7 500.0h.1L1000.0 0.0"


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
