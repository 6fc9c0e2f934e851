"""What happens to groups as a whole is kept, and their facts and days follow every change."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from contacts.services.facts import refresh_facts
from contacts.services.sync.runs import start_run, walk
from groups.models import GroupChat, GroupDay, GroupEvent, GroupFacts
from groups.services.group_facts import rebuild_group_facts
from scrm.segments.days import business_day
from tests.contacts import events as callbacks
from tests.contacts import rows
from tests.contacts.events import xml
from tests.groups.test_groups import chat, join, leave, update  # noqa: F401 - `chat` is a fixture

pytestmark = pytest.mark.django_db


def a_sync():
    run = start_run(is_full=True, now=timezone.now())
    return walk(run_id=run.pk, clock=timezone.now)


def deliver(body):
    callbacks.deliver(body, now=timezone.now())


def facts():
    found = GroupFacts.objects.get(group__chat_id="wr1")
    return found.size, found.staff, found.customers


def today():
    day = GroupDay.objects.filter(group__chat_id="wr1").order_by("-day").first()
    return day.joins, day.leaves


def events():
    return list(GroupEvent.objects.order_by("pk").values_list("kind", "before", "after"))


def test_facts_and_days_follow_joins_and_leaves(chat):  # noqa: F811
    a_sync()
    assert facts() == (3, 1, 1)
    joins, leaves = today()
    deliver(join(chat, "wm2"))
    assert (facts(), today()) == ((4, 1, 2), (joins + 1, leaves))
    deliver(leave(chat, "wm1"))
    assert (facts(), today()) == ((3, 1, 1), (joins + 1, leaves + 1))


def test_an_event_that_comes_twice_is_counted_once(chat):  # noqa: F811
    a_sync()
    told = join(chat, "wm2")
    deliver(told)
    before = (facts(), today())
    deliver(told)
    assert (facts(), today()) == before


def test_whoever_comes_back_joined_twice(chat):  # noqa: F811
    a_sync()
    joins, leaves = today()
    for told in (join(chat, "wm2"), leave(chat, "wm2"), join(chat, "wm2")):
        deliver(told)
    assert today() == (joins + 2, leaves + 1)


def test_facts_kept_by_events_equal_those_counted_anew(chat):  # noqa: F811
    a_sync()
    for told in (join(chat, "wm2"), leave(chat, "wm1"), leave(chat, "wm3")):
        deliver(told)
    kept = GroupFacts.objects.values().get()
    GroupFacts.objects.all().delete()
    rebuild_group_facts()
    assert GroupFacts.objects.values().get() == kept


def test_a_stranger_who_becomes_a_customer_counts_as_one(chat):  # noqa: F811
    a_sync()
    person = rows.contact(external_userid="wm3x")
    member = GroupChat.objects.get().members.get(member_id="wm3")
    type(member).objects.filter(pk=member.pk).update(member_id="wm3x")
    refresh_facts(contact_ids=[person.pk])
    assert facts() == (3, 1, 2)


def test_a_new_owner_found_by_a_sync_is_history(chat):  # noqa: F811
    a_sync()
    chat.state.add_staff("li", "Li")
    chat.state.change_group("wr1", owner="li")
    a_sync()
    assert events() == [("owner", "wang", "li")]
    assert GroupChat.objects.get().owner.userid == "li"


def test_a_new_owner_and_name_told_by_events_are_history(chat):  # noqa: F811
    a_sync()
    chat.state.add_staff("li", "Li")
    chat.state.change_group("wr1", owner="li", name="Coffee lovers")
    told = update(chat.state.clock.now(), UpdateDetail="change_owner")
    deliver(told)
    assert sorted(events()) == [("name", "Tea lovers", "Coffee lovers"), ("owner", "wang", "li")]


def test_a_dismissed_group_is_history_once(chat):  # noqa: F811
    a_sync()
    told = xml("change_external_chat", "dismiss", chat.state.clock.now(), ChatId="wr1")
    deliver(told)
    deliver(told)
    assert events() == [("dismissed", "", "")]


def test_a_group_that_was_missed_for_a_while_is_there_again(chat):  # noqa: F811
    a_sync()
    GroupChat.objects.update(dismissed_at=timezone.now())
    a_sync()
    assert events() == [("back", "", "")]
    assert GroupChat.objects.get().dismissed_at is None


def test_history_is_neither_changed_nor_removed():
    owner = rows.staff()
    group = GroupChat.objects.create(
        chat_id="wr", owner=owner, owner_userid=owner.userid, created_at=timezone.now()
    )
    GroupEvent.objects.create(group=group, kind="dismissed", at=timezone.now())
    for change in (
        lambda: GroupEvent.objects.update(before="x"),
        lambda: GroupEvent.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


def test_joins_of_the_first_sync_stand_on_the_days_they_happened(chat):  # noqa: F811
    a_sync()
    joined = GroupChat.objects.get().members.values_list("joined_at", flat=True)
    assert {business_day(at) for at in joined} == set(
        GroupDay.objects.filter(joins__gt=0).values_list("day", flat=True)
    )
