"""Scheduled reports (定时报表): who may see which, when they go, and why one would send nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from analytics.models import ReportFile, ReportPlan, ReportSending
from analytics.selectors.parts import offered_segments
from analytics.selectors.report_contents import contents, titles_of
from broadcasts.policy.recurrence import Rhythm
from contacts.models import Segment, Staff
from contacts.selectors.visibility import visible_staff
from scrm.console.models import Operator
from scrm.outgoing import mail
from scrm.segments.fields import read_rule
from scrm.segments.parse import RuleError

MAY_LOOK, MAY_ADD, MAY_CHANGE = (
    "analytics.view_reportplan",
    "analytics.add_reportplan",
    "analytics.change_reportplan",
)
Every = ReportPlan.Every


def visible_plans(operator: Operator) -> QuerySet[ReportPlan]:
    """Whoever sees only some customers sees her own reports: those of others show more."""
    rows = ReportPlan.objects.filter(removed_at=None).select_related("owner")
    return rows if operator.sees_everything else rows.filter(owner=operator)


def listed_plans(operator: Operator) -> QuerySet[ReportPlan]:
    """With `last_state`, `last_reason` and `last_at` of the newest sending."""
    newest = ReportSending.objects.filter(plan=OuterRef("pk")).order_by("-fire_at", "-pk")
    return (
        visible_plans(operator)
        .prefetch_related("beside")
        .annotate(
            last_state=Subquery(newest.values("state")[:1]),
            last_reason=Subquery(newest.values("reason")[:1]),
            last_at=Subquery(newest.values("fire_at")[:1]),
        )
    )


def visible_files(operator: Operator) -> QuerySet[ReportFile]:
    """Of reports this operator may see, as long as their content is kept."""
    kept = ReportFile.objects.filter(content__isnull=False)
    return kept.filter(sending__plan__in=visible_plans(operator).values("pk"))


def rhythm_of(plan: ReportPlan) -> Rhythm:
    return Rhythm(
        zone=timezone.get_default_timezone(),
        every=plan.every,
        opens=plan.time,
        closes=plan.time,
        weekdays=frozenset([plan.weekday] if plan.weekday else []),
        day=plan.day,
    )


def rhythm_words(plan: ReportPlan) -> str:
    """When it goes out, as a person says it."""
    at = f"{plan.time:%H:%M}"
    if plan.every == Every.WEEK and plan.weekday:
        day = str(WEEKDAYS[plan.weekday - 1])
        return _("Every week on %(days)s, %(hours)s") % {"days": day, "hours": at}
    if plan.every == Every.MONTH:
        return _("Every month on day %(day)s, %(hours)s") % {"day": plan.day, "hours": at}
    return _("Every day, %(hours)s") % {"hours": at}


def receiver_words(plan: ReportPlan) -> list[str]:
    """Names of the staff, or the addresses. At most one query."""
    if plan.channel == ReportPlan.Channel.MAIL:
        return list(plan.addresses)
    names = {one.userid: str(one) for one in Staff.objects.filter(userid__in=plan.userids)}
    return [names.get(userid, userid) for userid in plan.userids]


def obstacle(plan: ReportPlan) -> str:
    """Why it would send nothing as things stand, in words; empty when nothing is in the way."""
    if plan.channel == ReportPlan.Channel.MAIL and not mail.is_set_up():
        return missing_right(plan) or _("No mail server is set (SCRM_MAIL_HOST).")
    return missing_right(plan)


def missing_right(plan: ReportPlan) -> str:
    """What its owner may no longer do or see, in words; saving it anew makes another the owner."""
    owner = plan.owner
    if not owner.is_active:
        return _("%(owner)s, whose figures it shows, may no longer log in.") % {"owner": owner}
    if not owner.has_perm(MAY_ADD):
        return _("%(owner)s, whose figures it shows, may no longer schedule reports.") % {
            "owner": owner
        }
    known = contents()
    gone = [key for key in plan.contents if key not in known]
    if gone:
        return _("It asks for figures that no longer exist: %(names)s.") % {
            "names": ", ".join(gone)
        }
    denied = [key for key in plan.contents if not known[key].is_for(owner)]
    if denied:
        return _("%(owner)s may no longer see: %(names)s.") % {
            "owner": owner,
            "names": _("、").join(titles_of(denied)),
        }
    return wrong_segments(plan.segment_ids, owner)


def compared_segments(plan: ReportPlan) -> list[Segment]:
    """What stands beside all customers. One query."""
    return [row.segment for row in plan.beside.select_related("segment")]


def wrong_segments(numbers: Collection[int], operator: Operator) -> str:
    """Why one of them cannot be compared, in words; empty when all can."""
    found = offered_segments(operator).in_bulk(numbers) if numbers else {}
    if len(found) < len(set(numbers)):
        return _(
            "A segment it compares does not exist any more, or %(operator)s may not see it."
        ) % {"operator": operator}
    for segment in found.values():
        try:
            read_rule(segment.rule)
        except RuleError as error:
            return f"{segment.name}: {error}"
    return ""


def possible_receivers(operator: Operator) -> QuerySet[Staff]:
    """Active staff of the departments this operator sees."""
    return visible_staff(operator).filter(status=Staff.Status.ACTIVE).order_by("name", "pk")


def unknown_userids(userids: Sequence[str]) -> list[str]:
    """Those who are no active staff."""
    active = Staff.objects.filter(userid__in=userids, status=Staff.Status.ACTIVE)
    known = set(active.values_list("userid", flat=True))
    return [userid for userid in userids if userid not in known]
