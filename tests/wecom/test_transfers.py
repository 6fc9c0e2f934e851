"""Customers and groups that change hands: rules, the day's wait, events; captured bodies."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scrm import wecom
from scrm.simulator.errors import Impossible
from tests.simulator.shapes import assert_like
from tests.wecom.captured import captured

PAIR = {"handover": "zhangwei", "takeover": "wangfang"}
DAY = timedelta(hours=24)
DONE, WAITING, REFUSED, FULL = 1, 2, 3, 4


def _statuses(results):
    return {result.external_userid: result.status for result in results}


def test_a_customer_moves_after_a_day(gateway, shop):
    receipt = gateway.transfer_contacts(**PAIR, external_userids=["wm-xiaoyu"], message="您好")
    assert (receipt.accepted, receipt.refused) == (("wm-xiaoyu",), ())
    [waiting] = gateway.transfer_results(**PAIR)
    assert (waiting.status, waiting.at) == (WAITING, shop.clock.now().replace(microsecond=0) + DAY)
    assert [f.userid for f in gateway.contact("wm-xiaoyu").follows] == ["zhangwei"]
    shop.clock.advance(DAY)
    assert _statuses(gateway.transfer_results(**PAIR)) == {"wm-xiaoyu": DONE}
    [follow] = gateway.contact("wm-xiaoyu").follows
    assert (follow.userid, follow.add_way) == ("wangfang", 202)


def test_some_of_a_call_may_be_refused(gateway, shop):
    gateway.transfer_contacts(**PAIR, external_userids=["wm-xiaoyu"])
    asked = ["wm-xiaoyu", "wm-sunhao", "wm-nobody"]
    receipt = gateway.transfer_contacts(**PAIR, external_userids=asked)
    assert receipt.accepted == ("wm-sunhao",)
    assert {r.id: r.code for r in receipt.refused} == {"wm-xiaoyu": 40100, "wm-nobody": 40096}
    assert all(refusal.advice for refusal in receipt.refused)


def test_a_customer_may_refuse(gateway, shop):
    gateway.transfer_contacts(**PAIR, external_userids=["wm-xiaoyu"])
    shop.refuse_transfer("wangfang", "wm-xiaoyu")
    shop.clock.advance(DAY)
    [result] = gateway.transfer_results(**PAIR)
    assert (result.status, result.at) == (REFUSED, None)
    assert [f.userid for f in gateway.contact("wm-xiaoyu").follows] == ["zhangwei"]
    with pytest.raises(Impossible):
        shop.refuse_transfer("wangfang", "wm-xiaoyu")


def test_a_receiver_who_fills_up_meanwhile_gets_nobody_more(gateway, shop):
    shop.record("settings", customers_per_staff=1)
    gateway.transfer_contacts(**PAIR, external_userids=["wm-xiaoyu", "wm-sunhao"])
    shop.clock.advance(DAY)
    assert _statuses(gateway.transfer_results(**PAIR)) == {"wm-xiaoyu": DONE, "wm-sunhao": FULL}
    receipt = gateway.transfer_contacts(**PAIR, external_userids=["wm-sunhao"])
    assert [refusal.code for refusal in receipt.refused] == [40099]


def test_a_customer_is_handed_over_twice_in_ninety_days(gateway, shop):
    there, back = PAIR, {"handover": "wangfang", "takeover": "zhangwei"}
    for pair in (there, back):
        assert gateway.transfer_contacts(**pair, external_userids=["wm-xiaoyu"]).accepted
        shop.clock.advance(DAY)
        gateway.renew_token()  # no real token of this very second is a day old
    third = gateway.transfer_contacts(**there, external_userids=["wm-xiaoyu"])
    assert [refusal.code for refusal in third.refused] == [40128]
    shop.clock.advance(timedelta(days=90))
    assert gateway.transfer_contacts(**there, external_userids=["wm-xiaoyu"]).accepted


def test_who_left_leaves_customers_behind(gateway, shop):
    with pytest.raises(wecom.TransferRefused) as here:
        gateway.transfer_resigned_contacts(**PAIR, external_userids=["wm-xiaoyu"])
    assert here.value.code == 40097
    shop.remove_staff("zhangwei")
    left_at = shop.clock.now().replace(microsecond=0)
    found = {u.external_userid: u for u in gateway.unassigned_contacts()}
    assert set(found) == {"wm-xiaoyu", "wm-sunhao"}
    assert (found["wm-xiaoyu"].handover_userid, found["wm-xiaoyu"].left_at) == ("zhangwei", left_at)
    assert gateway.transfer_resigned_contacts(**PAIR, external_userids=["wm-xiaoyu"]).accepted
    assert [u.external_userid for u in gateway.unassigned_contacts()] == ["wm-sunhao"]
    shop.clock.advance(DAY)
    assert _statuses(gateway.resigned_transfer_results(**PAIR)) == {"wm-xiaoyu": DONE}
    assert list(gateway.transfer_results(**PAIR)) == []
    assert [f.userid for f in gateway.contact("wm-xiaoyu").follows] == ["wangfang"]


def test_who_left_more_than_a_year_ago_has_nothing_to_hand_over(gateway, shop):
    shop.remove_staff("zhangwei")
    shop.clock.advance(timedelta(days=366))
    assert list(gateway.unassigned_contacts()) == []
    with pytest.raises(wecom.NotFound):
        gateway.transfer_resigned_contacts(**PAIR, external_userids=["wm-xiaoyu"])


@pytest.mark.parametrize(
    ("takeover", "error"), [("zhangwei", wecom.TransferRefused), ("lina", wecom.NotVisible)]
)
def test_not_everybody_can_take_over(gateway, shop, takeover, error):
    shop.add_staff("lina", follows=False)
    with pytest.raises(error):
        gateway.transfer_contacts(
            handover="zhangwei", takeover=takeover, external_userids=["wm-xiaoyu"]
        )


@pytest.mark.parametrize("wrong", [{"external_userids": ["x"] * 101}, {"message": "字" * 201}])
def test_a_call_above_wecoms_maxima_is_the_callers_mistake(gateway, wrong):
    with pytest.raises(ValueError, match="WeCom takes"):
        gateway.transfer_contacts(**{**PAIR, "external_userids": ["x"], **wrong})


def test_groups_change_hands_at_once_and_twice_in_ninety_days(gateway, shop):
    chat = shop.add_group(name="茶友群", owner="zhangwei", members=["wm-xiaoyu"])
    for owner in ("wangfang", "zhangwei"):
        receipt = gateway.transfer_groups(chat_ids=[chat], new_owner=owner)
        assert receipt.accepted == (chat,)
        assert gateway.group_chat(chat).owner == owner
    third = gateway.transfer_groups(chat_ids=[chat, "wr-none"], new_owner="wangfang")
    assert {r.id: r.code for r in third.refused} == {chat: 40128, "wr-none": 90501}


def test_groups_of_who_left_are_inherited(gateway, shop):
    chat = shop.add_group(name="茶友群", owner="zhangwei", members=["wm-xiaoyu"])
    here = gateway.transfer_resigned_groups(chat_ids=[chat], new_owner="wangfang")
    assert [refusal.code for refusal in here.refused] == [90500]
    shop.remove_staff("zhangwei")
    gone = gateway.transfer_groups(chat_ids=[chat], new_owner="wangfang")
    assert [refusal.code for refusal in gone.refused] == [90502]
    assert gateway.transfer_resigned_groups(chat_ids=[chat], new_owner="wangfang").accepted
    [ref] = gateway.group_chats(owner_userids=["wangfang"]).items
    assert (ref.chat_id, ref.status) == (chat, 3)
    assert "wangfang" in {member.member_id for member in gateway.group_chat(chat).members}


def test_wecom_tells_of_what_the_day_brought_not_of_what_we_asked(gateway, shop):
    shop.callbacks.mode, shop.callbacks.url = "hold", "http://127.0.0.1:9/"
    chat = shop.add_group(name="茶友群", owner="zhangwei")
    gateway.transfer_groups(chat_ids=[chat], new_owner="wangfang")
    gateway.transfer_contacts(**PAIR, external_userids=["wm-xiaoyu", "wm-sunhao"])
    assert shop.callbacks.held() == []
    shop.refuse_transfer("wangfang", "wm-sunhao")
    shop.clock.advance(DAY)
    assert shop.callbacks.held() == [
        "change_external_contact/transfer_fail",
        "change_external_contact/del_external_contact",
        "change_external_contact/add_external_contact",
    ]


def test_who_knew_the_customer_before_causes_no_add_event(gateway, shop):
    shop.follow("wangfang", "wm-xiaoyu")
    shop.callbacks.mode, shop.callbacks.url = "hold", "http://127.0.0.1:9/"
    gateway.transfer_contacts(**PAIR, external_userids=["wm-xiaoyu"])
    shop.clock.advance(DAY)
    assert shop.callbacks.held() == ["change_external_contact/del_external_contact"]


def test_transfers_are_asked_for_as_wecom_wants_it(replay):
    made = replay("11-transfer/transfer_customer")
    wanted = captured("11-transfer/transfer_customer_request")
    receipt = made.gateway.transfer_contacts(
        handover=wanted["handover_userid"],
        takeover=wanted["takeover_userid"],
        external_userids=wanted["external_userid"],
        message=wanted["transfer_success_msg"],
    )
    assert (made.path, made.sent) == ("externalcontact/transfer_customer", wanted)
    assert receipt.accepted == (wanted["external_userid"][0],)
    assert [refusal.code for refusal in receipt.refused] == [40096]
    made = replay("11-transfer/resigned_transfer_customer")
    wanted = captured("11-transfer/resigned_transfer_customer_request")
    receipt = made.gateway.transfer_resigned_contacts(
        handover=wanted["handover_userid"],
        takeover=wanted["takeover_userid"],
        external_userids=wanted["external_userid"],
    )
    assert (made.path, made.sent) == ("externalcontact/resigned/transfer_customer", wanted)
    assert [refusal.code for refusal in receipt.refused] == [40100]
    made, wanted = (
        replay("05-groupchat/transfer_partial_fail"),
        captured("05-groupchat/transfer_request"),
    )
    receipt = made.gateway.transfer_resigned_groups(
        chat_ids=wanted["chat_id_list"], new_owner=wanted["new_owner"]
    )
    assert (made.path, made.sent) == ("externalcontact/groupchat/transfer", wanted)
    assert (len(receipt.accepted), [r.code for r in receipt.refused]) == (1, [90500])


def test_wecoms_answers_about_transfers_are_read(replay):
    results = list(replay("11-transfer/transfer_result").gateway.transfer_results(**PAIR))
    assert [result.status for result in results] == [WAITING, DONE, REFUSED, FULL]
    assert [result.at is None for result in results] == [False, False, True, True]
    left = list(replay("11-transfer/get_unassigned_list").gateway.unassigned_contacts())
    assert [one.handover_userid for one in left] == ["chenjie", "chenjie"]


def test_the_simulator_answers_as_wecom_does(shop, corp_api):
    pair = {"handover_userid": "zhangwei", "takeover_userid": "wangfang"}
    body = {**pair, "external_userid": ["wm-xiaoyu", "wm-nobody"]}
    answer = corp_api.post("externalcontact/transfer_customer", body)
    assert_like(answer, captured("11-transfer/transfer_customer"))
    answer = corp_api.post("externalcontact/transfer_result", pair)
    assert_like(answer, captured("11-transfer/transfer_result"))
    chats = [shop.add_group(owner="zhangwei"), shop.add_group(owner="wangfang")]
    body = {"chat_id_list": chats, "new_owner": "wangfang"}
    answer = corp_api.post("externalcontact/groupchat/transfer", body)
    assert_like(answer, captured("05-groupchat/transfer_partial_fail"))
    shop.remove_staff("zhangwei")
    answer = corp_api.post("externalcontact/get_unassigned_list")
    assert_like(answer, captured("11-transfer/get_unassigned_list"))
    body = {**pair, "external_userid": ["wm-sunhao"]}
    answer = corp_api.post("externalcontact/resigned/transfer_customer", body)
    assert_like(answer, captured("11-transfer/resigned_transfer_customer"))


def test_an_owner_gives_three_hundred_groups_a_day(gateway, shop):
    shop.record("settings", groups_handed_over_per_day=2)
    chats = [shop.add_group(owner="zhangwei") for _number in range(3)]
    other = shop.add_group(owner="wangfang")
    first = gateway.transfer_groups(chat_ids=chats, new_owner="wangfang")
    assert (first.accepted, [r.code for r in first.refused]) == (tuple(chats[:2]), [45009])
    assert first.refused[0].advice
    assert gateway.transfer_groups(chat_ids=[other], new_owner="zhangwei").accepted
    shop.clock.advance(DAY)
    assert gateway.transfer_groups(chat_ids=chats[2:], new_owner="wangfang").accepted


def test_groups_that_cannot_be_inherited_say_why(gateway, shop):
    chats = [shop.add_group(owner="zhangwei") for _number in range(2)]
    old = shop.add_group(owner="zhangwei")
    shop.add_staff("lina")
    shop.remove_staff("zhangwei")
    assert gateway.transfer_resigned_groups(chat_ids=chats[:1], new_owner="wangfang").accepted
    again = gateway.transfer_resigned_groups(chat_ids=chats[:1], new_owner="lina")
    assert [refusal.code for refusal in again.refused] == [90508]
    shop.record("settings", groups_per_owner=1)
    full = gateway.transfer_resigned_groups(chat_ids=chats[1:], new_owner="wangfang")
    assert [refusal.code for refusal in full.refused] == [90503]
    shop.clock.advance(timedelta(days=366))
    late = gateway.transfer_resigned_groups(chat_ids=[old], new_owner="lina")
    assert [refusal.code for refusal in late.refused] == [40003]


def test_results_of_people_who_never_were_are_refused(gateway, shop):
    with pytest.raises(wecom.NotFound):
        list(gateway.transfer_results(handover="nobody", takeover="wangfang"))
