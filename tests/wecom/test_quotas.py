"""Reserved before the call, refused in words, and never given back on an unknown outcome."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from scrm import wecom
from scrm.ratelimit import gate
from scrm.ratelimit.bucket import Charge, reserve, usage
from scrm.ratelimit.limits import Period, Quota, Window
from scrm.wecom import quotas
from scrm.wecom.types.moments import MomentDraft

IMAGE, MOMENT = "media/uploadimg", "externalcontact/add_moment_task"


def _used(limit, subject=""):
    return [use.used for use in usage(limit, [subject])[subject]]


def _upload(gateway):
    return gateway.upload_image(filename="tea.png", content=b"picture")


class TestPicturesADay:
    def test_each_upload_counts_for_the_day_and_the_month(self, gateway):
        _upload(gateway)
        _upload(gateway)
        assert _used(quotas.IMAGES) == [2, 2]

    def test_a_used_up_day_is_refused_here_with_the_time_until_tomorrow(self, corp, gateway):
        reserve([Charge(quotas.IMAGES, "", 1000)])
        with pytest.raises(wecom.QuotaReached) as caught:
            _upload(gateway)
        assert isinstance(caught.value, wecom.RateLimited)
        assert 0 < caught.value.retry_after <= 86_400
        assert corp.state.calls[IMAGE] == 0
        with override("zh-hans"):
            assert "额度已用完" in caught.value.advice

    @pytest.mark.parametrize("fault", ["drop_after", "garbage_after", "drop_before", "garbage"])
    def test_an_unknown_outcome_gives_nothing_back(self, corp, gateway, fault):
        corp.state.faults.add(IMAGE, fault)
        with pytest.raises(wecom.OutcomeUnknown):
            _upload(gateway)
        assert _used(quotas.IMAGES) == [1, 1]

    def test_a_call_that_never_left_gives_its_share_back(self, corp, transport_to):
        transport = transport_to("http://127.0.0.1:9/cgi-bin/")
        with pytest.raises(wecom.NotConnected):
            transport.upload(IMAGE, {}, name="tea.png", content=b"picture")
        assert _used(quotas.IMAGES) == [0, 0]

    def test_a_call_without_a_token_gives_its_share_back(self, corp, gateway):
        corp.state.faults.add("gettoken", "errcode", 40001)
        with pytest.raises(wecom.Misconfigured):
            _upload(gateway)
        assert _used(quotas.IMAGES) == [0, 0]


def test_the_eleventh_moment_of_a_minute_is_not_asked_for(corp, gateway):
    reserve([Charge(quotas.MOMENTS, "", 10)])
    with pytest.raises(wecom.RateLimited) as caught:
        gateway.create_moment(MomentDraft(text="春茶上新"))
    assert not isinstance(caught.value, wecom.QuotaReached)
    assert 50 <= caught.value.retry_after <= 61
    assert corp.state.calls[MOMENT] == 0


def test_groups_are_counted_for_the_owner_who_gives_them_away(shop, gateway):
    reserve([Charge(quotas.GROUP_HANDOVERS, "zhangwei", 299)])
    asked = {"chat_ids": ["wr-a", "wr-b"], "new_owner": "wangfang"}
    with pytest.raises(wecom.QuotaReached):
        gateway.transfer_groups(**asked, owner="ZhangWei")
    gateway.transfer_groups(**asked, owner="wangfang")
    assert _used(quotas.GROUP_HANDOVERS, "wangfang") == [2]


def test_messages_to_staff_are_counted_for_each_receiver(shop, gateway):
    message = wecom.AppMessage.text("请确认群发任务")
    for _ in range(30):
        reserve([Charge(quotas.NOTICES, "zhangwei")])
    with pytest.raises(wecom.RateLimited):
        gateway.send_app_message(message, userids=["ZhangWei", "wangfang"])
    assert shop.calls["message/send"] == 0
    assert _used(quotas.NOTICES, "wangfang") == [0, 0]
    gateway.send_app_message(message, userids=["wangfang"], department_ids=[2])
    assert _used(quotas.NOTICES, "wangfang") == [1, 1]
    assert _used(quotas.NOTICES, "#2") == [1, 1]


def test_a_message_to_everybody_counts_once():
    costs = quotas.charges("message/send", {"touser": "@all", "toparty": ""})
    assert [(charge.subject, charge.amount) for charge in costs] == [("@all", 1)]


def test_page_tickets_and_tokens_are_counted(shop, gateway, settings):
    for path, limit in (
        ("get_jsapi_ticket", quotas.CORP_TICKETS),
        ("ticket/get", quotas.APP_TICKETS),
        ("gettoken", quotas.TOKENS),
    ):
        assert [charge.limit for charge in quotas.charges(path, {})] == [limit]
    gateway.departments()
    assert _used(quotas.TOKENS) == [1]


def test_only_temporary_codes_count_as_such():
    path = "externalcontact/add_contact_way"
    assert quotas.charges(path, {"type": 1}) == []
    [charge] = quotas.charges(path, {"type": 1, "is_temp": True})
    assert charge.limit.quotas == (Quota(Period.DAY, 100_000),)


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("api freq out of limit", 60),
        ("reach the hour limit", 3600),
        ("接口调用超过每分钟限制", 60),
        ("reach max api daily quota limit", None),
    ],
)
def test_the_words_of_45009_say_at_most_how_long(rude, transport_to, words, seconds):
    from tests.wecom import rude as behaviour

    server = rude(behaviour.say({"errcode": 45009, "errmsg": words}))
    with pytest.raises(wecom.RateLimited) as caught:
        transport_to(server.api, windows=(Window(60, 5),)).post("user/list", {})
    seconds = seconds or gate.until_midnight(gate.server_seconds())
    assert abs(caught.value.retry_after - seconds) <= 3
