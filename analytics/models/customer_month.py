"""The monthly roll-up behind cohorts and revenue."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class CustomerMonth(models.Model):
    """What one customer bought in one calendar month (客户月度); months without orders have no row.

    `month` and `cohort` are first days of months; `cohort` is the month of her first order.
    """

    pk = models.CompositePrimaryKey("contact_id", "month")
    # Customers are never deleted, and checking millions of keys at each rebuild would cost most
    # of its time.
    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.CASCADE,
        related_name="months",
        db_index=False,
        db_constraint=False,
    )
    month = models.DateField(_("month"))
    cohort = models.DateField(_("month of the first order"))
    # Months since the cohort's month; 0 is that month itself.
    offset = models.PositiveSmallIntegerField(_("months later"))
    purchase_days = models.PositiveSmallIntegerField(_("purchase days"))
    orders = models.PositiveIntegerField(_("orders"))
    net_fen = models.BigIntegerField(_("net revenue"))

    class Meta:
        verbose_name = _("month of a customer")
        verbose_name_plural = _("months of customers")
