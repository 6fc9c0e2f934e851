"""What an operator has typed into the composer and not saved yet (未保存的群发)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class UnfinishedBroadcast(models.Model):
    """The composer's fields as they were typed, right or wrong (自动保存).

    Apart from `Broadcast`, so that nothing half-written can ever be scheduled. One row for each
    new broadcast somebody writes, found by `key`; one for each draft that is being changed. Every
    saving raises `version`; one that started from an older version is refused.
    """

    key = models.UUIDField(unique=True)
    broadcast = models.OneToOneField(
        "broadcasts.Broadcast", null=True, on_delete=models.CASCADE, related_name="unfinished"
    )
    # By the name of the field, every value it had: {"name": ["Spring"], "without": ["3", "8"]}.
    values: models.JSONField[dict[str, Any]] = models.JSONField(_("values"))
    version = models.PositiveIntegerField(_("version"), default=1)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    saved_at = models.DateTimeField(_("saved at"))

    class Meta:
        verbose_name = _("unfinished broadcast")
        verbose_name_plural = _("unfinished broadcasts")
        indexes = [
            models.Index(
                fields=["saved_by", "-saved_at"],
                condition=Q(broadcast__isnull=True),
                name="unfinished_of_operator",
            )
        ]

    def __str__(self) -> str:
        return str((self.values.get("name") or [""])[0]) or str(_("Unnamed broadcast"))
