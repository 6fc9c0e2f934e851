"""Tasks for staff (待办任务): something to do for one customer until a day."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

TASK_CHARS = 200


class StaffTask(models.Model):
    """What a staff member shall do for a customer who is theirs.

    Staff are told by a message of the app; `notice` says how far that is. The row is written
    before the message goes, so a message that failed is seen and sent again.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("task", "Open")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    class Notice(models.TextChoices):
        WAITING = "waiting", _("Being sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not sent")
        DROPPED = "dropped", _("Not needed any more")

    contact = models.ForeignKey(
        "contacts.Contact",
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="staff_tasks",
        db_index=False,
    )
    staff = models.ForeignKey(
        "contacts.Staff", verbose_name=_("staff"), on_delete=models.PROTECT, related_name="tasks"
    )
    text = models.CharField(_("to do"), max_length=TASK_CHARS)
    due_on = models.DateField(_("due on"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("given by"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    created_at = models.DateTimeField(_("given at"))
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("closed by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    closed_at = models.DateTimeField(_("closed at"), null=True)
    # Where the message leads; empty when this console's own address is not known.
    link = models.CharField(max_length=512, blank=True)
    notice = models.CharField(_("message"), max_length=7, choices=Notice, default=Notice.WAITING)
    notice_error = models.CharField(max_length=256, blank=True)
    # Since when it is tried, and when it may be tried next.
    notice_since = models.DateTimeField()
    notice_due_at = models.DateTimeField()
    notice_at = models.DateTimeField(_("told at"), null=True)

    class Meta:
        verbose_name = _("task for staff")
        verbose_name_plural = _("tasks for staff")
        constraints = [
            models.CheckConstraint(
                name="staff_task_state_known",
                condition=Q(state__in=["open", "done", "cancelled"]),
            ),
            models.CheckConstraint(
                name="staff_task_closed_at_iff_closed",
                condition=Q(state="open", closed_at__isnull=True, closed_by__isnull=True)
                | (~Q(state="open") & Q(closed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="staff_task_notice_known",
                condition=Q(notice__in=["waiting", "sent", "failed", "dropped"]),
            ),
            models.CheckConstraint(
                name="staff_task_told_at_iff_sent",
                condition=Q(notice="sent", notice_at__isnull=False)
                | (~Q(notice="sent") & Q(notice_at__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(fields=["contact", "-created_at"], name="staff_task_of_contact"),
            models.Index(fields=["due_on", "id"], name="staff_task_by_day"),
            models.Index(
                fields=["notice_due_at"], condition=Q(notice="waiting"), name="staff_task_untold"
            ),
        ]

    def __str__(self) -> str:
        return self.text
