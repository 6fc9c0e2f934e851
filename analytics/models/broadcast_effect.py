"""What broadcasts brought (群发效果): measured by the clock, and what they cost."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from broadcasts.models import Broadcast


class BroadcastEffect(models.Model):
    """The figures of one broadcast as last measured, so that a list of them asks no ledger.

    `arms` holds the sums of those written to and those kept from it, by outcome; what may be said
    of them is worked out when it is read. `clickers` is empty where there is no tracked link.
    """

    broadcast = models.OneToOneField(
        Broadcast, on_delete=models.CASCADE, primary_key=True, related_name="effect"
    )
    measured_at = models.DateTimeField(_("measured at"))
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    delivered = models.PositiveIntegerField(_("delivered"))
    clickers = models.PositiveIntegerField(_("clicked"), null=True)
    buyers = models.PositiveIntegerField(_("ordered"))
    orders = models.PositiveIntegerField(_("orders"))
    net_fen = models.BigIntegerField(_("net revenue"))
    unfriended = models.PositiveIntegerField(_("unfriended"))
    customers = models.PositiveIntegerField(_("customers written to"))
    arms: models.JSONField[dict[str, Any]] = models.JSONField()
    # Of a large broadcast: its whole report by days of the window; see `selectors.kept_reports`.
    windows: models.JSONField[dict[str, Any]] = models.JSONField(default=dict, db_default={})

    class Meta:
        verbose_name = _("effect of a broadcast")
        verbose_name_plural = _("effects of broadcasts")
        constraints = [
            models.CheckConstraint(
                name="broadcast_effect_has_length", condition=Q(end_at__gt=F("start_at"))
            ),
        ]

    def __str__(self) -> str:
        return str(self.broadcast)

    @property
    def is_over(self) -> bool:
        """Whether it was measured after its window."""
        return self.measured_at >= self.end_at


class BroadcastCost(models.Model):
    """What one broadcast cost (群发成本): gifts, coupons, work; entered by hand."""

    broadcast = models.OneToOneField(
        Broadcast, on_delete=models.CASCADE, primary_key=True, related_name="cost"
    )
    amount_fen = models.BigIntegerField(_("cost"))
    # What is left of revenue after the goods themselves.
    margin_percent = models.PositiveSmallIntegerField(_("gross margin (%)"), default=100)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    entered_at = models.DateTimeField(_("entered at"))

    class Meta:
        verbose_name = _("cost of a broadcast")
        verbose_name_plural = _("costs of broadcasts")
        constraints = [
            models.CheckConstraint(name="broadcast_cost_positive", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(
                name="broadcast_cost_margin_is_a_share",
                condition=Q(margin_percent__gte=1, margin_percent__lte=100),
            ),
        ]

    def __str__(self) -> str:
        return str(self.broadcast)


class StandingEffect(models.Model):
    """What all marketing added in the last `days`, as last measured against the standing hold-out.

    `sums` are those of both arms by outcome; they hold for the draw of `drawn_at` alone.
    """

    days = models.PositiveSmallIntegerField(primary_key=True)
    drawn_at = models.DateTimeField()
    measured_at = models.DateTimeField(_("measured at"))
    start_at = models.DateTimeField()
    people = models.PositiveIntegerField()
    cap_fen = models.BigIntegerField()
    sums: models.JSONField[dict[str, Any]] = models.JSONField()

    class Meta:
        verbose_name = _("effect of all marketing")
        verbose_name_plural = _("effects of all marketing")
