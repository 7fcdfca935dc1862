"""Times as the store keeps them: whole Unix seconds inside, Europe/Helsinki outside.

Facts: answers carry ISO 8601 with a numeric offset and no fraction; filters accept a plain date, a
naive time, a time with offset, or Unix seconds (reference/mycashflow-api.md 1.6). Naive values are
read as Helsinki time (9.10).
"""

from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

HELSINKI = ZoneInfo("Europe/Helsinki")
DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()


@lru_cache(maxsize=1024)
def local_text(moment: int) -> str:
    """`2013-06-19T20:41:47+03:00`: how the store writes a time."""
    offset = _offset(moment)
    day, second = divmod(moment + offset, DAY)
    minute, second = divmod(second, 60)
    return f"{_date(day)}T{_clock(minute)}:{second:02d}{_zone(offset)}"


def local_day(moment: int) -> int:
    """The ordinal of the calendar day in Helsinki (`date.fromordinal` turns it into a date)."""
    return (moment + _offset(moment)) // DAY + _EPOCH


def _offset(moment: int) -> int:
    """Seconds by which Helsinki is ahead of UTC."""
    whole_day = _offset_all_day(moment // DAY)
    return _exact_offset(moment) if whole_day is None else whole_day


@cache
def _offset_all_day(day: int) -> int | None:
    """The offset of a UTC day, or None when the clock is changed on it."""
    first, last = _exact_offset(day * DAY), _exact_offset(day * DAY + DAY - 1)
    return first if first == last else None


def _exact_offset(moment: int) -> int:
    offset = datetime.fromtimestamp(moment, HELSINKI).utcoffset() or timedelta()
    return int(offset.total_seconds())


@cache
def _date(day: int) -> str:
    return date.fromordinal(day + _EPOCH).isoformat()


@cache
def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@cache
def _zone(offset: int) -> str:
    return f"+{_clock(offset // 60)}"


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
    return (sunday - _EPOCH) * DAY + 3600
