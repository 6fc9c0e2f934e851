"""Journeys (SOP旅程): what happens with a customer or a group after a trigger, step by step."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Journey(models.Model):
    """A journey with its draft (草稿) and the version in force.

    `draft` is what the editor writes and may be wrong; `policy/journey_definition.py` says what it
    must look like. Publishing copies it into a JourneyVersion. A paused journey takes nobody in
    and moves nobody; an archived one is over, and its open runs were ended.
    """

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("journey", "Draft")
        ACTIVE = "active", pgettext_lazy("journey", "Active")
        PAUSED = "paused", pgettext_lazy("journey", "Paused")
        ARCHIVED = "archived", pgettext_lazy("journey", "Archived")

    class Subject(models.TextChoices):
        CONTACT = "contact", _("Customers")
        GROUP = "group", _("Customer groups")

    name = models.CharField(_("name"), max_length=64)
    description = models.CharField(_("description"), max_length=256, blank=True)
    subject = models.CharField(
        _("for whom"), max_length=7, choices=Subject, default=Subject.CONTACT
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.DRAFT)
    draft: models.JSONField[dict[str, Any]] = models.JSONField(_("draft"), default=dict)
    version = models.OneToOneField(
        "broadcasts.JourneyVersion",
        verbose_name=_("version in force"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # What the version in force names, so that nobody archives it: the segment of its trigger, and
    # the definition, in which the rules of its conditions are found.
    segment = models.ForeignKey(
        "contacts.Segment", null=True, on_delete=models.PROTECT, related_name="+"
    )
    group_segment = models.ForeignKey(
        "groups.GroupSegment", null=True, on_delete=models.PROTECT, related_name="+"
    )
    rule: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("updated at"))
    # Since when it takes in: what happened before it was published or resumed starts nothing.
    live_at = models.DateTimeField(_("active since"), null=True)
    # Counts the changes of the draft; the page of the editor that made the last one.
    revision = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    edited_on = models.UUIDField(null=True, editable=False)
    # For triggers that compare: when memberships were last compared, how often, and up to which
    # day the date fields were looked through.
    compared_at = models.DateTimeField(null=True, editable=False)
    comparisons = models.PositiveIntegerField(default=0, editable=False)
    dates_until = models.DateField(null=True, editable=False)

    # A draft or an archived journey keeps no segment from being archived.
    needs_segment = Q(state__in=["active", "paused"])

    class Meta:
        verbose_name = _("journey")
        verbose_name_plural = _("journeys")
        ordering = ["-updated_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=~Q(state="archived"), name="journey_name_once"
            ),
            models.CheckConstraint(
                name="journey_state_known",
                condition=Q(state__in=["draft", "active", "paused", "archived"]),
            ),
            models.CheckConstraint(
                name="journey_subject_known", condition=Q(subject__in=["contact", "group"])
            ),
            models.CheckConstraint(
                name="journey_version_iff_published",
                condition=Q(state="draft", version__isnull=True)
                | Q(state__in=["active", "paused"], version__isnull=False)
                | Q(state="archived"),
            ),
            models.CheckConstraint(
                name="journey_live_at_iff_active",
                condition=Q(state="active", live_at__isnull=False)
                | (~Q(state="active") & Q(live_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("console:journey", args=[self.pk])

    @property
    def has_changes(self) -> bool:
        """Whether the draft differs from what is in force."""
        return self.version is None or self.draft != self.version.definition


class JourneyVersion(models.Model):
    """A definition as it was published; runs finish on theirs. Never changed."""

    journey = models.ForeignKey(Journey, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    definition: models.JSONField[dict[str, Any]] = models.JSONField(_("definition"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("published by"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    published_at = models.DateTimeField(_("published at"))

    class Meta:
        verbose_name = _("journey version")
        verbose_name_plural = _("journey versions")
        constraints = [
            models.UniqueConstraint(fields=["journey", "number"], name="journey_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.journey_id} v{self.number}"


class JourneyEnrolment(models.Model):
    """Customers or groups put into a journey by hand (手动加入), as work that Postgres owns.

    waiting → running → done, or → failed | cancelled. `total` is counted when a worker has written
    the run of each; how many have begun or were refused is counted from those runs.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for a worker")
        RUNNING = "running", _("Running")
        DONE = "done", _("Finished")
        FAILED = "failed", _("Stopped by an error")
        CANCELLED = "cancelled", _("Cancelled")

    journey = models.ForeignKey(Journey, on_delete=models.PROTECT, related_name="enrolments")
    # What was chosen, for the list; `rule` is what counts.
    name = models.CharField(_("who"), max_length=64)
    rule: models.JSONField[dict[str, Any]] = models.JSONField(_("rule"))
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.WAITING)
    total = models.PositiveIntegerField(_("chosen"), default=0)
    problem = models.CharField(_("problem"), max_length=256, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("enrolment into a journey")
        verbose_name_plural = _("enrolments into journeys")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="journey_enrolment_state_known",
                condition=Q(state__in=["waiting", "running", "done", "failed", "cancelled"]),
            ),
            models.CheckConstraint(
                name="journey_enrolment_finished_at_iff_over",
                condition=Q(state__in=["waiting", "running"], finished_at__isnull=True)
                | Q(state__in=["done", "failed", "cancelled"], finished_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(state__in=["waiting", "running"]),
                name="journey_enrolment_open",
            ),
        ]

    def __str__(self) -> str:
        return self.name
