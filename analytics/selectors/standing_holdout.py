"""Marketing as a whole, against the standing hold-out that hears none of it (全局对照组)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from analytics.metrics.moments import Moments
from analytics.metrics.uplift import Uplift, uplift
from analytics.models import StandingEffect
from analytics.selectors import effect_sql as sql
from analytics.selectors.broadcast_report import (
    CHOSEN,
    EARLIER,
    HELD,
    OUTCOMES,
    Span,
    asked,
    moments_of,
)
from analytics.selectors.kept_reports import LIVE_CUSTOMERS
from broadcasts.policy.holdout import bucket_sql
from broadcasts.selectors.policy import policy_settings
from contacts.models import Contact
from scrm.segments.days import business_day

PERIODS = (30, 90, 365)


@dataclass(frozen=True)
class WholeEffect:
    """What marketing added from `start` to `end`, per customer and for all who heard it; `treated`
    and `held` are the sums of both arms by outcome.
    """

    start: datetime
    end: datetime
    drawn_at: datetime
    percent: int
    people: int
    cap_fen: int
    treated: Mapping[str, Moments]
    held: Mapping[str, Moments]

    @cached_property
    def revenue(self) -> Uplift:
        return uplift(self.treated["revenue"], self.held["revenue"])

    @cached_property
    def orders(self) -> Uplift:
        return uplift(self.treated["orders"], self.held["orders"])


def standing_since() -> datetime | None:
    """When the standing hold-out was drawn; None while there is none."""
    rules = policy_settings()
    return rules.standing_since if rules.standing_percent else None


def is_large_shop() -> bool:
    """More customers than a page counts while the reader waits."""
    return Contact.objects.values("pk")[: LIVE_CUSTOMERS + 1].count() > LIVE_CUSTOMERS


def shown_whole_effect(*, days: int, now: datetime) -> WholeEffect | None:
    """Counted now, or of many customers as the clock measured it last; None before that, or
    without a standing hold-out.
    """
    if not is_large_shop():
        return whole_effect(days=days, now=now)
    rules = policy_settings()
    if rules.standing_since is None or not rules.standing_percent:
        return None
    kept = StandingEffect.objects.filter(days=days, drawn_at=rules.standing_since).first()
    if kept is None:
        return None
    return WholeEffect(
        start=kept.start_at,
        end=kept.measured_at,
        drawn_at=kept.drawn_at,
        percent=rules.standing_percent,
        people=kept.people,
        cap_fen=kept.cap_fen,
        treated={name: Moments(**sums) for name, sums in kept.sums["treated"].items()},
        held={name: Moments(**sums) for name, sums in kept.sums["held"].items()},
    )


def whole_effect(*, days: int, now: datetime) -> WholeEffect | None:
    """Of the last `days`, not from before the draw; None while there is no standing hold-out.

    Customers who were there at the start count; the covariate is what they spent before the draw.
    Two statements.
    """
    rules = policy_settings()
    if not rules.standing_percent or rules.standing_since is None:
        return None
    drawn = rules.standing_since
    start = max(drawn, now - timedelta(days=days))
    held = f"{bucket_sql(rules.standing_salt, 'c.id')} < %(percent)s"
    span = Span(start, max(now, start + timedelta(seconds=1)), now, days)
    bindings = {
        **span.bindings(),
        "percent": rules.standing_percent,
        "before": drawn,
        "since": drawn - EARLIER,
        "since_day": business_day(drawn - EARLIER),
    }
    sizes = dict(asked(sql.STANDING_SIZES.format(held=held), bindings))
    rows = asked(sql.STANDING.format(held=held), bindings)
    arms = {arm: dict.fromkeys(OUTCOMES, Moments()) for arm in (CHOSEN, HELD)}
    for row in rows:
        arms[row[0]] = moments_of(row)
    among = {
        arm: {name: sums.among(sizes.get(arm, 0)) for name, sums in of.items()}
        for arm, of in arms.items()
    }
    return WholeEffect(
        start=start,
        end=now,
        drawn_at=drawn,
        percent=rules.standing_percent,
        people=sizes.get(CHOSEN, 0),
        cap_fen=max((int(row[7]) for row in rows), default=0),
        treated=among[CHOSEN],
        held=among[HELD],
    )
