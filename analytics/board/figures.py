"""What one request asks of the metrics, read once however many charts show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.utils import timezone

from analytics.metrics.cohorts import CohortMatrix
from analytics.metrics.errors import NotEnoughData
from analytics.metrics.referral import Referral
from analytics.metrics.repurchase import Repurchase
from analytics.metrics.survival import Curve, Durations, kaplan_meier
from analytics.periods import AskedPeriod, Period, asked_period
from analytics.selectors import churn, cohorts, growth, kept, layers, models, rfm_grid
from analytics.selectors.kept_form import Unreadable
from analytics.selectors.of_periods import of_period
from analytics.selectors.overview import Expected, Overview
from analytics.selectors.parts import Part, whole
from analytics.selectors.period_sums import PeriodSums
from analytics.selectors.pressure import Pressure
from analytics.selectors.scope import Scope
from analytics.selectors.source_detail import Detail
from analytics.selectors.source_figures import Source as Channel
from analytics.selectors.sources import Seen
from analytics.selectors.today import Today
from analytics.services.keep import ask_for
from contacts.selectors import stage_flow
from scrm.console.datasets import NotYetKnown
from scrm.console.models import Operator


class BeingWorkedOut(NotYetKnown):
    """The figure of so many customers is not there yet; a worker is at it."""


class Source:
    """The figures of one part: read now, or of many customers as they were worked out last."""

    def __init__(self, part: Part, *, now: datetime) -> None:
        self.part = part
        self._now = now
        self._today = Today(scope=part.scope, now=now)
        self._of_periods: dict[kept.Wanted, Any] = {}
        self.oldest: datetime = now

    def of_today(self, name: str) -> Any:
        if not self.part.is_large:
            return getattr(self._today, name)
        return self._worked_out(name, None)

    def of_period(self, name: str, period: Period, *, has_tables: bool = False) -> Any:
        """Read once. Of everybody nobody waits for what `has_tables`. Raises BeingWorkedOut."""
        wanted = (name, period)
        is_kept = self.part.is_large and not (has_tables and self.part.scope is None)
        if wanted not in self._of_periods:
            self._of_periods[wanted] = (
                self._worked_out(name, period)
                if is_kept
                else of_period(name, self.part, period, self._now)
            )
        return self._of_periods[wanted]

    def channels(self, period: Period) -> Seen:
        """Where the customers won in a period came from."""
        return self.of_period(kept.SOURCE_LIST, period, has_tables=True)  # type: ignore[no-any-return]

    def channel(self, which: Channel, period: Period) -> Detail:
        """One of these in detail."""
        name = kept.about(which)
        return self.of_period(name, period, has_tables=True)  # type: ignore[no-any-return]

    def sums(self, period: Period) -> PeriodSums:
        return self.of_period(kept.SUMS, period)  # type: ignore[no-any-return]

    def rfm(self, day: date) -> list[rfm_grid.Cell]:
        """The grid as it stood at the end of a day; of today with what the forecast says."""
        if day >= self._today.today:
            return self.of_today("rfm")  # type: ignore[no-any-return]
        return self.of_period(kept.RFM, Period(day, day))  # type: ignore[no-any-return]

    @cached_property
    def matrix(self) -> CohortMatrix:
        return cohorts.matrix(self.of_today("cells"), today=self._today.today)

    @cached_property
    def _rows(self) -> dict[kept.Wanted, Any]:
        return dict(kept.kept_answers(self.part.key, now=self._now))

    @cached_property
    def _read(self) -> dict[kept.Wanted, Any]:
        return {}

    def _worked_out(self, name: str, period: Period | None) -> Any:
        """Asks a worker for what is missing or old. Raises BeingWorkedOut for what is missing."""
        wanted = (name, period)
        if wanted in self._read:
            return self._read[wanted]
        row = self._rows.get(wanted)
        if row is None or not kept.is_fresh(row, now=self._now):
            ask_for(part=self.part.key, name=name, period=period, now=self._now)
        if row is None:
            raise BeingWorkedOut(name)
        try:
            value = kept.value_of(row)
        except Unreadable:
            ask_for(part=self.part.key, name=name, period=period, now=self._now)
            raise BeingWorkedOut(name) from None
        self.oldest = min(self.oldest, row.computed_at)
        self._read[wanted] = value
        return value


class Figures:
    """The figures of some customers at `now`, of today and of a period, with those of segments
    beside them. Each property reads on first use, or raises BeingWorkedOut.

    `scope` alone makes a part of its own, worked out while somebody waits.
    """

    def __init__(
        self,
        *,
        now: datetime,
        scope: Scope = None,
        part: Part | None = None,
        asked: AskedPeriod | None = None,
        segments: Sequence[Part] = (),
    ) -> None:
        self.now = now
        self.source = Source(part or Part("", "", scope), now=now)
        self.asked = asked or asked_period({}, today=self.today)
        self.segments = [Source(each, now=now) for each in segments]

    @classmethod
    def of(cls, operator: Operator, *, now: datetime, **chosen: Any) -> Figures:
        """Of all customers the operator may see; `asked` and `segments` may be given."""
        return cls(now=now, part=whole(operator), **chosen)

    def beside(self, segment: Source) -> Figures:
        """The same with one of the segments alone; what was read stays read."""
        found = copy(self)
        found.segments = [segment]
        return found

    @property
    def scope(self) -> Scope:
        return self.source.part.scope

    @cached_property
    def today(self) -> date:
        return timezone.localdate(self.now)

    @property
    def as_of(self) -> datetime:
        """When the oldest figure read so far was worked out."""
        return min(source.oldest for source in (self.source, *self.segments))

    @property
    def current(self) -> PeriodSums:
        return self.source.sums(self.asked.period)

    @property
    def before(self) -> PeriodSums | None:
        """The same of the period to compare with, None without comparison."""
        return None if self.asked.before is None else self.source.sums(self.asked.before)

    @property
    def by_segment(self) -> list[tuple[Part, PeriodSums, PeriodSums | None]]:
        """Each chosen segment in the period, and in the one to compare with."""
        before = self.asked.before
        return [
            (
                source.part,
                source.sums(self.asked.period),
                None if before is None else source.sums(before),
            )
            for source in self.segments
        ]

    @cached_property
    def trust(self) -> models.Trust | None:
        return models.trust()

    @property
    def overview(self) -> Overview:
        return self.source.of_today("overview")  # type: ignore[no-any-return]

    @property
    def pareto(self) -> float | None:
        return self.source.of_today("pareto")  # type: ignore[no-any-return]

    @property
    def expected(self) -> Expected:
        return self.source.of_today("expected")  # type: ignore[no-any-return]

    @property
    def needed(self) -> list[models.Needed]:
        return self.source.of_today("needed")  # type: ignore[no-any-return]

    @property
    def repurchase(self) -> Repurchase:
        return self.source.of_today("repurchase")  # type: ignore[no-any-return]

    @property
    def cycle_days(self) -> float | None:
        return self.source.of_today("cycle_days")  # type: ignore[no-any-return]

    @cached_property
    def second_order(self) -> Curve | None:
        """Share of buyers still waiting for their second order; None without buyers."""
        return _curve(self.source.of_today("waiting"))

    @cached_property
    def friendship(self) -> Curve | None:
        """Share of follow relations not ended by customers; None without relations."""
        return _curve(self.source.of_today("friendships"))

    @property
    def unfriend_months(self) -> list[churn.UnfriendMonth]:
        return self.source.of_today("unfriend_months")  # type: ignore[no-any-return]

    @property
    def inactive(self) -> churn.Inactive:
        return self.source.of_today("inactive")  # type: ignore[no-any-return]

    @property
    def alive(self) -> list[int]:
        return self.source.of_today("alive")  # type: ignore[no-any-return]

    @property
    def cells(self) -> list[cohorts.Cell]:
        return self.source.of_today("cells")  # type: ignore[no-any-return]

    @property
    def matrix(self) -> CohortMatrix:
        return self.source.matrix

    @cached_property
    def revenue(self) -> list[cohorts.RevenueMonth]:
        return cohorts.revenue_months(self.cells, today=self.today)

    @cached_property
    def cohort_values(self) -> list[cohorts.CohortValue]:
        return cohorts.cohort_values(self.cells)

    @property
    def standings(self) -> list[stage_flow.Standing]:
        return self.source.of_today("standings")  # type: ignore[no-any-return]

    @property
    def flow(self) -> list[stage_flow.Week]:
        return self.source.of_today("flow")  # type: ignore[no-any-return]

    @property
    def growth(self) -> list[growth.GrowthDay]:
        return self.source.of_today("growth")  # type: ignore[no-any-return]

    @property
    def rfm(self) -> list[rfm_grid.Cell]:
        """At the end of the period."""
        return self.source.rfm(self.asked.period.last_on)

    @property
    def rfm_before(self) -> list[rfm_grid.Cell] | None:
        """At the end of the period to compare with, None without comparison."""
        before = self.asked.before
        return None if before is None else self.source.rfm(before.last_on)

    @property
    def value_bands(self) -> list[layers.Layer]:
        return self.source.of_today("value_bands")  # type: ignore[no-any-return]

    @property
    def purchase_counts(self) -> list[layers.Layer]:
        return self.source.of_today("purchase_counts")  # type: ignore[no-any-return]

    @property
    def idle_bands(self) -> list[layers.Layer]:
        return self.source.of_today("idle_bands")  # type: ignore[no-any-return]

    @property
    def pressure(self) -> Pressure:
        return self.source.of_today("pressure")  # type: ignore[no-any-return]

    @property
    def referral(self) -> Referral:
        return self.source.of_today("referral")  # type: ignore[no-any-return]


def known_yet(make: Callable[[], Any]) -> Any:
    """What `make` gives, or None while a worker is at it."""
    try:
        return make()
    except BeingWorkedOut:
        return None


def all_of(makes: Sequence[Callable[[], Any]]) -> list[Any]:
    """What each gives. Raises BeingWorkedOut only after all were asked for."""
    found, missing = [], None
    for make in makes:
        try:
            found.append(make())
        except BeingWorkedOut as error:
            missing = error
    if missing is not None:
        raise missing
    return found


def _curve(durations: Durations) -> Curve | None:
    try:
        return kaplan_meier(durations)
    except NotEnoughData:
        return None
