"""What happened to groups as a whole (群动态)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, QuerySet
from django.db.models.functions import Lower

from contacts.models import Staff
from groups.models import GroupEvent
from groups.selectors.group_list import visible_groups
from scrm.console.models import Operator
from scrm.console.paging import Sort
from scrm.segments.days import start_of, start_of_next

NEWEST_FIRST = Sort("at")
_RECENT = timedelta(days=7)


@dataclass(frozen=True)
class EventsWanted:
    """What the list was asked for; an empty value asks for nothing."""

    kind: str = ""
    at_from: date | None = None
    at_to: date | None = None


@dataclass(frozen=True)
class Change:
    """An event with its sides as people read them: the names of owners."""

    event: GroupEvent
    before: str
    after: str


def visible_events(operator: Operator) -> QuerySet[GroupEvent]:
    """Changes of the groups this operator may see."""
    if operator.sees_everything:
        return GroupEvent.objects.all()
    return GroupEvent.objects.filter(group__in=visible_groups(operator).values("pk"))


def matching_events(events: QuerySet[GroupEvent], wanted: EventsWanted) -> QuerySet[GroupEvent]:
    if wanted.kind:
        events = events.filter(kind=wanted.kind)
    if wanted.at_from:
        events = events.filter(at__gte=start_of(wanted.at_from))
    if wanted.at_to:
        events = events.filter(at__lt=start_of_next(wanted.at_to))
    return events


def changes(events: list[GroupEvent]) -> list[Change]:
    """With the names of the owners; one query."""
    userids = {
        side.lower()
        for event in events
        if event.kind == GroupEvent.Kind.OWNER
        for side in (event.before, event.after)
    }
    names: dict[str, str] = {}
    if userids:
        staff = Staff.objects.alias(key=Lower("userid")).filter(key__in=userids)
        names = {member.userid.lower(): str(member) for member in staff}
    return [
        Change(
            event,
            names.get(event.before.lower(), event.before),
            names.get(event.after.lower(), event.after),
        )
        for event in events
    ]


def recent_changes(operator: Operator, *, now: datetime) -> dict[str, int]:
    """How many groups were dismissed or changed hands in the last seven days, by kind."""
    kinds = (GroupEvent.Kind.DISMISSED, GroupEvent.Kind.OWNER)
    recent = visible_events(operator).filter(at__gte=now - _RECENT, kind__in=kinds)
    found = recent.order_by().values_list("kind").annotate(n=Count("group", distinct=True))
    return dict(found)
