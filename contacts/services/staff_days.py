"""Read WeCom's daily figures of staff (联系客户统计): one staff member a call, for WeCom adds several up.

Once each morning every staff member who serves customers is asked for the days since the last
reading and the few before, which WeCom still corrects. A kill costs one staff member's call.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from contacts.models import Staff, StaffDay, StaffDayReading
from contacts.services.sync.parallel import raise_if_general
from scrm import wecom
from scrm.segments.days import business_day
from scrm.wecom.maxima import STATISTICS_BACK

log = logging.getLogger(__name__)

# Before that, yesterday may be missing.
MID_MORNING = time(10, 30)
_READ_AGAIN = timedelta(days=3)
_DAY = timedelta(days=1)
_AT_ONCE = 100
_FIGURES = (
    *("chats", "messages", "reply_percentage", "reply_minutes", "negative"),
    *("applications", "new_contacts"),
)


def read_staff_days(*, clock: Callable[[], datetime], until: datetime) -> int:
    """Read what is due until a moment; answers how many staff members were read.

    Stops at an error of WeCom that has nothing to do with one staff member; the next call goes
    on there.
    """
    done = 0
    while clock() < until:
        staff = list(_due(now=clock())[:_AT_ONCE])
        for member in staff:
            if clock() >= until:
                return done
            try:
                _read(member, now=clock())
            except wecom.WeComError as error:
                log.warning("the figures of staff wait: %s", error)
                return done
            done += 1
        if not staff:
            break
    return done


def newest_day(*, now: datetime) -> date:
    """The last day WeCom has figures of."""
    today = business_day(now)
    return today - _DAY if now >= _morning(today) else today - 2 * _DAY


def _morning(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, MID_MORNING), timezone.get_default_timezone())


def _due(*, now: datetime) -> QuerySet[Staff]:
    """Who serves customers and was not asked since the figures of the last day are there."""
    today = business_day(now)
    since = _morning(today if now >= _morning(today) else today - _DAY)
    asked = StaffDayReading.objects.filter(asked_at__gte=since).values("staff")
    serving = Staff.objects.filter(is_following=True).exclude(status=Staff.Status.LEFT)
    return serving.filter(~Q(pk__in=asked)).order_by("pk")


def _read(member: Staff, *, now: datetime) -> None:
    """Raises WeComError when everybody would fail alike; a refusal of this one is kept."""
    known = StaffDayReading.objects.filter(staff=member).first()
    last = newest_day(now=now)
    # A day less than WeCom allows: midnight may pass on the way.
    first = business_day(now) - STATISTICS_BACK + 2 * _DAY
    if known is not None and known.read_to is not None:
        first = max(first, min(known.read_to, last) - _READ_AGAIN)
    error = ""
    told: list[wecom.BehaviourDay] = []
    try:
        told = list(
            wecom.get_gateway().staff_behaviour(userids=[member.userid], start=first, end=last)
        )
    except wecom.Refused as refused:
        raise_if_general(refused)
        error = str(refused.advice)[:300]
    with transaction.atomic():
        StaffDay.objects.bulk_create(
            [_row(member, day) for day in told],
            update_conflicts=True,
            unique_fields=["staff", "day"],
            update_fields=list(_FIGURES),
        )
        read_to = last if not error else known.read_to if known is not None else None
        StaffDayReading.objects.update_or_create(
            staff=member, defaults={"read_to": read_to, "asked_at": now, "error": error}
        )


def _row(member: Staff, told: wecom.BehaviourDay) -> StaffDay:
    return StaffDay(
        staff=member,
        day=told.day,
        chats=told.chats,
        messages=told.messages,
        reply_percentage=told.reply_percentage,
        reply_minutes=told.average_reply_minutes,
        negative=told.negative_feedback,
        applications=told.new_applications,
        new_contacts=told.new_contacts,
    )
