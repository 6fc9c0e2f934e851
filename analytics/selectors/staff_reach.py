"""How staff reach their customers (员工触达): messages within the cap, churn alerts and their outcome."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Q

from analytics.metrics.ratios import ratio
from analytics.models import ChurnAlert
from analytics.periods import Period
from broadcasts.models import Touch, TouchClass
from broadcasts.selectors.policy import house_terms

# An alert is a reason to act soon: done later counts as done, not as in time.
IN_TIME_DAYS = 7


@dataclass(frozen=True)
class Reach:
    """One staff member in one period, or several together.

    `touches` are private marketing messages that reached customers, `within` those of them that
    their customer's calendar month had room for. `alerts` were made in the period; the rest of the
    columns are of them: as they stand now, and what the customers did within 30 days.
    """

    touches: int = 0
    within: int = 0
    alerts: int = 0
    open: int = 0
    done: int = 0
    in_time: int = 0
    ordered: int = 0
    unfriended: int = 0
    neither: int = 0

    @property
    def over(self) -> int:
        return self.touches - self.within

    @property
    def within_share(self) -> float | None:
        return ratio(self.within, self.touches)

    @property
    def in_time_share(self) -> float | None:
        """Done within 7 days, of all that are not open any more."""
        return ratio(self.in_time, self.alerts - self.open)

    @property
    def judged(self) -> int:
        """Alerts whose outcome is known."""
        return self.ordered + self.unfriended + self.neither

    @property
    def ordered_share(self) -> float | None:
        return ratio(self.ordered, self.judged)


def together(parts: Iterable[Reach]) -> Reach:
    rows = list(parts)
    return Reach(*(sum(getattr(row, each.name) for row in rows) for each in fields(Reach)))


def staff_reach(period: Period) -> dict[int, Reach]:
    """By staff id, of everybody with either. Three queries; reads every touch of the months."""
    touches, alerts = _touches(period), _alerts(period)
    nothing = (0, 0)
    return {
        pk: Reach(*touches.get(pk, nothing), **alerts.get(pk, {})) for pk in {*touches, *alerts}
    }


_TOUCHES = """
SELECT staff_id, count(*), count(*) FILTER (WHERE place <= %(cap)s)
FROM (
    SELECT staff_id, at, row_number() OVER (
        PARTITION BY contact_id, date_trunc('month', at AT TIME ZONE %(zone)s) ORDER BY at, id
    ) AS place
    FROM broadcasts_touch
    WHERE at >= %(month)s AND at < %(until)s AND channel = %(channel)s AND touch_class <> %(service)s
) numbered
WHERE at >= %(since)s AND staff_id IS NOT NULL
GROUP BY staff_id
"""


def _touches(period: Period) -> dict[int, tuple[int, int]]:
    """(all, within the month's cap): of a customer's messages of a calendar month the first."""
    first_month = Period(period.first_on.replace(day=1), period.last_on)
    with connection.cursor() as cursor:
        cursor.execute(
            _TOUCHES,
            {
                "cap": house_terms().monthly_cap,
                "zone": settings.TIME_ZONE,
                "month": first_month.start,
                "since": period.start,
                "until": period.end,
                "channel": Touch.Channel.PRIVATE.value,
                "service": TouchClass.SERVICE.value,
            },
        )
        return {staff_id: (every, within) for staff_id, every, within in cursor.fetchall()}


def _alerts(period: Period) -> dict[int, dict[str, int]]:
    state, outcome = ChurnAlert.State, ChurnAlert.Outcome
    in_time = Q(state=state.DONE, closed_at__lte=F("made_at") + timedelta(days=IN_TIME_DAYS))
    rows = (
        ChurnAlert.objects.filter(made_at__gte=period.start, made_at__lt=period.end)
        .order_by()
        .values("staff_id")
        .annotate(
            all_alerts=Count("pk"),
            still_open=Count("pk", filter=Q(state=state.OPEN)),
            all_done=Count("pk", filter=Q(state=state.DONE)),
            done_in_time=Count("pk", filter=in_time),
            then_ordered=Count("pk", filter=Q(outcome=outcome.ORDERED)),
            then_unfriended=Count("pk", filter=Q(outcome=outcome.UNFRIENDED)),
            then_neither=Count("pk", filter=Q(outcome=outcome.NEITHER)),
        )
    )
    return {
        row["staff_id"]: {
            "alerts": row["all_alerts"],
            "open": row["still_open"],
            "done": row["all_done"],
            "in_time": row["done_in_time"],
            "ordered": row["then_ordered"],
            "unfriended": row["then_unfriended"],
            "neither": row["then_neither"],
        }
        for row in rows
    }
