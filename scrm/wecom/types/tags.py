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
    """标签组. `deleted` is only told when the group was asked for by id."""

    group_id: str
    name: str
    order: int
    created_at: datetime
    deleted: bool
    tags: tuple[TagInfo, ...]
