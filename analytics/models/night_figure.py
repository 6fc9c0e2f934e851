"""Figures of the whole shop that are worked out at night."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class NightFigure(models.Model):
    """What one nightly calculation found (夜间计算结果), written over by the next night's.

    `found` is what `analytics.selectors.night` says of the key. A calculation that failed keeps
    what the night before found and names the error.
    """

    key = models.CharField(max_length=32, primary_key=True)
    found: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    computed_at = models.DateTimeField(_("computed at"), null=True)
    error = models.CharField(_("error"), max_length=256, blank=True)

    class Meta:
        verbose_name = _("figure of the night")
        verbose_name_plural = _("figures of the night")

    def __str__(self) -> str:
        return self.key
