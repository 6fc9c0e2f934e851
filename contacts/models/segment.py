"""Saved segments (人群)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Segment(models.Model):
    """A named rule that picks customers; see scrm.segments for the language.

    A static segment (静态人群) has `frozen_at`: its rule names itself by the field
    `segment.static`, and its members are the SegmentMember rows written at that moment, taken
    from `source` as its rule was in `source_version`.
    """

    name = models.CharField(_("name"), max_length=64)
    description = models.CharField(_("description"), max_length=256, blank=True)
    rule: models.JSONField[dict[str, Any]] = models.JSONField(_("rule"))
    version = models.PositiveIntegerField(_("version"), default=1)
    size = models.PositiveIntegerField(_("size"), null=True, blank=True)
    evaluated_at = models.DateTimeField(_("counted at"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("updated at"))
    is_archived = models.BooleanField(_("archived"), default=False)
    frozen_at = models.DateTimeField(_("members fixed at"), null=True, blank=True)
    source = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="snapshots"
    )
    source_version = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["-updated_at"]
        constraints = [
            # An archived segment keeps its name without holding it back from a new one.
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(is_archived=False), name="segment_name_once"
            ),
            models.CheckConstraint(
                name="segment_source_iff_frozen",
                condition=models.Q(
                    frozen_at__isnull=True, source__isnull=True, source_version__isnull=True
                )
                | models.Q(
                    frozen_at__isnull=False, source__isnull=False, source_version__isnull=False
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("console:segment", args=[self.pk])

    @property
    def is_static(self) -> bool:
        return self.frozen_at is not None


class SegmentMember(models.Model):
    """One customer of a static segment. No foreign keys: a million rows are written at once."""

    pk = models.CompositePrimaryKey("segment_id", "contact_id")
    segment = models.ForeignKey(
        Segment,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="members",
    )
    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )

    class Meta:
        verbose_name = _("member of a static segment")
        verbose_name_plural = _("members of static segments")


class SegmentVersion(models.Model):
    """What a segment's rule was; a broadcast names the version it froze."""

    segment = models.ForeignKey(Segment, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField(_("version"))
    rule: models.JSONField[dict[str, Any]] = models.JSONField(_("rule"))
    at = models.DateTimeField(_("at"))
    # Unknown for versions from before it was kept.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("segment version")
        verbose_name_plural = _("segment versions")
        constraints = [
            models.UniqueConstraint(fields=["segment", "version"], name="segment_version_once"),
        ]
