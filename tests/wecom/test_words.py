"""Sensitive-word rules; captured bodies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scrm import wecom
from tests.simulator.shapes import assert_like
from tests.wecom.captured import captured

RULE = wecom.WordRule(
    "禁止私下收款", ("微信转账", "私下转"), (1, 3), 1, userids=("zhangwei",), department_ids=(2,)
)


def test_a_rule_is_kept_changed_and_deleted(gateway, shop):
    rule_id = gateway.add_word_rule(RULE)
    assert gateway.word_rule(rule_id) == RULE
    changed = replace(RULE, words=("返现",), semantics=(), userids=("wangfang",), intercept=2)
    gateway.change_word_rule(rule_id, changed)
    assert gateway.word_rule(rule_id) == changed
    [listed] = gateway.word_rules()
    assert (listed.rule_id, listed.name) == (rule_id, "禁止私下收款")
    gateway.delete_word_rule(rule_id)
    assert gateway.word_rules() == []
    with pytest.raises(wecom.NotFound) as gone:
        gateway.word_rule(rule_id)
    assert gone.value.code == 41071


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, 41077),
        ({"name": "别的", "words": ("字" * 33,)}, 41083),
        ({"name": "别的", "semantics": (4,)}, 41084),
        ({"name": "别的", "department_ids": (99,)}, 60123),
    ],
)
def test_what_a_rule_cannot_be_is_refused_by_name(gateway, shop, changed, code):
    gateway.add_word_rule(RULE)
    with pytest.raises(wecom.Refused) as refused:
        gateway.add_word_rule(replace(RULE, **changed))
    assert refused.value.code == code


def test_a_corp_has_a_hundred_rules(gateway, shop):
    for number in range(100):
        gateway.add_word_rule(replace(RULE, name=f"规则{number}"))
    with pytest.raises(wecom.QuotaExhausted) as full:
        gateway.add_word_rule(RULE)
    assert full.value.code == 41069


def test_a_rule_above_wecoms_maxima_is_the_callers_mistake(gateway):
    with pytest.raises(ValueError, match="300"):
        gateway.add_word_rule(replace(RULE, words=("字",) * 301))


def test_rules_are_asked_for_and_read_as_wecom_has_them(replay):
    made, wanted = (
        replay("12-misc/add_intercept_rule"),
        captured("12-misc/add_intercept_rule_request"),
    )
    rule = wecom.WordRule(
        wanted["rule_name"], tuple(wanted["word_list"]), (1, 3), 1, ("liuyang",), (5, 6)
    )
    assert made.gateway.add_word_rule(rule).startswith("jTNa")
    assert made.sent == wanted
    [listed] = replay("12-misc/get_intercept_rule_list").gateway.word_rules()
    assert listed.name == rule.name
    kept = replay("12-misc/get_intercept_rule")
    assert kept.gateway.word_rule("jTNa") == rule
    wanted = captured("12-misc/update_intercept_rule_request")
    changed = replace(
        rule,
        words=("微信转账",),
        semantics=(1,),
        intercept=2,
        userids=("liuyang", "chenjie"),
        department_ids=(5,),
    )
    kept.gateway.change_word_rule(wanted["rule_id"], changed)
    assert (kept.path, kept.sent) == ("externalcontact/update_intercept_rule", wanted)


def test_the_simulator_answers_as_wecom_does(shop, corp_api):
    body = captured("12-misc/add_intercept_rule_request")
    body["applicable_range"] = {"user_list": ["zhangwei"], "department_list": [2]}
    made = corp_api.post("externalcontact/add_intercept_rule", body)
    assert_like(made, captured("12-misc/add_intercept_rule"))
    answer = corp_api.get("externalcontact/get_intercept_rule_list")
    assert_like(answer, captured("12-misc/get_intercept_rule_list"))
    answer = corp_api.post("externalcontact/get_intercept_rule", {"rule_id": made["rule_id"]})
    assert_like(answer, captured("12-misc/get_intercept_rule"))
