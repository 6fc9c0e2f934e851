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

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from broadcasts import figures
from broadcasts.models import Batch, Broadcast, GroupRecipient, Recipient
from broadcasts.selectors.policy import house_terms
from broadcasts.selectors.switch import is_stopped
from broadcasts.selectors.windows import is_open
from broadcasts.services.media import forget_media, media_ids_in
from broadcasts.services.message import Message, message_of
from broadcasts.services.receivers import drop_lost, receivers
from scrm import wecom
from scrm.errors import InvalidInput
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
# An upload that ended in silence is simply made again.
UPLOAD_AGAIN_SECONDS = 15
UPLOADS_AT_MOST = 3

# Group calls of one owner stand in one line behind this lock, see `_owner_is_busy`.
_OWNER_LOCK = "SELECT pg_advisory_xact_lock(hashtext('broadcasts.group_call'), hashint8(%s))"


@dataclass(frozen=True)
class Claim:
    """The right to make one call, until the lease ends. `receivers` are customers or groups."""

    batch_id: int
    attempt: int
    sender: str
    message: Message
    receivers: list[str]
    is_for_groups: bool = False


def hand_out(*, now: datetime) -> int:
    """Tell workers of the batches that are due; how many. Losing a message costs 30 seconds."""
    due = _due(now).filter(Q(handed_at=None) | Q(handed_at__lte=now - HANDED_FOR))
    stopped = [kind for kind in Broadcast.Kind.values if is_stopped(kind)]
    if stopped:
        due = due.exclude(broadcast__kind__in=stopped)
    ids = list(due.values_list("pk", flat=True)[:1000])
    with transaction.atomic():
        Batch.objects.filter(pk__in=ids, state=State.READY).update(handed_at=now)
        for batch_id in ids:
            enqueue_on_commit("broadcasts.deliver_batch", batch_id=batch_id)
    return len(ids)


def deliver_batch(*, batch_id: int, now: datetime) -> None:
    """Hand one batch to WeCom. Safe to call twice, and at once from two processes."""
    message = _prepared(batch_id, now=now)
    if message is None:
        return
    claimed_at = time.monotonic()
    claim = _claim(batch_id, message, now=now)
    if claim is None:
        return
    if not _has_time_left(claimed_at):
        _give_back(_held(claim), not_before=now)
        return
    try:
        receipt = _call(claim)
    except wecom.OutcomeUnknown as error:
        # A call may last until its time-out; what WeCom did with it shows so much later.
        ended_at = now + timedelta(seconds=time.monotonic() - claimed_at)
        _record_silence(claim, error, now=ended_at)
    except wecom.MediaExpired as error:
        _record_lost_media(claim, error, now=now)
    except wecom.Refused as error:
        _record_refusal(_held(claim), error, attempt=claim.attempt, now=now)
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
    to_groups = claim.is_for_groups
    receipt = wecom.get_gateway().create_group_message(
        sender=claim.sender,
        chat_type="group" if to_groups else "single",
        external_userids=() if to_groups else claim.receivers,
        chat_ids=claim.receivers if to_groups else (),
        **claim.message,
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
            # Ids of customers and of groups never meet, so both may be asked for.
            Recipient.objects.filter(batch_id=batch_id, external_userid__in=refused).update(
                result=Recipient.Result.REFUSED
            )
            GroupRecipient.objects.filter(batch_id=batch_id, chat_id__in=refused).update(
                result=GroupRecipient.Result.REFUSED
            )
    if not recorded:
        log.error("batch %s: attempt %s came too late with msgid %s", batch_id, attempt, msgid)
    return bool(recorded)


def _prepared(batch_id: int, *, now: datetime) -> Message | None:
    """The batch's message, its files uploaded; None when it is not its time, or that failed.

    Before the claim, so that no lease runs while files travel.
    """
    batch = _due(now).filter(pk=batch_id).select_related("broadcast", "variant", "staff").first()
    if batch is None or not _may_go(batch, now=now):
        return None
    unclaimed = Batch.objects.filter(pk=batch_id, state=State.READY, attempt=batch.attempt)
    try:
        return message_of(batch, now=now)
    except InvalidInput as error:
        unclaimed.update(state=State.REFUSED, is_final=True, refused_reason=str(error)[:300])
    except wecom.OutcomeUnknown as error:
        again = now + timedelta(seconds=UPLOAD_AGAIN_SECONDS)
        unclaimed.update(handed_at=None, not_before=again, **_said(error))
    except wecom.Refused as error:
        _record_refusal(unclaimed, error, attempt=batch.attempt + 1, now=now)
    return None


def _claim(batch_id: int, message: Message, *, now: datetime) -> Claim | None:
    """Take the batch for one call; None when somebody else has it or its time is not now."""
    with transaction.atomic(durable=True):
        batch = (
            _due(now)
            .filter(pk=batch_id)
            .select_related("broadcast__topic", "staff")
            .select_for_update(skip_locked=True, of=("self",))
            .first()
        )
        if batch is None or not _may_go(batch, now=now):
            return None
        if _must_wait(now) or _owner_is_busy(batch):
            Batch.objects.filter(pk=batch_id).update(handed_at=None)
            return None
        drop_lost(batch, now=now)
        left = receivers(batch)
        if not left:
            _cancel_for_nobody(batch)
            return None
        batch.attempt += 1
        Batch.objects.filter(pk=batch_id, state=State.READY).update(
            state=State.SUBMITTING,
            attempt=batch.attempt,
            intent_at=now,
            lease_until=now + figures.lease(),
            not_before=None,
            message=message,
        )
    return Claim(
        batch_id=batch_id,
        attempt=batch.attempt,
        sender=batch.staff.userid,
        message=message,
        receivers=left,
        is_for_groups=batch.broadcast.is_for_groups,
    )


def _may_go(batch: Batch, *, now: datetime) -> bool:
    """Whether its window is open and nobody has stopped all sending."""
    if is_stopped(batch.broadcast.kind):
        # So that it goes on at once when sending does.
        Batch.objects.filter(pk=batch.pk).update(handed_at=None)
        return False
    return is_open(batch.broadcast, house_terms(), now=now)


def _owner_is_busy(batch: Batch) -> bool:
    """Whether a group call of the same owner is under way or unsolved.

    WeCom does not tell which groups a task was made for before its owner has sent it. A lost one
    is recognised only as long as there is one of its words and owner to look for.
    """
    if not batch.broadcast.is_for_groups:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_OWNER_LOCK, [batch.staff_id])
    open_calls = Batch.objects.filter(
        state__in=(State.SUBMITTING, State.UNKNOWN),
        staff_id=batch.staff_id,
        broadcast__kind=Broadcast.Kind.GROUP,
    )
    return open_calls.exclude(pk=batch.pk).exists()


def _cancel_for_nobody(batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk, state=State.READY).update(
        state=State.CANCELLED,
        is_final=True,
        not_before=None,
        refused_reason=_("Nobody is left who may be written to.")[:300],
    )


def _due(now: datetime) -> QuerySet[Batch]:
    return Batch.objects.filter(
        Q(not_before=None) | Q(not_before__lte=now),
        Exists(
            Broadcast.objects.filter(
                pk=OuterRef("broadcast_id"), state=Broadcast.State.SUBMITTING, paused_at=None
            )
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
    rows: QuerySet[Batch], *, not_before: datetime, error: wecom.WeComError | None = None
) -> None:
    rows.update(
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


def _record_refusal(
    rows: QuerySet[Batch], error: wecom.Refused, *, attempt: int, now: datetime
) -> None:
    """A passing trouble, or one an operator can mend, gives the batch back; the rest is final."""
    if error.retryable:
        backoff = max(error.retry_after, 2**attempt)
        wait = min(backoff, max(LONGEST_BACKOFF_SECONDS, error.retry_after))
        _give_back(rows, not_before=now + timedelta(seconds=wait), error=error)
    elif isinstance(error, wecom.Misconfigured):
        later = now + timedelta(seconds=MISCONFIGURED_PAUSE_SECONDS)
        _give_back(rows, not_before=later, error=error)
    else:
        rows.update(state=State.REFUSED, lease_until=None, is_final=True, **_said(error))


def _record_lost_media(claim: Claim, error: wecom.MediaExpired, *, now: datetime) -> None:
    """WeCom has lost files of ours before their time: they go up once more, but not for ever."""
    lost = forget_media(media_ids=media_ids_in(claim.message["attachments"]))
    if lost and claim.attempt < UPLOADS_AT_MOST:
        _give_back(_held(claim), not_before=now, error=error)
    else:
        _record_refusal(_held(claim), error, attempt=claim.attempt, now=now)


def _said(error: wecom.WeComError | None) -> dict[str, Any]:
    if error is None:
        return {"refused_code": None, "refused_reason": ""}
    return {"refused_code": error.code or None, "refused_reason": error.advice[:300]}
