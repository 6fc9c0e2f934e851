"""Work figures out ahead of whoever asks (预计算), where a page cannot wait for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from analytics.models import KeptAnswer
from analytics.periods import Period, asked_period
from analytics.selectors.kept import FORMS, FRESH, RFM, SUMS
from analytics.selectors.parts import LARGE, Part, part_named
from analytics.selectors.period_sums import period_sums
from analytics.selectors.rfm_past import grid_on
from analytics.selectors.today import Today
from contacts.models import Contact
from scrm.jobs import enqueue_on_commit
from scrm.segments.days import business_day
from scrm.segments.parse import RuleError

# Nobody has asked for so long: forgotten.
_FORGOTTEN = timedelta(days=7)
# Asked for within this time: kept current.
_IN_USE = timedelta(days=1)
# Longer than any answer takes; after that another worker may try.
_LEASE = timedelta(minutes=10)
_AT_ONCE = 60


def ask_for(*, part: str, name: str, period: Period | None, now: datetime) -> KeptAnswer:
    """Have an answer worked out by a worker, once however many ask at the same time."""
    row, _is_new = KeptAnswer.objects.get_or_create(
        part=part,
        name=name,
        first_on=period.first_on if period else None,
        last_on=period.last_on if period else None,
        defaults={"asked_at": now},
    )
    if row.leased_until is None or row.leased_until < now:
        KeptAnswer.objects.filter(pk=row.pk).update(asked_at=now)
        enqueue_on_commit("analytics.work_out", answer_id=row.pk)
    return row


def work_out(*, answer_id: int, now: datetime) -> bool:
    """Work one answer out; false when it is fresh already, or another worker is at it."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    due = Q(computed_at__isnull=True) | Q(computed_at__lt=now - FRESH)
    mine = KeptAnswer.objects.filter(free, due, pk=answer_id)
    if not mine.update(leased_until=now + _LEASE):
        return False
    row = KeptAnswer.objects.get(pk=answer_id)
    try:
        part = part_named(row.part, now=now)
    except RuleError:
        part = None
    if part is None:
        row.delete()
        return False
    try:
        value, error = FORMS.write(_answer(row, part, now)), ""
    except Exception as problem:
        KeptAnswer.objects.filter(pk=row.pk).update(
            leased_until=None, error=f"{type(problem).__name__}: {problem}"[:256]
        )
        raise
    KeptAnswer.objects.filter(pk=row.pk).update(
        value=value, computed_at=now, leased_until=None, error=error
    )
    return True


def keep_current(*, now: datetime) -> int:
    """Queue what is in use and not fresh, and what the home page will ask for today; forget what
    nobody asks for. Returns how many were queued. Nothing for a shop whose pages can wait.
    """
    KeptAnswer.objects.filter(asked_at__lt=now - _FORGOTTEN).delete()
    if Contact.objects.values("pk")[: LARGE + 1].count() <= LARGE:
        return 0
    today = business_day(now)
    for days in (30, 90):
        period = asked_period({}, today=today, default_days=days).period
        for each in (period, period.previous):
            KeptAnswer.objects.get_or_create(
                part="all",
                name=SUMS,
                first_on=each.first_on,
                last_on=each.last_on,
                defaults={"asked_at": now},
            )
    due = KeptAnswer.objects.filter(
        Q(computed_at__isnull=True) | Q(computed_at__lt=now - FRESH),
        asked_at__gte=now - _IN_USE,
    ).order_by("-asked_at")
    numbers = list(due.values_list("pk", flat=True)[:_AT_ONCE])
    for number in numbers:
        enqueue_on_commit("analytics.work_out", answer_id=number)
    return len(numbers)


def _answer(row: KeptAnswer, part: Part, now: datetime) -> Any:
    if row.name == SUMS and row.first_on and row.last_on:
        return period_sums(part.scope, Period(row.first_on, row.last_on), now=now)
    if row.name == RFM and row.last_on:
        return grid_on(part.scope, row.last_on)
    return getattr(Today(scope=part.scope, now=now), row.name)
