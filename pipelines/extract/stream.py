"""One list of a store as dlt resources: pages that carry the cursor, and a table for each list.

For `orders` these are `orders_pages` (unselected; walks the window and carries dlt's incremental cursor),
`orders_again_pages` (unselected; walks windows that move no cursor), and on each of them one transformer
per table. The second chain is needed because dlt's incremental step drops rows behind the cursor. What one
chain has taken in this run the other drops, so that a parent and its children are in a load package once.

A list without a cursor is one chain, `products_pages`: it is read in whole each time. What comes again just
as it was loaded the last time is not loaded again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import dlt
import pendulum
import pyarrow as pa
import pyarrow.compute as pc
from dlt.extract import DltResource

from pipelines.errors import Unavailable, WindowGrew
from pipelines.extract.children import EMPTY, child_table, parent_table
from pipelines.extract.details import Details, packed, unpacked
from pipelines.extract.endpoint import Child, Endpoint, Reread
from pipelines.extract.gaps import Unread, distinct, window_name
from pipelines.extract.inner import InnerList
from pipelines.extract.kinds import empty_table
from pipelines.extract.ledger import WindowRecord
from pipelines.extract.pages import MOST_HOLES
from pipelines.extract.reading import NOTHING_MORE, ListReader, Reading, Span
from pipelines.settings import moment

# Children and parents are replaced as wholes; the walk has already dropped what it saw twice.
REPLACE: Any = {"disposition": "merge", "strategy": "delete-insert"}
MARKER: Any = {"data_type": "bool", "nullable": True}
DELETING_MARKER: Any = {**MARKER, "hard_delete": True}
NO_DUPLICATES: Any = {"x-stage-data-deduplicated": True}


@dataclass
class Stream:
    """What one run reads of a list, as dlt resources.

    Attributes:
        reader: reads the list.
        lag: seconds by which a window reaches back behind the cursor.
        span: when set, this stretch is read instead of what is new, and the cursor stays.
        is_new: whether the warehouse has nothing of this store yet: rows are added then, not replaced.
        is_read: False for a list that is not asked for, or that the store has not.
        inner: lists that each row of this one has.
        unread: gaps that are still open; known when everything is read.
        healed: names of rows that an earlier run set aside and this one tried again.
        present: the keys that were met, when the list was read in whole.
        came: the keys of the rows that are loaded in this run.
    """

    reader: ListReader
    lag: float = 600.0
    span: Span | None = None
    is_new: bool = False
    is_read: bool = True
    inner: list[InnerList] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    healed: list[str] = field(default_factory=list)
    present: list[pa.Array] | None = None
    came: list[pa.Array] = field(default_factory=list)
    _taken: list[pa.Array] = field(default_factory=list, repr=False)
    _found: list[dict[str, Any]] = field(default_factory=list, repr=False)
    _read_since: dict[str, pendulum.DateTime | None] = field(default_factory=dict, repr=False)
    _is_first: bool = False

    @property
    def endpoint(self) -> Endpoint:
        """The list."""
        return self.reader.endpoint

    @property
    def store(self) -> str:
        """The store's name."""
        return self.reader.store

    @property
    def is_asked(self) -> bool:
        """Whether the store is asked for it in this run: a stretch of time says nothing of a whole list."""
        return self.is_read and (bool(self.endpoint.cursor) or self.span is None or self.is_full)

    @property
    def is_full(self) -> bool:
        """Whether everything is read again, whatever was loaded before."""
        return self.span == Span()

    def resources(self) -> list[DltResource]:
        """The dlt resources of this list, ready for a `@dlt.source`."""
        resources: list[DltResource] = []
        if not self.endpoint.cursor:
            resources += self._with_tables(self._whole_pages(), "")
        elif self.is_read and not self.span:
            resources += self._with_tables(self._new_pages(), "")
        if self.endpoint.cursor:
            resources += self._with_tables(self._old_pages(), "_again")
        return [*resources, *self._inner_tables()]

    @property
    def tables(self) -> Mapping[str, pa.Schema]:
        """Every table it can make with the columns we know of, whether rows came or not."""
        page = empty_table({"store": "text", **self.endpoint.fields})
        own, named = self.endpoint.key, self.endpoint.parent_key
        nested = [(page, self.endpoint.children, own)]
        nested += [(inner.nested([], []), inner.reader.endpoint.as_children, "id") for inner in self.inner]
        children = {
            child.name: child_table(rows, child, named, key=key)
            for rows, many, key in nested
            for child in many
        }
        parent = {self.endpoint.name: parent_table(page, own)}
        return {name: table.schema for name, table in (parent | children).items()}

    def _whole_pages(self) -> DltResource:
        def read_whole() -> Iterator[pa.Table]:
            if self.is_asked:
                yield from self._changed(self._all_rows())

        return dlt.resource(read_whole, name=f"{self.endpoint.name}_pages", selected=False)

    def _changed(self, tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """Without the tables that the last run loaded just so: the tail of a window comes again each time."""
        kept = self._kept()
        loaded, kept["loaded"] = set(kept.get("loaded", ())), []
        for rows in tables:
            digest = _digest(rows)
            kept["loaded"].append(digest)
            if self.is_full or digest not in loaded:
                yield rows

    def _all_rows(self) -> Iterator[pa.Table]:
        """The whole list, and what of it cannot be read."""
        record = yield from self._with_keys_kept(self.reader.whole("whole"))
        self.unread = self._unread_of(record, "", NOTHING_MORE)

    def _with_keys_kept(self, reading: Reading) -> Reading:
        """The same; which keys the list has is known only when the last page is in."""
        present: list[pa.Array] = []

        def note(rows: pa.Table) -> pa.Table:
            present.append(rows[self.endpoint.key].combine_chunks())
            return rows

        record = yield from _passed(reading, note)
        self.present = present if record.is_proven else None
        return record

    def keys(self, only_new: bool) -> Sequence[int]:
        """The keys of the rows that came in this run, or of all rows: known by now, or asked for."""
        if not only_new and not self._is_first:
            if self.present is None:
                self.read_keys("ids")
            return [key for keys in self.present or () for key in keys.to_pylist()]
        return [key for keys in self.came for key in keys.to_pylist()]

    def read_keys(self, reason: str) -> None:
        """Reads the keys of the whole list and nothing else into `present`."""
        for _ in self._with_keys_kept(self.reader.whole(reason, self.endpoint.ids_only)):
            pass

    def _new_pages(self) -> DltResource:
        cursor = dlt.sources.incremental[Any](
            self.endpoint.cursor or "", lag=self.lag, primary_key=(), on_cursor_value_missing="include"
        )

        def read_new(since: Any = cursor) -> Iterator[pa.Table]:
            start = since.start_value and pendulum.instance(since.start_value)
            self._is_first = start is None
            field = self.endpoint.cursor or ""
            rows = self._window(field, field, Span(start, self.reader.run_start))
            yield from rows if self._is_first else self._changed(rows)

        return dlt.resource(read_new, name=f"{self.endpoint.name}_pages", selected=False)

    def _old_pages(self) -> DltResource:
        def read_old() -> Iterator[pa.Table]:
            kept = self._kept()
            if self.is_read and self.span:
                until = min(self.span.until or self.reader.run_start, self.reader.run_start)
                span = Span(self.span.since, until)
                yield from self._window("backfill", self.endpoint.cursor or "", span)
                if self.is_full:
                    kept["unread"] = list(self._found)
            elif self.is_read:
                yield from self._rereads(kept.setdefault("looked", {}))
                yield from self._unread_before(kept)
            self.unread = [Unread(**gap) for gap in kept.get("unread", ())]

        return dlt.resource(read_old, name=f"{self.endpoint.name}_again_pages", selected=False)

    def _kept(self) -> dict[str, Any]:
        """What dlt's state keeps of this list, committed together with the rows."""
        return dlt.current.resource_state(self.endpoint.name)

    def _unread_before(self, kept: dict[str, Any]) -> Iterator[pa.Table]:
        """Tries the gaps of earlier runs again; what is still unread stays."""
        before = [Unread(**gap) for gap in kept.get("unread", ()) if gap not in self._found]
        left = [
            gap.outside(self._read_since[gap.window]) if gap.window in self._read_since else gap
            for gap in before
        ]
        kept["unread"] = list(self._found)
        for gap in distinct(filter(None, left)):
            record = yield from self._in_full(self._fresh(self.reader.unread(gap)))
            again = self._unread_of(record, gap.field, gap.fixed)
            kept["unread"] += [found.as_found(gap).plain() for found in again]
        self.healed = [gap.rejected for gap in before if gap.rejected]

    def _rereads(self, looked: dict[str, str]) -> Iterator[pa.Table]:
        """Reads what is due; the first run only notes the time, since its own window holds everything."""
        run_start = self.reader.run_start
        for reread in self.endpoint.rereads:
            last = moment(looked.get(reread.name))
            if last and not _is_due(reread, last, run_start):
                continue
            is_whole = True
            if last and not self._is_first:
                since = {-1: None, 0: last.subtract(seconds=self.lag)}
                span = Span(since.get(reread.days, run_start.subtract(days=abs(reread.days))), run_start)
                is_whole = yield from self._window(reread.name, reread.field, span, reread.fixed)
            if is_whole:
                looked[reread.name] = run_start.isoformat()

    def _window(
        self, reason: str, field: str, span: Span, fixed: Mapping[str, str] = NOTHING_MORE
    ) -> Generator[pa.Table, None, bool]:
        """The rows whose `field` lies in the span, without those that this run has taken already.

        Returns whether all of them came.

        Raises:
            Unavailable: the cursor's window was not read in full; nothing of it may be committed.
        """
        listed = self._fresh(self.reader.window(reason, field, span, fixed))
        record = yield from self._in_full(listed, is_whole=span.since is None and not fixed)
        self._note_unread(record, field, fixed)
        is_whole = record.status != "short"
        if not is_whole and field == self.endpoint.cursor:
            error = WindowGrew if record.has_grown else Unavailable
            raise error(
                f"{self.store}: {self.endpoint.name} changed while it was read, {record.arrived} of "
                f"{record.api_count} rows arrived. Nothing was committed; run again."
            )
        if record.window_to != span.until:
            rest = Span(record.window_to, span.until)
            is_whole &= yield from self._window(reason, field, rest, fixed)
        self._read_since[window_name(field, fixed)] = span.since
        return is_whole

    def _note_unread(self, record: WindowRecord, field: str, fixed: Mapping[str, str]) -> None:
        self._remember(self._unread_of(record, field, fixed))

    def _remember(self, unread: Sequence[Unread]) -> None:
        found = [gap.plain() for gap in unread]
        self._found += found
        kept = self._kept()
        kept["unread"] = kept.get("unread", []) + found

    def _unread_of(self, record: WindowRecord, field: str, fixed: Mapping[str, str]) -> list[Unread]:
        """What of a window is to be tried again: holes, and rows set aside as long as they are few."""
        gaps = [gap for window, gap in self.reader.ledger.gaps if window is record]
        rejected = [row for window, row in self.reader.ledger.rejected if window is record]
        aside = rejected if len(rejected) <= MOST_HOLES else ()
        return [
            *(Unread.of(record, gap, field, fixed) for gap in gaps),
            *(Unread.of_rejected(record, row, field, fixed) for row in aside),
        ]

    def _fresh(self, reading: Reading) -> Reading:
        """The rows that no earlier window of this run has brought; within one window none comes twice."""
        before = pa.chunked_array(self._taken, pa.int64())

        def take(rows: pa.Table) -> pa.Table:
            keys = rows[self.endpoint.key].combine_chunks()
            self._taken.append(keys)
            return rows.filter(pc.invert(pc.is_in(keys, value_set=before))) if len(before) else rows

        return _passed(reading, take)

    def _in_full(self, listed: Reading, is_whole: bool = False) -> Reading:
        """The same rows; of a list of summaries those that are new or changed, each asked for by itself."""
        if not self.endpoint.is_summary:
            return (yield from listed)
        kept, is_tracked = self._kept(), self.endpoint.is_tracked
        seen, blocks = (unpacked(kept.get(name, "")) for name in ("seen", "blocks"))
        is_every = bool(self.span) or not is_tracked
        details = Details(self.reader, seen, blocks, is_every, is_whole)
        record = yield from _passed(listed, details.in_full)
        yield from details.older()
        if is_tracked:
            kept["seen"], kept["blocks"] = packed(details.seen), packed(details.blocks)
        self._remember(details.unread)
        return record

    def _with_tables(self, pages: DltResource, suffix: str) -> list[DltResource]:
        key = self.endpoint.key

        def read_parents(rows: pa.Table) -> pa.Table:
            if self.inner:
                self.came.append(rows[key].combine_chunks())
            return parent_table(rows, key)

        parent = dlt.transformer(
            read_parents,
            data_from=pages,
            name=f"{self.endpoint.name}{suffix}",
            table_name=self.endpoint.name,
            write_disposition="append" if self.is_new else REPLACE,
            primary_key=("store", key),
        )
        parent.apply_hints(additional_table_hints=NO_DUPLICATES)
        children = [self._child(pages, child, suffix, key) for child in self.endpoint.children]
        return [pages, parent, *children]

    def _inner_tables(self) -> Iterator[DltResource]:
        """Read last, when it is known which rows came."""
        for inner in self.inner:
            pages = inner.pages(self)
            yield pages
            for child in inner.reader.endpoint.as_children:
                yield self._child(pages, child, "", "id")

    def _child(self, pages: DltResource, child: Child, suffix: str, key: str) -> DltResource:
        parent_key = self.endpoint.parent_key

        def read_children(rows: pa.Table) -> pa.Table:
            return child_table(rows, child, parent_key, self.is_new, key)

        return dlt.transformer(
            read_children,
            data_from=pages,
            name=f"{child.name}{suffix}",
            table_name=child.name,
            write_disposition="append" if self.is_new else REPLACE,
            merge_key=("store", parent_key),
            columns={EMPTY: MARKER if self.is_new else DELETING_MARKER},
        )


def _passed(reading: Reading, change: Callable[[pa.Table], pa.Table]) -> Reading:
    """The same reading with its tables changed, those left out that have no row any more."""
    while True:
        try:
            rows = change(next(reading))
        except StopIteration as end:
            record: WindowRecord = end.value
            return record
        if len(rows):
            yield rows


def _digest(rows: pa.Table) -> str:
    """The same for the same rows."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows)
    return sha256(sink.getvalue()).hexdigest()[:32]


def _is_due(reread: Reread, last: pendulum.DateTime, run_start: pendulum.DateTime) -> bool:
    return reread.every == "run" or run_start >= last.add(days=1)
