"""Pass reminders on to WeCom (提醒成员发送), an operator's and those of a plan alike."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from broadcasts.models import Batch, Broadcast
from broadcasts.models.broadcast import RUNNING
from broadcasts.policy.reminder_plan import APART, MOST, recent
from broadcasts.selectors.policy import house_terms
from broadcasts.selectors.windows import due_to_close
from broadcasts.services.answers import confirmed_in_wecom
from broadcasts.services.pace import for_a_while
from scrm import wecom

log = logging.getLogger(__name__)

CALLS_AT_ONCE = 200


def open_tasks(broadcast: Broadcast) -> QuerySet[Batch]:
    """Tasks that staff have and, as far as we know, did not confirm."""
    return Batch.objects.filter(
        broadcast=broadcast,
        broadcast__state__in=RUNNING,
        state=Batch.State.ACCEPTED,
        confirmed_at=None,
    )


def note_reminder(broadcast: Broadcast, *, now: datetime) -> None:
    """Count one more reminder of a broadcast, whose row the caller has locked."""
    counted = [*recent(broadcast.reminded_at, now), now]
    Broadcast.objects.filter(pk=broadcast.pk).update(reminded_at=counted)


def remind_due(*, now: datetime) -> int:
    """Remind of every task marked for it, unless it is being taken back; how many."""
    closing = due_to_close(now, house_terms()).order_by().values("pk")
    due = (
        Batch.objects.filter(
            remind_at__lte=now,
            state=Batch.State.ACCEPTED,
            confirmed_at=None,
            broadcast__paused_at=None,
        )
        .exclude(broadcast__in=closing)
        .select_related("staff", "broadcast")
        .order_by("remind_at", "pk")[:CALLS_AT_ONCE]
    )
    return sum(_remind(batch, now=now) for batch in for_a_while(due))


def _remind(batch: Batch, *, now: datetime) -> bool:
    """Ask first whether it is needed: our own results may lag behind the staff member."""
    marked = Batch.objects.filter(pk=batch.pk, remind_at=batch.remind_at)
    if len(recent(batch.reminded_at, now)) >= MOST:
        words = _("Not reminded: WeCom allows three reminders in 24 hours.")
        marked.update(remind_at=None, remind_problem=words)
        return False
    try:
        is_confirmed = confirmed_in_wecom(batch, now=now) is not None
    except wecom.WeComError as error:
        _put_off(marked, batch, error, now=now)
        return False
    if is_confirmed:
        # The results say so at their next look, which need not wait.
        marked.update(remind_at=None, remind_problem="", next_poll_at=now)
        return False
    return _call(batch, now=now)


def _call(batch: Batch, *, now: datetime) -> bool:
    """The mark is taken off, and the reminder counted, before the call: one that gets lost is
    cheaper than one too many. What WeCom surely did not do is not counted.
    """
    counted = recent(batch.reminded_at, now)
    marked = Batch.objects.filter(pk=batch.pk, remind_at=batch.remind_at)
    if not marked.update(remind_at=None, reminded_at=[*counted, now], remind_problem=""):
        return False
    try:
        wecom.get_gateway().remind_group_message(batch.msgid or "")
    except wecom.OutcomeUnknown as error:
        log.warning("a reminder for batch %s may be lost: %s", batch.pk, error)
        return False
    except wecom.WeComError as error:
        unmarked = Batch.objects.filter(pk=batch.pk, remind_at=None)
        _put_off(unmarked, batch, error, now=now, reminded_at=counted)
        return False
    return True


def _put_off(
    rows: QuerySet[Batch],
    batch: Batch,
    error: wecom.WeComError,
    *,
    now: datetime,
    **also: list[datetime],
) -> None:
    """Try again soon where that helps, such as with a task WeCom is still handing out (41063),
    but not for so long that it would come as another reminder.
    """
    asked_at = max(batch.broadcast.reminded_at, default=now)
    is_fresh = now - asked_at < APART
    again = now + timedelta(seconds=max(15, error.retry_after))
    log.warning("no reminder for batch %s: %s", batch.pk, error)
    rows.update(
        remind_at=again if error.retryable and is_fresh else None,
        remind_problem=(_("Not reminded: %(why)s") % {"why": error.advice})[:300],
        **also,
    )
