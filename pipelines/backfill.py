"""A stretch of time read by hand, in windows that are committed one by one.

How far it has come is kept in dlt's state and committed together with the rows, so that the same command,
given again after an interruption, goes on where it was. A backfill that came to its end leaves no mark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dlt
import pendulum
from dlt.extract import DltResource

from pipelines.extract.reading import Span
from pipelines.settings import moment, now

# A window is a month, or longer when there would be too many: each costs about a second, rows or not.
WINDOW_DAYS = 31
MOST_WINDOWS = 36


@dataclass(frozen=True)
class Mark:
    """How far a backfill has come when a window of it is committed."""

    name: str
    done_to: pendulum.DateTime | None
    is_last: bool

    def resource(self) -> DltResource:
        """A dlt resource without rows that writes the mark into the state."""

        def mark() -> Iterator[Any]:
            state = dlt.current.source_state()
            state.pop("backfill", None)
            if not self.is_last and self.done_to:
                state["backfill"] = {"name": self.name, "done_to": self.done_to.isoformat()}
            yield from ()

        return dlt.resource(mark, name="backfill_mark")


def read_mark(state: Mapping[str, Any], platform: str, name: str) -> pendulum.DateTime | None:
    """How far a backfill of that name came before, out of a pipeline's state; None when it did not begin."""
    mark = state.get("sources", {}).get(platform, {}).get("backfill", {})
    return moment(mark["done_to"]) if mark.get("name") == name else None


def cut(span: Span, done_to: pendulum.DateTime | None) -> Iterator[Span]:
    """The windows of a stretch that begins at `since`, from `done_to` on; the last one ends where it ends."""
    since, end = max(filter(None, (span.since, done_to))), span.until or now()
    days = max(WINDOW_DAYS, -(-(end - since).days // MOST_WINDOWS))
    while since.add(days=days) < end:
        yield Span(since, since.add(days=days))
        since = since.add(days=days)
    yield Span(since, span.until)
