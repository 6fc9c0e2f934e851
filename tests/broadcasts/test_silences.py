"""What is planned and loses time when the house keeps new silences."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from broadcasts.models import PolicySettings
from broadcasts.policy.quiet_hours import left_of
from broadcasts.policy.terms import Terms
from broadcasts.selectors.policy import house_terms
from broadcasts.selectors.silences import cuts
from tests.broadcasts import journey_rows, rows
from tests.broadcasts.rows import SHANGHAI
from tests.broadcasts.test_reach_policy import typed

# A Monday.
MORNING = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
LUNCH = {"lunch_channels": frozenset({"private"})}


def at(hour, minute=0):
    return MORNING.replace(hour=hour, minute=minute)


@pytest.mark.parametrize(
    ("start", "end", "left"),
    [
        (at(9), at(12), (at(9), at(12))),
        (at(10), at(18), (at(10), at(12, 30))),
        (at(13), at(18), (at(14), at(18))),
        (at(12, 30), at(14), None),
        (at(14), at(23), (at(14), at(21, 30))),
        (at(22), at(23), None),
    ],
)
def test_a_window_opens_after_the_silence_it_begins_in_and_closes_at_the_next(start, end, left):
    assert left_of(Terms(zone=SHANGHAI, **LUNCH), start, end) == left


@pytest.mark.django_db
def test_all_that_a_lunch_break_takes_time_from_is_named(django_assert_num_queries):
    windows = {
        "whole": ("scheduled", at(14), at(18)),
        "cut": ("scheduled", at(10), at(18)),
        "lost": ("scheduled", at(12, 30), at(13)),
        "draft": ("draft", at(10), at(15)),
    }
    for name, (state, start, end) in windows.items():
        scheduled_at = None if state == "draft" else MORNING
        rows.broadcast(
            name=name, state=state, scheduled_at=scheduled_at, window_start=start, window_end=end
        )
    rows.to_groups(name="groups", window_start=at(10), window_end=at(18))
    rows.plan(name="mondays", next_at=at(10), time=time(10), until=time(18))
    rows.plan(name="afternoons", next_at=at(15), time=time(15), until=time(18))
    noon = {"id": "noon", "kind": "wait_until", "at": "12:00", "title": "noon"}
    again = {**noon, "id": "again", "title": ""}
    steps = (noon, journey_rows.send(), again, journey_rows.send("later"))
    waiting = journey_rows.journey(*steps, now=MORNING)
    anytime = journey_rows.journey(journey_rows.send(), now=MORNING)
    journey_rows.journey(now=MORNING)

    before = house_terms()
    found = {one.name: one for one in cuts(before, replace(before, **LUNCH), now=MORNING)}
    assert set(found) == {"cut", "lost", "draft", "mondays", f"{waiting} · noon", f"{anytime}"}
    day = "2026-03-02"
    assert (found["cut"].before, found["cut"].then) == (f"{day} 10:00–18:00", f"{day} 10:00–12:30")
    assert found["lost"].then == ""
    earlier = replace(before, lunch_from=time(10), lunch_until=time(11), **LUNCH)
    later = {one.name: one for one in cuts(before, earlier, now=MORNING)}
    assert later["cut"].then == f"{day} 11:00–18:00"
    assert later["cut"].words != found["cut"].words
    assert "5" in found["mondays"].words
    assert found[f"{waiting} · noon"].then == f"{day} 14:00–21:30"
    with django_assert_num_queries(0):
        assert cuts(before, replace(before, gap_days=9), now=MORNING) == []


@pytest.mark.django_db
def test_what_staff_have_already_is_taken_back_when_the_new_silence_is_there():
    running = rows.frozen(now=at(11), window_start=at(10), window_end=at(18))
    assert not running.is_running  # nobody to write to
    rows.customer(rows.staff())
    running = rows.frozen(now=at(11), window_start=at(10), window_end=at(18))
    before = house_terms()
    [late] = cuts(before, replace(before, **LUNCH), now=at(12, 45))
    [soon] = cuts(before, replace(before, **LUNCH), now=at(12))
    assert (late.address, late.then) == (running.get_absolute_url(), "2026-03-02 10:00–12:45")
    assert (soon.then, soon.words == late.words) == ("2026-03-02 10:00–12:30", False)


@pytest.mark.django_db
def test_rules_that_cut_what_is_planned_are_saved_when_that_was_shown(operator_client):
    tomorrow = timezone.localtime().replace(hour=10, minute=0) + timedelta(days=1)
    planned = {"window_start": tomorrow, "window_end": tomorrow + timedelta(hours=8)}
    first = rows.broadcast(name="Day long", **planned)
    address, rules = reverse("console:reach-policy"), {**typed(), "lunch_channels": ["private"]}

    preview = operator_client.post(reverse("console:reach-policy-preview"), rules)
    assert "Day long" in preview.content.decode()
    asked = operator_client.post(address, rules)
    assert (asked.status_code, PolicySettings.objects.count()) == (422, 0)
    assert "Day long" in asked.content.decode()

    second = rows.broadcast(name="Came meanwhile", **planned)
    known = f"broadcast-{first.pk} "
    assert operator_client.post(address, {**rules, "known": known}).status_code == 422
    known += f"broadcast-{second.pk}"
    assert operator_client.post(address, {**rules, "known": known}).status_code == 302
    assert PolicySettings.objects.get().lunch_channels == ["private"]
    shown = operator_client.get(first.get_absolute_url()).content.decode()
    assert f"{tomorrow:%Y-%m-%d} 10:00 至 12:30" in shown
    later = operator_client.post(address, {**rules, "lunch_until": "14:30"})
    assert later.status_code == 302
    program = operator_client.post(
        "/api/v1/reach-policy/", {"lunch_from": "11:00"}, content_type="application/json"
    ).json()
    assert {one["name"] for one in program["cuts"]} == {"Day long", "Came meanwhile"}
