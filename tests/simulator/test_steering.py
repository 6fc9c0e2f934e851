"""Clock, habits and faults by the control API."""

from __future__ import annotations

import pytest

from scrm.simulator.habits import Habits
from scrm.simulator.journal import Journal
from tests.simulator.client import Client


def _set(door, **given):
    status, answer = door.ask("POST", "/sim/behaviour", given)
    assert status == 200, answer
    return answer


def test_habits_can_be_seen_and_set_one_by_one(state, door):
    before = door.ask("GET", "/sim/behaviour")[1]
    assert (before["alive"], before["profile"], before["unfriend"]) == (False, "mixed", 0.0006)
    assert set(before["profiles"]) == {"prompt", "busy", "forgetful", "never"}
    after = _set(door, profile="busy", unfriend=0.01, seed=9)
    assert (after["profile"], after["unfriend"], after["seed"]) == ("busy", 0.01, 9)
    assert after["week_growth"] == before["week_growth"]


def test_one_persons_profile_is_added_and_taken_away(state, door):
    assert _set(door, staff={"lina": "never"})["staff"] == {"LiNa": "never"}
    assert _set(door, staff={"wangfang": "busy"})["staff"] == {"LiNa": "never", "wangfang": "busy"}
    assert _set(door, staff={"LiNa": ""})["staff"] == {"wangfang": "busy"}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"profile": "lazy"}, "profile"),
        ({"staff": {"ghost": "busy"}}, "userid"),
        ({"staff": {"LiNa": "lazy"}}, "staff"),
        ({"unfriend": 1.5}, "unfriend"),
        ({"add_daily": -1}, "add_daily"),
        ({"most_growth": 0}, "most_growth"),
        ({"reaction_seconds": 0}, "reaction_seconds"),
        ({"moods": 1}, "moods"),
    ],
)
def test_senseless_habits_name_the_field(door, given, field):
    status, answer = door.ask("POST", "/sim/behaviour", given)
    assert (status, answer["field"]) == (400, field), answer


def test_a_jump_while_people_live_is_lived_through_before_the_answer(state, send, door):
    state.clock.speed = 0
    send("wmA1")
    _set(door, profile="prompt", alive=True, order_daily=2.0, pays_in_chat=0, least_pace=0)
    began = state.clock.timestamp()
    door.ask("POST", "/sim/clock", {"advance_seconds": 3 * 86_400})
    assert state.clock.timestamp() == began + 3 * 86_400
    days = {(order.paid_at - began) // 86_400 for order in state.orders}
    assert days == {0, 1, 2}
    assert began < state.tasks()[0].confirmed["wangfang"] < began + 86_400
    far = {"advance_seconds": 500 * 86_400}
    assert door.ask("POST", "/sim/clock", far)[1]["field"] == "advance_seconds"
    assert _set(door, alive=False)["alive"] is False


def test_habits_are_kept_with_the_world(state, tmp_path):
    journal = Journal(tmp_path, state)
    journal.create({})
    state.record("habits", seed=5, profile="never", staff={"LiNa": "busy"})
    journal.close()
    other = type(state)()
    Journal(tmp_path, other).open()
    assert other.habits == Habits(seed=5, profile="never", staff={"LiNa": "busy"})
    Journal(tmp_path, other).compact()
    third = type(state)()
    Journal(tmp_path, third).open()
    assert third.habits == other.habits
    for world in (other, third):
        world.callbacks.stop()


def test_faults_are_listed_with_what_is_left_and_cleared_one_or_all(state, door):
    path = "externalcontact/get_follow_user_list"
    for kind in ("drop_after", "slow_after"):
        door.ask("POST", "/sim/faults", {"path": path, "kind": kind, "count": 3, "after": 1})
    first, second = door.ask("GET", "/sim/faults")[1]["faults"]
    assert (first["count"], second["kind"]) == (3, "slow_after")
    only = {"fault_id": first["fault_id"]}
    assert [f["kind"] for f in door.ask("DELETE", "/sim/faults", only)[1]["faults"]] == [
        "slow_after"
    ]
    assert door.ask("DELETE", "/sim/faults")[1]["faults"] == []
    unknown = {"path": "externalcontact/get_folow_user_list", "kind": "drop_after"}
    assert door.ask("POST", "/sim/faults", unknown)[1]["field"] == "path"


def test_an_answer_lost_after_acceptance_leaves_the_task_behind(state, api, door):
    path = "externalcontact/add_msg_template"
    door.ask("POST", "/sim/faults", {"path": path, "kind": "drop_after"})
    client = door.connection
    body = b'{"sender": "wangfang", "text": {"content": "a"}}'
    client.request("POST", f"/cgi-bin/{path}?access_token={api.token}", body)
    with pytest.raises(ConnectionResetError):
        client.getresponse()
    client.close()
    assert len(state.tasks()) == 1
    assert door.ask("GET", "/sim/faults")[1] == {"faults": [], "struck": 1}
    assert Client(state).log_in().token


def test_the_pulse_tells_what_the_page_needs_every_second(state, door, receiver):
    state.unfollow_by_contact("LiNa", "wmA1", callback=True)
    assert state.callbacks.settle()
    status, pulse = door.ask("GET", "/sim/pulse")
    assert status == 200
    assert (pulse["alive"], pulse["clock"]["speed"]) == (False, 1.0)
    [letter] = pulse["letters"]
    assert letter["event"] == "change_external_contact/del_follow_user"
    assert letter["about"] == ["李娜", "小雨"]
    assert (letter["state"], letter["outcome"]) == ("delivered", "200")


def test_a_token_outlives_jumps_of_a_demo_but_a_revoked_one_stays_dead(state, door):
    client, dead = Client(state).log_in(), Client(state).log_in()
    door.ask("POST", "/sim/clock", {"advance_seconds": 86_400})
    assert client.get("getcallbackip")["errcode"] == 0
    door.ask("POST", "/sim/tokens/revoke", {})
    door.ask("POST", "/sim/clock", {"advance_seconds": 86_400})
    assert dead.get("getcallbackip")["errcode"] == 40014


def test_annoyed_customers_leave_in_numbers_and_at_once(state, door):
    assert _set(door, mood="annoyed")["mood"] == "annoyed"
    usual, annoyed = Habits(), state.habits
    assert annoyed.leaves(annoyed.unfriend, 1) > 0.2 > 300 * usual.leaves(usual.unfriend, 1)
    assert annoyed.reacts_within() <= 60 < usual.reacts_within()
    assert door.ask("POST", "/sim/behaviour", {"mood": "thrilled"})[1]["field"] == "mood"
