"""The log of refreshes as a chart with its table (刷新日志)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.models import MetricsRun
from scrm.console import charts
from scrm.console.datasets import Column, Dataset, counts, decimals, words

KEY = "refreshes"


def _moment(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}" if at else "–"


def durations(runs: Sequence[MetricsRun]) -> Dataset:
    """How long each took, oldest first; `runs` come newest first."""
    ended = [run for run in reversed(runs) if run.seconds is not None]
    labels = [f"{timezone.localtime(run.started_at):%m-%d %H:%M}" for run in ended]
    seconds = [round(run.seconds or 0.0, 3) for run in ended]
    rebuilds = [run.kind == MetricsRun.Kind.REBUILD for run in ended]
    return Dataset(
        key=KEY,
        title=_("Seconds per refresh"),
        metric="refresh",
        columns=(
            Column(_("Started"), _moment, _moment),
            words(_("Kind")),
            counts(_("Customers looked at")),
            counts(_("Customers changed")),
            counts(_("Differences mended")),
            decimals(_("Seconds")),
            Column(_("Orders taken in until"), _moment, _moment),
            words(_("Error")),
        ),
        rows=[
            (
                *(run.started_at, run.get_kind_display(), run.contacts, run.changed),
                *(run.differences, run.seconds, run.watermark, run.error),
            )
            for run in runs
        ],
        option=charts.bars(
            labels,
            [
                (gettext("Changed customers"), _only(seconds, rebuilds, wanted=False)),
                (gettext("All customers"), _only(seconds, rebuilds, wanted=True)),
            ],
            formatter="@decimal",
            stacked=True,
        ),
    )


def _only(seconds: Sequence[float], rebuilds: Sequence[bool], *, wanted: bool) -> list[float]:
    """The bars of one kind, 0 where the other stands."""
    return [
        value if is_rebuild is wanted else 0.0
        for value, is_rebuild in zip(seconds, rebuilds, strict=True)
    ]
