"""Customer groups: read whole by the sync, carried on by events."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from django.db import transaction
from django.utils import timezone

from contacts.models import Contact, ContactEvent, ContactFacts
from contacts.services.sync.runs import start_run, walk
from groups.models import GroupChat, GroupMember
from groups.selectors.memberships import memberships_of
from scrm.wecom.models import SyncGap
from tests.contacts.events import deliver, xml

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat(corp):
    """A group of one staff member with two customers and one stranger in it."""
    state = corp.state
    state.clock.advance(timedelta(hours=-3))
    state.add_staff("wang", "Wang")
    for number in (1, 2, 3):
        state.add_contact(f"wm{number}", name=f"Customer {number}", unionid=f"u{number}")
    for number in (1, 2):
        state.follow("wang", f"wm{number}")
    state.add_group("wr1", name="Tea lovers", owner="wang", members=["wm1", "wm3"])
    state.clock.advance(timedelta(minutes=30))
    return corp


def a_sync(*, full=True):
    run = start_run(is_full=full, now=timezone.now())
    return walk(run_id=run.pk, clock=timezone.now)


def update(at, **fields):
    return xml("change_external_chat", "update", at, ChatId="wr1", **fields)


def join(corp, member_id, **more):
    """Somebody joins; answers the event WeCom would send."""
    before = corp.state.chats["wr1"].version
    corp.state.clock.advance(timedelta(minutes=1))
    corp.state.join_group("wr1", member_id)
    return update(
        corp.state.clock.now(),
        UpdateDetail="add_member",
        JoinScene=3,
        MemChangeList=[member_id],
        LastMemVer=before,
        CurMemVer=corp.state.chats["wr1"].version,
        **more,
    )


def leave(corp, member_id, *, removed=False):
    before = corp.state.chats["wr1"].version
    corp.state.clock.advance(timedelta(minutes=1))
    corp.state.leave_group("wr1", member_id, removed=removed)
    return update(
        corp.state.clock.now(),
        UpdateDetail="del_member",
        QuitScene=int(removed),
        MemChangeList=[member_id],
        LastMemVer=before,
        CurMemVer=corp.state.chats["wr1"].version,
    )


def present():
    members = GroupMember.objects.filter(left_at__isnull=True).order_by("member_id")
    return list(members.values_list("member_id", flat=True))


def calls(corp):
    return corp.state.calls["externalcontact/groupchat/get"]


def test_the_sync_brings_groups_with_members_and_facts(chat):
    run = a_sync()
    assert (run.state, run.errors) == ("done", [])
    group = GroupChat.objects.get()
    assert (group.name, group.owner.userid, group.status) == ("Tea lovers", "wang", 0)
    assert present() == ["wang", "wm1", "wm3"]
    assert GroupMember.objects.get(member_id="wm1").contact.name == "Customer 1"
    assert GroupMember.objects.get(member_id="wm3").contact is None
    assert ContactFacts.objects.get(contact__external_userid="wm1").group_ids == [group.pk]
    assert ContactEvent.objects.get(kind="joined_group").details["group"] == "Tea lovers"


def test_an_hourly_run_reads_only_new_groups(chat):
    a_sync()
    before = calls(chat)
    chat.state.add_group("wr2", name="More", owner="wang")
    run = a_sync(full=False)
    assert calls(chat) == before + 1
    assert (run.counts["groups"], run.counts["groups_read"], run.counts["groups_unchanged"]) == (
        2,
        1,
        1,
    )


def test_a_full_run_repairs_members_and_notes_the_gaps(chat):
    a_sync()
    join(chat, "wm2")
    leave(chat, "wm1")
    run = a_sync()
    assert present() == ["wang", "wm2", "wm3"]
    assert ContactFacts.objects.get(contact__external_userid="wm1").group_ids == []
    kinds = SyncGap.objects.filter(run=run).values_list("kind", flat=True)
    assert sorted(kinds) == ["member_joined", "member_left"]


def test_a_group_that_vanished_is_dismissed_and_keeps_its_history(chat):
    a_sync()
    chat.state.dismiss_group("wr1")
    a_sync()
    assert GroupChat.objects.get().dismissed_at is not None
    assert GroupMember.objects.count() == 3
    assert ContactFacts.objects.get(contact__external_userid="wm1").group_ids == []


def test_one_refused_group_does_not_stop_the_walk(chat):
    chat.state.add_group("wr2", name="More", owner="wang")
    chat.state.faults.add(
        path="externalcontact/groupchat/get", kind="errcode", value=40058, count=1
    )
    run = a_sync()
    assert (run.state, len(run.errors)) == ("done", 1)
    assert GroupChat.objects.count() == 1
    a_sync(full=False)
    assert GroupChat.objects.count() == 2


def test_an_event_that_carries_on_needs_no_question(chat):
    a_sync()
    before = calls(chat)
    deliver(join(chat, "wm2"), leave(chat, "wm1", removed=True), now=timezone.now())
    assert calls(chat) == before
    assert present() == ["wang", "wm2", "wm3"]
    removed = GroupMember.objects.get(member_id="wm1")
    assert removed.quit_scene == GroupMember.QuitScene.REMOVED
    joined = GroupMember.objects.get(member_id="wm2")
    assert joined.join_scene == GroupMember.JoinScene.QR_CODE
    assert joined.contact is not None
    assert GroupChat.objects.get().member_version == chat.state.chats["wr1"].version
    assert ContactFacts.objects.get(contact__external_userid="wm2").group_ids


def test_an_event_that_leaves_a_hole_makes_us_read_again(chat):
    a_sync()
    before = calls(chat)
    join(chat, "wm2")  # this event is lost
    deliver(leave(chat, "wm1"), now=timezone.now())
    assert calls(chat) == before + 1
    assert present() == ["wang", "wm2", "wm3"]


def test_every_order_of_events_ends_in_the_truth(chat):
    a_sync()
    bodies = [join(chat, "wm2"), leave(chat, "wm1"), join(chat, "wm1"), leave(chat, "wm3")]
    chat.state.change_group("wr1", name="Tea friends")
    bodies.append(update(chat.state.clock.now(), UpdateDetail="change_name"))
    for order in permutations(bodies):
        with transaction.atomic():
            deliver(*order, order[0], now=timezone.now())
            assert present() == ["wang", "wm1", "wm2"]
            assert GroupChat.objects.get().name == "Tea friends"
            transaction.set_rollback(True)


def test_a_dismissed_group_stays_dismissed_whatever_comes_late(chat):
    a_sync()
    late = join(chat, "wm2")
    chat.state.dismiss_group("wr1")
    gone = xml("change_external_chat", "dismiss", chat.state.clock.now(), ChatId="wr1")
    created = xml("change_external_chat", "create", chat.state.clock.now(), ChatId="wr1")
    for order in permutations([late, gone, created]):
        with transaction.atomic():
            deliver(*order, now=timezone.now())
            assert GroupChat.objects.get().dismissed_at is not None
            assert ContactFacts.objects.get(contact__external_userid="wm1").group_ids == []
            transaction.set_rollback(True)


def test_a_new_group_is_read_when_its_event_comes(chat):
    a_sync()
    chat.state.add_group("wr2", name="More", owner="wang", members=["wm2"])
    body = xml("change_external_chat", "create", chat.state.clock.now(), ChatId="wr2")
    deliver(body, now=timezone.now())
    assert GroupChat.objects.get(chat_id="wr2").members.count() == 2


def test_a_member_who_becomes_a_customer_is_recognised(chat):
    a_sync()
    chat.state.follow("wang", "wm3")
    body = xml(
        "change_external_contact",
        "add_external_contact",
        chat.state.clock.now(),
        UserID="wang",
        ExternalUserID="wm3",
    )
    deliver(body, now=timezone.now())
    person = Contact.objects.get(external_userid="wm3")
    assert GroupMember.objects.get(member_id="wm3").contact == person
    assert person.facts.group_ids == [GroupChat.objects.get().pk]


def test_the_page_of_a_customer_lists_her_groups(chat, operator, django_assert_num_queries):
    a_sync()
    person = Contact.objects.get(external_userid="wm1")
    with django_assert_num_queries(3):
        (membership,) = memberships_of(person.pk, operator=operator)
    assert membership.is_present
    assert membership.is_linked
    assert membership.invited_by == "Wang"


def test_the_tab_of_groups_stands_on_the_page_of_a_customer(chat, operator_client):
    a_sync()
    person = Contact.objects.get(external_userid="wm1")
    page = operator_client.get(f"/contacts/{person.pk}/")
    assert page.status_code == 200
    assert "Tea lovers" in page.content.decode()
