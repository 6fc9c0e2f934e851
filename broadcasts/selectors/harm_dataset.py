"""The chart of the harm guard with its table (伤害预警)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from broadcasts.models import HarmWatch
from scrm.console import charts
from scrm.console.datasets import Column, Dataset, counts, decimals


def _moments(label: str | Promise) -> Column:
    def shown(moment: datetime) -> str:
        return f"{timezone.localtime(moment):%m-%d %H:%M}"

    return Column(label, shown, lambda moment: timezone.localtime(moment).isoformat())


def harm_curve(looks: Sequence[HarmWatch]) -> Dataset:
    """Losses against the number at which it stops, by hours since the first look."""
    first = looks[0].looked_at if looks else None
    hours = [(look.looked_at - first).total_seconds() / 3600 for look in looks] if first else []
    lasts = (looks[-1].seen_at - first).total_seconds() / 3600 if first else 0.0

    def line(values: Sequence[float]) -> list[tuple[float, float | None]]:
        points = [
            (round(hour, 3), round(value, 2)) for hour, value in zip(hours, values, strict=True)
        ]
        # The last look held until it was looked at last.
        return [*points, (round(lasts, 3), points[-1][1])] if points else []

    option = charts.steps(
        [
            (gettext("Lost after it"), line([look.losses for look in looks])),
            (gettext("Stops at"), line([look.limit for look in looks])),
            (gettext("Usual"), line([look.expected for look in looks])),
        ],
        x_name=gettext("Hours since staff began to send"),
        formatter="@integer",
    )
    return Dataset(
        key="harm-curve",
        title=_("Lost customers against the bound"),
        columns=(
            _moments(_("Looked at")),
            counts(_("Touched")),
            counts(_("Unfriended")),
            counts(_("Left the group")),
            counts(_("Complained")),
            counts(_("Lost")),
            decimals(_("Usual")),
            counts(_("Stops at")),
            decimals(_("Evidence")),
            decimals(_("Bound of the evidence")),
        ),
        rows=[
            (
                look.looked_at,
                look.touched,
                look.unfriended,
                look.left_group,
                look.complained,
                look.losses,
                look.expected,
                look.limit,
                look.statistic,
                look.bound,
            )
            for look in looks
        ],
        option=option,
    )
