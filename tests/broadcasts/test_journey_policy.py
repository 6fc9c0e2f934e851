"""The pure parts of journeys: reading definitions, the stepper, slots. No database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadcasts.policy.journey import Facts, Standing, next_acts, next_opening, wait_over
from broadcasts.policy.journey_definition import Condition, WaitUntil
from broadcasts.policy.journey_reading import read
from broadcasts.policy.journey_slots import slot_of, try_again_at, window_end
from broadcasts.policy.quiet_hours import quiet_until
from broadcasts.policy.terms import Terms
from scrm.segments.nodes import All, Leaf

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)  # a Tuesday, noon in Shanghai
TERMS = Terms(zone=ZONE)


def rules(rule, _subject):
    """One boolean field called "b" is all there is."""
    return (Leaf("b", "is", value=True), []) if rule else (All(()), [])


def a_step(step_id, kind):
    extra = {
        "wait": {"hours": 5},
        "wait_until": {"at": "10:00", "until": "18:00", "days": 1},
        "send": {"text": "Hello", "patience_hours": 20},
        "webhook": {"name": "crm"},
        "tag": {"add": [1]},
    }
    return {"id": step_id, "kind": kind, **extra.get(kind, {})}


@st.composite
def trees(draw, depth=2):
    """Some steps, conditions with ways of their own among them, numbered in reading order."""
    steps = []
    for _number in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["wait", "wait_until", "send", "webhook", "tag", "condition"]))
        if kind == "condition" and depth:
            ways = {name: draw(trees(depth=depth - 1)) for name in ("yes", "no")}
            steps.append({"kind": "condition", "rule": {"b": True}, **ways})
        else:
            steps.append(a_step("", "wait" if kind == "condition" else kind))
    return steps


def numbered(steps, count=None):
    count = count if count is not None else iter(range(1000))
    for step in steps:
        step["id"] = f"s{next(count)}"
        for way in ("yes", "no"):
            numbered(step.get(way, []), count)
    return steps


def definition_of(steps, **parts):
    data = {"subject": "contact", "trigger": {"kind": "manual"}, "steps": steps, **parts}
    definition, problems = read(data, rules)
    assert not problems, problems
    return definition


@given(
    steps=trees(),
    hops=st.lists(st.integers(1, 60 * 60), min_size=60, max_size=60),
    answers=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=60, max_size=60),
)
def test_every_run_ends_goes_only_forward_and_does_no_step_twice(steps, hops, answers):
    definition = definition_of(numbered(steps))
    order = {step_id: place for place, step_id in enumerate(definition.by_id)}
    standing, now, over, places = Standing(definition.first, NOON), NOON, [], []
    for minutes, (holds, arrives) in zip(hops, answers, strict=True):
        facts = Facts(now.date(), {"b": holds})
        ahead = next_acts(definition, standing, facts, now, ZONE)
        # The same question again has the same answer.
        assert ahead == next_acts(definition, standing, facts, now, ZONE)
        over += [act.step for act in ahead.acts if act.what in {"done", "skipped"}]
        places += [order[act.step] for act in ahead.acts if act.step]
        if ahead.state == "done":
            break
        standing, now = ahead.standing, max(now + timedelta(minutes=minutes), ahead.due_at or now)
        if ahead.state == "sending" and arrives:
            over.append(standing.step)
            standing = Standing(definition.following[standing.step], now)
    assert len(over) == len(set(over))
    assert places == sorted(places)
    # Sixty hops of at least what is due pass every wait; only held messages may take longer.
    assert ahead.state in {"done", "sending", "running"}


@given(steps=trees(), jump=st.integers(0, 7))
def test_a_run_ends_even_when_nobody_sends_its_messages_and_workers_are_late(steps, jump):
    definition = definition_of(numbered(steps))
    standing, now = Standing(definition.first, NOON), NOON
    for _look in range(200):
        ahead = next_acts(definition, standing, Facts(now.date(), {"b": True}), now, ZONE)
        if ahead.state == "done":
            return
        standing, now = ahead.standing, max(ahead.due_at or now, now) + timedelta(hours=jump)
        if ahead.state == "sending":
            # Nobody ever sends it: patience has to end.
            now = max(now, ahead.patience_until)
    pytest.fail("the run never ended")


def test_the_ways_of_a_condition_meet_behind_it():
    inner = {"id": "inner", "kind": "condition", "rule": {"b": 1}, "yes": [], "no": []}
    steps = [
        {
            "id": "which",
            "kind": "condition",
            "rule": {"b": 1},
            "yes": [a_step("y", "webhook"), inner],
            "no": [{"id": "stop", "kind": "end"}],
        },
        a_step("both", "webhook"),
    ]
    definition = definition_of(steps)
    assert isinstance(definition.by_id["which"], Condition)
    assert definition.following == {
        "which": "both",
        "y": "inner",
        "inner": "both",
        "stop": "both",
        "both": "",
    }
    for holds, way in ((True, ["which", "y", "inner", "both", ""]), (False, ["which", "stop", ""])):
        ahead = next_acts(
            definition, Standing("which", NOON), Facts(NOON.date(), {"b": holds}), NOON, ZONE
        )
        assert [act.step for act in ahead.acts] == way


@pytest.mark.parametrize(
    ("step", "opens"),
    [
        ({"at": time(12)}, "2026-03-10 12:00"),
        ({"at": time(11, 59)}, "2026-03-11 11:59"),
        ({"at": time(10), "until": time(18)}, "2026-03-10 12:00"),
        ({"at": time(10), "until": time(12)}, "2026-03-11 10:00"),
        ({"at": time(10), "days": 3}, "2026-03-13 10:00"),
        ({"at": time(10), "weekdays": frozenset({1})}, "2026-03-16 10:00"),
        ({"at": time(10), "weekdays": frozenset({2}), "days": 1}, "2026-03-17 10:00"),
    ],
)
def test_a_wait_until_ends_at_the_first_moment_that_fits(step, opens):
    days = step.pop("days", 0)
    found = next_opening(WaitUntil(id="w", **step), NOON, ZONE, days=days)
    assert f"{found.astimezone(ZONE):%Y-%m-%d %H:%M}" == opens


def test_who_comes_too_late_for_a_window_waits_for_the_next_one():
    step = WaitUntil(id="w", at=time(10), until=time(18))
    early = NOON - timedelta(hours=6)
    evening = NOON + timedelta(hours=7)
    assert wait_over(step, early, evening, ZONE) == NOON + timedelta(hours=22)
    no_end = WaitUntil(id="w", at=time(10))
    assert wait_over(no_end, early, evening, ZONE) < evening


@given(
    minutes=st.integers(0, 60 * 24 * 7),
    behind=st.integers(0, 60 * 48),
    length=st.sampled_from([15, 60, 240]),
    terms=st.sampled_from([TERMS, replace(TERMS, lunch_channels=frozenset({"private"}))]),
)
def test_a_slot_is_outside_the_quiet_hours_and_leaves_staff_an_hour(minutes, behind, length, terms):
    now = NOON + timedelta(minutes=minutes)
    slot = slot_of(terms, now - timedelta(minutes=behind), now, length=timedelta(minutes=length))
    assert quiet_until(terms, slot) is None
    assert window_end(terms, slot) - slot >= timedelta(hours=1)
    assert slot >= now - timedelta(minutes=length)
    assert slot - now < timedelta(hours=24)
    assert quiet_until(terms, try_again_at(terms, now)) is None


@pytest.mark.parametrize(
    ("data", "places"),
    [
        ([], [""]),
        ({}, ["subject"]),
        ({"subject": "contact"}, ["trigger", "steps"]),
        (
            {"subject": "group", "trigger": {"kind": "new_friend"}, "steps": []},
            ["trigger.kind", "steps"],
        ),
        (
            {
                "subject": "contact",
                "trigger": {"kind": "manual", "segment": 4},
                "steps": [{"id": "a b", "kind": "wait"}, {"id": "x", "kind": "fly"}],
                "exits": [{"kind": "left_group"}, {"kind": "segment"}],
                "reentry": {"kind": "after_days"},
            },
            [
                "trigger.segment",
                "steps[0].id",
                "kind",
                "exits[0].kind",
                "exits[1].rule",
                "reentry.days",
            ],
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_place(data, places):
    definition, problems = read(data, rules)
    assert definition is None
    assert [problem.field for problem in problems] == places


@given(
    data=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "subject",
                        "trigger",
                        "steps",
                        "kind",
                        "id",
                        "yes",
                        "no",
                        "rule",
                        "exits",
                        "at",
                    ]
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=15,
    )
)
def test_no_json_whatever_breaks_the_reader(data):
    definition, problems = read(data, rules)
    assert (definition is None) == bool(problems)
