"""The timeline of a customer (客户轨迹)."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class ContactEvent(models.Model):
    """Something that happened to or with a customer; append-only.

    Orders, touches and stage changes have tables of their own and are joined in by the timeline.
    """

    class Kind(models.TextChoices):
        FOLLOWED = "followed", _("Became friends")
        UNFOLLOWED = "unfollowed", _("Friendship ended")
        TAGGED = "tagged", _("Tagged")
        UNTAGGED = "untagged", _("Tag removed")
        JOINED_GROUP = "joined_group", _("Joined a group")
        LEFT_GROUP = "left_group", _("Left a group")
        REMARKED = "remarked", _("Remark changed")
        PREFERENCE = "preference", _("Preference changed")
        TRANSFER_FAILED = "transfer_failed", _("Hand-over failed")
        ARCHIVE_AGREED = "archive_agreed", _("Agreed to the chat archive")
        STARTED_CHAT = "started_chat", _("First words after coming by a link")

    contact = models.ForeignKey(
        "contacts.Contact", on_delete=models.PROTECT, related_name="timeline"
    )
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    at = models.DateTimeField(_("at"))
    details: models.JSONField[dict[str, Any]] = models.JSONField(_("details"), default=dict)
    # The transaction that wrote it: the one order in which nothing is committed behind a reader.
    txid = models.BigIntegerField(
        editable=False, db_default=models.Func(function="txid_current"), db_index=False
    )

    class Meta:
        verbose_name = _("event of a customer")
        verbose_name_plural = _("events of customers")
        indexes = [
            models.Index(fields=["contact", "-at"], name="event_of_contact"),
            models.Index(fields=["txid", "id"], name="event_feed"),
        ]
        constraints = [
            models.CheckConstraint(
                name="contact_event_kind_known",
                condition=models.Q(
                    kind__in=[
                        "followed",
                        "unfollowed",
                        "tagged",
                        "untagged",
                        "joined_group",
                        "left_group",
                        "remarked",
                        "preference",
                        "transfer_failed",
                        "archive_agreed",
                        "started_chat",
                    ]
                ),
            ),
        ]
