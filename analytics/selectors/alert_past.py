"""The customers as they stood on a past day (回测快照), and what they did afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from analytics.metrics.arrays import Flags, Floats, Whole
from analytics.metrics.churn import Thresholds, thresholds
from analytics.metrics.history import History
from analytics.metrics.unfriend_hazard import WINDOW_DAYS
from analytics.selectors import columns
from analytics.selectors.unfriend_risk import RELATIONS, relation_bindings
from scrm.segments.days import start_of_next

_NAMES = (
    *("contact_id", "repeats", "span", "age", "idle", "repeat_fen", "year_fen", "later"),
    *("staff", "relation_days", "touches", "is_answered", "has_unfriended"),
)

# What was given back after the day (entries below 0) was not known then and is put back.
_BUYERS = f"""
WITH later_refund AS (
    SELECT order_id, sum(amount_fen)::float8 AS fen FROM contacts_orderentry
    WHERE kind = 'refund' AND happened_on > %(on)s GROUP BY order_id
), daily AS (
    SELECT contact_id, paid_on,
        sum((amount_fen - refunded_fen)::float8 - coalesce(later_refund.fen, 0)) AS fen,
        row_number() OVER (PARTITION BY contact_id ORDER BY paid_on) AS nth
    FROM contacts_order sold LEFT JOIN later_refund ON later_refund.order_id = sold.id
    WHERE contact_id IS NOT NULL AND paid_on <= %(end)s
    GROUP BY contact_id, paid_on
), buyers AS (
    SELECT contact_id, count(*) FILTER (WHERE paid_on <= %(on)s) - 1 AS repeats,
        max(paid_on) FILTER (WHERE paid_on <= %(on)s) - min(paid_on) AS span,
        %(on)s::date - min(paid_on) AS age,
        %(on)s::date - max(paid_on) FILTER (WHERE paid_on <= %(on)s) AS idle,
        coalesce(sum(fen) FILTER (WHERE paid_on <= %(on)s AND nth > 1), 0) AS repeat_fen,
        coalesce(sum(fen) FILTER (WHERE paid_on <= %(on)s AND paid_on > %(year_ago)s), 0)
            AS year_fen,
        count(*) FILTER (WHERE paid_on > %(on)s) AS later
    FROM daily GROUP BY contact_id HAVING min(paid_on) <= %(on)s
), held AS (
    SELECT DISTINCT ON (contact_id) contact_id, staff_id FROM contacts_follow
    WHERE added_at <= %(at)s AND (ended_at IS NULL OR ended_at > %(at)s)
    ORDER BY contact_id, added_at DESC, id DESC
)
SELECT buyers.contact_id, repeats::int8, span::int8, age::int8, idle::int8, repeat_fen::int8,
    year_fen::int8, later::int8, coalesce(held.staff_id, 0)::int8,
    coalesce(relation.age_days, 0)::int8, coalesce(relation.touches, 0)::int8,
    coalesce(relation.is_answered, true)::int::int8, coalesce(relation.is_left, false)::int::int8
FROM buyers
LEFT JOIN held ON held.contact_id = buyers.contact_id
LEFT JOIN ({RELATIONS}) relation ON relation.contact_id = buyers.contact_id
ORDER BY buyers.contact_id
"""  # noqa: S608 – a constant of this package

_GAPS = """
SELECT gap::int8, count(*)::int8 FROM (
    SELECT paid_on - lag(paid_on) OVER (PARTITION BY contact_id ORDER BY paid_on) AS gap
    FROM (
        SELECT DISTINCT contact_id, paid_on FROM contacts_order
        WHERE contact_id IS NOT NULL AND paid_on <= %(on)s
    ) days
) gaps WHERE gap IS NOT NULL GROUP BY gap
"""


@dataclass(frozen=True)
class Snapshot:
    """One entry a buyer known on the day; times in days, money in fen, net of the
    refunds of that day and before.

    `staff` is 0 for who was no friend then. `ordered_later` says whether she bought within the
    horizon, `has_unfriended` whether she ended a relation within 30 days.
    """

    history: History
    repeat_mean: Floats
    idle: Whole
    year_fen: Floats
    staff: Whole
    relation_days: Whole
    touches: Whole
    is_answered: Flags
    ordered_later: Flags
    has_unfriended: Flags

    @property
    def usual(self) -> Floats:
        """Mean days between purchase days, NaN for one-time buyers."""
        x, span, _ = self.history.arrays()
        return np.divide(span, x, out=np.full_like(span, np.nan), where=x > 0)


def end_of(day: date) -> datetime:
    """The last moment of a business day."""
    return start_of_next(day) - timedelta(microseconds=1)


def snapshot(day: date, *, horizon_days: int) -> Snapshot:
    """What was known at the end of `day`, and what followed. Reads the whole ledger once."""
    at = end_of(day)
    bindings: dict[str, Any] = {
        **relation_bindings(at, at + timedelta(days=WINDOW_DAYS)),
        "end": day + timedelta(days=horizon_days),
        "year_ago": day - timedelta(days=365),
    }
    found = columns.read(_BUYERS, _NAMES, bindings)
    repeats = found["repeats"]
    return Snapshot(
        history=History(
            x=repeats.astype(np.float64),
            t_x=found["span"].astype(np.float64),
            T=found["age"].astype(np.float64),
        ),
        repeat_mean=found["repeat_fen"] / np.maximum(repeats, 1),
        idle=found["idle"],
        year_fen=found["year_fen"].astype(np.float64),
        staff=found["staff"],
        relation_days=found["relation_days"],
        touches=found["touches"],
        is_answered=found["is_answered"] > 0,
        ordered_later=found["later"] > 0,
        has_unfriended=found["has_unfriended"] > 0,
    )


def thresholds_at(day: date) -> Thresholds:
    """Silent and lost as the gaps known on `day` would have taught them."""
    found = columns.read(_GAPS, ("gap", "number"), {"on": day})
    return thresholds(np.repeat(found["gap"], found["number"]))
