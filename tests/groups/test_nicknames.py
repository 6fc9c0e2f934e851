"""Tags out of nicknames: put on, changed and taken off with what members call themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from contacts.models import ContactFacts, ContactTag, Tag, TagGroup
from contacts.services.facts import refresh_facts
from contacts.services.sync.runs import start_run, walk
from groups.models import GroupChat, GroupMember, NicknameDue, NicknameReading, NicknameValue
from groups.selectors import nicknames as shown
from groups.services.group_tags import create_group_tags, mark_groups
from groups.services.nickname_due import note_groups
from groups.services.nickname_rules import (
    PartWanted,
    RuleWanted,
    create_nickname_rule,
    decide_value,
    set_state,
    update_nickname_rule,
)
from groups.services.nicknames import read_due
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from tests.contacts import rows
from tests.contacts.rows import NOW
from tests.groups.rows import group, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def skin(db):
    shelf = TagGroup.objects.create(name="肤质", kind="internal")
    for name in ("油皮", "干皮"):
        Tag.objects.create(name=name, group=shelf, kind="internal")
    return shelf


@pytest.fixture
def chat(db):
    return group(rows.staff())


def read():
    later = datetime(2100, 1, 1, tzinfo=UTC)
    return read_due(clock=lambda: NOW, until=later)


def wanted(skin, **overrides):
    parts = (PartWanted("昵称"), PartWanted("肤质", skin.pk, overrides.pop("unknown", "review")))
    return RuleWanted(**{"name": "Skin", "separators": "-", "parts": parts, **overrides})


def in_force(operator, skin, **overrides):
    rule = create_nickname_rule(wanted=wanted(skin, **overrides), now=NOW, operator=operator)
    set_state(rule_id=rule.pk, state="active", now=NOW, operator=operator)
    read()
    rule.refresh_from_db()
    return rule


def person(chat, nickname):
    someone = rows.contact()
    refresh_facts(contact_ids=[someone.pk])
    member(chat, someone, group_nickname=nickname)
    return someone


def renamed(someone, nickname, **overrides):
    GroupMember.objects.filter(contact=someone).update(group_nickname=nickname, **overrides)
    note_groups(list(GroupChat.objects.values_list("pk", flat=True)))
    read()


def tags(someone):
    """Her tags, and whether the facts that segments read agree."""
    carried = ContactTag.objects.filter(contact=someone)
    facts = ContactFacts.objects.get(contact=someone)
    assert sorted(facts.tag_ids) == sorted(carried.values_list("tag", flat=True))
    return sorted(carried.values_list("tag__name", flat=True))


def test_a_rule_in_force_tags_by_nickname(operator, skin, chat):
    amy, bob = person(chat, "小雨-油皮"), person(chat, "Bob")
    in_force(operator, skin)
    assert tags(amy) == ["油皮"]
    assert tags(bob) == []
    assert NicknameReading.objects.get(contact=bob).problem == "too_few"


def test_a_draft_tags_nobody(operator, skin, chat):
    amy = person(chat, "小雨-油皮")
    create_nickname_rule(wanted=wanted(skin), now=NOW, operator=operator)
    read()
    assert tags(amy) == []


def test_another_nickname_brings_another_tag_and_takes_the_old_one_off(operator, skin, chat):
    amy = person(chat, "小雨-油皮")
    in_force(operator, skin)
    renamed(amy, "小雨-干皮")
    assert tags(amy) == ["干皮"]
    renamed(amy, "")
    assert tags(amy) == []


def test_who_leaves_the_group_keeps_what_she_said(operator, skin, chat):
    amy = person(chat, "小雨-油皮")
    in_force(operator, skin)
    renamed(amy, "小雨-油皮", left_at=NOW)
    assert tags(amy) == ["油皮"]


def test_a_tag_put_on_by_hand_is_not_taken_off(operator, skin, chat):
    amy = person(chat, "小雨-油皮")
    ContactTag.objects.create(contact=amy, tag=skin.tags.get(name="油皮"), at=NOW)
    refresh_facts(contact_ids=[amy.pk])
    in_force(operator, skin)
    renamed(amy, "小雨-干皮")
    assert tags(amy) == ["干皮", "油皮"]


def test_only_nicknames_that_changed_are_read_again(operator, skin, chat):
    person(chat, "小雨-油皮")
    rule = in_force(operator, skin)
    note_groups([chat.pk])
    assert not NicknameDue.objects.exists()
    assert rule.readings.count() == 1


def test_the_last_nickname_counts_when_two_groups_disagree(operator, skin, chat):
    amy = person(chat, "小雨-油皮")
    rule = in_force(operator, skin)
    other = group(chat.owner)
    member(other, amy, group_nickname="小雨-干皮")
    note_groups([other.pk])
    read_due(clock=lambda: NOW + timedelta(hours=1), until=datetime(2100, 1, 1, tzinfo=UTC))
    assert tags(amy) == ["干皮"]
    (conflict,) = shown.conflicts_of(rule, operator)
    assert (conflict.contact_id, conflict.part) == (amy.pk, "肤质")
    assert "油皮" in conflict.said


def test_pausing_or_ending_a_rule_takes_its_tags_off(operator, skin, chat):
    amy = person(chat, "小雨-油皮")
    rule = in_force(operator, skin)
    set_state(rule_id=rule.pk, state="paused", now=NOW, operator=operator)
    read()
    assert tags(amy) == []
    set_state(rule_id=rule.pk, state="active", now=NOW, operator=operator)
    read()
    assert tags(amy) == ["油皮"]
    set_state(rule_id=rule.pk, state="ended", now=NOW, operator=operator)
    read()
    assert tags(amy) == []
    assert not set_state(rule_id=rule.pk, state="active", now=NOW, operator=operator)


def test_unknown_values_are_listed_and_decided(operator, skin, chat):
    amy, bea, cat = person(chat, "a-敏感"), person(chat, "b-油性"), person(chat, "c-随便")
    rule = in_force(operator, skin)
    assert {value.text for value in shown.unknown_values(rule, operator)} == {
        "敏感",
        "油性",
        "随便",
    }
    part = rule.parts.get(name="肤质")
    oily = skin.tags.get(name="油皮")
    decide_value(part=part, text="敏感", is_new=True, now=NOW, operator=operator)
    decide_value(part=part, text="油性", tag_id=oily.pk, now=NOW, operator=operator)
    decide_value(part=part, text="随便", now=NOW, operator=operator)
    read()
    assert (tags(amy), tags(bea), tags(cat)) == (["敏感"], ["油皮"], [])
    assert shown.unknown_values(rule, operator) == []
    assert AuditEntry.objects.filter(action="nickname_rule.decide").count() == 3


def test_a_rule_may_make_new_tags_or_leave_values_out(operator, skin, chat):
    amy = person(chat, "小雨-敏感")
    rule = in_force(operator, skin, unknown="ignore")
    assert not NicknameValue.objects.filter(tag__isnull=True).exists()
    update_nickname_rule(
        rule_id=rule.pk, wanted=wanted(skin, unknown="create"), now=NOW, operator=operator
    )
    read()
    assert tags(amy) == ["敏感"]


def test_a_rule_goes_by_groups_or_by_group_tags(operator, skin, chat):
    other = group(chat.owner)
    amy, bob = person(chat, "小雨-油皮"), person(other, "Bob-干皮")
    rule = in_force(operator, skin, scope="groups", group_ids=(other.pk,))
    assert (tags(amy), tags(bob)) == ([], ["干皮"])
    city = create_group_tags(names=["North"], set_name="City", now=NOW, operator=operator)
    north = city.tags.get()
    update_nickname_rule(
        rule_id=rule.pk,
        wanted=wanted(skin, scope="tags", tag_ids=(north.pk,)),
        now=NOW,
        operator=operator,
    )
    read()
    assert (tags(amy), tags(bob)) == ([], [])
    chats = GroupChat.objects.filter(pk=chat.pk)
    mark_groups(groups=chats, add_tag_ids=[north.pk], now=NOW, operator=operator)
    read()
    assert (tags(amy), tags(bob)) == (["油皮"], [])
    mark_groups(groups=chats, remove_tag_ids=[north.pk], now=NOW, operator=operator)
    read()
    assert tags(amy) == []


def test_a_trial_counts_what_a_rule_would_do_and_writes_nothing(operator, skin, chat):
    amy = person(chat, "小雨-油皮")
    person(chat, "Bob")
    person(chat, "Cat-敏感")
    parts = [
        shown.TrialPart("昵称", None, "review"),
        shown.TrialPart("肤质", skin.pk, "review"),
    ]
    members = shown.members_of(scope="all", group_ids=(), tag_ids=(), operator=operator)
    found = shown.trial(shown.Reader("-", parts), members)
    assert (found.looked_at, found.parsed) == (3, 2)
    assert found.tags == [("肤质", "油皮", 1)]
    assert found.unknown == [("肤质", "敏感", 1, "review")]
    assert [example.nickname for example in found.unread] == ["Bob"]
    assert tags(amy) == []


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("name", {"name": " "}),
        ("separators", {"separators": ""}),
        ("separators", {"separators": "a"}),
        ("parts", {"parts": (PartWanted("one"),)}),
        ("group_ids", {"scope": "groups"}),
        ("tag_ids", {"scope": "tags", "tag_ids": (999,)}),
        ("scope", {"scope": "moon"}),
    ],
)
def test_a_wrong_rule_says_what_is_wrong(operator, skin, field, change):
    with pytest.raises(InvalidInput) as refused:
        create_nickname_rule(wanted=wanted(skin, **change), now=NOW, operator=operator)
    assert refused.value.field == field


def test_the_sync_brings_new_nicknames_to_the_rules(corp, operator, skin):
    state = corp.state
    state.add_staff("wang", "Wang")
    state.add_contact("wm1", name="Amy", unionid="u1")
    state.follow("wang", "wm1")
    state.add_group("wr1", name="Tea", owner="wang", members=["wm1"])
    state.chats["wr1"].members["wm1"].nickname = "小雨-油皮"

    def sync():
        run = start_run(is_full=True, now=timezone.now())
        walk(run_id=run.pk, clock=timezone.now)

    sync()
    in_force(operator, skin)
    amy = GroupMember.objects.get(member_id="wm1").contact
    assert tags(amy) == ["油皮"]
    state.chats["wr1"].members["wm1"].nickname = "小雨-干皮"
    sync()
    read()
    assert tags(amy) == ["干皮"]
