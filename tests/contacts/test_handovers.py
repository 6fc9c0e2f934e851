"""Hand-overs (在职继承, 离职继承): rules asked beforehand, calls, results, kills."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis as redis_client

from contacts.models import (
    Follow,
    Handover,
    HandoverItem,
    Staff,
    UnassignedFollow,
    UnassignedReading,
)
from contacts.selectors.handover_checks import Wish, check_handover
from contacts.services.handover_work import hand_out_due_handovers, work_handover
from contacts.services.handovers import (
    ask_for_unassigned,
    read_unassigned_if_due,
    start_handover,
)
from scrm import wecom
from scrm.audit.models import AuditEntry
from scrm.console.models import Role
from scrm.errors import InvalidInput
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW
from tests.contacts.tag_rows import corp_tags, friends

pytestmark = pytest.mark.django_db

DAY = timedelta(hours=24)
ASK = "externalcontact/transfer_customer"
ASK_RESIGNED = "externalcontact/resigned/transfer_customer"


@pytest.fixture
def shop(corp):
    """A corp whose clock stands at NOW, with Alice and Bob."""
    corp.state.clock.set(NOW)
    for userid in ("alice", "bob"):
        corp.state.add_staff(userid)
    return corp


@pytest.fixture
def bob(db):
    return rows.staff(userid="bob", name="Bob")


def alice():
    return Staff.objects.get(userid="alice")


def start(operator, receiver, *, at=NOW, **wish):
    wanted = Wish(**{"mode": "on_job", "giver": alice(), "receiver": receiver, **wish})
    return start_handover(wish=wanted, operator=operator, now=at)


def work(handover, *, at=NOW):
    """Let a worker carry the hand-over on, with clocks that stand."""
    work_handover(handover_id=handover.pk, clock=lambda: at, until=at + timedelta(hours=1))
    handover.refresh_from_db()
    return handover


def pass_days(shop, days=1, minutes=2):
    """Let the simulated days pass; answers the new moment."""
    shop.state.clock.set(NOW + timedelta(days=days, minutes=minutes))
    wecom.get_gateway().renew_token()  # no real token of this very second is a day old
    return shop.state.clock.now()


def states(handover):
    return sorted(handover.items.values_list("state", flat=True))


def calls(shop, path=ASK):
    return shop.state.calls[path]


def relation(person):
    return dict(person.follows.values_list("staff__userid", "status"))


def test_customers_move_after_a_day_and_our_tables_learn_it(shop, operator, bob):
    people = friends(shop, 3)
    handover = work(start(operator, bob, message="以后由小波服务您"))
    assert (handover.state, states(handover)) == ("waiting", ["asked"] * 3)
    assert calls(shop) == 1
    handover = work(handover, at=pass_days(shop))
    assert (handover.state, states(handover)) == ("finished", ["done"] * 3)
    assert relation(people[0]) == {"alice": "handed_over", "bob": "active"}
    assert people[0].timeline.filter(kind="unfollowed", details__by="handed_over").exists()
    audit = AuditEntry.objects.get(action="handover.start")
    assert (audit.details["customers"], audit.details["to"]) == (3, "bob")


def test_calls_take_a_hundred_customers(shop, operator, bob):
    friends(shop, 101)
    handover = work(start(operator, bob))
    assert (calls(shop), set(states(handover))) == (2, {"asked"})


def test_the_event_of_a_hand_over_is_no_loss(shop, operator, bob):
    (amy,) = friends(shop, 1)
    handover = work(start(operator, bob))
    work(handover, at=pass_days(shop))
    amy.refresh_from_db()
    assert amy.relation == "friend"
    assert not Follow.objects.filter(status="by_staff").exists()


def test_who_refuses_stays(shop, operator, bob):
    amy, _ben = friends(shop, 2)
    handover = work(start(operator, bob))
    shop.state.refuse_transfer("bob", amy.external_userid)
    handover = work(handover, at=pass_days(shop))
    assert states(handover) == ["done", "refused"]
    assert relation(amy) == {"alice": "active"}


def test_a_receiver_without_room_says_so(shop, operator, bob):
    friends(shop, 2)
    handover = work(start(operator, bob))
    shop.state.record("settings", customers_per_staff=1)
    handover = work(handover, at=pass_days(shop))
    assert states(handover) == ["done", "full"]


def test_whom_wecom_refuses_at_once_keeps_the_code(shop, operator, bob):
    amy, _ben = friends(shop, 2)
    shop.state.unfollow_by_staff("alice", amy.external_userid)
    handover = work(start(operator, bob))
    failed = handover.items.get(contact=amy)
    assert (failed.state, failed.code, states(handover)) == ("failed", 40096, ["asked", "failed"])


def test_a_lost_answer_is_looked_up_before_anything_is_repeated(shop, operator, bob):
    friends(shop, 2)
    shop.state.faults.add(path=ASK, kind="drop_after", count=1)
    handover = work(start(operator, bob))
    assert (states(handover), calls(shop)) == (["asking"] * 2, 1)
    assert handover.next_at > NOW
    handover = work(handover, at=handover.next_at)
    assert (states(handover), calls(shop)) == (["asked"] * 2, 1)


def test_a_call_that_never_arrived_is_made_again(shop, operator, bob):
    friends(shop, 2)
    shop.state.faults.add(path=ASK, kind="http", value=502, count=1)
    handover = work(start(operator, bob))
    handover = work(handover, at=handover.next_at)
    assert set(states(handover)) == {"asked"}
    assert handover.items.filter(tries=2).count() == 2


def test_a_worker_killed_between_call_and_record_repeats_nothing(shop, operator, bob):
    people = friends(shop, 3)
    handover = start(operator, bob)
    # It claimed all three, WeCom took two of them, then the power went.
    HandoverItem.objects.filter(handover=handover).update(
        state="asking", asked_at=NOW, due_at=NOW + timedelta(minutes=2), tries=1
    )
    wecom.get_gateway().transfer_contacts(
        handover="alice",
        takeover="bob",
        external_userids=[person.external_userid for person in people[:2]],
    )
    handover = work(handover)
    assert states(handover) == ["asking"] * 3
    handover = work(handover, at=NOW + timedelta(minutes=2))
    assert states(handover) == ["asked"] * 3
    assert sorted(handover.items.values_list("tries", flat=True)) == [1, 1, 2]
    assert len(shop.state.transfers) == 3


def test_an_old_refusal_of_the_same_two_is_not_taken_for_the_new_one(shop, operator, bob):
    (amy,) = friends(shop, 1)
    first = work(start(operator, bob))
    shop.state.refuse_transfer("bob", amy.external_userid)
    at = pass_days(shop)
    assert states(work(first, at=at)) == ["refused"]
    shop.state.faults.add(path=ASK, kind="drop_before", count=1)
    second = work(start(operator, bob, at=at), at=at)
    second = work(second, at=at + timedelta(minutes=5))
    assert states(second) == ["asked"]


def test_over_the_limit_it_waits_says_so_and_goes_on(shop, operator, bob, settings):
    friends(shop, 1)
    shop.state.faults.add(path=ASK, kind="errcode", value=45009, count=1)
    handover = work(start(operator, bob))
    assert (states(handover), handover.problem_code) == (["waiting"], 45009)
    assert handover.problem
    assert hand_out_due_handovers(now=NOW) == 0
    later = handover.next_at
    assert hand_out_due_handovers(now=later) == 1
    redis = redis_client.Redis.from_url(settings.REDIS_URL)
    redis.flushdb()  # the pause of the real clock
    redis.close()
    handover = work(handover, at=later)
    assert (states(handover), handover.problem) == (["asked"], "")


def test_a_receiver_wecom_refuses_fails_the_customers_with_the_reason(shop, operator):
    friends(shop, 2)
    shop.state.add_staff("cat", follows=False)
    handover = work(start(operator, rows.staff(userid="cat")))
    assert (handover.state, states(handover)) == ("finished", ["failed"] * 2)
    assert set(handover.items.values_list("code", flat=True)) == {84074}


def test_results_are_asked_for_with_growing_gaps(shop, operator, bob):
    friends(shop, 1)
    handover = work(start(operator, bob))
    at, gaps = NOW, []
    for _ in range(5):
        gaps.append(handover.next_at - at)
        at = handover.next_at
        handover = work(handover, at=at)
    assert gaps == sorted(gaps)
    assert gaps[0] < gaps[-1] <= timedelta(hours=4)


def test_customers_of_who_left_are_on_wecoms_list(shop, operator, bob):
    people = friends(shop, 3)
    shop.state.remove_staff("alice")
    ask_for_unassigned(operator=operator, now=NOW)
    assert read_unassigned_if_due(now=NOW)
    assert not read_unassigned_if_due(now=NOW)
    assert UnassignedFollow.objects.filter(staff=alice()).count() == 3
    assert alice().status == Staff.Status.LEFT
    handover = work(start(operator, bob, mode="resigned", contact_ids=[people[0].pk]))
    assert (states(handover), calls(shop, ASK_RESIGNED)) == (["asked"], 1)
    at = pass_days(shop)
    handover = work(handover, at=at)
    assert states(handover) == ["done"]
    assert relation(people[0]) == {"alice": "handed_over", "bob": "active"}
    assert read_unassigned_if_due(now=at)
    assert UnassignedFollow.objects.count() == 2


def test_strangers_on_wecoms_list_are_counted(shop, operator):
    shop.state.follow("alice", shop.state.add_contact(name="Never synced"))
    shop.state.remove_staff("alice")
    assert read_unassigned_if_due(now=NOW)
    reading = UnassignedReading.objects.get()
    assert (reading.unknown, UnassignedFollow.objects.count()) == (1, 0)


def test_a_list_that_cannot_be_read_keeps_the_old_one_and_says_why(shop, operator):
    shop.state.faults.add(
        path="externalcontact/get_unassigned_list", kind="errcode", value=48002, count=1
    )
    assert not read_unassigned_if_due(now=NOW)
    assert UnassignedReading.objects.get().problem


def test_nobody_is_asked_for_twice_at_once(shop, operator, bob):
    amy, ben = friends(shop, 2)
    start(operator, bob, contact_ids=[amy.pk])
    wish = Wish(mode="on_job", giver=alice(), receiver=bob)
    check = check_handover(wish, operator=operator, now=NOW)
    assert (check.taken, check.excluded) == ([ben.pk], {amy.pk: "in_transfer"})
    with pytest.raises(InvalidInput, match=r"."):
        start(operator, bob, contact_ids=[amy.pk])
    second = start(operator, bob)
    assert dict(second.items.values_list("contact", "state")) == {
        amy.pk: "excluded",
        ben.pk: "waiting",
    }


def test_twice_within_ninety_days_is_left_out(shop, operator, bob):
    (amy,) = friends(shop, 1)
    for days in (10, 80):
        old = Handover.objects.create(
            mode="on_job",
            giver=bob,
            receiver=alice(),
            state="finished",
            created_at=NOW,
            finished_at=NOW,
            next_at=NOW,
        )
        HandoverItem.objects.create(
            handover=old, contact=amy, state="done", settled_at=NOW - timedelta(days=days)
        )
    wish = Wish(mode="on_job", giver=alice(), receiver=bob)
    assert check_handover(wish, operator=operator, now=NOW).excluded == {amy.pk: "twice"}
    later = NOW + timedelta(days=10, seconds=1)
    assert check_handover(wish, operator=operator, now=later).taken == [amy.pk]


def test_who_is_no_friend_any_more_is_left_out(shop, operator, bob):
    amy, ben = friends(shop, 2)
    amy.follows.update(status="by_contact", ended_at=NOW)
    wish = Wish(mode="on_job", giver=alice(), receiver=bob, contact_ids=[amy.pk, ben.pk])
    check = check_handover(wish, operator=operator, now=NOW)
    assert (check.taken, check.excluded) == ([ben.pk], {amy.pk: "not_a_friend"})


def test_customers_of_one_tag_are_handed_over(shop, operator, bob):
    (sweet,) = corp_tags(shop, "sweet")
    amy, _ben = friends(shop, 2)
    amy.follows.get().follow_tags.create(tag=sweet)
    wish = Wish(mode="on_job", giver=alice(), receiver=bob, tag_id=sweet.pk)
    assert check_handover(wish, operator=operator, now=NOW).taken == [amy.pk]


def test_a_check_asks_the_same_number_of_queries_however_many(
    shop, operator, bob, django_assert_max_num_queries
):
    friends(shop, 30)
    wish = Wish(mode="on_job", giver=alice(), receiver=bob)
    with django_assert_max_num_queries(7):
        assert len(check_handover(wish, operator=operator, now=NOW).taken) == 30


@pytest.mark.parametrize("case", ["same", "left", "serves_nobody", "giver_left", "long", "empty"])
def test_what_wecom_would_refuse_whoever_it_is_is_refused_at_once(shop, operator, bob, case):
    friends(shop, 1)
    wish = {
        "same": {"receiver": alice()},
        "left": {"receiver": rows.staff(status=Staff.Status.LEFT)},
        "serves_nobody": {"receiver": rows.staff(is_following=False)},
        "giver_left": {"giver": rows.staff(status=Staff.Status.LEFT)},
        "long": {"message": "字" * 201},
        "empty": {"giver": rows.staff()},
    }[case]
    with pytest.raises(InvalidInput):
        start(operator, **{"receiver": bob, **wish})
    assert not Handover.objects.exists()


def test_a_lead_hands_over_between_own_staff_alone(shop, bob):
    friends(shop, 1)
    lead = build.operator(role=Role.LEAD, staff_userid="alice")
    with pytest.raises(InvalidInput):
        start(lead, bob)
