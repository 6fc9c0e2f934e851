"""Who left whom (流失客户, 删人提醒): when, after which touches, kept how long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import TruncDate

from broadcasts.models import Touch
from contacts.models import Follow, Relation, Staff
from contacts.selectors.visibility import visible_contacts, visible_staff
from scrm.console.models import Operator
from scrm.console.paging import Sort
from scrm.segments.days import start_of, start_of_next

NEWEST_FIRST = Sort("ended_at")
TOUCHED_WITHIN = timedelta(days=7)
_CHUNK = 500

Status = Follow.Status
ENDED = (Status.DELETED_BY_CONTACT, Status.DELETED_BY_STAFF, Status.ENDED_UNKNOWN)


@dataclass(frozen=True)
class LossesWanted:
    """What was asked for; an empty value asks for nothing. Days are business days."""

    kind: str = ""
    staff_id: int | None = None
    department: int | None = None  # WeCom's number
    add_way: int | None = None
    state: str = ""
    ended_from: date | None = None
    ended_to: date | None = None
    kept_from: int | None = None  # days
    kept_to: int | None = None


@dataclass(frozen=True)
class Loss:
    """One ended relation, with what reached the customer in the seven days before."""

    follow: Follow
    touches: Sequence[Touch]

    @property
    def kept_days(self) -> int:
        """How long they were friends (留存天数); whole days."""
        ended = self.follow.ended_at or self.follow.added_at
        return max(0, (ended - self.follow.added_at).days)

    @property
    def is_back(self) -> bool:
        """Somebody else of the staff has her as a friend still, or again."""
        return self.follow.contact.relation == Relation.FRIEND


def visible_losses(operator: Operator) -> QuerySet[Follow]:
    """Ended relations of the staff this operator may see."""
    ended = Follow.objects.filter(ended_at__isnull=False)
    if operator.sees_everything:
        return ended
    return ended.filter(
        staff__in=visible_staff(operator), contact__in=visible_contacts(operator).values("pk")
    )


def matching_losses(losses: QuerySet[Follow], wanted: LossesWanted) -> QuerySet[Follow]:
    """The ended relations that fit."""
    kept = ExpressionWrapper(F("ended_at") - F("added_at"), output_field=DurationField())
    losses = losses.alias(kept=kept)
    for path, value in (
        ("status", wanted.kind),
        ("staff_id", wanted.staff_id),
        ("staff__department_wecom_ids__contains", wanted.department and [wanted.department]),
        ("state", wanted.state),
        ("ended_at__gte", wanted.ended_from and start_of(wanted.ended_from)),
        ("ended_at__lt", wanted.ended_to and start_of_next(wanted.ended_to)),
    ):
        if value:
            losses = losses.filter(**{path: value})
    if wanted.add_way is not None:
        losses = losses.filter(add_way=wanted.add_way)
    if wanted.kept_from is not None:
        losses = losses.filter(kept__gte=timedelta(days=wanted.kept_from))
    if wanted.kept_to is not None:
        losses = losses.filter(kept__lt=timedelta(days=wanted.kept_to + 1))
    return losses


def with_touches(follows: Sequence[Follow]) -> list[Loss]:
    """These relations with the touches before each end; one query however many there are."""
    if not follows:
        return []
    ends = [follow.ended_at for follow in follows if follow.ended_at]
    touches: dict[int, list[Touch]] = {}
    for touch in (
        Touch.objects.filter(
            contact_id__in={follow.contact_id for follow in follows},
            at__gte=min(ends) - TOUCHED_WITHIN,
            at__lte=max(ends),
        )
        .select_related("broadcast")
        .order_by("at", "pk")
    ):
        touches.setdefault(touch.contact_id, []).append(touch)
    return [
        Loss(follow, [t for t in touches.get(follow.contact_id, ()) if _was_before(t, follow)])
        for follow in follows
    ]


def all_losses(found: QuerySet[Follow]) -> Iterator[Loss]:
    """Every loss, newest first, read in chunks, for a download."""
    rows = iter(
        found.select_related("contact", "staff")
        .order_by("-ended_at", "-pk")
        .iterator(chunk_size=_CHUNK)
    )
    while chunk := list(islice(rows, _CHUNK)):
        yield from with_touches(chunk)


def by_day(found: QuerySet[Follow], *, today: date, days: int) -> list[tuple[date, dict[str, int]]]:
    """Losses of each of the last days by kind, oldest first, `today` last. One query."""
    first = today - timedelta(days=days - 1)
    counted: dict[date, dict[str, int]] = {
        first + timedelta(days=number): dict.fromkeys(ENDED, 0) for number in range(days)
    }
    rows = found.filter(ended_at__gte=start_of(first), ended_at__lt=start_of_next(today))
    for day, kind, how_many in _counts(rows.annotate(day=TruncDate("ended_at")), "day", "status"):
        counted[day][kind] = how_many
    return list(counted.items())


def by_staff(found: QuerySet[Follow], *, since: datetime, most: int = 10) -> list[tuple[Any, ...]]:
    """(staff, lost by customers, removed by staff) since a moment, the most losses first."""
    sums: dict[int, dict[str, int]] = {}
    for staff_id, kind, how_many in _counts(
        found.filter(ended_at__gte=since), "staff_id", "status"
    ):
        sums.setdefault(staff_id, dict.fromkeys(ENDED, 0))[kind] = how_many
    top = sorted(sums.items(), key=lambda item: -sum(item[1].values()))[:most]
    names = Staff.objects.in_bulk([staff_id for staff_id, _ in top])
    return [(names[staff_id], *kinds.values()) for staff_id, kinds in top]


def by_channel(
    found: QuerySet[Follow], *, since: datetime, most: int = 10
) -> list[tuple[int, str, int]]:
    """(add way, channel state, losses) since a moment, the most losses first."""
    rows = _counts(found.filter(ended_at__gte=since), "add_way", "state")
    return sorted(rows, key=lambda row: -row[2])[:most]


def removed_by_staff(operator: Operator, *, since: datetime) -> QuerySet[Follow]:
    """Customers that staff removed since a moment (删人), the latest first."""
    return (
        visible_losses(operator)
        .filter(status=Status.DELETED_BY_STAFF, ended_at__gte=since)
        .select_related("contact", "staff")
        .order_by("-ended_at", "-pk")
    )


def known_states(operator: Operator) -> list[str]:
    """Channel states among the visible losses, in order."""
    rows = visible_losses(operator).exclude(state="").order_by("state")
    return list(rows.values_list("state", flat=True).distinct()[:200])


def _counts(rows: QuerySet[Follow, Any], *columns: str) -> list[tuple[Any, ...]]:
    counted = rows.values(*columns).annotate(how_many=Count("pk"))
    return list(counted.values_list(*columns, "how_many").order_by())


def _was_before(touch: Touch, follow: Follow) -> bool:
    ended = follow.ended_at
    return ended is not None and ended - TOUCHED_WITHIN <= touch.at <= ended
