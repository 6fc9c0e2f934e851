"""Daily figures of customer groups (客户群统计): our own, and those that WeCom counts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class GroupDay(models.Model):
    """How many joined and left one group on one business day, counted by us as we learn of it.

    Whoever comes back is counted again, so these days tell more than the members' rows. What
    happened before the group was first read is known of those who were still there.
    """

    group = models.ForeignKey("groups.GroupChat", on_delete=models.PROTECT, related_name="days")
    day = models.DateField(_("day"))
    joins = models.IntegerField(_("joined"), default=0)
    leaves = models.IntegerField(_("left"), default=0)

    class Meta:
        verbose_name = _("day of a group")
        verbose_name_plural = _("days of groups")
        constraints = [models.UniqueConstraint(fields=["group", "day"], name="group_day_once")]
        # Covering: sums over many days read the index alone.
        indexes = [models.Index(fields=["day"], include=["joins", "leaves"], name="group_day_sums")]


class OwnerDay(models.Model):
    """群聊数据统计 of one day over all groups of one owner, as WeCom tells it.

    WeCom counts by owner only: how many messages one group had is known where the owner has one.
    """

    owner = models.ForeignKey("contacts.Staff", on_delete=models.PROTECT, related_name="group_days")
    day = models.DateField(_("day"))
    new_groups = models.IntegerField(_("new groups"))
    groups = models.IntegerField(_("groups"))
    active_groups = models.IntegerField(_("groups with messages"))
    new_members = models.IntegerField(_("new members"))
    members = models.IntegerField(_("members"))
    active_members = models.IntegerField(_("members who wrote"))
    messages = models.IntegerField(_("messages"))

    class Meta:
        verbose_name = _("day of a group owner")
        verbose_name_plural = _("days of group owners")
        constraints = [models.UniqueConstraint(fields=["owner", "day"], name="owner_day_once")]
        indexes = [models.Index(fields=["day"], name="owner_day_by_day")]


class FigureDay(models.Model):
    """How far the figures of one day were read from WeCom; the row owns that work.

    `after` is the staff id behind which the next owners are asked for, `read_at` when the last of
    them was. `error` says why it does not go on.
    """

    day = models.DateField(_("day"), unique=True)
    after = models.BigIntegerField(default=0)
    read_at = models.DateTimeField(_("read at"), null=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        verbose_name = _("day of figures")
        verbose_name_plural = _("days of figures")
        constraints = [
            models.CheckConstraint(
                name="figure_day_read_without_error",
                condition=Q(read_at__isnull=True) | Q(error=""),
            )
        ]
