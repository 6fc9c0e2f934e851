"""The page of one customer: profile, timeline, preferences."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import translation

from broadcasts.models import Touch, WelcomeDelivery
from contacts.models import ContactEvent, ContactTag, FollowTag, Order, Preference, Tag, TagGroup
from contacts.selectors.profiles import profile
from contacts.selectors.timeline import Source, register, timeline
from contacts.services.facts import refresh_facts
from contacts.services.lifecycle import apply_lifecycle
from contacts.services.notes import write_note
from contacts.services.preferences import pause_messages, set_do_not_contact
from contacts.services.profile_fields import create_profile_field
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def person():
    """A customer with two friends, tags of both kinds, orders and a preference."""
    someone = rows.contact(phone="13800001111")
    living = rows.follow(someone, rows.staff(name="Wang"), remark="Ms A")
    ended = rows.follow(someone, rows.staff(name="Li"), status="by_contact", ended_at=NOW)
    level = TagGroup.objects.create(name="Level", group_id="g1", order=2)
    house = TagGroup.objects.create(name="House", kind="internal", order=1)
    gold = Tag.objects.create(tag_id="t1", group=level, name="gold")
    gone = Tag.objects.create(tag_id="t2", group=level, name="old", is_gone=True)
    tea = Tag.objects.create(group=house, name="tea", kind="internal")
    for tag in (gold, gone):
        FollowTag.objects.create(follow=living, tag=tag)
    FollowTag.objects.create(
        follow=ended, tag=Tag.objects.create(tag_id="t3", group=level, name="x")
    )
    ContactTag.objects.create(contact=someone, tag=tea, at=NOW)
    rows.order(someone, days_ago=3)
    refresh_facts(contact_ids=[someone.pk])
    apply_lifecycle(now=NOW)
    return someone


def test_a_profile_shows_living_things_first_and_hides_gone_ones(person):
    shown = profile(person.pk, now=NOW)
    assert [follow.staff.name for follow in shown.follows] == ["Wang", "Li"]
    assert [(shelf.group, [tag.name for tag in shelf.tags]) for shelf in shown.shelves] == [
        ("Level", ["gold"]),
        ("House", ["tea"]),
    ]
    assert shown.phone == "138****1111"
    assert "3" in shown.stage_why
    assert person.facts.tag_ids == sorted(tag.pk for s in shown.shelves for tag in s.tags)


def test_a_tag_names_the_staff_on_whose_relation_it_hangs(person):
    shelves = profile(person.pk, now=NOW).shelves
    assert [mark.staff for shelf in shelves for mark in shelf.marks] == [["Wang"], []]
    assert [mark.is_internal for shelf in shelves for mark in shelf.marks] == [False, True]


def test_a_profile_needs_six_queries_however_much_there_is(person, django_assert_num_queries):
    for number in range(5):
        rows.follow(person, rows.staff())
        create_profile_field(label=f"F{number}", kind="text", operator=build.operator(), now=NOW)
    with django_assert_num_queries(6):
        profile(person.pk, now=NOW)


def test_the_timeline_merges_sources_and_loses_nothing_between_pages(person):
    for minutes in (0, 0, 0, 5, 5):  # several things at one moment
        at = NOW - timedelta(minutes=minutes)
        ContactEvent.objects.create(contact=person, kind="tagged", at=at, details={"tags": ["a"]})
        rows.order(person, paid_at=at)
    whole = timeline(person.pk, limit=100)
    assert whole.older == ""
    assert len(whole.entries) == 12  # five events, six orders, one stage
    assert [entry.key for entry in whole.entries] == sorted(
        (entry.key for entry in whole.entries), reverse=True
    )
    paged, before = [], ""
    while True:
        page = timeline(person.pk, before=before, limit=2)
        paged += page.entries
        before = page.older
        if not before:
            break
    assert paged == whole.entries


def test_a_strange_cursor_begins_at_the_beginning(person):
    assert timeline(person.pk, before="x~y").entries == timeline(person.pk).entries


def test_a_timeline_page_needs_a_fixed_number_of_queries(
    person, operator, django_assert_num_queries
):
    for days in range(20):
        rows.order(person, days_ago=days)
        write_note(contact_id=person.pk, text=f"note {days}", operator=operator, now=NOW)
        touch(person, days_ago=days)
    # One for each of the eight sources, lines of orders, thresholds.
    with django_assert_num_queries(10):
        timeline(person.pk)


def test_a_timeline_can_be_narrowed_to_one_topic(person, operator):
    write_note(contact_id=person.pk, text="likes tea", operator=operator, now=NOW)
    touch(person)
    ContactEvent.objects.create(contact=person, kind="tagged", at=NOW, details={"tags": ["a"]})
    for topic, kinds in {
        "notes": {"note"},
        "touches": {"touch"},
        "tags": {"tagged"},
        "orders": {"order"},
        "stages": {"stage"},
        "groups": set(),
    }.items():
        assert {entry.kind for entry in timeline(person.pk, topic=topic).entries} == kinds
    everything = timeline(person.pk).entries
    assert timeline(person.pk, topic="nonsense").entries == everything


def test_a_topic_is_kept_from_page_to_page(person, operator):
    for number in range(5):
        write_note(contact_id=person.pk, text=f"note {number}", operator=operator, now=NOW)
    first = timeline(person.pk, topic="notes", limit=3)
    rest = timeline(person.pk, topic="notes", limit=3, before=first.older)
    assert [len(first.entries), len(rest.entries), rest.older] == [3, 2, ""]


def test_a_missed_welcome_stands_in_the_timeline(person):
    WelcomeDelivery.objects.create(
        digest="0" * 64,
        external_userid=person.external_userid,
        userid="wang",
        state="missed",
        reason="late",
        received_at=NOW,
        claimed_at=NOW,
        finished_at=NOW,
    )
    (entry,) = timeline(person.pk, topic="touches").entries
    assert (entry.kind, entry.tone) == ("welcome_missed", "red")
    assert "20" in entry.details


def test_a_first_stage_from_old_orders_says_that_it_was_worked_out_late():
    person = rows.contact(first_followed_at=NOW - timedelta(days=400))
    rows.follow(person, rows.staff())
    rows.order(person, days_ago=70)
    refresh_facts(contact_ids=[person.pk])
    apply_lifecycle(now=NOW)
    with translation.override("en"):
        (entry,) = timeline(person.pk, topic="stages").entries
    assert "first worked out" in entry.title
    assert "70 days" in entry.details


def test_a_stage_that_changed_on_its_day_says_from_what_to_what():
    person = rows.contact()
    rows.follow(person, rows.staff())
    rows.order(person, days_ago=0)
    refresh_facts(contact_ids=[person.pk])
    apply_lifecycle(now=NOW)
    rows.order(person, paid_at=NOW + timedelta(days=5))
    refresh_facts(contact_ids=[person.pk])
    apply_lifecycle(now=NOW + timedelta(days=5))
    with translation.override("en"):
        later, first = timeline(person.pk, topic="stages").entries
    assert first.title == "Stage: New → First order"
    assert later.title == "Stage: First order → Repeat"
    assert "0 days" in later.details


def test_a_source_cannot_be_registered_twice():
    with pytest.raises(ValueError, match="twice"):
        register(Source("order", Order.objects.filter, "paid_at", list, {}))


def touch(person, *, days_ago=0, **overrides):
    return Touch.objects.create(
        **{
            "contact": person,
            "channel": "private",
            "touch_class": "light",
            "at": NOW - timedelta(days=days_ago),
            **overrides,
        }
    )


def test_do_not_contact_reaches_facts_timeline_and_log(person, operator):
    for _ in range(2):
        set_do_not_contact(
            contact_id=person.pk,
            is_do_not_contact=True,
            source="console",
            operator=operator,
            now=NOW,
        )
    person.facts.refresh_from_db()
    assert person.facts.is_do_not_contact
    assert ContactEvent.objects.filter(kind="preference").count() == 1
    assert AuditEntry.objects.get().action == "preference.do_not_contact"


def test_a_pause_ends_in_the_future_and_can_be_ended(person, operator):
    given = {"contact_id": person.pk, "source": "h5", "operator": None, "now": NOW}
    with pytest.raises(InvalidInput):
        pause_messages(until=NOW, **given)
    pause_messages(until=NOW + timedelta(days=30), **given)
    person.facts.refresh_from_db()
    assert person.facts.pause_until == NOW + timedelta(days=30)
    pause_messages(until=None, **given)
    assert Preference.objects.get().pause_until is None
