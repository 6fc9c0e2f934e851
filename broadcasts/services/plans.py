"""Recurring broadcasts (周期群发): a broadcast of its own each time, never two for one time."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from broadcasts.models import Broadcast, BroadcastPlan, IllegalMove
from broadcasts.policy.recurrence import Rhythm, due_until, next_after
from broadcasts.selectors.approval import needs_approval
from broadcasts.selectors.current_rules import current_rules
from broadcasts.selectors.plans import rhythm_of
from broadcasts.services.compose import variants_of, window_problems, write_variants
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput

log = logging.getLogger(__name__)

State, Every = Broadcast.State, BroadcastPlan.Every
PLANS_AT_ONCE = 100
# So many missed times are named in the operation log; all are counted.
_NAMED = 20


def create_plan(
    *, broadcast: Broadcast, rhythm: Rhythm, operator: Operator, now: datetime
) -> BroadcastPlan:
    """Repeat what a draft says, from the next time of the rhythm on; the draft stays as it is.

    Raises InvalidInput for a rhythm whose windows do not fit, IllegalMove when the broadcast is
    no finished draft of an operator.
    """
    if broadcast.state != State.DRAFT or (broadcast.segment or broadcast.group_segment) is None:
        raise IllegalMove(_("Only a finished draft can be repeated."))
    with transaction.atomic():
        plan = BroadcastPlan.objects.create(
            **broadcast.written() | {"without": current_rules(broadcast)["without"]},
            **_checked(rhythm, kind=broadcast.kind, now=now),
            variants=variants_of(broadcast),
            created_by=operator,
            created_at=now,
        )
        details = {"from": broadcast.pk}
        _record("broadcast_plan.create", plan, operator, now, details)
    return plan


def change_rhythm(
    *, plan: BroadcastPlan, rhythm: Rhythm, operator: Operator, now: datetime
) -> BroadcastPlan:
    """From now on at other times; what was made stays. Raises InvalidInput as `create_plan`."""
    with transaction.atomic():
        locked = BroadcastPlan.objects.select_for_update().get(pk=plan.pk)
        columns = _checked(rhythm, kind=locked.kind, now=now)
        if not locked.is_active:
            columns["next_at"] = None
        BroadcastPlan.objects.filter(pk=plan.pk).update(**columns)
        _record("broadcast_plan.change", plan, operator, now)
    plan.refresh_from_db()
    return plan


def switch_plan(
    *, plan: BroadcastPlan, is_active: bool, operator: Operator, now: datetime
) -> BroadcastPlan:
    """Switch it off, or on again from its next time. Raises IllegalMove when it is so already."""
    next_at = next_after(rhythm_of(plan), now) if is_active else None
    with transaction.atomic():
        other = BroadcastPlan.objects.filter(pk=plan.pk, is_active=not is_active)
        if not other.update(is_active=is_active, next_at=next_at):
            raise IllegalMove(_("Somebody else was faster; load the page again."))
        verb = "broadcast_plan.switch_on" if is_active else "broadcast_plan.switch_off"
        _record(verb, plan, operator, now)
    plan.refresh_from_db()
    return plan


def fire_due(*, now: datetime) -> int:
    """Make the broadcasts of plans whose time has come; how many.

    After a time in which nothing ran, only the newest one whose window is still open is made;
    the others are noted as missed.
    """
    due = BroadcastPlan.objects.filter(is_active=True, next_at__lte=now).order_by("next_at", "pk")
    made = 0
    for plan_id in list(due.values_list("pk", flat=True)[:PLANS_AT_ONCE]):
        try:
            made += fire(plan_id=plan_id, now=now) is not None
        except Exception:
            log.exception("recurring broadcast %s could not be made", plan_id)
    return made


def fire(*, plan_id: int, now: datetime) -> Broadcast | None:
    """The broadcast of the newest time that has come, unless it is there already or too late."""
    with transaction.atomic():
        plan = (
            BroadcastPlan.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("segment", "group_segment", "topic", "created_by")
            .filter(pk=plan_id, is_active=True, next_at__lte=now)
            .first()
        )
        if plan is None or plan.next_at is None:
            return None
        rhythm = rhythm_of(plan)
        times = due_until(rhythm, plan.next_at, now)
        made = _made(plan, times[-1], now=now) if now < rhythm.closes_at(times[-1]) else None
        missed = times if now >= rhythm.closes_at(times[-1]) else times[:-1]
        BroadcastPlan.objects.filter(pk=plan.pk).update(next_at=next_after(rhythm, now))
        if missed:
            named = [moment.isoformat() for moment in missed[-_NAMED:]]
            details = {"count": len(missed), "times": named}
            _record("broadcast_plan.missed", plan, None, now, details)
            log.warning("recurring broadcast %s missed %s times", plan.pk, len(missed))
    return made


def next_window_of(rhythm: Rhythm, now: datetime) -> tuple[datetime, datetime]:
    """When it would go out next. Raises InvalidInput for a rhythm without days."""
    if rhythm.every == Every.WEEK and not rhythm.weekdays <= frozenset(range(1, 8)):
        raise InvalidInput(_("Choose days of the week."), field="weekdays")
    if rhythm.every == Every.WEEK and not rhythm.weekdays:
        raise InvalidInput(_("Choose at least one day of the week."), field="weekdays")
    next_at = next_after(rhythm, now)
    return next_at, rhythm.closes_at(next_at)


def _made(plan: BroadcastPlan, fire_at: datetime, *, now: datetime) -> Broadcast | None:
    if Broadcast.objects.filter(plan=plan, fire_at=fire_at).exists():
        return None
    broadcast = Broadcast(
        **plan.written() | current_rules(plan),
        origin=Broadcast.Origin.PLAN,
        plan=plan,
        fire_at=fire_at,
        window_start=fire_at,
        window_end=rhythm_of(plan).closes_at(fire_at),
        created_by=plan.created_by,
        created_at=now,
    )
    author = plan.created_by
    if isinstance(author, Operator) and needs_approval(broadcast, author, now=now):
        broadcast.state, broadcast.submitted_by, broadcast.submitted_at = State.REVIEW, author, now
    else:
        broadcast.state, broadcast.scheduled_at = State.SCHEDULED, now
    broadcast.save(force_insert=True)
    write_variants(broadcast, plan.variants)
    record_act(
        action="broadcast.repeat",
        operator=None,
        now=now,
        subject=broadcast,
        details={"plan": plan.pk, "planned_for": fire_at.isoformat()},
    )
    return broadcast


def _checked(rhythm: Rhythm, *, kind: str, now: datetime) -> dict[str, Any]:
    """A rhythm as columns. Raises InvalidInput."""
    if rhythm.every not in Every.values:
        raise InvalidInput(_("Repeat it every day, week or month."), field="every")
    if rhythm.every == Every.MONTH and rhythm.day not in range(1, 32):
        raise InvalidInput(_("Choose a day of the month."), field="day")
    next_at, closes_at = next_window_of(rhythm, now)
    for problem in window_problems(next_at, closes_at, kind=kind, now=now):
        raise problem
    return {
        "every": rhythm.every,
        "weekdays": sorted(rhythm.weekdays) if rhythm.every == Every.WEEK else [],
        "day": rhythm.day if rhythm.every == Every.MONTH else None,
        "time": rhythm.opens,
        "until": rhythm.closes,
        "next_at": next_at,
    }


def _record(
    action: str,
    plan: BroadcastPlan,
    operator: Operator | None,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    record_act(action=action, operator=operator, now=now, subject=plan, details=details)
