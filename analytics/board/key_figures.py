"""The figures of a period in one table (核心指标), for reports that are read without the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.board.figures import Figures
from analytics.periods import asked_period
from analytics.selectors.period_sums import PeriodSums
from scrm.console.datasets import Dataset, words
from scrm.console.templatetags.console import number, percent, yuan
from scrm.console.views import operator_of
from scrm.segments.days import business_day


def _money(fen: float | None) -> str:
    return yuan(None if fen is None else round(fen))


# Name, how it is written, and what it is of the sums of a period.
_FIGURES: tuple[tuple[str | Promise, Callable[[Any], str], Callable[[PeriodSums], Any]], ...] = (
    (_("Net revenue"), yuan, lambda sums: sums.total.net_fen),
    (_("Refunded"), yuan, lambda sums: sums.total.refunded_fen),
    (_("Orders"), number, lambda sums: sums.total.orders),
    (_("Buyers"), number, lambda sums: sums.buyers),
    (_("Average order value"), _money, lambda sums: sums.order_value_fen),
    (_("Repurchase rate in the period"), percent, lambda sums: sums.repurchase_rate),
    (_("Share of returning buyers"), percent, lambda sums: sums.returning_share),
    (_("New customers"), number, lambda sums: sums.total.added),
    (_("Lost customers"), number, lambda sums: sums.total.lost),
    (_("Net growth"), number, lambda sums: sums.net_growth),
    (_("Unfriend rate"), percent, lambda sums: sums.unfriend_rate),
    (_("LTV so far"), _money, lambda sums: sums.ltv_fen),
)


def key_figures(request: HttpRequest) -> Dataset:
    """One row a figure: in the period asked for, and in as many days before it."""
    now = timezone.now()
    query = {name: request.GET.get(name, "") for name in ("from", "to", "preset")}
    asked = asked_period({**query, "compare": "previous"}, today=business_day(now), default_days=30)
    figures = Figures.of(operator_of(request), now=now, asked=asked)
    current, before = figures.current, figures.before
    return Dataset(
        key="key-figures",
        title=_("Key figures"),
        columns=(
            words(_("Figure")),
            words(_("In the period")),
            words(_("In as many days before it")),
        ),
        rows=[
            (str(name), write(read(current)), "–" if before is None else write(read(before)))
            for name, write, read in _FIGURES
        ],
        option={},
    )
