"""Recurring broadcasts (周期群发), with what they made last."""

from __future__ import annotations

from django.db.models import Count, Max, QuerySet
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from broadcasts.models import BroadcastPlan
from broadcasts.policy.recurrence import Rhythm
from scrm.console.models import Operator

Every = BroadcastPlan.Every
MAY_REPEAT = "broadcasts.add_broadcastplan"


def visible_plans(operator: Operator) -> QuerySet[BroadcastPlan]:
    """As with broadcasts: whoever sees only some customers sees the plans she wrote herself."""
    rows = BroadcastPlan.objects.select_related("segment", "group_segment", "created_by")
    return rows if operator.sees_everything else rows.filter(created_by=operator)


def listed_plans(operator: Operator) -> QuerySet[BroadcastPlan]:
    """With `made` and `last_at`: how many broadcasts came of each, and when the last was due."""
    return visible_plans(operator).annotate(
        made=Count("broadcasts"), last_at=Max("broadcasts__fire_at")
    )


def rhythm_of(plan: BroadcastPlan) -> Rhythm:
    return Rhythm(
        zone=timezone.get_default_timezone(),
        every=plan.every,
        opens=plan.time,
        closes=plan.until,
        weekdays=frozenset(plan.weekdays),
        day=plan.day,
    )


def rhythm_words(plan: BroadcastPlan) -> str:
    """When it goes out, as a person says it."""
    hours = f"{plan.time:%H:%M}–{plan.until:%H:%M}"
    if plan.every == Every.WEEK:
        days = _("、").join(str(WEEKDAYS[number - 1]) for number in sorted(plan.weekdays))
        return _("Every week on %(days)s, %(hours)s") % {"days": days, "hours": hours}
    if plan.every == Every.MONTH:
        return _("Every month on day %(day)s, %(hours)s") % {"day": plan.day, "hours": hours}
    return _("Every day, %(hours)s") % {"hours": hours}
