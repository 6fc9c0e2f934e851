"""The switch that stops all sending (一键停发)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class StopSwitch(models.Model):
    """One time the switch was on: who, when, why, and who switched it off again.

    While one is on, nothing is handed over to WeCom. Nothing is lost, either: what waits goes on
    afterwards, inside its window.
    """

    reason = models.CharField(_("reason"), max_length=200)
    with_welcomes = models.BooleanField(_("welcomes, too"), default=False)
    stopped_at = models.DateTimeField(_("stopped at"))
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    resumed_at = models.DateTimeField(_("resumed at"), null=True)
    resumed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("stop of all sending")
        verbose_name_plural = _("stops of all sending")
        ordering = ["-stopped_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(resumed_at__isnull=True), name="stop_switch_on_once"
            ),
            models.CheckConstraint(name="stop_switch_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return self.reason
