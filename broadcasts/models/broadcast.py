"""Broadcasts (群发任务)."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from scrm.errors import ScrmError


class TouchClass(models.TextChoices):
    """How much of a customer's attention a touch takes (触达轻重)."""

    LIGHT = "light", _("Light touch")
    DEEP = "deep", _("Deep touch")
    # Deliveries, receipts, answers: owed to the customer, so caps and hold-outs do not apply.
    SERVICE = "service", _("Service message")


class IllegalMove(ScrmError):
    """The table of moves forbids it, or somebody else moved first."""

    code = "illegal_move"


def new_salt() -> str:
    return secrets.token_hex(8)


class Broadcast(models.Model):
    """One message to one frozen audience (群发任务). Staff confirm it in WeCom; we never send."""

    class Kind(models.TextChoices):
        PRIVATE = "private", _("To customers")
        GROUP = "group", _("To customer groups")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        FREEZING = "freezing", _("Fixing the audience")
        SUBMITTING = "submitting", _("Handing over to WeCom")
        WAITING = "waiting", _("Waiting for staff")
        FINISHED = "finished", _("Finished")
        STOPPED = "stopped", _("Stopped")

    class StopReason(models.TextChoices):
        """Why it ended otherwise than by everybody having had their turn."""

        NONE = "", _("–")
        OPERATOR = "operator", _("Stopped by an operator")
        MISSED = "missed", _("Its window passed before it could start")
        NOBODY = "nobody", _("Nobody was left to write to")
        WINDOW = "window", _("The window closed before all staff had confirmed")
        AUDIENCE = "audience", _("Its audience could not be computed")

    name = models.CharField(_("name"), max_length=64)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.PRIVATE)
    benefit = models.CharField(_("benefit for the customer"), max_length=200)
    segment = models.ForeignKey(
        "contacts.Segment", verbose_name=_("segment"), on_delete=models.PROTECT, related_name="+"
    )
    # The segment as it was when the broadcast was scheduled; later edits change nothing here.
    segment_version = models.PositiveIntegerField(_("segment version"))
    rule: models.JSONField[dict[str, Any]] = models.JSONField(_("rule"))
    text = models.TextField(_("text"))
    # WeCom's own form: [{"msgtype": "link", "link": {"title": …, "url": …, "desc": …}}]
    attachments: models.JSONField[list[dict[str, Any]]] = models.JSONField(
        _("attachments"), default=list, blank=True
    )
    touch_class = models.CharField(
        _("touch class"), max_length=8, choices=TouchClass, default=TouchClass.LIGHT
    )
    holdout_percent = models.PositiveSmallIntegerField(_("hold-out %"), default=10)
    holdout_salt = models.CharField(max_length=16, default=new_salt, editable=False)
    window_start = models.DateTimeField(_("window opens"))
    window_end = models.DateTimeField(_("window closes"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    stop_reason = models.CharField(
        _("why it ended"), max_length=8, choices=StopReason, default=StopReason.NONE, blank=True
    )
    # Counted when the audience was fixed.
    chosen = models.PositiveIntegerField(_("will receive"), default=0)
    held_out = models.PositiveIntegerField(_("held out"), default=0)
    excluded = models.PositiveIntegerField(_("left out"), default=0)
    # WeCom allows three reminders in 24 hours; the times of ours.
    reminded_at = ArrayField(models.DateTimeField(), default=list, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))
    scheduled_at = models.DateTimeField(_("scheduled at"), null=True, blank=True)
    frozen_at = models.DateTimeField(_("audience fixed at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    # A broadcast that is over no longer keeps its segment from being archived.
    needs_segment = ~Q(state__in=["finished", "stopped"])

    class Meta:
        verbose_name = _("broadcast")
        verbose_name_plural = _("broadcasts")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="broadcast_newest_first"),
            models.Index(fields=["state", "window_start"], name="broadcast_by_state"),
        ]
        constraints = [
            models.CheckConstraint(
                name="broadcast_kind_known", condition=Q(kind__in=["private", "group"])
            ),
            models.CheckConstraint(
                name="broadcast_state_known",
                condition=Q(
                    state__in=[
                        "draft",
                        "scheduled",
                        "freezing",
                        "submitting",
                        "waiting",
                        "finished",
                        "stopped",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="broadcast_touch_class_known",
                condition=Q(touch_class__in=["light", "deep", "service"]),
            ),
            models.CheckConstraint(
                name="broadcast_stop_reason_known",
                condition=Q(
                    stop_reason__in=["", "operator", "missed", "nobody", "window", "audience"]
                ),
            ),
            models.CheckConstraint(
                name="broadcast_window_has_length",
                condition=Q(window_end__gt=F("window_start")),
            ),
            models.CheckConstraint(
                name="broadcast_holdout_at_most_half", condition=Q(holdout_percent__lte=50)
            ),
            models.CheckConstraint(
                name="broadcast_scheduled_at_iff_scheduled",
                condition=Q(state="draft", scheduled_at__isnull=True)
                | (~Q(state="draft") & Q(scheduled_at__isnull=False)),
            ),
            # A broadcast may be stopped before or after its audience was fixed.
            models.CheckConstraint(
                name="broadcast_frozen_at_iff_frozen",
                condition=Q(state__in=["draft", "scheduled", "freezing"], frozen_at__isnull=True)
                | Q(state__in=["submitting", "waiting", "finished"], frozen_at__isnull=False)
                | Q(state="stopped"),
            ),
            models.CheckConstraint(
                name="broadcast_finished_at_iff_final",
                condition=Q(state__in=["finished", "stopped"], finished_at__isnull=False)
                | (~Q(state__in=["finished", "stopped"]) & Q(finished_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="broadcast_stopped_has_reason",
                condition=~Q(state="stopped") | ~Q(stop_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("console:broadcast", args=[self.pk])

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def is_running(self) -> bool:
        """Its audience is fixed and staff may still be asked to send."""
        return self.state in RUNNING

    def move_to(self, target: Broadcast.State, *, now: datetime, **also: object) -> None:
        """Change the state, with the columns `also`, if nobody else moved first.

        Raises IllegalMove when the table of moves forbids it or another process was faster.
        """
        if target not in MOVES[self.state]:
            raise IllegalMove(
                _("A broadcast in state “%(state)s” cannot do that.")
                % {"state": self.get_state_display()}
            )
        changed = {"state": target, **also}
        stamp = _STAMPS.get(target)
        if stamp:
            changed.setdefault(stamp, now)
        if not Broadcast.objects.filter(pk=self.pk, state=self.state).update(**changed):
            raise IllegalMove(_("Somebody else was faster; load the page again."))
        for name, value in changed.items():
            setattr(self, name, value)


_State = Broadcast.State
MOVES: dict[str, tuple[str, ...]] = {
    _State.DRAFT: (_State.SCHEDULED,),
    _State.SCHEDULED: (_State.FREEZING, _State.STOPPED),
    _State.FREEZING: (_State.SUBMITTING, _State.FINISHED, _State.STOPPED),
    _State.SUBMITTING: (_State.WAITING, _State.FINISHED, _State.STOPPED),
    _State.WAITING: (_State.FINISHED, _State.STOPPED),
    _State.FINISHED: (),
    _State.STOPPED: (),
}
RUNNING = (_State.SUBMITTING, _State.WAITING)
FINAL = (_State.FINISHED, _State.STOPPED)
_STAMPS: dict[str, str] = {
    _State.SCHEDULED: "scheduled_at",
    _State.SUBMITTING: "frozen_at",
    _State.FINISHED: "finished_at",
    _State.STOPPED: "finished_at",
}
