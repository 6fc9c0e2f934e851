"""The library of tags: written to WeCom first, and read from it when it does not answer."""

from __future__ import annotations

import pytest

from contacts.models import ContactTag, FollowTag, Segment, Tag, TagGroup
from contacts.services import tag_library
from contacts.services.segments import create_segment
from contacts.services.tag_library import TagRefused
from contacts.services.tag_rules import set_rule
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from tests.contacts import rows
from tests.contacts.rows import NOW
from tests.contacts.tag_rows import carried, corp_tags, friends, internal, on_relations

pytestmark = pytest.mark.django_db

ADD, EDIT, DELETE = (f"externalcontact/{verb}_corp_tag" for verb in ("add", "edit", "del"))


def create(operator, names, **where):
    return tag_library.create_tags(names=names, operator=operator, now=NOW, **where)


def names_in_wecom(corp):
    return {
        group.name: [t.name for t in sorted(group.tags, key=lambda t: -t.order) if not t.deleted]
        for group in corp.state.tag_groups.values()
        if not group.deleted
    }


def names_here(kind="wecom"):
    groups = TagGroup.objects.filter(kind=kind, is_gone=False)
    return {group.name: [t.name for t in group.tags.filter(is_gone=False)] for group in groups}


def test_a_new_group_is_made_in_wecom_and_here(corp, operator):
    group = create(operator, ["sweet", " sour ", "", "sweet"], group_name="Taste")
    assert names_in_wecom(corp) == names_here() == {"Taste": ["sweet", "sour"]}
    assert group.is_ours
    assert set(Tag.objects.values_list("is_ours", flat=True)) == {True}
    create(operator, ["salty"], group=group)
    assert sorted(names_here()["Taste"]) == sorted(names_in_wecom(corp)["Taste"])
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["tag.create_group", "tag.create"]


@pytest.mark.django_db(transaction=True)
def test_every_step_of_the_library_keeps_what_it_wrote(corp, operator):
    """Each service brings its own transaction."""
    group = create(operator, ["a", "b"], group_name="Taste")
    last = group.tags.get(name="b")
    tag_library.rename(entry=last, name="c", operator=operator, now=NOW)
    assert move(last, operator, is_up=True)
    assert names_here() == names_in_wecom(corp) == {"Taste": ["c", "a"]}
    corp.state.add_tag_group("Unknown", ["x"])
    with pytest.raises(TagRefused):
        create(operator, ["x"], group_name="Unknown")
    assert names_here()["Unknown"] == ["x"]
    tag_library.delete(entry=group, operator=operator, now=NOW)
    tag_library.take_off_gone_tags()
    assert names_here() == names_in_wecom(corp) == {"Unknown": ["x"]}


def test_our_tag_in_a_group_of_others_may_be_changed(corp, operator):
    (theirs,) = corp_tags(corp, "theirs", by_app=False)
    create(operator, ["ours"], group=theirs.group)
    ours = Tag.objects.get(name="ours")
    tag_library.rename(entry=ours, name="still ours", operator=operator, now=NOW)
    assert set(names_in_wecom(corp)["Taste"]) == {"theirs", "still ours"}
    with pytest.raises(TagRefused):
        tag_library.rename(entry=theirs, name="mine", operator=operator, now=NOW)
    theirs.refresh_from_db()
    assert (theirs.name, theirs.is_ours, theirs.may_change) == ("theirs", False, False)
    with pytest.raises(TagRefused):
        tag_library.delete(entry=theirs, operator=operator, now=NOW)
    assert not Tag.objects.get(pk=theirs.pk).is_gone


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_after_silence_wecoms_list_tells_whether_tags_were_made(corp, operator, kind):
    corp.state.faults.add(path=ADD, kind=kind, count=1)
    if kind == "drop_after":
        create(operator, ["sweet"], group_name="Taste")
        assert Tag.objects.get().is_ours
    else:
        with pytest.raises(TagRefused):
            create(operator, ["sweet"], group_name="Taste")
    assert names_in_wecom(corp) == names_here()


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_after_silence_a_change_is_asked_for_once_more(corp, operator, kind):
    (sweet,) = corp_tags(corp, "sweet")
    corp.state.faults.add(path=EDIT, kind=kind, count=1)
    tag_library.rename(entry=sweet, name="sugary", operator=operator, now=NOW)
    assert names_in_wecom(corp) == names_here() == {"Taste": ["sugary"]}
    corp.state.faults.add(path=DELETE, kind=kind, count=1)
    tag_library.delete(entry=sweet, operator=operator, now=NOW)
    assert names_in_wecom(corp) == names_here() == {}


def test_a_tag_of_this_name_that_we_did_not_know_is_told_of(corp, operator):
    group = corp.state.add_tag_group("Taste", ["sweet"])
    here = TagGroup.objects.create(group_id=group.group_id, name="Taste")
    with pytest.raises(TagRefused) as refused:
        create(operator, ["sweet"], group=here)
    assert "40071" in str(refused.value)


def test_the_room_of_a_corp_is_bounded(operator):
    shelf = TagGroup.objects.create(group_id="g", name="Many")
    Tag.objects.bulk_create(
        Tag(tag_id=f"t{number}", name=f"t{number}", group=shelf) for number in range(9_999)
    )
    with pytest.raises(InvalidInput) as refused:
        create(operator, ["one", "two"], group=shelf)
    assert refused.value.field == "names"
    assert "1" in str(refused.value)
    create(operator, ["three", "four"], group_name="House", kind="internal")


@pytest.mark.parametrize(
    ("names", "where", "field"),
    [
        ([], {"group_name": "Taste"}, "names"),
        (["x" * 31], {"group_name": "Taste"}, "names"),
        (["sweet"], {"group_name": " "}, "group_name"),
        (["sweet"], {"group_name": "x" * 31}, "group_name"),
        (["sweet"], {"group_name": "House", "kind": "internal"}, "group_name"),
        ([f"t{number}" for number in range(101)], {"group_name": "Taste"}, "names"),
    ],
)
def test_names_that_will_not_do_are_refused_before_any_call(operator, names, where, field):
    internal("VIP", group="House")
    with pytest.raises(InvalidInput) as refused:
        create(operator, names, **where)
    assert refused.value.field == field


def test_a_name_is_taken_once_in_its_group(operator):
    vip, gold = internal("VIP"), internal("Gold")
    with pytest.raises(InvalidInput):
        tag_library.rename(entry=gold, name="VIP", operator=operator, now=NOW)
    with pytest.raises(InvalidInput):
        create(operator, ["VIP"], group=vip.group)
    create(operator, ["VIP"], group_name="Another", kind="internal")


def test_internal_groups_may_be_empty_and_their_tags_stand_in_the_order_written(operator):
    group = create(operator, [], group_name="House", kind="internal")
    create(operator, ["b", "a"], group=group)
    create(operator, ["c"], group=group)
    assert names_here("internal") == {"House": ["b", "a", "c"]}


def move(entry, operator, *, is_up):
    entry.refresh_from_db()
    return tag_library.move(entry=entry, is_up=is_up, operator=operator, now=NOW)


def test_tags_and_groups_move_up_and_down_in_both_places(corp, operator):
    a, b, c = corp_tags(corp, "a", "b", "c")
    assert move(c, operator, is_up=True)
    assert move(a, operator, is_up=False)
    assert names_here() == names_in_wecom(corp) == {"Taste": ["c", "a", "b"]}
    assert not move(c, operator, is_up=True)
    assert not move(b, operator, is_up=False)
    corp_tags(corp, "x", group="Second")
    first, second = TagGroup.objects.order_by("pk")
    assert move(second, operator, is_up=True)
    assert list(names_here()) == ["Second", "Taste"]
    assert (
        corp.state.tag_groups[second.group_id].order > corp.state.tag_groups[first.group_id].order
    )


def test_equal_orders_are_told_apart_by_moving(operator):
    a, b, c = internal("a"), internal("b"), internal("c")
    assert move(b, operator, is_up=True)
    assert names_here("internal") == {"House": ["b", "a", "c"]}
    assert move(c, operator, is_up=True)
    assert names_here("internal") == {"House": ["b", "c", "a"]}
    assert move(a, operator, is_up=True)
    assert names_here("internal") == {"House": ["b", "a", "c"]}


def test_a_deleted_tag_comes_off_customers_within_moments(corp, operator):
    sweet, sour = corp_tags(corp, "sweet", "sour")
    (amy,) = friends(corp, 1)
    FollowTag.objects.create(follow=amy.follows.get(), tag=sweet)
    tag_library.delete(entry=sweet, operator=operator, now=NOW)
    assert names_in_wecom(corp) == names_here() == {"Taste": ["sour"]}
    assert tag_library.take_off_gone_tags() == 1
    assert tag_library.take_off_gone_tags() == 0
    assert (carried(amy), on_relations(sweet)) == (set(), 0)
    tag_library.delete(entry=sour, operator=operator, now=NOW)
    assert names_in_wecom(corp) == names_here() == {}


def test_a_group_goes_with_its_tags(operator):
    vip = internal("VIP")
    ContactTag.objects.create(contact=rows.contact(), tag=vip, at=NOW)
    tag_library.delete(entry=vip.group, operator=operator, now=NOW)
    assert names_here("internal") == {}
    assert tag_library.take_off_gone_tags() == 1
    assert AuditEntry.objects.get().details == {"tags": ["VIP"]}


def test_a_tag_that_a_rule_keeps_is_not_deleted(operator):
    vip = internal("VIP")
    rule = {"field": "order.count", "op": ">=", "value": 1}
    segment = create_segment(name="Buyers", rule=rule, now=NOW, operator=operator)
    set_rule(tag=vip, segment=segment, operator=operator, now=NOW)
    for entry in (vip, vip.group):
        with pytest.raises(InvalidInput):
            tag_library.delete(entry=entry, operator=operator, now=NOW)
    assert Segment.objects.count() == 1
