"""One story of a corp, its events told in any order and any number: the tables end the same.

Customers, relations, tags, groups, members and staff, against the simulator over HTTP. Each run
takes a few random orders; `SCRM_CALLBACK_ORDERS=200` takes as many as it says.
"""

from __future__ import annotations

import os
import random
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from contacts.models import Contact, ContactFacts, Department, Follow, FollowTag, Staff, Tag
from contacts.services.sync.runs import start_run, walk
from groups.models import GroupChat, GroupMember
from tests.contacts.events import contact_event, deliver, xml

pytestmark = pytest.mark.django_db
ORDERS = int(os.environ.get("SCRM_CALLBACK_ORDERS", "4"))
PEOPLE = [f"wm{number}" for number in range(1, 6)]


class Story:
    """Random acts in the pretend corp, and the events WeCom would send of them."""

    def __init__(self, state, seed):
        self.state, self.dice, self.bodies = state, random.Random(seed), []
        self.acts = [self.befriend, self.befriend, self.part, self.mark, self.join, self.leave]
        self.acts += [self.rename_tag, self.rename_group, self.new_tag]

    def tell(self, *acts):
        for act in acts:
            self.state.clock.advance(timedelta(minutes=1))
            act()

    def go_on(self, number):
        while len(self.bodies) < number:
            self.tell(self.dice.choice(self.acts))

    @property
    def now(self):
        return self.state.clock.now()

    def pair(self):
        return self.dice.choice(["wang", "li"]), self.dice.choice(PEOPLE)

    def befriend(self):
        userid, person = self.pair()
        if self.state.active_follow(userid, person) is None:
            self.state.follow(userid, person)
            self.bodies.append(contact_event("add_external_contact", userid, person, self.now))

    def part(self):
        userid, person = self.pair()
        if self.state.active_follow(userid, person):
            if self.dice.random() < 0.5:
                self.state.unfollow_by_contact(userid, person)
                change = "del_follow_user"
            else:
                self.state.unfollow_by_staff(userid, person)
                change = "del_external_contact"
            self.bodies.append(contact_event(change, userid, person, self.now))

    def mark(self):
        userid, person = self.pair()
        tags = [tag.tag_id for group in self.groups() for tag in group.tags if not tag.deleted]
        if self.state.active_follow(userid, person) and tags:
            self.state.mark(userid, person, self.dice.choice(tags))
            self.bodies.append(contact_event("edit_external_contact", userid, person, self.now))

    def groups(self):
        return list(self.state.tag_groups.values())

    def new_tag(self):
        name = f"G{len(self.bodies)}"
        group = self.state.add_tag_group(name, tags=[f"t{len(self.bodies)}"])
        self.bodies.append(self.tag_event("create", group.tag_id(f"t{len(self.bodies)}")))

    def rename_tag(self):
        group = self.dice.choice(self.groups())
        tag = self.dice.choice(list(group.tags))
        if not tag.deleted:
            self.state.rename_tag(tag.tag_id, f"r{len(self.bodies)}")
            self.bodies.append(self.tag_event("update", tag.tag_id))

    def tag_event(self, change, tag_id):
        return xml("change_external_tag", change, self.now, Id=tag_id, TagType="tag")

    def join(self):
        person = self.dice.choice(PEOPLE)
        if person not in self.members():
            self.change_members("add_member", person, self.state.join_group)

    def leave(self):
        present = sorted(set(self.members()) & set(PEOPLE))
        if present:
            person = self.dice.choice(present)
            self.change_members("del_member", person, self.state.leave_group)

    def members(self):
        return list(self.state.chats["wr1"].members)

    def change_members(self, detail, person, act):
        before = self.state.chats["wr1"].version
        act("wr1", person)
        after = self.state.chats["wr1"].version
        self.bodies.append(
            self.chat_event(
                UpdateDetail=detail, MemChangeList=[person], LastMemVer=before, CurMemVer=after
            )
        )

    def rename_group(self):
        self.state.change_group("wr1", name=f"Group {len(self.bodies)}")
        self.bodies.append(self.chat_event(UpdateDetail="change_name"))

    def chat_event(self, **fields):
        return xml("change_external_chat", "update", self.now, ChatId="wr1", **fields)


@pytest.fixture
def state(corp):
    corp.state.clock.advance(timedelta(hours=-6))
    corp.state.add_staff("wang", "Wang")
    corp.state.add_staff("li", "Li")
    corp.state.add_tag_group("Level", tags=["gold", "silver"])
    for person in PEOPLE:
        corp.state.add_contact(person, f"Customer {person}")
    corp.state.follow("wang", "wm1")
    corp.state.add_group("wr1", name="Tea", owner="wang", members=["wm1", "wm2"])
    return corp.state


def the_tables():
    return {
        "contacts": set(Contact.objects.values_list("external_userid", "name", "relation")),
        "follows": set(
            Follow.objects.values_list(
                "contact__external_userid", "staff__userid", "status", "added_at", "remark"
            )
        ),
        "marks": set(
            FollowTag.objects.values_list(
                "follow__contact__external_userid", "follow__staff__userid", "tag__tag_id"
            )
        ),
        "tags": set(Tag.objects.values_list("tag_id", "name", "is_gone", "group__name")),
        "groups": set(GroupChat.objects.values_list("chat_id", "name", "member_version")),
        "members": set(
            GroupMember.objects.filter(left_at=None).values_list(
                "member_id", "contact__external_userid"
            )
        ),
        "staff": set(Staff.objects.values_list("userid", "name", "status")),
        "departments": set(Department.objects.values_list("wecom_id", "name", "is_gone")),
        "facts": {
            (
                *(facts.contact.external_userid, facts.relation, len(facts.tag_ids)),
                *(len(facts.staff_ids), len(facts.group_ids)),
            )
            for facts in ContactFacts.objects.select_related("contact")
        },
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_every_order_of_a_story_ends_in_the_same_tables(state, seed):
    run = start_run(is_full=True, now=timezone.now())
    walk(run_id=run.pk, clock=timezone.now)
    story = Story(state, seed)
    story.go_on(30)
    told = []
    for order in range(ORDERS):
        # First as it happened, then in disorder, and a third of it twice.
        again = story.dice.sample(story.bodies, 10)
        bodies = story.bodies if not order else story.dice.sample(story.bodies, 30) + again
        with transaction.atomic():
            deliver(*bodies, now=timezone.now())
            told.append(the_tables())
            transaction.set_rollback(True)
    for tables in told[1:]:
        assert tables == told[0]
    friends = {
        (person, userid)
        for userid in ("wang", "li")
        for person in PEOPLE
        if state.active_follow(userid, person)
    }
    assert {row[:2] for row in told[0]["follows"] if row[2] == "active"} == friends
    assert {row[0] for row in told[0]["members"]} == set(state.chats["wr1"].members)


def test_a_new_userid_may_be_heard_of_before_the_renaming(state):
    """The customer's event under the new userid makes a second row, which the renaming takes in."""
    state.follow("li", "wm1")
    run = start_run(is_full=True, now=timezone.now())
    walk(run_id=run.pk, clock=timezone.now)
    before = Staff.objects.get(userid="wang").pk
    state.clock.advance(timedelta(minutes=1))
    state.add_staff("wang2", "Wang")
    state.remove_staff("wang")
    state.follow("wang2", "wm1")
    renamed = xml(
        "change_contact", "update_user", state.clock.now(), UserID="wang", NewUserID="Wang2"
    )
    edited = contact_event("edit_external_contact", "wang2", "wm1", state.clock.now())
    for bodies in ([renamed, edited], [edited, renamed], [edited, renamed, edited, renamed]):
        with transaction.atomic():
            deliver(*bodies, now=timezone.now())
            staff = Staff.objects.get(userid__iexact="wang2")
            assert staff.pk == before
            assert not Staff.objects.filter(userid="wang").exists()
            active = Follow.objects.filter(status="active", contact__external_userid="wm1")
            assert set(active.values_list("staff__userid", flat=True)) == {staff.userid, "li"}
            facts = ContactFacts.objects.get(contact__external_userid="wm1")
            assert staff.pk in facts.staff_ids
            transaction.set_rollback(True)
