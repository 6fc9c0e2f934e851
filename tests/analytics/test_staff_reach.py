"""What staff do about alerts, whom they write to beyond the cap, and channels beside segments."""

from __future__ import annotations

from datetime import timedelta

import pytest

from analytics.models import KeptAnswer
from analytics.periods import Period
from analytics.selectors import kept
from analytics.selectors.parts import Part, chosen_parts, whole
from analytics.selectors.scope import EVERYBODY
from analytics.selectors.source_parts import source_sums
from analytics.selectors.sources import ALL_CUSTOMERS, overview
from analytics.selectors.staff_reach import Reach, staff_reach, together
from analytics.selectors.value_settings import value_settings
from analytics.services.keep import ask_for, work_out
from analytics.services.refresh import rebuild_metrics
from analytics.services.value_tables import measure
from broadcasts.models import Touch
from broadcasts.selectors.policy import house_terms
from contacts.models import Department
from contacts.services.facts import rebuild_facts
from contacts.services.segments import create_segment
from scrm.console.models import Role
from scrm.segments.days import start_of
from tests import build
from tests.analytics.alert_rows import alert
from tests.analytics.building import order, orders
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db

TODAY = NOW.date()
# From the middle of a month: what came before counts against the cap and is not counted itself.
FIRST = (TODAY.replace(day=1) - timedelta(days=1)).replace(day=10)
PERIOD = Period(FIRST, TODAY)


@pytest.fixture
def staff(db):
    Department.objects.create(name="East", wecom_id=7, parent_wecom_id=1)
    return rows.staff(name="Alice", department_wecom_ids=[7]), rows.staff(name="Bob")


def touch(member, person, day, **overrides):
    values = {"channel": "private", "touch_class": "light", **overrides}
    at = start_of(day) + timedelta(hours=10)
    Touch.objects.create(staff=member, contact=person, at=at, **values)


def test_messages_beyond_a_months_cap_are_told_of_whoever_sends_them(staff, operator_client):
    alice, bob = staff
    cap, person = house_terms().monthly_cap, rows.contact()
    assert cap == 4
    for number in range(3):
        touch(alice, person, FIRST - timedelta(days=number + 1))
    for number in range(3):
        touch(bob if number else alice, person, FIRST + timedelta(days=number))
    # A new month, a service message and a group message are none of the old month's business.
    touch(bob, person, TODAY)
    touch(bob, person, FIRST, touch_class="service")
    touch(bob, person, FIRST, channel="group")
    found = staff_reach(PERIOD)
    assert (found[alice.pk].touches, found[alice.pk].within) == (1, 1)
    assert (found[bob.pk].touches, found[bob.pk].over) == (3, 2)
    assert together(found.values()).touches == 4
    # The chart is of alerts, and there are none: the table stands open in its place.
    rows.follow(person, alice, added_at=start_of(FIRST))
    measure(now=NOW)
    page = operator_client.get("/staff-value/", {"from": f"{FIRST}", "to": f"{TODAY}"})
    card = page.content.decode().split('id="staff-reach"')[1].split("</section>")[0]
    assert ("<details open>" in card, "data-chart" in card) == (True, False)


def test_alerts_are_counted_by_how_they_stand_and_what_came_of_them(staff, client):
    alice, bob = staff
    made = NOW - timedelta(days=12)
    for number, values in enumerate(
        (
            {"state": "done", "closed_at": made + timedelta(days=7), "outcome": "ordered"},
            {"state": "done", "closed_at": made + timedelta(days=7, seconds=1)},
            {"state": "expired", "closed_at": made + timedelta(days=8), "outcome": "unfriended"},
            {"state": "open"},
        )
    ):
        if values.get("outcome"):
            values["outcome_on"] = TODAY
        alert(rows.contact(), alice if number < 3 else bob, made_at=made, **values)
    alert(rows.contact(), bob, made_at=PERIOD.start - timedelta(seconds=1), state="expired")
    found = staff_reach(PERIOD)
    assert found == {
        alice.pk: Reach(alerts=3, done=2, in_time=1, ordered=1, unfriended=1),
        bob.pk: Reach(alerts=1, open=1),
    }
    assert (found[alice.pk].in_time_share, found[bob.pk].in_time_share) == (1 / 3, None)
    # Many customers: worked out by a worker, and the same.
    row = ask_for(part="all", name=kept.REACH, period=PERIOD, now=NOW)
    assert work_out(answer_id=row.pk, now=NOW)
    assert kept.value_of(KeptAnswer.objects.get(pk=row.pk)) == found
    span = {"from": f"{FIRST}", "to": f"{TODAY}"}
    for role, seen in ((Role.ANALYST, {"Alice", "Bob"}), (Role.LEAD, {"Alice"})):
        client.force_login(build.operator(role=role, staff_userid=alice.userid))
        file = client.get("/staff-value/staff-reach.csv", span)
        lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()[1:]
        assert {line.split(",")[0] for line in lines} == seen
        assert client.get("/staff-value/", span).status_code == 200
        assert client.get(f"/staff-value/{alice.pk}/", span).context["reach"] == found[alice.pk]
        told = {row["name"]: row for row in client.get("/api/v1/analytics/staff/", span).json()}
        assert told.keys() == seen
        assert told["Alice"]["alerts"] == {
            "made": 3,
            "open": 0,
            "done_in_time": 1,
            "in_time_share": 1 / 3,
            "done_later": 1,
            "ordered": 1,
            "unfriended": 1,
            "neither": 0,
        }
        assert told["Alice"]["private_messages"]["arrived"] == 0


def test_channels_are_split_by_segment_inside_the_scope_of_who_asks(staff, operator_client, client):
    alice, bob = staff
    since = start_of(FIRST) + timedelta(hours=9)
    for number in range(6):
        member, state = (alice, "spring") if number < 4 else (bob, "autumn")
        person = rows.contact(first_followed_at=since)
        rows.follow(person, member, added_at=since, state=state)
        orders(*(order(person, FIRST + timedelta(days=each), 1_000) for each in range(number)))
    rebuild_facts()
    rebuild_metrics(now=NOW)
    measure(now=NOW)
    rule = {"all": [{"field": "order.count", "op": ">=", "value": 2}]}
    segment = create_segment(name="Twice", rule=rule, now=NOW)
    lead = build.operator(role=Role.LEAD, staff_userid=alice.userid)

    def won(part):
        found = source_sums(part, PERIOD, today=TODAY)
        return {state: (sums.won, sums.net_fen) for (state, _way), sums in found.items()}

    everybody = build.operator()
    (part,) = chosen_parts([segment.pk], everybody, now=NOW)
    assert won(whole(everybody)) == {"spring": (4, 6_000), "autumn": (2, 9_000)}
    assert won(part) == {"spring": (2, 5_000), "autumn": (2, 9_000)}
    assert won(whole(lead)) == {"spring": (4, 6_000)}
    assert won(chosen_parts([segment.pk], lead, now=NOW)[0]) == {"spring": (2, 5_000)}
    listed = overview(PERIOD, whom=ALL_CUSTOMERS, settings=value_settings(), today=TODAY)
    assert {row.source.state: row.figures.net_fen for row in listed.rows} == {
        "spring": 6_000,
        "autumn": 9_000,
    }
    row = ask_for(part=part.key, name=kept.SOURCES, period=PERIOD, now=NOW)
    assert work_out(answer_id=row.pk, now=NOW)
    large = Part(part.key, "", EVERYBODY, is_large=True, segment_id=segment.pk)
    assert kept.value_of(KeptAnswer.objects.get(pk=row.pk, part=large.key)) == source_sums(
        part, PERIOD, today=TODAY
    )
    query = f"from={FIRST}&to={TODAY}&segment={segment.pk}"
    page = operator_client.get(f"/channel-value/?{query}").content.decode()
    assert f"/channel-value/channel-segments.csv?{query.replace('&', '&amp;')}" in page
    client.force_login(lead)
    file = client.get(f"/channel-value/channel-segments.csv?{query}")
    text = b"".join(file.streaming_content).decode("utf-8-sig")
    assert "spring" in text
    assert "autumn" not in text
