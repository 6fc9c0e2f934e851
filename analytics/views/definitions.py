"""What each figure means, what it is today, and what it is read from (指标字典)."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from analytics.board.figures import Figures
from analytics.board.metric_cards import cards
from analytics.metrics.lineage import sources
from analytics.metrics.registry import METRICS
from analytics.selectors.scope import PERMISSION
from scrm.console.views import ConsolePage, operator_of


class Definitions(ConsolePage):
    """One card a figure, all from the registry."""

    template_name = "analytics/definitions.html"
    page_title = _("What the figures mean")
    permission = PERMISSION

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = cards(Figures.of(operator_of(self.request), now=timezone.now()))
        return super().get_context_data(
            metrics=[(metric, shown.get(key), sources(key)) for key, metric in METRICS.items()],
            **kwargs,
        )
