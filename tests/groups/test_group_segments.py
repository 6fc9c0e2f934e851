"""Rules that pick groups: SQL, words and single evaluation agree."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from contacts.models import Department
from groups.models import GroupChat, GroupDay, GroupTagMark
from groups.selectors.audiences import chats_of, preview, read_group_rule, sample, why, words_of
from groups.services.group_tags import create_group_tags
from groups.services.segments import (
    GroupSegmentChanged,
    archive_group_segment,
    create_group_segment,
    update_group_segment,
)
from scrm.console.models import Role
from scrm.errors import InvalidInput
from scrm.segments.fields import read_rule, vocabulary
from scrm.segments.parse import RuleError
from tests import build
from tests.contacts import rows
from tests.contacts.rows import NOW
from tests.groups.rows import group, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(operator):
    """Three groups: big in the north, small in the south, an empty one without tags; and a
    dismissed one, which no rule picks."""
    east = Department.objects.create(name="East", wecom_id=2, parent_wecom_id=1)
    Department.objects.create(name="Shop", wecom_id=3, parent_wecom_id=2)
    amy, bob = rows.staff(department_wecom_ids=[3]), rows.staff(department_wecom_ids=[])
    city = create_group_tags(names=["n", "s"], set_name="City", now=NOW, operator=operator)
    north, south = city.tags.all()
    big = group(amy, name="Big", created_at=NOW - timedelta(days=100))
    small = group(amy, name="Small_1", created_at=NOW - timedelta(days=3), status=1)
    empty = group(bob, name="Empty", created_at=NOW - timedelta(days=20))
    gone = group(bob, name="Gone", dismissed_at=NOW)
    for number in range(4):
        person = rows.contact() if number % 2 else None
        member(big, person, joined_at=NOW - timedelta(days=40 + number))
    member(small, joined_at=NOW)
    for chat, tag in ((big, north), (big, south), (small, south), (gone, north)):
        GroupTagMark.objects.create(group=chat, tag=tag, at=NOW)
    GroupDay.objects.create(group=big, day=NOW.date() - timedelta(days=10), joins=9, leaves=2)
    GroupDay.objects.create(group=small, day=NOW.date(), joins=1)
    return {
        "north": north.pk,
        "south": south.pk,
        "east": east.pk,
        "amy": amy.pk,
        "bob": bob.pk,
        "empty": empty.pk,
    }


def leaf(field, op, value=None):
    bare = {"field": f"chat.{field}", "op": op}
    return bare if value is None else {**bare, "value": value}


def picked(data):
    """The names a rule picks; the evaluation of each single group agrees."""
    rule = read_group_rule(data)
    found = {chat.name for chat in chats_of(rule, NOW)}
    for chat in GroupChat.objects.all():
        assert why(chat, rule, NOW).is_in == (chat.name in found), (data, chat.name)
    assert words_of(rule)
    return found


def test_each_field_picks_its_groups(world):
    cases = [
        (leaf("tag", "any", [world["north"]]), {"Big"}),
        (leaf("tag", "all", [world["north"], world["south"]]), {"Big"}),
        (leaf("tag", "none", [world["south"]]), {"Empty"}),
        (leaf("tag", "empty"), {"Empty"}),
        (leaf("name", "contains", "l_"), {"Small_1"}),
        (leaf("owner", "in", [world["amy"]]), {"Big", "Small_1"}),
        (leaf("owner", "not_in", [world["amy"]]), {"Empty"}),
        (leaf("department", "any", [world["east"]]), {"Big", "Small_1"}),
        (leaf("department", "none", [world["east"]]), {"Empty"}),
        (leaf("department", "empty"), {"Empty"}),
        (leaf("status", "in", [1]), {"Small_1"}),
        (leaf("created_at", "within_days", 7), {"Small_1"}),
        (leaf("created_at", "not_within_days", 30), {"Big"}),
        (leaf("size", "between", [1, 3]), {"Small_1"}),
        (leaf("customers", ">=", 2), {"Big"}),
        (leaf("last_joined_at", "not_within_days", 30), {"Big", "Empty"}),
        (leaf("last_joined_at", "is_empty"), {"Empty"}),
        (leaf("joins_7", ">", 0), {"Small_1"}),
        (leaf("joins_30", ">=", 9), {"Big"}),
        (leaf("leaves_30", "=", 0), {"Small_1", "Empty"}),
        (leaf("health", "in", ["active"]), {"Small_1"}),
        (leaf("health", "not_in", ["active"]), {"Big", "Empty"}),
        ({"all": []}, {"Big", "Small_1", "Empty"}),
        ({"not": leaf("size", ">", 0)}, {"Empty"}),
    ]
    for rule, expected in cases:
        assert picked(rule) == expected, rule


def test_random_rules_mean_the_same_in_sql_and_one_by_one(world):
    dice = random.Random(7)
    leaves = [
        leaf("tag", "any", [world["north"]]),
        leaf("tag", "none", [world["south"]]),
        leaf("owner", "in", [world["bob"]]),
        leaf("department", "any", [world["east"]]),
        leaf("size", "<", 2),
        leaf("last_joined_at", "within_days", 41),
        leaf("joins_30", "!=", 0),
        leaf("health", "in", ["unknown"]),
        leaf("name", "contains", "m"),
    ]

    def rule(depth):
        if depth == 0 or dice.random() < 0.3:
            return dice.choice(leaves)
        if dice.random() < 0.3:
            return {"not": rule(depth - 1)}
        return {dice.choice(("all", "any")): [rule(depth - 1) for _ in range(dice.randint(1, 3))]}

    for _case in range(60):
        picked(rule(4))


def test_rules_about_groups_and_rules_about_customers_do_not_mix(world):
    with pytest.raises(RuleError, match=r"chat\.size|stage"):
        read_rule(leaf("size", ">", 1))
    with pytest.raises(RuleError, match=r"chat\.size|stage"):
        read_group_rule({"field": "stage", "op": "in", "value": ["new"]})
    assert not [name for name in vocabulary() if name.startswith("chat.")]


def test_the_preview_stays_within_what_the_operator_sees(world, operator):
    lead = build.operator(role=Role.LEAD, staff_userid="nobody")
    assert preview({"all": []}, operator, NOW).count == 3
    assert preview({"all": []}, lead, NOW).count == 0
    assert preview({"all": [{}]}, operator, NOW).errors
    rule = read_group_rule({"all": []})
    assert next(chat.name for chat in sample(rule, operator, NOW)) == "Big"


def test_another_rule_makes_a_version_and_the_later_editor_is_told(world, operator):
    acting = {"now": NOW, "operator": operator}
    segment = create_group_segment(name="Big ones", rule=leaf("size", ">", 1), **acting)
    changed = {"segment_id": segment.pk, "name": "Big ones", "rule": leaf("size", ">", 2)}
    assert update_group_segment(version=1, **changed, **acting).version == 2
    with pytest.raises(GroupSegmentChanged):
        update_group_segment(version=1, **changed, **acting)
    assert [row.rule["value"] for row in segment.versions.order_by("version")] == [1, 2]
    with pytest.raises(InvalidInput):
        create_group_segment(name="Big  ones", rule={"all": []}, **acting)
    archive_group_segment(segment_id=segment.pk, **acting)
    create_group_segment(name="Big ones", rule={"all": []}, **acting)
