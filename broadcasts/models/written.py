"""What an operator writes of a broadcast, once or as a plan."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class TouchClass(models.TextChoices):
    """How much of a customer's attention a touch takes (触达轻重)."""

    LIGHT = "light", _("Light touch")
    DEEP = "deep", _("Deep touch")
    # Deliveries, receipts, answers: owed to the customer, so caps and hold-outs do not apply.
    SERVICE = "service", _("Service message")


class Kind(models.TextChoices):
    PRIVATE = "private", _("To customers")
    GROUP = "group", _("To customer groups")


class ReminderPlan(models.TextChoices):
    """How staff who have not confirmed are reminded without anybody asking (自动提醒)."""

    OFF = "off", _("Nobody by itself")
    GENTLE = "gentle", _("Gently: once, 3 hours after the hand-over")
    FIRM = "firm", _("Firmly: 1 hour after the hand-over, and 1 hour before the window closes")


class Written(models.Model):
    """Whom a message is for, what it says and how it counts (群发内容).

    A private one has a `segment`, one to groups a `group_segment`; drafts may still lack it.
    Columns that came later have their defaults in the database too, so that a worker of the
    version before can go on writing rows.
    """

    name = models.CharField(_("name"), max_length=64)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.PRIVATE)
    benefit = models.CharField(_("benefit for the customer"), max_length=200)
    segment = models.ForeignKey(
        "contacts.Segment",
        verbose_name=_("segment"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    group_segment = models.ForeignKey(
        "groups.GroupSegment",
        verbose_name=_("group segment"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # 排除人群: [{"segment": id, "version": n, "rule": {…}}]; their customers are not written to.
    without: models.JSONField[list[dict[str, Any]]] = models.JSONField(
        _("customers left out"), default=list, db_default=[], blank=True
    )
    # Ids of the staff who are asked to send; empty for everybody.
    senders = ArrayField(
        models.BigIntegerField(), verbose_name=_("senders"), default=list, db_default=[], blank=True
    )
    topic = models.ForeignKey(
        "contacts.Topic",
        verbose_name=_("topic"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # Of two that want the same customer, the lower figure goes first.
    priority = models.PositiveSmallIntegerField(_("priority"), default=5, db_default=5)
    text = models.TextField(_("text"))
    # WeCom's own form: [{"msgtype": "link", "link": {"title": …, "url": …, "desc": …}}], or a
    # piece of the library: {"msgtype": "material", "material": id}.
    attachments: models.JSONField[list[dict[str, Any]]] = models.JSONField(
        _("attachments"), default=list, blank=True
    )
    touch_class = models.CharField(
        _("touch class"), max_length=8, choices=TouchClass, default=TouchClass.LIGHT
    )
    holdout_percent = models.PositiveSmallIntegerField(_("hold-out %"), default=10)
    reminder_plan = models.CharField(
        _("reminders of staff"),
        max_length=6,
        choices=ReminderPlan,
        default=ReminderPlan.OFF,
        db_default=ReminderPlan.OFF.value,
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def is_for_groups(self) -> bool:
        return self.kind == Kind.GROUP

    def written(self) -> dict[str, Any]:
        """These columns by name, as they are given to another row."""
        return {field.name: getattr(self, field.name) for field in Written._meta.local_fields}
