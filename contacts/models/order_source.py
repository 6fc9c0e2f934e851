"""Shops that send their orders themselves (订单来源), and what they sent."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class OrderSource(models.Model):
    """A shop whose system signs what it sends to `/hooks/orders/<name>/`.

    The secret is derived (`services.order_sources.secrets_of`), so no table holds it. For a day
    after `rotated_at` the one before opens, too.
    """

    name = models.SlugField(_("short name"), max_length=32, unique=True, db_index=False)
    label = models.CharField(_("name"), max_length=64)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    secret_version = models.PositiveIntegerField(default=1)
    rotated_at = models.DateTimeField(_("secret renewed at"), null=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("order source")
        verbose_name_plural = _("order sources")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.label


class OrderDelivery(models.Model):
    """One signed message of a shop, kept before it is read.

    waiting → done | partly | failed; anything ended → waiting by replay. `refused` holds the rows
    that were not taken: {"list", "row", "field", "message"}.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Taken")
        PARTLY = "partly", _("Taken in part")
        FAILED = "failed", _("Failed")

    source = models.ForeignKey(
        OrderSource, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    # SHA-256 of time stamp and body: a copy is the same.
    digest = models.CharField(max_length=64, unique=True, db_index=False)
    body = models.TextField(_("body"))
    received_at = models.DateTimeField(_("received at"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(null=True)
    handled_at = models.DateTimeField(_("handled at"), null=True)
    counts: models.JSONField[dict[str, int]] = models.JSONField(_("counts"), default=dict)
    refused: models.JSONField[list[dict[str, Any]]] = models.JSONField(_("refused"), default=list)
    error = models.CharField(_("error"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("delivery of a shop")
        verbose_name_plural = _("deliveries of shops")
        constraints = [
            models.CheckConstraint(
                name="order_delivery_state_known",
                condition=Q(state__in=["waiting", "done", "partly", "failed"]),
            ),
            models.CheckConstraint(
                name="order_delivery_due_iff_waiting",
                condition=Q(state="waiting", due_at__isnull=False)
                | (~Q(state="waiting") & Q(due_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="order_hook_due"),
            models.Index(fields=["source", "-id"], name="order_hook_newest"),
            models.Index(fields=["received_at"], name="order_hook_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.received_at:%Y-%m-%d %H:%M:%S}"
