"""The library of corp tags (企业标签库)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TagInfo:
    """企业标签."""

    tag_id: str
    name: str
    order: int
    created_at: datetime
    deleted: bool


@dataclass(frozen=True, slots=True)
class TagGroupInfo:
    """标签组. `deleted` is only told when the group was asked for by id; `strategy_id` is 0 for
    corp tags, else the rule group (规则组) whose tags these are.
    """

    group_id: str
    name: str
    order: int
    created_at: datetime
    deleted: bool
    tags: tuple[TagInfo, ...]
    strategy_id: int = 0
