"""Saved rules that pick customer groups (群人群)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class GroupSegment(models.Model):
    """A named rule that picks groups, in the language of scrm.segments over GroupFacts."""

    name = models.CharField(_("name"), max_length=64)
    description = models.CharField(_("description"), max_length=256, blank=True)
    rule: models.JSONField[dict[str, Any]] = models.JSONField(_("rule"))
    version = models.PositiveIntegerField(_("version"), default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("updated at"))
    is_archived = models.BooleanField(_("archived"), default=False)

    class Meta:
        verbose_name = _("group segment")
        verbose_name_plural = _("group segments")
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(is_archived=False),
                name="group_segment_name_once",
            )
        ]

    def __str__(self) -> str:
        return self.name


class GroupSegmentVersion(models.Model):
    """What a group segment's rule was; a broadcast names the version it froze."""

    segment = models.ForeignKey(GroupSegment, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField(_("version"))
    rule: models.JSONField[dict[str, Any]] = models.JSONField(_("rule"))
    at = models.DateTimeField(_("at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("version of a group segment")
        verbose_name_plural = _("versions of group segments")
        constraints = [
            models.UniqueConstraint(
                fields=["segment", "version"], name="group_segment_version_once"
            )
        ]
