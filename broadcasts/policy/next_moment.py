"""From when one customer may be written to again (下次可触达), by the same terms as the governor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from broadcasts.policy.decision import Facts, Reason
from broadcasts.policy.holdout import is_standing
from broadcasts.policy.quiet_hours import is_rest_day, quiet_until
from broadcasts.policy.terms import Terms


@dataclass(frozen=True)
class NextMoment:
    """`at` is None when no waiting helps; `reasons` are what stands in the way today, in the
    governor's order."""

    at: datetime | None
    reasons: tuple[Reason, ...]


def next_moment(terms: Terms, facts: Facts, now: datetime) -> NextMoment:
    """The first moment at which the rules would allow a light private touch, if nothing else is
    sent until then. The hold-out of a broadcast is left out; the standing one is not.
    """
    never = [
        reason
        for reason, applies in (
            (Reason.NOT_FRIEND, not facts.is_friend),
            (Reason.NO_STAFF, facts.staff_id is None),
            (Reason.DO_NOT_CONTACT, facts.is_do_not_contact),
            (Reason.GLOBAL_HOLDOUT, is_standing(terms, facts.contact_id)),
        )
        if applies
    ]
    waits = [(reason, until) for reason, until in _waits(terms, facts, now) if until > now]
    reasons = (*_silence(terms, now), *never, *(reason for reason, _until in waits))
    if never:
        return NextMoment(None, reasons)
    free = max([now, *(until for _reason, until in waits)])
    return NextMoment(quiet_until(terms, free) or free, reasons)


def _silence(terms: Terms, now: datetime) -> list[Reason]:
    if quiet_until(terms, now) is None:
        return []
    rests = is_rest_day(terms, now.astimezone(terms.zone).date())
    return [Reason.REST_DAY if rests else Reason.QUIET]


def _waits(terms: Terms, facts: Facts, now: datetime) -> list[tuple[Reason, datetime]]:
    """Until when each rule that time alone lifts forbids it."""
    waits = []
    if facts.pause_until is not None:
        waits.append((Reason.PAUSED, facts.pause_until))
    waits += [(reason, _next_month(terms, now)) for reason in _full(terms, facts, now)]
    for reason, last, days in (
        (Reason.GAP, facts.last_touch_at, terms.gap_days),
        (Reason.WHITE_SPACE, facts.last_deep_at, terms.white_days and terms.white_days + 1),
        (Reason.CONFLICT, facts.reserved_until, terms.gap_days),
    ):
        if last is not None and days:
            waits.append((reason, terms.day_start(last, days_back=-days)))
    if facts.quota_used >= terms.quota_limit(now):
        waits.append((Reason.QUOTA, _next_period(terms, now)))
    return waits


def _full(terms: Terms, facts: Facts, now: datetime) -> list[Reason]:
    """The rules of a month that let nothing more through."""
    uses = (
        (Reason.CAP, facts.cap_used, terms.monthly_cap),
        (Reason.CLASS_CAP, facts.class_used, terms.class_cap),
        (Reason.TOTAL_CAP, facts.total_used, terms.total_cap),
        (
            Reason.WHITE_SHARE,
            facts.touched_days,
            terms.touch_days_allowed(now) if terms.white_share else None,
        ),
    )
    return [reason for reason, used, most in uses if most is not None and used >= most]


def _next_month(terms: Terms, now: datetime) -> datetime:
    return terms.month_start(terms.month_start(now) + timedelta(days=32))


def _next_period(terms: Terms, now: datetime) -> datetime:
    if terms.quota == "1_per_day":
        return terms.day_start(now, days_back=-1)
    if terms.quota == "7_per_week":
        return terms.day_start(terms.quota_since(now), days_back=-7)
    return _next_month(terms, now)
