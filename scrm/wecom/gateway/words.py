"""Sensitive-word rules (聊天敏感词); nothing tells of a hit."""

from __future__ import annotations

from typing import Any

from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import Json, at_most, moment, number, records, text, texts
from scrm.wecom.maxima import RULE_NAME_CHARS, STAFF_PER_RULE, WORDS_PER_RULE
from scrm.wecom.types.words import WordRule, WordRuleRef


class Words(Area):
    """Rules, at most one hundred of the corp; only this app's can be changed."""

    def add_word_rule(self, rule: WordRule) -> str:
        """新建敏感词规则 (add_intercept_rule): its id. Raises QuotaExhausted, ValueError."""
        body = {**_common(rule), "applicable_range": _range(rule.userids, rule.department_ids)}
        if rule.semantics:
            body["semantics_list"] = list(rule.semantics)
        return str(self._transport.change("externalcontact/add_intercept_rule", body)["rule_id"])

    def word_rules(self) -> list[WordRuleRef]:
        """获取敏感词规则列表 (get_intercept_rule_list)."""
        reply = self._transport.get("externalcontact/get_intercept_rule_list")
        return [
            WordRuleRef(
                rule_id=text(record, "rule_id"),
                name=text(record, "rule_name"),
                created_at=moment(record, "create_time"),
            )
            for record in records(reply, "rule_list")
        ]

    def word_rule(self, rule_id: str) -> WordRule:
        """获取敏感词规则详情 (get_intercept_rule). Raises NotFound."""
        body = {"rule_id": rule_id}
        return _rule(self._transport.post("externalcontact/get_intercept_rule", body)["rule"])

    def change_word_rule(self, rule_id: str, rule: WordRule) -> None:
        """修改敏感词规则 (update_intercept_rule): afterwards it is as `rule`; may be repeated.

        WeCom wants to know who comes and who goes, so the rule is asked for first.
        """
        before = self.word_rule(rule_id)
        body = {
            "rule_id": rule_id,
            **_common(rule),
            "extra_rule": {"semantics_list": list(rule.semantics)},
            "add_applicable_range": _difference(rule, before),
            "remove_applicable_range": _difference(before, rule),
        }
        self._transport.change("externalcontact/update_intercept_rule", body)

    def delete_word_rule(self, rule_id: str) -> None:
        """删除敏感词规则 (del_intercept_rule). Raises NotFound."""
        self._transport.change("externalcontact/del_intercept_rule", {"rule_id": rule_id})


def _common(rule: WordRule) -> dict[str, Any]:
    at_most(RULE_NAME_CHARS, rule.name, "name")
    at_most(WORDS_PER_RULE, rule.words, "words")
    at_most(STAFF_PER_RULE, rule.userids, "userids")
    at_most(STAFF_PER_RULE, rule.department_ids, "department_ids")
    return {
        "rule_name": rule.name,
        "word_list": list(rule.words),
        "intercept_type": rule.intercept,
    }


def _range(userids: Any, department_ids: Any) -> dict[str, Any]:
    return {"user_list": list(userids), "department_list": list(department_ids)}


def _difference(wanted: WordRule, other: WordRule) -> dict[str, Any]:
    """Who is in the range of one rule and not in the other's."""
    return _range(
        (userid for userid in wanted.userids if userid not in other.userids),
        (part for part in wanted.department_ids if part not in other.department_ids),
    )


def _rule(record: Json) -> WordRule:
    scope = record.get("applicable_range") or {}
    return WordRule(
        name=text(record, "rule_name"),
        words=texts(record, "word_list"),
        semantics=tuple(int(kind) for kind in record.get("semantics_list") or ()),
        intercept=number(record, "intercept_type"),
        userids=texts(scope, "user_list"),
        department_ids=tuple(int(part) for part in scope.get("department_list") or ()),
    )
