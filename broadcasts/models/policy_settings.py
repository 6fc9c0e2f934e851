"""The house rules of reaching people (触达治理), one row."""

from __future__ import annotations

from datetime import time

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class PolicySettings(models.Model):
    """What the governor obeys before every touch. Stricter than WeCom by default."""

    class Quota(models.TextChoices):
        """WeCom's own rule, as the corp's administrator set it in the client (群发规则)."""

        DAYS_IN_MONTH = "days_in_month", _("As many a month as the month has days")
        SEVEN_PER_WEEK = "7_per_week", _("Seven a week")
        ONE_PER_DAY = "1_per_day", _("One a day")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    quiet_from = models.TimeField(_("quiet from"), default=time(21, 30))
    quiet_until = models.TimeField(_("quiet until"), default=time(8, 30))
    monthly_cap = models.PositiveSmallIntegerField(_("messages a month at most"), default=4)
    gap_days = models.PositiveSmallIntegerField(_("days between two messages"), default=3)
    quota = models.CharField(
        _("WeCom's quota"), max_length=16, choices=Quota, default=Quota.DAYS_IN_MONTH
    )
    holdout_percent = models.PositiveSmallIntegerField(_("hold-out %"), default=10)
    nurture_days = models.PositiveSmallIntegerField(
        _("days before a new friend gets a deep touch"), default=3
    )
    updated_at = models.DateTimeField(_("updated at"), null=True, blank=True)

    class Meta:
        verbose_name = _("reach policy")
        verbose_name_plural = _("reach policy")
        constraints = [
            models.CheckConstraint(name="policy_settings_one_row", condition=Q(id=1)),
            models.CheckConstraint(
                name="policy_quota_known",
                condition=Q(quota__in=["days_in_month", "7_per_week", "1_per_day"]),
            ),
            models.CheckConstraint(
                name="policy_figures_make_sense",
                condition=Q(monthly_cap__gte=1, monthly_cap__lte=31)
                & Q(gap_days__lte=31)
                & Q(holdout_percent__lte=50)
                & Q(nurture_days__lte=90),
            ),
        ]
