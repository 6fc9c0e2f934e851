"""Customers that change hands (在职继承, 离职继承), as work that Postgres owns."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from contacts.rules.handover import Bar


class HandoverMode(models.TextChoices):
    """Which of WeCom's two ways: the giver still works here, or has left."""

    ON_JOB = "on_job", _("On the job")
    RESIGNED = "resigned", _("After leaving")


class HandoverBar(models.TextChoices):
    """Why a customer is left out beforehand; the codes are those of the pure rule."""

    NOT_A_FRIEND = Bar.NOT_A_FRIEND.value, _("No friend of the giver any more")
    NOT_UNASSIGNED = Bar.NOT_UNASSIGNED.value, _("Not on WeCom's list of unassigned customers")
    LEFT_TOO_LONG_AGO = Bar.LEFT_TOO_LONG_AGO.value, _("The giver left more than a year ago")
    IN_TRANSFER = Bar.IN_TRANSFER.value, _("Is being handed over already")
    TWICE = Bar.TWICE.value, _("Was handed over twice within 90 days")


class Handover(models.Model):
    """One order to hand customers over (交接单): whom, from whom, to whom. Its customers are frozen
    when it is given, and WeCom knows no way to take it back.

    asking (customers are still to be handed to WeCom) → waiting (WeCom moves them after a day) →
    finished. `next_at` is when a worker carries it on.
    """

    class State(models.TextChoices):
        ASKING = "asking", _("Handing to WeCom")
        WAITING = "waiting", _("Waiting for WeCom")
        FINISHED = "finished", _("Finished")

    mode = models.CharField(_("way"), max_length=8, choices=HandoverMode)
    giver = models.ForeignKey(
        "contacts.Staff", verbose_name=_("from"), on_delete=models.PROTECT, related_name="+"
    )
    receiver = models.ForeignKey(
        "contacts.Staff", verbose_name=_("to"), on_delete=models.PROTECT, related_name="+"
    )
    message = models.CharField(_("message to the customers"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.ASKING)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    next_at = models.DateTimeField()
    # Of the poll that comes next; the gaps grow with `polls`.
    poll_at = models.DateTimeField(null=True)
    polls = models.PositiveIntegerField(default=0)
    problem_code = models.IntegerField(_("WeCom's error code"), default=0)
    problem = models.CharField(_("problem"), max_length=256, blank=True)

    class Meta:
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        constraints = [
            models.CheckConstraint(
                name="handover_mode_known", condition=Q(mode__in=["on_job", "resigned"])
            ),
            models.CheckConstraint(
                name="handover_state_known",
                condition=Q(state__in=["asking", "waiting", "finished"]),
            ),
            models.CheckConstraint(
                name="handover_finished_at_iff_finished",
                condition=Q(state="finished", finished_at__isnull=False)
                | (~Q(state="finished") & Q(finished_at__isnull=True)),
            ),
            models.CheckConstraint(name="handover_between_two", condition=~Q(giver=F("receiver"))),
        ]
        indexes = [
            models.Index(
                fields=["next_at"], condition=Q(finished_at__isnull=True), name="handover_live"
            ),
            models.Index(fields=["-created_at"], name="handover_newest_first"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_over(self) -> bool:
        return self.finished_at is not None


class HandoverItem(models.Model):
    """One customer of a hand-over.

    waiting → asking (written before the call, with a lease in `due_at`) → asked → done | refused |
    full | failed. `excluded` ones were left out beforehand, see `bar`. `due_at` of an asked one is
    when WeCom says that it will happen; `reread_at` when our tables learned the new relation.
    """

    class State(models.TextChoices):
        EXCLUDED = "excluded", _("Left out")
        WAITING = "waiting", _("Waiting its turn")
        ASKING = "asking", _("Asking WeCom")
        ASKED = "asked", _("WeCom waits 24 hours")
        DONE = "done", _("Handed over")
        REFUSED = "refused", _("The customer refused")
        FULL = "full", _("The receiver has no room")
        FAILED = "failed", _("Failed")

    LIVE = ("waiting", "asking", "asked")

    handover = models.ForeignKey(Handover, on_delete=models.CASCADE, related_name="items")
    contact = models.ForeignKey("contacts.Contact", on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.WAITING)
    bar = models.CharField(_("reason"), max_length=20, choices=HandoverBar, blank=True)
    code = models.IntegerField(_("WeCom's error code"), default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(_("asked at"), null=True)
    due_at = models.DateTimeField(_("due at"), null=True)
    settled_at = models.DateTimeField(_("settled at"), null=True)
    reread_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("customer of a hand-over")
        verbose_name_plural = _("customers of hand-overs")
        constraints = [
            models.UniqueConstraint(fields=["handover", "contact"], name="handover_item_once"),
            # WeCom lets a customer be in one transfer at a time.
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(state__in=["waiting", "asking", "asked"]),
                name="handover_item_live_once",
            ),
            models.CheckConstraint(
                name="handover_item_state_known",
                condition=Q(
                    state__in=[
                        *("excluded", "waiting", "asking", "asked"),
                        *("done", "refused", "full", "failed"),
                    ]
                ),
            ),
            models.CheckConstraint(
                name="handover_item_bar_iff_excluded",
                condition=(Q(state="excluded") & ~Q(bar="")) | (~Q(state="excluded") & Q(bar="")),
            ),
            models.CheckConstraint(
                name="handover_item_bar_known", condition=Q(bar__in=["", *HandoverBar.values])
            ),
            models.CheckConstraint(
                name="handover_item_settled_at_iff_settled",
                condition=Q(
                    state__in=["done", "refused", "full", "failed"], settled_at__isnull=False
                )
                | Q(state__in=["excluded", "waiting", "asking", "asked"], settled_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["handover", "state", "id"], name="handover_item_by_state"),
            models.Index(fields=["contact", "settled_at"], name="handover_item_of_contact"),
        ]


class UnassignedFollow(models.Model):
    """A customer whose staff member left and whom nobody has taken over (待分配客户)."""

    staff = models.ForeignKey("contacts.Staff", on_delete=models.CASCADE, related_name="+")
    contact = models.ForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="+")
    left_at = models.DateTimeField(_("left at"))

    class Meta:
        verbose_name = _("unassigned customer")
        verbose_name_plural = _("unassigned customers")
        constraints = [
            models.UniqueConstraint(fields=["staff", "contact"], name="unassigned_follow_once")
        ]


class UnassignedReading(models.Model):
    """When WeCom's list of unassigned customers was read, and when it is to be read next; one row.

    `unknown` counts entries whose customer we have never seen.
    """

    next_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    unknown = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=256, blank=True)

    class Meta:
        verbose_name = _("reading of the unassigned list")
        verbose_name_plural = _("readings of the unassigned list")
        constraints = [models.CheckConstraint(name="unassigned_reading_once", condition=Q(pk=1))]
