"""The ledger of an order (订单流水): what it was sold for, what was given back, what was corrected."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class OrderEntry(models.Model):
    """One movement of an order's money, in fen. Append-only: the database refuses anything else.

    `Order.amount_fen` is the sum of sale and corrections, `Order.refunded_fen` is minus the sum of
    refunds. A refund is below 0; one that was taken back is above.
    """

    class Kind(models.TextChoices):
        SALE = "sale", _("Sale")
        REFUND = "refund", _("Refund")
        CORRECTION = "correction", _("Correction")

    class Origin(models.TextChoices):
        """Who told us."""

        FILE = "file", _("File import")
        API = "api", _("API")
        HOOK = "webhook", _("Webhook of the shop")
        OPENING = "opening", _("Opening entry")
        CHECK = "check", _("Nightly check")

    order = models.ForeignKey(
        "contacts.Order", on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    amount_fen = models.BigIntegerField(_("amount"))
    # When it happened, as the shop says; without its word see `services.order_sql`.
    at = models.DateTimeField(_("at"))
    # The business day of `at`.
    happened_on = models.DateField(_("day"))
    # The shop's number of this refund; "" for what arrived as a new total of the order.
    external_id = models.CharField(_("refund number"), max_length=128, blank=True, db_default="")
    origin = models.CharField(_("told by"), max_length=8, choices=Origin)
    imported_at = models.DateTimeField(_("imported at"))

    class Meta:
        verbose_name = _("order entry")
        verbose_name_plural = _("order entries")
        constraints = [
            models.CheckConstraint(
                name="order_entry_kind_known",
                condition=Q(kind__in=["sale", "refund", "correction"]),
            ),
            models.CheckConstraint(
                name="order_entry_origin_known",
                condition=Q(origin__in=["file", "api", "webhook", "opening", "check"]),
            ),
            models.CheckConstraint(
                name="order_entry_says_something",
                condition=Q(kind="sale", amount_fen__gte=0) | (~Q(kind="sale") & ~Q(amount_fen=0)),
            ),
            models.CheckConstraint(
                name="order_entry_number_of_a_refund",
                condition=Q(external_id="") | Q(kind="refund", amount_fen__lt=0),
            ),
            models.UniqueConstraint(
                fields=["external_id", "order"],
                condition=~Q(external_id=""),
                name="order_entry_once",
            ),
        ]
        indexes = [
            models.Index(fields=["order", "id"], name="order_entry_of_order"),
            models.Index(
                fields=["happened_on"],
                include=["order", "amount_fen"],
                condition=Q(kind="refund"),
                name="order_entry_refunds_by_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_fen}"
