"""What became of the welcome codes, in lists and figures (欢迎语发送记录)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Aggregate, Count, FloatField, Q, QuerySet

from broadcasts.models import WelcomeDelivery
from contacts.selectors.visibility import visible_staff
from scrm.console.models import Operator

State, Reason = WelcomeDelivery.State, WelcomeDelivery.Reason


@dataclass(frozen=True)
class Missed:
    """So many codes missed for one reason."""

    reason: str
    words: str
    count: int


@dataclass(frozen=True)
class Outcomes:
    """What became of the codes since a moment. Delays in milliseconds from the callback to
    WeCom's yes; None while nothing was sent.
    """

    sent: int
    sending: int
    missed: int
    reasons: list[Missed]
    p50_ms: int | None
    p95_ms: int | None

    @property
    def total(self) -> int:
        return self.sent + self.sending + self.missed


class _Percentile(Aggregate):
    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def visible_deliveries(operator: Operator) -> QuerySet[WelcomeDelivery]:
    """The codes of the staff whose customers the operator may see."""
    found = WelcomeDelivery.objects.select_related("contact", "staff", "welcome")
    if operator.sees_everything:
        return found
    return found.filter(staff__in=visible_staff(operator))


def outcomes(found: QuerySet[WelcomeDelivery], *, since: datetime) -> Outcomes:
    """Two queries over the codes received since then."""
    recent = found.filter(received_at__gte=since).order_by()
    whole = recent.aggregate(
        sent=Count("pk", filter=Q(state=State.SENT)),
        sending=Count("pk", filter=Q(state=State.SENDING)),
        p50=_Percentile("delay_ms", share="0.5"),
        p95=_Percentile("delay_ms", share="0.95"),
    )
    counted = recent.filter(state=State.MISSED).values_list("reason").annotate(n=Count("pk"))
    reasons = [Missed(code, str(Reason(code).label), n) for code, n in counted.order_by("-n")]
    return Outcomes(
        sent=whole["sent"],
        sending=whole["sending"],
        missed=sum(one.count for one in reasons),
        reasons=reasons,
        p50_ms=None if whole["p50"] is None else round(whole["p50"]),
        p95_ms=None if whole["p95"] is None else round(whole["p95"]),
    )


def sent_by_welcome(*, now: datetime, days: int = 30) -> dict[int, int]:
    """How often each welcome was sent in the last days."""
    recent = WelcomeDelivery.objects.filter(
        state=State.SENT, received_at__gte=now - timedelta(days=days)
    )
    counted = recent.order_by().values_list("welcome_id").annotate(n=Count("pk"))
    return {welcome_id: n for welcome_id, n in counted if welcome_id is not None}
