"""Find out what became of a call that ended in silence (对账).

WeCom has no idempotency key, so we look: among the tasks made since the intent there is one with
our text, by our sender, for a customer of our batch and under a msgid that no other batch owns –
or there is none, and then the batch may be handed over again.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from broadcasts import figures
from broadcasts.models import Batch, Recipient
from broadcasts.services.dispatch import record_acceptance
from scrm import wecom

log = logging.getLogger(__name__)
State = Batch.State

# WeCom's clock and ours may differ by this much.
SKEW = timedelta(minutes=2)
ASK_AGAIN = timedelta(seconds=15)
BATCHES_AT_ONCE = 50


def expire_leases(*, now: datetime) -> int:
    """Claims whose holder died or froze become unknown, never ready: the call may have arrived."""
    return Batch.objects.filter(state=State.SUBMITTING, lease_until__lte=now).update(
        state=State.UNKNOWN, lease_until=None, not_before=now + figures.settle()
    )


def reconcile_due(*, now: datetime) -> int:
    """Look after every unknown batch whose settling time is over; how many were looked at."""
    due = Batch.objects.filter(state=State.UNKNOWN, not_before__lte=now).order_by("not_before")
    ids = list(due.values_list("pk", flat=True)[:BATCHES_AT_ONCE])
    for batch_id in ids:
        reconcile(batch_id=batch_id, now=now)
    return len(ids)


def reconcile(*, batch_id: int, now: datetime) -> None:
    """Adopt the task WeCom holds for this batch, or make the batch ready again.

    When WeCom does not answer, the batch stays unknown and is looked after again soon.
    """
    batch = Batch.objects.select_related("broadcast", "staff").get(pk=batch_id)
    if batch.state != State.UNKNOWN:
        return
    try:
        msgid = _held_by_wecom(batch, now=now)
    except wecom.WeComError as error:
        log.warning("batch %s cannot be reconciled yet: %s", batch_id, error)
        wait = max(ASK_AGAIN, timedelta(seconds=error.retry_after))
        _unmoved(batch).update(not_before=now + wait)
        return
    if msgid is None:
        _unmoved(batch).update(
            state=State.READY, not_before=None, handed_at=None, resent=F("resent") + 1
        )
        return
    try:
        with transaction.atomic():
            record_acceptance(batch_id=batch.pk, attempt=batch.attempt, msgid=msgid, now=now)
    except IntegrityError:
        # Another batch took this task in the same moment, so it was never ours.
        _unmoved(batch).update(not_before=now + ASK_AGAIN)


def _unmoved(batch: Batch) -> QuerySet[Batch]:
    return Batch.objects.filter(pk=batch.pk, state=State.UNKNOWN, attempt=batch.attempt)


def _held_by_wecom(batch: Batch, *, now: datetime) -> str | None:
    """The msgid of the task that is this batch, if WeCom has one."""
    if batch.intent_at is None:
        raise ValueError(f"batch {batch} was never meant to be handed over")
    gateway = wecom.get_gateway()
    listed = gateway.group_messages(
        chat_type="single", start=batch.intent_at - SKEW, end=now + SKEW
    )
    text = batch.broadcast.text.strip()
    candidates = [message.msgid for message in listed if message.text.strip() == text]
    owned = set(Batch.objects.filter(msgid__in=candidates).values_list("msgid", flat=True))
    return next(
        (msgid for msgid in candidates if msgid not in owned and _is_of(batch, msgid)), None
    )


def _is_of(batch: Batch, msgid: str) -> bool:
    gateway = wecom.get_gateway()
    sender = batch.staff.userid.lower()
    senders = {task.userid.lower() for task in gateway.group_message_tasks(msgid)}
    if sender not in senders:
        return False
    page = gateway.group_message_results_page(msgid, batch.staff.userid)
    shown = {result.external_userid for result in page.items}
    # All of them, not only one: a copy of this broadcast may have gone to some of its customers.
    ours = Recipient.objects.filter(batch_id=batch.pk, external_userid__in=shown).count()
    return bool(shown) and ours == len(shown)
