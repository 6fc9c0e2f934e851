"""SQL, evaluation and explanation say the same, for fixed cases and for random rules."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from contacts.models import Contact, ContactFacts
from contacts.selectors.audiences import audience, why
from scrm.segments.compile import to_q
from scrm.segments.days import business_day
from scrm.segments.evaluate import evaluate
from scrm.segments.explain import explain
from scrm.segments.fetch import values_of
from scrm.segments.fields import FACTS, read_rule, vocabulary
from scrm.segments.kinds import COMPLEMENT_OF, Kind, Takes, takes
from scrm.segments.nodes import All, Any, Leaf, Not, as_json, leaves
from scrm.segments.outline import explain_to
from tests.segments import people
from tests.segments.people import NOW, TODAY, customer, random_customers


@pytest.fixture
def there(there):
    """With segments that rules can name, and profile fields of every kind, too."""
    there.segments = people.segments()
    people.own_fields()
    return there


CASES = json.loads(Path(__file__).with_name("cases.json").read_text(encoding="utf-8"))


def _facts(data, there):
    """The facts of a case: names become ids, "-3d" a day or moment three days ago."""

    def read(key, value):
        if key == "bought":
            return tuple(there.products[name] for name in value)
        if key == "fixed_in":
            return tuple(there.segments[name] for name in value)
        if key.endswith("_ids"):
            table = getattr(there, {"staff": "staff"}.get(key[:-4], f"{key[:-4]}s"))
            return [table[name] for name in value]
        if isinstance(value, str) and re.fullmatch(r"[+-]\d+d", value):
            moment = NOW + timedelta(days=int(value[:-1]))
            return moment.date() if key.endswith("_on") else moment
        return value

    return {key: read(key, value) for key, value in data.items()}


def _rule(data, there):
    """The rule of a case: {"tag": "甜"} becomes the id of that tag, "-3d" a date."""
    if isinstance(data, dict) and len(data) == 1 and next(iter(data)) in _TABLES:
        ((kind, name),) = data.items()
        return getattr(there, _TABLES[kind])[name]
    if isinstance(data, dict):
        return {key: _rule(value, there) for key, value in data.items()}
    if isinstance(data, list):
        return [_rule(item, there) for item in data]
    if isinstance(data, str) and re.fullmatch(r"[+-]\d+d", data):
        return (TODAY + timedelta(days=int(data[:-1]))).isoformat()
    return data


_TABLES = {
    "tag": "tags",
    "member": "staff",
    "department": "departments",
    "chat": "groups",
    "product": "products",
    "segment": "segments",
}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_case_is_decided_alike_by_sql_and_by_evaluation(case, there):
    for name, facts in case["customers"].items():
        customer(name, **_facts(facts, there))
    rule = read_rule(_rule(case["rule"], there))
    picked = audience(rule, NOW).values_list("contact__name", flat=True)
    assert sorted(picked) == sorted(case["in"])
    for contact in Contact.objects.all():
        assert why(contact.pk, rule, NOW).is_in == (contact.name in case["in"])


# Fields of the floors above; their apps test them beside what supplies them.
_UPPER = ("touch.", "broadcast.", "link.", "journey.", "value.")


def test_every_field_has_a_case(there):
    covered = set(re.findall(r'"field": "([^"]+)"', json.dumps(CASES)))
    assert {name for name in vocabulary() if not name.startswith(_UPPER)} <= covered


@pytest.fixture
def crowd(there):
    """Sixty random customers and what evaluation needs to know of them."""
    ids = [contact.pk for contact in random_customers(60, there)]
    return ids, values_of(ids, vocabulary(), now=NOW)


def _values(field, op):
    """Values a leaf of this field can have, near those the crowd has."""
    shape = takes(op)
    if shape is Takes.NOTHING:
        return st.none()
    if shape is Takes.DAYS:
        return st.integers(1, 40)
    if shape is Takes.LIST:
        return st.lists(st.sampled_from(_keys(field)), min_size=1, max_size=4, unique=True).map(
            tuple
        )
    one = {
        Kind.NUMBER: st.sampled_from([-1, 0, 1, 2, 3, 5, 19, 50, 99, 10**15]),
        Kind.MONEY: st.sampled_from([0, 999, 2_500, 5_000, 50_000, -1, 10**15]),
        Kind.DATE: st.integers(-100, 2).map(lambda days: TODAY + timedelta(days=days)),
        Kind.TEXT: st.sampled_from(["张", "ANNA", "_", "100%", "李四0", "0", "王 五", "\\"]),
        Kind.BOOL: st.booleans(),
    }[field.kind]
    return st.tuples(one, one).map(lambda p: tuple(sorted(p))) if shape is Takes.PAIR else one


def _keys(field):
    """Keys to choose from; ids that name nothing where the small world has no rows."""
    return [choice.key for choice in field.choices.find("", 20)] or [1, 2]


@st.composite
def _leaf(draw):
    field = vocabulary()[draw(st.sampled_from(sorted(vocabulary())))]
    op = draw(st.sampled_from(field.operators))
    return Leaf(field.name, op, draw(_values(field, op)))


def _rules():
    return st.recursive(
        _leaf(),
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: Any(tuple(parts))),
        ),
        max_leaves=6,
    )


def test_sql_evaluation_and_explanation_agree_on_two_thousand_random_rules(crowd):
    ids, values = crowd
    today = business_day(NOW)

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(rules=st.lists(_rules(), min_size=10, max_size=10), pk=st.sampled_from(ids))
    def agree(rules, pk):
        # Ten rules are tested by one query, all customers each.
        tests = {
            f"in_{number}": ExpressionWrapper(to_q(rule, now=NOW), output_field=BooleanField())
            for number, rule in enumerate(rules)
        }
        picked = ContactFacts.objects.annotate(**tests).values_list("pk", *tests)
        by_sql = {contact_id: [bool(fits) for fits in row] for contact_id, *row in picked}
        for contact_id in ids:
            by_hand = [evaluate(rule, values[contact_id], today=today) for rule in rules]
            assert by_sql[contact_id] == by_hand, [as_json(rule) for rule in rules]
        for rule, fits in zip(rules, by_sql[pk], strict=True):
            lines = explain_to(rule, values[pk], today=today)
            assert lines[0].holds == fits
            told = [line.holds for line in lines if not line.is_group]
            assert told == [evaluate(leaf, values[pk], today=today) for _path, leaf in leaves(rule)]

    agree()


def test_a_filter_picks_whom_the_test_of_each_customer_picks(crowd):
    """In a WHERE clause the planner takes other ways than in a column."""
    ids, values = crowd
    today = business_day(NOW)

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(rule=_rules())
    def agree(rule):
        by_sql = set(audience(rule, NOW).values_list("pk", flat=True))
        assert by_sql == {pk for pk in ids if evaluate(rule, values[pk], today=today)}

    agree()


def test_not_is_the_exact_complement_of_every_operator_of_every_field(crowd):
    ids, _ = crowd

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(leaf=_leaf())
    def split(leaf):
        inside = set(audience(leaf, NOW).values_list("pk", flat=True))
        outside = set(audience(Not(leaf), NOW).values_list("pk", flat=True))
        assert inside | outside == set(ids)
        assert not inside & outside

    split()


def test_an_operator_and_its_negation_split_the_customers(crowd):
    ids, _ = crowd
    for field in vocabulary().values():
        for negative, positive in COMPLEMENT_OF.items():
            if negative not in field.operators:
                continue
            value = _some_value(field, positive)
            sides = [
                set(audience(Leaf(field.name, op, value), NOW).values_list("pk", flat=True))
                for op in (positive, negative)
            ]
            assert sorted([*sides[0], *sides[1]]) == sorted(ids), field.name


def _some_value(field, op):
    if takes(op) is Takes.NOTHING:
        return None
    if takes(op) is Takes.DAYS:
        return 7
    if takes(op) is Takes.LIST:
        return tuple(_keys(field)[:2])
    return 2


def _one_leaf_of_each_operator():
    for field in vocabulary().values():
        for op in field.operators:
            yield field, op


def test_no_rule_joins_another_table_from_outside(there):
    for field, op in _one_leaf_of_each_operator():
        value = _value_for(field, op)
        for leaf in (Leaf(field.name, op, value), Not(Leaf(field.name, op, value))):
            sql = str(audience(leaf, NOW).query)
            outer = sql.split("EXISTS(", maxsplit=1)[0]
            assert " JOIN " not in outer, sql


def test_every_operator_of_every_field_has_words_in_both_languages(there):
    from django.utils import translation

    for language in ("zh-hans", "en"):
        with translation.override(language):
            for field, op in _one_leaf_of_each_operator():
                words = explain(Leaf(field.name, op, _value_for(field, op)))
                assert str(field.label) in words
                assert "%(" not in words


def _value_for(field, op):
    if takes(op) in {Takes.NOTHING, Takes.DAYS, Takes.LIST}:
        return _some_value(field, op)
    one = {Kind.DATE: TODAY, Kind.TEXT: "张", Kind.BOOL: True}.get(field.kind, 3)
    return (one, one) if takes(op) is Takes.PAIR else one


def test_a_count_is_one_query_however_many_conditions(there):
    customer("张三", tag_ids=[there.tags["甜"]])
    rule = read_rule(
        {
            "all": [
                {"field": "tag", "op": "any", "value": [there.tags["甜"]]},
                {"any": [{"field": "order.count", "op": "=", "value": 0}]},
                {"not": {"field": "order.product", "op": "any", "value": [there.products["tea"]]}},
            ]
        }
    )
    with CaptureQueriesContext(connection) as queries:
        assert audience(rule, NOW).count() == 1
    assert len(queries) == 1


def test_a_rule_survives_its_way_through_json(there):
    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(leaf=_leaf())
    def same(leaf):
        keys = leaf.value if isinstance(leaf.value, tuple) else ()
        field = vocabulary()[leaf.field]
        assume(field.choices is None or not field.unknown(keys))
        assert read_rule(json.loads(json.dumps(as_json(Any((leaf,)))))) == Any((leaf,))

    same()


def test_fields_name_columns_that_exist_and_arrays_for_sets(there):
    from django.apps import apps
    from django.contrib.postgres.fields import ArrayField

    for field in vocabulary().values():
        if field.column:
            column = apps.get_model(field.model)._meta.get_field(field.column.split("__")[0])
            if field.model == FACTS:
                assert isinstance(column, ArrayField) == (field.kind is Kind.SET), field.name


def test_leaves_are_named_by_their_place():
    leaf = Leaf("order.count", "=", 1)
    rule = All((leaf, Any((Not(leaf), leaf))))
    assert [path for path, _ in leaves(rule)] == ["all[0]", "all[1].any[0].not", "all[1].any[1]"]
