"""Test connection: everything that could keep a store from being read, found out at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipelines.errors import PipelineError
from pipelines.extract.ledger import Ledger
from pipelines.extract.stream import Stream
from pipelines.load import Wanted, greet_all, open_streams
from pipelines.settings import Store, now

# A server's clock may be off by so many seconds before it is worth a word; windows use its clock, not ours.
CLOCK_TOLERANCE = 60


@dataclass
class Finding:
    """What is true of one store: its lists in words, and what is wrong."""

    store: str
    lists: list[str] = field(default_factory=list)
    problems: list[PipelineError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def check_stores(stores: Sequence[Store]) -> list[Finding]:
    """Asks every list of every store for one row."""
    return [_check_store(store) for store in stores]


def _check_store(store: Store) -> Finding:
    finding = Finding(store.name)
    try:
        streams = open_streams(store, Ledger(), Wanted(), lambda window: None)
        present, finding.warnings = greet_all(streams)
    except PipelineError as problem:
        finding.problems.append(problem)
        return finding
    finding.lists = [_describe(stream) for stream in present]
    finding.warnings += _clock_warnings(present)
    return finding


def _describe(stream: Stream) -> str:
    version, _ = stream.greet()
    endpoint = stream.endpoint
    blind = f"; its cursor cannot see {', '.join(endpoint.blind_to)}" if endpoint.blind_to else ""
    return f"{endpoint.name}: readable on {version}{blind}"


def _clock_warnings(streams: Sequence[Stream]) -> Iterator[str]:
    for stream in streams[:1]:
        _, clock = stream.greet()
        seconds = (clock - now()).total_seconds()
        if abs(seconds) > CLOCK_TOLERANCE:
            yield f"{stream.store}: its clock is {seconds:+.0f} s from this machine's; its own is used"
