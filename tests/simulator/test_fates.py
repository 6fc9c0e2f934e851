"""What can happen to an event on its way, each over real HTTP."""

from __future__ import annotations

import time

import pytest

from scrm.simulator.callbacks import Callbacks
from scrm.simulator.fates import KINDS, Fates


def _come(state, *ids):
    for external_userid in ids:
        state.follow("LiNa", state.add_contact(external_userid), callback=True)


def _told(receiver):
    return [fields["ExternalUserID"] for fields in receiver.fields()]


def _fate(door, **given):
    status, answer = door.ask("POST", "/sim/callbacks/fates", given)
    assert status == 200, answer
    return answer["fates"]


def test_the_next_event_comes_twice_and_then_no_more(state, receiver, door):
    _fate(door, kind="duplicate", value=2)
    _come(state, "wm1", "wm2")
    assert state.callbacks.settle()
    assert sorted(_told(receiver)) == ["wm1", "wm1", "wm2"]
    assert door.ask("GET", "/sim/callbacks/fates")[1] == {"fates": []}


def test_an_event_can_be_late(state, receiver, door):
    _fate(door, kind="delay", value=0.4)
    began = time.monotonic()
    _come(state, "wm1", "wm2")
    assert door.ask("GET", "/sim/callbacks")[1]["late"] == 1
    assert state.callbacks.settle()
    assert _told(receiver) == ["wm2", "wm1"]
    assert receiver.arrived[1] - began >= 0.4


def test_an_event_can_be_overtaken(state, receiver, door):
    _fate(door, kind="reorder", value=2)
    _come(state, "wm1", "wm2", "wm3", "wm4")
    assert state.callbacks.settle()
    assert _told(receiver) == ["wm2", "wm3", "wm1", "wm4"]


def test_an_overtaken_event_comes_even_if_nothing_follows(state, receiver, door):
    _fate(door, kind="reorder", value=5)
    _come(state, "wm1")
    assert state.callbacks.settle(timeout=5)
    assert _told(receiver) == ["wm1"]


def test_an_event_can_be_lost(state, receiver, door):
    _fate(door, kind="drop")
    _come(state, "wm1", "wm2")
    assert state.callbacks.settle()
    assert _told(receiver) == ["wm2"]
    newest = door.ask("GET", "/sim/callbacks/latest")[1]["letters"]
    assert [letter["state"] for letter in newest] == ["delivered", "dropped"]
    assert newest[0]["about"] == ["李娜", "wm2"]
    assert door.ask("GET", "/sim/callbacks")[1]["dropped"] == 1


def test_an_answer_nobody_heard_is_asked_for_again(state, receiver, door):
    _fate(door, kind="unheard")
    _come(state, "wm1")
    assert state.callbacks.settle()
    assert _told(receiver) == ["wm1", "wm1"]
    [letter] = door.ask("GET", "/sim/callbacks/latest")[1]["letters"]
    assert (letter["tries"], letter["state"], letter["fate"]) == (2, "delivered", "unheard")


def test_a_fate_may_be_for_one_kind_of_event_alone(state, receiver, door):
    _fate(door, kind="drop", event="del_follow_user", number=None)
    _come(state, "wm1")
    state.unfollow_by_contact("LiNa", "wm1", callback=True)
    state.unfollow_by_contact("wangfang", "wmB2", callback=True)
    assert state.callbacks.settle()
    assert [fields["ChangeType"] for fields in receiver.fields()] == ["add_external_contact"]
    [fate] = door.ask("GET", "/sim/callbacks/fates")[1]["fates"]
    assert fate["number"] is None
    assert door.ask("DELETE", "/sim/callbacks/fates", {"fate_id": fate["fate_id"]})[1] == {
        "fates": []
    }


def test_a_fate_may_strike_a_share(state, receiver, door):
    _fate(door, kind="drop", share=0.3, number=None)
    _come(state, *(f"wm{number}" for number in range(100)))
    assert state.callbacks.settle()
    assert 55 < len(receiver.plaintexts) < 85


def test_a_product_that_does_not_answer_in_time_is_asked_again(state, receiver):
    state.callbacks.answer_within = 0.2
    receiver.silent = 1
    _come(state, "wm1")
    assert state.callbacks.settle()
    assert _told(receiver) == ["wm1", "wm1"]
    [letter] = state.callbacks.delivered
    assert letter.tries == 2


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "explode"}, "kind"),
        ({"kind": "drop", "number": 0}, "value"),
        ({"kind": "drop", "share": 2}, "value"),
        ({"kind": "drop", "even": "x"}, "even"),
        ({}, "kind"),
    ],
)
def test_senseless_fates_name_the_field(door, given, field):
    status, answer = door.ask("POST", "/sim/callbacks/fates", given)
    assert (status, answer["field"]) == (400, field)


def test_every_kind_of_fate_can_be_cleared():
    fates = Fates()
    for kind in KINDS:
        fates.add(kind)
    assert [fate["kind"] for fate in fates.list()] == list(KINDS)
    fates.clear()
    assert fates.list() == []
    assert fates.take("a/b") is None


def test_without_an_address_nobody_is_told(state):
    assert isinstance(state.callbacks, Callbacks)
    _come(state, "wm1")
    assert state.callbacks.latest(10) == []
