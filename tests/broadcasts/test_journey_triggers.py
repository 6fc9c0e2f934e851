"""What starts journeys: each log read once, memberships compared, days looked at."""

from __future__ import annotations

from datetime import timedelta

import pytest

from broadcasts.models import JourneyMember, JourneyRun
from broadcasts.models.broadcast import IllegalMove
from broadcasts.services import journey_enrolments, journey_feeds, journeys
from broadcasts.services.journey_compare import compare_due, look_at_dates
from broadcasts.services.journey_runs import advance_due
from contacts.models import (
    ContactEvent,
    LifecycleTransition,
    Order,
    OrderItem,
    Product,
    ProfileField,
    StageReader,
)
from contacts.services.orders import match_waiting_orders
from groups.models import GroupChat, GroupSegment
from groups.services.group_facts import refresh_group_facts
from tests.broadcasts.journey_rows import internal_tag, journey, task, wait
from tests.broadcasts.rows import customer, segment
from tests.build import operator
from tests.contacts import rows
from tests.contacts.rows import NOW, staff
from tests.waiting import until

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SOON = NOW + timedelta(minutes=1)


def event(person, kind, *, at=SOON, **details):
    return ContactEvent.objects.create(contact=person, kind=kind, at=at, details=details)


def seen():
    """What was written to the logs was read; the readers wait for whoever else still writes."""
    for name, log in (
        (journey_feeds.EVENTS, ContactEvent),
        (journey_feeds.ORDERS, Order),
        (journey_feeds.STAGES, LifecycleTransition),
    ):
        reader = StageReader.objects.get(name=name)
        place = (reader.txid, reader.last_id)
        if any((row.txid, row.pk) > place for row in log.objects.all()):
            return False
    return True


def read(now=SOON):
    def caught_up():
        journey_feeds.read_feeds(now=now)
        return seen()

    until(caught_up, what="the logs to be read")


def begun(walked):
    return sorted(walked.runs.exclude(state="refused").values_list("contact_id", flat=True))


@pytest.mark.django_db(transaction=True)
class TestLogs:
    """One database for real: readers only see what has been committed."""

    def test_each_event_starts_the_journeys_that_wait_for_it_and_no_others(self):
        member, other = staff(), staff()
        tag = internal_tag()
        product = Product.objects.create(sku="tea", name="Tea")
        group = GroupChat.objects.create(
            chat_id="c1", name="Tea", owner=member, owner_userid=member.userid, created_at=NOW
        )
        triggers = {
            "new_friend": {"kind": "new_friend"},
            "channel": {"kind": "channel", "states": ["fair"]},
            "tag": {"kind": "tag_added", "tags": [tag.pk]},
            "stage": {"kind": "stage", "to": ["silent"], "from": ["repeat"]},
            "order": {"kind": "order_paid", "products": [product.pk]},
            "after": {"kind": "after_order", "days": 3, "at": "10:00"},
            "joined": {"kind": "joined_group", "groups": [group.pk]},
            "day": {"kind": "group_day", "day": 2, "at": "09:00"},
        }
        found = {name: journey(wait(), trigger=one) for name, one in triggers.items()}
        asleep = journey(wait(), trigger={"kind": "new_friend"})
        journeys.pause(journey=asleep, operator=operator(), now=NOW)

        people = [customer(member) for _number in range(6)]
        came, by_fair, tagged, silent, buyer, joiner = people
        event(came, "followed", staff_id=member.pk)
        event(came, "followed", at=NOW - DAY, staff_id=member.pk)  # from before it was published
        rows.follow(by_fair, other, state="fair")
        event(by_fair, "followed", staff_id=other.pk)
        event(tagged, "tagged", tags=[tag.name, "Other"])
        event(came, "tagged", tags=[tag.name])  # another tag of this name
        tagged.facts.tag_ids = [tag.pk]
        tagged.facts.save()
        for before, to in (("repeat", "silent"), ("first", "silent"), ("repeat", "lost")):
            LifecycleTransition.objects.create(
                contact=silent, from_stage=before, to_stage=to, at=SOON, reason="gap"
            )
        bought = rows.order(buyer, paid_at=SOON)
        OrderItem.objects.create(order=bought, product=product)
        rows.order(buyer, paid_at=SOON)
        rows.order(buyer, paid_at=NOW - 30 * DAY)  # an old one, imported late
        event(joiner, "joined_group", group_id=group.pk)
        event(came, "joined_group", group_id=group.pk + 1)

        for _again in range(2):
            read()
        assert {name: begun(one) for name, one in found.items()} == {
            "new_friend": sorted([came.pk, by_fair.pk]),
            "channel": [by_fair.pk],
            "tag": [tagged.pk],
            "stage": [silent.pk],
            "order": [buyer.pk],
            "after": [buyer.pk, buyer.pk],
            "joined": [joiner.pk],
            "day": sorted([joiner.pk, came.pk]),
        }
        assert not asleep.runs.exists()
        after = found["after"].runs.first()
        assert after.due_at == NOW.replace(hour=2) + 3 * DAY  # 10:00 in Shanghai
        day = found["day"].runs.get(contact=joiner)
        assert (day.due_at, day.group) == (NOW.replace(hour=1) + DAY, group)

    def test_an_order_starts_its_journey_when_its_buyer_is_found_and_once(self):
        walked = journey(wait(), trigger={"kind": "order_paid"})
        person = customer(staff(), unionid="u-1")
        rows.order(None, paid_at=SOON, buyer_unionid="u-1")
        read()
        assert begun(walked) == []
        match_waiting_orders(now=SOON)
        read()
        Order.objects.update(refunded_fen=1)
        read()
        assert begun(walked) == [person.pk]

    def test_those_who_order_or_leave_go_out_at_once(self):
        member = staff()
        walked = journey(
            wait(days=30),
            trigger={"kind": "new_friend"},
            exits=[{"kind": "ordered"}, {"kind": "unfriended"}],
        )
        buyer, leaver, stays = (customer(member) for _number in range(3))
        for person in (buyer, leaver, stays):
            event(person, "followed", staff_id=member.pk)
        read()
        advance_due(now=SOON)
        rows.order(buyer, paid_at=SOON + HOUR)
        rows.order(stays, paid_at=NOW - DAY)
        leaver.facts.relation = "lost"
        leaver.facts.save()
        event(leaver, "unfollowed", at=SOON + HOUR)
        read(SOON + HOUR)
        found = dict(walked.runs.values_list("contact_id", "reason"))
        assert found == {buyer.pk: "ordered", leaver.pk: "unfriended", stays.pk: ""}

    def test_what_a_reader_began_and_could_not_finish_comes_again(self):
        walked = journey(wait(), trigger={"kind": "new_friend"})
        person = customer(staff())
        event(person, "followed")
        place = StageReader.objects.get(name=journey_feeds.EVENTS)
        read()
        assert begun(walked) == [person.pk]
        # As after a restore of the reader alone: the event is known by its key.
        StageReader.objects.filter(pk=place.pk).update(txid=place.txid, last_id=place.last_id)
        read()
        assert begun(walked) == [person.pk]


@pytest.mark.django_db
def test_coming_into_a_segment_and_leaving_it_starts_journeys_and_being_in_it_does_not():
    silent = segment({"field": "stage", "op": "in", "value": ["silent"]})
    inside, outside = customer(staff()), customer(staff())
    inside.facts.stage = "silent"
    inside.facts.save()
    comes = journey(wait(), trigger={"kind": "segment_entered", "segment": silent.pk})
    goes = journey(wait(), trigger={"kind": "segment_left", "segment": silent.pk})
    assert JourneyMember.objects.count() == 2
    assert compare_due(now=NOW) == 0
    inside.facts.stage, outside.facts.stage = "first", "silent"
    inside.facts.save()
    outside.facts.save()
    assert compare_due(now=NOW + timedelta(minutes=5)) == 0  # not yet its turn
    for turn in (1, 2):
        compare_due(now=NOW + turn * HOUR)
    assert (begun(comes), begun(goes)) == ([outside.pk], [inside.pk])

    outside.facts.stage = "first"
    outside.facts.save()
    compare_due(now=NOW + 3 * HOUR)
    outside.facts.stage = "silent"
    outside.facts.save()
    compare_due(now=NOW + 4 * HOUR)
    assert begun(comes) == [outside.pk, outside.pk]  # it did so twice


@pytest.mark.django_db
def test_new_groups_start_journeys_and_groups_that_were_there_do_not():
    member = staff()
    chat = {"owner": member, "owner_userid": member.userid}
    GroupChat.objects.create(chat_id="old", created_at=NOW - DAY, **chat)
    opened = journey(wait(), subject="group", trigger={"kind": "group_opened"})
    third = journey(wait(), subject="group", trigger={"kind": "group_day", "day": 3, "at": "10:00"})
    new = GroupChat.objects.create(chat_id="new", created_at=SOON, **chat)
    found_late = GroupChat.objects.create(chat_id="late", created_at=NOW - 9 * DAY, **chat)
    compare_due(now=NOW + HOUR)
    compare_due(now=NOW + 2 * HOUR)
    assert [run.group for run in opened.runs.all()] == [new]
    (run,) = third.runs.all()
    assert (run.group, run.due_at) == (new, NOW.replace(hour=2) + 2 * DAY)
    assert found_late.pk


@pytest.mark.django_db
def test_birthdays_start_journeys_on_their_day_and_missed_days_are_made_up_for():
    ProfileField.objects.create(key="birthday", label="Birthday", kind="date", created_at=NOW)

    def born(day):
        return customer(staff(), profile={"birthday": {"value": day, "source": "form"}})

    soon, later, leap = born("1990-03-12"), born("1985-03-14"), born("2000-02-29")
    walked = journey(
        wait(),
        trigger={"kind": "date_field", "field": "birthday", "days_before": 1, "at": "09:00"},
    )
    look_at_dates(now=NOW)
    assert begun(walked) == []
    for _again in range(2):
        look_at_dates(now=NOW + 3 * DAY)
    assert begun(walked) == sorted([soon.pk, later.pk])
    assert walked.runs.get(contact=soon).due_at == NOW.replace(hour=1) + DAY
    look_at_dates(now=NOW.replace(year=2027, month=2, day=26))
    look_at_dates(now=NOW.replace(year=2027, month=2, day=27))
    assert walked.runs.filter(contact=leap).count() == 1


@pytest.mark.django_db
def test_a_segment_is_enrolled_by_hand_with_progress():
    people = [customer(staff()) for _number in range(3)]
    walked, boss = journey(wait(), trigger={"kind": "manual"}), operator()
    order = {"journey": walked, "segment": segment(), "operator": boss, "now": NOW}
    enrolment = journey_enrolments.enrol(**order)
    journey_enrolments.work_enrolments(now=NOW)
    journey_enrolments.work_enrolments(now=NOW)
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.total) == ("running", 3)
    advance_due(now=NOW)
    journey_enrolments.work_enrolments(now=NOW)
    enrolment.refresh_from_db()
    assert enrolment.state == "done"
    assert begun(walked) == sorted(person.pk for person in people)

    again = journey_enrolments.enrol(**order)
    journey_enrolments.work_enrolments(now=NOW)
    assert journey_enrolments.cancel_enrolment(enrolment=again, operator=boss, now=NOW)
    assert again.runs.filter(state="refused", reason="cancelled").count() == 3
    journeys.pause(journey=walked, operator=boss, now=NOW)
    with pytest.raises(IllegalMove):
        journey_enrolments.enrol(**{**order, "journey": walked})


@pytest.mark.django_db
def test_an_enrolment_takes_the_customers_its_operator_may_see():
    mine, hers = staff(userid="me"), staff()
    own = customer(mine)
    customer(hers)
    walked = journey(task(), trigger={"kind": "manual"})
    clerk = operator(role="staff", staff_userid="me")
    journey_enrolments.enrol(journey=walked, segment=segment(), operator=clerk, now=NOW)
    journey_enrolments.work_enrolments(now=NOW)
    assert begun(walked) == [own.pk]


@pytest.mark.django_db
def test_groups_are_enrolled_by_a_group_segment():
    member = staff()
    group = GroupChat.objects.create(
        chat_id="c", name="Tea", owner=member, owner_userid=member.userid, created_at=NOW
    )
    refresh_group_facts(group_ids=[group.pk])
    walked = journey(wait(), subject="group", trigger={"kind": "manual"})
    chosen = GroupSegment.objects.create(
        name="All", rule={"all": []}, created_at=NOW, updated_at=NOW
    )
    journey_enrolments.enrol(journey=walked, segment=chosen, operator=operator(), now=NOW)
    journey_enrolments.work_enrolments(now=NOW)
    advance_due(now=NOW)
    (run,) = walked.runs.all()
    assert (run.group, run.contact, run.state) == (group, None, "running")
    GroupChat.objects.update(dismissed_at=NOW)
    advance_due(now=NOW + DAY)
    assert JourneyRun.objects.get().reason == "dismissed"
