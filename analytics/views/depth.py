"""Figures in depth that are worked out at night: customer equity, leaving, the product ladder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.board import ladder, leaving, worth
from analytics.metrics.customer_equity import Equity
from analytics.selectors.models import trust
from analytics.selectors.night import Kept, night_figure
from analytics.selectors.scope import PERMISSION, scope_of
from analytics.selectors.value_settings import value_settings
from scrm.console.datasets import Dataset
from scrm.console.downloads import DatasetDownload, Datasets
from scrm.console.views import ConsolePage, operator_of


class NightPage(ConsolePage):
    """A page over one nightly figure; who may see only some customers gets it of those."""

    permission = PERMISSION
    figure = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kept = _kept(self.request, self.figure)
        return super().get_context_data(kept=kept, **self.shown(kept), **kwargs)

    def shown(self, kept: Kept, /) -> dict[str, Any]:
        """What the page says of it."""
        raise NotImplementedError


class CustomerEquity(NightPage):
    """What today's customers should bring, what the LTV is made of, who brings it (客户资产)."""

    template_name = "analytics/equity.html"
    page_title: str | Promise = _("Customer equity")
    figure = "worth"

    def shown(self, kept: Kept, /) -> dict[str, Any]:
        settings = value_settings()
        split = worth.split(kept.found, settings)
        referral = _kept(self.request, "referral").found
        return {
            "equity": _equity(kept),
            "split": split,
            "factors": worth.factor_rows(split) if split else [],
            "best_fifth": worth.best_fifth(kept.found),
            "gini": (kept.found.get("concentration") or {}).get("gini"),
            "newcomer": _whole(kept.found.get("newcomer")),
            "soon": kept.found.get("soon", []),
            "settings": settings,
            "charts": [make(kept.found, settings) for make in worth.CHARTS.values()],
            "referral": worth.last_referral(referral),
            "referral_course": worth.referral_course(referral),
        }


class Leaving(NightPage):
    """When and with whom customers unfriend, who stops buying each month (流失分析)."""

    template_name = "analytics/leaving.html"
    page_title: str | Promise = _("Churn in depth")
    figure = "leaving"

    def shown(self, kept: Kept, /) -> dict[str, Any]:
        return {"charts": [make(kept.found) for make in leaving.CHARTS.values()]}


class ProductLadder(NightPage):
    """What customers begin with, whether they come back, and for what (产品阶梯)."""

    template_name = "analytics/ladder.html"
    page_title: str | Promise = _("Product ladder")
    figure = "ladder"

    def shown(self, kept: Kept, /) -> dict[str, Any]:
        return {
            "charts": [make(kept.found) for make in ladder.CHARTS.values()],
            "upgraded": ladder.upgraded(kept.found),
            "has_roles": ladder.has_roles(kept.found),
        }


def _kept(request: HttpRequest, figure: str) -> Kept:
    now: datetime = timezone.now()
    return night_figure(figure, scope_of(operator_of(request)), now=now)


def _equity(kept: Kept) -> Equity | None:
    """With the bounds of how far totals may be off."""
    found, believed = kept.found.get("equity"), trust()
    if not found or believed is None:
        return None
    low, high = believed.interval(found["total_fen"])
    return Equity(
        found["customers"], found["total_fen"], round(low), round(high), found["best_tenth"]
    )


def _whole(newcomer: dict[str, float] | None) -> dict[str, float] | None:
    return newcomer and {
        **newcomer,
        "first_fen": round(newcomer["first_fen"]),
        "value_fen": round(newcomer["value_fen"]),
    }


def _of(figure: str, make: Callable[[Any], Dataset]) -> Callable[[HttpRequest], Dataset]:
    return lambda request: make(_kept(request, figure).found)


def _valued(make: Callable[[Any, Any], Dataset]) -> Callable[[Any], Dataset]:
    return lambda found: make(found, value_settings())


class DownloadDepth(DatasetDownload):
    """What these pages draw, as files."""

    permission = PERMISSION
    datasets: ClassVar[Datasets] = {
        **{key: _of("worth", _valued(make)) for key, make in worth.CHARTS.items()},
        "referral": _of("referral", worth.referral_course),
        **{key: _of("leaving", make) for key, make in leaving.CHARTS.items()},
        **{key: _of("ladder", make) for key, make in ladder.CHARTS.items()},
    }
