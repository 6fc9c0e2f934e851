"""Builders of rows for the tests of `broadcasts`, and the few verbs that many of them share."""

from __future__ import annotations

from datetime import time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from broadcasts.models import Batch, Broadcast, BroadcastPlan, Touch
from broadcasts.services import dispatch
from broadcasts.services.audience import freeze
from broadcasts.services.compose import Draft
from contacts.models import ContactFacts, Segment
from groups.models import GroupSegment
from tests.contacts import rows
from tests.contacts.rows import NOW, staff
from tests.groups import rows as group_rows

EVERYBODY = {"field": "relation", "op": "in", "value": ["friend", "lost"]}
SHANGHAI = ZoneInfo("Asia/Shanghai")
_numbers = count(1)


def customer(member=None, *, corp=None, **overrides):
    """A customer with facts, followed by `member` here and, if given, in the simulated corp."""
    person = rows.contact(**overrides)
    if member is not None:
        rows.follow(person, member)
    ContactFacts.objects.create(
        contact=person,
        relation=person.relation,
        stage=person.stage,
        kind=1,
        gender=0,
        staff_ids=[member.pk] if member else [],
        first_followed_at=person.first_followed_at,
        last_followed_at=person.first_followed_at,
    )
    if corp is not None:
        corp.state.add_contact(person.external_userid, person.name)
        corp.state.follow(member.userid, person.external_userid)
    return person


def crew(corp, size, *, per_head=3):
    """So many staff members with customers each, in the corp and in our tables."""
    members = []
    for _place in range(size):
        member = staff()
        corp.state.add_staff(member.userid, member.name)
        for _head in range(per_head):
            customer(member, corp=corp)
        members.append(member)
    return members


def segment(rule=None, **overrides):
    number = next(_numbers)
    return Segment.objects.create(
        **{
            "name": f"Segment {number}",
            "rule": rule or EVERYBODY,
            "created_at": NOW,
            "updated_at": NOW,
            **overrides,
        }
    )


def chat(owner, *people, corp=None, **overrides):
    """A group of `owner` with these customers, here and, if given, in the simulated corp."""
    made = group_rows.group(owner, **overrides)
    for person in people:
        group_rows.member(made, person, joined_at=NOW - timedelta(days=1))
    if corp is not None:
        ids = [person.external_userid for person in people]
        corp.state.add_group(made.chat_id, made.name, owner.userid, ids)
    return made


def group_segment(rule=None):
    number = next(_numbers)
    return GroupSegment.objects.create(
        name=f"Groups {number}", rule=rule or {"all": []}, created_at=NOW, updated_at=NOW
    )


def to_groups(**overrides):
    """A scheduled broadcast to all groups, whose window is open at NOW."""
    chosen = overrides.pop("group_segment", None) or group_segment()
    return broadcast(
        **{
            "kind": "group",
            "segment": None,
            "group_segment": chosen,
            "segment_version": chosen.version,
            "rule": chosen.rule,
            **overrides,
        }
    )


def draft(**overrides):
    """What an operator fills in; the window is open at NOW."""
    return Draft(
        **{
            "name": "Spring",
            "benefit": "Free shipping until Sunday",
            "text": "Spring is here.",
            "segment": overrides.get("segment") or segment(),
            "window_start": NOW - timedelta(hours=1),
            "window_end": NOW + timedelta(hours=6),
            "holdout_percent": 0,
            **overrides,
        }
    )


def broadcast(**overrides):
    """A scheduled broadcast to everybody, whose window is open at NOW."""
    if "segment" not in overrides:
        overrides["segment"] = segment()
    chosen = overrides["segment"]
    named = {"segment_version": chosen.version, "rule": chosen.rule} if chosen else {}
    return Broadcast.objects.create(
        **{
            "name": "Spring",
            "benefit": "Free shipping until Sunday",
            **named,
            "text": "Spring is here.",
            "holdout_percent": 0,
            "window_start": NOW - timedelta(hours=1),
            "window_end": NOW + timedelta(hours=6),
            "state": "scheduled",
            "created_at": NOW - timedelta(days=1),
            "scheduled_at": NOW - timedelta(hours=2),
            **overrides,
        }
    )


def plan(**overrides):
    """A message to everybody that recurs on Mondays at ten."""
    return BroadcastPlan.objects.create(
        **{
            "name": "Every Monday",
            "benefit": "News",
            "segment": overrides.get("segment") or segment(),
            "text": "It is Monday.",
            "every": "week",
            "weekdays": [1],
            "time": time(10),
            "until": time(18),
            "next_at": NOW + timedelta(days=7),
            "created_at": NOW,
            **overrides,
        }
    )


def frozen(*, now=NOW, **overrides):
    """A broadcast whose audience is fixed and whose batches are ready."""
    return freeze(broadcast_id=broadcast(**overrides).pk, now=now)


def clock(hour, minute=0):
    return time(hour, minute)


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


def deliver_all(*, now=NOW):
    """What workers would do with the messages of one tick."""
    for pk in Batch.objects.filter(state="ready").order_by("pk").values_list("pk", flat=True):
        dispatch.deliver_batch(batch_id=pk, now=now)
