"""How many would receive a broadcast if its audience were fixed at its time (预计发送)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Sum

from broadcasts.models import Broadcast
from broadcasts.selectors.dry_run import dry_run, planned_at
from broadcasts.selectors.group_verdicts import verdicts_on_groups
from groups.models import GroupFacts


def expected(broadcast: Broadcast, *, now: datetime) -> int:
    """Customers, or groups of a broadcast to groups."""
    if broadcast.is_for_groups:
        return len(_groups(broadcast, now=now))
    return dry_run(broadcast, now=now).chosen


def expected_people(broadcast: Broadcast, *, now: datetime) -> int:
    """Customers, or the members of the groups of a broadcast to groups."""
    if not broadcast.is_for_groups:
        return dry_run(broadcast, now=now).chosen
    facts = GroupFacts.objects.filter(pk__in=_groups(broadcast, now=now))
    return facts.aggregate(people=Sum("size"))["people"] or 0


def _groups(broadcast: Broadcast, *, now: datetime) -> list[int]:
    verdicts = verdicts_on_groups(broadcast, now=planned_at(broadcast, now=now))
    return [one.group.pk for one in verdicts if one.is_chosen]
