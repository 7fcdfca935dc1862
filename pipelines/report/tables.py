"""The only SQL of the report: what it reads, as frames of known types."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

Read = Callable[[str], pd.DataFrame]

SALES = """
select
    store, platform, currency, sales_date, order_count, new_customer_count,
    returning_customer_count, net_sales, new_customer_net_sales, returning_customer_net_sales,
    average_order_value
from metrics.met_sales_daily
order by store, sales_date
"""

LIST_OVERVIEW = """
select
    store, platform, currency, as_of, member_count, buyer_count, order_count_30_days,
    order_value_30_days, average_order_value_365_days, order_frequency_30_days,
    customer_lifespan_years_buyers, customer_lifespan_years_members
from metrics.met_list_overview
order by store
"""

SEGMENT_SIZES = """
select store, segment, count(distinct customer_key) as member_count
from segments.segment_members
group by store, segment
order by store, segment
"""

STORES = "select store, platform, time_zone, currency, is_enabled from ops.stores order by store"

LAST_WINDOWS = """
select
    store, resource, reason, window_from, window_to, api_count, distinct_rows, rejected_rows,
    status, started_at
from (
    select
        dated.*,
        row_number() over (
            partition by store, resource
            order by
                run_at desc nulls last,
                case when status = 'complete' then 1 else 0 end,
                started_at nulls last,
                run_id desc nulls last,
                window_to desc nulls last
        ) as recency
    from (
        select windows.*, max(started_at) over (partition by store, resource, run_id) as run_at
        from ops.windows as windows
    ) as dated
) as ranked
where recency = 1
order by store, resource
"""

REJECTED_ROWS = """
select
    store, resource, reason, count(*) as row_count, max(rejected_at) as last_rejected_at
from ops.rejected_rows
group by store, resource, reason
order by store, row_count desc nulls last, resource, reason
"""

LAST_RUNS = """
select run_id, command, started_at, finished_at, status, stores, requests, rows_loaded, message
from ops.runs
order by started_at desc nulls last, run_id desc nulls last
limit 10
"""


@dataclass(frozen=True)
class Tables:
    """Everything the page is made of: one frame per query above."""

    sales: pd.DataFrame
    list_overview: pd.DataFrame
    segment_sizes: pd.DataFrame
    stores: pd.DataFrame
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
    return Tables(
        sales=typed(read(SALES), days=("sales_date",), texts=("store", "platform", "currency")),
        list_overview=typed(read(LIST_OVERVIEW), days=("as_of",), texts=("store", "platform", "currency")),
        segment_sizes=typed(read(SEGMENT_SIZES), texts=("store", "segment")),
        stores=typed(read(STORES), texts=("store", "platform", "time_zone", "currency", "is_enabled")),
        last_windows=typed(
            read(LAST_WINDOWS),
            times=("window_from", "window_to", "started_at"),
            texts=("store", "resource", "reason", "status"),
        ),
        rejected_rows=typed(
            read(REJECTED_ROWS), times=("last_rejected_at",), texts=("store", "resource", "reason")
        ),
        last_runs=typed(
            read(LAST_RUNS),
            times=("started_at", "finished_at"),
            texts=("run_id", "command", "status", "stores", "rows_loaded", "message"),
        ),
    )


def typed(
    frame: pd.DataFrame,
    *,
    days: tuple[str, ...] = (),
    times: tuple[str, ...] = (),
    texts: tuple[str, ...] = (),
) -> pd.DataFrame:
    """A copy whose days are midnights, times are UTC and all but `texts` are floats.

    Drivers differ: DuckDB gives floats for decimals where psycopg gives Decimal objects.
    """
    columns: dict[str, pd.Series] = {}
    for name in frame.columns:
        if name in days:
            columns[name] = pd.to_datetime(frame[name])
        elif name in times:
            columns[name] = pd.to_datetime(frame[name], utc=True)
        elif name in texts:
            columns[name] = frame[name].astype(object).where(frame[name].notna(), None)
        else:
            columns[name] = pd.to_numeric(frame[name]).astype(float)
    return pd.DataFrame(columns)


def of_store(frame: pd.DataFrame, store: str) -> pd.DataFrame:
    """One store's rows, in the order they were read."""
    return frame[frame["store"] == store]
