"""The page `docs/benchmarks.md` and its chart."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import altair as alt
import jinja2
import pandas as pd

from pipelines.settings import now
from tests.bench.figures import Bench, Figure

PACKAGES = ("dlt", "duckdb", "pyarrow", "dbt-core", "dbt-duckdb", "orjson")
TEMPLATE = Path(__file__).with_name("page.md.j2")


def write_page(path: Path, bench: Bench, figures: Sequence[Figure]) -> None:
    """Writes the page and, beside it, the chart."""
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    chart = path.with_suffix(".svg")
    draw(bench).save(str(chart))
    text = environment.from_string(TEMPLATE.read_text()).render(
        chart=chart.name,
        machine=machine(),
        versions={"Python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        day=now().to_date_string(),
        times=bench.times,
        costs=dict(sorted(bench.costs.items(), key=lambda each: (each[0][1], each[0][0]))),
        rows=bench.rows,
        phases=bench.phases,
        building=bench.building,
        figures=[(named(figure, bench), figure) for figure in figures],
    )
    path.write_text(text)


def named(figure: Figure, bench: Bench) -> str:
    """The figure's name with the sizes it was measured at."""
    sizes = dict(zip(("small", "middle", "large"), (f"{size:,}" for size in bench.sizes), strict=True))
    return figure.name.format(**sizes)


def draw(bench: Bench) -> alt.HConcatChart:
    """Wall seconds of each contender, a panel for each size of store."""
    rows = pd.DataFrame(
        [
            {"contender": name, "orders": size, "seconds": cost.wall}
            for (name, size), cost in bench.costs.items()
        ]
    )
    panels = [_panel(rows[rows["orders"] == size], size) for size in sorted(set(rows["orders"]))]
    return alt.vconcat(*panels).configure_view(stroke=None).configure(background="white")


def _panel(rows: pd.DataFrame, size: int) -> alt.LayerChart:
    base = alt.Chart(rows, title=alt.Title(f"{size:,} orders, seconds", anchor="start")).encode(
        x=alt.X("seconds:Q", axis=None, scale=alt.Scale(domainMin=0)),
        y=alt.Y("contender:N", title=None, axis=alt.Axis(domain=False, ticks=False, labelLimit=260)),
    )
    is_ours = alt.FieldEqualPredicate(field="contender", equal="c: kassavirta sync")
    bars = base.mark_bar(height=14).encode(
        color=alt.condition(is_ours, alt.value("#0b6e4f"), alt.value("#b8bfc6"))
    )
    texts = base.mark_text(align="left", dx=4).encode(text=alt.Text("seconds:Q", format=",.1f"))
    return alt.layer(bars, texts).properties(width=420, height=alt.Step(22))


def machine() -> Mapping[str, str]:
    """What it ran on; nothing that names it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": f"{os.cpu_count()} cores, {_processor()}",
        "memory": f"{memory:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())
