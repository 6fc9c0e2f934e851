"""Celery's doors to contacts."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from contacts.services.lifecycle import renew_lifecycle
from contacts.services.segments import recount_stale
from contacts.services.sync.due import due_run
from contacts.services.sync.runs import SyncInterrupted, SyncIsRunning, walk
from scrm.jobs import enqueue_on_commit
from scrm.wecom.models import SyncRun

log = logging.getLogger(__name__)

# Below the soft time limit, with room for one slow page.
_CHUNK = timedelta(seconds=200)


@shared_task(name="contacts.tick_sync")
def tick_sync(**_future: object) -> None:
    """Start or take up the sync that is due."""
    run = due_run(now=timezone.now())
    if run is not None:
        enqueue_on_commit("contacts.run_sync", run_id=run.pk)


@shared_task(name="contacts.run_sync")
def run_sync(*, run_id: int, **_future: object) -> None:
    """Walk a sync for some minutes and queue the rest of it."""
    try:
        run = walk(run_id=run_id, clock=timezone.now, until=timezone.now() + _CHUNK)
    except SyncInterrupted as error:
        log.warning("sync run %s waits: %s", run_id, error)  # the tick takes it up again
        return
    except SyncIsRunning:
        return  # a second delivery, or somebody walks it by hand
    if run.state == SyncRun.State.RUNNING:
        enqueue_on_commit("contacts.run_sync", run_id=run_id)


@shared_task(name="contacts.renew_lifecycle")
def renew_stages(**_future: object) -> None:
    """Move customers to the stage they are in today."""
    renew_lifecycle(now=timezone.now())


@shared_task(name="contacts.recount_segments")
def recount_segments(**_future: object) -> None:
    """Renew the sizes of segments that were counted a day ago."""
    recount_stale(now=timezone.now())
