"""Find out what became of a call that ended in silence (对账).

WeCom has no idempotency key, so we look: among the tasks made since the intent there is one that
can only be ours – or there is none, and then the batch may be handed over again.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from broadcasts import figures
from broadcasts.models import Batch
from broadcasts.services import lost_calls
from broadcasts.services.dispatch import record_acceptance
from broadcasts.services.pace import for_a_while
from broadcasts.services.seen_tasks import SeenTasks
from scrm import wecom

log = logging.getLogger(__name__)
State = Batch.State

ASK_AGAIN = timedelta(seconds=15)
BATCHES_AT_ONCE = 50


def expire_leases(*, now: datetime) -> int:
    """Claims whose holder died or froze become unknown, never ready: the call may have arrived."""
    return Batch.objects.filter(state=State.SUBMITTING, lease_until__lte=now).update(
        state=State.UNKNOWN, lease_until=None, not_before=now + figures.settle()
    )


def reconcile_due(*, now: datetime) -> int:
    """Look after every unknown batch whose settling time is over; how many were looked at."""
    unknown = Batch.objects.filter(state=State.UNKNOWN, not_before__lte=now)
    due = list(
        unknown.select_related("broadcast", "staff").order_by("not_before")[:BATCHES_AT_ONCE]
    )
    # Lost at once, they meet the same tasks again and again: listed once, before the time of this
    # step begins, because of thousands of tasks that takes longer than all the rest.
    seen = lost_calls.seen_for(due, now=now)
    try:
        for chat_type in {lost_calls.chat_type(batch) for batch in due}:
            seen.listed(chat_type)
    except wecom.WeComError as error:
        log.warning("lost calls cannot be looked for yet: %s", error)
        unknown.filter(pk__in=[batch.pk for batch in due]).update(not_before=now + _wait(error))
        return 0
    looked_at = 0
    for batch in for_a_while(due):
        _reconcile(batch, seen=seen, now=now)
        looked_at += 1
    return looked_at


def reconcile(*, batch_id: int, now: datetime) -> None:
    """Adopt the task WeCom holds for this batch, or make the batch ready again.

    When WeCom does not answer, the batch stays unknown and is looked after again soon.
    """
    batch = Batch.objects.select_related("broadcast", "staff").get(pk=batch_id)
    if batch.state == State.UNKNOWN:
        _reconcile(batch, seen=lost_calls.seen_for([batch], now=now), now=now)


def _reconcile(batch: Batch, *, seen: SeenTasks, now: datetime) -> None:
    try:
        held = lost_calls.find(batch, seen=seen)
    except wecom.WeComError as error:
        log.warning("batch %s cannot be reconciled yet: %s", batch.pk, error)
        _unmoved(batch).update(not_before=now + _wait(error))
        return
    if held is None:
        _unmoved(batch).update(
            state=State.READY, not_before=None, handed_at=None, resent=F("resent") + 1
        )
        return
    try:
        with transaction.atomic():
            record_acceptance(
                batch_id=batch.pk,
                attempt=batch.attempt,
                msgid=held.msgid,
                refused=held.left_out,
                now=now,
            )
    except IntegrityError:
        # Another batch took this task in the same moment, so it was never ours.
        _unmoved(batch).update(not_before=now + ASK_AGAIN)


def _wait(error: wecom.WeComError) -> timedelta:
    return max(ASK_AGAIN, timedelta(seconds=error.retry_after))


def _unmoved(batch: Batch) -> QuerySet[Batch]:
    return Batch.objects.filter(pk=batch.pk, state=State.UNKNOWN, attempt=batch.attempt)
