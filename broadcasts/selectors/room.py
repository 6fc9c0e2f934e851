"""How many customers of a segment still have room for a touch, day by day (触达额度)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from broadcasts.models import Broadcast
from broadcasts.policy.governor import bindings
from broadcasts.policy.holdout import standing_holdout
from broadcasts.policy.quiet_hours import is_rest_day
from broadcasts.policy.terms import Terms
from broadcasts.selectors.verdicts import facts_of, run
from broadcasts.selectors.wanted import picked_by
from contacts.models import ContactFacts, Segment
from scrm.console.models import Operator
from scrm.segments.parse import RuleError

# So many scheduled broadcasts are counted against the segment one by one.
MOST_COUNTED = 12

# The set-based form of `next_moment`, by days: from which day on a light private touch would be
# allowed if nothing else were sent, for those who are not out of reach or used up this month.
_ROOM = """
, judged AS (
    SELECT cap_used, promised_used,
        NOT is_friend OR staff_id IS NULL OR is_do_not_contact OR {standing} AS is_out,
        cap_used >= %(monthly_cap)s OR class_used >= %(class_cap)s OR total_used >= %(total_cap)s
            OR touched_days >= %(touch_days)s OR quota_used >= %(quota)s AS is_full,
        greatest(
            (pause_until AT TIME ZONE %(zone)s)::date,
            (last_touch_at AT TIME ZONE %(zone)s)::date + %(gap_days)s,
            (reserved_until AT TIME ZONE %(zone)s)::date + %(gap_days)s,
            (last_deep_at AT TIME ZONE %(zone)s)::date + %(white_wait)s,
            %(today)s
        ) AS free_on
    FROM facts OFFSET 0
)
SELECT CASE WHEN is_out OR is_full THEN NULL ELSE free_on END, is_out, count(*),
    sum(cap_used - promised_used), sum(promised_used),
    sum(CASE WHEN is_out OR is_full THEN 0 ELSE %(monthly_cap)s - cap_used END)
FROM judged GROUP BY 1, 2
"""
# Stands for a cap that does not hold.
_NO_CAP = 2_000_000_000


@dataclass(frozen=True)
class Room:
    """The private slots of a segment in one month; all counts are of customers or messages.

    `slots` are those of the customers who can be reached at all: `used` by messages that arrived,
    `promised` to unfinished broadcasts, `reserved` by scheduled ones, the rest `left` or lost to
    other rules. `free_from` says how many customers get room on a day and keep it.
    """

    customers: int
    out_of_reach: int
    used_up: int
    slots: int
    used: int
    promised: int
    left: int
    reserved: int = 0
    reserved_by: dict[int, int] = field(default_factory=dict)
    free_from: dict[date, int] = field(default_factory=dict)

    def on(self, day: date, terms: Terms) -> int:
        """How many customers have room on a day, if nothing else is sent until then."""
        if is_rest_day(terms, day):
            return 0
        return sum(number for since, number in self.free_from.items() if since <= day)


def room_of(
    segment: Segment,
    operator: Operator,
    terms: Terms,
    *,
    at: datetime,
    scheduled: list[Broadcast],
) -> Room:
    """The room of those customers of a segment whom the operator may see, judged for `at`.

    One query over the segment, and one for each of the first scheduled broadcasts. Raises
    RuleError when the rule can no longer be read.
    """
    asked = Broadcast(rule=segment.rule, created_by=operator)
    reserved_by = {
        one.pk: shared
        for one in scheduled[:MOST_COUNTED]
        if (shared := _shared(asked, one, now=at)) is not None
    }
    standing = standing_holdout(terms)
    rows = run(
        facts_of(asked, terms, now=at),
        _ROOM.format(standing=standing.sql),
        **bindings([standing], at),
        **_figures(terms, at),
    )
    reached = sum(number for _day, is_out, number, *_sums in rows if not is_out)
    reserved = sum(reserved_by.values())
    left = sum(int(row[5]) for row in rows)
    return Room(
        customers=sum(row[2] for row in rows),
        out_of_reach=sum(row[2] for row in rows if row[1]),
        used_up=sum(row[2] for row in rows if row[0] is None and not row[1]),
        slots=reached * terms.monthly_cap,
        used=sum(int(row[3]) for row in rows if not row[1]),
        promised=sum(int(row[4]) for row in rows if not row[1]),
        left=max(0, left - reserved),
        reserved=reserved,
        reserved_by=reserved_by,
        free_from={row[0]: row[2] for row in rows if row[0] is not None},
    )


def _figures(terms: Terms, at: datetime) -> dict[str, object]:
    days = terms.touch_days_allowed(at) if terms.white_share else _NO_CAP
    return {
        "monthly_cap": terms.monthly_cap,
        "class_cap": _NO_CAP if terms.class_cap is None else terms.class_cap,
        "total_cap": _NO_CAP if terms.total_cap is None else terms.total_cap,
        "touch_days": days,
        "quota": terms.quota_limit(at),
        "gap_days": terms.gap_days,
        "white_wait": terms.white_days + 1 if terms.white_days else 0,
        "today": at.astimezone(terms.zone).date(),
    }


def _shared(segment: Broadcast, scheduled: Broadcast, *, now: datetime) -> int | None:
    """How many customers both pick; None when the rule of the scheduled one cannot be read."""
    try:
        theirs = picked_by(scheduled, now=now)
    except RuleError:
        return None
    return ContactFacts.objects.filter(picked_by(segment, now=now), theirs).count()
