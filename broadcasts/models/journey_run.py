"""Who is where in a journey (旅程进行), and what happened at each step."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

_OPEN = Q(state__in=["running", "sending"])


class JourneySend(models.Model):
    """One broadcast of one step (旅程群发): who came to the step before `slot_at` shares it.

    Written when the first run joins; `broadcast` when the slot is over and it was scheduled;
    `settled_at` when every run that shared it has gone on.
    """

    version = models.ForeignKey(
        "broadcasts.JourneyVersion", on_delete=models.PROTECT, related_name="sends"
    )
    step = models.CharField(_("step"), max_length=24)
    slot_at = models.DateTimeField(_("opens at"))
    broadcast = models.OneToOneField(
        "broadcasts.Broadcast", null=True, on_delete=models.PROTECT, related_name="journey_send"
    )
    settled_at = models.DateTimeField(_("settled at"), null=True)

    class Meta:
        verbose_name = _("message of a journey")
        verbose_name_plural = _("messages of journeys")
        constraints = [
            models.UniqueConstraint(
                fields=["version", "step", "slot_at"], name="journey_send_once_per_slot"
            ),
        ]
        indexes = [
            models.Index(
                fields=["slot_at"], condition=Q(settled_at__isnull=True), name="journey_send_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}/{self.step}/{self.slot_at:%Y-%m-%d %H:%M}"


class JourneyRun(models.Model):
    """One way of one customer or group through one version of a journey.

    expected → running ⇄ sending → done | exited; an expected one that may not begin → refused.
    `event_key` names what started it, so that one event starts a journey once. `contact` is who it
    is about; for journeys of groups it is empty and `group` is. A customer's run may also name the
    group whose joining started it. `due_at` is when it is to be looked at next. While its message
    waits for its slot or for staff it is `sending`, and the outcome of `send` moves it on.
    """

    class State(models.TextChoices):
        EXPECTED = "expected", _("About to begin")
        REFUSED = "refused", _("Did not begin")
        RUNNING = "running", pgettext_lazy("journey", "Under way")
        SENDING = "sending", _("Message on its way")
        DONE = "done", _("Reached the end")
        EXITED = "exited", _("Left early")

    journey = models.ForeignKey(
        "broadcasts.Journey",
        verbose_name=_("journey"),
        on_delete=models.PROTECT,
        db_index=False,
        related_name="runs",
    )
    version = models.ForeignKey(
        "broadcasts.JourneyVersion",
        verbose_name=_("version"),
        on_delete=models.PROTECT,
        db_index=False,
        related_name="runs",
    )
    contact = models.ForeignKey(
        "contacts.Contact",
        verbose_name=_("customer"),
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="journey_runs",
    )
    group = models.ForeignKey(
        "groups.GroupChat",
        verbose_name=_("customer group"),
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="journey_runs",
    )
    enrolment = models.ForeignKey(
        "broadcasts.JourneyEnrolment",
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="runs",
    )
    event_key = models.CharField(_("started by"), max_length=80)
    event_at = models.DateTimeField(_("event at"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.EXPECTED)
    step = models.CharField(_("step"), max_length=24, blank=True)
    due_at = models.DateTimeField(_("next look at"), null=True)
    entered_at = models.DateTimeField(_("began at"), null=True)
    reached_at = models.DateTimeField(_("at this step since"), null=True)
    # Until when the message of this step may wait, and what the governor said last.
    patience_until = models.DateTimeField(null=True)
    held_by = models.CharField(_("held back by"), max_length=16, blank=True)
    send = models.ForeignKey(
        JourneySend, null=True, on_delete=models.PROTECT, db_index=False, related_name="runs"
    )
    ended_at = models.DateTimeField(_("ended at"), null=True)
    # Why it did not begin or left early: a code of `policy/journey.py`.
    reason = models.CharField(_("reason"), max_length=16, blank=True)

    class Meta:
        verbose_name = _("run of a journey")
        verbose_name_plural = _("runs of journeys")
        constraints = [
            models.UniqueConstraint(fields=["journey", "event_key"], name="journey_run_once"),
            models.UniqueConstraint(
                fields=["journey", "contact"],
                condition=_OPEN & Q(contact__isnull=False),
                name="journey_run_one_open_of_contact",
            ),
            models.UniqueConstraint(
                fields=["journey", "group"],
                condition=_OPEN & Q(contact__isnull=True),
                name="journey_run_one_open_of_group",
            ),
            models.CheckConstraint(
                name="journey_run_state_known",
                condition=Q(
                    state__in=["expected", "refused", "running", "sending", "done", "exited"]
                ),
            ),
            models.CheckConstraint(
                name="journey_run_has_subject",
                condition=Q(contact__isnull=False) | Q(group__isnull=False),
            ),
            models.CheckConstraint(
                name="journey_run_due_iff_looked_at",
                condition=Q(state__in=["expected", "running"], due_at__isnull=False)
                | (~Q(state__in=["expected", "running"]) & Q(due_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="journey_run_send_iff_sending",
                condition=Q(state="sending", send__isnull=False)
                | (~Q(state="sending") & Q(send__isnull=True)),
            ),
            models.CheckConstraint(
                name="journey_run_entered_iff_begun",
                condition=Q(
                    state__in=["expected", "refused"],
                    entered_at__isnull=True,
                    reached_at__isnull=True,
                    step="",
                )
                | (
                    ~Q(state__in=["expected", "refused"])
                    & Q(entered_at__isnull=False, reached_at__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="journey_run_ended_iff_over",
                condition=Q(state__in=["refused", "done", "exited"], ended_at__isnull=False)
                | (~Q(state__in=["refused", "done", "exited"]) & Q(ended_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="journey_run_reason_iff_refused_or_exited",
                condition=(Q(state__in=["refused", "exited"]) & ~Q(reason=""))
                | (~Q(state__in=["refused", "exited"]) & Q(reason="")),
            ),
        ]
        indexes = [
            # By journey, so that the due runs of a paused one are in nobody's way.
            models.Index(
                fields=["journey", "due_at", "id"],
                condition=Q(due_at__isnull=False),
                name="journey_run_due_of_journey",
            ),
            models.Index(fields=["contact", "-id"], name="journey_run_of_contact"),
            models.Index(fields=["journey", "contact", "group"], name="journey_run_of_subject"),
            models.Index(
                fields=["send"], condition=Q(send__isnull=False), name="journey_run_of_send"
            ),
            models.Index(fields=["version", "step"], condition=_OPEN, name="journey_run_standing"),
            models.Index(
                fields=["enrolment", "state"],
                condition=Q(enrolment__isnull=False),
                name="journey_run_of_enrolment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.journey_id}/{self.pk}"


class JourneyStepLog(models.Model):
    """What happened to a run at a step, when and why (旅程日志); append-only.

    A step is over once for a run: `done`, `skipped` or `exited`, and the database says so.
    """

    class What(models.TextChoices):
        ENTERED = "entered", _("Began the journey")
        WAITS = "waits", _("Waits")
        JOINED = "joined", _("Message is being prepared")
        HELD = "held", _("Message held back")
        DONE = "done", pgettext_lazy("journey step", "Done")
        SKIPPED = "skipped", pgettext_lazy("journey step", "Skipped")
        EXITED = "exited", _("Left the journey")
        FINISHED = "finished", _("Reached the end")

    run = models.ForeignKey(
        JourneyRun,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="log",
    )
    version = models.ForeignKey(
        "broadcasts.JourneyVersion",
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    step = models.CharField(_("step"), max_length=24, blank=True)
    what = models.CharField(_("what"), max_length=8, choices=What)
    # Which way a condition went (yes, no), why a message was held, skipped or the run left.
    reason = models.CharField(_("reason"), max_length=16, blank=True)
    at = models.DateTimeField(_("at"))
    # How long a wait is to last.
    until = models.DateTimeField(_("until"), null=True)
    broadcast = models.ForeignKey(
        "broadcasts.Broadcast",
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )

    class Meta:
        verbose_name = _("step of a run")
        verbose_name_plural = _("steps of runs")
        constraints = [
            models.UniqueConstraint(
                fields=["run", "step"],
                condition=Q(what__in=["done", "skipped", "exited"]),
                name="journey_step_over_once",
            ),
            models.UniqueConstraint(
                fields=["run"],
                condition=Q(what__in=["entered"]),
                name="journey_step_entered_once",
            ),
            models.CheckConstraint(
                name="journey_step_what_known",
                condition=Q(
                    what__in=[
                        *("entered", "waits", "joined", "held"),
                        *("done", "skipped", "exited", "finished"),
                    ]
                ),
            ),
            models.CheckConstraint(
                name="journey_step_reason_if_not_done",
                condition=~Q(what__in=["held", "skipped", "exited"]) | ~Q(reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["run", "id"], name="journey_step_of_run"),
            models.Index(fields=["version", "step", "what", "reason"], name="journey_step_funnel"),
        ]


class JourneyMember(models.Model):
    """Who was in the segment (or which groups there were) when it was last compared.

    No foreign keys: a million rows are written at once. `subject_id` is a customer or a group.
    """

    pk = models.CompositePrimaryKey("journey_id", "subject_id")
    journey = models.ForeignKey(
        "broadcasts.Journey",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    subject_id = models.BigIntegerField()

    class Meta:
        verbose_name = _("member seen by a journey")
        verbose_name_plural = _("members seen by journeys")
