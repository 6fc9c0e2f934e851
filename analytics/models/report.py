"""Reports that are sent by the clock (定时报表), and what became of each."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contacts.models import Segment


class ReportPlan(models.Model):
    """Chosen figures, sent every day, week or month to staff or by mail.

    `contents` are keys of `selectors.report_contents`. The figures are those that `owner` may see
    at the moment of sending, with the data scope that role has then. `next_at` is in the business
    time zone at `time`, null while switched off; a removed plan keeps its rows for the history.
    """

    class Every(models.TextChoices):
        DAY = "day", _("Every day")
        WEEK = "week", _("Every week")
        MONTH = "month", _("Every month")

    class Covers(models.TextChoices):
        YESTERDAY = "yesterday", _("Yesterday")
        LAST_7_DAYS = "last_7_days", _("The last 7 days, until yesterday")
        LAST_30_DAYS = "last_30_days", _("The last 30 days, until yesterday")
        LAST_WEEK = "last_week", _("Last week, Monday to Sunday")
        LAST_MONTH = "last_month", _("Last month")

    class Channel(models.TextChoices):
        WECOM = "wecom", _("WeCom message to staff")
        MAIL = "mail", _("Mail")

    name = models.CharField(_("name"), max_length=64)
    contents = ArrayField(models.CharField(max_length=128), verbose_name=_("contents"))
    covers = models.CharField(_("period"), max_length=16, choices=Covers)
    every = models.CharField(_("every"), max_length=8, choices=Every)
    # ISO: 1 is Monday.
    weekday = models.PositiveSmallIntegerField(_("weekday"), null=True, blank=True)
    # A month that is shorter has it on its last day.
    day = models.PositiveSmallIntegerField(_("day of the month"), null=True, blank=True)
    time = models.TimeField(_("time"))
    channel = models.CharField(_("by"), max_length=8, choices=Channel)
    userids = ArrayField(models.CharField(max_length=64), verbose_name=_("staff"), default=list)
    addresses = ArrayField(
        models.EmailField(max_length=254), verbose_name=_("mail addresses"), default=list
    )
    language = models.CharField(_("language"), max_length=16)
    next_at = models.DateTimeField(_("next"), null=True, blank=True)
    is_active = models.BooleanField(_("switched on"), default=True)
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="report_plans"
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("scheduled report")
        verbose_name_plural = _("scheduled reports")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="report_covers_known",
                condition=Q(
                    covers__in=[
                        "yesterday",
                        "last_7_days",
                        "last_30_days",
                        "last_week",
                        "last_month",
                    ]
                ),
            ),
            models.CheckConstraint(
                name="report_every_known",
                condition=Q(every="day", weekday__isnull=True, day__isnull=True)
                | Q(every="week", weekday__gte=1, weekday__lte=7, day__isnull=True)
                | Q(every="month", weekday__isnull=True, day__gte=1, day__lte=31),
            ),
            models.CheckConstraint(
                name="report_channel_has_receivers",
                condition=(Q(channel="wecom", addresses=[]) & ~Q(userids=[]))
                | (Q(channel="mail", userids=[]) & ~Q(addresses=[])),
            ),
            models.CheckConstraint(name="report_has_contents", condition=~Q(contents=[])),
            models.CheckConstraint(
                name="report_next_iff_active",
                condition=Q(is_active=True, next_at__isnull=False, removed_at__isnull=True)
                | Q(is_active=False, next_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(is_active=True), name="report_plan_due"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("console:report", args=[self.pk])

    @property
    def segment_ids(self) -> list[int]:
        """In the order of their numbers. One query."""
        return [row.segment_id for row in self.beside.all()]


class ReportSegment(models.Model):
    """A segment beside all customers, in each figure of a report that knows segments."""

    plan = models.ForeignKey(ReportPlan, on_delete=models.CASCADE, related_name="beside")
    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="+")

    # Such a segment cannot be archived as long as the report is there.
    needs_segment = Q(plan__removed_at=None)

    class Meta:
        # It calls itself as its report where the uses of a segment are listed.
        verbose_name = _("scheduled report")
        verbose_name_plural = _("scheduled reports")
        ordering = ["segment_id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "segment"], name="report_segment_once"),
        ]

    def __str__(self) -> str:
        return self.plan.name

    def get_absolute_url(self) -> str:
        return self.plan.get_absolute_url()


class ReportSending(models.Model):
    """One report at one time; a time of a plan has one row, however many clocks tick.

    planned: nothing has left the house, files may be made anew. sending: the files are fixed, and what
    arrives is one moment's figures whatever dies on the way. The others are final; `unknown` when
    nobody knows whether some message arrived, which is then not repeated. Of one sent in part, or
    failed, what surely did not arrive may be sent again.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        SENDING = "sending", _("Being sent")
        SENT = "sent", pgettext_lazy("report", "Sent")
        PARTLY = "partly", _("Sent in part")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Unknown whether it arrived")

    plan = models.ForeignKey(ReportPlan, on_delete=models.PROTECT, related_name="sendings")
    fire_at = models.DateTimeField(_("planned for"))
    first_on = models.DateField(_("first day"))
    last_on = models.DateField(_("last day"))
    # Asked for by a button, not by the clock.
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PLANNED)
    # Held by a worker until then, or put off until then.
    due_at = models.DateTimeField(_("due"))
    reason = models.CharField(_("reason"), max_length=256, blank=True)
    created_at = models.DateTimeField(_("created at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("sending of a report")
        verbose_name_plural = _("sendings of reports")
        ordering = ["-fire_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "fire_at"], name="report_sending_once"),
            models.CheckConstraint(
                name="report_sending_finished_iff_final",
                condition=Q(state__in=["planned", "sending"], finished_at__isnull=True)
                | Q(state__in=["sent", "partly", "failed", "unknown"], finished_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["planned", "sending"]),
                name="report_sending_due",
            ),
        ]

    @property
    def is_final(self) -> bool:
        return self.finished_at is not None


class ReportFile(models.Model):
    """A picture or a table of a sending, as it was made; the content is taken out after a month."""

    sending = models.ForeignKey(ReportSending, on_delete=models.CASCADE, related_name="files")
    place = models.PositiveSmallIntegerField()
    name = models.CharField(_("file name"), max_length=160)
    content = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("file of a report")
        verbose_name_plural = _("files of reports")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["sending", "place"], name="report_file_place"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        return self.name.endswith(".png")


class ReportMessage(models.Model):
    """One call of a sending: a file as a message of the app, or a mail with all of them.

    A mail names its receivers; those that the mail server refused get a row of their own. `sending` is written before the call; who finds it so later does not know what happened.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        SENDING = "sending", _("Being sent")
        SENT = "sent", pgettext_lazy("report", "Sent")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Unknown whether it arrived")

    sending = models.ForeignKey(ReportSending, on_delete=models.CASCADE, related_name="messages")
    place = models.PositiveSmallIntegerField()
    # Null: a mail with all files.
    file = models.ForeignKey(ReportFile, null=True, on_delete=models.CASCADE, related_name="+")
    # Of a mail; empty where it is for everybody of the plan, as of all that are older than this.
    addresses = ArrayField(
        models.EmailField(max_length=254),
        verbose_name=_("mail addresses"),
        default=list,
        db_default=[],
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.PLANNED)
    attempts = models.PositiveSmallIntegerField(default=0)
    intent_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=256, blank=True)

    class Meta:
        verbose_name = _("message of a report")
        verbose_name_plural = _("messages of reports")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["sending", "place"], name="report_message_place"),
            models.CheckConstraint(
                name="report_message_intent_before_call",
                condition=Q(state__in=["planned", "failed"])
                | Q(state__in=["sending", "sent", "unknown"], intent_at__isnull=False),
            ),
        ]
