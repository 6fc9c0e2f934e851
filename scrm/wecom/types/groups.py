"""Customer groups (客户群)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class GroupChatRef:
    """`status`: 0 normal, 1 owner left, 2 being handed over, 3 handed over."""

    chat_id: str
    status: int


@dataclass(frozen=True, slots=True)
class GroupChatPage:
    """A page may be short or empty; only an empty `next_cursor` is the end."""

    items: tuple[GroupChatRef, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class GroupMemberInfo:
    """群成员. `kind`: 1 staff, 2 outside; `join_scene`: 1 invited, 2 link, 3 QR code."""

    member_id: str
    kind: int
    unionid: str
    joined_at: datetime
    join_scene: int
    invitor_userid: str
    group_nickname: str
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class GroupChatDetail:
    """客户群. `member_version` changes with every change of its members."""

    chat_id: str
    name: str
    owner: str
    created_at: datetime
    notice: str
    member_version: str
    admins: tuple[str, ...]
    members: tuple[GroupMemberInfo, ...]
