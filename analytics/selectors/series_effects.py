"""The recurring broadcasts and journeys of a page, and what is known of each (系列效果)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Q, QuerySet
from django.utils.dateparse import parse_datetime

from analytics.metrics.moments import Moments
from analytics.models import BroadcastCost, SeriesCost, SeriesEffect
from analytics.selectors.broadcast_effects import Return, back_of
from analytics.selectors.broadcast_report import Funnel, Worth
from analytics.selectors.kept_reports import LIVE_CUSTOMERS, LIVE_GROUPS
from analytics.selectors.series_report import (
    DEFAULT_DAYS,
    Compared,
    Sent,
    Series,
    SeriesReport,
    sent_of,
    series_report,
)
from broadcasts.models import BroadcastPlan, Journey
from broadcasts.selectors.plans import visible_plans
from scrm.console.models import Operator


@dataclass(frozen=True)
class Spent:
    """What was entered for the series and for single broadcasts of it; the margin is their mean,
    weighted by the money.
    """

    amount_fen: int
    margin_percent: float


def visible_journeys(operator: Operator) -> QuerySet[Journey]:
    """A journey is for all customers, so its figures are for those who may see all of them."""
    return Journey.objects.all() if operator.sees_everything else Journey.objects.none()


def visible_series(operator: Operator) -> QuerySet[SeriesEffect]:
    """Those measured, with what they are of."""
    mine = Q(plan__in=visible_plans(operator)) | Q(journey__in=visible_journeys(operator))
    return SeriesEffect.objects.filter(mine).select_related("plan", "journey")


def has_sent(operator: Operator) -> bool:
    """Whether any series of this operator ever sent, measured or not. Up to two queries."""
    return (
        visible_plans(operator).filter(broadcasts__frozen_at__isnull=False).exists()
        or visible_journeys(operator)
        .filter(versions__sends__broadcast__frozen_at__isnull=False)
        .exists()
    )


def every_series() -> Iterator[tuple[Series, datetime]]:
    """All that ever sent, and when the newest audience was fixed."""
    rows: list[tuple[QuerySet[BroadcastPlan] | QuerySet[Journey], str]] = [
        (BroadcastPlan.objects.all(), "broadcasts__frozen_at"),
        (Journey.objects.all(), "versions__sends__broadcast__frozen_at"),
    ]
    for found, fixed_at in rows:
        for row in found.annotate(last_at=Max(fixed_at)).filter(last_at__isnull=False):
            yield Series(row), row.last_at


def series_of(effect: SeriesEffect) -> Series:
    row = effect.plan or effect.journey
    if row is None:
        raise ValueError("of neither a plan nor a journey")
    return Series(row)


def spent_on(series: Iterable[Series]) -> dict[Series, Spent]:
    """What was entered for each, those without any entry left out. Two queries."""
    named = {(one.kind, one.row.pk): one for one in series}
    plans = [pk for kind, pk in named if kind == "plan"]
    journeys = [pk for kind, pk in named if kind == "journey"]
    own = SeriesCost.objects.filter(Q(plan__in=plans) | Q(journey__in=journeys))
    journey = "broadcast__journey_send__version__journey"
    single = BroadcastCost.objects.filter(
        Q(broadcast__plan__in=plans) | Q(**{f"{journey}__in": journeys})
    )
    entered: dict[Series, list[tuple[int, int]]] = defaultdict(list)
    for plan, walked, amount, margin in [
        *own.values_list("plan", "journey", "amount_fen", "margin_percent"),
        *single.values_list("broadcast__plan", journey, "amount_fen", "margin_percent"),
    ]:
        key = ("plan", plan) if plan in plans else ("journey", walked)
        entered[named[key]].append((amount, margin))
    found = {}
    for one, costs in entered.items():
        whole = sum(amount for amount, _margin in costs)
        found[one] = Spent(whole, sum(amount * margin for amount, margin in costs) / whole)
    return found


def back_of_series(found: SeriesReport, spent: Spent | None) -> Return | None:
    """The ROI; None without a cost."""
    people, net_fen = found.compared.people, found.funnel.net_fen
    return back_of(spent, found.revenue, people=people, net_fen=net_fen)


def is_large(series: Series, sent: Sent) -> bool:
    """Whether its figures are worked out by the clock, not while somebody waits."""
    return sent.recipients > (LIVE_GROUPS if series.is_for_groups else LIVE_CUSTOMERS)


def shown_series(series: Series, *, days: int, now: datetime) -> SeriesReport | None:
    """Worked out now, or of a large one as measured last; None before that."""
    if not is_large(series, sent_of(series, now=now)):
        return series_report(series, days=days, now=now)
    effect = SeriesEffect.objects.filter(**{series.kind: series.row}).first()
    return None if effect is None else kept(effect, days=days)


def kept(effect: SeriesEffect, *, days: int = DEFAULT_DAYS) -> SeriesReport | None:
    """As measured last; None for a window that was not."""
    found = effect.windows.get(str(days))
    return None if found is None else _read(series_of(effect), found, days, effect.measured_at)


def written(found: SeriesReport) -> dict[str, Any]:
    """A report as plain JSON values."""
    sent, compared, worth = found.sent, asdict(found.compared), found.compared.worth
    return {
        "sent": [
            sent.broadcasts,
            sent.first_at and sent.first_at.isoformat(),
            sent.last_at and sent.last_at.isoformat(),
            sent.recipients,
        ],
        "messages": found.messages,
        "funnel": asdict(found.funnel),
        "parts": {part: asdict(one) for part, one in found.parts.items()},
        "compared": {
            **compared,
            "course": [list(row) for row in found.compared.course],
            "worth": worth and {"treated": asdict(worth.treated), "held": asdict(worth.held)},
        },
    }


def _read(series: Series, kept: Mapping[str, Any], days: int, now: datetime) -> SeriesReport:
    broadcasts, first, last, recipients = kept["sent"]
    compared = kept["compared"]
    # None as well where it was measured before there was such a figure.
    worth = compared.get("worth")
    return SeriesReport(
        series=series,
        days=days,
        now=now,
        sent=Sent(
            broadcasts,
            first and parse_datetime(first),
            last and parse_datetime(last),
            recipients,
        ),
        messages=kept["messages"],
        funnel=Funnel(**kept["funnel"]),
        parts={part: Funnel(**one) for part, one in kept["parts"].items()},
        compared=Compared(
            **{
                **compared,
                "treated": _moments(compared["treated"]),
                "held": _moments(compared["held"]),
                "course": [(row[0], row[1], row[2], row[3], row[4]) for row in compared["course"]],
                "worth": worth
                and Worth(Moments(**worth["treated"]), Moments(**worth["held"]), now),
            }
        ),
    )


def _moments(of: Mapping[str, Any]) -> dict[str, Moments]:
    return {outcome: Moments(**sums) for outcome, sums in of.items()}
