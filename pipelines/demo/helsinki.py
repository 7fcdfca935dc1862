"""Times as the store keeps them: whole Unix seconds inside, Europe/Helsinki outside.

Facts: answers carry ISO 8601 with a numeric offset and no fraction; filters accept a plain date, a
naive time, a time with offset, or Unix seconds (reference/mycashflow-api.md 1.6). Naive values are
read as Helsinki time (9.10).
"""

from datetime import date, datetime, time
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

HELSINKI = ZoneInfo("Europe/Helsinki")
DAY = 86_400


@cache
def _hour(hour: int) -> tuple[str, str, int]:
    """`2024-05-01T12:`, `+03:00` and the day's ordinal, for an hour since 1970."""
    moment = datetime.fromtimestamp(hour * 3600, HELSINKI)
    text = moment.isoformat()
    return text[:14], text[19:], moment.toordinal()


@cache
def _minute(second: int) -> str:
    return f"{second // 60:02d}:{second % 60:02d}"


@lru_cache(maxsize=1024)
def local_text(moment: int) -> str:
    """`2013-06-19T20:41:47+03:00`: how the store writes a time."""
    hour, second = divmod(moment, 3600)
    start, offset, _ = _hour(hour)
    return start + _minute(second) + offset


def local_day(moment: int) -> int:
    """The ordinal of the calendar day in Helsinki (`date.fromordinal` turns it into a date)."""
    return _hour(moment // 3600)[2]


def day_start(day: date, hour: int = 0) -> int:
    """The moment a Helsinki calendar day begins, or that hour of it."""
    return int(datetime.combine(day, time(hour), HELSINKI).timestamp())


def moment_of(value: str | float | datetime) -> int:
    """Unix seconds of an ISO text, a number or a datetime; without a zone it is Helsinki time.

    Raises:
        ValueError: the text is not a time.
    """
    if isinstance(value, (int, float)):
        return int(value)
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return int((moment if moment.tzinfo else moment.replace(tzinfo=HELSINKI)).timestamp())


@cache
def switch_nights(year: int) -> tuple[int, int]:
    """When summer time begins and ends: 01:00 UTC on the last Sundays of March and October."""
    return _last_sunday(date(year, 3, 31)), _last_sunday(date(year, 10, 31))


def _last_sunday(last: date) -> int:
    sunday = last.toordinal() - (last.toordinal() % 7)
    return (sunday - date(1970, 1, 1).toordinal()) * DAY + 3600
