"""When a broadcast may be worked on: inside its window and outside the quiet hours (发送时段)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from broadcasts.models import Broadcast
from broadcasts.models.broadcast import RUNNING
from broadcasts.policy.quiet_hours import left_of, quiet_until
from broadcasts.policy.terms import Terms


def is_open(broadcast: Broadcast, terms: Terms, *, now: datetime) -> bool:
    inside = broadcast.window_start <= now < broadcast.window_end
    return inside and quiet_until(terms.over(broadcast.kind), now) is None


@dataclass(frozen=True)
class CutWindow:
    """What house rules made after a window was chosen leave of it; None each when it is nothing."""

    opens: datetime | None
    closes: datetime | None


def cut_window(terms: Terms, start: datetime, end: datetime) -> CutWindow | None:
    """None for a window that the rules leave whole."""
    left = left_of(terms, start, end)
    return None if left == (start, end) else CutWindow(*(left or (None, None)))


def quiet_kinds(terms: Terms, *, now: datetime) -> list[str]:
    """The kinds of broadcasts that keep silent now: at lunch perhaps one, at night all."""
    return [
        kind for kind in Broadcast.Kind.values if quiet_until(terms.over(kind), now) is not None
    ]


def slot_length() -> timedelta:
    """How long a message collects those who come to its step."""
    return timedelta(minutes=settings.JOURNEY_SLOT_MINUTES)


def due_to_open(now: datetime) -> QuerySet[Broadcast]:
    """Those whose window has opened, and those a crash left half-way into it.

    A paused one stays as it is until its window has passed, which ends it.
    """
    return Broadcast.objects.filter(
        Q(state=Broadcast.State.SCHEDULED, window_start__lte=now)
        | Q(state=Broadcast.State.FREEZING),
        Q(paused_at=None) | Q(window_end__lte=now),
    ).order_by("window_start", "pk")


def due_to_close(now: datetime, terms: Terms) -> QuerySet[Broadcast]:
    """Those with unfinished batches that staff may no longer send.

    Quiet hours close whatever runs: WeCom would let staff confirm at midnight.
    """
    over = Q(window_end__lte=now) | Q(state=Broadcast.State.STOPPED)
    over |= Q(state__in=RUNNING, kind__in=quiet_kinds(terms, now=now))
    return (
        Broadcast.objects.filter(over, state__in=(*RUNNING, Broadcast.State.STOPPED))
        .filter(batches__is_final=False)
        .distinct()
        .order_by("pk")
    )
