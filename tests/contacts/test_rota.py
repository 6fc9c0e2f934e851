"""Who is on duty by a weekly plan."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from contacts.rules.rota import Shift, on_duty

MONDAY = datetime(2026, 3, 9, tzinfo=UTC)
DAY = Shift(frozenset({0, 1}), time(9), time(18), (1, 2))
NIGHT = Shift(frozenset({0}), time(22), time(6), (3,))
WHOLE = Shift(frozenset({6}), time(0), time(0), (4,))


@pytest.mark.parametrize(
    ("day", "hour", "serving"),
    [
        (9, 8, None),
        (9, 9, (1, 2)),
        (9, 17, (1, 2)),
        (9, 18, None),
        (9, 23, (3,)),
        (10, 5, (3,)),
        (10, 6, None),
        (11, 10, None),
        (15, 0, (4,)),
        (15, 23, (4,)),
        (16, 0, None),
    ],
)
def test_a_shift_covers_its_hours_also_past_midnight(day, hour, serving):
    moment = MONDAY.replace(day=day, hour=hour)
    assert on_duty([DAY, NIGHT, WHOLE], moment) == serving


def test_staff_of_shifts_that_meet_serve_together_and_once():
    late = Shift(frozenset({0}), time(12), time(20), (2, 3))
    assert on_duty([DAY, late], MONDAY.replace(hour=13)) == (1, 2, 3)
