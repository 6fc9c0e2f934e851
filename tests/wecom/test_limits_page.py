"""Limits and usage on the console: what is used, what is left, what is on hold and why."""

from __future__ import annotations

import pytest
from django.test import override_settings

from scrm import wecom
from scrm.audit.models import AuditEntry
from scrm.ratelimit.bucket import Charge, reserve
from scrm.ratelimit.store import client as redis
from scrm.wecom.quotas import GROUP_HANDOVERS
from tests import build

PAGE, NOW, AGAIN = "/limits/", "/limits/now/", "/limits/call-again/"
TAGS = "externalcontact/get_corp_tag_list"
AWAY = "redis://127.0.0.1:9/0"

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(corp, gateway):
    """The tag library answered 45009."""
    corp.state.faults.add(TAGS, "errcode", 45009)
    with pytest.raises(wecom.RateLimited):
        gateway.corp_tags()
    return gateway


def test_an_unused_system_says_so(operator_client, corp):
    text = operator_client.get(PAGE).content.decode()
    assert "近 24 小时没有调用" in text
    assert "所有接口均可调用" in text


def test_calls_of_each_api_are_shown_with_what_is_left(operator_client, gateway):
    gateway.departments()
    gateway.departments()
    text = operator_client.get(NOW).content.decode()
    assert "department/list" in text
    assert "2 / 9,800" in text
    assert "剩余 9,798" in text
    assert "gettoken" in text


def test_a_held_api_is_shown_with_its_reason(operator_client, held):
    text = operator_client.get(NOW).content.decode()
    assert TAGS in text
    assert "45009 api freq out of limit" in text
    assert "暂停中" in text


def test_the_home_page_tells_of_apis_on_hold(operator_client, held):
    assert "暂停中的接口" in operator_client.get("/").content.decode()


def test_an_operator_lets_the_next_call_through(operator_client, held):
    operator_client.post(AGAIN, {"path": TAGS})
    held.corp_tags()
    assert AuditEntry.objects.filter(action="limit.opened", details__api=TAGS).exists()


def test_an_api_that_is_not_held_cannot_be_opened(operator_client, corp):
    operator_client.post(AGAIN, {"path": "what/ever"})
    assert not AuditEntry.objects.filter(action="limit.opened").exists()


def test_who_uses_a_narrow_limit_is_named(operator_client, corp):
    reserve([Charge(GROUP_HANDOVERS, "zhangwei", 290)])
    text = operator_client.get(NOW).content.decode()
    assert "zhangwei" in text
    assert "290 / 300" in text


def test_the_page_says_when_redis_is_away(operator_client, corp):
    with override_settings(REDIS_URL=AWAY):
        response = operator_client.get(NOW)
    assert response.status_code == 200
    assert "Redis 暂时不可用" in response.content.decode()


def test_without_the_right_there_is_nothing_to_see(client, corp):
    client.force_login(build.operator(role="staff"))
    assert client.get(PAGE).status_code == 403
    assert client.post(AGAIN, {"path": TAGS}).status_code == 403
    assert redis().exists("held:{wecom.api}") == 0
