"""Reports of broadcasts too large to be worked out while somebody waits (大群发的效果报告).

The clock measures them in every window that the page offers and keeps the sums; the page says as of
when. What may be said of the sums is worked out when they are read, as with any other report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from analytics.metrics.moments import Moments
from analytics.models import BroadcastEffect
from analytics.selectors.broadcast_report import Arms, Funnel, Report, Span, Worth, report
from broadcasts.models import Broadcast

# So many customers, or groups, are asked about while the reader waits.
LIVE_CUSTOMERS, LIVE_GROUPS = 20_000, 100


def is_large(broadcast: Broadcast) -> bool:
    live = LIVE_GROUPS if broadcast.is_for_groups else LIVE_CUSTOMERS
    return broadcast.chosen + broadcast.held_out > live


def shown_report(broadcast: Broadcast, *, days: int, now: datetime) -> Report | None:
    """Worked out now, or of a large one as measured last; None before that.

    Raises ValueError for a broadcast whose audience was never fixed.
    """
    if not is_large(broadcast):
        return report(broadcast, days=days, now=now)
    effect = BroadcastEffect.objects.filter(broadcast=broadcast).first()
    kept = effect.windows.get(str(days)) if effect is not None else None
    return None if kept is None else _read(broadcast, kept, days=days)


def written(found: Report) -> dict[str, Any]:
    """A report as plain JSON values."""
    span, worth = found.span, found.worth
    return {
        "start": span.start.isoformat(),
        "end": span.end.isoformat(),
        "now": span.now.isoformat(),
        "funnel": asdict(found.funnel),
        "versions": {letter: asdict(one) for letter, one in found.versions.items()},
        "arms": {
            "treated": _sums(found.arms.treated),
            "held": _sums(found.arms.held),
            "by_version": {letter: _sums(of) for letter, of in found.arms.by_version.items()},
            "people": found.arms.people,
            "held_people": found.arms.held_people,
            "cap_fen": found.arms.cap_fen,
        },
        "course": [list(row) for row in found.course],
        "worth": worth and {"treated": asdict(worth.treated), "held": asdict(worth.held)},
    }


def _read(broadcast: Broadcast, kept: Mapping[str, Any], *, days: int) -> Report:
    arms, worth = kept["arms"], kept["worth"]
    start, end, now = (_moment(kept[name]) for name in ("start", "end", "now"))
    return Report(
        broadcast=broadcast,
        span=Span(start, end, now, days),
        funnel=Funnel(**kept["funnel"]),
        versions={letter: Funnel(**one) for letter, one in kept["versions"].items()},
        arms=Arms(
            treated=_moments(arms["treated"]),
            held=_moments(arms["held"]),
            people=arms["people"],
            held_people=arms["held_people"],
            by_version={letter: _moments(of) for letter, of in arms["by_version"].items()},
            cap_fen=arms["cap_fen"],
        ),
        course=[(row[0], row[1], row[2], row[3], row[4]) for row in kept["course"]],
        worth=worth and Worth(Moments(**worth["treated"]), Moments(**worth["held"]), now),
    )


def _sums(of: Mapping[str, Moments]) -> dict[str, Any]:
    return {outcome: asdict(moments) for outcome, moments in of.items()}


def _moments(of: Mapping[str, Any]) -> dict[str, Moments]:
    return {outcome: Moments(**sums) for outcome, sums in of.items()}


def _moment(text: str) -> datetime:
    found = parse_datetime(text)
    if found is None:
        raise ValueError(f"{text!r} is no moment")
    return found
