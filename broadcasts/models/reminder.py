"""Reminders of staff that a broadcast sends by itself (自动提醒)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Reminder(models.Model):
    """One planned moment to remind of what is not confirmed: waiting → done | skipped."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Planned")
        DONE = "done", _("Reminded")
        SKIPPED = "skipped", _("Skipped")

    class Reason(models.TextChoices):
        """Why it was skipped."""

        NONE = "", _("–")
        CONFIRMED = "confirmed", _("Everybody had confirmed")
        SPENT = "spent", _("WeCom's three reminders in 24 hours were used up")
        RECENT = "recent", _("Staff had been reminded shortly before")
        YOUNG = "young", _("The open tasks were handed over only just before")
        QUIET = "quiet", _("It fell into the quiet hours")
        PAUSED = "paused", _("The broadcast was paused")
        SWITCH = "switch", _("All sending was stopped")
        OVER = "over", _("The broadcast was over")

    broadcast = models.ForeignKey(
        "broadcasts.Broadcast", on_delete=models.PROTECT, related_name="reminders"
    )
    due_at = models.DateTimeField(_("planned for"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    reason = models.CharField(
        _("reason"), max_length=10, choices=Reason, default=Reason.NONE, blank=True
    )
    tasks = models.PositiveIntegerField(_("tasks"), default=0)
    decided_at = models.DateTimeField(_("decided at"), null=True)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["broadcast", "due_at"], name="reminder_once"),
            models.CheckConstraint(
                name="reminder_state_known", condition=Q(state__in=["waiting", "done", "skipped"])
            ),
            models.CheckConstraint(
                name="reminder_reason_known",
                condition=Q(
                    reason__in=[
                        "",
                        "confirmed",
                        "spent",
                        "recent",
                        "young",
                        "quiet",
                        "paused",
                        "switch",
                        "over",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="reminder_reason_iff_skipped",
                condition=Q(state="skipped") & ~Q(reason="") | ~Q(state="skipped") & Q(reason=""),
            ),
            models.CheckConstraint(
                name="reminder_decided_iff_over",
                condition=Q(state="waiting", decided_at__isnull=True)
                | (~Q(state="waiting") & Q(decided_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="waiting"), name="reminder_due"),
        ]

    def __str__(self) -> str:
        return f"{self.broadcast_id} {self.due_at:%Y-%m-%d %H:%M}"
