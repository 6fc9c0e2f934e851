"""Profile fields: defined by operators, filled with values that know their source and age."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.models import ContactNote, ProfileField
from contacts.rules.profile_values import BadProfileValue, read_value
from contacts.selectors.profiles import profile
from contacts.services.notes import write_note
from contacts.services.profile_fields import (
    change_profile_field,
    create_profile_field,
    set_profile_values,
)
from scrm.audit.models import AuditEntry
from scrm.errors import InvalidInput
from tests.contacts import rows
from tests.contacts.rows import NOW


@pytest.fixture
def amy(db):
    return rows.contact(name="Amy")


def define(operator, label="Skin", kind="choice", **overrides):
    choices = ["dry", "oily"] if kind in {"choice", "multi"} else []
    given_values = {"label": label, "kind": kind, "choices": choices, **overrides}
    return create_profile_field(**given_values, operator=operator, now=NOW)


def fill(person, operator, *, now=NOW, **values):
    return set_profile_values(
        contact_id=person.pk, values=values, source="operator", operator=operator, now=now
    )


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("text", " rose ", "rose"),
        ("text", "   ", None),
        ("number", "12", 12),
        ("number", 1.5, 1.5),
        ("number", " ", None),
        ("date", "1990-02-28", "1990-02-28"),
        ("choice", "dry", "dry"),
        ("choice", "", None),
        ("multi", ["oily", "dry", "dry"], ["dry", "oily"]),
        ("multi", [], None),
    ],
)
def test_a_value_is_read_as_its_kind(kind, raw, value):
    assert read_value(kind, raw, ["dry", "oily"]) == value


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("text", 1),
        ("text", "x" * 201),
        ("text", "a\0"),
        ("number", "many"),
        ("number", True),
        ("number", "NaN"),
        ("number", "1e99"),
        ("date", "2026-02-30"),
        ("date", "0001-01-01"),
        ("choice", "blue"),
        ("multi", ["blue"]),
        ("multi", "dry"),
    ],
)
def test_what_a_kind_does_not_take_is_refused(kind, raw):
    with pytest.raises(BadProfileValue):
        read_value(kind, raw, ["dry", "oily"])


@given(
    kind=st.sampled_from(["text", "number", "date", "choice", "multi"]),
    raw=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
    ),
)
def test_whatever_comes_is_read_or_refused_and_reads_again_as_itself(kind, raw):
    try:
        value = read_value(kind, raw, ["dry", "oily"])
    except BadProfileValue:
        return
    assert read_value(kind, value, ["dry", "oily"]) == value


def test_a_value_knows_where_it_came_from_and_when(amy, operator):
    key = define(operator).key
    assert fill(amy, operator, **{key: "dry"}) == [key]
    (shown,) = profile(amy.pk, now=NOW).fields
    assert (shown.words, shown.by, shown.at) == ("dry", operator.username, NOW)
    assert AuditEntry.objects.get(action="contact.set_profile").details["fields"] == [key]


def test_the_same_value_keeps_its_age_and_an_empty_one_takes_it_away(amy, operator):
    key = define(operator).key
    fill(amy, operator, **{key: "dry"})
    assert fill(amy, operator, now=NOW + timedelta(days=3), **{key: "dry"}) == []
    assert profile(amy.pk, now=NOW).fields[0].at == NOW
    assert fill(amy, operator, **{key: ""}) == [key]
    amy.refresh_from_db()
    assert amy.profile == {}


def test_one_wrong_value_writes_none(amy, operator):
    skin, age = define(operator).key, define(operator, "Age", "number").key
    with pytest.raises(InvalidInput) as caught:
        fill(amy, operator, **{skin: "dry", age: "old"})
    assert caught.value.field == age
    with pytest.raises(InvalidInput):
        fill(amy, operator, nonsense="x")
    amy.refresh_from_db()
    assert amy.profile == {}


def test_a_choice_no_longer_offered_stays_until_it_is_changed(amy, operator):
    row = define(operator)
    fill(amy, operator, **{row.key: "dry"})
    change_profile_field(field_id=row.pk, choices=["oily"], operator=operator, now=NOW)
    assert profile(amy.pk, now=NOW).fields[0].words == "dry"
    with pytest.raises(InvalidInput):
        fill(amy, operator, **{row.key: "dry "})


def test_an_archived_field_leaves_the_page_and_keeps_its_values(amy, operator):
    row = define(operator)
    fill(amy, operator, **{row.key: "dry"})
    change_profile_field(field_id=row.pk, is_archived=True, operator=operator, now=NOW)
    assert profile(amy.pk, now=NOW).fields == []
    define(operator)  # the name is free again
    with pytest.raises(InvalidInput):
        change_profile_field(field_id=row.pk, is_archived=False, operator=operator, now=NOW)
    amy.refresh_from_db()
    assert amy.profile[row.key]["value"] == "dry"


def test_completeness_counts_phone_gender_and_every_field(amy, operator):
    row = define(operator)
    assert profile(amy.pk, now=NOW).completeness.known == 0
    fill(amy, operator, **{row.key: "oily"})
    done = profile(amy.pk, now=NOW).completeness
    assert (done.known, done.wanted, len(done.missing)) == (1, 3, 2)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("label", {"label": " "}),
        ("label", {"label": "x" * 33}),
        ("kind", {"kind": "colour"}),
        ("key", {"key": "Skin type"}),
        ("choices", {"choices": [" "]}),
        ("choices", {"choices": ["x" * 65]}),
    ],
)
@pytest.mark.django_db
def test_a_field_that_makes_no_sense_is_not_made(operator, field, wrong):
    with pytest.raises(InvalidInput) as caught:
        define(operator, **{"kind": "choice", **wrong})
    assert caught.value.field == field
    assert not ProfileField.objects.exists()


@pytest.mark.django_db
def test_names_and_keys_are_taken_once(operator):
    define(operator, key="skin")
    for field, again in (("label", {}), ("key", {"label": "Other", "key": "skin"})):
        with pytest.raises(InvalidInput) as caught:
            define(operator, **again)
        assert caught.value.field == field


def test_a_note_is_appended_and_a_second_press_is_none(amy, operator):
    for seconds in (0, 3):
        at = NOW + timedelta(seconds=seconds)
        write_note(contact_id=amy.pk, text=" likes tea ", operator=operator, now=at)
    assert ContactNote.objects.get().text == "likes tea"
    write_note(contact_id=amy.pk, text="likes tea", operator=operator, now=NOW + timedelta(days=1))
    assert ContactNote.objects.count() == 2
    assert AuditEntry.objects.filter(action="contact.note").count() == 2


@pytest.mark.parametrize("text", ["", "  \n", "\0", "x" * 1001])
def test_an_empty_or_endless_note_is_refused(amy, operator, text):
    with pytest.raises(InvalidInput):
        write_note(contact_id=amy.pk, text=text, operator=operator, now=NOW)
