"""WeCom's daily figures of each staff member's chats (联系客户统计)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class StaffDay(models.Model):
    """What WeCom counts of one staff member on one day; the two rates are null without chats."""

    staff = models.ForeignKey(
        "contacts.Staff", on_delete=models.PROTECT, related_name="chat_days", db_index=False
    )
    day = models.DateField(_("day"))
    chats = models.PositiveIntegerField(_("chats"))
    messages = models.PositiveIntegerField(_("messages sent"))
    reply_percentage = models.FloatField(_("replied to (%)"), null=True)
    reply_minutes = models.PositiveIntegerField(_("average minutes to the first reply"), null=True)
    negative = models.PositiveIntegerField(_("deleted or blocked by customers"))
    applications = models.PositiveIntegerField(_("friend requests sent"))
    new_contacts = models.PositiveIntegerField(_("new customers"))

    class Meta:
        verbose_name = _("day of a staff member")
        verbose_name_plural = _("days of staff")
        constraints = [models.UniqueConstraint(fields=["staff", "day"], name="staff_day_once")]
        indexes = [models.Index(fields=["day"], name="staff_day_by_day")]


class StaffDayReading(models.Model):
    """How far one staff member's days are read; `error` says why they are not."""

    staff = models.OneToOneField(
        "contacts.Staff", primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    read_to = models.DateField(_("read to"), null=True)
    asked_at = models.DateTimeField(_("asked at"))
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("reading of staff days")
        verbose_name_plural = _("readings of staff days")
        constraints = [
            models.CheckConstraint(
                name="staff_day_reading_got_something",
                condition=Q(read_to__isnull=False) | ~Q(error=""),
            ),
        ]
