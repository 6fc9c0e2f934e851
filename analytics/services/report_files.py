"""Make the picture and the tables of a report (报表图片与CSV)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from analytics.models import ReportFile, ReportPlan, ReportSending
from analytics.periods import Period
from analytics.selectors.report_contents import contents
from scrm.console.datasets import Dataset, NotYetKnown
from scrm.console.export import csv_file
from scrm.console.models import Operator
from scrm.pictures import sheet_png

_NAME_CHARS = 60


def files_of(sending: ReportSending, *, now: datetime) -> list[ReportFile]:
    """Not yet saved: the picture, then a table for each dataset. Reads as the plan's owner."""
    plan = sending.plan
    period = Period(sending.first_on, sending.last_on)
    with translation.override(plan.language):
        datasets = read(plan.contents, owner=plan.owner, period=period, segments=plan.segment_ids)
        picture = picture_of(plan.name, datasets, owner=plan.owner, period=period, now=now)
        made = [(f"{_plain(plan.name)}_{period.last_on:%Y%m%d}.png", picture)]
        made += [
            (
                f"{_plain(str(one.title))}_{period.last_on:%Y%m%d}.csv",
                csv_file(one.header, one.file_rows()),
            )
            for one in datasets
            if one.columns
        ]
    return [
        ReportFile(sending=sending, place=place, name=name, content=content)
        for place, (name, content) in enumerate(made)
    ]


def read(
    keys: Sequence[str], *, owner: Operator, period: Period, segments: Sequence[int] = ()
) -> list[Dataset]:
    """The datasets as `owner` sees them; the caller has looked at what she may see.

    Raises NotYetKnown when some are being worked out, after having asked for all.
    """
    known, found, missing = contents(), [], None
    for key in keys:
        try:
            found.append(known[key].read(owner, period, segments))
        except NotYetKnown as error:
            missing = error
    if missing is not None:
        raise missing
    return found


def picture_of(
    title: str, datasets: Sequence[Dataset], *, owner: Operator, period: Period, now: datetime
) -> bytes:
    """The PNG, in the active language."""
    made = timezone.localtime(now, timezone.get_default_timezone())
    lines = [
        _("Period %(period)s; figures that know no period are of the moment they were made.")
        % {"period": period},
        _("Made %(at)s with what %(owner)s may see (%(role)s).")
        % {"at": f"{made:%Y-%m-%d %H:%M}", "owner": owner, "role": owner.get_role_display()},
    ]
    return sheet_png(title=title, lines=lines, datasets=datasets)


def subject_of(plan: ReportPlan, period: Period) -> str:
    return f"{plan.name} · {period}"


def _plain(name: str) -> str:
    """For a file name: no separators of paths, and short."""
    return re.sub(r"[^\w-]+", "_", name).strip("_")[:_NAME_CHARS] or "report"
