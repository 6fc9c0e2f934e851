"""When to sync without being asked: a full comparison each night, changes every hour."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from contacts.services.sync.runs import SyncIsRunning, resume_run, start_run
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.jobs import enqueue_on_commit
from scrm.wecom.models import SyncRun

NIGHTLY_AT = time(3, 30)
EVERY = timedelta(hours=1)


def due_run(*, now: datetime) -> SyncRun | None:
    """The run that a worker should walk now: one that stands still, or one that is due.

    Asked every minute, so the rows decide and not the queue. Nothing is due before somebody has
    synced for the first time.
    """
    last = SyncRun.objects.order_by("-started_at").first()
    if last is None:
        return None
    if last.state == SyncRun.State.RUNNING:
        return resume_run(now=now)
    is_full = _full_is_due(now)
    if not is_full and last.started_at > now - EVERY:
        return None
    try:
        return start_run(is_full=is_full, is_queued=True, now=now)
    except SyncIsRunning:
        return None


def order_run(*, is_full: bool, operator: Operator, now: datetime) -> SyncRun:
    """An operator starts a sync that a worker walks. Raises SyncIsRunning."""
    with transaction.atomic():
        run = start_run(is_full=is_full, is_queued=True, now=now)
        record_act(
            action="sync.start", operator=operator, now=now, subject=run, details={"full": is_full}
        )
        enqueue_on_commit("contacts.run_sync", run_id=run.pk)
    return run


def _full_is_due(now: datetime) -> bool:
    local = timezone.localtime(now)
    tonight = timezone.make_aware(datetime.combine(local.date(), NIGHTLY_AT))
    since = tonight if now >= tonight else tonight - timedelta(days=1)
    return not SyncRun.objects.filter(kind=SyncRun.Kind.FULL, started_at__gte=since).exists()
