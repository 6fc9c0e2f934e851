"""Deliver webhooks (推送投递): at least once, with growing gaps for a day, then failed.

A claim moves `next_at` beyond the longest call before the call is made, so two workers do not
send at once, and a worker that dies only delays. The receiver tells repeated ones by their id.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from broadcasts.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from broadcasts.services.operator_notices import notify
from broadcasts.services.pace import for_a_while
from broadcasts.services.webhook_secret import secret_of, signature
from scrm import outgoing

State = WebhookDelivery.State

GIVE_UP = timedelta(hours=24)
# After so many attempts wait so long; the last holds for all that follow.
GAPS = tuple(
    timedelta(seconds=seconds) for seconds in (10, 30, 60, 300, 900, 1_800, 3_600, 7_200, 10_800)
)
# Longer than one call lasts.
_LEASE = timedelta(seconds=60)
# Nothing arrived there for so long: nobody listens any more.
SWITCHED_OFF_AFTER = timedelta(days=3)
# So long the log is kept.
KEPT = timedelta(days=30)
_AT_ONCE = 200
_USER_AGENT = "SCRM-Webhooks/1"


@dataclass(frozen=True)
class _Outcome:
    """How one attempt ended; `status` None when nothing was answered."""

    is_accepted: bool
    status: int | None
    answer: str
    duration: timedelta


def deliver_due(*, now: datetime) -> int:
    """Deliver what is due, for a few seconds at most; how many attempts were made."""
    due = WebhookDelivery.objects.filter(
        state=State.WAITING,
        next_at__lte=now,
        endpoint__is_active=True,
    )
    attempts = 0
    for delivery_id in for_a_while(
        list(due.order_by("next_at").values_list("pk", flat=True)[:_AT_ONCE])
    ):
        attempts += deliver(delivery_id=delivery_id, now=now)
    return attempts


def deliver(*, delivery_id: int, now: datetime) -> bool:
    """One attempt, unless it is not due or somebody else is at it."""
    claimed = WebhookDelivery.objects.filter(
        pk=delivery_id, state=State.WAITING, next_at__lte=now
    ).update(next_at=now + _LEASE, attempts=F("attempts") + 1, tried_at=now)
    if not claimed:
        return False
    delivery = WebhookDelivery.objects.select_related("endpoint", "event").get(pk=delivery_id)
    outcome = _attempt(delivery.endpoint, delivery.event, now=now)
    _record(delivery, outcome, now=now)
    return True


def body_of(event: WebhookEvent) -> bytes:
    """The message as it goes out, equal at every attempt."""
    message: dict[str, Any] = {
        "id": str(event.public_id),
        "kind": event.kind,
        "at": timezone.localtime(event.at).isoformat(timespec="seconds"),
        "subject_id": event.subject_id,
        "data": event.data,
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _attempt(endpoint: WebhookEndpoint, event: WebhookEvent, *, now: datetime) -> _Outcome:
    body, timestamp = body_of(event), int(now.timestamp())
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": _USER_AGENT,
        "X-SCRM-Event": event.kind,
        "X-SCRM-Delivery": str(event.public_id),
        "X-SCRM-Timestamp": str(timestamp),
        "X-SCRM-Signature": signature(secret_of(endpoint), timestamp=timestamp, body=body),
    }
    try:
        answer = outgoing.post(endpoint.url, body=body, headers=headers)
    except (outgoing.AddressRefused, outgoing.Undelivered) as error:
        return _Outcome(
            is_accepted=False, status=None, answer=str(error)[:500], duration=timedelta()
        )
    took = timedelta(seconds=answer.seconds)
    return _Outcome(answer.is_accepted, answer.status, answer.text, took)


def _record(delivery: WebhookDelivery, outcome: _Outcome, *, now: datetime) -> None:
    """Only the holder of the latest attempt says how it ended."""
    state, next_at = State.SENT.value, None
    if not outcome.is_accepted:
        next_at = now + GAPS[min(delivery.attempts, len(GAPS)) - 1]
        state = State.WAITING.value
        if next_at > delivery.since + GIVE_UP:
            state, next_at = State.FAILED.value, None
    WebhookDelivery.objects.filter(
        pk=delivery.pk, state=State.WAITING, attempts=delivery.attempts
    ).update(
        state=state,
        next_at=next_at,
        status=outcome.status,
        answer=outcome.answer,
        duration_ms=round(outcome.duration / timedelta(milliseconds=1)),
    )
    endpoint = WebhookEndpoint.objects.filter(pk=delivery.endpoint_id)
    if outcome.is_accepted:
        endpoint.exclude(failing_since=None).update(failing_since=None)
    else:
        endpoint.filter(failing_since=None).update(failing_since=now)


def switch_off_dead(*, now: datetime) -> int:
    """Switch off the addresses where nothing has arrived for days, and say so; how many."""
    dead = WebhookEndpoint.objects.filter(
        is_active=True, failing_since__lte=now - SWITCHED_OFF_AFTER
    ).select_related("created_by")
    switched = 0
    for endpoint in dead:
        with transaction.atomic():
            mine = WebhookEndpoint.objects.filter(pk=endpoint.pk, is_active=True)
            if not mine.update(is_active=False, switched_off_at=now):
                continue
            switched += 1
            with translation.override(settings.LANGUAGE_CODE):
                text = _(
                    "The webhook “%(name)s” was switched off: nothing has arrived there for three"
                    " days. Mend the receiver, then switch it on again and replay what failed."
                ) % {"name": endpoint.name}
            notify(text=text, author=endpoint.created_by, now=now)
    return switched


def forget_old(*, now: datetime) -> int:
    """Take events out of the log that are over and a month old; how many."""
    waiting = Q(deliveries__state=State.WAITING)
    old = WebhookEvent.objects.filter(at__lt=now - KEPT).exclude(waiting)
    return old.delete()[0]
