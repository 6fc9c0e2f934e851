"""Take customer groups and their members (客户群, 群成员) over from WeCom.

The sync and the event handlers both come here. Every function writes inside the caller's
transaction; facts of the customers are the caller's to refresh.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from contacts.models import SyncSeen
from contacts.services.bulk import Incoming
from contacts.services.staff import ensure_staff
from contacts.services.sync.seen import mark_seen
from groups.models import GroupChat, GroupEvent, GroupMember
from groups.services import chat_sql
from groups.services.group_facts import count_moves, refresh_group_facts
from groups.services.nickname_due import note_groups
from scrm import wecom
from scrm.wecom.models import SyncRun

# An event on its way to us may be so late.
_EVENT_ON_ITS_WAY = timedelta(minutes=2)

_CHATS = Incoming(
    "incoming_chat",
    {
        "chat_id": "text",
        "name": "text",
        "owner_userid": "text",
        "notice": "text",
        "status": "smallint",
        "member_version": "text",
        "created_at": "timestamptz",
    },
)
_MEMBERS = Incoming(
    "incoming_member",
    {
        "chat_id": "text",
        "member_id": "text",
        "kind": "smallint",
        "name": "text",
        "group_nickname": "text",
        "unionid": "text",
        "joined_at": "timestamptz",
        "join_scene": "smallint",
        "invitor_userid": "text",
        "state": "text",
    },
)
_CHAT_CHANGES = Incoming(
    "chat_change",
    {
        "group_id": "bigint",
        "change": "text",
        "at": "timestamptz",
        "name_before": "text",
        "owner_before": "text",
        "was_dismissed": "boolean",
    },
)
_CHANGES = Incoming(
    "member_change",
    {
        "group_id": "bigint",
        "member_id": "text",
        "contact_id": "bigint",
        "change": "text",
        "at": "timestamptz",
    },
)


@dataclass(frozen=True)
class Stored:
    """What taking some groups over did: the customers whose groups changed, and how many members
    joined and left."""

    contact_ids: list[int]
    changes: Counter[str]


def store_chats(
    details: Sequence[wecom.GroupChatDetail],
    *,
    statuses: Mapping[str, int],
    now: datetime,
    gaps_of: SyncRun | None = None,
) -> Stored:
    """Write these groups whole: who is not among the members any more has left.

    `statuses` are by chat id, as the list tells them; a group without one keeps its own. With
    `gaps_of` every new or changed group, join and leave becomes a SyncGap of that run.
    """
    found = {detail.chat_id: detail for detail in details}
    if not found:
        return Stored([], Counter())
    ensure_staff({detail.owner for detail in found.values() if detail.owner})
    _CHATS.fill(_chat_row(detail, statuses) for detail in found.values())
    _MEMBERS.fill(
        _member_row(detail.chat_id, member)
        for detail in found.values()
        for member in {member.member_id: member for member in detail.members}.values()
    )
    _CHAT_CHANGES.fill(())
    _CHANGES.fill(())
    with connection.cursor() as cursor:
        cursor.execute(chat_sql.CHATS)
        cursor.execute(chat_sql.JOINED, {"now": now})
        cursor.execute(chat_sql.LEFT, {"now": now})
        cursor.execute(chat_sql.GROUP_EVENTS, {"now": now})
        cursor.execute(chat_sql.CHANGED_GROUPS)
        changed = [group_id for (group_id,) in cursor.fetchall()]
    # A new nickname alone changes neither the group nor who is in it.
    met = GroupChat.objects.filter(chat_id__in=found).values_list("pk", flat=True)
    note_groups(list(met))
    return _tell(changed, now=now, gaps_of=gaps_of)


def mark_met(chat_ids: Sequence[str], *, statuses: Mapping[str, int]) -> None:
    """The list named these groups; the status is all it tells."""
    chats = GroupChat.objects.filter(chat_id__in=chat_ids)
    mark_seen(SyncSeen.Kind.GROUP, list(chats.values_list("pk", flat=True)))
    for status in set(statuses.values()) & set(GroupChat.Status.values):
        named = [chat_id for chat_id in chat_ids if statuses.get(chat_id) == status]
        chats.filter(chat_id__in=named).exclude(status=status).update(status=status)


def record_joined(
    chat: GroupChat, member_ids: Sequence[str], *, scene: int | None, at: datetime
) -> list[int]:
    """An event named who joined. Names follow with the next full read. Answers customers."""
    _MEMBERS.fill(
        (chat.chat_id, member_id, None, "", "", "", at, scene, "", "")
        for member_id in dict.fromkeys(member_ids)
    )
    _CHANGES.fill(())
    with connection.cursor() as cursor:
        cursor.execute(chat_sql.KINDS)
        cursor.execute(chat_sql.JOINED, {"now": at})
    return _tell([chat.pk], now=at, gaps_of=None).contact_ids


def record_left(
    chat: GroupChat, member_ids: Sequence[str], *, scene: int | None, at: datetime
) -> list[int]:
    """An event named who left (0) or was removed (1). Answers customers."""
    _CHANGES.fill(())
    with connection.cursor() as cursor:
        cursor.execute(
            chat_sql.NAMED_LEFT,
            {"group": chat.pk, "ids": list(member_ids), "scene": scene, "at": at},
        )
    return _tell([chat.pk], now=at, gaps_of=None).contact_ids


def mark_dismissed(chats: Sequence[int], *, at: datetime) -> list[int]:
    """These groups are dissolved (解散); their members stay on record. Answers customers."""
    gone = list(
        GroupChat.objects.filter(pk__in=chats, dismissed_at__isnull=True).values_list(
            "pk", flat=True
        )
    )
    GroupChat.objects.filter(pk__in=gone).update(dismissed_at=at)
    GroupEvent.objects.bulk_create(
        GroupEvent(group_id=pk, kind=GroupEvent.Kind.DISMISSED, at=at) for pk in gone
    )
    return list(
        GroupMember.objects.filter(
            group__in=gone, left_at__isnull=True, contact__isnull=False
        ).values_list("contact_id", flat=True)
    )


def _tell(changed: Sequence[int], *, now: datetime, gaps_of: SyncRun | None) -> Stored:
    """Timeline events, days and gaps of what `member_change` holds; facts of the groups changed."""
    count_moves()
    refresh_group_facts(changed)
    with connection.cursor() as cursor:
        cursor.execute(chat_sql.EVENTS)
        if gaps_of:
            recent = now - _EVENT_ON_ITS_WAY
            cursor.execute(chat_sql.GAPS, {"run": gaps_of.pk, "now": now, "recent": recent})
        cursor.execute("SELECT change, contact_id FROM pg_temp.member_change")
        changes = cursor.fetchall()
    contact_ids = sorted({contact_id for _change, contact_id in changes if contact_id})
    return Stored(contact_ids, Counter(change for change, _contact_id in changes))


def _chat_row(detail: wecom.GroupChatDetail, statuses: Mapping[str, int]) -> tuple[object, ...]:
    status = statuses.get(detail.chat_id)
    return (
        detail.chat_id,
        detail.name[:256],
        detail.owner[:64],
        detail.notice,
        status if status in GroupChat.Status.values else None,
        detail.member_version[:64],
        detail.created_at,
    )


def _member_row(chat_id: str, member: wecom.GroupMemberInfo) -> tuple[object, ...]:
    is_staff = member.kind == GroupMember.Kind.STAFF
    known_scene = member.join_scene in GroupMember.JoinScene.values
    return (
        chat_id,
        member.member_id[:64],
        GroupMember.Kind.STAFF.value if is_staff else GroupMember.Kind.EXTERNAL.value,
        member.name[:256],
        member.group_nickname[:256],
        member.unionid[:64],
        member.joined_at,
        member.join_scene if known_scene else None,
        member.invitor_userid[:64],
        member.state[:64],
    )
