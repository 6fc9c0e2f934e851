"""Churn alerts (流失预警): whom staff should look after today, why, and what became of it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

ALERT_NOTE_CHARS = 200


class ChurnAlertSettings(models.Model):
    """How many alerts there may be, and for whom; one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    budget = models.PositiveSmallIntegerField(_("alerts per staff member a day"), default=10)
    rest_days = models.PositiveSmallIntegerField(_("days without another alert"), default=30)
    open_days = models.PositiveSmallIntegerField(_("days an alert stays open"), default=7)
    least_loss_fen = models.BigIntegerField(_("least expected loss"), default=2_000)
    tells_staff = models.BooleanField(_("tell staff in WeCom"), default=False)
    updated_at = models.DateTimeField(_("updated at"), null=True)

    class Meta:
        verbose_name = _("settings of churn alerts")
        verbose_name_plural = _("settings of churn alerts")
        constraints = [
            models.CheckConstraint(name="churn_alert_settings_one_row", condition=Q(id=1)),
            models.CheckConstraint(
                name="churn_alert_settings_make_sense",
                condition=Q(budget__lte=200, rest_days__lte=365, least_loss_fen__gte=0)
                & Q(open_days__gte=1, open_days__lte=60),
            ),
        ]

    def __str__(self) -> str:
        return str(self.budget)


class ChurnAlertRun(models.Model):
    """The choice of one day. `excluded` counts by reason who was considered and not chosen:
    considered = made + Σ excluded. Thresholds and hazards are those the choice was made with.
    """

    class Nothing(models.TextChoices):
        """Why nobody was considered."""

        NONE = "", _("–")
        REST_DAY = "rest_day", _("A rest day of the house: nobody is to be disturbed.")

    day = models.DateField(_("day"), unique=True)
    started_at = models.DateTimeField(_("started at"))
    took_ms = models.PositiveIntegerField(_("milliseconds"), default=0)
    nothing = models.CharField(_("why nobody"), max_length=12, choices=Nothing, blank=True)
    considered = models.PositiveIntegerField(_("considered"), default=0)
    made = models.PositiveIntegerField(_("alerts"), default=0)
    excluded: models.JSONField[dict[str, int]] = models.JSONField(default=dict)
    silent_days = models.PositiveIntegerField(default=0)
    lost_days = models.PositiveIntegerField(default=0)
    # Cells of `metrics.unfriend_hazard`, counted at most once a week.
    hazards: models.JSONField[list[list[int]]] = models.JSONField(default=list)
    hazards_on = models.DateField(null=True)

    class Meta:
        verbose_name = _("choice of churn alerts")
        verbose_name_plural = _("choices of churn alerts")
        ordering = ["-day"]
        constraints = [
            models.CheckConstraint(
                name="churn_alert_run_nothing_known",
                condition=models.Q(nothing__in=["", "rest_day"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


class ChurnAlert(models.Model):
    """One customer worth looking after (流失预警), for one staff member.

    `loss_fen` = risk × value at stake is what alerts are ranked by. The outcome is what she did
    within 30 days, whoever did what about it.
    """

    class Kind(models.TextChoices):
        INACTIVE = "inactive", _("May stop buying")
        UNFRIENDED = "unfriended", _("May unfriend")

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("alert", "Open")
        DONE = "done", _("Done")
        DISMISSED = "dismissed", _("Dismissed")
        EXPIRED = "expired", _("Expired")

    class Outcome(models.TextChoices):
        PENDING = "", _("Not known yet")
        ORDERED = "ordered", _("Ordered within 30 days")
        UNFRIENDED = "unfriended", _("Unfriended within 30 days")
        NEITHER = "neither", _("Neither within 30 days")

    class Action(models.TextChoices):
        """The codes are those of the pure rule."""

        HAND_OVER = "hand_over", _("Hand her over to another staff member")
        REST = "rest", _("Let her rest")
        FEEDBACK = "feedback", _("Ask for feedback")
        COUPON = "coupon", _("Personal message with a coupon")
        MESSAGE = "message", _("Personal service message")

    run = models.ForeignKey(ChurnAlertRun, on_delete=models.PROTECT, related_name="alerts")
    contact = models.ForeignKey(
        "contacts.Contact",
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="churn_alerts",
    )
    staff = models.ForeignKey(
        "contacts.Staff", verbose_name=_("staff"), on_delete=models.PROTECT, related_name="+"
    )
    day = models.DateField(_("day"))
    made_at = models.DateTimeField(_("made at"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    risk = models.FloatField(_("risk"))
    value_fen = models.BigIntegerField(_("value at stake"))
    loss_fen = models.BigIntegerField(_("expected loss"))
    # [{"reason": code, "numbers": {name: whole number}}], the heaviest first.
    reasons: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list)
    action = models.CharField(_("suggested action"), max_length=10, choices=Action)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.OPEN)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.CharField(_("note"), max_length=ALERT_NOTE_CHARS, blank=True)
    task = models.ForeignKey(
        "contacts.StaffTask", null=True, on_delete=models.PROTECT, related_name="+"
    )
    outcome = models.CharField(
        _("outcome"), max_length=10, choices=Outcome, default=Outcome.PENDING, blank=True
    )
    outcome_on = models.DateField(_("outcome on"), null=True)

    class Meta:
        verbose_name = _("churn alert")
        verbose_name_plural = _("churn alerts")
        constraints = [
            models.UniqueConstraint(
                fields=["contact"], condition=Q(state="open"), name="churn_alert_open_once"
            ),
            models.UniqueConstraint(fields=["contact", "day"], name="churn_alert_once_a_day"),
            models.CheckConstraint(
                name="churn_alert_kind_known", condition=Q(kind__in=["inactive", "unfriended"])
            ),
            models.CheckConstraint(
                name="churn_alert_state_known",
                condition=Q(state__in=["open", "done", "dismissed", "expired"]),
            ),
            models.CheckConstraint(
                name="churn_alert_closed_at_iff_closed",
                condition=Q(state="open", closed_at__isnull=True)
                | (~Q(state="open") & Q(closed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="churn_alert_action_known",
                condition=Q(action__in=["hand_over", "rest", "feedback", "coupon", "message"]),
            ),
            models.CheckConstraint(
                name="churn_alert_outcome_known",
                condition=Q(outcome="", outcome_on__isnull=True)
                | Q(outcome__in=["ordered", "unfriended", "neither"], outcome_on__isnull=False),
            ),
            models.CheckConstraint(
                name="churn_alert_figures_make_sense",
                condition=Q(risk__gte=0, risk__lte=1, value_fen__gte=0, loss_fen__gte=0),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-loss_fen", "-id"], name="churn_alert_by_loss"),
            models.Index(fields=["state", "-value_fen", "-id"], name="churn_alert_by_value"),
            models.Index(fields=["staff", "state", "-loss_fen"], name="churn_alert_of_staff"),
            models.Index(fields=["contact", "-made_at"], name="churn_alert_of_contact"),
            models.Index(fields=["-made_at", "-id"], name="churn_alert_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.day:%Y-%m-%d}"


class ChurnAlertTest(models.Model):
    """One back-test of the alerts (预警回测), worked day by past day; Postgres owns the work.

    `days` are the past days, newest first; `results` has an entry for each that is done, by kind:
    {"day": …, "inactive": {…} | null, "unfriended": {…} | null}. `until` is the newest day of
    which anything was looked at.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    state = models.CharField(_("state"), max_length=8, choices=State, default=State.RUNNING)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    until = models.DateField(_("data until"))
    horizon_days = models.PositiveSmallIntegerField(_("days looked ahead"))
    budget = models.PositiveSmallIntegerField(_("alerts per staff member a day"))
    least_loss_fen = models.BigIntegerField(_("least expected loss"))
    days = ArrayField(models.DateField(), verbose_name=_("past days"))
    results: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list)
    error = models.CharField(_("error"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("back-test of churn alerts")
        verbose_name_plural = _("back-tests of churn alerts")
        ordering = ["-started_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="churn_test_state_known",
                condition=Q(state__in=["running", "done", "failed"]),
            ),
            models.CheckConstraint(
                name="churn_test_finished_iff_over",
                condition=Q(state="running", finished_at__isnull=True)
                | (~Q(state="running") & Q(finished_at__isnull=False)),
            ),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="running"), name="churn_test_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"

    @property
    def done_days(self) -> int:
        return len(self.results)

    @property
    def total_days(self) -> int:
        return len(self.days)
