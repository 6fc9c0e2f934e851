"""The library of group tags, and tags on groups."""

from __future__ import annotations

import pytest

from groups.models import GroupChat, GroupTag, GroupTagSet
from groups.selectors.tags import tag_sets, tagged, tags_of
from groups.services.group_tags import (
    GroupTagInUse,
    create_group_tags,
    delete_group_tag,
    mark_groups,
    move_group_tag,
    rename_group_tag,
)
from groups.services.segments import create_group_segment
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from tests.contacts import rows
from tests.contacts.rows import NOW
from tests.groups.rows import group

pytestmark = pytest.mark.django_db


@pytest.fixture
def acting(operator):
    return {"now": NOW, "operator": operator}


@pytest.fixture
def city(acting):
    return create_group_tags(set_name="City", names=["North", "South"], **acting)


def names(shelf):
    return [tag.name for tag in shelf.tags.filter(is_gone=False)]


def test_tags_are_made_renamed_moved_and_deleted(city, acting):
    create_group_tags(tag_set=city, names=["East", "East", ""], **acting)
    east = GroupTag.objects.get(name="East")
    rename_group_tag(entry=east, name=" Far  East ", **acting)
    assert move_group_tag(entry=east, is_up=True, **acting)
    assert names(city) == ["North", "Far East", "South"]
    delete_group_tag(entry=GroupTag.objects.get(name="North"), **acting)
    assert names(city) == ["Far East", "South"]
    assert not move_group_tag(entry=east, is_up=True, **acting)
    assert AuditEntry.objects.filter(action__startswith="group_tag.").count() == 5


def test_sets_are_moved_and_deleted_with_their_tags(city, acting):
    use = create_group_tags(set_name="Use", names=["Sale"], **acting)
    assert move_group_tag(entry=use, is_up=True, **acting)
    assert [shelf.name for shelf in tag_sets()] == ["Use", "City"]
    delete_group_tag(entry=city, **acting)
    assert [shelf.name for shelf in tag_sets()] == ["Use"]
    assert create_group_tags(set_name="City", names=["North"], **acting).pk != city.pk


def test_names_are_checked(city, acting):
    for wrong, field in (
        ({"tag_set": city, "names": ["North"]}, "names"),
        ({"tag_set": city, "names": [" "]}, "names"),
        ({"tag_set": city, "names": ["x" * 31]}, "names"),
        ({"set_name": "City", "names": ["New"]}, "set_name"),
        ({"set_name": "", "names": ["New"]}, "set_name"),
    ):
        with pytest.raises(InvalidInput) as refused:
            create_group_tags(**wrong, **acting)
        assert refused.value.field == field
    with pytest.raises(InvalidInput):
        rename_group_tag(entry=city.tags.get(name="North"), name="South", **acting)
    assert GroupTagSet.objects.count() == 1


def test_groups_are_tagged_and_untagged_together(city, acting):
    owner = rows.staff()
    one, two = group(owner), group(owner)
    north, south = city.tags.all()
    everything = GroupChat.objects.all()
    assert mark_groups(groups=everything, add_tag_ids=[north.pk, south.pk], **acting) == 2
    assert mark_groups(groups=everything, add_tag_ids=[north.pk], **acting) == 0
    assert mark_groups(groups=everything.filter(pk=one.pk), remove_tag_ids=[north.pk], **acting)
    carried = {pk: [tag.name for tag in tags] for pk, tags in tags_of([one, two]).items()}
    assert carried == {one.pk: ["South"], two.pk: ["North", "South"]}
    assert list(tagged(everything, [north.pk])) == [two]


def test_a_tag_in_use_is_not_deleted(city, acting):
    north = city.tags.get(name="North")
    rule = {"not": {"field": "chat.tag", "op": "any", "value": [north.pk]}}
    create_group_segment(name="Elsewhere", rule=rule, **acting)
    for entry in (north, city):
        with pytest.raises(GroupTagInUse, match="Elsewhere"):
            delete_group_tag(entry=entry, **acting)


def test_a_wrong_choice_of_tags_is_refused(city, acting):
    group(rows.staff())
    north = city.tags.get(name="North")
    everything = GroupChat.objects.all()
    for wrong in (
        {},
        {"add_tag_ids": [9999]},
        {"add_tag_ids": [north.pk], "remove_tag_ids": [north.pk]},
        {"groups": everything.none(), "add_tag_ids": [north.pk]},
    ):
        with pytest.raises(InvalidInput):
            mark_groups(**{"groups": everything, **acting, **wrong})
