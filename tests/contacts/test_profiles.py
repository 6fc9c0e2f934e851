"""The page of one customer: profile, timeline, preferences."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contacts.models import ContactEvent, ContactTag, FollowTag, Preference, Tag, TagGroup
from contacts.selectors.profiles import profile
from contacts.selectors.timeline import timeline
from contacts.services.facts import refresh_facts
from contacts.services.lifecycle import apply_lifecycle
from contacts.services.preferences import pause_messages, set_do_not_contact
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
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


def test_a_profile_shows_living_things_first_and_hides_gone_ones(person, operator):
    shown = profile(person.pk, operator=operator, now=NOW)
    assert [follow.staff.name for follow in shown.follows] == ["Wang", "Li"]
    assert [(shelf.group, [tag.name for tag in shelf.tags]) for shelf in shown.shelves] == [
        ("Level", ["gold"]),
        ("House", ["tea"]),
    ]
    assert shown.phone == "13800001111"
    assert "3" in shown.stage_why
    assert person.facts.tag_ids == sorted(tag.pk for s in shown.shelves for tag in s.tags)


def test_a_role_without_the_right_sees_a_masked_phone(person):
    analyst = build.operator(role=Role.ANALYST)
    assert profile(person.pk, operator=analyst, now=NOW).phone == "138****1111"


def test_a_profile_needs_five_queries_however_much_there_is(
    person, operator, django_assert_num_queries
):
    for _ in range(5):
        rows.follow(person, rows.staff())
    with django_assert_num_queries(5):
        profile(person.pk, operator=operator, now=NOW)


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


def test_a_timeline_page_needs_a_fixed_number_of_queries(person, django_assert_num_queries):
    for days in range(20):
        rows.order(person, days_ago=days)
    with django_assert_num_queries(4):
        timeline(person.pk)


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
