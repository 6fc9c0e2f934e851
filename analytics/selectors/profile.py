"""The value of one customer (客户价值), for her page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from analytics.metrics import mbgnbd, rfm
from analytics.metrics.churn_reasons import Found, Signs, reasons
from analytics.metrics.history import History
from analytics.metrics.next_order import next_order
from analytics.metrics.ratios import ratio
from analytics.models import ContactMetrics, RfmCuts
from analytics.selectors.models import models_in_use
from contacts.models import Contact, Relation
from contacts.selectors.lifecycle import lifecycle_settings

# A day more than three years ahead is a guess about another time.
_FAR_DAYS = 3 * 365


@dataclass(frozen=True)
class Scores:
    """RFM, 1–5, 5 is best."""

    recency: int
    frequency: int
    monetary: int


@dataclass(frozen=True)
class NextOrderDays:
    """The days by which 10, 50 and 90 % of customers like her, still active, have ordered again.

    None where that day lies too far ahead to be of use to anybody.
    """

    early: date | None
    middle: date | None
    late: date | None


@dataclass(frozen=True)
class Profile:
    """Sums of a customer with what they mean today; `metrics` is None before her first order."""

    metrics: ContactMetrics | None
    gap_days: int | None
    scores: Scores | None
    reasons: tuple[Found, ...]
    next_order: NextOrderDays | None

    @property
    def order_value_fen(self) -> float | None:
        return ratio(self.metrics.net_fen, self.metrics.orders) if self.metrics else None


def profile(contact: Contact, *, today: date) -> Profile:
    """Four queries."""
    metrics = ContactMetrics.objects.filter(pk=contact.pk).first()
    if metrics is None:
        return Profile(None, None, None, (), None)
    gap = max((today - metrics.last_on).days, 0)
    limits = lifecycle_settings()
    signs = Signs(
        gap_days=gap,
        usual_gap_days=metrics.usual_gap_days,
        purchase_days=metrics.purchase_days,
        silent_after_days=limits.silent_after_days,
        is_friend=contact.relation == Relation.FRIEND,
    )
    return Profile(
        metrics=metrics,
        gap_days=gap,
        scores=_scores(metrics, gap),
        reasons=reasons(signs),
        next_order=_next_order(metrics, today),
    )


def rfm_cuts() -> rfm.CutPoints | None:
    """The stored cut points; None before the first nightly run. One query."""
    kept = RfmCuts.objects.filter(pk=1).first()
    if kept is None:
        return None
    return rfm.CutPoints(
        recency_days=tuple(map(float, kept.recency_days)),
        frequency=tuple(map(float, kept.purchase_days)),
        monetary=tuple(map(float, kept.net_fen)),
    )


def _scores(metrics: ContactMetrics, gap: int) -> Scores | None:
    cuts = rfm_cuts()
    if cuts is None:
        return None
    found = rfm.scores(
        cuts,
        recency_days=[gap],
        frequency=[metrics.purchase_days],
        monetary=[metrics.net_fen],
    )
    return Scores(int(found.recency[0]), int(found.frequency[0]), int(found.monetary[0]))


def _next_order(metrics: ContactMetrics, today: date) -> NextOrderDays | None:
    """None before the first forecast. One query."""
    models = models_in_use() if metrics.predicted_at else None
    if models is None:
        return None
    watched = max((today - metrics.first_on).days, (metrics.last_on - metrics.first_on).days)
    history = History(
        [metrics.purchase_days - 1], [(metrics.last_on - metrics.first_on).days], [watched]
    )
    found = next_order(mbgnbd.MODEL, models[0], history)
    return NextOrderDays(
        *(_ahead(today, float(days[0])) for days in (found.early, found.middle, found.late))
    )


def _ahead(today: date, days: float) -> date | None:
    return today + timedelta(days=ceil(days)) if days <= _FAR_DAYS else None
