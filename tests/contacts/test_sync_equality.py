"""Events in any order leave the same tables as a fresh full sync of the corp they tell of."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.services.sync.runs import start_run, walk
from scrm.ratelimit.store import client
from tests.contacts import tables
from tests.contacts.events import contact_event, deliver, xml

STAFF = ("wang", "li", "zhao")
PEOPLE = ("wm-anna", "wm-bella", "wm-clara")
TAGS = ("gold", "silver")

pair = st.tuples(st.sampled_from(STAFF), st.sampled_from(PEOPLE))
acts = st.one_of(
    st.tuples(st.just("follow"), pair),
    st.tuples(st.just("block"), pair),
    st.tuples(st.just("delete"), pair),
    st.tuples(st.just("remark"), pair, st.sampled_from(["老客", "VIP"])),
    st.tuples(st.just("mark"), pair, st.sampled_from(TAGS)),
    st.tuples(st.just("unmark"), pair, st.sampled_from(TAGS)),
    st.tuples(st.just("hand over"), pair, st.sampled_from(STAFF)),
    st.tuples(st.just("join"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("leave"), st.sampled_from(PEOPLE)),
    st.tuples(st.just("new owner"), st.sampled_from(STAFF)),
    st.tuples(st.just("rename tag"), st.sampled_from(TAGS), st.sampled_from(["x", "y"])),
)
# Where in the queue an event is pushed back to, and whether WeCom sends it twice.
lateness = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=30, max_size=30)


class World:
    """A small corp, and the events that its people's acts would send."""

    def __init__(self, corp):
        self.state = corp.state
        self.state.clock.set(timezone.now() - timedelta(hours=3))
        for userid in STAFF:
            self.state.add_staff(userid)
        group = self.state.add_tag_group("Level", tags=TAGS)
        self.tag_ids = {name: group.tag_id(name) for name in TAGS}
        for person in PEOPLE:
            self.state.add_contact(person, unionid=f"u-{person}")
        self.state.follow("wang", "wm-anna")
        self.state.follow("li", "wm-bella")
        self.state.mark("wang", "wm-anna", self.tag_ids["gold"])
        self.state.add_group("wr1", name="茶友", owner="wang", members=["wm-anna"])

    def act(self, name, *told):
        """Do it, if the corp lets it happen now; answers the events it would send."""
        self.state.clock.advance(timedelta(minutes=1))
        return getattr(self, f"_{name.replace(' ', '_')}")(*told)

    def _follow(self, pair):
        if self._are_friends(pair):
            return []
        self.state.follow(*pair)
        return [self._told("add_external_contact", pair)]

    def _block(self, pair):
        return self._end(pair, self.state.unfollow_by_contact, "del_follow_user")

    def _delete(self, pair):
        return self._end(pair, self.state.unfollow_by_staff, "del_external_contact")

    def _remark(self, pair, words):
        if not self._are_friends(pair):
            return []
        self.state.edit_remark(*pair, words)
        return [self._told("edit_external_contact", pair)]

    def _mark(self, pair, tag):
        if not self._are_friends(pair):
            return []
        self.state.mark(*pair, self.tag_ids[tag])
        return [self._told("edit_external_contact", pair)]

    def _unmark(self, pair, tag):
        if not self._are_friends(pair):
            return []
        self.state.unmark(*pair, self.tag_ids[tag])
        return [self._told("edit_external_contact", pair)]

    def _hand_over(self, pair, takeover):
        if takeover == pair[0] or not self._are_friends(pair):
            return []
        return self._delete(pair) + self._follow((takeover, pair[1]))

    def _join(self, person):
        chat = self.state.chats["wr1"]
        if person in chat.members:
            return []
        before = chat.version
        self.state.join_group("wr1", person)
        return [self._members("add_member", person, before, JoinScene=3)]

    def _leave(self, person):
        chat = self.state.chats["wr1"]
        if person not in chat.members:
            return []
        before = chat.version
        self.state.leave_group("wr1", person)
        return [self._members("del_member", person, before, QuitScene=0)]

    def _new_owner(self, userid):
        self.state.change_group("wr1", owner=userid)
        return [self._chat(UpdateDetail="change_owner")]

    def _rename_tag(self, tag, words):
        self.state.rename_tag(self.tag_ids[tag], f"{tag}-{words}")
        now = self.state.clock.now()
        return [
            xml("change_external_tag", "update", now, Id=self.tag_ids[tag], TagType="tag"),
        ]

    def _end(self, pair, end, change):
        if not self._are_friends(pair):
            return []
        end(*pair)
        return [self._told(change, pair)]

    def _are_friends(self, pair):
        return self.state.active_follow(*pair) is not None

    def _told(self, change, pair):
        return contact_event(change, *pair, self.state.clock.now())

    def _members(self, detail, person, before, **more):
        version = self.state.chats["wr1"].version
        return self._chat(
            UpdateDetail=detail,
            MemChangeList=[person],
            LastMemVer=before,
            CurMemVer=version,
            **more,
        )

    def _chat(self, **fields):
        now = self.state.clock.now()
        return xml("change_external_chat", "update", now, ChatId="wr1", **fields)


def shuffled(events, lateness):
    """The events, some of them late and some of them twice."""
    placed = []
    for place, event in enumerate(events):
        late, is_doubled = lateness[place % len(lateness)]
        placed.append((place + late, event))
        if is_doubled:
            placed.append((place + late + 2, event))
    return [event for _place, event in sorted(placed, key=lambda row: row[0])]


def a_full_sync():
    run = start_run(is_full=True, now=timezone.now())
    assert walk(run_id=run.pk, clock=timezone.now, wait=lambda _seconds: None).state == "done"


def afresh():
    """What a full sync into an empty database says."""
    with transaction.atomic():
        a_full_sync()
        found = tables.living()
        transaction.set_rollback(True)
    return found


def after_events(world, told, lateness):
    """What our tables say when the events of these acts came late, doubled and out of order."""
    a_full_sync()
    waiting = []
    for number, act in enumerate(told):
        waiting += world.act(*act)
        if number == len(told) // 2:  # some arrive while the corp goes on changing
            deliver(*shuffled(waiting, lateness)[::2], now=timezone.now())
    deliver(*shuffled(waiting, lateness), now=timezone.now())
    return tables.living()


@pytest.mark.django_db
@given(told=st.lists(acts, min_size=4, max_size=14), lateness=lateness)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_events_in_any_order_end_like_a_fresh_full_sync(corp, told, lateness):
    corp.state.clear()
    client().flushdb()  # its access token, too, is of another life
    world = World(corp)
    with transaction.atomic():
        found = after_events(world, told, lateness)
        transaction.set_rollback(True)
    assert found == afresh()


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(3))
def test_a_long_life_of_the_corp_told_in_disorder_ends_like_a_fresh_full_sync(corp, seed):
    chance = random.Random(seed)
    world = World(corp)
    told = [_any_act(chance) for _ in range(60)]
    lateness = [(chance.randint(0, 12), chance.random() < 0.2) for _ in range(60)]
    with transaction.atomic():
        found = after_events(world, told, lateness)
        transaction.set_rollback(True)
    assert found == afresh()


def _any_act(chance):
    pair = (chance.choice(STAFF), chance.choice(PEOPLE))
    return chance.choice(
        [
            ("follow", pair),
            ("follow", pair),
            ("block", pair),
            ("delete", pair),
            ("remark", pair, f"remark {chance.randint(1, 5)}"),
            ("mark", pair, chance.choice(TAGS)),
            ("unmark", pair, chance.choice(TAGS)),
            ("hand over", pair, chance.choice(STAFF)),
            ("join", pair[1]),
            ("leave", pair[1]),
            ("new owner", pair[0]),
        ]
    )
