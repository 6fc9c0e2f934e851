"""Ask WeCom what became of the tasks (群发结果); no callback tells."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from broadcasts.models import Batch, Recipient, Touch
from broadcasts.services.answers import Answer, answer_of, answers_of
from broadcasts.services.group_results import apply_groups, mark_unsent_groups, open_groups
from broadcasts.services.pace import for_a_while
from scrm import wecom

log = logging.getLogger(__name__)

BATCHES_AT_ONCE = 100
ASK_AGAIN = timedelta(seconds=15)
# Age of the task (or of its confirmation) → how long until the next look.
GAPS = (
    (timedelta(minutes=10), timedelta(seconds=10)),
    (timedelta(hours=2), timedelta(minutes=1)),
    (timedelta(hours=24), timedelta(minutes=10)),
)
LONGEST_GAP = timedelta(hours=6)
# Customers WeCom still calls unsent so long after the staff member confirmed never get it.
GIVE_UP_AFTER = timedelta(days=3)
# Groups that were not sent to are never listed, so there is nothing to wait for so long.
GIVE_UP_GROUPS_AFTER = timedelta(days=1)

_UNSENT, _SENT = 0, 1
_EXCEPTIONS = {2: Recipient.Result.NOT_FRIEND, 3: Recipient.Result.QUOTA}

_RECORD_SENT = """
INSERT INTO broadcasts_touch
    (contact_id, staff_id, channel, touch_class, at, broadcast_id, batch_id)
SELECT recipient.contact_id, recipient.staff_id, %(channel)s, broadcast.touch_class,
    to_timestamp(told.at), recipient.broadcast_id, recipient.batch_id
FROM unnest(%(external_userids)s::text[], %(sent_at)s::float8[])
    AS told(external_userid, at)
JOIN broadcasts_recipient recipient ON recipient.batch_id = %(batch_id)s
    AND recipient.external_userid = told.external_userid
JOIN broadcasts_broadcast broadcast ON broadcast.id = recipient.broadcast_id
ON CONFLICT (broadcast_id, contact_id) WHERE broadcast_id IS NOT NULL DO NOTHING
"""


def poll_due(*, now: datetime) -> int:
    """Look at the tasks whose time has come; how many."""
    due = Batch.objects.filter(is_final=False, msgid__isnull=False, next_poll_at__lte=now)
    batches = list(
        due.select_related("staff", "broadcast").order_by("next_poll_at")[:BATCHES_AT_ONCE]
    )
    looked_at = 0
    for batch, answer in answers_of(for_a_while(batches), now=now):
        _take_in(batch, answer, now=now)
        looked_at += 1
    return looked_at


def poll(*, batch_id: int, now: datetime) -> None:
    """Record what WeCom says about one batch and choose when to ask again, or that it is over."""
    batch = Batch.objects.select_related("staff", "broadcast").get(pk=batch_id)
    if not batch.is_final and batch.msgid is not None:
        _take_in(batch, answer_of(batch, now=now), now=now)


def _take_in(batch: Batch, answer: Answer, *, now: datetime) -> None:
    """Safe to repeat: a touch is recorded once whatever is told how often. What came before an
    error is recorded, too; the rest is asked for again later.
    """
    confirmed_at = answer.confirmed_at
    if answer.results:
        _record(batch, answer.results, now=now)
    if answer.error is not None:
        log.warning("results of batch %s have to wait: %s", batch.pk, answer.error)
        Batch.objects.filter(pk=batch.pk).update(next_poll_at=now + _wait(answer.error))
        return
    if confirmed_at is None:
        is_over = batch.state == Batch.State.CANCELLED
    else:
        patience = GIVE_UP_GROUPS_AFTER if batch.broadcast.is_for_groups else GIVE_UP_AFTER
        is_over = _still_unsent(batch, answer.results) == 0 or now - confirmed_at >= patience
    _note_poll(batch, confirmed_at, is_over=is_over, now=now)


def _wait(error: wecom.WeComError) -> timedelta:
    if isinstance(error, wecom.StillDispatching):
        return ASK_AGAIN
    return max(ASK_AGAIN, timedelta(seconds=error.retry_after))


def _still_unsent(batch: Batch, results: Sequence[wecom.MessageResult]) -> int:
    if batch.broadcast.is_for_groups:
        return open_groups(batch)
    return sum(result.status == _UNSENT for result in results)


def _record(batch: Batch, results: Sequence[wecom.MessageResult], *, now: datetime) -> None:
    """All pages in one transaction, with one statement for each kind of result: every statement
    looks at the recipients of the whole batch, so one for each page would look ten times.
    """
    sent = [result for result in results if result.status == _SENT]
    with transaction.atomic():
        if sent and batch.broadcast.is_for_groups:
            apply_groups(batch, sent, now=now)
        elif sent:
            _record_touches(batch, sent, now=now)
        for status, exception in _EXCEPTIONS.items():
            failed = [result.external_userid for result in results if result.status == status]
            if failed:
                Recipient.objects.filter(
                    batch_id=batch.pk, external_userid__in=failed, result=""
                ).update(result=exception)


def _record_touches(batch: Batch, sent: Sequence[wecom.MessageResult], *, now: datetime) -> None:
    told: dict[str, Any] = {
        "channel": Touch.Channel.PRIVATE,
        "batch_id": batch.pk,
        "external_userids": [result.external_userid for result in sent],
        # Numbers cost the driver and the database a fraction of what dates do.
        "sent_at": [(result.sent_at or now).timestamp() for result in sent],
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECORD_SENT, told)
        Batch.objects.filter(pk=batch.pk).update(sent_count=F("sent_count") + cursor.rowcount)


def _note_poll(
    batch: Batch, confirmed_at: datetime | None, *, is_over: bool, now: datetime
) -> None:
    since = confirmed_at or batch.accepted_at or now
    with transaction.atomic():
        if is_over and confirmed_at:
            _mark_unsent(batch)
        Batch.objects.filter(pk=batch.pk).update(
            confirmed_at=confirmed_at,
            last_polled_at=now,
            is_final=is_over,
            next_poll_at=None if is_over else now + gap_after(now - since),
        )


def _mark_unsent(batch: Batch) -> None:
    """Those of whom WeCom never said anything."""
    if batch.broadcast.is_for_groups:
        mark_unsent_groups(batch)
        return
    touched = Touch.objects.filter(broadcast_id=batch.broadcast_id).values("contact_id")
    Recipient.objects.filter(batch_id=batch.pk, result="").exclude(
        contact_id__in=touched.filter(batch_id=batch.pk)
    ).update(result=Recipient.Result.UNSENT)


def gap_after(age: timedelta) -> timedelta:
    """How long to wait before asking again about something of this age."""
    return next((gap for younger_than, gap in GAPS if age < younger_than), LONGEST_GAP)
