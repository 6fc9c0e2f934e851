from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from scrm.simulator.behaviour import Behaviour, confirms_at
from scrm.simulator.corp import Corp
from scrm.simulator.habits import PROFILES, Habits
from scrm.simulator.server import Server
from tests.simulator.client import Client

MONDAY = datetime(2026, 6, 1, 1, tzinfo=UTC)
ADD = "externalcontact/add_msg_template"


@pytest.fixture
def crowd(state):
    """Three hundred more customers of Wang Fang, at ten on a Monday in Beijing."""
    state.clock.speed = 0
    state.clock.set(MONDAY)
    for number in range(300):
        state.follow("wangfang", state.add_contact(f"wmN{number}", unionid=f"ozN{number}"))
    return state


@pytest.fixture
def people(crowd):
    """They live, as soon as somebody makes a step."""
    return Behaviour(crowd)


def _times(state, userid="wangfang"):
    """After how many seconds each task is confirmed, None for never."""
    found = [confirms_at(state, n, task, userid) for n, task in enumerate(state.tasks())]
    return [
        None if at is None else at - task.created_at
        for at, task in zip(found, state.tasks(), strict=True)
    ]


@pytest.mark.parametrize(
    ("profile", "within", "share"),
    [("prompt", 3600, 0.9), ("busy", 86_400, 0.8), ("forgetful", 2 * 86_400, 0.4)],
)
def test_each_profile_has_its_pace_and_its_forgetting(state, send, profile, within, share):
    state.record("habits", profile=profile)
    for _number in range(300):
        send("wmA1")
    times = _times(state)
    done = sum(at is not None and at < within for at in times)
    assert done / 300 == pytest.approx(share, abs=0.1)
    assert times.count(None) / 300 == pytest.approx(PROFILES[profile].forgets, abs=0.08)


def test_a_profile_can_be_one_persons_own(state, send):
    state.record("habits", profile="never", staff={"LiNa": "prompt"})
    send("wmA1", sender="wangfang")
    send("wmA1", sender="LiNa")
    Behaviour(state).jump(state.clock.now() + timedelta(days=2))
    assert [bool(task.confirmed) for task in state.tasks()] == [False, True]


def test_mixed_staff_are_mostly_prompt_and_always_the_same(state):
    profiles = Counter(Habits().profile_of(f"staff{number}") for number in range(1000))
    assert profiles[PROFILES["prompt"]] == pytest.approx(700, abs=60)
    assert profiles[PROFILES["never"]] < 60
    assert Habits().profile_of("wangfang") == Habits().profile_of("wangfang")


def test_a_reminder_wakes_some_of_those_who_forgot(state, api, send):
    state.record("habits", profile="forgetful")
    msgids = [send("wmA1") for _number in range(60)]
    before = _times(state).count(None)
    for msgid in msgids:
        api.post("externalcontact/remind_groupmsg_send", {"msgid": msgid})
    assert 0 < _times(state).count(None) < before


def test_who_put_a_task_aside_sends_only_after_a_reminder(state, api, send):
    state.record("habits", profile="prompt")
    msgid = send("wmA1")
    state.ignore(msgid, "wangfang")
    assert _times(state) == [None]
    state.clock.advance(timedelta(hours=1))
    api.post("externalcontact/remind_groupmsg_send", {"msgid": msgid})
    assert _times(state) != [None]


def test_a_step_confirms_what_is_due_at_its_time_and_nothing_else(crowd, people):
    api = Client(crowd).log_in()
    crowd.record("habits", profile="prompt")
    for _number in range(20):
        body = {"sender": "wangfang", "external_userid": ["wmA1"], "text": {"content": "茶"}}
        api.post(ADD, body)
    due = {n: at for n, at in enumerate(_times(crowd)) if at is not None and at <= 600}
    assert 0 < len(due) < 20
    crowd.clock.advance(timedelta(minutes=10))
    people.step()
    began = int(MONDAY.timestamp())
    sent = {n: task.confirmed.get("wangfang") for n, task in enumerate(crowd.tasks())}
    assert {n: at - began for n, at in sent.items() if at} == due


def test_some_pick_only_a_part_where_the_task_allows_it(crowd, people):
    api = Client(crowd).log_in()
    crowd.record("habits", profile="prompt", partial=1.0)
    body = {"sender": "wangfang", "text": {"content": "秋茶"}}
    chosen = api.post(ADD, {**body, "allow_select": True})["msgid"]
    whole = api.post(ADD, body)["msgid"]
    people.jump(crowd.clock.now() + timedelta(days=1))
    reached = {msgid: len(crowd.ledger(msgid=msgid)) for msgid in (chosen, whole)}
    assert reached[whole] > 295
    assert 120 < reached[chosen] < 240
    rows = api.log_in().post(
        "externalcontact/get_groupmsg_send_result",
        {"msgid": chosen, "userid": "wangfang", "limit": 1000},
    )["send_list"]
    assert Counter(row["status"] for row in rows)[0] == 302 - reached[chosen]


def test_customers_go_on_buying_and_coming_as_time_goes_on(crowd, people):
    before = crowd.clock.timestamp()
    crowd.clock.advance(timedelta(days=30))
    people.step()
    assert 5 < len(crowd.orders) < 60
    assert crowd.bills
    assert all(before <= order.paid_at <= crowd.clock.timestamp() for order in crowd.orders)
    assert len(crowd.followers) > 302
    assert crowd.replies


def test_a_jump_goes_through_the_days_in_order(crowd, people):
    seen = []
    crowd.clock.on_change = lambda: seen.append(crowd.clock.timestamp())
    people.jump(crowd.clock.now() + timedelta(days=60))
    assert crowd.clock.now() == MONDAY + timedelta(days=60)
    assert seen == sorted(seen)
    assert max(later - sooner for sooner, later in pairwise(seen)) <= 3600
    paid = [order.paid_at for order in crowd.orders]
    assert paid == sorted(paid)
    assert len({second // 86_400 for second in paid}) > 15
    added = [follow.created_at for follow in list(crowd.follows["wangfang"].values())[2:]]
    assert added == sorted(added)


def test_growth_is_one_for_a_single_message_and_is_capped():
    habits = Habits()
    assert habits.growth(0, 0) == habits.growth(1, 1) == 1
    assert habits.growth(4, 10) == pytest.approx((1 + 0.5 * 3) * (1 + 0.15 * 9))
    assert habits.growth(30, 30) == habits.most_growth == 50
    assert habits.interest(4) == 0.5


def test_many_messages_drive_customers_away_and_fewer_do_not():
    lost = {}
    for broadcasts in (0, 2, 12):
        world = _world()
        people = Behaviour(world)
        for _number in range(broadcasts):
            Client(world).log_in().post(ADD, {"sender": "wangfang", "text": {"content": "茶"}})
            world.confirm()
            people.jump(world.clock.now() + timedelta(hours=6))
        people.jump(world.clock.now() + timedelta(days=3))
        lost[broadcasts] = sum(bool(f.ended_at) for f in world.follows["wangfang"].values())
    assert lost[0] <= 3
    assert lost[2] <= 12
    assert lost[12] > 4 * max(1, lost[2])


def test_people_leave_groups_that_are_written_to_too_often(crowd, people):
    members = [f"wmN{number}" for number in range(200)]
    crowd.add_group("wrG1", owner="wangfang", members=members)
    crowd.add_group("wrG2", owner="wangfang", members=members)
    for _number in range(14):
        body = {"chat_type": "group", "sender": "wangfang", "text": {"content": "茶"}}
        Client(crowd).log_in().post(ADD, {**body, "chat_id_list": ["wrG1"]})
        crowd.confirm()
        people.jump(crowd.clock.now() + timedelta(hours=8))
    assert len(crowd.chats["wrG1"].members) < len(crowd.chats["wrG2"].members) - 10


def _world(seed=7):
    """The same two hundred customers every time, and one clock that stands still."""
    world = Corp()
    world.clock.speed = 0
    world.clock.set(MONDAY)
    world.record("habits", seed=seed, add_daily=0.02, order_daily=0.05)
    world.add_staff("wangfang")
    for number in range(200):
        world.follow("wangfang", world.add_contact(f"wm{number}", unionid=f"oz{number}"))
    world.add_group("wrG1", owner="wangfang", members=[f"wm{n}" for n in range(50)])
    return world


def _course(world):
    """Everything people did, in a form that can be compared."""
    return {
        "orders": [(order.unionid, order.paid_at, order.amount_fen) for order in world.orders],
        "bills": [(bill.external_userid, bill.paid_at) for bill in world.bills.values()],
        "relations": [
            (follow.external_userid, follow.created_at, follow.ended_at)
            for follow in world.follows["wangfang"].values()
        ],
        "replies": [(reply.external_userid, reply.at, reply.text) for reply in world.replies],
        "sent": [(task.confirmed, task.results) for task in world.tasks()],
        "members": list(world.chats["wrG1"].members),
        "names": [person.name for person in world.contacts.values()],
    }


def _live(world, *hours):
    people, api = Behaviour(world), Client(world).log_in()
    api.post(ADD, {"sender": "wangfang", "text": {"content": "茶"}})
    for span in hours:
        people.jump(world.clock.now() + timedelta(hours=span))
    return _course(world)


def test_the_same_seed_and_calls_make_the_same_world():
    first, again, other = _live(_world(), 72), _live(_world(), 72), _live(_world(seed=8), 72)
    assert first["orders"]
    assert first == again
    assert first["orders"] != other["orders"]


def test_it_does_not_matter_in_how_many_steps_time_passes():
    assert _live(_world(), 72) == _live(_world(), *[0.4] * 180)


def test_a_restart_goes_on_where_people_were():
    world = _world()
    begun = _live(world, 36)
    Behaviour(world).jump(world.clock.now() + timedelta(hours=36))
    assert len(begun["orders"]) < len(world.orders)
    assert _course(world) == _live(_world(), 72)


def test_people_live_only_when_asked_to(state):
    with Server(state) as server:
        assert not server.control.behaviour.alive
        server.control.behaviour.start()
        assert server.control.behaviour.alive
    assert not server.control.behaviour.alive


def test_staff_publish_moments_as_they_confirm_tasks(crowd, people):
    api = Client(crowd).log_in()
    crowd.record("habits", profile="prompt")
    for number in range(8):
        api.post("externalcontact/add_moment_task", {"text": {"content": f"第{number}条"}})
    crowd.clock.advance(timedelta(hours=3))
    people.step()
    published = sum(len(moment.published) for moment in crowd.moments.values())
    assert 8 <= published <= 16


def test_a_customers_day_of_waiting_ends_while_people_live(crowd, people):
    pair = {"handover_userid": "wangfang", "takeover_userid": "LiNa", "external_userid": ["wmB2"]}
    Client(crowd).log_in().post("externalcontact/transfer_customer", pair)
    crowd.clock.advance(timedelta(days=1))
    people.step()
    assert crowd.active_follow("LiNa", "wmB2")


def test_newcomers_come_by_the_codes_there_are(crowd, people):
    way = {"type": 1, "scene": 2, "user": ["wangfang"], "state": "counter-7"}
    Client(crowd).log_in().post("externalcontact/add_contact_way", way)
    crowd.record("habits", add_daily=0.1)
    people.jump(crowd.clock.now() + timedelta(days=2))
    states = Counter(follow.state for follow in crowd.follows["wangfang"].values())
    assert states["counter-7"] > 5
