"""Survival curves of segments beside that of all customers (分人群曲线)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.board import drill
from analytics.board.courses import everyone
from analytics.board.figures import Figures
from analytics.metrics.group_curves import Left
from analytics.metrics.segment_curves import Beside, beside
from analytics.metrics.survival import Durations, LogRank, kaplan_meier
from scrm.console import charts
from scrm.console.datasets import Column, Dataset, counts, shares, words

_MILESTONES = (30, 90, 365)
_CERTAIN, _LIKELY = 0.001, 0.05


@dataclass(frozen=True, kw_only=True)
class Compared:
    """`name` is the figure with the durations; a curve that `rises` shows who has come, not who is
    left. `people` and `events` head the counts, `milestone` a share after so many %(days)s.
    """

    name: str
    rises: bool
    key: str
    title: str | Promise
    x_name: str | Promise
    people: str | Promise
    events: str | Promise
    milestone: str | Promise

    def __call__(self, figures: Figures) -> Dataset:
        whole, *segments = [
            (source.part.label or everyone(figures), source.of_today(self.name))
            for source in (figures.source, *figures.segments)
        ]
        parts = [source.part for source in (figures.source, *figures.segments)]
        has_any = bool(len(whole[1].time))
        compared = beside(whole, segments, milestones=_MILESTONES)
        heads = [str(self.milestone) % {"days": days} for days in _MILESTONES]
        return Dataset(
            key=self.key,
            title=self.title,
            metric="segment-curves",
            columns=(
                words(_("Customers of")),
                counts(self.people),
                counts(self.events),
                *(column for head in heads for column in _columns(head)),
                words(_("Against all others")),
            ),
            rows=[_row(each, rises=self.rises) for each in compared] if has_any else [],
            links=[drill.segment(part.segment_id) for part in parts] if has_any else [],
            option=self._drawn([whole, *segments]),
            note=_(
                "Segments are those of now. One that is chosen by what the curve shows, as by "
                "orders or by being a friend, differs by its own rule."
            ),
        )

    def _drawn(self, parts: Sequence[tuple[str, Durations]]) -> charts.Option:
        lines = [(label, _steps(found, rises=self.rises)) for label, found in parts]
        lowest = min((share for _label, line in lines for _day, share in line), default=0.0)
        option = charts.steps(
            lines,
            x_name=str(self.x_name),
            formatter="@percent",
            # Curves that never come near zero are drawn where something can be seen.
            least=0.0 if self.rises else floor(lowest * 10) / 10,
            most=None if self.rises else 1.0,
        )
        # These are curves of their own, no bounds of the first.
        for series in option["series"]:
            series["lineStyle"]["width"] = 2
        return option


def _columns(head: str) -> tuple[Column, Column, Column]:
    return (shares(head), shares(_("Lower bound (95 %)")), shares(_("Upper bound (95 %)")))


def _row(each: Beside, *, rises: bool) -> tuple[Any, ...]:
    curve = each.curve
    return (
        curve.name,
        curve.people,
        curve.events,
        *(value for left in curve.left for value in _left(left, rises=rises)),
        _said(each.test),
    )


def _left(left: Left | None, *, rises: bool) -> Sequence[float | None]:
    if left is None:
        return (None, None, None)
    if not rises:
        return (left.share, left.low, left.high)
    low, high = (None if bound is None else 1 - bound for bound in (left.high, left.low))
    return (1 - left.share, low, high)


def _steps(found: Durations, *, rises: bool) -> list[tuple[float, float]]:
    """From the first day to the last on which anybody was watched."""
    if not len(found.time):
        return []
    curve = kaplan_meier(found)
    shares_at = 1 - curve.survival if rises else curve.survival
    start = 0.0 if rises else 1.0
    line = [(0.0, start), *zip(curve.time.tolist(), shares_at.tolist(), strict=True)]
    return [*line, (float(found.time[-1]), line[-1][1])]


def _said(test: LogRank | None) -> str:
    if test is None:
        return "–"
    said = (
        gettext("differs, and hardly by chance")
        if test.p_value < _CERTAIN
        else gettext("seems to differ")
        if test.p_value < _LIKELY
        else gettext("no difference that chance would not explain")
    )
    p_value = "< 0.001" if test.p_value < _CERTAIN else f"= {test.p_value:.3f}"
    return f"{said} (log-rank χ² {test.chi_square:.1f}, p {p_value})"


repurchase = Compared(
    name="waiting",
    rises=True,
    key="segments-repurchase-curve",
    title=_("Side by side: how soon customers come back"),
    x_name=_("Days after the first order"),
    people=_("Buyers"),
    events=_("Have come back"),
    milestone=_("Back within %(days)s days"),
)
unfriending = Compared(
    name="friendships",
    rises=False,
    key="segments-unfriending",
    title=_("Side by side: how long friendships last"),
    x_name=_("Days after the adding"),
    people=_("Relations"),
    events=_("Ended by customers"),
    milestone=_("Still friends after %(days)s days"),
)
