"""What a running sync has already met, so that its end knows what is missing."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SyncSeen(models.Model):
    """Ids of our rows that one page of one run met, or that an event told of meanwhile.

    Written with the page it belongs to, removed when the run has ended.
    """

    class Kind(models.TextChoices):
        STAFF = "staff", _("Staff")
        FOLLOW = "follow", _("Follow relations")
        GROUP = "group", _("Customer groups")

    run = models.ForeignKey("wecom.SyncRun", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    ids = ArrayField(models.BigIntegerField())

    class Meta:
        verbose_name = _("seen by a sync")
        verbose_name_plural = _("seen by a sync")
        constraints = [
            models.CheckConstraint(
                name="sync_seen_kind_known", condition=Q(kind__in=["staff", "follow", "group"])
            ),
        ]
