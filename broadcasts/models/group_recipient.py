"""Groups of a broadcast (群发对象群): its frozen audience when it goes to groups."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class GroupRecipient(models.Model):
    """One group of one broadcast's audience, with the verdict on it and what became of it.

    `reason` says why it is left out, `result` why a chosen one did not get it, `sent_at` when it
    did. What the customers in it heard stands in the ledger of touches.
    """

    class State(models.TextChoices):
        CHOSEN = "chosen", _("Will receive")
        EXCLUDED = "excluded", _("Left out")
        HELD_OUT = "held_out", _("Held out")

    class Result(models.TextChoices):
        NONE = "", _("–")
        REFUSED = "refused", _("Refused by WeCom")
        UNSENT = "unsent", _("Not sent")
        GONE = "gone", _("Gone or in other hands since")

    broadcast = models.ForeignKey(
        "broadcasts.Broadcast", on_delete=models.PROTECT, related_name="group_recipients"
    )
    group = models.ForeignKey(
        "groups.GroupChat", verbose_name=_("group"), on_delete=models.PROTECT, related_name="+"
    )
    chat_id = models.CharField(max_length=64)
    staff = models.ForeignKey(
        "contacts.Staff",
        verbose_name=_("owner"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    batch = models.ForeignKey(
        "broadcasts.Batch", null=True, on_delete=models.PROTECT, related_name="group_recipients"
    )
    state = models.CharField(_("state"), max_length=8, choices=State)
    # A code of broadcasts.policy.group_sending.GroupReason.
    reason = models.CharField(_("reason"), max_length=16, blank=True)
    result = models.CharField(
        _("result"), max_length=10, choices=Result, default=Result.NONE, blank=True
    )
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    class Meta:
        verbose_name = _("group of a broadcast")
        verbose_name_plural = _("groups of a broadcast")
        constraints = [
            models.UniqueConstraint(fields=["broadcast", "group"], name="group_recipient_once"),
            models.CheckConstraint(
                name="group_recipient_state_known",
                condition=Q(state__in=["chosen", "excluded", "held_out"]),
            ),
            models.CheckConstraint(
                name="group_recipient_reason_iff_excluded",
                condition=(Q(state="excluded") & ~Q(reason=""))
                | (~Q(state="excluded") & Q(reason="")),
            ),
            models.CheckConstraint(
                name="group_recipient_batch_iff_chosen",
                condition=Q(state="chosen", batch__isnull=False, staff__isnull=False)
                | (~Q(state="chosen") & Q(batch__isnull=True)),
            ),
            models.CheckConstraint(
                name="group_recipient_result_known",
                condition=Q(result__in=["", "refused", "unsent", "gone"]),
            ),
            models.CheckConstraint(
                name="group_recipient_outcome_only_if_chosen",
                condition=Q(state="chosen") | Q(result="", sent_at__isnull=True),
            ),
            models.CheckConstraint(
                name="group_recipient_sent_or_failed",
                condition=Q(result="") | Q(sent_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["group", "sent_at"],
                condition=Q(sent_at__isnull=False),
                name="group_recipient_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.broadcast_id}/{self.chat_id}"
