"""Messages to staff about lost customers (删人提醒)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class LossAlertSettings(models.Model):
    """Who is told of which losses, one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    tells_removals = models.BooleanField(_("when staff remove a customer"), default=False)
    tells_unfriending = models.BooleanField(_("when a customer unfriends staff"), default=False)
    receivers = ArrayField(
        models.CharField(max_length=64), verbose_name=_("receivers"), default=list, blank=True
    )
    # Losses from before are not told any more.
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("loss alerts")
        verbose_name_plural = _("loss alerts")
        constraints = [models.CheckConstraint(name="loss_alerts_one_row", condition=Q(id=1))]

    def __str__(self) -> str:
        return ", ".join(self.receivers)


class LossAlert(models.Model):
    """One message about some losses. Written before it is sent; equal when it is sent again."""

    class State(models.TextChoices):
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    receivers = ArrayField(models.CharField(max_length=64))
    text = models.TextField(_("text"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.SENDING)
    error = models.CharField(_("error"), max_length=256, blank=True)
    created_at = models.DateTimeField(_("created at"))
    tried_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("message about losses")
        verbose_name_plural = _("messages about losses")
        constraints = [
            models.CheckConstraint(
                name="loss_alert_state_known",
                condition=Q(state__in=["sending", "sent", "failed"]),
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="sending"), name="loss_alert_waiting")
        ]

    def __str__(self) -> str:
        return self.text


class ToldLoss(models.Model):
    """A loss that a message names, so that none is told twice."""

    follow = models.ForeignKey("contacts.Follow", on_delete=models.CASCADE, related_name="+")
    ended_at = models.DateTimeField()
    alert = models.ForeignKey(LossAlert, on_delete=models.CASCADE, related_name="losses")

    class Meta:
        verbose_name = _("told loss")
        verbose_name_plural = _("told losses")
        constraints = [
            models.UniqueConstraint(fields=["follow", "ended_at"], name="loss_told_once"),
        ]
