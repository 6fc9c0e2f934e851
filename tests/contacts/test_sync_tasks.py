"""The sync as workers do it: rows decide, the queue only carries."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from contacts.models import Follow
from contacts.services.sync.due import order_run
from contacts.tasks import renew_stages, run_sync, tick_sync
from scrm.audit.models import AuditEntry
from scrm.wecom.models import SyncRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_corp(corp):
    corp.state.add_staff("wang")
    corp.state.follow("wang", corp.state.add_contact("wm1"))
    return corp


def test_an_operator_starts_a_sync_that_a_worker_walks(small_corp, operator):
    run = order_run(is_full=True, operator=operator, now=timezone.now())
    run_sync(run_id=run.pk)
    run.refresh_from_db()
    assert (run.state, run.kind) == ("done", "full")
    assert Follow.objects.count() == 1
    assert AuditEntry.objects.get().action == "sync.start"
    run_sync(run_id=run.pk)  # a second delivery of the message
    assert SyncRun.objects.count() == 1


def test_a_run_that_has_not_moved_for_hours_is_given_up(small_corp, operator):
    run = order_run(is_full=False, operator=operator, now=timezone.now())
    SyncRun.objects.filter(pk=run.pk).update(progressed_at=timezone.now() - timedelta(hours=2))
    tick_sync()
    run.refresh_from_db()
    assert (run.state, len(run.errors)) == ("failed", 1)


def test_the_tick_does_nothing_when_nothing_is_due(small_corp, operator):
    order_run(is_full=True, operator=operator, now=timezone.now())
    tick_sync()
    renew_stages()
    assert SyncRun.objects.get().state == "running"
