"""Celery's doors to contacts."""

from __future__ import annotations

import logging
import math
from datetime import timedelta
from typing import Any

from celery import Task, shared_task
from django.utils import timezone

from contacts.services.blocked_import import hand_out_due_imports, work_import
from contacts.services.channel_arrivals import greet_arrivals, note_arrivals
from contacts.services.channel_codes import bring_up_to_date, carry_out
from contacts.services.handover_work import hand_out_due_handovers, work_handover
from contacts.services.handovers import read_unassigned_if_due
from contacts.services.lifecycle import renew_lifecycle
from contacts.services.loss_alerts import tell_losses
from contacts.services.order_deliveries import clear as clear_order_deliveries
from contacts.services.order_deliveries import take_due as take_due_deliveries
from contacts.services.order_import_work import work_order_import
from contacts.services.order_ledger import check_ledger
from contacts.services.order_uploads import hand_out_due_order_imports, put_away_imports
from contacts.services.preference_jobs import hand_out_due_jobs, work_preference_job
from contacts.services.product_figures import count_if_due
from contacts.services.segments import recount_stale
from contacts.services.staff_days import read_staff_days
from contacts.services.staff_tasks import tell_due, tell_task
from contacts.services.sync.due import due_run
from contacts.services.sync.runs import SyncInterrupted, SyncIsRunning, walk
from contacts.services.tag_jobs import hand_out_due, work_tag_job
from contacts.services.tag_library import take_off_gone_tags
from contacts.services.tag_rules import hand_out_due_rules, run_rule
from contacts.services.wecom_bills import pull_bills
from scrm.jobs import enqueue_on_commit
from scrm.wecom.models import SyncRun

log = logging.getLogger(__name__)

# Below the soft time limit, with room for one slow page.
_CHUNK = timedelta(seconds=200)

# A tagging job gives the others their turn after this long.
_TAG_TURN = timedelta(seconds=20)
_LONGEST_COUNTDOWN = 60

# Newcomers are greeted for so long before others get their turn.
_GREETING_TURN = timedelta(seconds=20)

# A large order file has to be opened again for each turn.
_IMPORT_TURN = timedelta(seconds=120)

# Hand-overs and imports of blocked customers, too.
_CARE_TURN = timedelta(seconds=60)


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


@shared_task(name="contacts.read_staff_days")
def read_days_of_staff(**_future: object) -> None:
    """Read WeCom's daily figures of staff as far as they are due."""
    read_staff_days(clock=timezone.now, until=timezone.now() + _CHUNK)


@shared_task(name="contacts.recount_segments")
def recount_segments(**_future: object) -> None:
    """Renew the sizes of segments that were counted a day ago."""
    recount_stale(now=timezone.now())


@shared_task(name="contacts.tell_losses")
def tell_of_losses(**_future: object) -> None:
    """Tell chosen staff of the customers lost since the last time."""
    tell_losses(now=timezone.now())


@shared_task(bind=True, name="contacts.run_tag_job")
def run_tag_job(self: Task[Any, Any], /, *, job_id: int, **_future: object) -> None:
    """Carry a tagging job on for a turn and queue the rest of it behind everybody else."""
    job = work_tag_job(job_id=job_id, clock=timezone.now, until=timezone.now() + _TAG_TURN)
    if job is None or job.is_over:
        return
    wait = 0.0
    if job.not_before is not None:
        wait = (job.not_before - timezone.now()).total_seconds()
    if wait <= _LONGEST_COUNTDOWN:  # else the tick finds it
        self.apply_async(kwargs={"job_id": job_id}, countdown=max(0, math.ceil(wait)))


@shared_task(name="contacts.tick_tags")
def tick_tags(**_future: object) -> None:
    """Queue tagging jobs whose wait is over or whose message was lost, and rules that are due."""
    now = timezone.now()
    hand_out_due(now=now)
    hand_out_due_rules(now=now)
    if take_off_gone_tags():
        enqueue_on_commit("contacts.take_off_gone_tags")


@shared_task(name="contacts.run_tag_rule")
def run_tag_rule(*, rule_id: int, **_future: object) -> None:
    """Make a rule's tag true again."""
    run_rule(rule_id=rule_id, clock=timezone.now, until=timezone.now() + _TAG_TURN)


@shared_task(name="contacts.take_off_gone_tags")
def take_off_tags(**_future: object) -> None:
    """Take deleted tags off customers, some at a time."""
    if take_off_gone_tags():
        enqueue_on_commit("contacts.take_off_gone_tags")


@shared_task(name="contacts.tell_task")
def tell_of_task(*, task_id: int, **_future: object) -> None:
    """Tell a staff member of one task."""
    tell_task(task_id=task_id, now=timezone.now())


@shared_task(name="contacts.tick_task_messages")
def tick_task_messages(**_future: object) -> None:
    """Send messages about tasks whose wait is over or whose order was lost, some at a time."""
    if tell_due(now=timezone.now()):
        enqueue_on_commit("contacts.tick_task_messages")


@shared_task(name="contacts.run_handover")
def run_handover(*, handover_id: int, **_future: object) -> None:
    """Carry a hand-over on for a turn; the tick finds the rest."""
    until = timezone.now() + _CARE_TURN
    work_handover(handover_id=handover_id, clock=timezone.now, until=until)


@shared_task(name="contacts.read_unassigned")
def read_unassigned(**_future: object) -> None:
    """Read whose customers nobody has taken over, when it is due."""
    read_unassigned_if_due(now=timezone.now())


@shared_task(name="contacts.run_preference_job")
def run_preference_job(*, job_id: int, **_future: object) -> None:
    """Carry a job of preferences on for a turn and queue the rest of it."""
    until = timezone.now() + _CARE_TURN
    if work_preference_job(job_id=job_id, clock=timezone.now, until=until):
        enqueue_on_commit("contacts.run_preference_job", job_id=job_id)


@shared_task(name="contacts.run_blocked_import")
def run_blocked_import(*, imported_id: int, **_future: object) -> None:
    """Carry an import of blocked customers on for a turn and queue the rest of it."""
    until = timezone.now() + _CARE_TURN
    if work_import(imported_id=imported_id, clock=timezone.now, until=until):
        enqueue_on_commit("contacts.run_blocked_import", imported_id=imported_id)


@shared_task(name="contacts.run_order_import")
def run_order_import(*, imported_id: int, **_future: object) -> None:
    """Carry an import of orders on for a turn and queue the rest of it."""
    until = timezone.now() + _IMPORT_TURN
    if work_order_import(imported_id=imported_id, clock=timezone.now, until=until):
        enqueue_on_commit("contacts.run_order_import", imported_id=imported_id)


@shared_task(name="contacts.tick_order_imports")
def tick_order_imports(**_future: object) -> None:
    """Queue imports of orders whose message was lost; put away files that are done with."""
    now = timezone.now()
    hand_out_due_order_imports(now=now)
    put_away_imports(now=now)


@shared_task(name="contacts.pull_bills")
def pull_wecom_bills(**_future: object) -> None:
    """Read the payments staff took in WeCom, when that is due."""
    pull_bills(clock=timezone.now, until=timezone.now() + _CHUNK)


@shared_task(name="contacts.tick_care")
def tick_care(**_future: object) -> None:
    """Queue hand-overs and imports that are due; read the unassigned list when it is old."""
    now = timezone.now()
    hand_out_due_handovers(now=now)
    hand_out_due_imports(now=now)
    hand_out_due_jobs(now=now)
    enqueue_on_commit("contacts.read_unassigned")


@shared_task(name="contacts.tick_channels")
def tick_channels(**_future: object) -> None:
    """Make what waits, follow the weekly plans, and greet who came without our hearing of it."""
    carry_out(now=timezone.now())
    note_arrivals(now=timezone.now())
    greet_arrivals(clock=timezone.now, until=timezone.now() + _GREETING_TURN)


@shared_task(name="contacts.push_channels")
def push_channels(*, channel_ids: list[int], **_future: object) -> None:
    """Write channels to WeCom whose staff may be full for today."""
    bring_up_to_date(now=timezone.now(), channel_ids=channel_ids)


@shared_task(name="contacts.greet_arrivals")
def greet(**_future: object) -> None:
    """Tags, remark and description for who has just come by a channel."""
    greet_arrivals(clock=timezone.now, until=timezone.now() + _GREETING_TURN)


@shared_task(name="contacts.take_order_deliveries")
def take_order_deliveries(**_future: object) -> None:
    """Book what shops have sent."""
    take_due_deliveries(now=timezone.now())


@shared_task(name="contacts.tick_orders")
def tick_orders(**_future: object) -> None:
    """Book what waited or whose message was lost; remove old messages of shops."""
    now = timezone.now()
    take_due_deliveries(now=now)
    clear_order_deliveries(now=now)
    enqueue_on_commit("contacts.count_products")


@shared_task(name="contacts.check_ledger")
def check_order_ledger(**_future: object) -> None:
    """Compare all orders with their entries."""
    check_ledger(now=timezone.now())


@shared_task(name="contacts.count_products")
def count_assortment(**_future: object) -> None:
    """Count what products have brought, when it is due."""
    count_if_due(now=timezone.now())
