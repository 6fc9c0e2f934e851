"""Fixing the audience: one pass that agrees with the dry run and with the pure rules."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from broadcasts.models import Batch, PolicySettings, Recipient
from broadcasts.selectors.dry_run import customers_with, dry_run
from broadcasts.services.audience import freeze
from contacts.models import ContactFacts, Department, Follow, Preference, Topic
from scrm.console.models import Role
from tests import build
from tests.broadcasts import rows
from tests.broadcasts.rows import NOW

pytestmark = pytest.mark.django_db


def verdict_on(person, broadcast):
    row = Recipient.objects.get(broadcast=broadcast, contact=person)
    return row.reason or row.state


def test_the_sender_is_the_active_staff_member_who_was_added_last():
    first, last, gone, idle = rows.staff(), rows.staff(), rows.staff(status=5), rows.staff()
    idle.is_following = False
    idle.save()
    person = rows.customer(first)
    for days, member in enumerate((last, gone, idle), start=1):
        Follow.objects.create(
            contact=person, staff=member, added_at=person.first_followed_at + timedelta(days=days)
        )
    spring = rows.frozen()
    assert Recipient.objects.get(broadcast=spring).staff == last


def test_each_reason_is_written_down():
    member = rows.staff()
    fine = rows.customer(member)
    lost = rows.customer(member, relation="lost", lost_at=NOW)
    alone = rows.customer()
    silent, paused, recent = (rows.customer(member) for _each in range(3))
    new = rows.customer(member, first_followed_at=NOW - timedelta(days=1))
    Preference.objects.create(contact=silent, is_do_not_contact=True, updated_at=NOW)
    Preference.objects.create(contact=paused, pause_until=NOW + timedelta(days=1), updated_at=NOW)
    rows.touch(recent, days_ago=2)
    busy = rows.customer(member)
    for days in (4, 5, 6, 7):
        rows.touch(busy, days_ago=days)
    spring = rows.frozen(touch_class="deep")
    assert {
        person: verdict_on(person, spring)
        for person in (fine, lost, alone, silent, paused, recent, busy, new)
    } == {
        fine: "chosen",
        lost: "not_friend",
        alone: "no_staff",
        silent: "do_not_contact",
        paused: "paused",
        recent: "gap",
        busy: "cap",
        new: "nurture",
    }
    assert (spring.chosen, spring.held_out, spring.excluded) == (1, 0, 7)


def test_last_months_touches_do_not_count_this_month():
    person = rows.customer(rows.staff())
    for days in (11, 12, 13, 14):  # February
        rows.touch(person, days_ago=days)
    assert verdict_on(person, rows.frozen()) == "chosen"


def test_a_service_message_goes_out_in_spite_of_caps_and_hold_out():
    person = rows.customer(rows.staff())
    for _each in range(5):
        rows.touch(person)
    service = rows.frozen(touch_class="service", holdout_percent=50)
    assert verdict_on(person, service) == "chosen"


def test_recipients_are_split_by_staff_into_batches_and_written_in_their_order(settings):
    settings.BROADCAST_BATCH_SIZE = 3
    members = [rows.staff(), rows.staff()]
    for place in range(11):
        rows.customer(members[place % 2])
    spring = rows.frozen()
    sizes = list(Batch.objects.order_by("pk").values_list("staff_id", "seq", "size"))
    one, two = members
    assert sizes == [(one.pk, 0, 3), (one.pk, 1, 3), (two.pk, 0, 3), (two.pk, 1, 2)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT batch_id FROM broadcasts_recipient ORDER BY ctid")
        written = [batch_id for (batch_id,) in cursor.fetchall()]
    assert written == sorted(written)
    for batch in Batch.objects.all():
        held = Recipient.objects.filter(batch=batch)
        assert held.count() == batch.size
        assert set(held.values_list("staff_id", flat=True)) == {batch.staff_id}
    assert spring.chosen == 11


def test_a_broadcast_nobody_is_left_for_is_over_at_once():
    rows.customer()
    spring = rows.frozen()
    assert (spring.state, spring.stop_reason, spring.excluded) == ("finished", "nobody", 1)


def test_the_dry_run_says_what_freezing_does():
    chance = random.Random(7)
    members = [rows.staff() for _each in range(3)]
    for _each in range(120):
        person = rows.customer(chance.choice([*members, None]))
        for days in chance.sample(range(9), chance.choice([0, 0, 1, 4])):
            rows.touch(person, days_ago=days)
    spring = rows.broadcast(holdout_percent=20)
    foreseen = dry_run(spring, now=NOW)
    assert not Recipient.objects.exists()
    frozen = freeze(broadcast_id=spring.pk, now=NOW)
    assert (foreseen.chosen, foreseen.held_out, foreseen.excluded) == (
        frozen.chosen,
        frozen.held_out,
        frozen.excluded,
    )
    assert min(frozen.chosen, frozen.held_out, frozen.excluded) > 0
    written = Counter(Recipient.objects.filter(state="excluded").values_list("reason", flat=True))
    assert {left.reason: left.count for left in foreseen.left_out} == written
    loads = {load.staff.pk: (load.recipients, load.batches) for load in foreseen.staff}
    assert loads == {batch.staff_id: (batch.size, 1) for batch in Batch.objects.all()}
    for left in foreseen.left_out:
        assert {verdict_on(person, frozen) for person in left.samples} == {left.reason}
        assert len(left.samples) == min(5, left.count)


def test_a_dry_run_judges_for_the_day_the_window_opens():
    person = rows.customer(rows.staff())
    rows.touch(person, days_ago=1)
    later = timedelta(days=2)
    soon = rows.broadcast()
    then = rows.broadcast(window_start=NOW + later, window_end=NOW + later + timedelta(hours=1))
    assert dry_run(soon, now=NOW).chosen == 0
    assert dry_run(then, now=NOW).chosen == 1


def test_a_dry_run_takes_three_queries_whatever_the_size():
    members = [rows.staff() for _each in range(3)]
    spring = rows.broadcast()
    for size in (3, 30):
        for place in range(size):
            rows.customer(members[place % 3])
        with CaptureQueriesContext(connection) as asked:
            dry_run(spring, now=NOW)
        # The settings, the senders, rivals, and three of its own.
        assert len(asked) == 6


def test_the_customers_behind_a_number_can_be_listed():
    member = rows.staff()
    fine, recent = rows.customer(member), rows.customer(member)
    rows.touch(recent)
    spring = rows.broadcast()
    assert customers_with(spring, "", now=NOW) == [fine]
    assert customers_with(spring, "gap", now=NOW) == [recent]


def test_two_broadcasts_side_by_side_do_not_take_the_same_customer():
    person = rows.customer(rows.staff())
    first, second = rows.broadcast(), rows.broadcast()
    freeze(broadcast_id=first.pk, now=NOW)
    freeze(broadcast_id=second.pk, now=NOW)
    assert verdict_on(person, first) == "chosen"
    assert verdict_on(person, second) == "conflict"


def test_promises_count_against_the_cap():
    PolicySettings.objects.create(pk=1, gap_days=0, monthly_cap=2)
    person = rows.customer(rows.staff())
    rows.touch(person)
    verdicts = [verdict_on(person, rows.frozen()) for _each in range(3)]
    assert verdicts == ["chosen", "cap", "cap"]


def test_a_promise_ends_with_its_batch():
    PolicySettings.objects.create(pk=1, gap_days=0, monthly_cap=1)
    person = rows.customer(rows.staff())
    rows.frozen()
    Batch.objects.update(state="cancelled", is_final=True)
    assert verdict_on(person, rows.frozen()) == "chosen"


def test_a_lead_reaches_only_her_own_customers():
    own, foreign = rows.staff(department_wecom_ids=[2]), rows.staff(department_wecom_ids=[3])
    Department.objects.create(wecom_id=2, name="Shop")
    lead = build.operator(role=Role.LEAD, staff_userid=own.userid)
    mine = rows.customer(own)
    # Somebody else's staff added her later, but is not the lead's to ask.
    Follow.objects.create(contact=mine, staff=foreign, added_at=NOW)
    rows.customer(foreign)
    spring = rows.frozen(created_by=lead)
    (row,) = Recipient.objects.all()
    assert (row.contact, row.staff) == (mine, own)
    assert spring.chosen == 1


# --- which of two scheduled broadcasts keeps a customer -----------------------------------------


def test_the_better_priority_keeps_the_customer_though_its_window_opens_later():
    person = rows.customer(rows.staff())
    tomorrow = timedelta(days=1)
    later = {"window_start": NOW + tomorrow, "window_end": NOW + tomorrow + timedelta(hours=1)}
    first, better = rows.broadcast(), rows.broadcast(priority=2, **later)
    assert [left.reason for left in dry_run(first, now=NOW).left_out] == ["priority"]
    freeze(broadcast_id=first.pk, now=NOW)
    freeze(broadcast_id=better.pk, now=NOW + tomorrow)
    assert (verdict_on(person, first), verdict_on(person, better)) == ("priority", "chosen")


def test_a_rival_only_keeps_whom_it_picks_and_wants():
    member = rows.staff()
    gone, deaf, kept = (rows.customer(member) for _each in range(3))
    topic = Topic.objects.create(name="News")
    Preference.objects.create(contact=deaf, topics_off=[topic.pk], updated_at=NOW)
    rival = rows.broadcast(
        priority=1,
        topic=topic,
        without=[{"segment": 1, "version": 1, "rule": only(gone)}],
    )
    spring = rows.frozen()
    reasons = {person: verdict_on(person, spring) for person in (gone, deaf, kept)}
    assert reasons == {gone: "chosen", deaf: "chosen", kept: "priority"}
    freeze(broadcast_id=rival.pk, now=NOW)
    assert verdict_on(kept, rival) == "chosen"
    assert verdict_on(deaf, rival) == "topic"
    assert not Recipient.objects.filter(broadcast=rival, contact=gone).exists()


@pytest.mark.parametrize(
    "rival",
    [
        {"priority": 6},
        {"priority": 1, "touch_class": "service"},
        {"priority": 1, "state": "draft", "scheduled_at": None},
        {
            "priority": 1,
            "window_start": NOW + timedelta(days=3),
            "window_end": NOW + timedelta(days=3, hours=1),
        },
    ],
)
def test_what_comes_later_owes_nothing_or_is_far_enough_away_is_no_rival(rival):
    person = rows.customer(rows.staff())
    rows.broadcast(**rival)
    assert verdict_on(person, rows.frozen()) == "chosen"


def test_named_senders_are_the_only_ones_asked():
    asked, other = rows.staff(), rows.staff()
    mine, theirs = rows.customer(asked), rows.customer(other)
    spring = rows.frozen(senders=[asked.pk])
    assert (verdict_on(mine, spring), verdict_on(theirs, spring)) == ("chosen", "no_staff")


def only(person):
    ContactFacts.objects.filter(pk=person.pk).update(bucket=77)
    return {"field": "contact.bucket", "op": "=", "value": 77}
