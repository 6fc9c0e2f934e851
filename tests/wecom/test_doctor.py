"""The set-up check: green for a good corp, one red line with its remedy for each fault."""

from __future__ import annotations

import json
import socket
import time
from email.utils import formatdate
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from scrm.wecom.doctor import State, examine
from tests.wecom import rude as behaviour

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def good_corp(corp):
    corp.state.add_staff("zhangwei", "张伟")
    corp.state.add_tag_group("口味", tags=["生普"])
    return corp


def _found():
    return {finding.name: finding for finding in examine()}


def _red():
    return {name: finding for name, finding in _found().items() if finding.state is State.FAILED}


def test_a_good_corp_has_no_red_line(good_corp):
    found = _found()
    assert not _red()
    assert found["departments"].detail == "1"
    assert found["follow_staff"].detail == "1"
    assert found["tags"].detail == "1"


def test_the_command_prints_a_line_each_and_ends_well(good_corp):
    out = StringIO()
    call_command("doctor", stdout=out, language="en")
    assert "✓ Access token" in out.getvalue()


def test_a_red_line_ends_the_command_with_an_error_and_tells_the_remedy(good_corp, settings):
    settings.WECOM_SECRET = "a-wrong-secret"
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("doctor", stdout=out, language="en")
    assert caught.value.returncode == 1
    assert "✗ Access token" in out.getvalue()
    assert "→ Check WECOM_SECRET (" in out.getvalue()
    assert "a-wrong-secret" not in out.getvalue()


def test_machines_get_the_same_as_json(good_corp, settings):
    settings.WECOM_SECRET = "a-wrong-secret"
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("doctor", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert told["ok"] is False
    [red] = [check for check in told["checks"] if check["state"] == "failed"]
    assert red["name"] == "token"
    assert red["advice"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WECOM_CORP_ID", ""),
        ("WECOM_CORP_ID", "my corp"),
        ("WECOM_AGENT_ID", 0),
        ("WECOM_SECRET", ""),
        ("WECOM_SECRET", "copied with spaces"),
        ("WECOM_CALLBACK_TOKEN", "with-a-dash"),
        ("WECOM_ENCODING_AES_KEY", "short"),
        ("WECOM_BASE_URL", "qyapi.weixin.qq.com"),
    ],
)
def test_each_wrong_setting_has_its_own_line_and_wecom_is_not_asked(
    good_corp, settings, name, value
):
    setattr(settings, name, value)
    red = _red()
    assert list(red) == [f"setting:{name}"]
    assert red[f"setting:{name}"].advice
    assert not good_corp.state.calls


def test_old_corps_have_ids_with_wx(good_corp, settings):
    settings.WECOM_CORP_ID = "wx5823bf96d3bd56c7"
    assert "setting:WECOM_CORP_ID" not in _found()


def test_no_staff_with_customers_is_a_red_line(corp):
    assert list(_red()) == ["follow_staff"]


@pytest.mark.parametrize(
    ("path", "code", "line", "words"),
    [
        ("externalcontact/get_follow_user_list", 48002, "follow_staff", "可调用接口的应用"),
        ("department/list", 60020, "departments", "企业可信IP"),
        ("gettoken", 40013, "token", "WECOM_CORP_ID"),
    ],
)
def test_wecoms_refusals_name_the_page_to_open(good_corp, path, code, line, words):
    good_corp.state.faults.add(path, "errcode", code, count=None)
    red = _red()
    assert list(red) == [line]
    assert words in red[line].advice


def test_without_redis_nothing_else_is_asked(good_corp, settings):
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    assert list(_red()) == ["redis"]
    assert not good_corp.state.calls


@pytest.mark.parametrize(("minutes", "red"), [(0, False), (-5, True), (5, True)])
def test_a_clock_that_differs_from_wecoms_is_a_red_line(rude, settings, minutes, red):
    settings.WECOM_BASE_URL = rude(_dated(minutes)).api
    settings.WECOM_SECRET = f"secret-of-{minutes}-minutes"
    assert ("clock" in _red()) is red


def _dated(minutes):
    header = f"Date: {formatdate(time.time() + 60 * minutes, usegmt=True)}\r\n"
    body = {"errcode": 0, "department": [{"id": 1}], "follow_user": ["a"], "tag_group": []}
    return behaviour.say(body, headers=header)


def test_the_public_address_is_asked_as_wecom_asks_it(good_corp, settings, live_server):
    settings.PUBLIC_URL = live_server.url
    assert _found()["callback_address"].state is State.OK


def test_an_address_that_answers_something_else_is_a_red_line(good_corp, settings):
    settings.PUBLIC_URL = good_corp.url
    assert list(_red()) == ["callback_address"]


def test_an_address_nobody_answers_is_a_red_line(good_corp, settings):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    settings.PUBLIC_URL = f"http://127.0.0.1:{port}"
    assert "callback_address" in _red()
