"""Write down who is about to begin a journey (旅程入口); `journey_runs` lets them in when due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadcasts.models import JourneyRun
from broadcasts.selectors.journey_live import Live

# What comes to light later than this is no news to anybody: it starts nothing.
STALE = timedelta(days=3)


@dataclass(frozen=True)
class Occasion:
    """Something that starts a journey: `key` names it once and for all, `due_at` is when."""

    key: str
    at: datetime
    due_at: datetime
    contact_id: int | None = None
    group_id: int | None = None


def expect(live: Live, occasions: Iterable[Occasion], *, now: datetime) -> int:
    """Write a run for each occasion that is no older than the journey, nor stale; how many.

    An occasion written before is not written again.
    """
    rows = [
        JourneyRun(
            journey_id=live.journey.pk,
            version_id=live.version.pk,
            contact_id=occasion.contact_id,
            group_id=occasion.group_id,
            event_key=occasion.key,
            event_at=occasion.at,
            due_at=occasion.due_at,
        )
        for occasion in occasions
        if occasion.due_at >= live.since
        and occasion.due_at >= now - STALE
        and (occasion.at >= live.since or occasion.due_at > occasion.at)
    ]
    JourneyRun.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2_000)
    return len(rows)
