"""The groups' steps of the sync where WeCom makes it hard."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from contacts.services.sync.runs import start_run, walk
from groups.models import GroupChat, GroupMember
from scrm.wecom.models import SyncGap
from tests.contacts.events import deliver, xml

pytestmark = pytest.mark.django_db


@pytest.fixture
def corp_of_owners(corp):
    """Three owners with a group each, since some hours."""
    state = corp.state
    state.clock.advance(timedelta(hours=-3))
    for userid in ("wang", "li", "zhao"):
        state.add_staff(userid)
        state.add_group(f"wr-{userid}", name="茶友", owner=userid)
    state.clock.advance(timedelta(hours=1))
    return corp


def a_sync(*, full=True, **options):
    run = start_run(is_full=full, now=timezone.now(), **options)
    return walk(run_id=run.pk, clock=timezone.now)


def asked(corp):
    return corp.state.calls["externalcontact/groupchat/get"]


def test_more_owners_than_wecom_lists_unnamed_are_named(corp_of_owners):
    corp_of_owners.state.settings.owners_without_filter = 1
    assert a_sync().errors == []
    assert GroupChat.objects.count() == 3


def test_the_groups_of_an_owner_who_left_are_still_met(corp_of_owners):
    a_sync()
    corp_of_owners.state.remove_staff("wang")
    a_sync()
    left = GroupChat.objects.get(chat_id="wr-wang")
    assert (left.dismissed_at, left.status) == (None, GroupChat.Status.OWNER_LEFT)


def test_the_groups_of_a_refused_owner_are_left_alone(corp_of_owners):
    a_sync()
    # The list of all three is refused, then its first half, which is one person.
    corp_of_owners.state.faults.add(
        path="externalcontact/groupchat/list", kind="errcode", value=40003, count=2
    )
    run = a_sync()
    assert (run.state, len(run.errors)) == ("done", 1)
    assert not GroupChat.objects.filter(dismissed_at__isnull=False).exists()


def test_a_list_that_lost_half_of_all_groups_dismisses_none(corp_of_owners):
    state = corp_of_owners.state
    for number in range(60):
        state.add_group(f"wr{number}", name="茶友", owner="wang")
    a_sync()
    for number in range(55):
        state.dismiss_group(f"wr{number}")
    assert "--accept-losses" in a_sync().errors[0]
    assert not GroupChat.objects.filter(dismissed_at__isnull=False).exists()
    a_sync(accept_losses=True)
    assert GroupChat.objects.filter(dismissed_at__isnull=False).count() == 55


def test_an_hourly_run_reads_the_groups_whose_members_events_carried_on(corp_of_owners):
    a_sync()
    state = corp_of_owners.state
    person = state.add_contact("wm1", name="陈大文")
    before = state.chats["wr-li"].version
    state.join_group("wr-li", person)
    body = xml(
        "change_external_chat", "update", state.clock.now(), ChatId="wr-li",
        UpdateDetail="add_member", JoinScene=3, MemChangeList=[person],
        LastMemVer=before, CurMemVer=state.chats["wr-li"].version,
    )  # fmt: skip
    deliver(body, now=timezone.now())
    assert GroupMember.objects.get(member_id="wm1").name == ""
    calls = asked(corp_of_owners)
    run = a_sync(full=False)
    assert asked(corp_of_owners) == calls + 1
    assert run.counts["groups_unchanged"] == 2
    assert GroupMember.objects.get(member_id="wm1").name == "陈大文"
    a_sync(full=False)
    assert asked(corp_of_owners) == calls + 1


def test_groups_that_no_event_told_of_are_repaired_and_noted(corp_of_owners):
    a_sync()
    state = corp_of_owners.state
    state.change_group("wr-li", name="老茶友")
    state.dismiss_group("wr-zhao")
    state.add_contact("wm1")
    state.add_group("wr-new", name="新群", owner="wang", members=["wm1"])
    run = a_sync()
    gaps = SyncGap.objects.filter(run=run).values_list("kind", flat=True)
    assert sorted(gaps) == ["group_changed", "group_dismissed", "group_new"]
    assert GroupChat.objects.get(chat_id="wr-li").name == "老茶友"
    assert GroupMember.objects.filter(group__chat_id="wr-new").count() == 2
    assert not SyncGap.objects.filter(run=a_sync()).exists()
