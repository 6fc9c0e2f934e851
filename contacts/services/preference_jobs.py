"""Record a preference for more customers than one request should (批量偏好任务)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from contacts.models import Contact, PreferenceJob
from contacts.services.bulk_preferences import record_for
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.jobs import enqueue_on_commit

State, Wish = PreferenceJob.State, PreferenceJob.Wish
_CHUNK = 2_000
_SILENT = timedelta(minutes=2)


@transaction.atomic
def start_preference_job(
    *,
    contacts: QuerySet[Contact],
    until: datetime | None,
    source: str,
    operator: Operator,
    now: datetime,
) -> PreferenceJob:
    """Pause these customers until then, or never write to them again when `until` is None.

    Who they are is fixed now; a worker does it. Raises InvalidInput for nobody, and for a moment
    that is over.
    """
    if until is not None and until <= now:
        raise InvalidInput(_("A pause must end in the future."), field="until")
    ids = list(contacts.order_by("pk").values_list("pk", flat=True))
    if not ids:
        raise InvalidInput(_("No customer is chosen."), field="pick")
    wish = Wish.DO_NOT_CONTACT if until is None else Wish.PAUSED
    job = PreferenceJob.objects.create(
        wish=wish,
        until=until,
        source=source,
        contact_ids=ids,
        total=len(ids),
        created_by=operator,
        created_at=now,
        handed_at=now,
    )
    record_act(
        action=f"preference.{wish}_many",
        operator=operator,
        now=now,
        subject=job,
        details={"source": source, "customers": len(ids)},
    )
    enqueue_on_commit("contacts.run_preference_job", job_id=job.pk)
    return job


def work_preference_job(*, job_id: int, clock: Callable[[], datetime], until: datetime) -> bool:
    """Carry a job on until `until`; True when there is more to do.

    Each chunk is one transaction with its place in the list, so a killed worker's is done again.
    """
    while clock() < until:
        with transaction.atomic():
            # Locked, so that two workers do not take the same customers.
            live = PreferenceJob.objects.select_for_update().defer("contact_ids")
            job = live.filter(pk=job_id, state=State.RUNNING).first()
            if job is None:
                return False
            now = clock()
            job.news += _take_turn(job, now=now)
            job.done = min(job.done + _CHUNK, job.total)
            job.handed_at = now
            if job.done == job.total:
                job.state, job.finished_at = State.DONE, now
            job.save(update_fields=["news", "done", "handed_at", "state", "finished_at"])
            if job.state == State.DONE:
                return False
    return True


def cancel_preference_job(*, job_id: int, operator: Operator, now: datetime) -> bool:
    """Stop it; who had a turn keeps what was recorded. False when it was over."""
    with transaction.atomic():
        stopped = PreferenceJob.objects.filter(pk=job_id, state=State.RUNNING).update(
            state=State.CANCELLED, finished_at=now
        )
        if stopped:
            job = PreferenceJob.objects.defer("contact_ids").get(pk=job_id)
            record_act(action="preference.cancel_many", operator=operator, now=now, subject=job)
    return bool(stopped)


def hand_out_due_jobs(*, now: datetime) -> int:
    """Queue jobs that nobody has carried on for a while."""
    silent = PreferenceJob.objects.filter(state=State.RUNNING, handed_at__lte=now - _SILENT)
    ids = list(silent.values_list("pk", flat=True)[:100])
    PreferenceJob.objects.filter(pk__in=ids).update(handed_at=now)
    for job_id in ids:
        enqueue_on_commit("contacts.run_preference_job", job_id=job_id)
    return len(ids)


def _take_turn(job: PreferenceJob, *, now: datetime) -> int:
    # Postgres counts from 1 and hands over this part of the list alone.
    part = f"contact_ids__{job.done}_{job.done + _CHUNK}"
    ids: list[int] = PreferenceJob.objects.filter(pk=job.pk).values_list(part, flat=True).get()
    values: dict[str, Any] = {"is_do_not_contact": True}
    if job.wish == Wish.PAUSED:
        values = {"pause_until": job.until}
    return record_for(ids, values, job.wish, source=job.source, now=now)
