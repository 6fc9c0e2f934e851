"""Journeys through simulated days against the simulated corp: its ledger tells what arrived."""

from __future__ import annotations

from collections import defaultdict
from datetime import time, timedelta
from itertools import pairwise

import pytest
import redis
from django.conf import settings

from broadcasts.models import Broadcast, JourneyRun, JourneySend, Touch
from broadcasts.selectors.journey_templates import template
from broadcasts.services import journey_tick, journeys
from broadcasts.services import tick as heartbeat
from contacts.models import Preference
from groups.services.group_facts import refresh_group_facts
from tests.broadcasts import rows
from tests.broadcasts.journey_rows import expect, history, journey, send
from tests.broadcasts.rows import SHANGHAI, customer
from tests.build import operator
from tests.contacts.rows import NOW, staff

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MORNING, EVENING = time(8, 30), time(21, 30)


# The hours of a day at which something can come of these journeys.
LIVED = {10, 13, 22}


def live_on(corp, *, begin, hours, jumps=(), confirms=True):
    """All that beat and workers do, twice in each lived hour; `jumps` are hours left out, too."""
    for hour in range(hours):
        now = begin + hour * HOUR
        if hour in jumps or now.astimezone(SHANGHAI).hour not in LIVED:
            continue
        for seconds in (0, 30):
            moment = now + timedelta(seconds=seconds)
            corp.state.clock.set(moment)
            client = redis.Redis.from_url(settings.REDIS_URL)
            client.flushdb()  # pauses of the gateway are in real time
            client.close()
            journey_tick.advance(now=moment)
            heartbeat.tick(now=moment)
            rows.deliver_all(now=moment)
            if confirms:
                corp.state.confirm()
            heartbeat.tick(now=moment + timedelta(seconds=10))
            journey_tick.survey(now=moment + timedelta(seconds=10))


def heard(corp):
    """What each customer or group got, in order: (when, text)."""
    found = defaultdict(list)
    for line in corp.state.ledger():
        if line.status == 1:
            found[line.external_userid or line.chat_id].append((line.at, line.text))
    return found


def member_of(corp):
    member = staff()
    corp.state.add_staff(member.userid, member.name)
    return member


def morning(step, days=1):
    return {"id": step, "kind": "wait_until", "days": days, "at": "10:00", "until": "20:00"}


def test_a_week_ends_with_the_right_ledger_whatever_the_clock_jumps_over(corp):
    member = member_of(corp)
    faithful, silenced, gone = (customer(member, corp=corp) for _number in range(3))
    began = NOW + HOUR
    walked = journey(
        send("one", text="First", touch_class="light"),
        morning("next"),
        send("two", text="Second", touch_class="light", patience_hours=96),
        morning("then"),
        send("three", text="Receipt", touch_class="service"),
    )
    for person in (faithful, silenced, gone):
        expect(walked, person, now=began)

    live_on(corp, begin=began, hours=20)
    assert {len(lines) for lines in heard(corp).values()} == {1}
    Preference.objects.create(contact=silenced, is_do_not_contact=True, updated_at=NOW)
    gone.relation = "lost"
    gone.lost_at = NOW
    gone.save()
    gone.facts.relation = "lost"
    gone.facts.save()
    gone.follows.update(status="by_contact", ended_at=NOW)
    live_on(corp, begin=began + 20 * HOUR, hours=7 * 24, jumps=range(30, 61))

    told = {person: heard(corp)[person.external_userid] for person in (faithful, silenced, gone)}
    texts = {person: [text for _at, text in lines] for person, lines in told.items()}
    assert texts == {
        faithful: ["First", "Second", "Receipt"],
        silenced: ["First"],
        gone: ["First"],
    }
    first, second, _receipt = (at for at, _text in told[faithful])
    assert (second.astimezone(SHANGHAI).date() - first.astimezone(SHANGHAI).date()).days >= 3
    for lines in told.values():
        for at, _text in lines:
            assert MORNING <= at.astimezone(SHANGHAI).time() < EVENING
    found = dict(JourneyRun.objects.values_list("contact", "state"))
    assert found == {faithful.pk: "done", silenced.pk: "exited", gone.pk: "exited"}
    run = JourneyRun.objects.get(contact=faithful)
    assert ("two", "held", "gap") in history(run)
    assert Touch.objects.filter(contact=faithful).count() == 3
    assert not JourneySend.objects.filter(settled_at=None).exists()


def test_what_staff_do_not_confirm_comes_again_until_patience_ends(corp):
    member = member_of(corp)
    person = customer(member, corp=corp)
    walked = journey(send("one", text="Only", patience_hours=40))
    run = expect(walked, person, now=NOW + HOUR)
    live_on(corp, begin=NOW + HOUR, hours=72, confirms=False)
    assert not heard(corp)
    run.refresh_from_db()
    assert run.state == "done"
    assert ("one", "skipped", "unsent") in history(run)
    assert Broadcast.objects.count() == 2  # today and tomorrow
    assert Broadcast.objects.exclude(state__in=["finished", "stopped"]).count() == 0


def test_the_seven_days_of_a_new_group_bring_one_task_a_day(corp):
    owner = member_of(corp)
    ready, boss = template("group_onboarding"), operator()
    walked = journeys.create_journey(
        name="Onboarding", subject="group", draft=ready.draft(), operator=boss, now=NOW
    )
    journeys.publish(journey=walked, operator=boss, now=NOW)
    old = rows.chat(owner, corp=corp, created_at=NOW - DAY)
    new = rows.chat(owner, corp=corp, created_at=NOW + HOUR)
    refresh_group_facts([old.pk, new.pk])

    live_on(corp, begin=NOW + HOUR, hours=8 * 24)
    lines = heard(corp)
    assert set(lines) == {new.chat_id}
    days = [at.astimezone(SHANGHAI).date() for at, _text in lines[new.chat_id]]
    assert len(days) == 7
    assert all((later - earlier).days == 1 for earlier, later in pairwise(days))
    assert len({text for _at, text in lines[new.chat_id]}) == 7
    assert JourneyRun.objects.get().state == "done"
