"""The heartbeat of journeys (旅程心跳): find whatever is due by scanning rows, and move it on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from broadcasts.services.journey_compare import compare_due, look_at_dates
from broadcasts.services.journey_enrolments import work_enrolments
from broadcasts.services.journey_feeds import read_feeds
from broadcasts.services.journey_runs import advance_due
from broadcasts.services.journey_sends import close_slots, settle_sends

log = logging.getLogger(__name__)

# Often: what has happened, and who is due.
QUICK: tuple[Callable[..., object], ...] = (read_feeds, work_enrolments, advance_due, close_slots)
# Now and then: what takes a pass over many.
SLOW: tuple[Callable[..., object], ...] = (compare_due, look_at_dates, settle_sends)


def advance(*, now: datetime) -> None:
    """Read on, let in, move on, hand messages over. Safe in several processes at once."""
    _each(QUICK, now=now)


def survey(*, now: datetime) -> None:
    """Compare memberships, look at dates, take in what became of messages."""
    _each(SLOW, now=now)


def _each(steps: tuple[Callable[..., object], ...], *, now: datetime) -> None:
    """One that fails is logged and comes again; it does not keep the others back."""
    for step in steps:
        try:
            step(now=now)
        except Exception:
            log.exception("journeys: %s failed", step.__name__)
