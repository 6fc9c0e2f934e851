"""Lifecycle stages (生命周期) and their log."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Stage(models.TextChoices):
    """Where a customer stands (生命周期阶段)."""

    NEW = "new", _("New")
    FIRST = "first", _("First order")
    REPEAT = "repeat", _("Repeat")
    SILENT = "silent", _("Silent")
    LOST = "lost", _("Lost")


class LostKind(models.TextChoices):
    """The two kinds of loss, which are never added up silently."""

    NONE = "", _("Not lost")
    INACTIVE = "inactive", _("Stopped buying")
    UNFRIENDED = "unfriended", _("Unfriended")


class LifecycleTransition(models.Model):
    """One change of stage with its reason; append-only."""

    contact = models.ForeignKey(
        "contacts.Contact",
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="transitions",
    )
    from_stage = models.CharField(_("from"), max_length=8, choices=Stage, blank=True)
    to_stage = models.CharField(_("to"), max_length=8, choices=Stage)
    at = models.DateTimeField(_("at"))
    # A code of contacts.rules.lifecycle.Reason; its words are made for the reader's language.
    reason = models.CharField(_("reason"), max_length=24)
    gap_days = models.PositiveIntegerField(_("days since the last order"), null=True, blank=True)
    # The transaction that wrote it: the one order in which nothing is committed behind a reader.
    txid = models.BigIntegerField(
        editable=False, db_default=models.Func(function="txid_current"), db_index=False
    )

    class Meta:
        verbose_name = _("stage change")
        verbose_name_plural = _("stage changes")
        constraints = [
            models.CheckConstraint(
                name="transition_to_known",
                condition=Q(to_stage__in=["new", "first", "repeat", "silent", "lost"]),
            ),
            models.CheckConstraint(
                name="transition_from_known",
                condition=Q(from_stage__in=["", "new", "first", "repeat", "silent", "lost"]),
            ),
        ]
        indexes = [
            models.Index(fields=["contact", "-at"], name="transition_of_contact"),
            models.Index(fields=["-at", "-id"], name="transition_newest_first"),
            models.Index(fields=["txid", "id"], name="transition_feed"),
        ]

    def __str__(self) -> str:
        return f"{self.from_stage} → {self.to_stage}"


class StageReader(models.Model):
    """How far somebody has read one of the logs; see `contacts.services.feeds`."""

    name = models.CharField(_("name"), max_length=48, unique=True)
    txid = models.BigIntegerField()
    last_id = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(_("updated at"))

    class Meta:
        verbose_name = _("reader of stage changes")
        verbose_name_plural = _("readers of stage changes")

    def __str__(self) -> str:
        return self.name


class LifecycleSettings(models.Model):
    """The thresholds in force, one row. Learned ones come from the shop's own repurchase gaps."""

    class Source(models.TextChoices):
        DEFAULT = "default", _("Default")
        LEARNED = "learned", _("Learned from your orders")
        OVERRIDE = "override", _("Set by hand")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    silent_after_days = models.PositiveIntegerField(_("silent after days"), default=45)
    lost_after_days = models.PositiveIntegerField(_("lost after days"), default=120)
    source = models.CharField(_("source"), max_length=10, choices=Source, default=Source.DEFAULT)
    repeat_gaps = models.PositiveIntegerField(_("repurchase gaps seen"), default=0)
    # What the orders teach, also while thresholds set by hand are in force. Days.
    learned_silent_days = models.PositiveIntegerField(_("learned: silent after"), null=True)
    learned_lost_days = models.PositiveIntegerField(_("learned: lost after"), null=True)
    # The gap in days at each percent from 1 to 100; empty without gaps.
    gap_quantiles: models.JSONField[list[int]] = models.JSONField(default=list)
    learned_at = models.DateTimeField(_("learned at"), null=True)
    updated_at = models.DateTimeField(_("updated at"))

    class Meta:
        verbose_name = _("lifecycle thresholds")
        verbose_name_plural = _("lifecycle thresholds")
        constraints = [
            models.CheckConstraint(name="lifecycle_settings_one_row", condition=Q(id=1)),
            models.CheckConstraint(
                name="lifecycle_silent_before_lost",
                condition=Q(silent_after_days__gt=0)
                & Q(lost_after_days__gt=models.F("silent_after_days")),
            ),
            models.CheckConstraint(
                name="lifecycle_source_known",
                condition=Q(source__in=["default", "learned", "override"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.silent_after_days}/{self.lost_after_days}"
