"""What one buyer's orders add up to, and what we expect of her."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class ContactMetrics(models.Model):
    """One row a customer who ever ordered (客户价值); a friend without an order has none.

    The sums are exact and come from the order ledger; orders of one day are one purchase day.
    Refunds subtract from money, never from days. The forecast is written apart from them and is
    as old as `predicted_at`. What depends on today (gap, stage, RFM scores, reasons of a risk) is
    worked out when it is read.
    """

    # No constraint, for the reason given at CustomerMonth.
    contact = models.OneToOneField(
        "contacts.Contact",
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="metrics",
        db_constraint=False,
    )
    first_on = models.DateField(_("first order"))
    # The second purchase day: the time to it is the repurchase curve.
    second_on = models.DateField(_("second purchase day"), null=True, blank=True)
    last_on = models.DateField(_("last order"))
    purchase_days = models.PositiveIntegerField(_("purchase days"))
    orders = models.PositiveIntegerField(_("orders"))
    revenue_fen = models.BigIntegerField(_("revenue"))
    refunded_fen = models.BigIntegerField(_("refunded"))
    net_fen = models.GeneratedField(
        expression=F("revenue_fen") - F("refunded_fen"),
        output_field=models.BigIntegerField(),
        db_persist=True,
        verbose_name=_("net revenue"),
    )
    # Net revenue of the first purchase day; the value model must not see it.
    first_day_fen = models.BigIntegerField(_("value of the first day"))
    computed_at = models.DateTimeField(_("computed at"))

    p_alive = models.FloatField(_("probability of being active"), null=True, blank=True)
    expected_orders = models.FloatField(_("expected orders in 365 days"), null=True, blank=True)
    predicted_fen = models.BigIntegerField(_("predicted value, 365 days"), null=True, blank=True)
    # 80 % of customers with this history end up between the two.
    predicted_low_fen = models.BigIntegerField(_("lower bound"), null=True, blank=True)
    predicted_high_fen = models.BigIntegerField(_("upper bound"), null=True, blank=True)
    churn_risk = models.GeneratedField(
        expression=1 - F("p_alive"),
        output_field=models.FloatField(null=True),
        db_persist=True,
        verbose_name=_("churn risk"),
    )
    predicted_at = models.DateTimeField(_("predicted at"), null=True, blank=True)

    class Meta:
        verbose_name = _("customer value")
        verbose_name_plural = _("customer values")
        constraints = [
            models.CheckConstraint(
                name="metrics_days_in_order",
                condition=Q(first_on__lte=F("last_on"))
                & Q(purchase_days__gte=1)
                & Q(orders__gte=F("purchase_days")),
            ),
            models.CheckConstraint(
                name="metrics_second_day_iff_repeat",
                condition=Q(purchase_days=1, second_on__isnull=True, last_on=F("first_on"))
                | Q(
                    purchase_days__gt=1,
                    second_on__isnull=False,
                    second_on__gt=F("first_on"),
                    second_on__lte=F("last_on"),
                ),
            ),
            models.CheckConstraint(
                name="metrics_forecast_whole_or_absent",
                condition=Q(
                    predicted_at__isnull=True,
                    p_alive__isnull=True,
                    expected_orders__isnull=True,
                    predicted_fen__isnull=True,
                    predicted_low_fen__isnull=True,
                    predicted_high_fen__isnull=True,
                )
                | Q(
                    predicted_at__isnull=False,
                    p_alive__isnull=False,
                    expected_orders__isnull=False,
                    predicted_fen__isnull=False,
                    predicted_low_fen__isnull=False,
                    predicted_high_fen__isnull=False,
                    p_alive__gte=0,
                    p_alive__lte=1,
                    expected_orders__gte=0,
                    predicted_fen__gte=0,
                    predicted_low_fen__gte=0,
                    predicted_high_fen__gte=F("predicted_low_fen"),
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id}"

    @property
    def repeat_mean_fen(self) -> float:
        """Mean net value of the purchase days after the first, 0 for one-time buyers."""
        repeats = self.purchase_days - 1
        return (self.net_fen - self.first_day_fen) / repeats if repeats else 0.0

    @property
    def usual_gap_days(self) -> float | None:
        """Mean days between purchase days, None for one-time buyers."""
        repeats = self.purchase_days - 1
        return (self.last_on - self.first_on).days / repeats if repeats else None
