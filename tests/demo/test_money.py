"""Money, rates and times on their own."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from pipelines.demo.helsinki import day_start, local_day, local_text, moment_of, switch_nights
from pipelines.demo.money import euros, net_of, percent, shares
from pipelines.demo.order import mean_rate


@pytest.mark.parametrize("rate", [2550, 2400, 2000, 1963, 1400, 1000, 0])
def test_net_is_rounded_half_away_from_zero(rate: int) -> None:
    for gross in range(-300, 300):
        exact = Decimal(gross) / (1 + Decimal(rate) / 10_000)
        assert net_of(gross, rate) == int(exact.quantize(Decimal(1), "ROUND_HALF_UP"))


def test_half_a_cent_goes_away_from_zero() -> None:
    assert (net_of(3, 2000), net_of(-3, 2000)) == (3, -3)


def test_shares_add_up() -> None:
    assert shares(100, [1, 1, 1]) == [33, 33, 34]
    assert shares(7, [5000, 2500, 2500]) == [3, 2, 2]


def test_money_and_rates_are_written_exactly() -> None:
    assert [euros(cents) for cents in (1290, 5, 0, -1290, -5)] == ["12.90", "0.05", "0.00", "-12.90", "-0.05"]
    assert [percent(rate) for rate in (2550, 1400, 1000, 0, 1963)] == ["25.5", "14", "10", "0", "19.63"]


def test_the_mean_rate_weighs_by_net_value() -> None:
    assert mean_rate({1400: 11400, 2400: 12400}) == 1900
    assert mean_rate({2550: 1}) == 2550
    assert mean_rate({}) == 0


def test_times_are_local_with_their_offset() -> None:
    summer = datetime(2013, 6, 19, 17, 41, 47, tzinfo=UTC)
    assert local_text(int(summer.timestamp())) == "2013-06-19T20:41:47+03:00"
    assert moment_of("2013-06-19T20:41:47") == moment_of("2013-06-19T20:41:47+03:00") == summer.timestamp()
    midnight = day_start(date(2024, 2, 1))
    assert local_text(midnight) == "2024-02-01T00:00:00+02:00"
    assert local_day(midnight) - local_day(midnight - 1) == 1


def test_summer_time_begins_and_ends_in_the_switch_nights() -> None:
    for year in range(1997, 2040):
        for night, change in zip(switch_nights(year), (1, -1), strict=True):
            moment = datetime.fromtimestamp(night, UTC)
            offsets = [
                (moment + timedelta(seconds=seconds)).astimezone(ZoneInfo("Europe/Helsinki")).utcoffset()
                for seconds in (0, -1)
            ]
            assert offsets[0] - offsets[1] == timedelta(hours=change)
