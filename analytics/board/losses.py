"""The charts of the losses page (流失客户), each with its table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from analytics.selectors import losses
from contacts.models import Follow
from contacts.models.add_way import AddWay
from scrm.console import charts
from scrm.console.datasets import Dataset, counts, days, words
from scrm.segments.days import business_day

SHOWN_DAYS = 30


def daily(found: QuerySet[Follow], *, now: datetime) -> Dataset:
    """Losses of the last 30 days by kind."""
    rows = losses.by_day(found, today=business_day(now), days=SHOWN_DAYS)
    has_any = any(any(kinds.values()) for _day, kinds in rows)
    return Dataset(
        key="losses-by-day",
        title=_("Losses by day, 30 days"),
        metric="losses",
        columns=(days(_("Day")), *(counts(kind.label) for kind in losses.ENDED)),
        rows=[(day, *kinds.values()) for day, kinds in rows] if has_any else [],
        option=charts.bars(
            [f"{day:%m-%d}" for day, _kinds in rows],
            [(str(kind.label), [kinds[kind] for _day, kinds in rows]) for kind in losses.ENDED],
            formatter="@integer",
            stacked=True,
        ),
    )


def staff(found: QuerySet[Follow], *, now: datetime) -> Dataset:
    """The ten staff with the most losses of the last 30 days."""
    rows = losses.by_staff(found, since=now - timedelta(days=SHOWN_DAYS))
    return Dataset(
        key="losses-by-staff",
        title=_("Losses by staff, 30 days"),
        metric="losses",
        columns=(words(_("Staff")), *(counts(kind.label) for kind in losses.ENDED)),
        rows=rows,
        option=charts.ladder(
            [str(row[0]) for row in rows], [sum(row[1:]) for row in rows], name=gettext("Losses")
        ),
    )


def channels(found: QuerySet[Follow], *, now: datetime) -> Dataset:
    """The ten ways of being added with the most losses of the last 30 days."""
    rows = [
        (way_label(way), state or "–", how_many)
        for way, state, how_many in losses.by_channel(found, since=now - timedelta(days=SHOWN_DAYS))
    ]
    return Dataset(
        key="losses-by-channel",
        title=_("Losses by channel, 30 days"),
        metric="losses",
        columns=(words(_("Add way")), words(_("Channel")), counts(_("Losses"))),
        rows=rows,
        option=charts.ladder(
            [way if state == "–" else f"{way} · {state}" for way, state, _n in rows],
            [row[2] for row in rows],
            name=gettext("Losses"),
        ),
    )


def way_label(way: int) -> str:
    """The name of an add way; one WeCom added since is shown by its number."""
    try:
        return str(AddWay(way).label)
    except ValueError:
        return gettext("Add way %(number)d") % {"number": way}


CHARTS: Mapping[str, Callable[..., Dataset]] = MappingProxyType(
    {"losses-by-day": daily, "losses-by-staff": staff, "losses-by-channel": channels}
)
