"""What WeCom tells the corp as a whole (企业微信通知): no customer, staff or group to write it to."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class CorpNotice(models.Model):
    """One notice, however often and in whatever order its event came."""

    class Kind(models.TextChoices):
        BALANCE_LOW = "balance_low", _("Acquisition quota is low")
        BALANCE_EXHAUSTED = "balance_exhausted", _("Acquisition quota is used up")
        BALANCE_INCREASED = "balance_increased", _("Acquisition quota was raised")
        QUOTA_EXPIRES = "quota_expire_soon", _("Acquisition quota expires soon")
        LINK_UNAVAILABLE = "link_unavailable", _("Acquisition link does not work")
        LINK_DELETED = "delete_link", _("Acquisition link was deleted")
        PROFILE_OPENED = "open_profile", _("Opened by an acquisition link")
        FRIEND_REQUESTED = "friend_request", _("Asked to be friends by a link")
        CHAT_STARTED = "customer_start_chat", _("First words after coming by a link")
        CUSTOMER_WROTE = "message_from_customer", _("Goes on chatting after coming by a link")
        STAFF_TAGGED = "update_tag", _("Staff tag changed")
        MEDIA_UPLOADED = "upload_media_job_finish", _("Material upload finished")
        BATCH_DONE = "batch_job_result", _("Directory import finished")

    kind = models.CharField(_("kind"), max_length=32, choices=Kind)
    # The link, the job, the tag; empty: the corp itself.
    subject = models.CharField(_("subject"), max_length=128, blank=True)
    at = models.DateTimeField(_("at"))
    # Of all that the event said: the same event again is the same notice.
    digest = models.CharField(max_length=64, unique=True, editable=False)
    details: models.JSONField[dict[str, Any]] = models.JSONField(_("details"), default=dict)

    class Meta:
        verbose_name = _("notice of WeCom")
        verbose_name_plural = _("notices of WeCom")
        constraints = [
            models.CheckConstraint(
                name="corp_notice_kind_known",
                condition=Q(
                    kind__in=[
                        "balance_low",
                        "balance_exhausted",
                        "balance_increased",
                        "quota_expire_soon",
                        "link_unavailable",
                        "delete_link",
                        "open_profile",
                        "friend_request",
                        "customer_start_chat",
                        "message_from_customer",
                        "update_tag",
                        "upload_media_job_finish",
                        "batch_job_result",
                    ]
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["-at", "-id"], name="corp_notice_newest_first"),
            models.Index(fields=["kind", "-at"], name="corp_notice_of_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.subject}".strip()
