"""What recurring broadcasts and journeys brought as a whole (周期群发与旅程效果), and what they cost."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from broadcasts.models import BroadcastPlan, Journey


class _OfSeries(models.Model):
    """About one recurring broadcast or one journey."""

    plan = models.OneToOneField(
        BroadcastPlan, null=True, blank=True, on_delete=models.CASCADE, related_name="%(class)s"
    )
    journey = models.OneToOneField(
        Journey, null=True, blank=True, on_delete=models.CASCADE, related_name="%(class)s"
    )

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_of_one",
                condition=Q(plan__isnull=False, journey__isnull=True)
                | Q(plan__isnull=True, journey__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.plan or self.journey)


class SeriesEffect(_OfSeries):
    """Its figures as last measured, by days of the window; see `selectors.series_effects`."""

    measured_at = models.DateTimeField(_("measured at"))
    # When the audience of its newest message was fixed.
    last_sent_at = models.DateTimeField(_("newest message"))
    windows: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)

    class Meta(_OfSeries.Meta):
        verbose_name = _("effect of a recurring broadcast or journey")
        verbose_name_plural = _("effects of recurring broadcasts and journeys")
        indexes = [models.Index(fields=["-last_sent_at", "-id"], name="series_newest_first")]


class SeriesCost(_OfSeries):
    """What it cost beside what was entered for single broadcasts of it; entered by hand."""

    amount_fen = models.BigIntegerField(_("cost"))
    # What is left of revenue after the goods themselves.
    margin_percent = models.PositiveSmallIntegerField(_("gross margin (%)"), default=100)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    entered_at = models.DateTimeField(_("entered at"))

    class Meta(_OfSeries.Meta):
        verbose_name = _("cost of a recurring broadcast or journey")
        verbose_name_plural = _("costs of recurring broadcasts and journeys")
        constraints = [
            *_OfSeries.Meta.constraints,
            models.CheckConstraint(name="seriescost_positive", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(
                name="seriescost_margin_is_a_share",
                condition=Q(margin_percent__gte=1, margin_percent__lte=100),
            ),
        ]
