"""When staff will probably confirm: read from each one's own past, or not said."""

from datetime import UTC, datetime, timedelta

import pytest

from broadcasts.policy.confirm_delay import UNKNOWN, Forecast, History, forecast

SINCE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def minutes(*numbers):
    return [timedelta(minutes=number) for number in numbers]


def after(number):
    return SINCE + timedelta(minutes=number)


@pytest.mark.parametrize(
    ("history", "waited", "expected"),
    [
        # The middle of five.
        (History(minutes(10, 20, 30, 40, 50)), 0, Forecast(after(30))),
        # Those she was faster at no longer count: the middle of 30, 40, 50.
        (History(minutes(10, 20, 30, 40, 50)), 25, Forecast(after(40))),
        # An even number has two middles; the sooner is taken.
        (History(minutes(10, 20, 30, 40, 50)), 15, Forecast(after(30))),
        # Tasks she let pass stand after every delay: 40, 50, never, never, never.
        (History(minutes(10, 20, 30, 40, 50), never=3), 35, Forecast(is_doubtful=True)),
        (History(minutes(10, 20, 30, 40, 50), never=1), 25, Forecast(after(40))),
        (History((), never=5), 0, Forecast(is_doubtful=True)),
        # Too little to say anything.
        (History(), 0, UNKNOWN),
        (History(minutes(10, 20, 30, 40)), 0, UNKNOWN),
        (History(minutes(10, 20, 30, 40, 50)), 35, UNKNOWN),
        (History(minutes(10, 20, 30, 40, 50)), 600, UNKNOWN),
    ],
)
def test_a_task_is_compared_with_those_that_waited_longer(history, waited, expected):
    assert forecast(history, since=SINCE, now=after(waited)) == expected


def test_what_is_predicted_never_lies_in_the_past():
    history = History(minutes(*range(1, 21)))
    for waited in range(17):
        at = forecast(history, since=SINCE, now=after(waited)).at
        assert at is not None
        assert at > after(waited)
