"""What touches did to people, and the guard that watches it (伤害预警)."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from broadcasts.models.broadcast import Broadcast

KINDS = ["private", "group"]


class Complaint(models.Model):
    """A customer complained (投诉, 退订): replied “TD”, called, wrote to WeCom's own complaints.

    WeCom tells nobody of complaints, so an operator or another system records them.
    """

    contact = models.ForeignKey(
        "contacts.Contact",
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="complaints",
    )
    # The one complained about, if anybody knows; else what touched her within a day before counts.
    broadcast = models.ForeignKey(
        Broadcast,
        verbose_name=_("broadcast"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="complaints",
    )
    at = models.DateTimeField(_("at"))
    words = models.CharField(_("words"), max_length=300, blank=True)
    # How another system calls it: the same told twice is one.
    external_id = models.CharField(max_length=64, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("complaint")
        verbose_name_plural = _("complaints")
        indexes = [
            models.Index(fields=["contact", "at"], name="complaint_of_contact"),
            models.Index(fields=["-at", "-id"], name="complaint_newest_first"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["external_id"],
                condition=~Q(external_id=""),
                name="complaint_told_once",
            ),
        ]

    def __str__(self) -> str:
        return self.words


class HarmBase(models.Model):
    """Losses of those who were not touched, by kind of customer; counted anew every night.

    `days` are relation-days of the last weeks outside the day after a touch. Of private messages a
    relation is a friendship with `staff`, of group messages a membership in a group they own.
    """

    kind = models.CharField(_("kind"), max_length=8, choices=Broadcast.Kind)
    staff = models.ForeignKey(
        "contacts.Staff", null=True, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    age_band = models.PositiveSmallIntegerField()
    stage = models.CharField(max_length=8)
    days = models.FloatField()
    losses = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name = _("usual losses")
        verbose_name_plural = _("usual losses")
        indexes = [models.Index(fields=["kind", "staff"], name="harm_base_of_staff")]
        constraints = [
            models.CheckConstraint(name="harm_base_kind_known", condition=Q(kind__in=KINDS)),
        ]


class HarmWatch(models.Model):
    """One look at a broadcast that said something new; a look without news only renews `seen_at`.

    `usual` is what the test takes for usual, the upper limit; `expected` the estimate.
    """

    class Verdict(models.TextChoices):
        CALM = "calm", _("As usual")
        OVER = "over", _("More are lost than usual")

    broadcast = models.ForeignKey(
        Broadcast, on_delete=models.PROTECT, related_name="harm_looks", db_index=False
    )
    looked_at = models.DateTimeField(_("looked at"))
    seen_at = models.DateTimeField()
    touched = models.PositiveIntegerField(_("touched"))
    losses = models.PositiveIntegerField(_("losses"))
    # A customer who did several counts in each, and once in `losses`.
    unfriended = models.PositiveIntegerField(_("unfriended"), default=0)
    left_group = models.PositiveIntegerField(_("left the group"), default=0)
    complained = models.PositiveIntegerField(_("complained"), default=0)
    expected = models.FloatField(_("usual"))
    usual = models.FloatField()
    statistic = models.FloatField(_("evidence"))
    bound = models.FloatField(_("bound"))
    limit = models.PositiveIntegerField(_("stops at"))
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict)

    class Meta:
        verbose_name = _("look at harm")
        verbose_name_plural = _("looks at harm")
        indexes = [models.Index(fields=["broadcast", "looked_at"], name="harm_watch_of_broadcast")]
        constraints = [
            models.CheckConstraint(
                name="harm_watch_verdict_known", condition=Q(verdict__in=["calm", "over"])
            ),
        ]


class HarmAlarm(models.Model):
    """The guard's bound was passed, once a broadcast. What was learned stands on the broadcast
    (`post_mortem`); here who wrote it and when.
    """

    broadcast = models.OneToOneField(
        Broadcast, on_delete=models.PROTECT, related_name="harm_alarm", primary_key=True
    )
    look = models.ForeignKey(HarmWatch, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField(_("at"))
    # False for service messages, and for what everybody had received already.
    was_stopped = models.BooleanField(_("stopped"))
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    noted_at = models.DateTimeField(_("reviewed at"), null=True)

    class Meta:
        verbose_name = _("harm alarm")
        verbose_name_plural = _("harm alarms")
        ordering = ["-raised_at"]

    def __str__(self) -> str:
        return str(self.broadcast)


class OperatorNotice(models.Model):
    """An app message (应用消息) to operators. Written before it is sent, equal when sent again."""

    class State(models.TextChoices):
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        # None of them named a WeCom userid.
        NOBODY = "nobody", _("Nobody to tell")

    receivers = ArrayField(models.CharField(max_length=64))
    text = models.TextField(_("text"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.SENDING)
    error = models.CharField(_("error"), max_length=256, blank=True)
    created_at = models.DateTimeField(_("created at"))
    next_at = models.DateTimeField()

    class Meta:
        verbose_name = _("message to operators")
        verbose_name_plural = _("messages to operators")
        constraints = [
            models.CheckConstraint(
                name="operator_notice_state_known",
                condition=Q(state__in=["sending", "sent", "failed", "nobody"]),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"], condition=Q(state="sending"), name="operator_notice_waiting"
            )
        ]

    def __str__(self) -> str:
        return self.text
