"""The inbox of WeCom's callbacks (回调事件): stored before they are handled."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class CallbackEvent(models.Model):
    """One decrypted callback, kept whole. The digest of its body makes a repeat change nothing."""

    class State(models.TextChoices):
        NEW = "new", _("Waiting")
        DONE = "done", _("Handled")
        IGNORED = "ignored", _("Ignored")
        FAILED = "failed", _("Failed")

    digest = models.CharField(_("digest"), max_length=64, unique=True, editable=False)
    event = models.CharField(_("event"), max_length=48)
    change_type = models.CharField(_("change type"), max_length=48, blank=True)
    # What must be handled in order: a customer, a group, a tag. Empty: nothing to keep in order.
    order_key = models.CharField(_("subject"), max_length=128, blank=True)
    body = models.TextField(_("body"))
    received_at = models.DateTimeField(_("received at"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.NEW)
    # Failed attempts, and those that ended with their worker; one that runs counts meanwhile.
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # Defaults of the database, because an older release may still write rows during a deploy.
    waits = models.PositiveSmallIntegerField(
        _("put off"),
        db_default=0,
        help_text=_("How often it was put off because WeCom could not be asked; no failure."),
    )
    due_at = models.DateTimeField(_("due at"))
    handled_at = models.DateTimeField(_("handled at"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    hint = models.CharField(_("advice"), max_length=300, blank=True, db_default="")

    class Meta:
        verbose_name = _("callback event")
        verbose_name_plural = _("callback log")
        constraints = [
            models.CheckConstraint(
                name="callback_event_state_known",
                condition=Q(state__in=["new", "done", "ignored", "failed"]),
            ),
            models.CheckConstraint(
                name="callback_event_handled_iff_not_new",
                condition=Q(state="new", handled_at__isnull=True)
                | (~Q(state="new") & Q(handled_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state="new"), name="callback_due"),
            models.Index(
                fields=["order_key", "id"], condition=Q(state="new"), name="callback_in_order"
            ),
            models.Index(fields=["-received_at"], name="callback_newest_first"),
            models.Index(fields=["received_at"], condition=Q(state="failed"), name="callback_bad"),
        ]

    def __str__(self) -> str:
        return f"{self.event}/{self.change_type} {self.order_key}".strip()
