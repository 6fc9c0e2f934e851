"""Doors of the metrics for the clock."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from analytics.services import broadcast_effects, forecast, refresh


@shared_task(name="analytics.refresh")
def refresh_changed(**_future: object) -> None:
    refresh.refresh_metrics(now=timezone.now())


@shared_task(name="analytics.rebuild")
def rebuild(**_future: object) -> None:
    refresh.rebuild_metrics(now=timezone.now())


@shared_task(name="analytics.fit")
def fit(**_future: object) -> None:
    forecast.fit_models(now=timezone.now())


@shared_task(name="analytics.measure_broadcasts")
def measure_broadcasts(**_future: object) -> None:
    broadcast_effects.measure_broadcasts(now=timezone.now())
