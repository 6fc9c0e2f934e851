"""Orders and products (订单, 商品): the truth every value figure is computed from."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Product(models.Model):
    """A product (商品) with its role in the assortment."""

    class Role(models.TextChoices):
        NONE = "", _("No role")
        TRAFFIC = "traffic", _("Traffic product")
        EVENT = "event", _("Event product")
        PROFIT = "profit", _("Profit product")

    sku = models.CharField(_("SKU"), max_length=128, unique=True)
    name = models.CharField(_("name"), max_length=256)
    role = models.CharField(_("role"), max_length=8, choices=Role, default=Role.NONE, blank=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints = [
            models.CheckConstraint(
                name="product_role_known",
                condition=Q(role__in=["", "traffic", "event", "profit"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MatchKind(models.TextChoices):
    """By what sign an order found its customer, the surest first."""

    NONE = "", _("Not recorded")
    EXTERNAL_USERID = "external_userid", _("external_userid")
    UNIONID = "unionid", _("unionid")
    PHONE = "phone", _("Phone")
    NUMBER = "number", _("The shop's customer number")


class Order(models.Model):
    """One paid order (订单). Money in fen. An order of somebody unknown waits for its customer.

    `amount_fen` and `refunded_fen` are the sums of its entries; whoever changes them writes the
    entry in the same statement or transaction.
    """

    source = models.CharField(_("source"), max_length=32)
    external_id = models.CharField(_("order number"), max_length=128)
    contact = models.ForeignKey(
        "contacts.Contact",
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="orders",
    )
    # The shop's own words for its buyer; what later matches are made by.
    buyer_ref = models.CharField(_("buyer"), max_length=128, blank=True)
    buyer_unionid = models.CharField(_("buyer's unionid"), max_length=64, blank=True)
    buyer_phone = models.CharField(_("buyer's phone"), max_length=20, blank=True)
    # Empty on orders that found their customer before this was recorded.
    match_kind = models.CharField(
        _("matched by"), max_length=16, choices=MatchKind, blank=True, default="", db_default=""
    )
    matched_at = models.DateTimeField(_("matched at"), null=True, blank=True)
    paid_at = models.DateTimeField(_("paid at"))
    # The business day of paid_at; stored, because statistics count one purchase a day.
    paid_on = models.DateField(_("paid on"))
    amount_fen = models.BigIntegerField(_("amount"))
    refunded_fen = models.BigIntegerField(_("refunded"), default=0)
    imported_at = models.DateTimeField(_("imported at"))
    # The transaction that wrote it, or that found its customer; see `services.feeds`.
    txid = models.BigIntegerField(
        editable=False, db_default=models.Func(function="txid_current"), db_index=False
    )

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="order_once"),
            models.CheckConstraint(
                name="order_money_makes_sense",
                condition=Q(amount_fen__gte=0)
                & Q(refunded_fen__gte=0)
                & Q(refunded_fen__lte=F("amount_fen")),
            ),
            models.CheckConstraint(
                name="order_match_kind_known",
                condition=Q(match_kind__in=["", "external_userid", "unionid", "phone", "number"]),
            ),
        ]
        indexes = [
            models.Index(
                fields=["contact", "paid_on"],
                include=["amount_fen", "refunded_fen"],
                condition=Q(contact__isnull=False),
                name="order_by_day",
            ),
            models.Index(
                fields=["buyer_unionid"],
                condition=Q(contact__isnull=True) & ~Q(buyer_unionid=""),
                name="order_waiting_unionid",
            ),
            models.Index(
                fields=["buyer_phone"],
                condition=Q(contact__isnull=True) & ~Q(buyer_phone=""),
                name="order_waiting_phone",
            ),
            models.Index(
                fields=["buyer_ref"],
                condition=Q(contact__isnull=True) & ~Q(buyer_ref=""),
                name="order_waiting_ref",
            ),
            models.Index(fields=["-paid_at"], name="order_newest_first"),
            models.Index(fields=["imported_at"], name="order_by_import"),
            models.Index(fields=["txid", "id"], name="order_feed"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.external_id}"

    @property
    def net_fen(self) -> int:
        return self.amount_fen - self.refunded_fen


class OrderItem(models.Model):
    """One line of an order."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    # What of the order's amount was paid for this line, where the shop says so.
    amount_fen = models.BigIntegerField(_("amount"), null=True, blank=True)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
