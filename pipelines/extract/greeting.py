"""Who is there: which lists a store has, found out before anything is read or written."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dlt.extract import DltResource

from pipelines.errors import ApiError
from pipelines.extract.opening import Task
from pipelines.extract.reading import ListReader
from pipelines.extract.stream import Stream
from pipelines.settings import Store, read_settings

logger = logging.getLogger("kassavirta")


@dataclass(frozen=True)
class Absence:
    """A list that the store has not, in a sentence.

    `is_expected` is True when a store may well not have it, or nobody has seen its path in the wild, and
    nobody has set one: that is no reason to call a run incomplete.
    """

    sentence: str
    is_expected: bool


def offer(
    open_streams: Callable[[Store, Task], list[Stream]], store: str, resources: Sequence[str]
) -> list[DltResource]:
    """The lists of a store of this directory's `.dlt/`, greeted, as dlt resources of a pipeline of one's own.

    Raises:
        SettingsError: the store or a list is not known, or its settings are wrong.
        ApiError: the store has none of the lists, or is out of reach.
    """
    settings = read_settings()
    streams = open_streams(settings.salted(settings.chosen([store])[0]), Task(resources))
    for missing in greet_all(streams):
        logger.warning(missing.sentence)
    return [resource for stream in streams for resource in stream.resources()]


def greet_all(streams: Sequence[Stream]) -> list[Absence]:
    """Greets every list that is to be read; those that the store has not are only made tables of.

    Raises:
        ApiError: the store has none of the lists, or is out of reach.
    """
    wanted = [stream for stream in streams if stream.is_read]
    refusals: list[ApiError] = []
    for stream in wanted:
        try:
            stream.reader.greet()
        except ApiError as error:
            if error.status not in (403, 404):
                raise
            stream.is_read = False
            refusals.append(error)
    if wanted and len(refusals) == len(wanted):
        raise _no_list_at_all(wanted[0].reader, refusals)
    return [absence(stream.reader) for stream in wanted if not stream.is_read]


def absence(reader: ListReader) -> Absence:
    """What is to be said of a list that the store has not."""
    name = reader.endpoint.name
    return Absence(
        f"{reader.store}: {name} skipped, the store does not have it or gives no right to it. Set path or "
        f"enabled = false under [stores.{reader.store}.resources.{name}], or give the right.",
        (reader.endpoint.is_optional or not reader.endpoint.seen) and not reader.is_path_set,
    )


def _no_list_at_all(reader: ListReader, refusals: Sequence[ApiError]) -> ApiError:
    if len(refusals) == 1 or any(error.status == 403 for error in refusals):
        return refusals[0]
    return ApiError(
        f"{reader.store}: the store answers, but has no API at this address (404 for every list). "
        f"{reader.client.advice}",
        404,
    )
