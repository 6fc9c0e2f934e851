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

from broadcasts.models.written import Kind, Written
from scrm.errors import ScrmError


class IllegalMove(ScrmError):
    """The table of moves forbids it, or somebody else moved first."""

    code = "illegal_move"


def new_salt() -> str:
    return secrets.token_hex(8)


class Broadcast(Written):
    """One message to one frozen audience (群发任务). Staff confirm it in WeCom; we never send.

    draft ⇄ review → scheduled → freezing → submitting → waiting → finished, or stopped. While
    `paused_at` is set nothing more is handed over; tasks that staff already have stay with them.
    """

    Kind = Kind

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        REVIEW = "review", _("Waiting for approval")
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
        HARM = "harm", _("It did more harm than usual")
        SWITCH = "switch", _("Sending was switched off")

    class Origin(models.TextChoices):
        """What made it."""

        OPERATOR = "operator", _("An operator")
        PLAN = "plan", _("A recurring broadcast")
        JOURNEY = "journey", _("A journey")

    # The segment as it was when the broadcast was scheduled; later edits change nothing here.
    segment_version = models.PositiveIntegerField(_("segment version"), default=0)
    rule: models.JSONField[dict[str, Any]] = models.JSONField(_("rule"), default=dict)
    origin = models.CharField(
        _("origin"),
        max_length=8,
        choices=Origin,
        default=Origin.OPERATOR,
        db_default=Origin.OPERATOR.value,
    )
    plan = models.ForeignKey(
        "broadcasts.BroadcastPlan",
        verbose_name=_("recurring broadcast"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="broadcasts",
    )
    fire_at = models.DateTimeField(_("planned for"), null=True, blank=True)
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
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField(_("submitted for approval at"), null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(_("approved or sent back at"), null=True, blank=True)
    review_note = models.CharField(
        _("note of the review"), max_length=500, blank=True, default="", db_default=""
    )
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True)
    scheduled_at = models.DateTimeField(_("scheduled at"), null=True, blank=True)
    frozen_at = models.DateTimeField(_("audience fixed at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    # What we learned from a broadcast that was stopped (复盘).
    post_mortem = models.TextField(_("post-mortem"), blank=True, default="", db_default="")

    # A broadcast that is over no longer keeps its segment from being archived.
    needs_segment = ~Q(state__in=["finished", "stopped"])

    class Meta:
        verbose_name = _("broadcast")
        verbose_name_plural = _("broadcasts")
        ordering = ["-created_at", "-id"]
        permissions = [("approve_broadcast", "Can approve broadcasts")]
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
                        "review",
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
                name="broadcast_reminder_plan_known",
                condition=Q(reminder_plan__in=["off", "gentle", "firm"]),
            ),
            models.CheckConstraint(
                name="broadcast_stop_reason_known",
                condition=Q(
                    stop_reason__in=[
                        "",
                        "operator",
                        "missed",
                        "nobody",
                        "window",
                        "audience",
                        "harm",
                        "switch",
                    ]
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
                condition=Q(state__in=["draft", "review"], scheduled_at__isnull=True)
                | (~Q(state__in=["draft", "review"]) & Q(scheduled_at__isnull=False)),
            ),
            # A broadcast may be stopped before or after its audience was fixed.
            models.CheckConstraint(
                name="broadcast_frozen_at_iff_frozen",
                condition=Q(
                    state__in=["draft", "review", "scheduled", "freezing"], frozen_at__isnull=True
                )
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
            models.CheckConstraint(
                name="broadcast_origin_known",
                condition=Q(origin__in=["operator", "plan", "journey"]),
            ),
            # A journey picks its customers by a rule alone, a draft may still lack them.
            models.CheckConstraint(
                name="broadcast_audience_fits_kind",
                condition=Q(kind="private", group_segment__isnull=True, segment__isnull=False)
                | Q(kind="group", segment__isnull=True, group_segment__isnull=False)
                | (
                    (Q(state="draft") | Q(origin="journey"))
                    & Q(segment__isnull=True, group_segment__isnull=True)
                ),
            ),
            models.CheckConstraint(
                name="broadcast_priority_known", condition=Q(priority__gte=1, priority__lte=9)
            ),
            models.CheckConstraint(
                name="broadcast_review_was_submitted",
                condition=~Q(state="review") | Q(submitted_at__isnull=False),
            ),
            models.CheckConstraint(
                name="broadcast_pause_after_schedule",
                condition=~Q(state__in=["draft", "review"]) | Q(paused_at__isnull=True),
            ),
            models.UniqueConstraint(fields=["plan", "fire_at"], name="broadcast_once_per_plan"),
            models.CheckConstraint(
                name="broadcast_fire_at_iff_planned",
                condition=Q(origin="plan", plan__isnull=False, fire_at__isnull=False)
                | (~Q(origin="plan") & Q(plan__isnull=True, fire_at__isnull=True)),
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("console:broadcast", args=[self.pk])

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def is_running(self) -> bool:
        """Its audience is fixed and staff may still be asked to send."""
        return self.state in RUNNING

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None and not self.is_final

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
    _State.DRAFT: (_State.REVIEW, _State.SCHEDULED),
    _State.REVIEW: (_State.DRAFT, _State.SCHEDULED),
    _State.SCHEDULED: (_State.FREEZING, _State.STOPPED),
    _State.FREEZING: (_State.SUBMITTING, _State.FINISHED, _State.STOPPED),
    _State.SUBMITTING: (_State.WAITING, _State.FINISHED, _State.STOPPED),
    _State.WAITING: (_State.FINISHED, _State.STOPPED),
    _State.FINISHED: (),
    _State.STOPPED: (),
}
RUNNING = (_State.SUBMITTING, _State.WAITING)
FINAL = (_State.FINISHED, _State.STOPPED)
# Those that may be paused: what comes later has nothing left to hand over.
PAUSABLE = (_State.SCHEDULED, _State.FREEZING, _State.SUBMITTING)
_STAMPS: dict[str, str] = {
    _State.REVIEW: "submitted_at",
    _State.SCHEDULED: "scheduled_at",
    _State.SUBMITTING: "frozen_at",
    _State.FINISHED: "finished_at",
    _State.STOPPED: "finished_at",
}
