"""Channels (渠道活码): the codes and links that customers come by, with their staff and cost."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

STATE_CHARS = 64  # what a link's customer_channel may have; a code's state has 30 at most
PREFIX_CHARS, NOTE_CHARS = 10, 150


class Channel(models.Model):
    """One channel (渠道). Its `state` comes back with each customer as `Follow.state`, and that
    text is what joins the two: no column says it a second time.

    The row is written before WeCom is asked to make the code. While `status` is making,
    `intent_at` says that a call was begun whose outcome is not known; WeCom's lists are read
    before it is begun again. `written` is what WeCom surely holds of a live one, null when that
    is not known. Nobody touches the row at WeCom before `due_at`, which is also a worker's lease.
    """

    class Kind(models.TextChoices):
        CODE = "code", _("Staff QR code")
        LINK = "link", _("Acquisition link")
        NAMED = "named", _("Made elsewhere")

    class Status(models.TextChoices):
        MAKING = "making", _("Being made")
        REFUSED = "refused", _("Refused by WeCom")
        LIVE = "live", _("In use")
        DELETED = "deleted", _("Deleted")

    name = models.CharField(_("name"), max_length=64)
    folder = models.CharField(_("folder"), max_length=32, blank=True)
    kind = models.CharField(_("kind"), max_length=5, choices=Kind, default=Kind.CODE)
    state = models.CharField(_("channel state"), max_length=STATE_CHARS, unique=True)
    status = models.CharField(_("status"), max_length=7, choices=Status, default=Status.MAKING)
    problem = models.CharField(_("problem"), max_length=256, blank=True)
    config_id = models.CharField(_("WeCom id"), max_length=64, blank=True)
    address = models.CharField(_("address"), max_length=512, blank=True)
    intent_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField()
    written: models.JSONField[Any] = models.JSONField(null=True)
    skip_verify = models.BooleanField(_("friends at once"), default=True)
    staff = models.ManyToManyField(
        "contacts.Staff", verbose_name=_("staff"), related_name="channels", blank=True
    )
    departments = models.ManyToManyField(
        "contacts.Department", verbose_name=_("departments"), related_name="+", blank=True
    )
    daily_cap = models.PositiveIntegerField(_("new customers a day for each"), null=True)
    backups = models.ManyToManyField(
        "contacts.Staff", verbose_name=_("backup staff"), related_name="+", blank=True
    )
    tags = models.ManyToManyField("contacts.Tag", verbose_name=_("tags"), blank=True)
    remark_prefix = models.CharField(_("begin of the remark"), max_length=PREFIX_CHARS, blank=True)
    note = models.CharField(_("description"), max_length=NOTE_CHARS, blank=True)
    # Who came before anything was to be done for newcomers is left alone.
    greets_since = models.DateTimeField(null=True)
    is_archived = models.BooleanField(_("archived"), default=False)
    created_by = models.ForeignKey(
        "console.Operator",
        verbose_name=_("made by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("updated at"))

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        constraints = [
            models.CheckConstraint(
                name="channel_kind_known", condition=Q(kind__in=["code", "link", "named"])
            ),
            models.CheckConstraint(
                name="channel_status_known",
                condition=Q(status__in=["making", "refused", "live", "deleted"]),
            ),
            models.CheckConstraint(
                name="channel_live_has_wecom_id",
                condition=~Q(status="live") | Q(kind="named") | ~Q(config_id=""),
            ),
            models.CheckConstraint(
                name="channel_intent_only_while_making",
                condition=Q(intent_at__isnull=True) | Q(status="making"),
            ),
            models.CheckConstraint(name="channel_state_given", condition=~Q(state="")),
            models.UniqueConstraint(
                fields=["kind", "config_id"],
                condition=~Q(config_id=""),
                name="channel_wecom_id_once",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="channel_newest"),
            models.Index(
                fields=["due_at"], condition=Q(status="making"), name="channel_being_made"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_ours(self) -> bool:
        """Whether it was made here, so that we can change it."""
        return self.kind != self.Kind.NAMED

    @property
    def is_checked(self) -> bool:
        """Whether WeCom is being asked if it made this one."""
        return self.status == self.Status.MAKING and self.intent_at is not None


class ChannelShift(models.Model):
    """When whom the code leads to (排班): on these weekdays (0 Monday … 6 Sunday), from `starts` to
    `ends` on the business clock; an end not after the start is on the next day.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="shifts")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("weekdays"))
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("until"))
    staff = models.ManyToManyField("contacts.Staff", verbose_name=_("staff"), related_name="+")

    class Meta:
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        constraints = [
            models.CheckConstraint(
                name="channel_shift_has_days",
                condition=Q(weekdays__len__gt=0, weekdays__contained_by=list(range(7))),
            ),
        ]


class ChannelArrival(models.Model):
    """What is to be done once for somebody who came by a channel: tags, remark, description."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    channel = models.ForeignKey(
        Channel, on_delete=models.PROTECT, related_name="arrivals", db_index=False
    )
    follow = models.ForeignKey(
        "contacts.Follow", on_delete=models.PROTECT, related_name="arrivals", db_index=False
    )
    # Somebody who comes again is greeted again.
    added_at = models.DateTimeField(_("added at"))
    state = models.CharField(_("state"), max_length=7, choices=State, default=State.WAITING)
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(_("problem"), max_length=256, blank=True)

    class Meta:
        verbose_name = _("arrival")
        verbose_name_plural = _("arrivals")
        constraints = [
            models.UniqueConstraint(fields=["follow", "added_at"], name="channel_arrival_once"),
            models.CheckConstraint(
                name="channel_arrival_state_known",
                condition=Q(state__in=["waiting", "done", "failed"]),
            ),
        ]
        indexes = [
            models.Index(fields=["channel", "state"], name="channel_arrival_of_channel"),
            models.Index(
                fields=["due_at"], condition=Q(state="waiting"), name="channel_arrival_due"
            ),
        ]


class CostEntry(models.Model):
    """Money spent on a channel (渠道成本) on a day: ads, printing, gifts; below zero what came back."""

    channel = models.ForeignKey(
        Channel,
        verbose_name=_("channel"),
        on_delete=models.PROTECT,
        related_name="costs",
        db_index=False,
    )
    spent_on = models.DateField(_("day"))
    amount_fen = models.BigIntegerField(_("amount"))
    note = models.CharField(_("what for"), max_length=128, blank=True)
    created_by = models.ForeignKey(
        "console.Operator",
        verbose_name=_("entered by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("entered at"))
    updated_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("cost entry")
        verbose_name_plural = _("cost entries")
        constraints = [
            models.CheckConstraint(name="cost_amount_not_zero", condition=~Q(amount_fen=0)),
        ]
        indexes = [
            models.Index(fields=["channel", "-spent_on"], name="cost_of_channel"),
            models.Index(fields=["spent_on"], name="cost_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.spent_on:%Y-%m-%d}"
