"""Handing groups over: checks beforehand, work that survives kills, results that are true."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from contacts.models import Staff
from contacts.services.sync.runs import start_run, walk
from groups.models import GroupChat, GroupEvent, GroupHandover, GroupHandoverItem
from groups.selectors.handovers import check_handover, owners
from groups.services.handovers import (
    cancel_handover,
    hand_out_due,
    start_handover,
    work_handover,
)
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from tests.contacts import rows
from tests.contacts.rows import NOW
from tests.groups.rows import group

pytestmark = pytest.mark.django_db

ON_JOB = "externalcontact/groupchat/onjob_transfer"


class Clock:
    """The real time and what is added to it; so waits pass at once."""

    def __init__(self):
        self.ahead = timedelta(0)

    def __call__(self):
        return timezone.now() + self.ahead


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def tea(corp):
    """Wang owns three groups, Li none."""
    state = corp.state
    state.add_staff("wang", "Wang")
    state.add_staff("li", "Li")
    for number in (1, 2, 3):
        state.add_group(f"wr{number}", name=f"Tea {number}", owner="wang")
    run = start_run(is_full=True, now=timezone.now())
    walk(run_id=run.pk, clock=timezone.now)
    return corp


def staff(userid):
    return Staff.objects.get(userid=userid)


def order(operator, *, source="wang", to="li", chats=None):
    groups = list(GroupChat.objects.filter(chat_id__in=chats) if chats else GroupChat.objects.all())
    return start_handover(
        owner=staff(source),
        new_owner=staff(to),
        groups=groups,
        now=timezone.now(),
        operator=operator,
    )


def work(handover, clock, *, rounds=10):
    """Workers come back until it is over, each when it may go on."""
    for _round in range(rounds):
        work_handover(handover_id=handover.pk, clock=clock, until=clock() + timedelta(minutes=1))
        handover.refresh_from_db()
        if handover.is_over:
            return
        clock.ahead += max(timedelta(seconds=1), handover.not_before - clock())


def states(handover):
    return list(handover.items.order_by("pk").values_list("state", flat=True))


def true_owners(corp):
    return {chat.owner for chat in corp.state.chats.values()}


def test_groups_get_their_new_owner_in_wecom_and_here(tea, operator, clock):
    handover = order(operator)
    work(handover, clock)
    assert (handover.state, states(handover)) == ("done", ["done"] * 3)
    assert true_owners(tea) == {"li"}
    assert set(GroupChat.objects.values_list("owner__userid", "owner_userid")) == {("li", "li")}
    assert GroupEvent.objects.filter(kind="owner", before="wang", after="li").count() == 3
    assert tea.state.calls[ON_JOB] == 1
    assert AuditEntry.objects.filter(action="group_handover.start").exists()


@pytest.mark.parametrize("fault", ["drop_after", "http_after", "garbage_after"])
def test_a_lost_answer_is_settled_by_the_groups_owner(tea, operator, clock, fault):
    tea.state.faults.add(path=ON_JOB, kind=fault, value=502)
    handover = order(operator)
    work(handover, clock)
    assert states(handover) == ["done"] * 3
    assert true_owners(tea) == {"li"}
    assert tea.state.calls[ON_JOB] == 1


@pytest.mark.parametrize("fault", ["drop_before", "http", "garbage"])
def test_a_call_that_never_arrived_is_made_again(tea, operator, clock, fault):
    tea.state.faults.add(path=ON_JOB, kind=fault, value=502)
    handover = order(operator)
    work(handover, clock)
    assert states(handover) == ["done"] * 3
    assert true_owners(tea) == {"li"}


@pytest.mark.parametrize("was_done", [True, False])
def test_a_worker_killed_in_the_call_loses_and_repeats_nothing(tea, operator, clock, was_done):
    handover = order(operator)
    # The first worker wrote that it asks, took the lease and died.
    handover.items.update(state="submitting", tries=1)
    GroupHandover.objects.update(state="running", lease_until=clock() + timedelta(minutes=5))
    if was_done:
        for chat in tea.state.chats.values():
            tea.state.record(
                "group_handed_over",
                chat_id=chat.chat_id,
                owner="li",
                at=tea.state.clock.timestamp(),
                is_resigned=False,
            )
    assert work_handover(handover_id=handover.pk, clock=clock, until=clock()) is None
    clock.ahead += timedelta(minutes=6)
    work(handover, clock)
    assert states(handover) == ["done"] * 3
    assert true_owners(tea) == {"li"}
    assert tea.state.calls[ON_JOB] == (0 if was_done else 1)


def test_what_wecom_refuses_has_its_reason_and_the_rest_goes_through(tea, operator, clock):
    handover = order(operator)
    tea.state.dismiss_group("wr2")
    work(handover, clock)
    assert states(handover) == ["done", "refused", "done"]
    item = handover.items.get(group__chat_id="wr2")
    assert item.code == 90501
    assert item.reason


def test_a_refused_receiver_refuses_every_group(tea, operator, clock):
    tea.state.faults.add(path=ON_JOB, kind="errcode", value=40003)
    handover = order(operator)
    work(handover, clock)
    assert states(handover) == ["refused"] * 3
    assert true_owners(tea) == {"wang"}


def test_a_limit_is_waited_out(tea, operator, clock):
    tea.state.faults.add(path=ON_JOB, kind="errcode", value=45009)
    handover = order(operator)
    work_handover(handover_id=handover.pk, clock=clock, until=clock() + timedelta(minutes=1))
    handover.refresh_from_db()
    assert handover.not_before > clock()
    assert handover.note
    assert hand_out_due(now=clock()) == 0
    assert hand_out_due(now=handover.not_before) == 1
    assert states(handover) == ["waiting"] * 3


def test_groups_of_an_owner_who_left_go_by_the_other_way(tea, operator, clock):
    tea.state.remove_staff("wang")
    Staff.objects.filter(userid="wang").update(status=Staff.Status.LEFT)
    handover = order(operator)
    work(handover, clock)
    assert handover.kind == "resigned"
    assert states(handover) == ["done"] * 3
    assert tea.state.calls["externalcontact/groupchat/transfer"] == 1


def test_a_cancelled_hand_over_stops_what_was_not_asked(tea, operator, clock):
    handover = order(operator)
    assert cancel_handover(handover_id=handover.pk, now=clock(), operator=operator)
    work(handover, clock, rounds=1)
    assert (handover.state, states(handover)) == ("cancelled", ["cancelled"] * 3)
    assert tea.state.calls[ON_JOB] == 0
    assert not cancel_handover(handover_id=handover.pk, now=clock(), operator=operator)


def test_a_group_is_in_one_hand_over_at_a_time(tea, operator):
    order(operator, chats=["wr1"])
    check = check_handover(
        owner=staff("wang"),
        new_owner=staff("li"),
        groups=list(GroupChat.objects.order_by("chat_id")),
        now=timezone.now(),
    )
    assert [bool(one.problem) for one in check.groups] == [True, False, False]
    assert check.may_start


def given(chat, owner, receiver, *, days_ago):
    handover = GroupHandover.objects.create(
        kind="on_job",
        owner=owner,
        new_owner=receiver,
        state="done",
        created_at=NOW,
        finished_at=NOW,
        not_before=NOW,
    )
    at = NOW - timedelta(days=days_ago)
    GroupHandoverItem.objects.create(handover=handover, group=chat, state="done", at=at)


def test_a_group_that_moved_twice_in_90_days_stays(operator):
    owner, receiver = rows.staff(), rows.staff()
    often, once = group(owner), group(owner)
    for days_ago in (10, 80):
        given(often, owner, receiver, days_ago=days_ago)
    for days_ago in (10, 91):
        given(once, owner, receiver, days_ago=days_ago)
    check = check_handover(owner=owner, new_owner=receiver, groups=[often, once], now=NOW)
    assert [chat.pk for chat in check.fitting] == [once.pk]


@pytest.mark.parametrize("change", [{"status": 2}, {"status": 4}, {"is_following": False}], ids=str)
def test_a_receiver_who_cannot_take_over_is_found_beforehand(operator, change):
    owner, receiver = rows.staff(), rows.staff(**change)
    chat = group(owner)
    check = check_handover(owner=owner, new_owner=receiver, groups=[chat], now=NOW)
    assert check.problems
    with pytest.raises(InvalidInput):
        start_handover(owner=owner, new_owner=receiver, groups=[chat], now=NOW, operator=operator)


def test_who_left_comes_first_among_the_owners(operator):
    here, gone = rows.staff(), rows.staff(status=5)
    group(here), group(here), group(gone)
    assert [(owner.pk, owner.groups) for owner in owners(operator)] == [(gone.pk, 1), (here.pk, 2)]
