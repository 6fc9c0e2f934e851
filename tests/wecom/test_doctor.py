"""The set-up check: settings, access, range and rights – green, and red with the remedy."""

from __future__ import annotations

import json
import re
import time
from email.utils import formatdate
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from scrm.wecom import doctor
from scrm.wecom.doctor.registry import checks
from tests.wecom import rude as behaviour
from tests.wecom.check_ups import found, let_workers_live, red, state_of

pytestmark = pytest.mark.usefixtures("db")

DOCS = Path(__file__).resolve().parents[2]


@pytest.fixture
def good_corp(corp):
    let_workers_live()
    corp.state.add_staff("zhangwei", "张伟")
    corp.state.add_tag_group("口味", tags=["生普"])
    return corp


def test_a_good_corp_has_no_red_line(good_corp):
    lines = found()
    assert not red()
    assert "1" in str(lines["departments"].verdict.seen)
    assert "1" in str(lines["follow_staff"].verdict.seen)
    rights = [line.state for name, line in lines.items() if name.startswith("right:")]
    assert rights.count(doctor.State.OK) == len(rights) - 1  # sending cannot be tried


def test_the_command_prints_groups_and_ends_well(good_corp):
    out = StringIO()
    call_command("doctor", stdout=out, language="en")
    assert "Access to WeCom\n  ✓ Access token" in out.getvalue()


def test_the_command_speaks_chinese_too(good_corp):
    out = StringIO()
    call_command("doctor", stdout=out, language="zh-hans")
    assert "可见范围" in out.getvalue()


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
    [line] = [check for check in told["checks"] if check["state"] == "fail"]
    assert line["name"] == "token"
    assert line["mend"]


@pytest.mark.parametrize(
    ("name", "value", "asks"),
    [
        ("WECOM_CORP_ID", "", False),
        ("WECOM_CORP_ID", "my corp", False),
        ("WECOM_AGENT_ID", 0, False),
        ("WECOM_SECRET", "", False),
        ("WECOM_SECRET", "copied with spaces", False),
        ("WECOM_CALLBACK_TOKEN", "with-a-dash", True),
        ("WECOM_CALLBACK_TOKEN", "t" * 33, True),
        ("WECOM_ENCODING_AES_KEY", "short", True),
        ("WECOM_BASE_URL", "qyapi.weixin.qq.com", False),
    ],
)
def test_each_wrong_setting_has_its_own_line(good_corp, settings, name, value, asks):
    setattr(settings, name, value)
    lines = red()
    assert list(lines) == [f"setting:{name}"]
    assert lines[f"setting:{name}"].verdict.mend
    assert bool(good_corp.state.calls) is asks


def test_old_corps_have_ids_with_wx(good_corp, settings):
    settings.WECOM_CORP_ID = "wx5823bf96d3bd56c7"
    assert "setting:WECOM_CORP_ID" not in red()


def test_no_secret_is_ever_in_a_finding(good_corp, settings):
    told = json.dumps([line.told() for line in found().values()])
    for name in ("WECOM_SECRET", "WECOM_CALLBACK_TOKEN", "WECOM_ENCODING_AES_KEY", "SECRET_KEY"):
        assert str(getattr(settings, name)) not in told


@pytest.mark.parametrize(("code", "words"), [(40001, "WECOM_SECRET"), (40013, "WECOM_CORP_ID")])
def test_a_refused_token_names_the_setting(good_corp, code, words):
    good_corp.state.faults.add("gettoken", "errcode", code, count=None)
    lines = red()
    assert list(lines) == ["token"]
    assert words in str(lines["token"].verdict.mend[0])
    assert state_of("trusted_ip") == "unknown"


def test_an_address_that_is_not_trusted_is_told_so_that_it_can_be_copied(good_corp):
    good_corp.state.record("settings", trusted_ip=False)
    lines = red()
    assert list(lines) == ["trusted_ip"]
    assert lines["trusted_ip"].verdict.copy == "127.0.0.1"
    assert "企业可信IP" in lines["trusted_ip"].menu


def test_an_app_that_is_not_callable_is_told_where_to_tick_it(good_corp):
    good_corp.state.record("settings", callable_app=False)
    lines = red()
    assert list(lines) == ["callable_app"]
    assert "可调用接口的应用" in lines["callable_app"].menu


def test_no_staff_with_customers_is_a_red_line(corp):
    let_workers_live()
    assert list(red()) == ["follow_staff"]


def test_an_empty_visible_range_is_a_red_line(good_corp):
    good_corp.state.record("settings", visible_departments="99")
    assert set(red()) == {"departments", "follow_staff"}


def test_departments_without_staff_are_told(corp):
    assert state_of("staff") == "warn"


@pytest.mark.parametrize(
    ("path", "name", "state"),
    [
        ("externalcontact/batch/get_by_user", "right:customers", "fail"),
        ("externalcontact/get_corp_tag_list", "right:tags", "fail"),
        ("externalcontact/groupchat/list", "right:groups", "fail"),
        ("externalcontact/get_groupmsg_list_v2", "right:broadcasts", "fail"),
        ("externalcontact/list_contact_way", "right:contact_ways", "fail"),
        ("externalcontact/get_user_behavior_data", "right:statistics", "fail"),
        ("externalcontact/get_moment_list", "right:moments", "warn"),
        ("externalcontact/customer_acquisition/list_link", "right:links", "warn"),
        ("externalcontact/get_unassigned_list", "right:hand_over", "warn"),
        ("ticket/get", "right:side_bar", "warn"),
    ],
)
def test_each_right_that_is_missing_has_its_own_line(good_corp, path, name, state):
    good_corp.state.faults.add(path, "errcode", 48002, count=None)
    lines = found()
    assert lines[name].state.value == state
    others = [n for n in lines if n.startswith("right:") and n not in {name, "right:app_messages"}]
    assert all(lines[other].state is doctor.State.OK for other in others)


def test_the_check_only_reads(good_corp):
    found()
    written = ("add_", "del_", "mark_", "send", "remark", "create", "cancel", "transfer_", "upload")
    asked = {call.path.rpartition("/")[2] for call in good_corp.state.calls.recent}
    assert not [path for path in asked if path.startswith(written)]


def test_a_limit_that_was_reached_is_no_fault_of_the_set_up(good_corp):
    good_corp.state.faults.add("externalcontact/get_corp_tag_list", "errcode", 45009, count=None)
    assert state_of("right:tags") == "unknown"


def test_without_redis_nothing_else_is_asked(good_corp, settings):
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    assert list(red()) == ["redis"]
    assert not good_corp.state.calls


@pytest.mark.parametrize(("minutes", "state"), [(0, "ok"), (-5, "fail"), (5, "fail")])
def test_a_clock_that_differs_from_wecoms_is_a_red_line(good_corp, minutes, state):
    good_corp.state.record("settings", date_skew_seconds=60.0 * minutes)
    assert state_of("clock") == state


def test_a_server_that_does_not_tell_its_time_leaves_the_clock_open(rude, settings):
    body = {"errcode": 0, "department": [{"id": 1}], "follow_user": ["a"], "tag_group": []}
    settings.WECOM_BASE_URL = rude(behaviour.say(body)).api
    settings.WECOM_SECRET = "secret-of-a-timeless-server"
    assert state_of("clock") == "unknown"


def test_a_dated_answer_tells_the_clock_too(rude, settings):
    header = f"Date: {formatdate(time.time() + 600, usegmt=True)}\r\n"
    body = {"errcode": 0, "department": [{"id": 1}], "follow_user": ["a"], "tag_group": []}
    settings.WECOM_BASE_URL = rude(behaviour.say(body, headers=header)).api
    settings.WECOM_SECRET = "secret-of-a-late-server"
    assert state_of("clock") == "fail"


def test_two_checks_of_one_name_are_refused():
    taken = checks()[0]
    with pytest.raises(ValueError, match="twice"):
        doctor.register(taken)


def test_a_check_may_only_need_what_comes_before_it():
    lost = doctor.Check("new", doctor.Group.WORK, "new", lambda _now: doctor.ok(), ("nowhere",))
    with pytest.raises(ValueError, match="nowhere"):
        doctor.register(lost)


def test_every_chapter_that_is_named_exists():
    for docs in {check.docs for check in checks()}:
        file, _hash, anchor = docs.partition("#")
        headings = re.findall(r"^#+ (.+)$", (DOCS / file).read_text(), re.MULTILINE)
        anchors = {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in headings}
        assert anchor in anchors, docs
