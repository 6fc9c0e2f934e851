"""What became of a task for groups (群发群结果).

WeCom lists only the groups that were sent to, and says nothing of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F

from broadcasts.models import Batch, GroupRecipient, Touch
from scrm import wecom

_RECORD_SENT = """
UPDATE broadcasts_grouprecipient recipient SET sent_at = told.at, result = ''
FROM unnest(%(chat_ids)s::text[], %(sent_at)s::timestamptz[]) AS told(chat_id, at)
WHERE recipient.batch_id = %(batch_id)s AND recipient.chat_id = told.chat_id
    AND recipient.sent_at IS NULL
RETURNING recipient.group_id
"""

# Whoever was in several of the groups heard it more than once, but is touched by it once.
_RECORD_TOUCHES = """
INSERT INTO broadcasts_touch
    (contact_id, staff_id, channel, touch_class, at, broadcast_id, batch_id)
SELECT DISTINCT ON (member.contact_id) member.contact_id, recipient.staff_id, %(channel)s,
    broadcast.touch_class, recipient.sent_at, recipient.broadcast_id, recipient.batch_id
FROM broadcasts_grouprecipient recipient
JOIN broadcasts_broadcast broadcast ON broadcast.id = recipient.broadcast_id
JOIN groups_groupmember member ON member.group_id = recipient.group_id
    AND member.contact_id IS NOT NULL AND member.joined_at <= recipient.sent_at
    AND (member.left_at IS NULL OR member.left_at > recipient.sent_at)
WHERE recipient.batch_id = %(batch_id)s AND recipient.group_id = ANY (%(group_ids)s)
ORDER BY member.contact_id, recipient.sent_at
ON CONFLICT (broadcast_id, contact_id) WHERE broadcast_id IS NOT NULL DO NOTHING
"""


def apply_groups(batch: Batch, sent: Sequence[wecom.MessageResult], *, now: datetime) -> None:
    """Record groups that were sent to, and the customers in them as touched, once each. Inside
    the caller's transaction.
    """
    told: dict[str, Any] = {
        "batch_id": batch.pk,
        "channel": Touch.Channel.GROUP,
        "chat_ids": [result.chat_id for result in sent],
        "sent_at": [result.sent_at or now for result in sent],
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECORD_SENT, told)
        group_ids = [group_id for (group_id,) in cursor.fetchall()]
        cursor.execute(_RECORD_TOUCHES, {**told, "group_ids": group_ids})
    Batch.objects.filter(pk=batch.pk).update(sent_count=F("sent_count") + len(group_ids))


def open_groups(batch: Batch) -> int:
    """Groups of which nothing is known yet."""
    return GroupRecipient.objects.filter(batch=batch, result="", sent_at=None).count()


def mark_unsent_groups(batch: Batch) -> None:
    GroupRecipient.objects.filter(batch=batch, result="", sent_at=None).update(
        result=GroupRecipient.Result.UNSENT
    )
