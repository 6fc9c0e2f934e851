"""WeCom's own statistics (统计管理); days are days in Beijing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum


@dataclass(frozen=True, slots=True)
class BehaviourDay:
    """联系客户统计 of one day, the sum over all staff asked for.

    `reply_percentage` (0–100) and `average_reply_minutes` are None on days without chats.
    `negative_feedback`: customers who deleted or blocked a staff member.
    """

    day: date
    chats: int
    messages: int
    reply_percentage: float | None
    average_reply_minutes: int | None
    negative_feedback: int
    new_applications: int
    new_contacts: int


class GroupOrder(Enum):
    """What owners are ordered by (order_by)."""

    NEW_GROUPS = 1
    GROUPS = 2
    NEW_MEMBERS = 3
    MEMBERS = 4


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """群聊数据统计: `active_…` had or wrote a message in the time asked for; `migrated_groups` came
    from a trainee's account (migrate_trainee_chat_cnt), where WeCom tells so.
    """

    new_groups: int
    groups: int
    active_groups: int
    new_members: int
    members: int
    active_members: int
    messages: int
    migrated_groups: int = 0


@dataclass(frozen=True, slots=True)
class OwnerFigures:
    """The groups of one owner."""

    owner: str
    figures: GroupFigures


@dataclass(frozen=True, slots=True)
class DayFigures:
    """The groups of all owners asked for, on one day."""

    day: date
    figures: GroupFigures
