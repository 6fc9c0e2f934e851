"""The pages this app puts into the console."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from analytics.selectors.scope import PERMISSION
from analytics.views import board, effects, losses
from scrm.console.pages import Page, Section, register


def register_pages() -> None:
    """Called once, from `AnalyticsConfig.ready()`."""
    for page in (
        Page(
            name="analytics",
            path="analytics/",
            view=board.Dashboard.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
            label=_("Customer value"),
            icon="monitoring",
            order=10,
        ),
        Page(
            name="analytics-quality",
            path="analytics/quality/",
            view=board.ForecastQuality.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
            label=_("Quality of the forecast"),
            icon="rule",
            order=20,
        ),
        Page(
            name="broadcast-effects",
            path="broadcast-effects/",
            view=effects.EffectList.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
            label=_("Effect of broadcasts"),
            icon="trending_up",
            order=15,
        ),
        Page(
            name="broadcast-effects-download",
            path="broadcast-effects/<slug:dataset>.csv",
            view=effects.DownloadEffects.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
        ),
        Page(
            name="broadcast-effect",
            path="broadcasts/<int:pk>/effect/",
            view=effects.EffectReport.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
        ),
        Page(
            name="broadcast-effect-download",
            path="broadcasts/<int:pk>/effect/<slug:dataset>.csv",
            view=effects.DownloadEffect.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
        ),
        Page(
            name="broadcast-effect-cost",
            path="broadcasts/<int:pk>/effect/cost/",
            view=effects.EnterCost.as_view(),
            section=Section.ANALYTICS,
            permission=effects.MAY_ENTER_COST,
        ),
        Page(
            name="analytics-definitions",
            path="analytics/definitions/",
            view=board.Definitions.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
            label=_("What the figures mean"),
            icon="menu_book",
            order=90,
        ),
        Page(
            name="analytics-download",
            path="analytics/<slug:dataset>.csv",
            view=board.Download.as_view(),
            section=Section.ANALYTICS,
            permission=PERMISSION,
        ),
        Page(
            name="losses",
            path="losses/",
            view=losses.LossPage.as_view(),
            section=Section.CONTACTS,
            permission=losses.MAY_LOOK,
            label=_("Lost customers"),
            icon="person_remove",
            order=50,
        ),
        Page(
            name="losses-download",
            path="losses/<slug:dataset>.csv",
            view=losses.DownloadChart.as_view(),
            section=Section.CONTACTS,
            permission=losses.MAY_LOOK,
        ),
        Page(
            name="losses-export",
            path="losses/export/",
            view=losses.ExportLosses.as_view(),
            section=Section.CONTACTS,
            permission=losses.ExportLosses.permission,
        ),
    ):
        register(page)
