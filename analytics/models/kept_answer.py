"""Figures that take too long to work out while somebody waits."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class KeptAnswer(models.Model):
    """One answer about many customers (预计算结果), worked out by a worker and shown until a newer
    one is there.

    `part` names the customers (see `analytics.selectors.parts`), `name` the figure, also of which
    channel (see `analytics.selectors.kept.about`), the days its period; figures of today have none.
    `value` is null until it was worked out once. Nothing is lost with these rows: whoever asks
    again has them worked out again.
    """

    part = models.CharField(max_length=64)
    name = models.CharField(max_length=96)
    first_on = models.DateField(null=True)
    last_on = models.DateField(null=True)
    value: models.JSONField[Any] = models.JSONField(null=True)
    computed_at = models.DateTimeField(_("computed at"), null=True)
    asked_at = models.DateTimeField()
    # Who works at it, until when that is believed.
    leased_until = models.DateTimeField(null=True)
    error = models.CharField(_("error"), max_length=256, blank=True)

    class Meta:
        verbose_name = _("kept figure")
        verbose_name_plural = _("kept figures")
        constraints = [
            models.UniqueConstraint(
                fields=["part", "name", "first_on", "last_on"],
                nulls_distinct=False,
                name="kept_answer_once",
            ),
        ]
        indexes = [models.Index(fields=["asked_at"], name="kept_answer_asked")]

    def __str__(self) -> str:
        return f"{self.part} {self.name}"
