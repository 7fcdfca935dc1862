"""Who is there: which lists a store has, found out before anything is read or written."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.errors import ApiError
from pipelines.extract.stream import Stream


def greet_all(streams: Sequence[Stream]) -> list[str]:
    """Greets every list that is to be read; a sentence about each one that the store has not.

    Those are not read then, only their tables are made.

    Raises:
        ApiError: the store has none of the lists, or is out of reach.
    """
    wanted = [stream for stream in streams if stream.is_read]
    refusals: list[ApiError] = []
    for stream in wanted:
        try:
            stream.greet()
        except ApiError as error:
            if error.status not in (403, 404):
                raise
            stream.is_read = False
            refusals.append(error)
    if wanted and len(refusals) == len(wanted):
        raise _no_list_at_all(wanted[0].store, refusals)
    return [_skipped(stream) for stream in wanted if not stream.is_read]


def _no_list_at_all(store: str, refusals: Sequence[ApiError]) -> ApiError:
    if len(refusals) == 1 or any(error.status == 403 for error in refusals):
        return refusals[0]
    return ApiError(
        f"{store}: the store answers, but has no API at this address (404 for every list). "
        "Its plan must be Advanced, Pro or Enterprise and the API app installed (Account > Apps > API).",
        404,
    )


def _skipped(stream: Stream) -> str:
    name = stream.endpoint.name
    return (
        f"{stream.store}: {name} skipped, the store does not have it or gives no right to it. Set path or "
        f"enabled = false under [stores.{stream.store}.resources.{name}], or give the right."
    )
