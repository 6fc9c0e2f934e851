"""What turns revenue into money earned (价值口径)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ValueSettings(models.Model):
    """One row. `margin_percent` is what is left of revenue after the goods (毛利率).

    None: nobody has said, and figures are on revenue and say so.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    margin_percent = models.PositiveSmallIntegerField(_("gross margin (%)"), null=True, blank=True)
    updated_at = models.DateTimeField(_("updated at"))

    class Meta:
        verbose_name = _("settings of value figures")
        verbose_name_plural = _("settings of value figures")
        constraints = [
            models.CheckConstraint(name="value_settings_one_row", condition=Q(id=1)),
            models.CheckConstraint(
                name="value_settings_margin_is_a_share",
                condition=Q(margin_percent__isnull=True)
                | Q(margin_percent__gte=1, margin_percent__lte=100),
            ),
        ]

    def __str__(self) -> str:
        return "–" if self.margin_percent is None else f"{self.margin_percent} %"

    @property
    def has_margin(self) -> bool:
        return self.margin_percent is not None

    @property
    def margin(self) -> float:
        """As a factor on revenue, 1 while nobody has said."""
        return 1.0 if self.margin_percent is None else self.margin_percent / 100

    def earned_fen(self, net_fen: int) -> int:
        """What is left of net revenue; whole fen, halves up."""
        percent = 100 if self.margin_percent is None else self.margin_percent
        return (net_fen * percent + 50) // 100
