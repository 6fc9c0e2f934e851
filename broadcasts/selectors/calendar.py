"""A month of touches (触达日历): what was used, what is reserved, where there is room."""

from __future__ import annotations

from calendar import Calendar
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate

from broadcasts.models import Broadcast, BroadcastPlan, Touch, TouchClass
from broadcasts.models.broadcast import RUNNING
from broadcasts.policy.quiet_hours import is_rest_day
from broadcasts.policy.recurrence import due_until
from broadcasts.policy.terms import Terms
from broadcasts.selectors.plans import rhythm_of, visible_plans
from broadcasts.selectors.policy import house_terms
from broadcasts.selectors.progress import visible_broadcasts
from broadcasts.selectors.room import Room, room_of
from broadcasts.selectors.wanted import picked_by
from contacts.models import ContactFacts, Segment
from contacts.selectors.visibility import visible_contacts
from scrm.console.models import Operator

_AHEAD = (Broadcast.State.SCHEDULED, Broadcast.State.FREEZING, *RUNNING)


@dataclass(frozen=True)
class Reservation:
    """A broadcast that will touch customers on a day; `size` is None while it is not known."""

    broadcast: Broadcast
    size: int | None


@dataclass(frozen=True)
class Coming:
    """A time of a recurring broadcast, which is made then and reserves nothing before."""

    plan: BroadcastPlan
    at: datetime


@dataclass(frozen=True)
class Use:
    """What used slots: `number` touches by one broadcast, or by something else than broadcasts.

    `broadcast` is also None when the operator may not see it; then `is_hidden`.
    """

    broadcast: Broadcast | None
    channel: str
    touch_class: str
    number: int
    is_hidden: bool = False


@dataclass(frozen=True)
class Day:
    """One day of the grid. `used` are marketing touches that arrived; `room` is None where it was
    not asked for or lies in the past."""

    day: date
    is_in_month: bool
    is_past: bool
    is_today: bool
    is_rest: bool
    used: int = 0
    room: int | None = None
    reserved: list[Reservation] = field(default_factory=list)
    coming: list[Coming] = field(default_factory=list)


@dataclass(frozen=True)
class Month:
    """`weeks` begin on Monday and reach into the neighbouring months."""

    first: date
    weeks: list[list[Day]]
    terms: Terms
    room: Room | None

    @property
    def days(self) -> list[Day]:
        return [day for week in self.weeks for day in week if day.is_in_month]

    def on(self, day: date) -> Day | None:
        """A day of this month."""
        return next((one for one in self.days if one.day == day), None)

    @property
    def before(self) -> date:
        return (self.first - timedelta(days=1)).replace(day=1)

    @property
    def after(self) -> date:
        return (self.first + timedelta(days=32)).replace(day=1)


def month_of(first: date, operator: Operator, *, segment: Segment | None, now: datetime) -> Month:
    """The month that begins on `first`, as far as the operator may see it.

    Three queries; with a segment a few more, see `room_of`. Raises RuleError for a segment whose
    rule can no longer be read.
    """
    terms = house_terms()
    begins = datetime.combine(first, time.min, terms.zone)
    ends = datetime.combine((first + timedelta(days=32)).replace(day=1), time.min, terms.zone)
    ahead, coming = _ahead(operator, begins, ends), _coming(operator, begins, ends)
    used = _used(operator, segment, begins, ends, now=now)
    room = None
    if segment is not None and ends > now:
        waiting = [one for one in ahead if one.state not in RUNNING]
        private = [one for one in waiting if one.kind == Broadcast.Kind.PRIVATE]
        room = room_of(segment, operator, terms, at=max(now, begins), scheduled=private)
    today = now.astimezone(terms.zone).date()

    def cell(day: date) -> Day:
        is_past = day < today
        return Day(
            day=day,
            is_in_month=day.month == first.month,
            is_past=is_past,
            is_today=day == today,
            is_rest=is_rest_day(terms, day),
            used=used[day],
            room=None if room is None or is_past else room.on(day, terms),
            reserved=[
                _reservation(one, room)
                for one in ahead
                if one.window_start.astimezone(terms.zone).date() == day
            ],
            coming=[one for one in coming if one.at.astimezone(terms.zone).date() == day],
        )

    weeks = Calendar().monthdatescalendar(first.year, first.month)
    return Month(first, [[cell(day) for day in week] for week in weeks], terms, room)


def uses_of(
    month: Month, operator: Operator, *, segment: Segment | None, day: date | None, now: datetime
) -> list[Use]:
    """What used the slots of a day, or of the whole month: by broadcast, the most touches first.
    Together they are what the calendar shows as used. Two queries.
    """
    zone = month.terms.zone
    begins = datetime.combine(day or month.first, time.min, zone)
    ends = datetime.combine(day + timedelta(days=1) if day else month.after, time.min, zone)
    told = (
        _touches(operator, segment, begins, ends, now=now)
        .order_by()
        .values_list("broadcast", "channel", "touch_class")
        .annotate(number=Count("pk"))
    )
    listed = sorted(told, key=lambda row: (-row[3], row[0] or 0))
    named = visible_broadcasts(operator).in_bulk({pk for pk, *_rest in listed if pk})
    channels, classes = dict(Touch.Channel.choices), dict(TouchClass.choices)
    return [
        Use(
            named.get(pk or 0),
            str(channels[channel]),
            str(classes[touch_class]),
            number,
            is_hidden=pk is not None and pk not in named,
        )
        for pk, channel, touch_class, number in listed
    ]


def _ahead(operator: Operator, begins: datetime, ends: datetime) -> list[Broadcast]:
    return list(
        visible_broadcasts(operator)
        .filter(state__in=_AHEAD, window_start__gte=begins, window_start__lt=ends)
        .exclude(touch_class=TouchClass.SERVICE)
        .select_related("segment", "created_by")
        .order_by("window_start", "pk")
    )


def _coming(operator: Operator, begins: datetime, ends: datetime) -> list[Coming]:
    plans = visible_plans(operator).filter(is_active=True, next_at__lt=ends)
    found = [
        Coming(plan, at)
        for plan in plans.exclude(touch_class=TouchClass.SERVICE)
        for at in due_until(rhythm_of(plan), plan.next_at or ends, ends)
        if begins <= at < ends
    ]
    return sorted(found, key=lambda one: (one.at, one.plan.pk))


def _reservation(broadcast: Broadcast, room: Room | None) -> Reservation:
    if broadcast.frozen_at is not None:
        return Reservation(broadcast, broadcast.chosen)
    if room is not None:
        return Reservation(broadcast, room.reserved_by.get(broadcast.pk))
    return Reservation(broadcast, broadcast.segment.size if broadcast.segment else None)


def _used(
    operator: Operator, segment: Segment | None, begins: datetime, ends: datetime, *, now: datetime
) -> Counter[date]:
    touches = _touches(operator, segment, begins, ends, now=now)
    by_day = touches.annotate(day=TruncDate("at")).values("day").annotate(number=Count("pk"))
    return Counter({row["day"]: row["number"] for row in by_day.order_by()})


def _touches(
    operator: Operator, segment: Segment | None, begins: datetime, ends: datetime, *, now: datetime
) -> QuerySet[Touch]:
    """Marketing touches of the segment's customers, or of all whom the operator may see."""
    touches: QuerySet[Touch] = Touch.objects.filter(at__gte=begins, at__lt=ends)
    touches = touches.exclude(touch_class=TouchClass.SERVICE)
    if segment is not None:
        asked = Broadcast(rule=segment.rule, created_by=operator)
        picked = ContactFacts.objects.filter(picked_by(asked, now=now))
        touches = touches.filter(contact_id__in=picked.values("contact_id"))
    elif not operator.sees_everything:
        touches = touches.filter(contact_id__in=visible_contacts(operator).values("pk"))
    return touches
