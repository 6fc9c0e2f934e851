"""Handing groups over to another owner (群主转交), as work that Postgres owns."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class GroupHandover(models.Model):
    """One order to hand groups of one owner over to one new owner.

    ready → running → done | cancelled. `lease_until` is until when a worker has it for itself,
    `not_before` from when it may go on, `note` what it waits for in words.
    """

    class Kind(models.TextChoices):
        ON_JOB = "on_job", _("Owner is still there")
        RESIGNED = "resigned", _("Owner has left")

    class State(models.TextChoices):
        READY = "ready", _("Waiting for a worker")
        RUNNING = "running", _("Running")
        DONE = "done", _("Finished")
        CANCELLED = "cancelled", _("Cancelled")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    owner = models.ForeignKey(
        "contacts.Staff", verbose_name=_("owner"), on_delete=models.PROTECT, related_name="+"
    )
    new_owner = models.ForeignKey(
        "contacts.Staff", verbose_name=_("new owner"), on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.READY)
    note = models.TextField(_("note"), blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("hand-over of groups")
        verbose_name_plural = _("hand-overs of groups")
        constraints = [
            models.CheckConstraint(
                name="group_handover_kind_known", condition=Q(kind__in=["on_job", "resigned"])
            ),
            models.CheckConstraint(
                name="group_handover_state_known",
                condition=Q(state__in=["ready", "running", "done", "cancelled"]),
            ),
            models.CheckConstraint(
                name="group_handover_finished_iff_over",
                condition=Q(state__in=["done", "cancelled"], finished_at__isnull=False)
                | Q(state__in=["ready", "running"], finished_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["not_before"],
                condition=Q(finished_at__isnull=True),
                name="group_handover_live",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_over(self) -> bool:
        return self.finished_at is not None


class GroupHandoverItem(models.Model):
    """One group of a hand-over.

    waiting → submitting → done | refused | unknown; an unknown one is settled by reading the
    group's owner, and asked for again when nothing happened. `code` and `reason` say why WeCom
    refused it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SUBMITTING = "submitting", _("Being handed over")
        UNKNOWN = "unknown", _("No answer yet")
        DONE = "done", _("Handed over")
        REFUSED = "refused", _("Refused")
        CANCELLED = "cancelled", _("Cancelled")

    handover = models.ForeignKey(GroupHandover, on_delete=models.CASCADE, related_name="items")
    group = models.ForeignKey(
        "groups.GroupChat", on_delete=models.PROTECT, related_name="handover_items"
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    code = models.IntegerField(_("WeCom's error code"), default=0)
    reason = models.TextField(_("reason"), blank=True, default="")
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("group of a hand-over")
        verbose_name_plural = _("groups of hand-overs")
        constraints = [
            models.UniqueConstraint(fields=["handover", "group"], name="group_handover_item_once"),
            # A group that is being handed over is in no second hand-over.
            models.UniqueConstraint(
                fields=["group"],
                condition=Q(state__in=["waiting", "submitting", "unknown"]),
                name="group_handover_item_live_once",
            ),
            models.CheckConstraint(
                name="group_handover_item_state_known",
                condition=Q(
                    state__in=["waiting", "submitting", "unknown", "done", "refused", "cancelled"]
                ),
            ),
        ]
