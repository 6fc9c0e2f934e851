"""The value of one customer (客户价值), for her page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from analytics.metrics import rfm
from analytics.metrics.churn_reasons import Reason, Signs, reasons
from analytics.metrics.ratios import ratio
from analytics.models import ContactMetrics, RfmCuts
from contacts.models import Contact, Relation
from contacts.selectors.lifecycle import lifecycle_settings


@dataclass(frozen=True)
class Scores:
    """RFM, 1–5, 5 is best."""

    recency: int
    frequency: int
    monetary: int


@dataclass(frozen=True)
class Profile:
    """Sums of a customer with what they mean today; `metrics` is None before her first order."""

    metrics: ContactMetrics | None
    gap_days: int | None
    scores: Scores | None
    reasons: tuple[Reason, ...]
    next_order_on: date | None

    @property
    def order_value_fen(self) -> float | None:
        return ratio(self.metrics.net_fen, self.metrics.orders) if self.metrics else None


def profile(contact: Contact, *, today: date) -> Profile:
    """Three queries."""
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
        next_order_on=_next_order_on(metrics, today),
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


def _next_order_on(metrics: ContactMetrics, today: date) -> date | None:
    """At her expected pace of the coming year; None when less than one order is expected."""
    if metrics.expected_orders is None or metrics.expected_orders < 1:
        return None
    return today + timedelta(days=round(365 / metrics.expected_orders))
