from datetime import timedelta

import pytest

from scrm.simulator.behaviour import Behaviour, confirms_at, unfriend_probability
from scrm.simulator.server import Server


@pytest.fixture
def crowd(state):
    """Three hundred more customers of Wang Fang."""
    for number in range(300):
        state.follow("wangfang", state.add_contact(f"wmN{number}", unionid=f"ozN{number}"))
    return state


def test_most_staff_confirm_within_minutes_and_some_never(state, send):
    for _number in range(200):
        send("wmA1")
    times = [confirms_at(task, "wangfang") for task in state.tasks()]
    never = times.count(None)
    assert 2 <= never <= 45
    within_an_hour = sum(
        at is not None and at - task.created_at < 3600
        for at, task in zip(times, state.tasks(), strict=True)
    )
    assert within_an_hour > 150


def test_a_step_confirms_what_is_due_and_nothing_else(state, send):
    for _number in range(20):
        send("wmA1")
    people = Behaviour(state, seed=1)
    state.clock.advance(timedelta(minutes=10))
    people.step()
    now = state.clock.timestamp()
    due = [task for task in state.tasks() if (confirms_at(task, "wangfang") or now + 1) <= now]
    assert 0 < len(due) < 20
    assert [task for task in state.tasks() if task.confirmed] == due


def test_customers_go_on_buying_and_coming_as_time_goes_on(crowd):
    people = Behaviour(crowd, seed=1)
    before = crowd.clock.timestamp()
    crowd.clock.advance(timedelta(days=30))
    people.step()
    assert 5 < len(crowd.orders) < 60
    assert all(before <= order.paid_at <= crowd.clock.timestamp() for order in crowd.orders)
    assert len(crowd.followers) > 302


def test_many_messages_drive_customers_away(crowd, send):
    assert unfriend_probability(1) < unfriend_probability(4) < unfriend_probability(30) <= 0.2
    crowd.record("settings", quota_policy="days_in_month")
    people = Behaviour(crowd, seed=1)
    for _number in range(20):
        send()
        crowd.confirm()
        people.step()
    crowd.clock.advance(timedelta(days=1))
    people.step()
    gone = [follow for follow in crowd.follows["wangfang"].values() if follow.ended_at]
    assert len(gone) > 50


def test_people_live_only_when_asked_to(state):
    with Server(state) as server:
        assert not server.control.behaviour.alive
        server.control.behaviour.start()
        assert server.control.behaviour.alive
    assert not server.control.behaviour.alive


def test_staff_publish_moments_as_they_confirm_tasks(state, api):
    for number in range(8):
        api.post("externalcontact/add_moment_task", {"text": {"content": f"第{number}条"}})
    people = Behaviour(state, seed=1)
    state.clock.advance(timedelta(hours=3))
    people.step()
    published = sum(len(moment.published) for moment in state.moments.values())
    assert 8 <= published <= 16


def test_a_customers_day_of_waiting_ends_while_people_live(state, api):
    pair = {"handover_userid": "wangfang", "takeover_userid": "LiNa", "external_userid": ["wmB2"]}
    api.post("externalcontact/transfer_customer", pair)
    state.clock.advance(timedelta(days=1))
    Behaviour(state, seed=1).step()
    assert state.active_follow("LiNa", "wmB2")
