"""The relation between one staff member and one customer (跟进关系)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Follow(models.Model):
    """Tags, remark and channel hang on this pair, not on the customer. Ended, never deleted."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("Friends")
        DELETED_BY_CONTACT = "by_contact", _("The customer unfriended")
        DELETED_BY_STAFF = "by_staff", _("Staff removed the customer")
        # A colleague took over (在职继承, 离职继承): nobody was lost.
        HANDED_OVER = "handed_over", _("Handed over to a colleague")
        # Seen only by a full comparison; the event that would say who ended it never came.
        ENDED_UNKNOWN = "unknown", _("Ended, not known by whom")

    contact = models.ForeignKey(
        "contacts.Contact",
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="follows",
    )
    staff = models.ForeignKey(
        "contacts.Staff", verbose_name=_("staff"), on_delete=models.PROTECT, related_name="follows"
    )
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.ACTIVE)
    added_at = models.DateTimeField(_("added at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    add_way = models.PositiveIntegerField(_("add way"), default=0)
    state = models.CharField(_("channel state"), max_length=64, blank=True)
    remark = models.CharField(_("remark"), max_length=128, blank=True)
    description = models.CharField(_("description"), max_length=512, blank=True)
    remark_mobiles = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    oper_userid = models.CharField(max_length=64, blank=True)
    content_hash = models.CharField(max_length=32, blank=True, editable=False)

    class Meta:
        verbose_name = _("follow relation")
        verbose_name_plural = _("follow relations")
        constraints = [
            models.UniqueConstraint(fields=["contact", "staff"], name="follow_pair_once"),
            models.CheckConstraint(
                name="follow_status_known",
                condition=Q(
                    status__in=["active", "by_contact", "by_staff", "handed_over", "unknown"]
                ),
            ),
            models.CheckConstraint(
                name="follow_ended_at_iff_ended",
                condition=Q(status="active", ended_at__isnull=True)
                | (~Q(status="active") & Q(ended_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["staff", "contact"], name="follow_of_staff"),
            GinIndex(
                fields=["remark"],
                opclasses=["gin_trgm_ops"],
                condition=~Q(remark=""),
                name="follow_remark_trigrams",
            ),
            models.Index(
                fields=["state", "added_at"], condition=~Q(state=""), name="follow_of_channel"
            ),
            # Losses are counted by all of these, and listed, without a look at the relations.
            models.Index(
                fields=["ended_at", "id"],
                include=["status", "staff", "add_way", "state"],
                condition=Q(ended_at__isnull=False),
                name="follow_by_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff_id} – {self.contact_id}"
