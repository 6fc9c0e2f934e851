"""Recipients (群发对象): the frozen audience of a broadcast."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Recipient(models.Model):
    """One customer of one broadcast's audience, with the verdict on her.

    Written once, in batch order, in one pass; a million rows make foreign keys too dear, so there
    are none in the database. What became of a chosen one follows from her batch and from `Touch`
    (she got it); `result` names only the exceptions.
    """

    class State(models.TextChoices):
        CHOSEN = "chosen", _("Will receive")
        EXCLUDED = "excluded", _("Left out")
        HELD_OUT = "held_out", _("Held out")

    class Result(models.TextChoices):
        NONE = "", _("–")
        NOT_FRIEND = "not_friend", _("Not a friend any more")
        QUOTA = "quota", _("WeCom's quota was used up")
        REFUSED = "refused", _("Refused by WeCom")
        UNSENT = "unsent", _("Not sent")
        # After the audience was fixed, before it was handed over.
        SILENCED = "silenced", _("Asked for silence in the meantime")

    pk = models.CompositePrimaryKey("broadcast_id", "contact_id")
    broadcast = models.ForeignKey(
        "broadcasts.Broadcast",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="recipients",
    )
    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    state = models.CharField(_("state"), max_length=8, choices=State)
    # A code of broadcasts.policy.decision.Reason; its words are made for the reader's language.
    reason = models.CharField(_("reason"), max_length=16, blank=True)
    batch = models.ForeignKey(
        "broadcasts.Batch",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="recipients",
    )
    staff = models.ForeignKey(
        "contacts.Staff",
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    external_userid = models.CharField(max_length=64)
    result = models.CharField(
        _("result"), max_length=10, choices=Result, default=Result.NONE, blank=True
    )

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        constraints = [
            models.CheckConstraint(
                name="recipient_state_known",
                condition=Q(state__in=["chosen", "excluded", "held_out"]),
            ),
            models.CheckConstraint(
                name="recipient_reason_iff_excluded",
                condition=(Q(state="excluded") & ~Q(reason=""))
                | (~Q(state="excluded") & Q(reason="")),
            ),
            models.CheckConstraint(
                name="recipient_batch_iff_chosen",
                condition=Q(state="chosen", batch__isnull=False, staff__isnull=False)
                | (~Q(state="chosen") & Q(batch__isnull=True)),
            ),
            models.CheckConstraint(
                name="recipient_result_known",
                condition=Q(
                    result__in=["", "not_friend", "quota", "refused", "unsent", "silenced"]
                ),
            ),
            models.CheckConstraint(
                name="recipient_result_only_if_chosen",
                condition=Q(state="chosen") | Q(result=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["batch"], condition=Q(batch__isnull=False), name="recipient_of_batch"
            ),
            models.Index(
                fields=["broadcast", "result"],
                condition=~Q(result=""),
                name="recipient_exceptions",
            ),
        ]
