"""The page: every store's view put through the template, with styles and scripts inlined."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from pipelines.report import definitions, wording
from pipelines.report.freshness import run_table
from pipelines.report.overview import overview, together
from pipelines.report.stores import Store, read_stores
from pipelines.report.tables import Tables
from pipelines.report.views import store_view

HERE = Path(__file__).parent


def render(tables: Tables, models: Path, generated_at: datetime) -> str:
    """The whole page as HTML that loads nothing from anywhere; definitions come from `models`."""
    stores = read_stores(tables)
    time_zone = common_time_zone(stores)
    views = [
        store_view(f"store-{position}", store, tables, generated_at)
        for position, store in enumerate(stores, start=1)
    ]
    return template().render(
        stores=views,
        overview=overview(stores, tables),
        runs=run_table(tables.last_runs, time_zone),
        time_zone=time_zone,
        generated_at=wording.moment(generated_at, time_zone),
        together=together(stores, tables, generated_at),
        definitions=definitions.read_definitions(models),
        css=inlined("page.css"),
        script=inlined("page.js"),
    )


def common_time_zone(stores: tuple[Store, ...]) -> str:
    """The zone that all stores share, or UTC."""
    zones = {store.time_zone for store in stores}
    return zones.pop() if len(zones) == 1 else "UTC"


def template() -> Template:
    """The page's template; every text from data is escaped, a missing name is an error."""
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")


def inlined(name: str) -> Markup:
    """A file of ours as it stands."""
    return Markup((HERE / name).read_text(encoding="utf-8"))
