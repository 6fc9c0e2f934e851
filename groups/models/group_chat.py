"""Customer groups (客户群)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class GroupChat(models.Model):
    """A customer group (客户群). A dismissed group keeps its row and its history."""

    class Status(models.IntegerChoices):
        NORMAL = 0, _("Normal")
        OWNER_LEFT = 1, _("Owner has left")
        HANDING_OVER = 2, _("Being handed over")
        HANDED_OVER = 3, _("Handed over")

    chat_id = models.CharField(_("chat_id"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=256, blank=True)
    # Null when the owner is outside the app's visible range.
    owner = models.ForeignKey(
        "contacts.Staff",
        verbose_name=_("owner"),
        null=True,
        on_delete=models.PROTECT,
        related_name="owned_groups",
    )
    owner_userid = models.CharField(_("owner's userid"), max_length=64)
    notice = models.TextField(_("notice"), blank=True)
    status = models.SmallIntegerField(_("status"), choices=Status, default=Status.NORMAL)
    member_version = models.CharField(max_length=64, blank=True)
    # The version at which it was last read whole; events carry only `member_version` on.
    read_version = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(_("created at"))
    dismissed_at = models.DateTimeField(_("dismissed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("customer group")
        verbose_name_plural = _("customer groups")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="group_chat_status_known", condition=Q(status__in=[0, 1, 2, 3])
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.chat_id
