"""Tags of customer groups (群标签): our own, WeCom knows none."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class GroupTagSet(models.Model):
    """A set of tags for groups (群标签组), such as “City” or “Purpose”."""

    name = models.CharField(_("name"), max_length=30)
    order = models.IntegerField(_("order"), default=0)
    is_gone = models.BooleanField(_("gone"), default=False)

    class Meta:
        verbose_name = _("set of group tags")
        verbose_name_plural = _("sets of group tags")
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], condition=Q(is_gone=False), name="group_tag_set_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class GroupTag(models.Model):
    """One tag for groups (群标签). A deleted one stays as a row, because history names it."""

    tag_set = models.ForeignKey(
        GroupTagSet, verbose_name=_("set"), on_delete=models.PROTECT, related_name="tags"
    )
    name = models.CharField(_("name"), max_length=30)
    order = models.IntegerField(_("order"), default=0)
    is_gone = models.BooleanField(_("gone"), default=False)

    class Meta:
        verbose_name = _("group tag")
        verbose_name_plural = _("group tags")
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tag_set", "name"], condition=Q(is_gone=False), name="group_tag_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class GroupTagMark(models.Model):
    """A tag on a group."""

    group = models.ForeignKey(
        "groups.GroupChat", on_delete=models.CASCADE, related_name="tag_marks"
    )
    tag = models.ForeignKey(GroupTag, on_delete=models.CASCADE, related_name="marks")
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("tag of a group")
        verbose_name_plural = _("tags of groups")
        constraints = [models.UniqueConstraint(fields=["group", "tag"], name="group_tag_mark_once")]
