"""The demo shop: what it keeps, its true figures, and a life of its own while it is served."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from threading import RLock
from types import TracebackType
from typing import Any

from pipelines.demo.helsinki import local_text, moment_of
from pipelines.demo.ledger import Ledger
from pipelines.demo.resources import RESOURCES
from pipelines.demo.shelf import Query, Shelf, Shelves
from pipelines.demo.wire import blank_record, parse_record, record_text

Moment = float | datetime

_CLOCKED = ("created_at", "updated_at", "changed_at")
_WITH_A_PARENT = (1, 2**62)


@dataclass(frozen=True)
class Page:
    """One page of a list: how many records the query has in all, and this page's ids and JSON."""

    item_count: int
    ids: list[int]
    texts: list[bytes]


class Shop:
    """A store whose records can be read and changed from any thread; resources go by their names.

    Records go by their ids, gift cards by one the API never tells. Subcategories are categories seen
    from their parent: read here, written there. A record that another one shows (a product's stock
    item, its brand, a customer's groups) is a copy: an edit of the one leaves the other alone.

    Attributes:
        clock: Unix seconds of the shop's own now, also its `Date` header when served.
    """

    def __init__(self, shelves: Shelves, ledger: Ledger, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self._shelves = shelves
        self._ledger = ledger
        self._lock = RLock()

    def __enter__(self) -> "Shop":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives the disk space back; nothing can be read afterwards."""
        self._shelves.close()

    def ledger(self) -> Ledger:
        """The true figures of the shop as it was made, without later edits."""
        return self._ledger

    def ids(self, resource: str) -> list[int]:
        """The ids of all records, ascending."""
        view, shelf = RESOURCES[resource], self._shelves[resource]
        with self._lock:
            if not view.of:
                return shelf.ids.tolist()
            found = shelf.select(Query(((view.link, *_WITH_A_PARENT),)))
            return [shelf.ids[position] for position in found]

    def edits(self, resource: str, since: int) -> tuple[int, list[int]]:
        """How many edits there have been, and the ids of the records edited by all after `since` of them."""
        shelf = self._shelves[resource]
        with self._lock:
            return len(shelf.edited), shelf.edited[since:]

    def holds(self, resource: str, record_id: int) -> bool:
        """Whether there is a record with that id."""
        with self._lock:
            return self._shelves[resource].place(record_id) is not None

    def get(self, resource: str, record_id: int) -> dict[str, Any]:
        """One record with all its nested lists.

        Raises:
            KeyError: there is none with that id.
        """
        shelf = self._shelves[resource]
        text = self.text(resource, record_id, shelf.resource.everything)
        if text is None:
            raise KeyError(record_id)
        return parse_record(text)

    def photograph(self, resource: str, ids: Iterable[int]) -> Callable[[int], dict[str, Any]]:
        """Gives records as they are now, by their ids, whatever becomes of them later."""
        shelf = self._shelves[resource]
        with self._lock:
            found = {record_id: shelf.place(record_id) for record_id in ids}
            spans = {
                record_id: shelf.spans([place]) for record_id, place in found.items() if place is not None
            }

        def record(record_id: int) -> dict[str, Any]:
            return parse_record(next(iter(shelf.texts(spans[record_id], shelf.resource.everything))))

        return record

    def text(self, resource: str, record_id: int, expand: frozenset[str]) -> bytes | None:
        """One record's JSON, or None when there is none with that id."""
        shelf = self._shelves[resource]
        with self._lock:
            position = shelf.place(record_id)
            spans = [] if position is None else shelf.spans([position])
        return next(iter(shelf.texts(spans, expand)), None)

    def page(self, resource: str, query: Query, first: int, size: int, expand: frozenset[str]) -> Page:
        """The records number `first` to `first + size` (from 0) of a query, as they are now."""
        shelf = self._shelves[resource]
        with self._lock:
            found = shelf.select(query)
            positions = found[first : first + size]
            spans = shelf.spans(positions)
            ids = [shelf.ids[position] for position in positions]
            count = len(found)
        return Page(count, ids, list(shelf.texts(spans, expand)))

    def insert(self, resource: str, record: dict[str, Any], at: Moment | None = None) -> int:
        """The id of the new record; fields not given are null, lists empty, the id the next free one."""
        shelf = self._writable(resource)
        now = local_text(moment_of(self.clock() if at is None else at))
        with self._lock:
            last = shelf.ids[-1] if shelf.ids else 0
            clocked = {name: now for name in _CLOCKED if name in shelf.resource.fields}
            whole = blank_record(shelf.resource) | {"id": last + 1} | clocked | record
            record_id = int(whole["id"])
            self._put(shelf, record_id, whole)
        return record_id

    def update(
        self,
        resource: str,
        record_id: int,
        changes: dict[str, Any],
        at: Moment | None = None,
        bump: bool = True,
    ) -> None:
        """Sets the given fields, nested lists whole; moves `updated_at` to `at` unless told not to.

        Raises:
            KeyError: there is no record with that id.
        """
        shelf = self._writable(resource)
        with self._lock:
            record = self.get(resource, record_id)
            if bump and "updated_at" in shelf.resource.fields:
                record["updated_at"] = local_text(moment_of(self.clock() if at is None else at))
            self._put(shelf, record_id, record | changes)

    def touch(self, count: int) -> list[int]:
        """Adds a remark to so many orders, evenly scattered over all of them; their ids."""
        ids = self.ids("orders")
        touched = ids[:: max(1, len(ids) // max(1, count))][:count]
        remark = {"details": f"Tarkistettu {self.clock():.0f}"}
        for record_id in touched:
            self.update("orders", record_id, remark)
        return touched

    def delete(self, resource: str, record_id: int) -> None:
        """Takes the record away; no trace of it is served.

        Raises:
            KeyError: there is none with that id.
        """
        with self._lock:
            self._writable(resource).remove(record_id)

    def _writable(self, resource: str) -> Shelf:
        """The list's shelf.

        Raises:
            ValueError: the list only shows another one's records.
        """
        if RESOURCES[resource].of:
            raise ValueError(f"{resource} shows {RESOURCES[resource].of}: write there")
        return self._shelves[resource]

    def _put(self, shelf: Shelf, record_id: int, record: dict[str, Any]) -> None:
        if "id" not in shelf.resource.fields:
            record.pop("id", None)
        text = record_text(record, shelf.resource.sections)
        shelf.put(record_id, text, shelf.values_of(parse_record(text)))
