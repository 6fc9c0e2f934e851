"""Sensitive-word rules (聊天敏感词)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

PHONE, MAIL, RED_PACKET = 1, 2, 3
BLOCK, WARN = 1, 2


@dataclass(frozen=True, slots=True)
class WordRule:
    """`words` staff should not write; `semantics`: 1 phone numbers, 2 mail addresses, 3 red
    packets. `intercept`: 1 warn and block, 2 warn.
    """

    name: str
    words: tuple[str, ...]
    semantics: tuple[int, ...] = ()
    intercept: int = WARN
    userids: tuple[str, ...] = ()
    department_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class WordRuleRef:
    """A rule in the list of all."""

    rule_id: str
    name: str
    created_at: datetime
