"""From when one customer may be written to again (下次可触达), by the same terms as the governor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from broadcasts.policy.decision import Facts, Reason
from broadcasts.policy.quiet_hours import quiet_until
from broadcasts.policy.terms import Terms


@dataclass(frozen=True)
class NextMoment:
    """`at` is None when no waiting helps; `reasons` are what stands in the way today, in the
    governor's order."""

    at: datetime | None
    reasons: tuple[Reason, ...]


def next_moment(terms: Terms, facts: Facts, now: datetime) -> NextMoment:
    """The first moment at which the rules would allow a light private touch, if nothing else is
    sent until then. Hold-outs belong to a broadcast and are left out.
    """
    never = [
        reason
        for reason, applies in (
            (Reason.NOT_FRIEND, not facts.is_friend),
            (Reason.NO_STAFF, facts.staff_id is None),
            (Reason.DO_NOT_CONTACT, facts.is_do_not_contact),
        )
        if applies
    ]
    waits = [(reason, until) for reason, until in _waits(terms, facts, now) if until > now]
    quiet = quiet_until(terms, now)
    reasons = (*([Reason.QUIET] if quiet else []), *never, *(reason for reason, _until in waits))
    if never:
        return NextMoment(None, reasons)
    free = max([now, *(until for _reason, until in waits)])
    return NextMoment(quiet_until(terms, free) or free, reasons)


def _waits(terms: Terms, facts: Facts, now: datetime) -> list[tuple[Reason, datetime]]:
    """Until when each rule that time alone lifts forbids it."""
    waits = []
    if facts.pause_until is not None:
        waits.append((Reason.PAUSED, facts.pause_until))
    if facts.cap_used >= terms.monthly_cap:
        waits.append((Reason.CAP, _next_month(terms, now)))
    for reason, last in (
        (Reason.GAP, facts.last_touch_at),
        (Reason.CONFLICT, facts.reserved_until),
    ):
        if last is not None:
            waits.append((reason, terms.day_start(last, days_back=-terms.gap_days)))
    if facts.quota_used >= terms.quota_limit(now):
        waits.append((Reason.QUOTA, _next_period(terms, now)))
    return waits


def _next_month(terms: Terms, now: datetime) -> datetime:
    return terms.month_start(terms.month_start(now) + timedelta(days=32))


def _next_period(terms: Terms, now: datetime) -> datetime:
    if terms.quota == "1_per_day":
        return terms.day_start(now, days_back=-1)
    if terms.quota == "7_per_week":
        return terms.day_start(terms.quota_since(now), days_back=-7)
    return _next_month(terms, now)
