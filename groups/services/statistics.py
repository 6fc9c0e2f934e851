"""Read WeCom's statistics of groups (群聊数据统计), a day at a time, a hundred owners a call.

A row for each day owns the work: a page of owners and how far the day is read are written in one
transaction, so a kill costs a page. Two who read the same page write the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from contacts.models import Staff
from contacts.services.sync.parallel import raise_if_general
from groups.models import FigureDay, OwnerDay
from scrm import wecom
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.jobs import enqueue_on_commit
from scrm.segments.days import business_day
from scrm.wecom.maxima import OWNERS_PER_CALL, STATISTICS_BACK

log = logging.getLogger(__name__)

# Before that, yesterday may be missing.
MID_MORNING = time(10, 30)
# WeCom corrects the last days; they are read once more each day.
_READ_AGAIN = timedelta(days=3)
_DAY = timedelta(days=1)
_FIGURES = (
    "new_groups",
    "groups",
    "active_groups",
    "new_members",
    "members",
    "active_members",
    "messages",
)


def read_figures(*, clock: Callable[[], datetime], until: datetime) -> int:
    """Read due days, the latest first, until none is left or the time is up; answers how many.

    Stops at an error of WeCom, which the day keeps to be shown; the next call goes on there.
    """
    done = 0
    while clock() < until and (day := due_day(now=clock())):
        try:
            if not _read_day(day, clock=clock, until=until):
                break
        except wecom.WeComError as error:
            log.warning("the group figures of %s wait: %s", day, error)
            FigureDay.objects.filter(day=day).update(read_at=None, error=str(error.advice))
            break
        done += 1
    return done


def due_day(*, now: datetime) -> date | None:
    """The latest day that WeCom has figures of and we have not, or have from before today.

    Nothing is due as long as no group has an owner we know.
    """
    today = business_day(now)
    morning = timezone.make_aware(
        datetime.combine(today, MID_MORNING), timezone.get_default_timezone()
    )
    is_told = now >= morning
    if not _owners().exists():
        return None
    read = dict(
        FigureDay.objects.filter(
            day__gte=today - STATISTICS_BACK, read_at__isnull=False
        ).values_list("day", "read_at")
    )
    day = today - _DAY if is_told else today - 2 * _DAY
    # A day less than WeCom allows: midnight may pass while we read.
    while day > today - STATISTICS_BACK:
        read_at = read.get(day)
        is_recent = is_told and day >= today - _READ_AGAIN
        if read_at is None or (is_recent and read_at < morning):
            return day
        day -= _DAY
    return None


def order_reading(*, operator: Operator, now: datetime) -> None:
    """An operator wants the figures of the last days read again, now."""
    recent = business_day(now) - _READ_AGAIN
    with transaction.atomic():
        FigureDay.objects.filter(day__gte=recent).update(read_at=None, after=0, error="")
        record_act(action="group.read_figures", operator=operator, now=now)
        enqueue_on_commit("groups.read_figures")


def _owners() -> QuerySet[Staff]:
    """Who owns groups, or has figures from when they did."""
    return Staff.objects.filter(
        Q(pk__in=Staff.objects.filter(owned_groups__isnull=False).values("pk"))
        | Q(pk__in=OwnerDay.objects.values("owner"))
    )


def _read_day(day: date, *, clock: Callable[[], datetime], until: datetime) -> bool:
    """Go on with a day; whether its end was reached."""
    row, _is_new = FigureDay.objects.get_or_create(day=day)
    after = row.after
    while clock() < until:
        page = _owners().filter(pk__gt=after).order_by("pk").values_list("pk", "userid")
        owners = {userid: pk for pk, userid in page[:OWNERS_PER_CALL]}
        told = _told(list(owners), day)
        is_end = len(owners) < OWNERS_PER_CALL
        following = 0 if is_end else max(owners.values())
        with transaction.atomic():
            place = FigureDay.objects.filter(pk=row.pk, after=after)
            if not place.update(
                after=following, error="", read_at=clock() if is_end else row.read_at
            ):
                return False  # somebody else reads this day, and is further
            _write(day, owners, told)
        if is_end:
            return True
        after = following
    return False


def _told(userids: Sequence[str], day: date) -> list[wecom.OwnerFigures]:
    """What WeCom tells of these owners; who is refused alone is left out."""
    if not userids:
        return []
    try:
        return list(wecom.get_gateway().group_figures(owners=userids, start=day, end=day))
    except wecom.Refused as error:
        raise_if_general(error)
        middle = len(userids) // 2
        if not middle:
            log.info("no group figures of %s: %s", userids[0], error)
            return []
        return _told(userids[:middle], day) + _told(userids[middle:], day)


def _write(day: date, owners: Mapping[str, int], told: Sequence[wecom.OwnerFigures]) -> None:
    """Owners that WeCom leaves out had no group on that day."""
    ids = {userid.lower(): pk for userid, pk in owners.items()}
    rows = {
        ids[figures.owner.lower()]: {name: getattr(figures.figures, name) for name in _FIGURES}
        for figures in told
        if figures.owner.lower() in ids
    }
    OwnerDay.objects.filter(day=day, owner__in=ids.values()).exclude(owner__in=rows).delete()
    OwnerDay.objects.bulk_create(
        [OwnerDay(owner_id=pk, day=day, **figures) for pk, figures in rows.items()],
        update_conflicts=True,
        unique_fields=["owner", "day"],
        update_fields=list(_FIGURES),
    )
