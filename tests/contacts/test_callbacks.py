"""Events: only a reason to look, in any order and any number."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import permutations

import pytest
from django.db import transaction
from django.utils import timezone

from contacts.models import (
    Contact,
    ContactEvent,
    ContactFacts,
    Department,
    Follow,
    FollowTag,
    LifecycleTransition,
    Order,
    Staff,
    Tag,
)
from contacts.services.sync.runs import start_run, walk
from scrm.wecom.callback import registry
from tests.contacts import rows
from tests.contacts.events import contact_event, deliver, xml

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(corp):
    """Two staff, one group of tags, one customer nobody follows yet."""
    corp.state.add_staff("wang", "Wang")
    corp.state.add_staff("li", "Li")
    corp.state.add_tag_group("Level", tags=["gold", "silver"])
    corp.state.add_contact("wm1", name="Anna", unionid="union1")
    corp.state.clock.advance(timedelta(hours=-2))
    return corp


def a_sync():
    run = start_run(is_full=False, now=timezone.now())
    return walk(run_id=run.pk, clock=timezone.now)


def the_truth():
    """What the tables say about the customer, without numbers that differ between runs."""
    facts = ContactFacts.objects.get(contact__external_userid="wm1")
    return {
        "contact": Contact.objects.values_list("name", "relation", "lost_at", "stage", "lost_kind")[
            0
        ],
        "follows": sorted(
            Follow.objects.values_list("staff__userid", "status", "added_at", "ended_at", "remark")
        ),
        "tags": sorted(FollowTag.objects.values_list("follow__staff__userid", "tag__name")),
        "facts": (facts.relation, len(facts.staff_ids), len(facts.tag_ids), facts.order_count),
    }


def test_an_added_customer_is_fetched_whole(shop):
    rows.order(None, buyer_unionid="union1", paid_at=timezone.now())
    now = shop.state.clock.now()
    shop.state.follow("wang", "wm1", add_way=1, state="counter")
    deliver(contact_event("add_external_contact", "wang", "wm1", now), now=timezone.now())
    anna = Contact.objects.get()
    assert (anna.name, anna.unionid, anna.relation) == ("Anna", "union1", "friend")
    assert anna.follows.get().state == "counter"
    assert Order.objects.get().contact == anna
    assert (anna.facts.order_count, anna.facts.stage) == (1, "first")
    assert anna.timeline.get().kind == "followed"
    assert LifecycleTransition.objects.get().to_stage == "first"


def test_a_phone_that_staff_note_finds_the_orders_that_waited(shop):
    now = shop.state.clock.now()
    shop.state.follow("wang", "wm1")
    deliver(contact_event("add_external_contact", "wang", "wm1", now), now=timezone.now())
    rows.order(None, buyer_phone="13800001111", paid_at=timezone.now())
    shop.state.record("remark", userid="wang", external_userid="wm1", mobiles=["+86 138-0000-1111"])
    deliver(contact_event("edit_external_contact", "wang", "wm1", now), now=timezone.now())
    order = Order.objects.get()
    assert (order.contact.external_userid, order.match_kind) == ("wm1", "phone")
    assert order.contact.facts.order_count == 1


def test_an_event_that_comes_twice_has_one_effect(shop):
    now = shop.state.clock.now()
    shop.state.follow("wang", "wm1")
    body = contact_event("add_external_contact", "wang", "wm1", now)
    deliver(*[body] * 3, now=timezone.now())
    assert ContactEvent.objects.count() == 1
    assert Follow.objects.count() == 1


def test_all_orders_of_five_events_end_in_the_truth(shop):
    """Added by two, tagged, moved away from one, unfriended by the customer of the other."""
    state, clock = shop.state, shop.state.clock
    bodies = []

    def noted(change, userid):
        bodies.append(contact_event(change, userid, "wm1", clock.now()))
        clock.advance(timedelta(minutes=5))

    state.follow("wang", "wm1")
    noted("add_external_contact", "wang")
    a_sync()  # so that every order has something to change
    state.follow("li", "wm1")
    noted("add_external_contact", "li")
    state.mark("li", "wm1", state.add_tag_group("New", tags=["vip"]).tag_id("vip"))
    noted("edit_external_contact", "li")
    state.unfollow_by_staff("wang", "wm1")
    noted("del_external_contact", "wang")
    state.settings.lists_one_way = True
    state.unfollow_by_contact("li", "wm1")
    noted("del_follow_user", "li")

    outcomes = []
    for order in permutations(bodies):
        with transaction.atomic():
            deliver(*order, now=timezone.now())
            outcomes.append(the_truth())
            transaction.set_rollback(True)
    assert len(outcomes) == 120
    assert all(outcome == outcomes[0] for outcome in outcomes)
    truth = outcomes[0]
    assert [(userid, status) for userid, status, *_ in truth["follows"]] == [
        ("li", "by_contact"),
        ("wang", "by_staff"),
    ]
    assert truth["contact"][1:4:2] == ("lost", "lost")
    assert truth["tags"] == [("li", "vip")]
    assert truth["facts"] == ("lost", 0, 0, 0)


def test_all_orders_of_leaving_and_coming_back_end_as_friends(shop):
    state, clock = shop.state, shop.state.clock
    bodies = []

    def noted(change):
        bodies.append(contact_event(change, "wang", "wm1", clock.now()))
        clock.advance(timedelta(minutes=5))

    state.follow("wang", "wm1")
    noted("add_external_contact")
    a_sync()
    state.unfollow_by_contact("wang", "wm1")
    noted("del_follow_user")
    state.follow("wang", "wm1")
    noted("add_external_contact")
    state.edit_remark("wang", "wm1", remark="back")
    noted("edit_external_contact")
    for order in permutations(bodies):
        with transaction.atomic():
            deliver(*order, now=timezone.now())
            truth = the_truth()
            assert truth["contact"][1] == "friend"
            assert truth["follows"][0][1] == "active"
            transaction.set_rollback(True)


def test_shuffled_events_of_many_customers_end_in_the_truth(shop):
    """Fifty events of five customers and two staff, delivered in random orders, some twice."""
    state, clock, dice = shop.state, shop.state.clock, random.Random(7)
    for number in range(2, 6):
        state.add_contact(f"wm{number}")
    bodies = []
    while len(bodies) < 50:
        userid, person = dice.choice(["wang", "li"]), f"wm{dice.randrange(1, 6)}"
        clock.advance(timedelta(minutes=1))
        if state.active_follow(userid, person) is None:
            state.follow(userid, person)
            change = "add_external_contact"
        elif dice.random() < 0.4:
            state.edit_remark(userid, person, remark=f"note {len(bodies)}")
            change = "edit_external_contact"
        elif dice.random() < 0.5:
            state.unfollow_by_contact(userid, person)
            change = "del_follow_user"
        else:
            state.unfollow_by_staff(userid, person)
            change = "del_external_contact"
        bodies.append(contact_event(change, userid, person, clock.now()))
        if len(bodies) == 20:
            a_sync()
    listed = {
        (userid, f"wm{number}")
        for userid in ("wang", "li")
        for number in range(1, 6)
        if state.active_follow(userid, f"wm{number}")
    }
    for _order in range(4):
        shuffled = dice.sample(bodies, len(bodies)) + dice.sample(bodies, 10)
        with transaction.atomic():
            deliver(*shuffled, now=timezone.now())
            active = Follow.objects.filter(status="active")
            assert set(active.values_list("staff__userid", "contact__external_userid")) == listed
            friends = Contact.objects.filter(relation="friend")
            assert set(friends.values_list("external_userid", flat=True)) == {p for _, p in listed}
            transaction.set_rollback(True)


def test_who_ended_it_is_learned_even_when_the_edit_came_first(shop):
    now = shop.state.clock.now()
    shop.state.follow("wang", "wm1")
    a_sync()
    shop.state.clock.advance(timedelta(minutes=5))
    shop.state.unfollow_by_staff("wang", "wm1")
    left = shop.state.clock.now()
    deliver(contact_event("edit_external_contact", "wang", "wm1", now), now=timezone.now())
    assert Follow.objects.get().status == "unknown"
    deliver(contact_event("del_external_contact", "wang", "wm1", left), now=timezone.now())
    assert Follow.objects.get().status == "by_staff"
    ended = ContactEvent.objects.get(kind="unfollowed")
    assert ended.details["by"] == "by_staff"


def test_the_word_of_the_customer_counts_although_the_list_still_has_her(shop):
    state = shop.state
    state.settings.lists_one_way = True
    state.follow("wang", "wm1")
    a_sync()
    state.clock.advance(timedelta(minutes=5))
    state.unfollow_by_contact("wang", "wm1")
    deliver(contact_event("del_follow_user", "wang", "wm1", state.clock.now()), now=timezone.now())
    assert Follow.objects.get().status == "by_contact"
    a_sync()
    assert Follow.objects.get().status == "by_contact"


def test_an_event_about_a_stranger_who_left_again_leaves_nothing(shop):
    now = shop.state.clock.now()
    deliver(
        contact_event("add_external_contact", "wang", "wm1", now),
        contact_event("del_follow_user", "wang", "wm1", now),
        now=timezone.now(),
    )
    assert not Contact.objects.exists()


def test_a_tag_that_came_after_the_last_sync_is_fetched_with_its_customer(shop):
    a_sync()
    group = shop.state.add_tag_group("Fresh", tags=["hot"])
    shop.state.follow("wang", "wm1")
    shop.state.mark("wang", "wm1", group.tag_id("hot"))
    now = shop.state.clock.now()
    deliver(contact_event("edit_external_contact", "wang", "wm1", now), now=timezone.now())
    assert ContactFacts.objects.get().tag_ids == [Tag.objects.get(name="hot").pk]


def test_a_deleted_tag_leaves_its_customers(shop):
    state = shop.state
    group = state.add_tag_group("Fresh", tags=["hot", "cold"])
    state.follow("wang", "wm1")
    state.mark("wang", "wm1", group.tag_id("hot"))
    a_sync()
    assert len(ContactFacts.objects.get().tag_ids) == 1
    state.delete_tag(group.tag_id("hot"))
    state.rename_tag(group.tag_id("cold"), "icy")
    for change in ("delete", "update", "create", "shuffle"):
        body = xml("change_external_tag", change, state.clock.now(), Id="x", TagType="tag")
        deliver(body, now=timezone.now())
    assert ContactFacts.objects.get().tag_ids == []
    assert Tag.objects.get(name="hot").is_gone
    assert Tag.objects.get(name="icy").is_gone is False


def test_a_renamed_staff_member_keeps_her_customers(shop):
    shop.state.follow("wang", "wm1")
    a_sync()
    at = shop.state.clock.now()
    body = xml("change_contact", "update_user", at, UserID="wang", NewUserID="wang2")
    deliver(body, now=timezone.now())
    assert Follow.objects.get().staff.userid == "wang2"


def test_staff_events_read_the_departments_again(shop):
    a_sync()
    state = shop.state
    state.add_department(7, "New shop")
    state.add_staff("chen", "Chen", departments=(7,))
    state.remove_staff("li")
    at = state.clock.now()
    deliver(
        xml("change_contact", "create_party", at, Id=7),
        xml("change_contact", "create_user", at, UserID="chen", Department="7"),
        xml("change_contact", "delete_user", at, UserID="li"),
        xml("change_contact", "delete_user", at, UserID="wang"),  # an old one: she is still there
        now=timezone.now(),
    )
    assert Department.objects.get(wecom_id=7).name == "New shop"
    assert Staff.objects.get(userid="chen").name == "Chen"
    assert Staff.objects.get(userid="li").status == Staff.Status.LEFT
    assert Staff.objects.get(userid="wang").status == Staff.Status.ACTIVE


def test_every_customer_event_we_act_on_has_its_handler():
    assert {
        change for event, change in registry.registered() if event == "change_external_contact"
    } >= {
        "add_external_contact",
        "add_half_external_contact",
        "edit_external_contact",
        "del_external_contact",
        "del_follow_user",
    }
