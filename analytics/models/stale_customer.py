"""Customers whose orders changed since their sums were last computed."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class StaleCustomer(models.Model):
    """One change of one customer's orders that the figures have not seen yet (待刷新客户).

    The database itself adds the row, in the transaction that changed the order, whoever wrote it:
    new and matched orders, refunds, corrections, an order that moves to another customer (a row for
    each of the two), deletions. A refresh takes rows away in the transaction that recomputes their
    customers. So a change is never missed, however late its transaction commits, and a crash
    forgets nothing.
    """

    contact_id = models.BigIntegerField()
    since = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("customer to refresh")
        verbose_name_plural = _("customers to refresh")

    def __str__(self) -> str:
        return f"{self.contact_id}"
