"""What was worked out before (预计算), and whether it is still good."""

from __future__ import annotations

from datetime import datetime, timedelta
from json import loads
from typing import Any, TypeAlias

from django.db.models import Case, Q, TextField, Value, When
from django.db.models.functions import Cast

from analytics.metrics.referral import Referral
from analytics.metrics.repurchase import Repurchase
from analytics.metrics.survival import Durations
from analytics.models import KeptAnswer
from analytics.periods import Period
from analytics.selectors.churn import Inactive, UnfriendMonth
from analytics.selectors.growth import GrowthDay
from analytics.selectors.kept_form import Forms
from analytics.selectors.layers import Layer
from analytics.selectors.models import Needed
from analytics.selectors.overview import Expected, Overview
from analytics.selectors.period_sums import DaySums, PeriodSums
from analytics.selectors.pressure import Pressure
from analytics.selectors.rfm_grid import Cell
from analytics.selectors.source_detail import Cohort, Detail
from analytics.selectors.source_figures import Source
from analytics.selectors.source_parts import SourceSums
from analytics.selectors.sources import Seen
from analytics.selectors.staff_reach import Reach
from contacts.selectors.stage_flow import Standing, Week

# An answer this old is shown, and worked out anew meanwhile.
FRESH = timedelta(minutes=10)
# Of channels among some customers, which takes longest to work out, once an hour is enough.
FRESH_CHANNELS = timedelta(hours=1)
# One this old is not shown any more.
LONGEST = timedelta(days=2)
# Figures of periods; see `of_periods`.
SUMS, SOURCES, REACH = "sums", "sources", "staff-reach"
# Of channels, for who sees only some customers: the list, and one of them (see `about`).
SOURCE_LIST, ONE_SOURCE = "source-list", "source"
_OF_ONE = f"{ONE_SOURCE} "
# Of the end of a day that is over; that of today is a figure of today.
RFM = "rfm"

FORMS = Forms(
    Cell,
    Cohort,
    DaySums,
    Detail,
    Durations,
    Expected,
    GrowthDay,
    Inactive,
    Layer,
    Needed,
    Overview,
    PeriodSums,
    Pressure,
    Reach,
    Referral,
    Repurchase,
    Seen,
    SourceSums,
    Standing,
    UnfriendMonth,
    Week,
)

# (name, the period or None for a figure of today)
Wanted: TypeAlias = "tuple[str, Period | None]"


def about(source: Source) -> str:
    """The name of all that the page of one channel shows."""
    return f"{_OF_ONE}{source.add_way} {source.state}"


def kept_answers(part: str, *, now: datetime) -> dict[Wanted, KeptAnswer]:
    """All that was worked out of a part lately. One query.

    Figures of today come with their text, which `value_of` reads where it is wanted. Those of
    periods are many and long, and a page shows two: their text is fetched then, a query each.
    """
    rows = (
        KeptAnswer.objects.filter(part=part, computed_at__gte=now - LONGEST)
        .defer("value")
        .annotate(
            text=Case(
                When(first_on__isnull=True, then=Cast("value", TextField())),
                default=Value(None),
                output_field=TextField(null=True),
            )
        )
    )
    return {(row.name, _period(row)): row for row in rows}


def is_fresh(row: KeptAnswer, *, now: datetime) -> bool:
    is_of_channels = row.name == SOURCE_LIST or row.name.startswith(_OF_ONE)
    age = FRESH_CHANNELS if is_of_channels else FRESH
    return row.computed_at is not None and row.computed_at > now - age


def grown_old(*, now: datetime) -> Q:
    """Which answers were worked out and are not fresh any more."""
    of_channels = Q(name=SOURCE_LIST) | Q(name__startswith=_OF_ONE)
    is_old = Q(computed_at__lte=now - FRESH)
    return is_old & (~of_channels | Q(computed_at__lte=now - FRESH_CHANNELS))


def value_of(row: KeptAnswer) -> Any:
    """Raises Unreadable for what another version of the program wrote."""
    text = getattr(row, "text", None)
    return FORMS.read(row.value if text is None else loads(text))


def _period(row: KeptAnswer) -> Period | None:
    if row.first_on is None or row.last_on is None:
        return None
    return Period(row.first_on, row.last_on)
