"""Celery's doors to customer groups."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from celery import Task, shared_task
from django.utils import timezone

from groups.services import handovers, join_way_codes, nicknames, statistics
from scrm.jobs import enqueue_on_commit

# Below the soft time limit; the next tick goes on.
_CHUNK = timedelta(seconds=200)
# After this long the others have their turn.
_TURN = timedelta(seconds=20)
_LONGEST_COUNTDOWN = 60


@shared_task(name="groups.read_figures")
def read_figures(**_future: object) -> None:
    """Read WeCom's statistics of groups as far as they are due."""
    statistics.read_figures(clock=timezone.now, until=timezone.now() + _CHUNK)


@shared_task(name="groups.read_nicknames")
def read_nicknames(**_future: object) -> None:
    """Read the nicknames that are due for a turn and queue the rest."""
    nicknames.read_due(clock=timezone.now, until=timezone.now() + _TURN)
    if nicknames.is_anything_due():
        enqueue_on_commit("groups.read_nicknames")


@shared_task(bind=True, name="groups.run_handover")
def run_handover(self: Task[Any, Any], /, *, handover_id: int, **_future: object) -> None:
    """Carry a hand-over on for a turn; come back soon when it has to wait a moment."""
    until = timezone.now() + _TURN
    handover = handovers.work_handover(handover_id=handover_id, clock=timezone.now, until=until)
    if handover is None or handover.is_over:
        return
    wait = (handover.not_before - timezone.now()).total_seconds()
    if wait <= _LONGEST_COUNTDOWN:  # else the tick finds it
        self.apply_async(kwargs={"handover_id": handover_id}, countdown=max(0, math.ceil(wait)))


@shared_task(name="groups.tick")
def tick(**_future: object) -> None:
    """Queue what waits and whose message was lost."""
    join_way_codes.carry_out(now=timezone.now())
    handovers.hand_out_due(now=timezone.now())
    if nicknames.is_anything_due():
        enqueue_on_commit("groups.read_nicknames")
