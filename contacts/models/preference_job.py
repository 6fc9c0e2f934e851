"""Preferences of very many customers (批量免打扰、批量暂停), as work that Postgres owns."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class PreferenceJob(models.Model):
    """One order for customers who are frozen when it is given. `done` of `contact_ids` have had
    their turn, for `news` of them it was news.
    """

    class Wish(models.TextChoices):
        DO_NOT_CONTACT = "do_not_contact", _("Do not contact")
        PAUSED = "paused", _("Pause")

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Finished")
        CANCELLED = "cancelled", _("Cancelled")

    wish = models.CharField(_("wish"), max_length=14, choices=Wish)
    until = models.DateTimeField(_("paused until"), null=True)
    source = models.CharField(_("source"), max_length=32)
    contact_ids = ArrayField(models.BigIntegerField())
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.RUNNING)
    done = models.PositiveIntegerField(_("done"), default=0)
    news = models.PositiveIntegerField(_("changes"), default=0)
    total = models.PositiveIntegerField(_("customers"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    # When a worker was last told of it; a lost message is repeated after a while.
    handed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("job of preferences")
        verbose_name_plural = _("jobs of preferences")
        constraints = [
            models.CheckConstraint(
                name="preference_job_state_known",
                condition=Q(state__in=["running", "done", "cancelled"]),
            ),
            models.CheckConstraint(
                name="preference_job_until_iff_pause",
                condition=Q(wish="paused", until__isnull=False)
                | Q(wish="do_not_contact", until__isnull=True),
            ),
            models.CheckConstraint(
                name="preference_job_finished_at_iff_over",
                condition=(Q(state="running") & Q(finished_at__isnull=True))
                | (~Q(state="running") & Q(finished_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="preference_job_done_within_total", condition=Q(done__lte=F("total"))
            ),
        ]
        indexes = [
            models.Index(
                fields=["handed_at"], condition=Q(state="running"), name="preference_job_live"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
