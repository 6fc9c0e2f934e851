"""Sensitive-word rules (聊天敏感词)."""

from __future__ import annotations

from typing import Any

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.contact_ways import numbers
from scrm.simulator.endpoints.customers import staff_of
from scrm.simulator.endpoints.registry import Answer, get, post
from scrm.simulator.errors import ApiError
from scrm.simulator.tables import WordRule

MOST_IN_ALL = 10_000  # staff of one rule, after all its changes
NAME_CHARS, MOST_WORDS, WORD_CHARS, MOST_RULES, MOST_IN_RANGE = 20, 300, 32, 100, 1000


@post("externalcontact/add_intercept_rule")
def add_intercept_rule(corp: Corp, ask: Ask) -> Answer:
    if sum(not rule.is_deleted for rule in corp.word_rules.values()) >= MOST_RULES:
        raise ApiError(41069)
    rule_id = corp.new_id("", 24)
    changed = _changed(corp, ask, rule_id)
    for name in ("rule_name", "word_list", "intercept_type"):
        if name not in changed:
            raise ApiError(40058, f"missing {name}")
    scope = _range(corp, ask.part("applicable_range"))
    if not any(scope.values()):
        raise ApiError(40058, "missing applicable_range")
    semantics = _semantics(ask)
    rule = WordRule(rule_id, corp.clock.timestamp(), semantics_list=semantics, **changed, **scope)
    corp.keep("word_rules", rule)
    return {"rule_id": rule_id}


@get("externalcontact/get_intercept_rule_list")
def get_intercept_rule_list(corp: Corp, _ask: Ask) -> Answer:
    return {
        "rule_list": [
            {"rule_id": rule.rule_id, "rule_name": rule.rule_name, "create_time": rule.created_at}
            for rule in corp.word_rules.values()
            if not rule.is_deleted
        ]
    }


@post("externalcontact/get_intercept_rule")
def get_intercept_rule(corp: Corp, ask: Ask) -> Answer:
    rule = _rule(corp, ask)
    return {
        "rule": {
            "rule_id": rule.rule_id,
            "rule_name": rule.rule_name,
            "word_list": rule.word_list,
            "semantics_list": rule.semantics_list,
            "intercept_type": rule.intercept_type,
            "applicable_range": {
                "user_list": rule.user_list,
                "department_list": rule.department_list,
            },
        }
    }


@post("externalcontact/update_intercept_rule")
def update_intercept_rule(corp: Corp, ask: Ask) -> Answer:
    """What is named; semantics stand in `extra_rule`, the range comes as who joins and goes."""
    rule = _own(corp, ask)
    changed = _changed(corp, ask, rule.rule_id)
    if ask.has("extra_rule"):
        changed["semantics_list"] = _semantics(ask.part("extra_rule"))
    more = _range(corp, ask.part("add_applicable_range"))
    less = _range(corp, ask.part("remove_applicable_range"))
    for name in ("user_list", "department_list"):
        kept = [one for one in getattr(rule, name) if one not in less[name]]
        changed[name] = list(dict.fromkeys([*kept, *more[name]]))
    if len(changed["user_list"]) > MOST_IN_ALL:
        raise ApiError(41076)
    corp.record("edit", table="word_rules", id=rule.rule_id, **changed)
    return {}


@post("externalcontact/del_intercept_rule")
def del_intercept_rule(corp: Corp, ask: Ask) -> Answer:
    corp.record("edit", table="word_rules", id=_own(corp, ask).rule_id, is_deleted=True)
    return {}


def _changed(corp: Corp, ask: Ask, rule_id: str) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if ask.has("rule_name"):
        name = changed["rule_name"] = ask.text("rule_name", most_chars=NAME_CHARS)
        others = (rule for rule in corp.word_rules.values() if rule.rule_id != rule_id)
        if any(rule.rule_name == name and not rule.is_deleted for rule in others):
            raise ApiError(41077)
    if ask.has("word_list"):
        words = changed["word_list"] = ask.texts("word_list", most=MOST_WORDS, code=41068)
        if not words or any(not 1 <= len(word) <= WORD_CHARS for word in words):
            raise ApiError(41083)
    if ask.has("intercept_type"):
        changed["intercept_type"] = ask.number("intercept_type")
        if changed["intercept_type"] not in (1, 2):
            raise ApiError(40058, "invalid intercept_type")
    return changed


def _semantics(ask: Ask) -> list[int]:
    semantics = numbers(ask, "semantics_list")
    if not set(semantics) <= {1, 2, 3}:
        raise ApiError(41084)
    return semantics


def _range(corp: Corp, ask: Ask) -> dict[str, Any]:
    userids = ask.texts("user_list", most=MOST_IN_RANGE, code=41076)
    departments = numbers(ask, "department_list")
    if len(departments) > MOST_IN_RANGE:
        raise ApiError(41076)
    if any(department not in corp.departments for department in departments):
        raise ApiError(60123)
    return {
        "user_list": [staff_of(corp, userid).userid for userid in userids],
        "department_list": departments,
    }


def _own(corp: Corp, ask: Ask) -> WordRule:
    """Rules of others can be read, not changed."""
    rule = _rule(corp, ask)
    if rule.is_foreign:
        raise ApiError(60011)
    return rule


def _rule(corp: Corp, ask: Ask) -> WordRule:
    rule = corp.word_rules.get(ask.text("rule_id"))
    if rule is None:
        raise ApiError(41070)
    if rule.is_deleted:
        raise ApiError(41071)
    return rule
