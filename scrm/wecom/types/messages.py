"""Broadcast tasks and their results (企业群发)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class GroupMessageReceipt:
    """WeCom accepted the task; nothing is delivered before the staff member confirms.

    `refused`: external_userids or chat ids that cannot get it.
    """

    msgid: str
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupMessageInfo:
    """群发任务 as WeCom lists it. `creator` is empty for tasks made by the API.

    `create_type`: 0 by the corp, 1 by a staff member. `attachments` as WeCom returns them.
    """

    msgid: str
    creator: str
    created_at: datetime
    create_type: int
    text: str
    attachments: tuple[dict[str, object], ...]


@dataclass(frozen=True, slots=True)
class MessageTask:
    """A staff member's part of a task. `status`: 0 not confirmed, 2 sent."""

    userid: str
    status: int
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessageResult:
    """`status`: 0 unsent, 1 sent, 2 not a friend any more, 3 the customer's quota was full.

    Private tasks have `external_userid`, group tasks `chat_id`.
    """

    external_userid: str
    chat_id: str
    userid: str
    status: int
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessageResultPage:
    """A page may be short or empty; only an empty `next_cursor` is the end."""

    items: tuple[MessageResult, ...]
    next_cursor: str
