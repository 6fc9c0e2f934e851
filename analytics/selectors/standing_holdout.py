"""Marketing as a whole, against the standing hold-out that hears none of it (全局对照组)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from analytics.metrics.moments import Moments
from analytics.metrics.uplift import Uplift, uplift
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
from broadcasts.policy.holdout import bucket_sql
from broadcasts.selectors.policy import policy_settings
from scrm.segments.days import business_day

PERIODS = (30, 90, 365)


@dataclass(frozen=True)
class WholeEffect:
    """What marketing added from `start` to `end`, per customer and for all who heard it."""

    start: datetime
    end: datetime
    percent: int
    revenue: Uplift
    orders: Uplift
    people: int
    cap_fen: int


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
    found = {
        name: uplift(
            arms[CHOSEN][name].among(sizes.get(CHOSEN, 0)),
            arms[HELD][name].among(sizes.get(HELD, 0)),
        )
        for name in OUTCOMES
    }
    return WholeEffect(
        start=start,
        end=now,
        percent=rules.standing_percent,
        revenue=found["revenue"],
        orders=found["orders"],
        people=sizes.get(CHOSEN, 0),
        cap_fen=max((int(row[7]) for row in rows), default=0),
    )
