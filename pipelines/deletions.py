"""What the store no longer has: found by comparing keys, written to `ops.deleted_records`, undone when back.

Raw keeps the last known values. A list that seems to lose much at once is not believed without a person:
an API that hides records, or answers with half a list, looks the same as a great clean-up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from pipelines import warehouse
from pipelines.brake import is_too_much
from pipelines.errors import LoadRefused
from pipelines.extract.endpoint import Endpoint
from pipelines.extract.ledger import Ledger
from pipelines.extract.stream import Stream
from pipelines.job import Job
from pipelines.settings import now
from pipelines.warehouse import Connection


@dataclass(frozen=True)
class Census:
    """All keys that a list of a store has now.

    Attributes:
        store: its name.
        schema: the dataset that holds the list's table.
        endpoint: the list.
        present: the keys.
        rejected: keys of rows that are there and could not be loaded.
        unknown: ids between which something could not be read, so that nothing can be said there.
    """

    store: str
    schema: str
    endpoint: Endpoint
    present: Sequence[pa.Array]
    rejected: Sequence[str] = ()
    unknown: Sequence[tuple[int | None, int | None]] = ()


def census_of(job: Job, stream: Stream, ledger: Ledger) -> Census:
    """What a list that was read in whole says about which records there are."""
    name = stream.endpoint.name
    return Census(
        store=stream.store,
        schema=job.schema,
        endpoint=stream.endpoint,
        present=stream.present or (),
        rejected=[row.record_id for record, row in ledger.rejected if record.resource == name],
        unknown=[(gap.id_before, gap.id_after) for record, gap in ledger.gaps if record.resource == name],
    )


def settle_deletions(
    connection: Connection,
    job: Job,
    census: Census,
    confirm: Callable[[Sequence[str]], None] = lambda gone: None,
) -> None:
    """Writes down what is gone; a refusal is kept for the run to tell, and nothing is called deleted.

    Args:
        connection: the warehouse.
        job: which store, which run.
        census: what the list has now.
        confirm: raises LoadRefused when it does not believe what seems gone.
    """
    _register(connection, census)
    try:
        gone = _find_gone(connection, census, job.wanted.allow_shrink)
        confirm(gone)
    except LoadRefused as refusal:
        job.loaded.refused.append(refusal)
        gone = []
    job.loaded.returned += _keep_gone(connection, census, gone, job.run_id)
    job.loaded.deleted += len(gone)


def _find_gone(connection: Connection, census: Census, allow_shrink: bool) -> list[str]:
    """The keys that were loaded, are not present and not yet known to be deleted.

    Raises:
        LoadRefused: they are too many to be believed.
    """
    known, key = f"{census.schema}.{census.endpoint.name}", census.endpoint.key
    rows = connection.execute(
        f"select cast(known.{key} as text), present.id is not null from {known} as known"
        f" left join present on cast(known.{key} as text) = present.id"
        " where known.store = ? and not exists (select 1 from ops.deleted_records as gone"
        f" where gone.store = known.store and gone.resource = ? and gone.id = cast(known.{key} as text))"
        f" order by known.{key}",
        [census.store, census.endpoint.name],
    ).fetchall()
    gone = [record for record, is_present in rows if not is_present and not _is_unknown(record, census)]
    if is_too_much(len(gone), len(rows)) and not allow_shrink:
        raise LoadRefused(
            f"{census.store}: {census.endpoint.name} has lost {len(gone):,} of {len(rows):,} records, "
            "too many to believe without you; they are kept as they were. If it is true, run `kassavirta "
            f"{'sweep' if census.endpoint.cursor else 'sync'} {census.store} --allow-shrink`."
        )
    return gone


def _keep_gone(connection: Connection, census: Census, gone: Sequence[str], run_id: str) -> int:
    """Writes down what is gone and strikes out what is there again; the number of the latter."""
    detected_at, name = now(), census.endpoint.name
    back = connection.execute(
        "delete from ops.deleted_records where store = ? and resource = ? and id in (select id from present)"
        " returning id",
        [census.store, name],
    ).fetchall()
    rows = [
        {"run_id": run_id, "store": census.store, "resource": name, "id": key, "detected_at": detected_at}
        for key in gone
    ]
    warehouse.replace(connection, "deleted_records", rows, "store", "resource", "id")
    return len(back)


def forget_returned(
    connection: Connection,
    store: str,
    schema: str,
    endpoint: Endpoint,
    packages: Sequence[str],
) -> None:
    """Strikes out what came back with these load packages."""
    connection.execute(
        "delete from ops.deleted_records where store = ? and resource = ?"
        f" and id in ({warehouse.loaded_keys(schema, endpoint.name, endpoint.key)})",
        [store, endpoint.name, store, list(packages)],
    )


def _register(connection: Connection, census: Census) -> None:
    keys = [keys.cast(pa.string()) for keys in census.present]
    keys.append(pa.array(census.rejected, pa.string()))
    connection.register("present", pa.table({"id": pa.chunked_array(keys, pa.string())}))


def _is_unknown(record: str, census: Census) -> bool:
    return any(
        (before is None or int(record) > before) and (after is None or int(record) < after)
        for before, after in census.unknown
    )
