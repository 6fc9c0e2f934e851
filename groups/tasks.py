"""Celery's doors to customer groups."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from groups.services import statistics

# Below the soft time limit; the next tick goes on.
_CHUNK = timedelta(seconds=200)


@shared_task(name="groups.read_figures")
def read_figures(**_future: object) -> None:
    """Read WeCom's statistics of groups as far as they are due."""
    statistics.read_figures(clock=timezone.now, until=timezone.now() + _CHUNK)
