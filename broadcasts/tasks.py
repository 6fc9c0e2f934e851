"""Background tasks of broadcasts: each finds its row and calls one verb."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from broadcasts.services import dispatch, welcome_pictures, welcome_recovery
from broadcasts.services import tick as heartbeat


@shared_task(name="broadcasts.tick")
def tick(**_future: object) -> None:
    heartbeat.tick(now=timezone.now())


@shared_task(name="broadcasts.deliver_batch")
def deliver_batch(*, batch_id: int, **_future: object) -> None:
    dispatch.deliver_batch(batch_id=batch_id, now=timezone.now())


@shared_task(name="broadcasts.renew_welcome_pictures")
def renew_welcome_pictures(**_future: object) -> None:
    welcome_pictures.renew_pictures(now=timezone.now())


@shared_task(name="broadcasts.account_for_welcomes")
def account_for_welcomes(**_future: object) -> None:
    welcome_recovery.record_missed(now=timezone.now())
    welcome_recovery.record_touches(now=timezone.now())
