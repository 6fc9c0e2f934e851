"""The form of a nickname rule (群昵称规则): its parts row by row, read from a POST."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from groups.models import NicknamePart, NicknameRule
from groups.rules.nickname import PARTS_LIMIT
from groups.services.nickname_rules import PartWanted, RuleWanted
from scrm.console.fields import row_number

_DEFAULT_SEPARATORS = "-+_/|·"


def starting_values(rule: NicknameRule | None) -> RuleWanted:
    """What the form shows first."""
    if rule is None:
        parts = (PartWanted(""), PartWanted(""), PartWanted(""))
        return RuleWanted("", _DEFAULT_SEPARATORS, parts)
    return RuleWanted(
        rule.name,
        rule.separators,
        tuple(PartWanted(part.name, part.tag_group_id, part.unknown) for part in rule.parts.all()),
        rule.scope,
        tuple(rule.group_ids),
        tuple(rule.tag_ids),
    )


def typed_values(data: QueryDict) -> RuleWanted:
    """What was typed, as far as it can be read; rows without a name and a tag group are none."""
    parts = []
    for place in range(PARTS_LIMIT):
        name = data.get(f"part-{place}-name", "")
        tag_group = row_number(data.get(f"part-{place}-group", ""))
        if name.strip() or tag_group is not None:
            unknown = data.get(f"part-{place}-unknown", NicknamePart.Unknown.REVIEW.value)
            parts.append(PartWanted(name, tag_group, unknown))
    return RuleWanted(
        data.get("name", ""),
        data.get("separators", ""),
        tuple(parts),
        data.get("scope", NicknameRule.Scope.ALL.value),
        _keys(data, "group_ids"),
        _keys(data, "tag_ids"),
    )


def form_rows(wanted: RuleWanted) -> list[dict[str, Any]]:
    """One row for each part the rule may have; those not used are empty."""
    parts = [*wanted.parts, *([None] * PARTS_LIMIT)][:PARTS_LIMIT]
    return [{"place": place, "part": part} for place, part in enumerate(parts)]


def _keys(data: QueryDict, name: str) -> tuple[int, ...]:
    numbers = (row_number(text) for text in data.getlist(name))
    return tuple(number for number in numbers if number is not None)
