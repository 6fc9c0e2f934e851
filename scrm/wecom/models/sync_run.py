"""Runs that pull WeCom's state into our tables (同步), and the gaps they found."""

from __future__ import annotations

import math
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SyncRun(models.Model):
    """One walk over WeCom's lists. `step` and `cursor` say where to resume after a kill.

    For whoever watches: `done` of `total` things of the present `step` (0: not known) are taken
    over, `rate` a second lately, `seconds_left` until the step ends. `counts` are numbers of the
    whole run by name, `errors` the first sentences for people. A cancelled run has the state
    `cancelled` from the moment somebody asks for it: its walker stops at the page it is at.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Finished")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    class Kind(models.TextChoices):
        FULL = "full", _("Full")
        INCREMENTAL = "incremental", _("Incremental")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.INCREMENTAL)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    step = models.CharField(_("step"), max_length=24, blank=True)
    cursor: models.JSONField[dict[str, Any]] = models.JSONField(_("cursor"), default=dict)
    done = models.PositiveIntegerField(_("done"), default=0)
    total = models.PositiveIntegerField(_("total"), default=0)
    rate = models.FloatField(_("things a second"), default=0.0)
    counts: models.JSONField[dict[str, int]] = models.JSONField(_("counts"), default=dict)
    errors: models.JSONField[list[str]] = models.JSONField(_("errors"), default=list)
    started_at = models.DateTimeField(_("started at"))
    progressed_at = models.DateTimeField(_("progressed at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("sync run")
        verbose_name_plural = _("sync log")
        permissions = [("run_sync", _("Can start and cancel a sync"))]
        constraints = [
            models.CheckConstraint(
                name="sync_run_state_known",
                condition=Q(state__in=["running", "done", "failed", "cancelled"]),
            ),
            models.CheckConstraint(
                name="sync_run_kind_known", condition=Q(kind__in=["full", "incremental"])
            ),
            models.CheckConstraint(
                name="sync_run_finished_iff_not_running",
                condition=Q(state="running", finished_at__isnull=True)
                | (~Q(state="running") & Q(finished_at__isnull=False)),
            ),
            # Two walks at once would close each other's relations.
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="running"), name="sync_run_one_running"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"

    @property
    def seconds_left(self) -> int | None:
        """Until the present step ends at the present rate; None while nobody can say."""
        if not self.rate or not self.total:
            return None
        return math.ceil(max(0, self.total - self.done) / self.rate)


class SyncGap(models.Model):
    """A difference between WeCom and our tables that events should have told us of (漏收的变更)."""

    run = models.ForeignKey(SyncRun, verbose_name=_("run"), on_delete=models.PROTECT)
    kind = models.CharField(_("kind"), max_length=32)
    subject = models.CharField(_("subject"), max_length=160)
    found_at = models.DateTimeField(_("found at"))

    class Meta:
        verbose_name = _("sync gap")
        verbose_name_plural = _("sync gaps")

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}"
