"""Whether groups are alive (群活跃): as far as it can truly be known.

Joins are known of each group. WeCom counts messages by owner and day only, without the chat
archive: that a group had none is sure where none of its owner's groups had one; that it had one,
where on some day all of them had. Everything else is unknown, and called so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Case, CharField, Count, F, Max, Q, QuerySet, Sum, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from groups.models import FigureDay, GroupChat, GroupEvent, OwnerDay
from scrm.segments.days import business_day, start_of

DEFAULT_DAYS = 14

ACTIVE, QUIET, UNKNOWN = "active", "quiet", "unknown"
HEALTH_LABELS: dict[str, str | Promise] = {
    ACTIVE: _("Lively"),
    QUIET: _("Quiet"),
    UNKNOWN: _("Unknown"),
}


@dataclass(frozen=True)
class Writing:
    """What is known of messages since `since` (business days up to yesterday).

    `silent` owners had no message in any group; on `busy` days all groups of the owner had one.
    """

    since: date
    silent: frozenset[int]
    busy: dict[int, date]


def writing(*, now: datetime, days: int = DEFAULT_DAYS) -> Writing:
    """Owners whose groups were surely silent, or surely had messages. Three queries."""
    today = business_day(now)
    since, yesterday = today - timedelta(days=days), today - timedelta(days=1)
    told = set(
        FigureDay.objects.filter(
            day__gte=since, day__lte=yesterday, read_at__isnull=False
        ).values_list("day", flat=True)
    )
    # Yesterday may not be told yet; any other missing day could have had messages.
    is_whole = len(told | {yesterday}) == days and len(told) > 0
    figures = OwnerDay.objects.filter(day__in=told).values("owner")
    silent = (
        figures.annotate(told=Count("pk"), written=Sum("messages"), live=Sum("active_groups"))
        .filter(told=len(told), written=0, live=0)
        .values_list("owner", flat=True)
        if is_whole
        else ()
    )
    busy = (
        figures.filter(groups__gt=0, active_groups__gte=F("groups"))
        .annotate(last=Max("day"))
        .values_list("owner", "last")
    )
    return Writing(since, frozenset(silent), dict(busy))


def with_health(
    groups: QuerySet[GroupChat], *, known: Writing, name: str = "health"
) -> QuerySet[GroupChat]:
    """Each group with `health` (or another name); a dismissed one has none ("")."""
    begin = start_of(known.since)
    moved = GroupEvent.objects.filter(kind=GroupEvent.Kind.OWNER, at__gte=begin).values("group")
    busy = Q()
    by_day: dict[date, list[int]] = {}
    for owner, day in known.busy.items():
        by_day.setdefault(day, []).append(owner)
    for day, owners in by_day.items():
        busy |= Q(owner__in=owners, created_at__lt=start_of(day))
    stays = ~Q(pk__in=moved)
    whens = [
        When(dismissed_at__isnull=False, then=Value("")),
        When(facts__last_joined_at__gte=begin, then=Value(ACTIVE)),
        When(Q(owner__in=known.silent) & stays, then=Value(QUIET)),
    ]
    if by_day:
        whens.append(When(busy & stays, then=Value(ACTIVE)))
    return groups.annotate(**{name: Case(*whens, default=Value(UNKNOWN), output_field=CharField())})


def without_joins(groups: QuerySet[GroupChat], *, now: datetime, days: int) -> QuerySet[GroupChat]:
    """Living groups that nobody joined for so many days (沉默群, as far as joins tell)."""
    begin = start_of(business_day(now) - timedelta(days=days))
    return groups.filter(dismissed_at__isnull=True, created_at__lt=begin).exclude(
        facts__last_joined_at__gte=begin
    )
