"""Nothing between evening and morning (免打扰时段)."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from broadcasts.policy.decision import Allow, Decision, Defer, Facts, Reason, Rule
from broadcasts.policy.terms import Terms


def quiet_until(terms: Terms, at: datetime) -> datetime | None:
    """When the quiet hours that `at` lies in end; None outside them. Equal times: no quiet."""
    local = at.astimezone(terms.zone)
    start, end = terms.quiet_from, terms.quiet_until
    if not _is_quiet(start, end, local.time()):
        return None
    wake = datetime.combine(local.date(), end, terms.zone)
    return wake if wake > local else wake + timedelta(days=1)


def next_quiet(terms: Terms, at: datetime) -> datetime | None:
    """When the next quiet hours begin after `at`, which lies outside them; None if there are none."""
    if terms.quiet_from == terms.quiet_until:
        return None
    local = at.astimezone(terms.zone)
    start = datetime.combine(local.date(), terms.quiet_from, terms.zone)
    return start if start >= local else start + timedelta(days=1)


def quiet_hours(terms: Terms) -> Rule:
    def decide(_facts: Facts, now: datetime) -> Decision:
        until = quiet_until(terms, now)
        return Allow() if until is None else Defer(until, Reason.QUIET)

    return Rule(Reason.QUIET, decide)


def _is_quiet(start: time, end: time, at: time) -> bool:
    if start <= end:
        return start <= at < end
    return at >= start or at < end
