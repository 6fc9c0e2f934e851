"""Which welcome a newcomer gets."""

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcasts.policy.welcome import Newcomer, WelcomeRule, aims_at, choose, holds_at, ranked
from tests.broadcasts.rows import SHANGHAI


def march(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=SHANGHAI)


TUESDAY_NOON = march(10, 12)
EVERYBODY = WelcomeRule(1)
EAST = WelcomeRule(2, "department", departments=frozenset({2}))
SHOP = WelcomeRule(3, "department", departments=frozenset({5}))
ALICE = WelcomeRule(4, "staff", userids=frozenset({"alice"}))
COUNTER = WelcomeRule(5, "channel", states=frozenset({"counter"}))
NOON = WelcomeRule(6, start=time(11), end=time(14))
TUESDAYS = WelcomeRule(7, weekdays=frozenset({2}), priority=5)
ALL = [EVERYBODY, EAST, SHOP, ALICE, COUNTER, NOON, TUESDAYS]


def somebody(**overrides):
    return Newcomer(**{"userid": "bob", "local": TUESDAY_NOON, **overrides})


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ({}, TUESDAYS),
        ({"local": march(11, 12)}, NOON),
        ({"local": march(11, 9)}, EVERYBODY),
        ({"departments": {2: 0}}, EAST),
        ({"departments": {5: 0, 2: 1}}, SHOP),
        ({"userid": "Alice", "departments": {5: 0, 2: 1}}, ALICE),
        ({"userid": "alice", "state": "counter"}, COUNTER),
        ({"state": "Counter"}, TUESDAYS),
    ],
    ids=lambda value: str(getattr(value, "key", value)),
)
def test_the_most_specific_welcome_wins(who, expected):
    assert choose(ALL, somebody(**who)) == expected


def test_priority_decides_between_equals_and_then_the_older_one():
    urgent, old, new = WelcomeRule(9, priority=1), WelcomeRule(7), WelcomeRule(8)
    assert ranked([new, old, urgent], somebody()) == [urgent, old, new]


def test_nobody_is_welcomed_when_nothing_fits():
    assert choose([COUNTER, ALICE], somebody()) is None


@pytest.mark.parametrize(
    ("moment", "holds"),
    [
        (march(13, 22), True),  # Friday night
        (march(14, 7, 59), True),  # what is left of it
        (march(14, 8), False),
        (march(13, 7), False),  # Thursday's night
        (march(14, 22), False),
    ],
)
def test_hours_past_midnight_belong_to_the_day_before(moment, holds):
    night = WelcomeRule(1, weekdays=frozenset({5}), start=time(21), end=time(8))
    assert holds_at(night, moment) is holds


NUMBERS = st.sets(st.integers(1, 4), max_size=3).map(frozenset)
HOURS = st.none() | st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(lambda h: h[0] != h[1])


@st.composite
def rules(draw):
    keys = draw(st.lists(st.integers(1, 50), unique=True, max_size=5))
    made = []
    for key in keys:
        hours = draw(HOURS)
        made.append(
            WelcomeRule(
                key=key,
                scope=draw(st.sampled_from(["everybody", "department", "staff", "channel"])),
                states=draw(NUMBERS.map(lambda ns: frozenset(f"s{n}" for n in ns))),
                userids=draw(NUMBERS.map(lambda ns: frozenset(f"u{n}" for n in ns))),
                departments=draw(NUMBERS),
                weekdays=draw(st.sets(st.integers(1, 7), max_size=4).map(frozenset)),
                start=time(hours[0]) if hours else None,
                end=time(hours[1]) if hours else None,
                priority=draw(st.integers(-2, 2)),
            )
        )
    return made


NEWCOMERS = st.builds(
    Newcomer,
    userid=st.integers(1, 5).map(lambda n: f"U{n}"),
    local=st.integers(0, 20_000).map(lambda minutes: march(1, 0) + timedelta(minutes=minutes)),
    state=st.sampled_from(["", "s1", "s2", "s9"]),
    departments=st.dictionaries(st.integers(1, 5), st.integers(0, 3), max_size=3),
)
NARROW = ["everybody", "department", "staff", "channel"]


def outranks(one, other, who):
    """Said once more, step by step, as the documentation says it."""
    if one.scope != other.scope:
        return NARROW.index(one.scope) > NARROW.index(other.scope)
    if one.scope == "department":
        near, far = (
            min(who.departments[d] for d in rule.departments if d in who.departments)
            for rule in (one, other)
        )
        if near != far:
            return near < far
    if one.is_timed != other.is_timed:
        return one.is_timed
    if one.priority != other.priority:
        return one.priority > other.priority
    return one.key < other.key


@given(rules(), NEWCOMERS)
def test_the_choice_is_the_one_that_fits_and_that_nothing_fitting_outranks(made, who):
    fitting = [rule for rule in made if aims_at(rule, who) and holds_at(rule, who.local)]
    chosen = choose(made, who)
    assert (chosen is None) == (not fitting)
    assert all(outranks(chosen, other, who) for other in fitting if other is not chosen)
    assert choose(made[::-1], who) == choose(made[1::2] + made[::2], who) == chosen
    losers = [rule for rule in made if rule is not chosen]
    assert choose([*losers[::2], chosen] if chosen else losers, who) == chosen
