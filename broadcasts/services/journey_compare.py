"""Start journeys by what is so today and was not before (旅程触发): segments, groups, dates.

Who is in a segment is compared with who was in it the last time, in SQL and in one transaction
with the runs that this starts.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from broadcasts.models import Journey, JourneyMember
from broadcasts.policy.journey_definition import CONTACT, Definition
from broadcasts.selectors.journey_live import Live, live_journeys
from broadcasts.services.journey_entries import Occasion, expect
from contacts.models import Contact, ContactFacts, Segment
from contacts.selectors.audiences import audience
from groups.models import GroupChat, GroupFacts, GroupSegment
from groups.selectors.audiences import facts_of, read_group_rule
from scrm.segments.days import business_day
from scrm.segments.fields import read_rule
from scrm.segments.parse import RuleError

log = logging.getLogger(__name__)

COMPARE_EVERY = timedelta(minutes=15)
COMPARED = ("segment_entered", "segment_left", "group_opened", "group_day")
# After a time without a worker, so many missed days of date fields are made up for.
_MISSED_DAYS = 3

# `{picked}` gives the ids that are members now. Both sides are changed by what they differ in.
_COMPARE = """
WITH present AS MATERIALIZED ({picked}),
came AS (
    INSERT INTO broadcasts_journeymember (journey_id, subject_id)
    SELECT %s, present.id FROM present
    WHERE NOT EXISTS (SELECT 1 FROM broadcasts_journeymember member
        WHERE member.journey_id = %s AND member.subject_id = present.id)
    ORDER BY present.id
    RETURNING subject_id
), gone AS (
    DELETE FROM broadcasts_journeymember member
    WHERE member.journey_id = %s AND NOT EXISTS (
        SELECT 1 FROM present WHERE present.id = member.subject_id)
    RETURNING subject_id
)
SELECT subject_id, true FROM came UNION ALL SELECT subject_id, false FROM gone
"""


def start_comparing(*, journey_id: int, definition: Definition, now: datetime) -> None:
    """Take who is a member now as known, and today's dates as seen: they start nothing."""
    JourneyMember.objects.filter(journey_id=journey_id).delete()
    changed: dict[str, Any] = {"dates_until": business_day(now), "compared_at": now}
    if definition.trigger.kind in COMPARED:
        _compare(journey_id, definition, now=now)
    Journey.objects.filter(pk=journey_id).update(**changed)


def compare_due(*, now: datetime) -> int:
    """Compare every journey whose turn it is; how many runs that starts."""
    started = 0
    for live in live_journeys(*COMPARED):
        compared_at = live.journey.compared_at
        is_due = compared_at is None or compared_at <= now - COMPARE_EVERY
        # A day in a group of customers is read from the log of joins.
        if is_due and not (live.trigger.kind == "group_day" and live.journey.subject == CONTACT):
            started += _compare_one(live, now=now)
    return started


def look_at_dates(*, now: datetime) -> int:
    """Start the journeys of birthdays and other days that have come; how many runs.

    Each day is looked through once for each journey, and days that were missed are made up for.
    """
    started = 0
    for live in live_journeys("date_field"):
        with transaction.atomic():
            rows = Journey.objects.select_for_update(skip_locked=True).filter(pk=live.journey.pk)
            journey = rows.first()
            if journey is None:
                continue
            for day in _days_to_look_at(journey.dates_until, business_day(now)):
                started += expect(live, _on_day(live, day), now=now)
            rows.update(dates_until=business_day(now))
    return started


def _compare_one(live: Live, *, now: datetime) -> int:
    with transaction.atomic():
        rows = Journey.objects.select_for_update(skip_locked=True).filter(pk=live.journey.pk)
        journey = rows.first()
        if journey is None:
            return 0
        try:
            with transaction.atomic():
                moves = _compare(journey.pk, live.definition, now=now)
        except (RuleError, Segment.DoesNotExist, GroupSegment.DoesNotExist):
            log.exception("journey %s: its segment cannot be read", journey.pk)
            rows.update(compared_at=now)
            return 0
        number = journey.comparisons + 1
        rows.update(compared_at=now, comparisons=number)
        return expect(live, _occasions(live, moves, number, now=now), now=now)


def _compare(journey_id: int, definition: Definition, *, now: datetime) -> list[tuple[int, bool]]:
    """Bring the known members up to date; answers who came (True) and who went (False)."""
    try:
        sql, parameters = _members(definition, now).query.sql_with_params()
    except EmptyResultSet:
        sql, parameters = "SELECT NULL::bigint AS id WHERE false", ()
    named = f"SELECT picked.id FROM ({sql}) AS picked (id)"  # noqa: S608 - Django's own query
    with connection.cursor() as cursor:
        statement = _COMPARE.format(picked=named)
        cursor.execute(statement, [*parameters, journey_id, journey_id, journey_id])
        return [(subject_id, came) for subject_id, came in cursor.fetchall()]


def _members(definition: Definition, now: datetime) -> QuerySet[Any, Any]:
    trigger = definition.trigger
    if trigger.kind in {"group_opened", "group_day"}:
        groups = GroupChat.objects.filter(dismissed_at__isnull=True).order_by()
        wanted = Q(pk__in=trigger.groups) if trigger.groups else Q()
        return groups.filter(wanted).values("pk")
    if definition.subject == CONTACT:
        rule = read_rule(Segment.objects.get(pk=trigger.segment).rule)
        customers: QuerySet[ContactFacts] = audience(rule, now)
        return customers.order_by().values("pk")
    group_rule = read_group_rule(GroupSegment.objects.get(pk=trigger.segment).rule)
    facts: QuerySet[GroupFacts] = facts_of(group_rule, now)
    return facts.order_by().values("pk")


def _occasions(
    live: Live, moves: list[tuple[int, bool]], number: int, *, now: datetime
) -> Iterator[Occasion]:
    is_wanted = live.trigger.kind != "segment_left"
    ids = [subject_id for subject_id, came in moves if came == is_wanted]
    if live.trigger.kind in {"group_opened", "group_day"}:
        yield from _opened(live, ids)
        return
    for subject_id in ids:
        key = f"segment:{number}:{subject_id}"
        if live.journey.subject == CONTACT:
            yield Occasion(key, now, now, contact_id=subject_id)
        else:
            yield Occasion(key, now, now, group_id=subject_id)


def _opened(live: Live, group_ids: list[int]) -> Iterator[Occasion]:
    """Groups by the day they were opened; one that we learn of late is not new."""
    for group in GroupChat.objects.filter(pk__in=group_ids):
        due_at = group.created_at
        if live.trigger.kind == "group_day":
            day = business_day(group.created_at) + timedelta(days=live.trigger.days - 1)
            at = datetime.combine(day, live.trigger.at, timezone.get_default_timezone())
            due_at = max(due_at, at)
        yield Occasion(f"group:{group.pk}", group.created_at, due_at, group_id=group.pk)


def _days_to_look_at(seen: date | None, today: date) -> list[date]:
    first = max((seen or today) + timedelta(days=1), today - timedelta(days=_MISSED_DAYS))
    return [first + timedelta(days=number) for number in range((today - first).days + 1)]


def _on_day(live: Live, day: date) -> Iterator[Occasion]:
    """Who has the day that lies so many days ahead; on 28 February those of the 29th, too."""
    trigger = live.trigger
    meant = day + timedelta(days=trigger.days)
    value = f"profile__{trigger.field}__value"
    if trigger.is_yearly:
        has_it = Q(**{f"{value}__endswith": f"{meant:-%m-%d}"})
        if (meant.month, meant.day) == (2, 28) and (meant + timedelta(days=1)).month == 3:
            has_it |= Q(**{f"{value}__endswith": "-02-29"})
    else:
        has_it = Q(**{value: meant.isoformat()})
    at = datetime.combine(day, trigger.at, timezone.get_default_timezone())
    for contact_id in Contact.objects.filter(has_it).values_list("pk", flat=True):
        yield Occasion(f"date:{meant.isoformat()}:{contact_id}", at, at, contact_id)
