"""Variants of a message (A/B 版本)."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Variant(models.Model):
    """One of two to four wordings of a broadcast, and the share of the chosen that gets it.

    Whoever gets which follows from a hash of the broadcast's salt and the customer (or group),
    so the parts are disjoint, and the same whenever they are computed.
    """

    class Letter(models.TextChoices):
        A = "A", "A"
        B = "B", "B"
        C = "C", "C"
        D = "D", "D"

    broadcast = models.ForeignKey(
        "broadcasts.Broadcast", on_delete=models.CASCADE, related_name="variants"
    )
    letter = models.CharField(_("variant"), max_length=1, choices=Letter)
    share = models.PositiveSmallIntegerField(
        _("share %"), validators=[MinValueValidator(1), MaxValueValidator(99)]
    )
    text = models.TextField(_("text"), blank=True)
    attachments: models.JSONField[list[dict[str, Any]]] = models.JSONField(
        _("attachments"), default=list, blank=True
    )

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ["letter"]
        constraints = [
            models.UniqueConstraint(fields=["broadcast", "letter"], name="variant_once"),
            models.CheckConstraint(
                name="variant_letter_known", condition=Q(letter__in=["A", "B", "C", "D"])
            ),
            models.CheckConstraint(
                name="variant_share_is_a_part", condition=Q(share__gte=1, share__lte=99)
            ),
        ]

    def __str__(self) -> str:
        return self.letter
