"""Broadcasts that recur (周期群发)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from broadcasts.models.written import Written


class BroadcastPlan(Written):
    """A message that goes out every day, week or month, as a broadcast of its own each time.

    `next_at` is when the next one is due, in the business time zone at `time`; it stays null
    while the plan is switched off. `until` is when each window closes, on the same day.
    """

    class Every(models.TextChoices):
        DAY = "day", _("Every day")
        WEEK = "week", _("Every week")
        MONTH = "month", _("Every month")

    # [{"letter": "A", "share": 50, "text": …, "attachments": […]}]
    variants: models.JSONField[list[dict[str, Any]]] = models.JSONField(
        _("variants"), default=list, blank=True
    )
    every = models.CharField(_("every"), max_length=8, choices=Every)
    # ISO: 1 is Monday.
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("weekdays"), default=list, blank=True
    )
    # A month that is shorter has it on its last day.
    day = models.PositiveSmallIntegerField(_("day of the month"), null=True, blank=True)
    time = models.TimeField(_("window opens"))
    until = models.TimeField(_("window closes"))
    next_at = models.DateTimeField(_("next"), null=True, blank=True)
    is_active = models.BooleanField(_("switched on"), default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))

    needs_segment = Q(is_active=True)

    class Meta:
        verbose_name = _("recurring broadcast")
        verbose_name_plural = _("recurring broadcasts")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="plan_kind_known", condition=Q(kind__in=["private", "group"])
            ),
            models.CheckConstraint(
                name="plan_touch_class_known",
                condition=Q(touch_class__in=["light", "deep", "service"]),
            ),
            models.CheckConstraint(
                name="plan_reminder_plan_known",
                condition=Q(reminder_plan__in=["off", "gentle", "firm"]),
            ),
            models.CheckConstraint(
                name="plan_audience_fits_kind",
                condition=Q(kind="private", segment__isnull=False, group_segment__isnull=True)
                | Q(kind="group", segment__isnull=True, group_segment__isnull=False),
            ),
            models.CheckConstraint(
                name="plan_every_known",
                condition=Q(every="day", weekdays=[], day__isnull=True)
                | (Q(every="week", day__isnull=True) & ~Q(weekdays=[]))
                | Q(every="month", weekdays=[], day__gte=1, day__lte=31),
            ),
            models.CheckConstraint(name="plan_window_has_length", condition=Q(until__gt=F("time"))),
            models.CheckConstraint(
                name="plan_next_iff_active",
                condition=Q(is_active=True, next_at__isnull=False)
                | Q(is_active=False, next_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(is_active=True), name="plan_due"),
        ]

    def get_absolute_url(self) -> str:
        return reverse("console:broadcast-plan", args=[self.pk])
