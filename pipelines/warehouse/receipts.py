"""What a destination should have, against what it has accepted: `outbound` beside `ops.sync_rows`.

The difference is made in the warehouse and read in steps, so that memory does not grow with the audience.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipelines.settings import now
from pipelines.warehouse.base import Connection
from pipelines.warehouse.ops import OPS, TIME, ensure_tables

AT_ONCE = 2000

# A row's last word. Only the first and `withheld` are done with until the row changes.
ACCEPTED, WITHHELD, REFUSED = "accepted", "withheld", "refused"
INVALID, FAILED, UNCONFIRMED, FORGOTTEN = "invalid", "failed", "unconfirmed", "forgotten"

# In the place of a destination: nothing is sent of this person to any, whether it was before or not.
EVERYWHERE = "*"

COLUMNS = tuple(OPS["sync_rows"])
KNOWN = ("known_status", "known_consent", "known_hash", "known_accepted_at")


@dataclass(frozen=True)
class Difference:
    """Rows of one outbound model, beside what is known of each.

    Args:
        destination, feed: whose and which.
        model: where the desired rows are.
        columns: what is read of a row, beside its key and hash.
        stores: whose rows; all when empty.
        refused_before: a row refused after this moment, as it is now, waits.
        unsure_before: and so does one whose answer was lost, until what was accepted can be looked up.
    """

    destination: str
    feed: str
    model: str
    columns: Sequence[str]
    stores: Sequence[str]
    refused_before: Any
    unsure_before: Any

    def counts(self, connection: Connection) -> tuple[int, int, int]:
        """How many rows there are, are there as they should be, and wait as they were refused lately."""
        (found,) = connection.execute(
            f"select count(*), count(case when {_DONE} then 1 end), count(case when {_WAITING} then 1 end)"
            f" {self._from()}",
            [self.refused_before, self.unsure_before, *self._given()],
        ).fetchall()
        return int(found[0]), int(found[1]), int(found[2])

    def pages(self, connection: Connection) -> Iterator[list[dict[str, Any]]]:
        """The rows that are to be sent, in the order of their keys; the ledger may be written meanwhile.

        Each page is of one stretch of keys, of both tables: what is held at once does not grow with them.
        """
        names = ["store", "row_key", "customer_key", "payload_hash", *self.columns]
        listed = ", ".join(f"desired.{name}" for name in names)
        for stretch in self._stretches(connection):
            rows = connection.execute(
                f"select {listed}, known.status, known.consent, known.payload_hash, known.accepted_at"
                f" {self._from(STRETCH)}"
                f" and not coalesce({_DONE}, false) and not coalesce({_WAITING}, false)"
                " order by desired.row_key",
                [*stretch, *self._given(stretch), self.refused_before, self.unsure_before],
            ).fetchall()
            if rows:
                yield [dict(zip([*names, *KNOWN], row, strict=True)) for row in rows]

    def _stretches(self, connection: Connection) -> Iterator[tuple[str, str, str]]:
        """Store, a key, and the key so many rows after it."""
        stores = connection.execute(f"select distinct store from outbound.{self.model} order by 1").fetchall()
        for (store,) in stores:
            after = ""
            while True:
                ((last,),) = connection.execute(
                    f"select max(row_key) from (select row_key from outbound.{self.model}"
                    f" where store = ? and row_key > ? order by row_key limit {AT_ONCE}) as stretch",
                    [store, after],
                ).fetchall()
                if last is None:
                    break
                yield store, after, last
                after = last

    def _from(self, stretch: str = "true") -> str:
        """Desired rows beside known ones; without people who were forgotten, or never came to be there."""
        return (
            f"from (select * from outbound.{self.model} where {stretch}) as desired left join"
            f" (select * from ops.sync_rows where destination = ? and object = ? and {stretch}) as known"
            " on known.store = desired.store and known.row_key = desired.row_key"
            " where (? or desired.store = any(?))"
            " and not (desired.is_update_only and known.accepted_at is null)"
            " and coalesce(known.status, '') <> 'forgotten'"
            " and coalesce(desired.customer_key, '') not in (select coalesce(customer_key, '-')"
            f" from ops.sync_rows where status = 'forgotten' and destination in (?, '{EVERYWHERE}'))"
        )

    def _given(self, stretch: Sequence[str] = ()) -> list[Any]:
        names = list(self.stores)
        return [self.destination, self.feed, *stretch, not names, names, self.destination]


STRETCH = "store = ? and row_key > ? and row_key <= ?"
_SAME = "known.payload_hash = desired.payload_hash"
_DONE = f"({_SAME} and known.status in ('accepted', 'withheld'))"
_WAITING = (
    f"({_SAME} and (known.status = 'refused' and known.answered_at > ?"
    " or known.status = 'unconfirmed' and known.answered_at > ?))"
)


def keep(connection: Connection, receipts: Sequence[Mapping[str, Any]]) -> None:
    """The last word on rows, in the place of the words before; all of them or none."""
    if not receipts:
        return
    texts = {name: [_text(receipt.get(name)) for receipt in receipts] for name in COLUMNS}
    connection.register("receipts", pa.table({name: pa.array(texts[name], pa.string()) for name in COLUMNS}))
    casts = ", ".join(f"cast({name} as {kind})" for name, kind in OPS["sync_rows"].items())
    connection.execute("begin")
    connection.execute(
        "delete from ops.sync_rows where destination = ? and object = ?"
        " and (store, row_key) in (select store, row_key from receipts)",
        [receipts[0]["destination"], receipts[0]["object"]],
    )
    connection.execute(f"insert into ops.sync_rows ({', '.join(COLUMNS)}) select {casts} from receipts")
    connection.execute("commit")


def keep_read(connection: Connection, schema: str, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """What a destination told, as text, in the place of what it told before under the same first column."""
    if not rows:
        return
    names = tuple(rows[0])
    ensure_tables(connection, schema, {table: {**dict.fromkeys(names, "text"), "read_at": TIME}})
    texts = {name: pa.array([_text(row[name]) for row in rows], pa.string()) for name in names}
    connection.register("told", pa.table(texts))
    connection.execute("begin")
    connection.execute(f"delete from {schema}.{table} where {names[0]} in (select {names[0]} from told)")
    connection.execute(
        f"insert into {schema}.{table} ({', '.join(names)}, read_at)"
        f" select {', '.join(names)}, current_timestamp from told"
    )
    connection.execute("commit")


def last_desired(connection: Connection, destination: str, feed: str) -> int:
    """How many rows there were the last time that anything was done with them; 0 the first time."""
    found = connection.execute(
        "select desired from ops.sync_runs where destination = ? and object = ?"
        " and (status = 'done' or queried > 0) order by started_at desc limit 1",
        [destination, feed],
    ).fetchall()
    return int(found[0][0]) if found else 0


def forgotten(connection: Connection, destination: str, feeds: Sequence[str]) -> list[str]:
    """Keys of forgotten people who are still there, as far as is known."""
    found = connection.execute(
        "select distinct row_key from ops.sync_rows where destination = ? and object = any(?)"
        " and status = 'forgotten' and coalesce(reason, '') <> 'deleted' order by 1",
        [destination, list(feeds)],
    ).fetchall()
    return [str(key) for (key,) in found]


def mark_deleted(connection: Connection, destination: str, key: str) -> None:
    """A forgotten person is gone there; the key stays, so that nothing is sent again."""
    connection.execute(
        "update ops.sync_rows set reason = 'deleted'"
        " where destination = ? and row_key = ? and status = 'forgotten'",
        [destination, key],
    )


def forget_customers(connection: Connection, customer_keys: Sequence[str]) -> int:
    """Nothing is sent about these people any more, what was sent is listed for deletion; how many rows."""
    found = connection.execute(
        "select count(*) from ops.sync_rows where customer_key = any(?) and destination <> ?",
        [list(customer_keys), EVERYWHERE],
    ).fetchall()
    connection.execute(
        "update ops.sync_rows set status = 'forgotten', reason = null, payload_hash = null, consent = null"
        " where customer_key = any(?)",
        [list(customer_keys)],
    )
    tombstones = [
        {"destination": EVERYWHERE, "object": EVERYWHERE, "store": EVERYWHERE, "row_key": key}
        | {"customer_key": key, "status": FORGOTTEN, "answered_at": now()}
        for key in customer_keys
    ]
    keep(connection, tombstones)
    return int(found[0][0])


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
