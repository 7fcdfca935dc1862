"""Finds deleted records: reads all ids of the lists that are otherwise read by cursor, and compares.

Lists that are read in whole each time need no sweep: every sync sees what is gone from them. A record that
is not in the list is asked for by itself before it is called deleted, because no document says that a list
without filters shows everything (reference/mycashflow-api.md 9.13).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from pipelines import warehouse
from pipelines.deletions import census_of, settle_deletions
from pipelines.errors import LoadRefused, PipelineError
from pipelines.extract.greeting import greet_all
from pipelines.extract.ledger import Ledger
from pipelines.extract.opening import Task
from pipelines.extract.stream import Stream
from pipelines.job import Job
from pipelines.settings import now

# Ids are short: so many at once, when settings do not say otherwise.
PAGE_SIZE = 500

# Of what seems gone, so many are asked for one by one.
ASKED_FOR = 100


def sweep_store(job: Job) -> None:
    """Writes what one store no longer has to `ops.deleted_records`.

    Raises:
        PipelineError: the store or the warehouse refused.
    """
    ledger = Ledger()
    try:
        task = Task(ledger=ledger, progress=job.progress)
        streams = [stream for stream in job.open_streams(task) if _is_swept(stream)]
        greet_all(streams)
        for stream in (stream for stream in streams if stream.is_read):
            _sweep_list(job, stream, ledger)
    except PipelineError:
        ledger.fail()
        raise
    finally:
        job.loaded.ledger.add(ledger)


def is_due(job: Job) -> bool:
    """Whether the store's last sweep, or its first load, is as long ago as its settings say."""
    if not job.warehouse.exists():
        return False
    with job.warehouse.connect() as connection:
        found = connection.execute(
            "select coalesce(max(started_at) filter (where reason = 'sweep' and status <> 'failed'),"
            " min(started_at)) <= ? from ops.windows where store = ?",
            [now().subtract(days=job.store.sweep_days), job.store.name],
        ).fetchone()
    return bool(found and found[0])


def _is_swept(stream: Stream) -> bool:
    return stream.is_read and bool(stream.endpoint.cursor)


def _sweep_list(job: Job, stream: Stream, ledger: Ledger) -> None:
    set_size = job.store.resource(stream.endpoint.name).page_size
    stream.reader.page_size = set_size or max(PAGE_SIZE, stream.endpoint.page_size)
    stream.read_keys("sweep")
    if stream.present is None:
        return
    with job.warehouse.connect() as connection:
        census = census_of(job, stream, ledger)
        if warehouse.has_table(connection, job.schema, stream.endpoint.name):
            settle_deletions(connection, job, census, lambda gone: _refuse_hidden(stream, gone))


def _refuse_hidden(stream: Stream, gone: Sequence[str]) -> None:
    """Raises LoadRefused when the store still has a record that its list does not show."""
    step = -(-len(gone) // ASKED_FOR) or 1
    for key in islice(gone, 0, None, step):
        if stream.reader.has(key):
            raise LoadRefused(
                f"{stream.store}: {stream.endpoint.name} does not show record {key}, yet the store has it: "
                "its list hides records, so nothing can be said of deletions. They are kept as they were."
            )
