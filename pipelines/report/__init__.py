"""The owner's report: one HTML page that needs no network, no server and no account.

Flow: schemas `metrics`, `segments`, `ops` -> `queries.py`, `tables.py` (SQL, frames) -> `figures.py`,
`trends.py`, `heat.py`, `groups.py`, `lists.py`, `freshness.py` (texts), `charts.py` -> `views.py` (a store)
-> `page.py`. What figures mean comes from the YAML beside the SQL (`definitions.py`).
Left out: personal data. Nothing finer than the size of a group of customers is ever read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["render_report", "write_report"]


def write_report(
    warehouse: Path | Callable[[str], pd.DataFrame], out: Path, *, models: Path, generated_at: datetime
) -> Path:
    """Writes the page to `out`, replacing an older one in a single step, and returns `out`.

    Args:
        warehouse: a DuckDB file, opened read-only, or any function from SQL to a frame. The SQL is
            plain enough for DuckDB and PostgreSQL.
        out: the page's path; missing folders are made.
        models: the folder of the models' YAML, which says what the figures mean.
        generated_at: the time printed on the page, with a time zone; ages of data count from it.
    """
    page = render_report(warehouse, models=models, generated_at=generated_at)
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = out.with_name(out.name + ".new")
    aside.write_text(page, encoding="utf-8")
    return aside.replace(out)


def render_report(
    warehouse: Path | Callable[[str], pd.DataFrame], *, models: Path, generated_at: datetime
) -> str:
    """Returns the page as text; the same tables and time give the same bytes."""
    from pipelines.report.page import render
    from pipelines.report.tables import duckdb_reader, read_tables

    if callable(warehouse):
        return render(read_tables(warehouse), models, generated_at)
    with duckdb_reader(warehouse) as read:
        tables = read_tables(read)
    return render(tables, models, generated_at)
