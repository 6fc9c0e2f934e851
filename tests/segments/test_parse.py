"""What a rule may look like, and what a wrong one is told."""

from __future__ import annotations

import pytest

from scrm.segments.fields import Field, read_rule, register, rule_problems, vocabulary
from scrm.segments.kinds import Kind
from scrm.segments.nodes import All, Any, Leaf, Not
from scrm.segments.parse import CONDITION_LIMIT, DEPTH_LIMIT, RuleError
from scrm.segments.values import LIST_LIMIT

pytestmark = [pytest.mark.usefixtures("_english"), pytest.mark.django_db]

ORDERED = {"field": "order.count", "op": ">=", "value": 1}


@pytest.fixture
def _english():
    from django.utils import translation

    with translation.override("en"):
        yield


def nested(depth):
    return ORDERED if depth == 0 else {"all": [nested(depth - 1)]}


def test_groups_become_nodes():
    leaf = Leaf("order.count", ">=", 1)
    rule = {"all": [ORDERED, {"any": [ORDERED, {"not": ORDERED}]}]}
    assert read_rule(rule) == All((leaf, Any((leaf, Not(leaf)))))


@pytest.mark.parametrize(
    ("rule", "path", "sentence"),
    [
        ([], "", "Give an object"),
        ("all", "", "Give an object"),
        ({}, "field", "names no field"),
        ({"all": ORDERED}, "all", "Give a list"),
        ({"any": []}, "any", "This group is empty"),
        ({"not": {"all": []}}, "not.all", "This group is empty"),
        ({"all": [ORDERED], "any": [ORDERED]}, "", "one key only"),
        ({"all": [3]}, "all[0]", "Give an object"),
        ({**ORDERED, "vaule": 1}, "", "“vaule” means nothing here"),
        ({**ORDERED, "field": "order.cuont"}, "field", "did you mean “order.count”?"),
        ({**ORDERED, "field": "zzz"}, "field", "contact.bucket, contact.do_not_contact"),
        ({**ORDERED, "op": "=="}, "op", "is one of: >=  <=  >"),
        ({**ORDERED, "op": ["="]}, "op", "is one of"),
        ({"field": "order.count", "op": ">="}, "value", "A value is missing"),
        ({**ORDERED, "value": "2"}, "value", "without quotation marks"),
        ({**ORDERED, "value": True}, "value", "without quotation marks"),
        ({**ORDERED, "value": 2.5}, "value", "whole number"),
        ({**ORDERED, "value": float("nan")}, "value", "too large"),
        ({**ORDERED, "value": 10**30}, "value", "too large"),
        ({**ORDERED, "op": "between", "value": [3]}, "value", "list of two"),
        ({**ORDERED, "op": "between", "value": [3, "x"]}, "value[1]", "without quotation"),
        ({**ORDERED, "op": "between", "value": [3, 1]}, "value", "swap the two"),
        ({"field": "order.revenue_fen", "op": ">", "value": "5"}, "value", "in fen"),
        ({"field": "order.revenue_fen", "op": ">", "value": 0.5}, "value", "give ¥12.50 as 1250"),
        ({"field": "order.last_on", "op": "before", "value": "2026-02-30"}, "value", "YYYY-MM-DD"),
        ({"field": "order.last_on", "op": "before", "value": "0001-01-01"}, "value", "1970"),
        ({"field": "order.last_on", "op": "within_days", "value": 0}, "value", "from 1 to 36500"),
        ({"field": "order.last_on", "op": "is_set", "value": 1}, "value", "takes no value"),
        ({"field": "stage", "op": "in", "value": "new"}, "value", "at least one entry"),
        ({"field": "stage", "op": "in", "value": []}, "value", "at least one entry"),
        ({"field": "stage", "op": "in", "value": ["new", "old"]}, "value[1]", "no entry “old”"),
        ({"field": "stage", "op": "in", "value": [["new"]]}, "value[0]", "an id or a code"),
        ({"field": "contact.name", "op": "contains", "value": "  "}, "value", "some text"),
        (
            {"field": "contact.name", "op": "contains", "value": "a\x00"},
            "value",
            "cannot be stored",
        ),
        ({"field": "contact.name", "op": "is", "value": "\ud83d"}, "value", "cannot be stored"),
        ({"field": "contact.name", "op": "is", "value": "x" * 101}, "value", "At most 100"),
        ({"field": "contact.do_not_contact", "op": "is", "value": 1}, "value", "true or false"),
    ],
)
def test_a_wrong_rule_is_told_where_and_what(rule, path, sentence):
    with pytest.raises(RuleError) as told:
        read_rule(rule)
    assert told.value.path == path
    assert sentence in told.value.message
    assert str(told.value).startswith(path)


def test_an_error_deep_inside_names_its_place_and_field():
    rule = {"all": [ORDERED, {"any": [{"not": {**ORDERED, "value": "two"}}]}]}
    with pytest.raises(RuleError) as told:
        read_rule(rule)
    assert str(told.value) == (
        "all[1].any[0].not.value (order.count): "
        "Give a number without quotation marks, for example 2."
    )


def test_all_errors_of_a_rule_are_found_at_once():
    rule = {"all": [{**ORDERED, "value": "x"}, {"any": [{**ORDERED, "op": "?"}, ORDERED]}]}
    node, errors = rule_problems(rule)
    assert node is None
    assert [error.path for error in errors] == ["all[0].value", "all[1].any[0].op"]


def test_groups_nest_up_to_the_limit():
    assert read_rule(nested(DEPTH_LIMIT))
    with pytest.raises(RuleError, match="nested deeper than 5"):
        read_rule(nested(DEPTH_LIMIT + 1))


def test_a_rule_has_conditions_up_to_the_limit():
    assert read_rule({"any": [ORDERED] * CONDITION_LIMIT})
    with pytest.raises(RuleError, match="more than 100 conditions"):
        read_rule({"any": [ORDERED] * (CONDITION_LIMIT + 1)})


def test_an_absurdly_long_rule_is_refused_without_reading_it_all():
    _, errors = rule_problems({"any": [{"field": "?"}] * 100_000})
    assert len(errors) == CONDITION_LIMIT + 1


def test_a_list_is_as_long_as_the_limit(db):
    keys = {"field": "tag", "op": "any", "value": list(range(LIST_LIMIT + 1))}
    with pytest.raises(RuleError, match="has 1001 entries; at most 1000"):
        read_rule(keys)


@pytest.mark.parametrize("key", [99_999_999, -1, 10**40, "甜", 1.5])
def test_an_unknown_tag_is_refused(key, there):
    with pytest.raises(RuleError) as told:
        read_rule({"field": "tag", "op": "any", "value": [there.tags["甜"], key]})
    assert told.value.path == "value[1]"


def test_a_key_named_twice_counts_once():
    rule = read_rule({"field": "stage", "op": "in", "value": ["new", "new", "lost"]})
    assert rule == Leaf("stage", "in", ("new", "lost"))


def test_everybody_is_a_rule_only_as_a_whole():
    assert read_rule({"all": []}) == All(())
    with pytest.raises(RuleError):
        read_rule({"any": [{"all": []}, ORDERED]})


def test_a_field_is_registered_once():
    with pytest.raises(ValueError, match="twice"):
        register(vocabulary()["tag"])


@pytest.mark.parametrize(
    ("declared", "complaint"),
    [
        ({"kind": Kind.NUMBER}, "column, expression or to_q"),
        ({"kind": Kind.SET, "column": "tag_ids"}, "choices"),
        ({"kind": Kind.NUMBER, "to_q": lambda *_: None}, "come together"),
        ({"kind": Kind.BOOL, "column": "x", "operators": (">",)}, "does not know"),
    ],
)
def test_a_field_that_makes_no_sense_is_refused_at_start(declared, complaint):
    with pytest.raises(ValueError, match=complaint):
        Field(name="odd", label="Odd", group="Odd", **declared)
