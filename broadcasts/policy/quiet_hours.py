"""Nothing between evening and morning (免打扰时段), nothing over lunch where the house keeps it (午休),
and nothing on a rest day (休息日).

All hold for every class of touch, service messages too: staff have to confirm a message, and they
rest as well.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from broadcasts.policy.decision import Allow, Decision, Defer, Facts, Reason, Rule
from broadcasts.policy.terms import Terms

# So many nights and rest days in a row are looked through; the settings allow fewer.
_STEPS = 2_000


def is_rest_day(terms: Terms, day: date) -> bool:
    return day.isoweekday() in terms.rest_weekdays or day in terms.rest_dates


def quiet_until(terms: Terms, at: datetime) -> datetime | None:
    """When the silence that `at` lies in ends: of quiet hours, rest days, or several in a row.

    None outside them. Equal times: no quiet hours.
    """
    until = at
    for _day in range(_STEPS):
        ends = _rest_ends(terms, until) or _hours_end(terms, until)
        if ends is None:
            break
        until = ends
    return until if until > at else None


def next_quiet(terms: Terms, at: datetime) -> datetime | None:
    """When the next silence begins after `at`, which lies outside it; None if there is none."""
    local = at.astimezone(terms.zone)
    begins = []
    for quiet_from, _quiet_until in terms.quiet_times:
        start = datetime.combine(local.date(), quiet_from, terms.zone)
        begins.append(start if start >= local else start + timedelta(days=1))
    rest = _next_rest_day(terms, local.date())
    if rest is not None:
        begins.append(datetime.combine(rest, time.min, terms.zone))
    return min(begins, default=None)


def left_of(terms: Terms, start: datetime, end: datetime) -> tuple[datetime, datetime] | None:
    """What the silences leave of a window: it opens when the one it begins in is over, and closes
    for good when the next begins. None when nothing is left.
    """
    opens = quiet_until(terms, start) or start
    closes = min(next_quiet(terms, opens) or end, end)
    return (opens, closes) if opens < closes else None


def is_lunch(terms: Terms, at: datetime) -> bool:
    """Whether `at` lies in the lunch break of this channel."""
    local = at.astimezone(terms.zone).time()
    return terms.keeps_lunch and terms.lunch_from <= local < terms.lunch_until


def longest_opening(terms: Terms) -> timedelta:
    """The longest time between two silences of a day that is no rest day, at most a day."""
    day = datetime(2026, 1, 1, tzinfo=terms.zone)
    awake = replace(terms, rest_weekdays=frozenset(), rest_dates=frozenset())
    ends = [datetime.combine(day, until, terms.zone) for _start, until in awake.quiet_times]
    openings = [end for end in ends if quiet_until(awake, end) is None]
    if not ends:
        return timedelta(days=1)
    closings = [(next_quiet(awake, opens) or opens) - opens for opens in openings]
    return max(closings, default=timedelta())


def quiet_hours(terms: Terms) -> Rule:
    def decide(_facts: Facts, now: datetime) -> Decision:
        until = quiet_until(terms, now)
        if until is None:
            return Allow()
        rests = is_rest_day(terms, now.astimezone(terms.zone).date())
        return Defer(until, Reason.REST_DAY if rests else Reason.QUIET)

    return Rule(Reason.QUIET, decide)


def _hours_end(terms: Terms, at: datetime) -> datetime | None:
    """The end of the night or lunch break that `at` lies in; the later one where they overlap."""
    local = at.astimezone(terms.zone)
    ends = []
    for start, end in terms.quiet_times:
        if _is_quiet(start, end, local.time()):
            wake = datetime.combine(local.date(), end, terms.zone)
            ends.append(wake if wake > local else wake + timedelta(days=1))
    return max(ends, default=None)


def _rest_ends(terms: Terms, at: datetime) -> datetime | None:
    day = at.astimezone(terms.zone).date()
    if not is_rest_day(terms, day):
        return None
    return datetime.combine(day + timedelta(days=1), time.min, terms.zone)


def _next_rest_day(terms: Terms, after: date) -> date | None:
    days = [day for day in terms.rest_dates if day > after]
    week = (after + timedelta(days=step) for step in range(1, 8))
    days += [day for day in week if day.isoweekday() in terms.rest_weekdays]
    return min(days, default=None)


def _is_quiet(start: time, end: time, at: time) -> bool:
    if start <= end:
        return start <= at < end
    return at >= start or at < end
