"""Doors of the metrics for the clock."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from analytics.services import nightly, refresh


@shared_task(name="analytics.refresh")
def refresh_changed(**_future: object) -> None:
    refresh.refresh_metrics(now=timezone.now())


@shared_task(name="analytics.rebuild")
def rebuild(**_future: object) -> None:
    nightly.renew(now=timezone.now())
