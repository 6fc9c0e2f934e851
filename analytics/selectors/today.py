"""The figures of today of some customers, each read once."""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property

from django.utils import timezone

from analytics.metrics.referral import Referral
from analytics.metrics.repurchase import Repurchase
from analytics.metrics.survival import Durations
from analytics.periods import asked_period
from analytics.selectors import (
    churn,
    cohorts,
    growth,
    layers,
    models,
    overview,
    pressure,
    referral,
    repurchase,
    rfm_grid,
)
from analytics.selectors.overview import Expected, Overview
from analytics.selectors.scope import Scope
from contacts.selectors import stage_flow


class Today:
    """The figures of the customers in `scope` at `now`. Each property reads on first use."""

    def __init__(self, *, scope: Scope, now: datetime) -> None:
        self.scope = scope
        self.now = now

    @classmethod
    def names(cls) -> list[str]:
        """All figures."""
        kinds = vars(cls).items()
        return [
            name for name, kind in kinds if isinstance(kind, cached_property) if name != "today"
        ]

    @cached_property
    def today(self) -> date:
        return timezone.localdate(self.now)

    @cached_property
    def overview(self) -> Overview:
        return overview.overview(self.scope)

    @cached_property
    def pareto(self) -> float | None:
        return overview.pareto_share(self.scope, self.overview)

    @cached_property
    def expected(self) -> Expected:
        return overview.expected_value(self.scope)

    @cached_property
    def needed(self) -> list[models.Needed]:
        return models.needed(today=self.today)

    @cached_property
    def repurchase(self) -> Repurchase:
        return repurchase.window_repurchase(self.scope, today=self.today)

    @cached_property
    def cycle_days(self) -> float | None:
        return repurchase.usual_cycle_days(self.scope)

    @cached_property
    def waiting(self) -> Durations:
        """Days to the second purchase day."""
        return repurchase.time_to_second_purchase(self.scope, today=self.today)

    @cached_property
    def friendships(self) -> Durations:
        return churn.friendship_durations(self.scope, now=self.now)

    @cached_property
    def unfriend_months(self) -> list[churn.UnfriendMonth]:
        return churn.unfriend_months(self.scope, today=self.today)

    @cached_property
    def inactive(self) -> churn.Inactive:
        return churn.inactive(self.scope, today=self.today)

    @cached_property
    def alive(self) -> list[int]:
        return churn.alive_distribution(self.scope)

    @cached_property
    def cells(self) -> list[cohorts.Cell]:
        return cohorts.cells(self.scope)

    @cached_property
    def standings(self) -> list[stage_flow.Standing]:
        return stage_flow.standings(self.scope)

    @cached_property
    def flow(self) -> list[stage_flow.Week]:
        return stage_flow.weekly_flow(self.scope, now=self.now)

    @cached_property
    def growth(self) -> list[growth.GrowthDay]:
        return growth.growth(self.scope, today=self.today)

    @cached_property
    def rfm(self) -> list[rfm_grid.Cell]:
        return rfm_grid.grid(self.scope, today=self.today)

    @cached_property
    def purchase_counts(self) -> list[layers.Layer]:
        return layers.by_purchases(self.scope)

    @cached_property
    def value_bands(self) -> list[layers.Layer]:
        return layers.by_value(self.scope)

    @cached_property
    def idle_bands(self) -> list[layers.Layer]:
        return layers.by_idle_days(self.scope, today=self.today)

    @cached_property
    def pressure(self) -> pressure.Pressure:
        return pressure.pressure(self.scope, now=self.now)

    @cached_property
    def referral(self) -> Referral:
        """Of the last 90 days."""
        period = asked_period({}, today=self.today).period
        return referral.referral(self.scope, period)
