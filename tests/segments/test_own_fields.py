"""Profile fields that operators define, asked for by segments."""

from __future__ import annotations

import pytest

from contacts.models import ContactFacts, ProfileField
from contacts.selectors.audiences import audience, why
from contacts.selectors.segment_uses import rules_asking
from contacts.selectors.segments import builder_vocabulary, words_of
from contacts.services.facts import rebuild_facts
from contacts.services.profile_fields import (
    change_profile_field,
    create_profile_field,
    set_profile_values,
)
from contacts.services.segments import create_segment
from scrm.errors import InvalidInput
from scrm.segments.fields import Family, Field, read_rule, register, register_family
from scrm.segments.kinds import Kind
from tests.segments.people import NOW, customer

DRY = {"field": "profile.skin", "op": "in", "value": ["dry"]}


@pytest.fixture
def skin(db, operator):
    return create_profile_field(
        label="Skin", key="skin", kind="choice", choices=["dry", "oily"], operator=operator, now=NOW
    )


def fill(contact, operator, **values):
    set_profile_values(
        contact_id=contact.pk, values=values, source="operator", operator=operator, now=NOW
    )


def offered(rule):
    groups = builder_vocabulary(rule)["groups"]
    return {field["name"]: field for group in groups for field in group["fields"]}


def test_what_is_written_into_a_profile_moves_the_customer_at_once(skin, operator):
    amy = customer("Amy")
    rule = read_rule(DRY)
    fill(amy, operator, skin="dry")
    assert list(audience(rule, NOW).values_list("pk", flat=True)) == [amy.pk]
    assert why(amy.pk, rule, NOW).conditions[0].own == "dry"
    rebuild_facts()
    assert ContactFacts.objects.get(pk=amy.pk).profile == {"skin": "dry"}
    fill(amy, operator, skin="")
    assert not audience(rule, NOW).exists()


def test_yes_and_no_are_two_answers_and_unknown_is_neither(db, operator):
    create_profile_field(label="Pet", key="pet", kind="yes_no", operator=operator, now=NOW)
    people = {word: customer(word or "nobody") for word in ("是", "no", "")}
    for word, person in people.items():
        fill(person, operator, pet=word)
    for wanted, word in ((True, "是"), (False, "no")):
        rule = read_rule({"field": "profile.pet", "op": "is", "value": wanted})
        assert [row.pk for row in audience(rule, NOW)] == [people[word].pk]
    with pytest.raises(InvalidInput):
        fill(people[""], operator, pet="perhaps")


def test_an_archived_field_keeps_its_meaning_and_leaves_the_picker(skin, operator):
    amy = customer("Amy")
    fill(amy, operator, skin="dry")
    segment = create_segment(name="Dry", rule=DRY, now=NOW, operator=operator)
    assert [use.name for use in rules_asking("profile.skin")] == ["Dry"]
    change_profile_field(field_id=skin.pk, is_archived=True, now=NOW, operator=operator)
    assert "profile.skin" not in offered({"all": []})
    assert offered(segment.rule)["profile.skin"]["choices"][0]["key"] == "dry"
    assert "Skin" in words_of(segment)
    assert audience(read_rule(segment.rule), NOW).count() == 1


def test_a_choice_that_a_rule_names_cannot_be_taken_away(skin, operator):
    create_segment(name="Dry", rule=DRY, now=NOW, operator=operator)
    with pytest.raises(InvalidInput, match="Dry") as refused:
        change_profile_field(field_id=skin.pk, choices=["oily"], now=NOW, operator=operator)
    assert refused.value.field == "choices"
    change_profile_field(field_id=skin.pk, choices=["dry", "mixed"], now=NOW, operator=operator)
    assert ProfileField.objects.get().choices == ["dry", "mixed"]


def test_the_index_serves_a_rule_that_few_fit(db):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    ProfileField.objects.create(
        key="skin", label="Skin", kind="choice", choices=["dry"], created_at=NOW
    )
    assert "facts_profile" in audience(read_rule(DRY), NOW).explain()


def test_rules_without_such_fields_cost_no_query(skin, django_assert_num_queries):
    with django_assert_num_queries(0):
        read_rule({"field": "order.count", "op": ">=", "value": 1})
    with django_assert_num_queries(1):
        read_rule({"all": [DRY, {"not": DRY}]})


def test_a_family_and_a_field_never_share_a_name():
    with pytest.raises(ValueError, match="twice"):
        register_family(Family(prefix="order", read=list))
    with pytest.raises(ValueError, match="twice"):
        register(Field(name="profile.x", label="x", group="x", kind=Kind.NUMBER, column="bucket"))


def test_the_page_of_a_field_names_the_segments_that_use_it(skin, operator, operator_client):
    create_segment(name="干皮人群", rule=DRY, now=NOW, operator=operator)
    page = operator_client.get(f"/profile-fields/{skin.pk}/")
    assert "干皮人群" in page.content.decode()
