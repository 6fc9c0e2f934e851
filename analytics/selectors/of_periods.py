"""The figures of a period that are worked out by a worker where they are of many customers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from analytics.periods import Period
from analytics.selectors import kept
from analytics.selectors.parts import Part
from analytics.selectors.period_sums import period_sums
from analytics.selectors.rfm_past import grid_on
from analytics.selectors.source_detail import detail
from analytics.selectors.source_figures import Source
from analytics.selectors.source_parts import source_sums
from analytics.selectors.sources import Seen, whom_of
from analytics.selectors.staff_reach import staff_reach
from scrm.segments.days import business_day

# Each of the customers of a part in a period, at a moment.
OF_PERIODS: Mapping[str, Callable[[Part, Period, datetime], Any]] = MappingProxyType(
    {
        kept.SUMS: lambda part, period, now: period_sums(part.scope, period, now=now),
        kept.RFM: lambda part, period, _now: grid_on(part.scope, period.last_on),
        kept.SOURCES: lambda part, period, now: source_sums(part, period, today=business_day(now)),
        kept.SOURCE_LIST: lambda part, period, now: Seen.of(
            period, whom=whom_of(part), today=business_day(now)
        ),
        # Of the staff's whole work, whoever asks: a page shows its reader's staff of it.
        kept.REACH: lambda _part, period, _now: staff_reach(period),
    }
)


def of_period(name: str, part: Part, period: Period, now: datetime) -> Any:
    """One of them by its name, or the detail of the channel that the name is about."""
    figure, _space, which = name.partition(" ")
    if figure != kept.ONE_SOURCE:
        return OF_PERIODS[name](part, period, now)
    add_way, _space, state = which.partition(" ")
    source = Source(state, int(add_way))
    return detail(source, period, part=part, today=business_day(now))
