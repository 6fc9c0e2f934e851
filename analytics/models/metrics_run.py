"""The log of refreshes."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q, Value
from django.utils.translation import gettext_lazy as _


class MetricsRun(models.Model):
    """One refresh of the metrics (指标刷新).

    `watermark` is the newest `imported_at` of the order ledger when it began. `changed` counts the
    customers whose rows were written; `differences` those among them whose orders nobody had
    changed, so that their rows were wrong: a rebuild should find none. It mends them, and
    `examples` names the first by id. `checked_at` is when the sums were last known to be current: a
    refresh that finds nothing to do moves it on.
    """

    class Kind(models.TextChoices):
        INCREMENTAL = "incremental", _("Changed customers")
        REBUILD = "rebuild", _("All customers")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    checked_at = models.DateTimeField(_("current at"), null=True, blank=True)
    contacts = models.PositiveIntegerField(_("customers looked at"), default=0)
    changed = models.PositiveIntegerField(_("customers changed"), default=0)
    differences = models.PositiveIntegerField(_("differences"), default=0, db_default=0)
    examples: models.JSONField[list[int]] = models.JSONField(
        default=list, db_default=Value([], models.JSONField())
    )
    watermark = models.DateTimeField(_("orders up to"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("metrics refresh")
        verbose_name_plural = _("metrics refreshes")
        ordering = ["-started_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="metrics_run_kind_known", condition=Q(kind__in=["incremental", "rebuild"])
            ),
            models.CheckConstraint(
                name="metrics_run_differences_were_changed",
                condition=Q(differences__lte=F("changed")),
            ),
        ]
        indexes = [models.Index(fields=["-started_at", "-id"], name="metrics_run_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def current_at(self) -> datetime | None:
        """When the sums were last known to hold every order."""
        return self.checked_at or self.finished_at

    @property
    def seconds(self) -> float | None:
        """How long it took; None for one that failed."""
        if self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()
