"""Pass operators' reminders on to WeCom (提醒成员发送)."""

from __future__ import annotations

import logging
from datetime import datetime

from broadcasts.models import Batch
from broadcasts.selectors.policy import house_terms
from broadcasts.selectors.windows import due_to_close
from broadcasts.services.pace import for_a_while
from scrm import wecom

log = logging.getLogger(__name__)

CALLS_AT_ONCE = 200


def remind_due(*, now: datetime) -> int:
    """Remind of every task marked for it, unless it is being taken back; how many.

    The mark is taken off before the call: a reminder that gets lost is cheaper than one too many.
    """
    closing = due_to_close(now, house_terms()).order_by().values("pk")
    due = Batch.objects.filter(
        remind_at__lte=now,
        state=Batch.State.ACCEPTED,
        confirmed_at=None,
        broadcast__paused_at=None,
    ).exclude(broadcast__in=closing)[:CALLS_AT_ONCE]
    return sum(_remind(batch) for batch in for_a_while(due))


def _remind(batch: Batch) -> bool:
    marked = Batch.objects.filter(pk=batch.pk, remind_at=batch.remind_at)
    if not marked.update(remind_at=None):
        return False
    try:
        wecom.get_gateway().remind_group_message(batch.msgid or "")
    except wecom.WeComError as error:
        log.warning("no reminder for batch %s: %s", batch.pk, error)
        return False
    return True
