"""Codes that lead to staff and into groups: made, scanned, changed; and captured bodies."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scrm import wecom
from tests.simulator.shapes import assert_like
from tests.wecom.captured import captured

COUNTER = wecom.ContactWayDraft(userids=("zhangwei",), department_ids=(2,), state="counter-2")


def test_a_scanned_code_tells_where_the_customer_came_from(gateway, shop):
    made = gateway.add_contact_way(COUNTER)
    assert made.qr_code.startswith("https://")
    host = shop.scan_contact_way(made.config_id, shop.add_contact("wm-new"))
    [follow] = gateway.contact("wm-new").follows
    assert (follow.userid, follow.state, follow.add_way) == (host, "counter-2", 1)


def test_a_code_is_changed_without_printing_it_anew(gateway, shop):
    made = gateway.add_contact_way(COUNTER)
    changed = replace(COUNTER, userids=("wangfang",), department_ids=(), remark="立牌", style=1)
    gateway.update_contact_way(made.config_id, changed)
    info = gateway.contact_way(made.config_id)
    assert (info.qr_code, info.userids, info.department_ids) == (made.qr_code, ("wangfang",), ())
    assert (info.kind, info.scene, info.remark, info.state) == (2, 2, "立牌", "counter-2")
    assert shop.scan_contact_way(made.config_id, shop.add_contact()) == "wangfang"


def test_a_deleted_code_is_not_found(gateway, shop):
    made = gateway.add_contact_way(COUNTER)
    gateway.delete_contact_way(made.config_id)
    with pytest.raises(wecom.NotFound) as gone:
        gateway.contact_way(made.config_id)
    assert gone.value.code == 41044


def test_codes_of_a_span_of_time_are_listed(gateway, shop):
    before = shop.clock.now()
    ids = {gateway.add_contact_way(COUNTER).config_id for _number in range(3)}
    shop.clock.advance(timedelta(days=2))
    gateway.add_contact_way(COUNTER)
    found = set(gateway.contact_way_ids(start=before, end=before + timedelta(days=1)))
    assert found == ids


def test_what_a_code_cannot_be_is_refused_by_name(gateway, shop):
    shop.add_staff("asleep", departments=(2,), status=4)
    with pytest.raises(wecom.Refused) as asleep:
        gateway.add_contact_way(wecom.ContactWayDraft(userids=("asleep",)))
    assert asleep.value.code == 41054
    for number in range(101):
        shop.add_staff(f"staff-{number}", departments=(2,))
    with pytest.raises(wecom.BadRequest) as crowd:
        gateway.add_contact_way(COUNTER)
    assert crowd.value.code == 41041
    shop.record("settings", codes_per_corp=0)
    with pytest.raises(wecom.QuotaExhausted) as full:
        gateway.add_contact_way(wecom.ContactWayDraft(userids=("zhangwei",)))
    assert full.value.code == 41045


@pytest.mark.parametrize(
    "wrong", [{"state": "x" * 31}, {"remark": "x" * 31}, {"userids": ("x",) * 101}]
)
def test_a_code_above_wecoms_maxima_is_the_callers_mistake(gateway, wrong):
    with pytest.raises(ValueError, match="WeCom takes"):
        gateway.add_contact_way(replace(COUNTER, **wrong))


def test_a_group_code_fills_its_groups(gateway, shop):
    chats = tuple(shop.add_group(name=f"{n}群", owner="zhangwei") for n in (1, 2))
    draft = wecom.JoinWayDraft(chats, state="poster", remark="海报", room_base_name="茶友群")
    config_id = gateway.add_join_way(draft)
    info = gateway.join_way(config_id)
    assert info.way == draft
    assert info.qr_code.startswith("https://")
    for _number in range(4):
        shop.scan_join_way(config_id, shop.add_contact())
    joined = [member for chat in chats for member in gateway.group_chat(chat).members]
    assert [m.state for m in joined if m.kind == 2] == ["poster"] * 4
    gateway.update_join_way(config_id, replace(draft, chat_ids=chats[:1]))
    assert gateway.join_way(config_id).way.chat_ids == chats[:1]
    gateway.delete_join_way(config_id)
    with pytest.raises(wecom.NotFound):
        gateway.join_way(config_id)


def test_a_group_code_leads_to_five_groups_at_most(gateway):
    with pytest.raises(ValueError, match="5"):
        gateway.add_join_way(wecom.JoinWayDraft(tuple("abcdef")))


def test_codes_are_asked_for_as_wecom_wants_it(replay):
    made, wanted = (
        replay("06-contactway/add_contact_way"),
        captured("06-contactway/add_contact_way_request"),
    )
    draft = wecom.ContactWayDraft(
        userids=tuple(wanted["user"]),
        department_ids=(5,),
        state=wanted["state"],
        remark=wanted["remark"],
        style=1,
        is_exclusive=True,
    )
    receipt = made.gateway.add_contact_way(draft)
    assert (receipt.config_id[:4], receipt.qr_code[:5]) == ("0836", "https")
    assert made.path == "externalcontact/add_contact_way"
    assert {**made.sent, "is_temp": False} == wanted
    plain, wanted = replay(), captured("06-contactway/update_contact_way_request")
    draft = wecom.ContactWayDraft(
        userids=tuple(wanted["user"]), state=wanted["state"], remark=wanted["remark"], style=1
    )
    plain.gateway.update_contact_way(wanted["config_id"], draft)
    assert plain.sent == wanted
    made, wanted = (
        replay("06-contactway/groupchat_add_join_way"),
        captured("06-contactway/groupchat_add_join_way_request"),
    )
    way = wecom.JoinWayDraft(
        chat_ids=tuple(wanted["chat_id_list"]),
        state=wanted["state"],
        remark=wanted["remark"],
        room_base_name=wanted["room_base_name"],
    )
    assert made.gateway.add_join_way(way).startswith("3350")
    assert {**made.sent, "mark_source": True} == wanted


def test_wecoms_answers_about_codes_are_read(replay, shop):
    info = replay("06-contactway/get_contact_way").gateway.contact_way("x")
    assert (info.userids, info.department_ids) == (("wangfang", "liuyang"), (5,))
    assert (info.state, info.skip_verify, info.is_temporary) == ("cd_chunxi_counter", True, False)
    now = shop.clock.now()
    listed = replay("06-contactway/list_contact_way").gateway.contact_way_ids(start=now, end=now)
    assert len(list(listed)) == 2
    join = replay("06-contactway/groupchat_get_join_way").gateway.join_way("x")
    assert (join.way.state, len(join.way.chat_ids)) == ("poster-may", 2)


def test_the_simulator_answers_as_wecom_does(gateway, shop, corp_api):
    add = captured("06-contactway/add_contact_way_request")
    add |= {"user": ["zhangwei", "wangfang"], "party": [2]}
    made = corp_api.post("externalcontact/add_contact_way", add)
    assert_like(made, captured("06-contactway/add_contact_way"))
    which = {"config_id": made["config_id"]}
    answer = corp_api.post("externalcontact/get_contact_way", which)
    assert_like(answer, captured("06-contactway/get_contact_way"))
    answer = corp_api.post("externalcontact/list_contact_way")
    assert_like(answer, captured("06-contactway/list_contact_way"))
    chat = shop.add_group(owner="zhangwei")
    join = captured("06-contactway/groupchat_add_join_way_request") | {"chat_id_list": [chat]}
    made = corp_api.post("externalcontact/groupchat/add_join_way", join)
    assert_like(made, captured("06-contactway/groupchat_add_join_way"))
    which = {"config_id": made["config_id"]}
    answer = corp_api.post("externalcontact/groupchat/get_join_way", which)
    assert_like(answer, captured("06-contactway/groupchat_get_join_way"))


def test_a_temporary_code_leads_to_a_talk_that_can_be_ended(gateway, shop):
    session = wecom.TemporarySession(timedelta(days=1), timedelta(hours=2), unionid="oz-new")
    draft = wecom.ContactWayDraft(
        userids=("zhangwei",),
        kind=1,
        conclusions={"text": {"content": "祝您健康"}},
        temporary=session,
    )
    made = gateway.add_contact_way(draft)
    info = gateway.contact_way(made.config_id)
    assert (info.is_temporary, info.code_lasts, info.chat_lasts) == (
        True,
        timedelta(days=1),
        timedelta(hours=2),
    )
    assert (info.unionid, info.conclusions) == ("oz-new", {"text": {"content": "祝您健康"}})
    longer = replace(draft, temporary=wecom.TemporarySession(timedelta(days=2)))
    gateway.update_contact_way(made.config_id, longer)
    assert gateway.contact_way(made.config_id).code_lasts == timedelta(days=2)
    patient = shop.add_contact(unionid="oz-new")
    shop.scan_contact_way(made.config_id, patient)
    gateway.close_temporary_session(userid="zhangwei", external_userid=patient)
    with pytest.raises(wecom.NoRelation):
        gateway.close_temporary_session(userid="zhangwei", external_userid=patient)


@pytest.mark.parametrize(
    "wrong",
    [
        {"temporary": wecom.TemporarySession(timedelta(days=15))},
        {"temporary": wecom.TemporarySession(chat_lasts=timedelta(days=15))},
        {"conclusions": {"text": {"content": "字" * 1334}}},
    ],
)
def test_a_talk_above_wecoms_maxima_is_the_callers_mistake(gateway, wrong):
    with pytest.raises(ValueError, match="WeCom takes"):
        gateway.add_contact_way(replace(COUNTER, kind=1, department_ids=(), **wrong))


def test_temporary_codes_are_asked_for_as_wecom_wants_it(replay):
    made, wanted = (
        replay("06-contactway/add_contact_way"),
        captured("06-contactway/add_contact_way_temp_request"),
    )
    day = timedelta(seconds=wanted["expires_in"])
    made.gateway.add_contact_way(
        wecom.ContactWayDraft(
            userids=tuple(wanted["user"]),
            kind=1,
            state=wanted["state"],
            remark=wanted["remark"],
            conclusions=wanted["conclusions"],
            temporary=wecom.TemporarySession(day, day, wanted["unionid"]),
        )
    )
    assert made.sent == {**wanted, "party": []}
    plain, wanted = replay(), captured("06-contactway/close_temp_chat_request")
    plain.gateway.close_temporary_session(**wanted)
    assert (plain.path, plain.sent) == ("externalcontact/close_temp_chat", wanted)


def test_where_customers_came_from_need_not_be_marked(gateway, shop):
    made = gateway.add_contact_way(replace(COUNTER, mark_source=False))
    assert gateway.contact_way(made.config_id).mark_source is False
    chat = shop.add_group(owner="zhangwei")
    way = gateway.add_join_way(wecom.JoinWayDraft((chat,), mark_source=False))
    assert gateway.join_way(way).way.mark_source is False
