"""Background tasks of broadcasts: each finds its row and calls one verb."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from broadcasts.services import dispatch
from broadcasts.services import tick as heartbeat


@shared_task(name="broadcasts.tick")
def tick(**_future: object) -> None:
    heartbeat.tick(now=timezone.now())


@shared_task(name="broadcasts.deliver_batch")
def deliver_batch(*, batch_id: int, **_future: object) -> None:
    dispatch.deliver_batch(batch_id=batch_id, now=timezone.now())
