"""Put tags on many customers or take them off (批量打标签): order, carry out, cancel.

The customers are frozen when the job is ordered. Workers take some of them at a time, each for a
while of its own, so that a killed worker's are taken again. Marking what is already marked costs
no call, and marking twice harms nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F, Min, Q, QuerySet
from django.utils.translation import gettext as _

from contacts.models import Contact, MarkProblem, Tag, TagJob, TagJobItem, TagRule
from contacts.selectors.audiences import audience
from contacts.selectors.visibility import visible_contacts, visible_staff
from contacts.services import tag_sql
from contacts.services.tag_marking import Order, Outcome, keep_failures, mark, order_of, problem_of
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput
from scrm.jobs import enqueue_on_commit
from scrm.segments.fields import read_rule

TAGS_AT_ONCE = 100

# Customers a worker takes at once: few where each costs calls, many where SQL marks them.
_CLAIM_WECOM, _CLAIM_INTERNAL = 60, 2_000
# Longer than a claim can take with every call at its time-out.
_LEASE = timedelta(minutes=6)
_TRIES = 8
_BACK_OFF = timedelta(seconds=2)
_MISCONFIGURED_PAUSE = timedelta(minutes=5)
_WAITING = Q(state=TagJobItem.State.WAITING)


def start_tag_job(
    *,
    now: datetime,
    operator: Operator,
    contact_ids: Iterable[int] | QuerySet[Contact] | None = None,
    segment_rule: object | None = None,
    add_tag_ids: Sequence[int] = (),
    remove_tag_ids: Sequence[int] = (),
    staff_ids: Sequence[int] | None = None,
) -> TagJob:
    """Order marking for customers the operator may see; a worker carries it out.

    `contact_ids` (numbers, or a query of customers, taken whole by one statement) or
    `segment_rule` (JSON) says whom. WeCom tags go onto every active relation of the staff the
    operator may see, or of `staff_ids` among them; internal tags onto the customer. Raises
    InvalidInput for tags that are none or too many, and when nobody is chosen; RuleError.
    """
    add, remove = _tags(add_tag_ids), _tags(remove_tag_ids)
    if not add and not remove:
        raise InvalidInput(_("Choose a tag to put on or to take off."), field="add_tag_ids")
    if set(add) & set(remove):
        raise InvalidInput(
            _("A tag cannot be put on and taken off at once."), field="remove_tag_ids"
        )
    picked = _picked(contact_ids, segment_rule, operator=operator, now=now)
    with transaction.atomic():
        job = TagJob.objects.create(
            add_tag_ids=add,
            remove_tag_ids=remove,
            staff_ids=_staff(staff_ids, operator),
            created_by=operator,
            created_at=now,
            handed_at=now,
        )
        if not freeze(job, picked, now=now):
            raise InvalidInput(_("No customer is chosen."), field="contact_ids")
        record_act(
            action="tag.mark",
            operator=operator,
            now=now,
            subject=job,
            details={"add": add, "remove": remove, "customers": job.total},
        )
        enqueue_on_commit("contacts.run_tag_job", job_id=job.pk)
    return job


def start_rule_job(
    rule: TagRule, picked: QuerySet[Contact], *, is_adding: bool, now: datetime
) -> TagJob | None:
    """The WeCom side of a tag rule: mark whom it found. None when that is nobody."""
    with transaction.atomic():
        job = TagJob.objects.create(
            add_tag_ids=[rule.tag_id] if is_adding else [],
            remove_tag_ids=[] if is_adding else [rule.tag_id],
            rule=rule,
            created_by=rule.created_by,
            created_at=now,
            handed_at=now,
        )
        if not freeze(job, picked, now=now):
            job.delete()
            return None
        enqueue_on_commit("contacts.run_tag_job", job_id=job.pk)
    return job


def freeze(job: TagJob, picked: QuerySet[Contact], *, now: datetime) -> int:
    """Write the job's customers by one statement; answers how many."""
    try:
        sql, parameters = picked.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_tagjobitem (job_id, contact_id, state, tries, due_at) "  # noqa: S608
            f"SELECT %s, picked.id, 0, 0, %s FROM ({sql}) AS picked (id)",
            [job.pk, now, *parameters],
        )
        job.total = int(cursor.rowcount)
    job.save(update_fields=["total"])
    return job.total


def cancel_tag_job(*, job_id: int, operator: Operator, now: datetime) -> bool:
    """Stop a job (取消); what it has marked stays. False when it was over already."""
    with transaction.atomic():
        live = TagJob.objects.filter(pk=job_id, finished_at__isnull=True)
        if not live.update(state=TagJob.State.CANCELLED, finished_at=now, not_before=None):
            return False
        job = TagJob.objects.get(pk=job_id)
        record_act(
            action="tag.cancel_job",
            operator=operator,
            now=now,
            subject=job,
            details={"done": job.done, "customers": job.total},
        )
    return True


def work_tag_job(*, job_id: int, clock: Callable[[], datetime], until: datetime) -> TagJob | None:
    """Carry a job on until the moment `until`, until it must wait or until it is over.

    Several workers may do so at once. Answers the job as it stands, None for one that is over or
    gone; `not_before` says from when it may go on. Never raises for what WeCom says.
    """
    began = TagJob.objects.filter(pk=job_id, state=TagJob.State.READY)
    began.update(state=TagJob.State.RUNNING, started_at=clock())
    running = TagJob.objects.select_related("created_by").filter(
        pk=job_id, state=TagJob.State.RUNNING
    )
    while (job := running.first()) is not None:
        now = clock()
        if now >= until or (job.not_before is not None and job.not_before > now):
            TagJob.objects.filter(pk=job_id).update(handed_at=now)
            return job
        if not _work_once(job, clock=clock):
            if _finish(job, now=now):
                return TagJob.objects.get(pk=job_id)
            return _wait_for_leased(job, now=now)
    return None


def hand_out_due(*, now: datetime, silent_for: timedelta = timedelta(minutes=2)) -> int:
    """Queue live jobs that nobody has carried on for a while, or whose wait is over."""
    due = TagJob.objects.filter(finished_at__isnull=True).filter(
        Q(not_before__lte=now) | Q(not_before__isnull=True, handed_at__lte=now - silent_for)
    )
    ids = list(due.order_by("handed_at").values_list("pk", flat=True)[:100])
    TagJob.objects.filter(pk__in=ids).update(handed_at=now, not_before=None)
    for job_id in ids:
        enqueue_on_commit("contacts.run_tag_job", job_id=job_id)
    return len(ids)


def _tags(ids: Sequence[int]) -> list[int]:
    wanted = sorted(set(ids))
    if len(wanted) > TAGS_AT_ONCE:
        raise InvalidInput(
            _("At most %(limit)d tags at once.") % {"limit": TAGS_AT_ONCE}, field="add_tag_ids"
        )
    if Tag.objects.filter(pk__in=wanted, is_gone=False).count() < len(wanted):
        raise InvalidInput(_("One of the tags does not exist any more."), field="add_tag_ids")
    return wanted


def _picked(
    contact_ids: Iterable[int] | QuerySet[Contact] | None,
    segment_rule: object | None,
    *,
    operator: Operator,
    now: datetime,
) -> QuerySet[Contact]:
    if (contact_ids is None) == (segment_rule is None):
        raise ValueError("say whom by either contact_ids or segment_rule")
    visible = visible_contacts(operator)
    if contact_ids is None:
        return visible.filter(pk__in=audience(read_rule(segment_rule), now).values("pk"))
    if isinstance(contact_ids, QuerySet):
        chosen: QuerySet[Any, Any] = contact_ids.order_by().values("pk")
        return visible.filter(pk__in=chosen)
    return visible.filter(pk__in=list(contact_ids))


def _staff(staff_ids: Sequence[int] | None, operator: Operator) -> list[int] | None:
    if staff_ids is None and operator.sees_everything:
        return None
    staff = visible_staff(operator)
    if staff_ids is not None:
        staff = staff.filter(pk__in=list(staff_ids))
    return sorted(staff.values_list("pk", flat=True))


def _work_once(job: TagJob, *, clock: Callable[[], datetime]) -> bool:
    """Take some customers and mark them; False when none may be taken."""
    order, now = order_of(job), clock()
    limit = _CLAIM_WECOM if order.asks_wecom else _CLAIM_INTERNAL
    claim: dict[str, Any] = {"job": job.pk, "now": now, "until": now + _LEASE, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(tag_sql.CLAIM, claim)
        tries = dict(cursor.fetchall())
    if not tries:
        return False
    if order.names:
        outcome = mark(order, sorted(tries), now=now)
    else:
        outcome = Outcome(again=dict.fromkeys(tries, (None, None)), is_tag_gone=True)
    _settle(order, tries, outcome, now=clock())
    return True


@transaction.atomic
def _settle(order: Order, tries: dict[int, int], outcome: Outcome, *, now: datetime) -> None:
    """Write how it went: what is over, what comes again, what the job has to wait for."""
    job, uncounted = TagJob.objects.select_for_update().get(pk=order.job.pk), []
    for contact_id, (staff_id, error) in list(outcome.again.items()):
        if error is None:
            uncounted.append(contact_id)
        elif tries[contact_id] >= _TRIES:
            del outcome.again[contact_id]
            outcome.failures.append((contact_id, staff_id, problem_of(error), error.code))
    keep_failures(job, outcome.failures, now=now)
    failed = {contact_id for contact_id, *_rest in outcome.failures}
    states = {
        contact_id: _state(contact_id, failed=failed, moved=outcome.moved)
        for contact_id in tries
        if contact_id not in outcome.again
    }
    with connection.cursor() as cursor:
        _put_back(cursor, job, uncounted, due_at=now, is_uncounted=True)
        counted = [contact_id for contact_id in outcome.again if contact_id not in set(uncounted)]
        _put_back(cursor, job, counted, due_at=now + _BACK_OFF, is_uncounted=False)
        told: dict[str, Any] = {
            "job": job.pk,
            "contacts": list(states),
            "states": list(states.values()),
        }
        cursor.execute(tag_sql.SETTLE, told)
        settled = [state for (state,) in cursor.fetchall()]
    changes: dict[str, object] = {
        "done": F("done") + len(settled),
        "unchanged": F("unchanged") + settled.count(TagJobItem.State.UNCHANGED),
        "failed": F("failed") + settled.count(TagJobItem.State.FAILED),
        "marked": F("marked") + outcome.marked,
        "handed_at": now,
        "problem": "",
        "not_before": None,
    }
    # A cancelled job keeps its end; what was under way is counted all the same.
    if job.is_over:
        changes = {name: changes[name] for name in ("done", "unchanged", "failed", "marked")}
    else:
        changes |= _halted(outcome, now)
    TagJob.objects.filter(pk=job.pk).update(**changes)


def _state(contact_id: int, *, failed: set[int], moved: set[int]) -> int:
    if contact_id in failed:
        return TagJobItem.State.FAILED.value
    return (TagJobItem.State.DONE if contact_id in moved else TagJobItem.State.UNCHANGED).value


def _put_back(
    cursor: CursorWrapper,
    job: TagJob,
    contact_ids: list[int],
    *,
    due_at: datetime,
    is_uncounted: bool,
) -> None:
    if contact_ids:
        cursor.execute(
            tag_sql.PUT_BACK,
            {
                "job": job.pk,
                "contacts": contact_ids,
                "due_at": due_at,
                "uncounted": is_uncounted,
            },
        )


def _halted(outcome: Outcome, now: datetime) -> dict[str, object]:
    """What an error that meets every customer makes of the job."""
    if outcome.is_tag_gone:
        over = {"state": TagJob.State.FAILED, "finished_at": now}
        return {**over, "problem": MarkProblem.TAG_GONE}
    if outcome.halt is None:
        return {}
    problem = problem_of(outcome.halt)
    pause = timedelta(seconds=max(1, outcome.halt.retry_after))
    if problem == MarkProblem.MISCONFIGURED:
        pause = _MISCONFIGURED_PAUSE
    return {"problem": problem, "not_before": now + pause}


def _finish(job: TagJob, *, now: datetime) -> bool:
    if TagJobItem.objects.filter(_WAITING, job=job).exists():
        return False
    running = TagJob.objects.filter(pk=job.pk, state=TagJob.State.RUNNING)
    running.update(state=TagJob.State.DONE, finished_at=now, not_before=None, problem="")
    return True


def _wait_for_leased(job: TagJob, *, now: datetime) -> TagJob:
    """What is left is in other hands or was put back for a moment."""
    left = TagJobItem.objects.filter(_WAITING, job=job)
    due_at = left.aggregate(first=Min("due_at"))["first"] or now
    job.not_before = max(due_at, now)
    TagJob.objects.filter(pk=job.pk, state=TagJob.State.RUNNING).update(
        not_before=job.not_before, handed_at=now
    )
    return job
