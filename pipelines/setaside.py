"""What is in no number: rows without an exact meaning, places without a row, and orders out of range.

The first two are not loaded, and are in the `ops` tables; the models leave out the third, whose amounts no
mart can hold, and name them in `metrics.met_orders_out_of_range`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from pipelines import warehouse
from pipelines.extract.gaps import Unread
from pipelines.extract.ledger import Ledger
from pipelines.extract.reading import ListReader
from pipelines.extract.stream import Stream
from pipelines.warehouse import Connection, Warehouse

# Orders of a store that are named one by one.
MOST_NAMED = 10
OUT_OF_RANGE = "met_orders_out_of_range"


def keep_rejected(place: Warehouse, ledger: Ledger, run_id: str) -> None:
    """Before the load: a row that is not loaded is written down even if the load is killed."""
    rows = {(record.store, record.resource, row.name): (record, row) for record, row in ledger.rejected}
    if not rows:
        return
    with place.connect() as connection:
        warehouse.replace(
            connection,
            "rejected_rows",
            [
                {
                    "run_id": run_id,
                    "store": store,
                    "resource": resource,
                    "record_id": record_id,
                    "reason": row.reason,
                    "raw_json": row.raw_json,
                    "rejected_at": record.started_at,
                }
                for (store, resource, record_id), (record, row) in rows.items()
            ],
            "store",
            "resource",
            "record_id",
        )


def forget_healed(
    connection: Connection,
    schema: str,
    stream: Stream,
    packages: Sequence[str],
    rejected: Sequence[str],
) -> None:
    """Rows that were set aside once and are loaded, or there no more, are set aside no more.

    Args:
        connection: the warehouse.
        schema: the dataset that holds the list's table.
        stream: the list, as it was read.
        packages: the load packages of this run.
        rejected: names of the rows that were set aside in this run.
    """
    name, key = stream.endpoint.name, stream.endpoint.key
    is_whole = not stream.endpoint.cursor and stream.present is not None
    connection.execute(
        "delete from ops.rejected_rows where store = ? and resource = ? and not record_id = any(?)"
        " and (? or record_id = any(?)"
        f" or record_id in ({warehouse.loaded_keys(schema, name, key)}))",
        [stream.store, name, list(rejected), is_whole, stream.healed, stream.store, list(packages)],
    )


def keep_unread(connection: Connection, reader: ListReader, unread: Sequence[Unread], run_id: str) -> None:
    """`ops.quarantine` shows what dlt's state remembers: the places of a list that are still unread."""
    store, name = reader.store, reader.endpoint.name
    connection.execute("delete from ops.quarantine where store = ? and resource = ?", [store, name])
    rows = [
        {
            "run_id": run_id,
            "store": store,
            "resource": name,
            "reason": gap.reason,
            "window_from": gap.since,
            "window_to": gap.until,
            "row_offset": gap.offset,
            "id_before": gap.id_before,
            "id_after": gap.id_after,
            "status": gap.status,
            "body_excerpt": gap.excerpt,
            "quarantined_at": gap.found_at,
        }
        for gap in unread
        if not gap.rejected
    ]
    warehouse.insert(connection, "quarantine", rows)


def left_out(place: Warehouse) -> Iterator[str]:
    """Remarks about the orders that the models leave out, the first ones of each store by number."""
    with place.connect(read_only=True) as connection:
        if not warehouse.has_table(connection, "metrics", OUT_OF_RANGE):
            return
        rows = connection.execute(
            f"select store, order_id, reason from metrics.{OUT_OF_RANGE} order by store, order_id"
        ).fetchall()
    for store, orders in groupby(rows, key=lambda row: row[0]):
        named = list(orders)
        for _, order_id, reason in named[:MOST_NAMED]:
            yield f"{store}: order {order_id} is left out of all numbers: {reason}"
        if len(named) > MOST_NAMED:
            yield f"{store}: {len(named)} orders are left out of all numbers, all in metrics.{OUT_OF_RANGE}"
