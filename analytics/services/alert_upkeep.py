"""What happens to churn alerts without anybody's hand: they expire, their outcome is noted, staff
are told of the day's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Sum
from django.utils import translation
from django.utils.translation import gettext, ngettext

from analytics.models import ChurnAlert, ChurnAlertRun
from analytics.selectors.alert_settings import alert_settings
from broadcasts.models import OperatorNotice
from contacts.models import Staff
from scrm.console.templatetags.console import yuan
from scrm.segments.days import business_day

OUTCOME_DAYS = 30
# Orders may be imported late; until then the outcome is looked at again.
_SETTLED_DAYS = 60
_NAMED = 5

# The first of the two within 30 days counts; neither is said when they are over.
_OUTCOMES = f"""
WITH seen AS (
    SELECT alert.id, alert.day,
        (SELECT min(sold.paid_on) FROM contacts_order sold
            WHERE sold.contact_id = alert.contact_id AND sold.paid_on >= alert.day
                AND sold.paid_on <= alert.day + {OUTCOME_DAYS} AND sold.paid_at > alert.made_at)
            AS ordered_on,
        (SELECT min((follow.ended_at AT TIME ZONE %(zone)s)::date) FROM contacts_follow follow
            WHERE follow.contact_id = alert.contact_id AND follow.status = 'by_contact'
                AND follow.ended_at > alert.made_at
                AND follow.ended_at < alert.made_at + interval '{OUTCOME_DAYS} days') AS unfriended_on
    FROM analytics_churnalert alert
    WHERE alert.day > %(settled)s AND alert.day <= %(today)s
), found AS (
    SELECT id, CASE
        WHEN ordered_on <= coalesce(unfriended_on, ordered_on) THEN 'ordered'
        WHEN unfriended_on IS NOT NULL THEN 'unfriended'
        WHEN day + {OUTCOME_DAYS} < %(today)s THEN 'neither'
        ELSE '' END AS outcome,
        CASE
        WHEN ordered_on <= coalesce(unfriended_on, ordered_on) THEN ordered_on
        WHEN unfriended_on IS NOT NULL THEN unfriended_on
        WHEN day + {OUTCOME_DAYS} < %(today)s THEN day + {OUTCOME_DAYS} END AS outcome_on
    FROM seen
)
UPDATE analytics_churnalert kept SET outcome = found.outcome, outcome_on = found.outcome_on
FROM found WHERE found.id = kept.id
    AND (kept.outcome, kept.outcome_on) IS DISTINCT FROM (found.outcome, found.outcome_on)
"""  # noqa: S608 – a constant of this module


def record_outcomes(*, now: datetime) -> int:
    """Note what customers did after their alerts; returns how many changed. Safe to repeat."""
    today = business_day(now)
    with connection.cursor() as cursor:
        cursor.execute(
            _OUTCOMES,
            {
                "today": today,
                "settled": today - timedelta(days=_SETTLED_DAYS),
                "zone": settings.TIME_ZONE,
            },
        )
        return int(cursor.rowcount)


def expire_alerts(*, now: datetime) -> int:
    """Close open alerts that nobody took up in time, and those whose customer has ordered or left
    by herself; returns how many.
    """
    oldest = business_day(now) - timedelta(days=alert_settings().open_days)
    with transaction.atomic():
        waiting = ChurnAlert.objects.filter(state=ChurnAlert.State.OPEN)
        ended = {"state": ChurnAlert.State.EXPIRED, "closed_at": now}
        by_herself = waiting.exclude(outcome=ChurnAlert.Outcome.PENDING).update(**ended)
        return by_herself + waiting.filter(day__lte=oldest).update(**ended)


def tell_staff(run: ChurnAlertRun, *, now: datetime) -> int:
    """One app message a staff member with alerts today, in the caller's transaction; the worker of
    notices sends them. Returns how many.
    """
    alerts = ChurnAlert.objects.filter(run=run)
    sums = alerts.values("staff").annotate(number=Count("pk"), loss=Sum("loss_fen"))
    members = Staff.objects.in_bulk([row["staff"] for row in sums])
    names: dict[int, list[str]] = {}
    for staff_id, name in (
        alerts.order_by("-loss_fen", "pk").values_list("staff", "contact__name").iterator()
    ):
        names.setdefault(staff_id, []).append(name)
    notices = []
    with translation.override(settings.LANGUAGE_CODE):
        for row in sums:
            member = members[row["staff"]]
            if member.status != Staff.Status.ACTIVE:
                continue
            notices.append(
                OperatorNotice(
                    receivers=[member.userid],
                    text=_digest(names[member.pk], loss_fen=row["loss"]),
                    created_at=now,
                    next_at=now,
                )
            )
    OperatorNotice.objects.bulk_create(notices)
    return len(notices)


def _digest(names: list[str], *, loss_fen: int) -> str:
    head = ngettext(
        "%(number)d customer may leave today: look after her",
        "%(number)d customers may leave today: look after them",
        len(names),
    ) % {"number": len(names)}
    lines = [name[:30] for name in names[:_NAMED]]
    if len(names) > _NAMED:
        lines.append(gettext("… and %(number)d more") % {"number": len(names) - _NAMED})
    worth = gettext("Expected loss together: %(fen)s") % {"fen": yuan(loss_fen)}
    where = gettext("Reasons and what to do: Service and risk, churn alerts")
    return "\n".join([head, *lines, worth, where])
