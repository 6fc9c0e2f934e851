"""What products have brought (商品分析): sums over the order ledger, counted anew from time to time."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class _Sums(models.Model):
    """Money in fen. An order of several products is split among them (`product_figures` says how),
    so sums over products add up to the orders. `repeat_buyers` bought on at least two days.
    """

    orders = models.PositiveIntegerField(_("orders"), default=0)
    units = models.PositiveBigIntegerField(_("units"), default=0)
    revenue_fen = models.BigIntegerField(_("revenue"), default=0)
    refunded_fen = models.BigIntegerField(_("refunded"), default=0)
    net_fen = models.GeneratedField(
        expression=F("revenue_fen") - F("refunded_fen"),
        output_field=models.BigIntegerField(),
        db_persist=True,
        verbose_name=_("net revenue"),
    )
    buyers = models.PositiveIntegerField(_("buyers"), default=0)
    repeat_buyers = models.PositiveIntegerField(_("repeat buyers"), default=0)

    class Meta:
        abstract = True

    @property
    def repurchase_rate(self) -> float | None:
        return self.repeat_buyers / self.buyers if self.buyers else None


class ProductFigures(_Sums):
    """One product that was ever ordered."""

    product = models.OneToOneField(
        "contacts.Product", primary_key=True, on_delete=models.CASCADE, related_name="figures"
    )
    # Mean paid for one, before refunds; what decides the price band.
    unit_fen = models.BigIntegerField(_("price paid"))
    band = models.PositiveSmallIntegerField(_("price band"))
    last_on = models.DateField(_("last ordered"))

    class Meta:
        verbose_name = _("figures of a product")
        verbose_name_plural = _("figures of products")
        indexes = [models.Index(fields=["-net_fen"], name="product_by_net")]


class AssortmentFigures(_Sums):
    """One price band or role. A buyer of two of its products counts once."""

    class Grouping(models.TextChoices):
        BAND = "band", _("Price band")
        ROLE = "role", _("Role")

    grouping = models.CharField(max_length=4, choices=Grouping)
    # The place of the band from below, or of the role in `ROLES`.
    place = models.PositiveSmallIntegerField()
    products = models.PositiveIntegerField(_("products"), default=0)
    # Of a band: from this price (inclusive) to below that one; None is open.
    from_fen = models.BigIntegerField(null=True)
    below_fen = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("figures of a price band or role")
        verbose_name_plural = _("figures of price bands and roles")
        constraints = [
            models.CheckConstraint(
                name="assortment_grouping_known", condition=Q(grouping__in=["band", "role"])
            ),
            models.UniqueConstraint(fields=["grouping", "place"], name="assortment_once"),
        ]


class AssortmentSettings(models.Model):
    """One row: price bands as operators want them, and when the figures were counted."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    # Prices at which the next band begins, rising; none: quarters of the units sold.
    bounds_fen = ArrayField(models.BigIntegerField(), verbose_name=_("price bands"), default=list)
    # How often somebody wanted them counted at once, and how many of these wishes are fulfilled.
    asked = models.PositiveIntegerField(default=0)
    answered = models.PositiveIntegerField(default=0)
    counted_at = models.DateTimeField(_("counted at"), null=True)
    count_seconds = models.FloatField(default=0)
    # The newest order that was counted.
    counted_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("settings of the assortment")
        verbose_name_plural = _("settings of the assortment")
        constraints = [models.CheckConstraint(name="assortment_one_row", condition=Q(id=1))]
