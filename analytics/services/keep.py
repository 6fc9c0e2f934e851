"""Work figures out ahead of whoever asks (预计算), where a page cannot wait for them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from analytics.models import KeptAnswer
from analytics.periods import COMPARISONS, PRESETS, Period, asked_period
from analytics.selectors.kept import FORMS, RFM, SUMS, grown_old
from analytics.selectors.of_periods import of_period
from analytics.selectors.parts import LARGE, Part, part_named
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
# Who asks again within this time, as a waiting page does, is not queued behind the first.
_PATIENCE = timedelta(seconds=30)
_AT_ONCE = 60
EVERYBODY = "all"


def ask_for(*, part: str, name: str, period: Period | None, now: datetime) -> KeptAnswer:
    """Have an answer worked out by a worker, once however many ask at the same time."""
    row, is_new = KeptAnswer.objects.defer("value").get_or_create(
        part=part,
        name=name,
        first_on=period.first_on if period else None,
        last_on=period.last_on if period else None,
        defaults={"asked_at": now},
    )
    is_free = row.leased_until is None or row.leased_until < now
    if is_new or (is_free and _asked_again(row, now=now)):
        enqueue_on_commit("analytics.work_out", answer_id=row.pk)
    return row


def _asked_again(row: KeptAnswer, *, now: datetime) -> bool:
    """Whether the last who asked did so long enough ago that nobody may be at it."""
    asked_before = KeptAnswer.objects.filter(pk=row.pk, asked_at__lte=now - _PATIENCE)
    return asked_before.update(asked_at=now) > 0


def work_out(*, answer_id: int, now: datetime) -> bool:
    """Work one answer out; false when it is fresh already, or another worker is at it."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lt=now)
    due = Q(computed_at__isnull=True) | grown_old(now=now)
    mine = KeptAnswer.objects.filter(free, due, pk=answer_id)
    if not mine.update(leased_until=now + _LEASE):
        return False
    row = KeptAnswer.objects.defer("value").get(pk=answer_id)
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


def keep_current(*, now: datetime, large: int = LARGE) -> int:
    """Queue what is in use and not fresh, and once a day whatever pages offer of all customers, so
    that nobody waits for a first answer; forget what nobody asks for. Returns how many were
    queued. Nothing for a shop of up to `large` customers, whose pages can wait.
    """
    forgotten = KeptAnswer.objects.filter(asked_at__lt=now - _FORGOTTEN)
    if Contact.objects.values("pk")[: large + 1].count() <= large:
        forgotten.delete()
        return 0
    of_today = Q(part=EVERYBODY, first_on__isnull=True)
    forgotten.exclude(of_today).delete()
    _offer(now)
    is_first = Q(computed_at__isnull=True, asked_at__gt=now - 2 * _IN_USE)
    is_used = grown_old(now=now) & Q(asked_at__gt=now - _IN_USE)
    is_old = of_today & Q(computed_at__lt=now - _IN_USE)
    due = KeptAnswer.objects.filter(is_first | is_used | is_old).order_by("-asked_at")
    numbers = list(due.values_list("pk", flat=True)[:_AT_ONCE])
    for number in numbers:
        enqueue_on_commit("analytics.work_out", answer_id=number)
    return len(numbers)


def _offer(now: datetime) -> None:
    """Rows for all that pages can be asked about all customers without choosing days."""
    today = business_day(now)
    asked = [
        asked_period({"preset": preset, "compare": compare}, today=today)
        for preset in PRESETS
        for compare in COMPARISONS
    ]
    periods = {each for one in asked for each in (one.period, one.before) if each is not None}
    ends = {each.last_on for each in periods}
    wanted: set[tuple[str, date | None, date | None]] = {
        *((SUMS, each.first_on, each.last_on) for each in periods),
        *((RFM, day, day) for day in ends if day < today),
        *((name, None, None) for name in Today.names()),
    }
    known = KeptAnswer.objects.filter(part=EVERYBODY)
    missing = wanted.difference(known.values_list("name", "first_on", "last_on"))
    KeptAnswer.objects.bulk_create(
        [
            # Not in use before somebody asks.
            KeptAnswer(
                part=EVERYBODY, name=name, first_on=first, last_on=last, asked_at=now - _IN_USE
            )
            for name, first, last in sorted(missing, key=str)
        ],
        ignore_conflicts=True,
    )


def _answer(row: KeptAnswer, part: Part, now: datetime) -> Any:
    if row.first_on and row.last_on:
        return of_period(row.name, part, Period(row.first_on, row.last_on), now)
    return getattr(Today(scope=part.scope, now=now), row.name)
