"""When the small things of a shop were made and last changed."""

from random import Random

from pipelines.demo.helsinki import DAY, local_text

_OPENING = 30 * DAY


class Stamps:
    """Gives invented times between a shop's beginning and its end."""

    def __init__(self, rng: Random, start: int, end: int) -> None:
        self._random = rng.random
        self._start = start
        self._end = end

    def new(self, since: int | None = None) -> dict[str, str]:
        """`created_at` `since` a moment, else in the shop's first month; `updated_at` after it."""
        opening = min(_OPENING, self._end - self._start)
        created_at = self._start + int(self._random() * opening) if since is None else since
        updated_at = created_at + int(self._random() * (self._end - created_at))
        return {"created_at": local_text(created_at), "updated_at": local_text(updated_at)}
