"""Batches (群发批次): what one call hands to WeCom."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Batch(models.Model):
    """At most 10,000 customers, or 2,000 groups, of one staff member: one call, one task in WeCom.

    ready ⇄ submitting → accepted | refused | unknown; unknown → accepted | ready; and whatever is
    not over when its broadcast closes → cancelled. Only the holder of the current `attempt` may
    write how its call ended.
    """

    class State(models.TextChoices):
        READY = "ready", _("Ready")
        SUBMITTING = "submitting", _("Being handed to WeCom")
        ACCEPTED = "accepted", _("Accepted by WeCom")
        UNKNOWN = "unknown", _("Outcome unknown, being checked")
        REFUSED = "refused", _("Refused by WeCom")
        CANCELLED = "cancelled", _("Cancelled")

    broadcast = models.ForeignKey(
        "broadcasts.Broadcast", on_delete=models.PROTECT, related_name="batches"
    )
    staff = models.ForeignKey(
        "contacts.Staff", verbose_name=_("staff"), on_delete=models.PROTECT, related_name="+"
    )
    variant = models.ForeignKey(
        "broadcasts.Variant",
        verbose_name=_("variant"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="batches",
    )
    seq = models.PositiveIntegerField(_("number"), default=0)
    size = models.PositiveIntegerField(_("recipients"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.READY)
    attempt = models.PositiveIntegerField(_("attempts"), default=0)
    # How often reconciling found that WeCom holds nothing, so that it was handed over again.
    resent = models.PositiveIntegerField(_("handed over again"), default=0)
    intent_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    # When a worker was last told of it; a lost message is repeated after a while.
    handed_at = models.DateTimeField(null=True, blank=True)
    # What the last call said: {"text": …, "attachments": […]}; by it a lost call is recognised.
    message: models.JSONField[dict[str, Any] | None] = models.JSONField(null=True, blank=True)
    msgid = models.CharField(_("msgid"), max_length=64, null=True, blank=True, unique=True)
    # The last thing WeCom said against it: an error code and its advice, or our own reason.
    refused_code = models.IntegerField(null=True, blank=True)
    refused_reason = models.CharField(_("reason"), max_length=300, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed by staff at"), null=True, blank=True)
    remind_at = models.DateTimeField(null=True, blank=True)
    # When WeCom was told to remind of it in the 24 hours before the last time, and why it was not.
    reminded_at = ArrayField(models.DateTimeField(), default=list, db_default=[], editable=False)
    remind_problem = models.CharField(
        max_length=300, blank=True, default="", db_default="", editable=False
    )
    sent_count = models.PositiveIntegerField(_("sent"), default=0)
    last_polled_at = models.DateTimeField(null=True, blank=True)
    next_poll_at = models.DateTimeField(null=True, blank=True)
    # Nothing more can come of it: all results are in, or WeCom never got it and never will.
    is_final = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        constraints = [
            models.UniqueConstraint(fields=["broadcast", "staff", "seq"], name="batch_once"),
            models.CheckConstraint(
                name="batch_state_known",
                condition=Q(
                    state__in=[
                        "ready",
                        "submitting",
                        "accepted",
                        "unknown",
                        "refused",
                        "cancelled",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="batch_size_fits_one_call", condition=Q(size__gte=1, size__lte=10_000)
            ),
            models.CheckConstraint(
                name="batch_msgid_iff_accepted",
                condition=Q(state="accepted", msgid__isnull=False)
                | Q(state="cancelled")
                | (~Q(state__in=["accepted", "cancelled"]) & Q(msgid__isnull=True)),
            ),
            models.CheckConstraint(
                name="batch_lease_iff_submitting",
                condition=Q(state="submitting", lease_until__isnull=False)
                | (~Q(state="submitting") & Q(lease_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="batch_intent_before_call",
                condition=~Q(state__in=["submitting", "unknown", "accepted"])
                | Q(intent_at__isnull=False),
            ),
            models.CheckConstraint(
                name="batch_open_is_not_final",
                condition=~Q(state__in=["ready", "submitting", "unknown"]) | Q(is_final=False),
            ),
            models.CheckConstraint(
                name="batch_sent_within_size", condition=Q(sent_count__lte=models.F("size"))
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "not_before"],
                condition=Q(state__in=["ready", "submitting", "unknown"]),
                name="batch_open",
            ),
            models.Index(
                fields=["next_poll_at"],
                condition=Q(is_final=False, msgid__isnull=False),
                name="batch_to_poll",
            ),
            models.Index(fields=["broadcast"], condition=Q(is_final=False), name="batch_live"),
            models.Index(fields=["intent_at"], name="batch_by_intent"),
        ]

    def __str__(self) -> str:
        return f"{self.broadcast_id}/{self.staff_id}/{self.seq}"

    @property
    def chat_ids(self) -> list[str]:
        """The groups of a batch of a broadcast to groups."""
        rows = self.group_recipients.order_by("group_id")
        return list(rows.values_list("chat_id", flat=True))
