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
from analytics.selectors.source_parts import source_sums
from analytics.selectors.staff_reach import staff_reach
from scrm.segments.days import business_day

# Each of the customers of a part in a period, at a moment.
OF_PERIODS: Mapping[str, Callable[[Part, Period, datetime], Any]] = MappingProxyType(
    {
        kept.SUMS: lambda part, period, now: period_sums(part.scope, period, now=now),
        kept.RFM: lambda part, period, _now: grid_on(part.scope, period.last_on),
        kept.SOURCES: lambda part, period, now: source_sums(part, period, today=business_day(now)),
        # Of the staff's whole work, whoever asks: a page shows its reader's staff of it.
        kept.REACH: lambda _part, period, _now: staff_reach(period),
    }
)
