"""The table of error codes: each code leads to one class and to words for the operator."""

from __future__ import annotations

import pytest
from django.utils import translation

from scrm import wecom
from scrm.wecom import errors
from scrm.wecom.codes import CODES, error_for
from tests.wecom import rude as behaviour


@pytest.mark.parametrize(
    ("code", "kind", "retryable"),
    [
        (-1, wecom.OutcomeUnknown, False),
        (6000, wecom.Busy, True),
        (40001, wecom.Misconfigured, False),
        (40003, wecom.NotFound, False),
        (40007, wecom.MediaExpired, False),
        (40014, wecom.TokenInvalid, False),
        (40058, wecom.BadRequest, False),
        (40096, wecom.NotFound, False),
        (41048, wecom.NobodyToSend, False),
        (41050, wecom.WelcomeExpired, False),
        (41051, wecom.WelcomeTaken, False),
        (41063, wecom.StillDispatching, True),
        (41075, wecom.NotFound, False),
        (41078, wecom.TooManyJobs, False),
        (41093, wecom.AlreadyCancelled, False),
        (41094, wecom.TooManyReminders, False),
        (41096, wecom.WelcomeContested, True),
        (42001, wecom.TokenInvalid, False),
        (45009, wecom.RateLimited, True),
        (45033, wecom.Busy, True),
        (48002, wecom.Misconfigured, False),
        (60011, wecom.NotVisible, False),
        (60020, wecom.Misconfigured, False),
        (60111, wecom.NotFound, False),
        (84061, wecom.NoRelation, False),
        (987654, wecom.Refused, False),
    ],
)
def test_a_code_says_what_to_do_next(code, kind, retryable):
    error = error_for(code, "words that change", "some/path")
    assert type(error) is kind
    assert error.retryable is retryable
    assert bool(error.retry_after) is (retryable or kind is wecom.OutcomeUnknown)
    assert str(error) == f"some/path: {code} words that change"


def test_everything_but_silence_surely_did_not_happen():
    kinds = {kind for kind, _hint in CODES.values()} - {wecom.OutcomeUnknown}
    assert all(issubclass(kind, wecom.Refused) for kind in kinds)


# Every code of the vendor's table that an app of our kind can meet.
LISTED = [
    *(-1, 6000, 40001, 40003, 40007, 40013, 40014, 42001, 40029, 42003, 42022, 40031, 40032),
    *(40033, 40056, 301002, 40058, 40063, 40068, 40071, 40093, 42012, 40096, 40097, 40098),
    *(40099, 40100, 41001, 41002, 41004, *range(41035, 41065), 41065, *range(41067, 41092)),
    *(41093, 41094, 41095, 41096, 43009, 610016, 45001, 45002, 45009, 45011, 45029, 45033),
    *(48002, 48006, 48007, 48009, 50001, 50002, 50003, 60011, 60020, 60111, 60123, 81013),
    *(81017, 84061, 84074, 84083, 84084, *range(90500, 90505), *range(90507, 90512)),
    *(*range(95000, 95033), 301042, 301052, 301053, *range(301058, 301062)),
    *(*range(610014, 610019), 701008),
]
UNUSED = {41066, 41089}  # gaps in the vendor's numbering
REPEATED = {6000, 41063, 41079, 41096, 45009, 45011, 45033}


@pytest.mark.parametrize("code", sorted({*LISTED, *CODES} - UNUSED))
def test_every_listed_code_has_a_class_a_rule_and_advice_in_both_languages(code):
    kind, hint = CODES[code]
    error = error_for(code, "", "externalcontact/any")
    assert issubclass(kind, wecom.WeComError)
    assert error.retryable is (code in REPEATED)
    if kind is wecom.Refused:
        assert hint, "without a class of its own it needs words of its own"
    with translation.override("en"):
        assert error.advice.endswith("."), error.advice
    with translation.override("zh-hans"):
        assert error.advice.endswith("。"), error.advice


def test_every_kind_of_error_has_advice_in_both_languages():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    for kind in kinds:
        if issubclass(kind, wecom.WeComError):
            with translation.override("en"):
                assert kind().advice.endswith(".")
            with translation.override("zh-hans"):
                assert kind().advice.endswith("。"), kind


def test_an_untrusted_ip_is_named_when_wecom_names_it():
    words = "not allow to access from your ip, hint: [1_a], from ip: %s, more info at https://x"
    named = error_for(60020, words % "203.0.113.25", "gettoken")
    with translation.override("zh-hans"):
        assert named.advice.startswith(
            "请在「应用管理 › 您的应用 › 企业可信IP」中添加 203.0.113.25"
        )
    assert "2001:db8::7" in error_for(60020, words % "2001:db8::7", "gettoken").advice
    for silent in ("", words % "999.1.1.1", words % ":::"):
        assert "企业可信IP" in error_for(60020, silent, "gettoken").advice


def test_an_error_as_wecom_words_it_reaches_the_operator_with_its_address(rude, transport_to):
    words = (
        "not allow to access from your ip, hint: [1791770601_45a97823e31a], from ip: 203.0.113.25,"
        " more info at https://open.work.weixin.qq.com/devtool/query?e=60020"
    )
    server = rude(behaviour.say({"errcode": 60020, "errmsg": words}))
    with pytest.raises(wecom.Misconfigured) as refused:
        transport_to(server.api).get("department/list")
    assert "203.0.113.25" in refused.value.advice
    assert "1791770601_45a97823e31a" in str(refused.value)  # what WeCom's support asks for


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("externalcontact/list", "客户联系 › API › 可调用接口的应用"),
        ("externalpay/get_bill_list", "对外收款 › 可调用接口的应用"),
        ("kf/account/list", "微信客服 › 可调用接口的应用"),
    ],
)
def test_an_app_that_may_not_call_is_sent_to_the_right_page(path, page):
    assert page in error_for(48002, "api forbidden", path).advice


def test_every_public_name_can_be_had():
    assert all(getattr(wecom, name) for name in wecom.__all__)
    with pytest.raises(AttributeError):
        wecom.no_such_name  # noqa: B018
