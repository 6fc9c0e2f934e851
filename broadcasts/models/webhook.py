"""Outgoing webhooks (开放接口推送): who wants to hear of what, and what became of each message."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class WebhookKind(models.TextChoices):
    """What can be told."""

    BROADCAST_SCHEDULED = "broadcast.scheduled", _("A broadcast was scheduled")
    BROADCAST_STOPPED = "broadcast.stopped", _("A broadcast was stopped")
    BROADCAST_FINISHED = "broadcast.finished", _("A broadcast was finished")
    HARM_STOP = "broadcast.harm", _("The harm guard raised an alarm")
    CONTACT_ADDED = "contact.added", _("A customer became a friend of staff")
    CONTACT_LOST = "contact.lost", _("A friendship with staff ended")
    STAGE_CHANGED = "contact.stage_changed", _("A customer's stage changed")
    JOURNEY_STEP = "journey.step", _("A journey reached its webhook step")
    TEST = "test", _("A test from the console")


class WebhookEndpoint(models.Model):
    """An address of another system.

    Its secret is derived (`services.webhook_secret`), so no table holds it; `secret_version` ends
    the one before.
    """

    name = models.CharField(_("name"), max_length=64)
    url = models.CharField(_("address"), max_length=500)
    kinds = ArrayField(models.CharField(max_length=32), verbose_name=_("events"))
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    secret_version = models.PositiveIntegerField(default=1)
    is_active = models.BooleanField(_("active"), default=True)
    is_deleted = models.BooleanField(default=False)
    # Since when nothing arrived any more; after days of that it is switched off.
    failing_since = models.DateTimeField(null=True)
    switched_off_at = models.DateTimeField(_("switched off at"), null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        permissions = [("use_webhook_api", "Can manage webhooks over the API")]
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class WebhookEvent(models.Model):
    """Something to tell. Written in the transaction in which it happened."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("event"), max_length=32, choices=WebhookKind)
    subject_id = models.CharField(max_length=64)
    data: models.JSONField[dict[str, Any]] = models.JSONField(_("data"), default=dict)
    at = models.DateTimeField(_("at"))
    # What was found by looking (rather than told by who did it) is found once by this name.
    found_as = models.CharField(max_length=80, null=True, unique=True)  # noqa: DJ001

    class Meta:
        verbose_name = _("event to tell")
        verbose_name_plural = _("events to tell")
        constraints = [
            models.CheckConstraint(
                name="webhook_event_kind_known",
                condition=Q(
                    kind__in=[
                        "broadcast.scheduled",
                        "broadcast.stopped",
                        "broadcast.finished",
                        "broadcast.harm",
                        "contact.added",
                        "contact.lost",
                        "contact.stage_changed",
                        "journey.step",
                        "test",
                    ]
                ),
            ),
        ]
        indexes = [models.Index(fields=["at"], name="webhook_event_by_age")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class WebhookDelivery(models.Model):
    """One event on its way to one address: waiting → sent | failed; failed → waiting by replay."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Delivered")
        FAILED = "failed", _("Failed")

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    event = models.ForeignKey(WebhookEvent, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    # It is given up a day after this moment: its making, or its replay.
    since = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(_("tried at"), null=True)
    # Of the last attempt; no status: nothing was answered.
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    answer = models.CharField(_("answer"), max_length=500, blank=True)
    duration_ms = models.PositiveIntegerField(_("duration (ms)"), null=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="webhook_delivery_once"),
            models.CheckConstraint(
                name="webhook_delivery_state_known",
                condition=Q(state__in=["waiting", "sent", "failed"]),
            ),
            models.CheckConstraint(
                name="webhook_delivery_next_iff_waiting",
                condition=Q(state="waiting", next_at__isnull=False)
                | (~Q(state="waiting") & Q(next_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"], condition=Q(state="waiting"), name="webhook_delivery_due"
            ),
            models.Index(fields=["endpoint", "-id"], name="webhook_delivery_newest"),
        ]
