"""The log of refreshes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MetricsRun(models.Model):
    """One refresh of the metrics (指标刷新).

    `watermark` is the newest `imported_at` seen and `tail` how many orders stood in the
    quarter of an hour before it: an import that commits late with an older time changes the second and is found.
    `changed` counts rows that were not right before; a rebuild should find none.
    """

    class Kind(models.TextChoices):
        INCREMENTAL = "incremental", _("Changed customers")
        REBUILD = "rebuild", _("All customers")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    contacts = models.PositiveIntegerField(_("customers looked at"), default=0)
    changed = models.PositiveIntegerField(_("customers changed"), default=0)
    watermark = models.DateTimeField(_("orders up to"), null=True, blank=True)
    tail = models.PositiveIntegerField(default=0)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("metrics refresh")
        verbose_name_plural = _("metrics refreshes")
        ordering = ["-started_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="metrics_run_kind_known", condition=Q(kind__in=["incremental", "rebuild"])
            ),
        ]
        indexes = [models.Index(fields=["-started_at", "-id"], name="metrics_run_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M}"
