"""The days that pages of figures speak of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.http import QueryDict
from django.utils.translation import override

from analytics.periods import Period, asked_period, period_form
from scrm.errors import InvalidInput

TODAY = date(2026, 3, 1)


def asked(query):
    return asked_period(QueryDict(query), today=TODAY)


@pytest.mark.parametrize(
    ("query", "first", "last", "before"),
    [
        ("", "2025-12-02", "2026-03-01", None),
        ("preset=7d", "2026-02-23", "2026-03-01", None),
        ("preset=month&compare=previous", "2026-03-01", "2026-03-01", ("2026-02-28", "2026-02-28")),
        (
            "preset=last_month&compare=year",
            "2026-02-01",
            "2026-02-28",
            ("2025-02-01", "2025-02-28"),
        ),
        ("from=2026-01-01", "2026-01-01", "2026-03-01", None),
        (
            "from=2024-02-29&to=2024-02-29&compare=year",
            "2024-02-29",
            "2024-02-29",
            ("2023-02-28", "2023-02-28"),
        ),
        (
            "from=2026-01-11&to=2026-01-20&compare=previous",
            "2026-01-11",
            "2026-01-20",
            ("2026-01-01", "2026-01-10"),
        ),
    ],
)
def test_an_address_names_a_period_and_what_it_is_compared_with(query, first, last, before):
    found = asked(query)
    assert found.period == Period(date.fromisoformat(first), date.fromisoformat(last))
    assert found.before == (before and Period(*map(date.fromisoformat, before)))
    # What it says of itself asks for the same again.
    assert asked_period(QueryDict(found.query), today=TODAY) == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("preset=everything", "preset"),
        ("compare=apples", "compare"),
        ("from=yesterday", "from"),
        ("from=2026-02-30", "from"),
        ("to=2026-03-02", "to"),
        ("from=2026-02-02&to=2026-02-01", "from"),
        ("from=2001-01-01", "from"),
        ("to=0001-01-01", "to"),
    ],
)
def test_what_cannot_be_read_names_its_field_and_a_page_shows_the_usual_days(query, field):
    with pytest.raises(InvalidInput) as refused:
        asked(query)
    assert refused.value.field == field
    with override("en"):
        form = period_form(QueryDict(f"{query}&segment=3&after=x"), today=TODAY)
    assert list(form.errors) == [field]
    assert form.asked == asked("")
    assert form.kept == [("segment", "3")]


def test_the_parts_of_a_period_cover_it_once_and_weeks_lie_over_those_before():
    for days in (1, 31, 32, 90, 190, 191, 365, 3660):
        period = Period(TODAY - timedelta(days - 1), TODAY)
        parts = period.parts
        assert [day for part in parts for day in part] == list(period)
        if days <= 190:
            assert [p.days for p in parts] == [p.days for p in period.previous.parts]
    assert [part.first_on.day for part in Period(date(2025, 1, 20), TODAY).parts[1:]] == [1] * 14


def test_a_period_is_of_business_days():
    period = Period(TODAY, TODAY)
    assert period.start == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert period.end - period.start == timedelta(days=1)
    assert TODAY in period
    assert date(2026, 3, 2) not in period
