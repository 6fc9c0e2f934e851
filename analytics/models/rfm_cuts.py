"""The cut points that RFM scores are read from."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class RfmCuts(models.Model):
    """Quintile cut points over all buyers (RFM 分位点), one row; equal values share a score.

    Four ascending numbers each: days since the last order as of `as_of`, purchase days, net fen.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    recency_days = ArrayField(models.IntegerField(), size=4)
    purchase_days = ArrayField(models.IntegerField(), size=4)
    net_fen = ArrayField(models.BigIntegerField(), size=4)
    buyers = models.PositiveIntegerField(_("buyers"))
    as_of = models.DateField(_("as of"))

    class Meta:
        verbose_name = _("RFM cut points")
        verbose_name_plural = _("RFM cut points")
        constraints = [models.CheckConstraint(name="rfm_cuts_one_row", condition=Q(id=1))]
