"""Cards of analytics: on the home page, and the value of one customer on her page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from analytics.board.datasets import growth, lifecycle, revenue
from analytics.board.figures import Figures
from analytics.metrics.churn_reasons import Reason
from analytics.selectors.losses import removed_by_staff
from analytics.selectors.profile import profile
from analytics.selectors.scope import PERMISSION, scope_of
from contacts.models import Contact
from scrm.console.cards import Asked, Card, Place

REASON_WORDS = {
    Reason.UNFRIENDED: _("No staff member is her friend any more."),
    Reason.SILENT: _("No order for longer than most repurchases take."),
    Reason.OVERDUE: _("No order for half as long again as her own usual gap."),
    Reason.ONE_TIME: _("Has bought on one day only."),
}


def _figures(asked: Asked) -> Figures:
    return Figures(scope=scope_of(asked.operator), now=asked.now)


def _ltv(asked: Asked) -> dict[str, Any]:
    figures = _figures(asked)
    mean, trust = figures.expected.mean_fen, figures.trust
    interval = trust.interval(mean) if trust is not None and mean is not None else None
    return {"figures": figures, "interval": interval}


def _plain(asked: Asked) -> dict[str, Any]:
    return {"figures": _figures(asked)}


def _growth(asked: Asked) -> dict[str, Any]:
    figures = _figures(asked)
    return {"figures": figures, "today": figures.growth[-1], "chart": growth(figures)}


def _churn(asked: Asked) -> dict[str, Any]:
    figures = _figures(asked)
    # The last month that is over; the running one would look better than it is.
    return {"figures": figures, "month": figures.unfriend_months[-2]}


def _revenue(asked: Asked) -> dict[str, Any]:
    figures = _figures(asked)
    months = figures.revenue
    return {
        "figures": figures,
        "month": months[-1] if months else None,
        "chart": revenue(figures),
    }


def _lifecycle(asked: Asked) -> dict[str, Any]:
    return {"chart": lifecycle(_figures(asked))}


def _removals(asked: Asked) -> dict[str, Any] | None:
    found = removed_by_staff(asked.operator, since=asked.now - timedelta(days=7))
    removed = found.count()
    return {"removed": removed, "latest": found[:5]} if removed else None


def _value(asked: Asked) -> dict[str, Any]:
    figures = _figures(asked)
    contact = Contact.objects.get(pk=asked.subject_id)
    found = profile(contact, today=figures.today)
    return {"profile": found, "reasons": [REASON_WORDS[reason] for reason in found.reasons]}


CARDS = (
    Card("ltv", Place.HOME, "analytics/cards/ltv.html", _ltv, 10, _("LTV"), PERMISSION),
    Card(
        "repurchase",
        Place.HOME,
        "analytics/cards/repurchase.html",
        _plain,
        20,
        _("Repurchase rate"),
        PERMISSION,
    ),
    Card(
        "growth", Place.HOME, "analytics/cards/growth.html", _growth, 30, _("Friends"), PERMISSION
    ),
    Card(
        "removals",
        Place.HOME,
        "analytics/cards/removals.html",
        _removals,
        42,
        _("Removed by staff"),
        PERMISSION,
    ),
    Card("churn", Place.HOME, "analytics/cards/churn.html", _churn, 40, _("Churn"), PERMISSION),
    Card(
        "revenue",
        Place.HOME,
        "analytics/cards/revenue.html",
        _revenue,
        50,
        _("Revenue"),
        PERMISSION,
        span=6,
    ),
    Card(
        "lifecycle",
        Place.HOME,
        "analytics/cards/lifecycle.html",
        _lifecycle,
        60,
        _("Lifecycle stages"),
        PERMISSION,
        span=6,
    ),
    Card(
        "value",
        Place.CONTACT,
        "analytics/cards/value.html",
        _value,
        30,
        _("Customer value"),
        PERMISSION,
    ),
)
