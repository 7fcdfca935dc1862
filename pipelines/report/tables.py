"""What the report reads, as frames of known types."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipelines.report.queries import QUERIES, Query

Read = Callable[[str], pd.DataFrame]


@dataclass(frozen=True)
class Tables:
    """Everything the page is made of: one frame per query of the same name."""

    stores: pd.DataFrame
    sales: pd.DataFrame
    periods: pd.DataFrame
    bridge: pd.DataFrame
    list_overview: pd.DataFrame
    repeat_purchase: pd.DataFrame
    cohorts: pd.DataFrame
    rfm_scores: pd.DataFrame
    rfm_segments: pd.DataFrame
    segment_sizes: pd.DataFrame
    segment_movement: pd.DataFrame
    products: pd.DataFrame
    subscribers: pd.DataFrame
    hours: pd.DataFrame
    places: pd.DataFrame
    unmapped_methods: pd.DataFrame
    last_windows: pd.DataFrame
    rejected_rows: pd.DataFrame
    last_runs: pd.DataFrame


@contextmanager
def duckdb_reader(path: Path) -> Iterator[Read]:
    """Gives a function from SQL to a frame over a DuckDB file that is opened read-only."""
    import duckdb

    with duckdb.connect(str(path), read_only=True) as connection:
        yield lambda sql: connection.sql(sql).to_arrow_table().to_pandas()


def read_tables(read: Read) -> Tables:
    """Reads each query once; numbers become floats, days and times become pandas' own types."""
    return Tables(**{name: typed(read(query.sql), query) for name, query in QUERIES.items()})


def typed(frame: pd.DataFrame, query: Query) -> pd.DataFrame:
    """A copy whose days are midnights, times are UTC, texts have None for null, all else is floats.

    Drivers differ: DuckDB gives floats for decimals where psycopg gives Decimal objects.
    """
    columns: dict[str, pd.Series] = {}
    for name in frame.columns:
        if name in query.days:
            columns[name] = pd.to_datetime(frame[name])
        elif name in query.times:
            columns[name] = pd.to_datetime(frame[name], utc=True)
        elif name in query.texts:
            columns[name] = frame[name].astype(object).where(frame[name].notna(), None)
        else:
            columns[name] = pd.to_numeric(frame[name]).astype(float)
    return pd.DataFrame(columns)


def of_store(frame: pd.DataFrame, store: str) -> pd.DataFrame:
    """One store's rows, in the order they were read."""
    return frame[frame["store"] == store]
