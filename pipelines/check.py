"""Test connection: everything that could keep a store from being read, found out at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipelines.errors import ApiError, PipelineError
from pipelines.extract.endpoint import Endpoint
from pipelines.extract.greeting import absence, greet_all
from pipelines.extract.inner import InnerList
from pipelines.extract.opening import Task
from pipelines.extract.reading import ListReader
from pipelines.extract.stream import Stream
from pipelines.job import open_streams
from pipelines.settings import Store

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
        streams = open_streams(store, Task())
    except PipelineError as problem:
        finding.problems.append(problem)
        return finding
    wanted = [stream for stream in streams if stream.is_read]
    answers = [(stream.reader, _ask(stream)) for stream in wanted]
    refusals = [answer for _, answer in answers if isinstance(answer, PipelineError)]
    if len(refusals) == len(wanted):
        finding.problems.append(_one_for_all(streams, refusals))
        return finding
    answers += [(inner.reader, _ask_inner(stream, inner)) for stream in wanted for inner in stream.inner]
    for reader, answer in answers:
        _enter(finding, reader, answer)
    finding.warnings += _clock_warnings(wanted)
    return finding


def _enter(finding: Finding, reader: ListReader, answer: str | PipelineError) -> None:
    """A list that the store has not is a warning, as it is for a sync."""
    if isinstance(answer, str):
        finding.lists.append(answer)
    elif isinstance(answer, ApiError) and answer.status in (403, 404):
        finding.warnings.append(f"{absence(reader).sentence} ({answer})")
    else:
        finding.problems.append(answer)


def _ask(stream: Stream) -> str | PipelineError:
    """What can be said of a list, or why it cannot be read."""
    try:
        greeting = stream.reader.greet()
    except PipelineError as problem:
        return problem
    found = f", {greeting.found}" if greeting.found else ""
    return _sentence(stream.endpoint, f"readable on {greeting.version}{found}")


def _ask_inner(stream: Stream, inner: InnerList) -> str | PipelineError:
    """The same of a list that each row of another has: the first row's is asked for."""
    name = stream.endpoint.name
    if not inner.is_read:
        return f"{inner.reader.endpoint.name}: off, it takes a request for every row of {name}"
    try:
        key = stream.reader.first_key()
        if key is not None:
            inner.ask(key)
    except PipelineError as problem:
        return problem
    return _sentence(inner.reader.endpoint, f"readable, asked for with every new row of {name}")


def _sentence(endpoint: Endpoint, found: str) -> str:
    unseen = "" if endpoint.seen else "; its path is a guess that this store bears out"
    blind = f"; its cursor cannot see {', '.join(endpoint.blind_to)}" if endpoint.blind_to else ""
    return f"{endpoint.name}: {found}{unseen}{blind}"


def _one_for_all(streams: Sequence[Stream], refusals: Sequence[PipelineError]) -> PipelineError:
    """The one reason why no list can be read, said as a sync would say it."""
    try:
        greet_all(streams)
    except PipelineError as problem:
        return problem
    return refusals[0]


def _clock_warnings(streams: Sequence[Stream]) -> Iterator[str]:
    for stream in streams[:1]:
        seconds = stream.reader.clock_ahead()
        if abs(seconds) > CLOCK_TOLERANCE:
            yield f"{stream.store}: its clock is {seconds:+.0f} s from this machine's; its own is used"
