"""Which column of a shop's file holds what (字段映射), saved under a name."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class OrderMapping(models.Model):
    """`columns` maps our fields to the file's headings; see `contacts.rules.order_formats.mapped`."""

    source = models.CharField(_("source"), max_length=32)
    name = models.CharField(_("name"), max_length=64)
    columns: models.JSONField[dict[str, str]] = models.JSONField(_("columns"))
    amount_per_line = models.BooleanField(_("amounts are those of single lines"), default=False)
    is_net = models.BooleanField(_("amounts are what was left after refunds"), default=False)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    saved_at = models.DateTimeField(_("saved at"))

    class Meta:
        verbose_name = _("mapping of columns")
        verbose_name_plural = _("mappings of columns")
        constraints = [
            models.UniqueConstraint(fields=["source", "name"], name="order_mapping_once")
        ]

    def __str__(self) -> str:
        return self.name

    def as_mapping(self) -> dict[str, Any]:
        """As an import keeps it."""
        return {
            "columns": self.columns,
            "amount_per_line": self.amount_per_line,
            "is_net": self.is_net,
        }
