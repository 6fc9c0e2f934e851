"""Which planned messages lose time of their windows to changed silences (静默改动的影响)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from broadcasts.models import Broadcast, BroadcastPlan, Journey
from broadcasts.models.broadcast import FINAL
from broadcasts.policy.journey import next_opening
from broadcasts.policy.journey_definition import Definition, Send, WaitUntil
from broadcasts.policy.journey_slots import slot_of, window_end
from broadcasts.policy.quiet_hours import left_of, next_quiet, quiet_until
from broadcasts.policy.recurrence import due_until
from broadcasts.policy.terms import Terms
from broadcasts.selectors.journey_definitions import BrokenDefinition, definition_of
from broadcasts.selectors.plans import rhythm_of
from broadcasts.selectors.windows import slot_length

# Times of recurring broadcasts are looked at so far ahead.
LOOKED_AHEAD = timedelta(days=31)
# So many of each kind are looked at, the next ones first.
MOST = 500
_STEP = timedelta(minutes=30)
State = Broadcast.State
_GOES_OUT_AFTER = gettext_lazy("What falls into the silence goes out after it.")
_COMES_AGAIN = gettext_lazy("What staff have not confirmed by then comes again the next day.")

Window = tuple[datetime, datetime] | None


@dataclass(frozen=True)
class Cut:
    """One that loses time: `before` and `then` are its window under both rules, "" where none is
    left or no single one could be named. `key` names it for ever.
    """

    key: str
    kind: str
    name: str
    address: str
    before: str
    then: str
    words: str | Promise


def cuts(in_force: Terms, changed: Terms, *, now: datetime) -> list[Cut]:
    """Broadcasts under way and planned, then recurring ones, then journeys. Rules that keep the
    same silences cost no query.
    """
    if _silences(in_force) == _silences(changed):
        return []
    both = (in_force, changed)
    return [*_broadcasts(both, now), *_plans(both, now), *_journeys(both, now)]


def _silences(terms: Terms) -> tuple[object, ...]:
    kinds = (terms.over(kind).quiet_times for kind in Broadcast.Kind.values)
    return (*kinds, terms.rest_weekdays, terms.rest_dates)


def _broadcasts(both: tuple[Terms, Terms], now: datetime) -> Iterator[Cut]:
    rows = Broadcast.objects.filter(window_end__gt=now).exclude(state__in=FINAL)
    for row in rows.order_by("window_start", "pk")[:MOST]:
        before, then = (_left(row, terms.over(row.kind), now) for terms in both)
        if before is not None and _loses(before, then):
            yield Cut(
                key=f"broadcast-{row.pk}",
                kind=_("Broadcast"),
                name=row.name,
                address=row.get_absolute_url(),
                before=_span(before),
                then=_span(then),
                words=_broadcast_words(row, before, then, now),
            )


def _left(row: Broadcast, terms: Terms, now: datetime) -> Window:
    """Once staff have their tasks, the next silence takes them back for good."""
    if not row.is_running:
        return left_of(terms, max(row.window_start, now), row.window_end)
    quiet = now if quiet_until(terms, now) else next_quiet(terms, now)
    return row.window_start, min(quiet or row.window_end, row.window_end)


def _broadcast_words(
    row: Broadcast, before: tuple[datetime, datetime], then: Window, now: datetime
) -> str:
    if row.state in {State.DRAFT, State.REVIEW}:
        return _("Is refused when it is scheduled, until its window is moved.")
    if then is None:
        return _("Nothing is left of its window: it ends without having been sent.")
    if row.is_running and then[1] <= now:
        return _("What staff have not confirmed is taken back at once.")
    if then[0] > before[0]:
        return _("It begins when the silence is over.")
    return _("Staff have less time; what they have not confirmed by then is taken back.")


def _plans(both: tuple[Terms, Terms], now: datetime) -> Iterator[Cut]:
    rows = BroadcastPlan.objects.filter(is_active=True).order_by("next_at", "pk")
    for row in rows[:MOST]:
        rhythm = rhythm_of(row)
        first = row.next_at or now
        times = [(at, rhythm.closes_at(at)) for at in due_until(rhythm, first, now + LOOKED_AHEAD)]
        pairs = [[left_of(terms.over(row.kind), *time) for terms in both] for time in times]
        cut = [(before, then) for before, then in pairs if _loses(before, then)]
        if cut:
            yield Cut(
                key=f"plan-{row.pk}",
                kind=_("Recurring broadcast"),
                name=row.name,
                address=row.get_absolute_url(),
                before=_span(cut[0][0]),
                then=_span(cut[0][1]),
                words=_plan_words(cut, len(times)),
            )


def _plan_words(cut: list[tuple[Window, Window]], times: int) -> str:
    lost = sum(then is None for _before, then in cut)
    figures = {"cut": len(cut), "times": times, "lost": lost}
    if lost:
        words = ngettext(
            "%(cut)d of its next %(times)d times is cut, %(lost)d of them wholly: then nothing is sent.",
            "%(cut)d of its next %(times)d times are cut, %(lost)d of them wholly: then nothing is sent.",
            len(cut),
        )
    else:
        words = ngettext(
            "%(cut)d of its next %(times)d times is cut.",
            "%(cut)d of its next %(times)d times are cut.",
            len(cut),
        )
    return words % figures


def _journeys(both: tuple[Terms, Terms], now: datetime) -> Iterator[Cut]:
    """Steps that wait for a time of day; a journey without one as a whole."""
    grown = {kind for kind in Broadcast.Kind.values if _grows(both, kind, now)}
    rows = Journey.objects.filter(state=Journey.State.ACTIVE).select_related("version")
    for row in rows.order_by("pk")[:MOST]:
        try:
            definition = definition_of(row.version) if row.version else None
        except BrokenDefinition:
            continue
        if definition is None or definition.channel not in grown:
            continue
        if any(isinstance(step, Send) for step in definition.by_id.values()):
            yield from _journey(row, definition, both, now)


def _journey(
    row: Journey, definition: Definition, both: tuple[Terms, Terms], now: datetime
) -> Iterator[Cut]:
    waits = [step for step in definition.by_id.values() if isinstance(step, WaitUntil)]
    told = set()
    for step in waits:
        at = next_opening(step, now, both[0].zone)
        before, then = (_of_slot(terms.over(definition.channel), at) for terms in both)
        # Several steps often wait for the same hours.
        if _loses(before, then) and (before, then) not in told:
            told.add((before, then))
            is_later = then[0] > before[0]
            yield Cut(
                key=f"journey-{row.pk}-{step.id}",
                kind=_("Journey"),
                name=f"{row.name} · {step.title or format(step.at, '%H:%M')}",
                address=row.get_absolute_url(),
                before=_span(before),
                then=_span(then),
                words=_GOES_OUT_AFTER if is_later else _COMES_AGAIN,
            )
    if not waits:
        yield Cut(
            key=f"journey-{row.pk}",
            kind=_("Journey"),
            name=row.name,
            address=row.get_absolute_url(),
            before="",
            then="",
            words=_GOES_OUT_AFTER,
        )


def _of_slot(terms: Terms, at: datetime) -> tuple[datetime, datetime]:
    """From when until when staff may send what somebody came to at that moment."""
    opens = slot_of(terms, at, at, length=slot_length())
    return opens, window_end(terms, opens)


def _grows(both: tuple[Terms, Terms], kind: str, now: datetime) -> bool:
    """Whether anything becomes silent that was not."""
    before, then = (terms.over(kind) for terms in both)
    moments = (now + _STEP * turn for turn in range(LOOKED_AHEAD // _STEP))
    return any(quiet_until(then, at) and not quiet_until(before, at) for at in moments)


def _loses(before: Window, then: Window) -> bool:
    if before is None:
        return False
    return then is None or then[0] > before[0] or then[1] < before[1]


def _span(window: Window) -> str:
    if window is None:
        return ""
    opens, closes = (timezone.localtime(at) for at in window)
    far = "%H:%M" if opens.date() == closes.date() else "%m-%d %H:%M"
    return f"{opens:%Y-%m-%d %H:%M}–{closes:{far}}"
