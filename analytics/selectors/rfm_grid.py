"""The RFM grid (RFM 矩阵): buyers by recency and frequency, with what they brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import (
    Case,
    Count,
    DateField,
    F,
    IntegerField,
    Q,
    Value,
    When,
)

from analytics.metrics.ratios import ratio
from analytics.metrics.rfm import SCORES
from analytics.models import ContactMetrics
from analytics.selectors.expressions import DaysBetween, WholeSum
from analytics.selectors.profile import rfm_cuts
from analytics.selectors.scope import Scope, within


@dataclass(frozen=True)
class Cell:
    """Buyers with these two scores; `p_alive` is their mean, None before the first forecast."""

    recency: int
    frequency: int
    buyers: int
    net_fen: int
    p_alive: float | None
    monetary: float

    @property
    def mean_fen(self) -> float:
        return self.net_fen / self.buyers if self.buyers else 0.0


def grid(scope: Scope, *, today: date) -> list[Cell]:
    """All 25 cells, best first; none before the first cut points. Two queries."""
    cuts = rfm_cuts()
    if cuts is None:
        return []
    idle = DaysBetween(Value(today, output_field=DateField()), F("last_on"))
    rows = within(ContactMetrics.objects.alias(idle=idle), scope)
    counted = {
        (r, f): (buyers, int(net), ratio(alive or 0.0, known), monetary / buyers)
        for r, f, buyers, net, alive, known, monetary in rows.annotate(
            r=score("idle", cuts.recency_days, best_is_low=True),
            f=score("purchase_days", cuts.frequency),
            m=score("net_fen", cuts.monetary),
        )
        .values_list("r", "f")
        .annotate(
            Count("pk"),
            WholeSum("net_fen"),
            WholeSum("p_alive"),
            Count("p_alive"),
            WholeSum("m"),
        )
        .order_by()
    }
    if not counted:
        return []
    best_first = range(SCORES, 0, -1)
    nobody = (0, 0, None, 0.0)
    return [Cell(r, f, *counted.get((r, f), nobody)) for r in best_first for f in best_first]


def score(column: str, cuts: tuple[float, ...], *, best_is_low: bool = False) -> Any:
    """1–5 by how many cut points lie below the value, as everywhere; see `metrics.rfm`."""
    passed = list(enumerate(cuts, start=1))
    points = {number: SCORES - number if best_is_low else 1 + number for number, _cut in passed}
    return Case(
        *(
            When(Q(**{f"{column}__gt": int(cut)}), then=Value(points[number]))
            for number, cut in reversed(passed)
        ),
        default=Value(SCORES if best_is_low else 1),
        output_field=IntegerField(),
    )
