"""What the hints on content go by (内容检查设置), one row."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from broadcasts.policy.forbidden_words import USUAL


def usual_words() -> list[str]:
    return list(USUAL)


class ContentSettings(models.Model):
    """The words that the linter warns of (违禁词)."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    forbidden_words = ArrayField(
        models.CharField(max_length=32), verbose_name=_("forbidden words"), default=usual_words
    )
    updated_at = models.DateTimeField(_("updated at"), null=True, blank=True)

    class Meta:
        verbose_name = _("content settings")
        verbose_name_plural = _("content settings")
        constraints = [
            models.CheckConstraint(name="content_settings_one_row", condition=Q(id=1)),
        ]
