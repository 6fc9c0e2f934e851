"""What one request asks of the metrics, read once however many charts show it."""

from __future__ import annotations

from datetime import date, datetime
from functools import cached_property

from django.utils import timezone

from analytics.metrics.cohorts import CohortMatrix
from analytics.metrics.errors import NotEnoughData
from analytics.metrics.repurchase import Repurchase
from analytics.metrics.survival import Curve, kaplan_meier
from analytics.selectors import churn, cohorts, growth, models, overview, repurchase
from analytics.selectors.overview import Expected, Overview
from analytics.selectors.scope import Scope
from contacts.selectors import stage_flow


class Figures:
    """The figures of the customers in `scope` at `now`. Each property reads on first use."""

    def __init__(self, *, scope: Scope, now: datetime) -> None:
        self.scope = scope
        self.now = now

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
    def trust(self) -> models.Trust | None:
        return models.trust()

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
    def second_order(self) -> Curve | None:
        """Share of buyers still waiting for their second order; None without buyers."""
        waiting = repurchase.time_to_second_purchase(self.scope, today=self.today)
        try:
            return kaplan_meier(waiting)
        except NotEnoughData:
            return None

    @cached_property
    def friendship(self) -> Curve | None:
        """Share of follow relations not ended by customers; None without relations."""
        try:
            return kaplan_meier(churn.friendship_durations(self.scope, now=self.now))
        except NotEnoughData:
            return None

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
    def matrix(self) -> CohortMatrix:
        return cohorts.matrix(self.cells, today=self.today)

    @cached_property
    def revenue(self) -> list[cohorts.RevenueMonth]:
        return cohorts.revenue_months(self.cells, today=self.today)

    @cached_property
    def cohort_values(self) -> list[cohorts.CohortValue]:
        return cohorts.cohort_values(self.cells)

    @cached_property
    def standings(self) -> list[stage_flow.Standing]:
        return stage_flow.standings(self.scope)

    @cached_property
    def flow(self) -> list[stage_flow.Week]:
        return stage_flow.weekly_flow(self.scope, now=self.now)

    @cached_property
    def growth(self) -> list[growth.GrowthDay]:
        return growth.growth(self.scope, today=self.today)
