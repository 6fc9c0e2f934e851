"""Facts of touches as segments ask for them: counted and evaluated alike."""

import pytest

from broadcasts.services.journey_runs import advance_due
from contacts.selectors.audiences import audience, why
from scrm.segments.fields import read_rule
from tests.broadcasts import journey_rows, rows
from tests.broadcasts.rows import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """never touched, touched twice this week, touched three weeks ago"""
    member = rows.staff()
    never, often, once = (rows.customer(member) for _each in range(3))
    rows.touch(often, days_ago=1)
    rows.touch(often, days_ago=6)
    rows.touch(once, days_ago=20)
    return never, often, once


@pytest.mark.parametrize(
    ("rule", "picked"),
    [
        ({"field": "touch.in_7_days", "op": ">=", "value": 2}, "often"),
        ({"field": "touch.in_7_days", "op": "=", "value": 0}, "never once"),
        ({"field": "touch.in_30_days", "op": "=", "value": 1}, "once"),
        ({"field": "touch.in_30_days", "op": "<", "value": 2}, "never once"),
        ({"field": "touch.in_30_days", "op": "<=", "value": 2}, "never often once"),
        ({"field": "touch.in_30_days", "op": "between", "value": [0, 1]}, "never once"),
        ({"field": "touch.in_30_days", "op": "between", "value": [1, 2]}, "often once"),
        ({"field": "touch.in_30_days", "op": "!=", "value": 2}, "never once"),
        ({"field": "touch.in_30_days", "op": "!=", "value": 0}, "often once"),
        (
            {
                "any": [
                    {"field": "touch.in_7_days", "op": ">", "value": 1},
                    {"not": {"field": "touch.in_30_days", "op": "<", "value": 1}},
                ]
            },
            "often once",
        ),
        ({"field": "touch.last_at", "op": "within_days", "value": 7}, "often"),
        ({"field": "touch.last_at", "op": "not_within_days", "value": 7}, "never once"),
        ({"field": "touch.last_at", "op": "is_empty"}, "never"),
        ({"not": {"field": "touch.in_30_days", "op": ">", "value": 0}}, "never"),
    ],
)
def test_touches_are_facts(people, rule, picked):
    names = dict(zip(("never", "often", "once"), people, strict=True))
    node = read_rule(rule)
    found = set(audience(node, NOW).values_list("pk", flat=True))
    assert found == {names[name].pk for name in picked.split()}
    for person in people:
        assert why(person.pk, node, NOW).is_in == (person.pk in found)


def test_who_received_a_broadcast_can_be_asked(people):
    spring = rows.frozen()
    rows.touch(people[0], broadcast=spring)
    rule = {"field": "broadcast.received", "op": "any", "value": [spring.pk]}
    node = read_rule(rule)
    assert list(audience(node, NOW).values_list("pk", flat=True)) == [people[0].pk]
    assert why(people[0].pk, node, NOW).is_in
    assert not why(people[1].pk, node, NOW).is_in


def test_who_waits_for_a_message_of_a_journey_can_be_asked(people):
    walked = journey_rows.journey(journey_rows.send())
    run = journey_rows.expect(walked, people[0])
    advance_due(now=NOW)
    run.refresh_from_db()
    for op, is_in in (("any", True), ("none", False)):
        node = read_rule({"field": "journey.waiting", "op": op, "value": [run.send_id]})
        assert why(people[0].pk, node, NOW).is_in is is_in
        assert why(people[1].pk, node, NOW).is_in is not is_in
        assert audience(node, NOW).filter(pk=people[0].pk).exists() is is_in
