"""Hand batches to WeCom (提交群发): exactly once, whatever dies when.

The claim commits before the call, the call runs outside any transaction, and only the holder of
the claim's attempt may write how it ended. A refusal gives the batch back. A silence keeps it for
`reconcile`, because a customer who hears from us late forgives us and one who hears twice does not.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from broadcasts import figures
from broadcasts.models import Batch, Broadcast, Recipient, Touch
from broadcasts.selectors.policy import house_terms
from broadcasts.selectors.switch import is_stopped
from broadcasts.selectors.windows import is_open
from scrm import wecom
from scrm.jobs import enqueue_on_commit

log = logging.getLogger(__name__)
State = Batch.State

# A message to a worker that brought no claim within this time is taken for lost and repeated.
HANDED_FOR = timedelta(seconds=30)
# While most calls end badly, one call in a while finds out whether the trouble is over.
TROUBLE_SEEN_FOR = timedelta(seconds=10)
PROBE_EVERY = timedelta(seconds=3)
LONGEST_BACKOFF_SECONDS = 120
# A task that was just made cannot be read yet (41063).
FIRST_LOOK_AFTER = timedelta(seconds=5)
MISCONFIGURED_PAUSE_SECONDS = 60


@dataclass(frozen=True)
class Claim:
    """The right to make one call, until the lease ends."""

    batch_id: int
    attempt: int
    sender: str
    text: str
    attachments: list[dict[str, Any]]
    external_userids: list[str]


def hand_out(*, now: datetime) -> int:
    """Tell workers of the batches that are due; how many. Losing a message costs 30 seconds."""
    if is_stopped(Touch.Channel.PRIVATE):
        return 0
    due = _due(now).filter(Q(handed_at=None) | Q(handed_at__lte=now - HANDED_FOR))
    ids = list(due.values_list("pk", flat=True)[:1000])
    with transaction.atomic():
        Batch.objects.filter(pk__in=ids, state=State.READY).update(handed_at=now)
        for batch_id in ids:
            enqueue_on_commit("broadcasts.deliver_batch", batch_id=batch_id)
    return len(ids)


def deliver_batch(*, batch_id: int, now: datetime) -> None:
    """Hand one batch to WeCom. Safe to call twice, and at once from two processes."""
    claimed_at = time.monotonic()
    claim = _claim(batch_id, now=now)
    if claim is None:
        return
    if not _has_time_left(claimed_at):
        _give_back(claim, not_before=now)
        return
    try:
        receipt = _call(claim)
    except wecom.OutcomeUnknown as error:
        _record_silence(claim, error, now=now)
    except wecom.Refused as error:
        _record_refusal(claim, error, now=now)
    else:
        record_acceptance(
            batch_id=claim.batch_id,
            attempt=claim.attempt,
            msgid=receipt.msgid,
            refused=receipt.refused,
            now=now,
        )


def _call(claim: Claim) -> wecom.GroupMessageReceipt:
    """Raises OutcomeUnknown also for an answer that names no task."""
    receipt = wecom.get_gateway().create_group_message(
        sender=claim.sender,
        text=claim.text,
        attachments=claim.attachments,
        external_userids=claim.external_userids,
    )
    if not receipt.msgid:
        raise wecom.OutcomeUnknown(message="accepted without a msgid")
    return receipt


def record_acceptance(
    *, batch_id: int, attempt: int, msgid: str, refused: tuple[str, ...] = (), now: datetime
) -> bool:
    """Write that WeCom holds this attempt under `msgid`; False when the attempt is out of date.

    An answer that came after the lease is still the truth about its attempt: a batch takes it
    that already counts as unknown, or was found unheld and waits to be handed over again.
    """
    open_states = (State.SUBMITTING, State.UNKNOWN, State.READY)
    with transaction.atomic():
        recorded = Batch.objects.filter(pk=batch_id, state__in=open_states, attempt=attempt).update(
            state=State.ACCEPTED,
            msgid=msgid,
            accepted_at=now,
            lease_until=None,
            not_before=None,
            refused_code=None,
            refused_reason="",
            next_poll_at=now + FIRST_LOOK_AFTER,
        )
        if recorded and refused:
            Recipient.objects.filter(batch_id=batch_id, external_userid__in=refused).update(
                result=Recipient.Result.REFUSED
            )
    if not recorded:
        log.error("batch %s: attempt %s came too late with msgid %s", batch_id, attempt, msgid)
    return bool(recorded)


def _claim(batch_id: int, *, now: datetime) -> Claim | None:
    """Take the batch for one call; None when somebody else has it or its time is not now."""
    with transaction.atomic(durable=True):
        batch = (
            _due(now)
            .filter(pk=batch_id)
            .select_related("broadcast", "staff")
            .select_for_update(skip_locked=True, of=("self",))
            .first()
        )
        if batch is None or not is_open(batch.broadcast, house_terms(), now=now):
            return None
        if is_stopped(batch.broadcast.kind):
            Batch.objects.filter(pk=batch_id).update(handed_at=None)
            return None
        if _must_wait(now):
            Batch.objects.filter(pk=batch_id).update(handed_at=None)
            return None
        batch.attempt += 1
        Batch.objects.filter(pk=batch_id, state=State.READY).update(
            state=State.SUBMITTING,
            attempt=batch.attempt,
            intent_at=now,
            lease_until=now + figures.lease(),
            not_before=None,
        )
    receivers = Recipient.objects.filter(batch_id=batch_id).order_by("contact_id")
    return Claim(
        batch_id=batch_id,
        attempt=batch.attempt,
        sender=batch.staff.userid,
        text=batch.broadcast.text,
        attachments=batch.broadcast.attachments,
        external_userids=list(receivers.values_list("external_userid", flat=True)),
    )


def _due(now: datetime) -> QuerySet[Batch]:
    return Batch.objects.filter(
        Q(not_before=None) | Q(not_before__lte=now),
        Exists(
            Broadcast.objects.filter(pk=OuterRef("broadcast_id"), state=Broadcast.State.SUBMITTING)
        ),
        state=State.READY,
    ).order_by("pk")


def _must_wait(now: datetime) -> bool:
    """Whether most of the last calls ended badly and the newest is too fresh for another try."""
    lately = Batch.objects.filter(intent_at__gte=now - TROUBLE_SEEN_FOR)
    bad = Q(state=State.UNKNOWN) | Q(state=State.READY)
    seen = lately.aggregate(
        good=Count("pk", filter=Q(state=State.ACCEPTED)),
        bad=Count("pk", filter=bad),
        fresh=Count("pk", filter=Q(intent_at__gt=now - PROBE_EVERY)),
    )
    return bool(seen["bad"] > seen["good"] and seen["fresh"])


def _has_time_left(claimed_at: float) -> bool:
    """Whether a call begun now surely ends inside the lease. Not the wall clock: it may jump."""
    spent = time.monotonic() - claimed_at
    needed = figures.HTTP_TOTAL_SECONDS + figures.MARGIN_SECONDS
    return spent <= max(figures.lease().total_seconds() - needed, 0)


def _held(claim: Claim) -> QuerySet[Batch]:
    return Batch.objects.filter(pk=claim.batch_id, state=State.SUBMITTING, attempt=claim.attempt)


def _give_back(
    claim: Claim, *, not_before: datetime, error: wecom.WeComError | None = None
) -> None:
    _held(claim).update(
        state=State.READY,
        lease_until=None,
        handed_at=None,
        not_before=not_before,
        **_said(error),
    )


def _record_silence(claim: Claim, error: wecom.WeComError, *, now: datetime) -> None:
    _held(claim).update(
        state=State.UNKNOWN,
        lease_until=None,
        not_before=now + figures.settle(),
        **_said(error),
    )


def _record_refusal(claim: Claim, error: wecom.Refused, *, now: datetime) -> None:
    """A passing trouble, or one an operator can mend, gives the batch back; the rest is final."""
    if error.retryable:
        backoff = max(error.retry_after, 2**claim.attempt)
        wait = min(backoff, max(LONGEST_BACKOFF_SECONDS, error.retry_after))
        _give_back(claim, not_before=now + timedelta(seconds=wait), error=error)
    elif isinstance(error, wecom.Misconfigured):
        later = now + timedelta(seconds=MISCONFIGURED_PAUSE_SECONDS)
        _give_back(claim, not_before=later, error=error)
    else:
        _held(claim).update(state=State.REFUSED, lease_until=None, is_final=True, **_said(error))


def _said(error: wecom.WeComError | None) -> dict[str, Any]:
    if error is None:
        return {"refused_code": None, "refused_reason": ""}
    return {"refused_code": error.code or None, "refused_reason": error.advice[:300]}
