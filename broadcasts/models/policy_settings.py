"""The house rules of reaching people (触达治理), one row."""

from __future__ import annotations

from datetime import time

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class PolicySettings(models.Model):
    """What the governor obeys before every touch. Stricter than WeCom by default.

    An empty cap does not hold; gaps, white space and shares are switched off by 0. Columns that
    came later have their defaults in the database too, so that a worker of the version before can
    go on writing the row.
    """

    class Quota(models.TextChoices):
        """WeCom's own rule, as the corp's administrator set it in the client (群发规则)."""

        DAYS_IN_MONTH = "days_in_month", _("As many a month as the month has days")
        SEVEN_PER_WEEK = "7_per_week", _("Seven a week")
        ONE_PER_DAY = "1_per_day", _("One a day")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    quiet_from = models.TimeField(_("quiet from"), default=time(21, 30))
    quiet_until = models.TimeField(_("quiet until"), default=time(8, 30))
    # 午休: a second silence of the day, on the channels named alone.
    lunch_from = models.TimeField(_("lunch from"), default=time(12, 30), db_default=time(12, 30))
    lunch_until = models.TimeField(_("lunch until"), default=time(14), db_default=time(14))
    lunch_channels = ArrayField(
        models.CharField(max_length=8),
        verbose_name=_("channels with a lunch break"),
        default=list,
        db_default=[],
        blank=True,
    )
    # ISO: 1 is Monday.
    rest_weekdays = ArrayField(
        models.PositiveSmallIntegerField(),
        verbose_name=_("rest days of the week"),
        default=list,
        db_default=[],
        blank=True,
    )
    rest_dates = ArrayField(
        models.DateField(), verbose_name=_("rest days"), default=list, db_default=[], blank=True
    )
    monthly_cap = models.PositiveSmallIntegerField(_("private messages a month at most"), default=4)
    group_daily_cap = models.PositiveSmallIntegerField(
        _("group messages a day at most"), null=True, blank=True, default=1, db_default=1
    )
    moment_daily_cap = models.PositiveSmallIntegerField(
        _("moments a day at most"), null=True, blank=True, default=1, db_default=1
    )
    light_cap = models.PositiveSmallIntegerField(
        _("light touches a month at most"), null=True, blank=True
    )
    deep_cap = models.PositiveSmallIntegerField(
        _("deep touches a month at most"), null=True, blank=True, default=2, db_default=2
    )
    total_cap = models.PositiveSmallIntegerField(
        _("touches a month at most"), null=True, blank=True, default=30, db_default=30
    )
    gap_days = models.PositiveSmallIntegerField(_("days between two private messages"), default=3)
    deep_gap_days = models.PositiveSmallIntegerField(
        _("days between two deep touches"), default=7, db_default=7
    )
    white_days = models.PositiveSmallIntegerField(
        _("days of silence after a deep touch"), default=3, db_default=3
    )
    white_share = models.PositiveSmallIntegerField(
        _("share of days without a touch (%)"), default=30, db_default=30
    )
    quota = models.CharField(
        _("WeCom's quota"), max_length=16, choices=Quota, default=Quota.DAYS_IN_MONTH
    )
    holdout_percent = models.PositiveSmallIntegerField(_("hold-out %"), default=10)
    # 全局对照组: who is in it follows from the salt, which only an act of its own changes.
    standing_percent = models.PositiveSmallIntegerField(
        _("standing hold-out (%)"), default=0, db_default=0
    )
    standing_salt = models.CharField(
        max_length=16, blank=True, default="", db_default="", editable=False
    )
    standing_since = models.DateTimeField(
        _("standing hold-out drawn at"), null=True, blank=True, editable=False
    )
    nurture_days = models.PositiveSmallIntegerField(
        _("days before a new friend gets a deep touch"), default=3
    )
    # 1 is the best: whose message goes first when two want the same customer.
    broadcast_priority = models.PositiveSmallIntegerField(
        _("priority of new broadcasts"), default=5, db_default=5
    )
    journey_priority = models.PositiveSmallIntegerField(
        _("priority of journeys' messages"), default=5, db_default=5
    )
    # Empty: only operators without the permission to approve need somebody else.
    approval_above = models.PositiveIntegerField(
        _("approval above so many recipients"), null=True, blank=True
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
            models.CheckConstraint(
                name="policy_lunch_makes_sense",
                condition=Q(lunch_from__lt=models.F("lunch_until"))
                & Q(lunch_channels__contained_by=["private", "group"]),
            ),
            models.CheckConstraint(
                name="policy_white_space_makes_sense",
                condition=Q(deep_gap_days__lte=31) & Q(white_days__lte=31) & Q(white_share__lte=90),
            ),
            models.CheckConstraint(
                name="policy_priorities_known",
                condition=Q(
                    broadcast_priority__gte=1,
                    broadcast_priority__lte=9,
                    journey_priority__gte=1,
                    journey_priority__lte=9,
                ),
            ),
            models.CheckConstraint(
                name="policy_standing_holdout_was_drawn",
                condition=Q(standing_percent=0)
                | (
                    Q(standing_percent__lte=20, standing_since__isnull=False) & ~Q(standing_salt="")
                ),
            ),
        ]
