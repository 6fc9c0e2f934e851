"""How far WeCom's payments (对外收款) have become orders."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class BillPull(models.Model):
    """One row. WeCom lists payments and refunds by when the money moved; `read_to` is until when
    they are read. `is_on` goes off by itself when the app may not read them.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    is_on = models.BooleanField(_("on"), default=True)
    read_to = models.DateTimeField(_("read until"), null=True)
    asked_at = models.DateTimeField(_("asked at"), null=True)
    next_at = models.DateTimeField(_("asked again at"), null=True)
    # WeCom's last refusal in an operator's words, "" after an answer.
    problem = models.CharField(_("problem"), max_length=500, blank=True)
    payments = models.PositiveIntegerField(_("payments"), default=0)
    refunds = models.PositiveIntegerField(_("refunds"), default=0)

    class Meta:
        verbose_name = _("pull of WeCom payments")
        verbose_name_plural = _("pull of WeCom payments")
        constraints = [models.CheckConstraint(name="bill_pull_one_row", condition=Q(id=1))]

    def __str__(self) -> str:
        return f"{self.read_to or '–'}"
