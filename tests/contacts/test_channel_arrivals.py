"""Who comes by a channel: told by callback, tagged, remarked, described, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from contacts.models import Channel, ChannelArrival, ContactEvent, ContactTag, Follow
from contacts.services.channel_arrivals import greet_again, greet_arrivals, note_arrivals
from contacts.services.channels import name_channel
from tests.contacts import rows
from tests.contacts.channel_rows import draft, made, named, serving
from tests.contacts.events import contact_event, deliver
from tests.contacts.tag_rows import corp_tags, internal

pytestmark = pytest.mark.django_db

MARK, REMARK = "externalcontact/mark_tag", "externalcontact/remark"


def greet(after=timedelta()):
    now = timezone.now() + after
    return greet_arrivals(clock=lambda: now, until=now + timedelta(seconds=1))


@pytest.fixture
def counter(corp):
    """A code that tags, remarks and describes; the corp's clock runs with ours."""
    serving(corp, "wang")
    (gold,) = corp_tags(corp, "gold")
    mine = internal("walk-in")
    return made(tag_ids=[gold.pk, mine.pk], remark_prefix="Shop-", note="Met at the counter")


def scan(corp, channel, name="Anna"):
    """A customer scans the code; WeCom's event about it comes."""
    person = corp.state.add_contact(name=name)
    userid = corp.state.scan_contact_way(channel.config_id, person)
    event = contact_event("add_external_contact", userid, person, corp.state.clock.now())
    deliver(event, now=timezone.now())
    return person


def in_wecom(corp, person):
    [follow] = corp.state.followers_of(person)
    return follow.remark, follow.description, len(follow.tag_ids)


def test_a_scan_leads_to_tags_remark_and_description(corp, counter):
    person = scan(corp, counter)
    assert Follow.objects.get().state == counter.state
    assert greet() == 1
    assert in_wecom(corp, person) == ("Shop-Anna", "Met at the counter", 1)
    follow = Follow.objects.get()
    assert (follow.remark, follow.description) == ("Shop-Anna", "Met at the counter")
    assert follow.contact.facts.tag_ids == sorted(counter.tags.values_list("pk", flat=True))
    assert ContactTag.objects.count() == 1
    kinds = set(ContactEvent.objects.values_list("kind", flat=True))
    assert {"followed", "tagged", "remarked"} <= kinds
    assert greet() == 0


def test_an_event_that_comes_twice_greets_once(corp, counter):
    person = scan(corp, counter)
    event = contact_event("add_external_contact", "wang", person, corp.state.clock.now())
    deliver(event, now=timezone.now())
    note_arrivals(now=timezone.now())
    assert greet() == 1
    assert ChannelArrival.objects.count() == 1


def test_what_staff_wrote_stands(corp, counter):
    person = scan(corp, counter)
    Follow.objects.update(remark="Anna from school")
    greet()
    assert Follow.objects.get().remark == "Anna from school"
    assert in_wecom(corp, person)[1:] == ("Met at the counter", 1)


def test_a_failing_api_is_tried_again_and_nothing_is_done_twice(corp, counter):
    person = scan(corp, counter)
    corp.state.faults.add(path=MARK, kind="drop_after")
    assert greet() == 0
    arrival = ChannelArrival.objects.get()
    assert (arrival.state, arrival.tries) == ("waiting", 1)
    assert greet(timedelta(minutes=3)) == 1
    assert in_wecom(corp, person)[2] == 1
    assert ContactEvent.objects.filter(kind="remarked").count() == 1


def test_what_cannot_be_done_is_listed_and_tried_again_by_hand(corp, counter, operator):
    scan(corp, counter)
    corp.state.faults.add(path=REMARK, kind="errcode", value=40068)
    greet()
    arrival = ChannelArrival.objects.get()
    assert arrival.state == "failed"
    assert "40068" in arrival.problem
    assert greet_again(channel_id=counter.pk, operator=operator, now=timezone.now()) == 1
    assert greet(timedelta(seconds=1)) == 1


def test_somebody_who_has_gone_is_left_alone(corp, counter):
    person = scan(corp, counter)
    Follow.objects.update(status="by_contact", ended_at=timezone.now())
    greet()
    assert ChannelArrival.objects.get().state == "failed"
    assert in_wecom(corp, person)[2] == 0


def test_only_who_comes_after_a_channel_greets_is_greeted(db):
    now = timezone.now()
    channel = named(greets_since=now)
    member = rows.staff()
    for added_at in (now - timedelta(hours=1), now + timedelta(minutes=1)):
        rows.follow(rows.contact(), member, state="poster", added_at=added_at)
    rows.follow(rows.contact(), member, state="other", added_at=now)
    assert note_arrivals(now=now) == 1
    assert ChannelArrival.objects.get().channel == channel


def test_who_comes_again_is_greeted_again(db):
    now = timezone.now()
    named(greets_since=now - timedelta(days=1))
    follow = rows.follow(rows.contact(), rows.staff(), state="poster", added_at=now)
    assert note_arrivals(now=now) == 1
    assert note_arrivals(now=now) == 0
    Follow.objects.filter(pk=follow.pk).update(added_at=now + timedelta(hours=1))
    assert note_arrivals(now=now) == 1


def test_a_state_made_elsewhere_gets_a_name_and_may_greet(corp, operator):
    rows.follow(rows.contact(), rows.staff(), state="poster")
    mine = internal("poster people")
    channel = name_channel(
        state="poster", draft=draft(tag_ids=[mine.pk]), operator=operator, now=timezone.now()
    )
    assert (channel.kind, channel.status, channel.greets_since is not None) == (
        "named",
        "live",
        True,
    )
    assert Channel.objects.count() == 1
