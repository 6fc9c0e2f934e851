"""Profile fields (画像字段): what a shop wants to know of its customers beyond WeCom."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ProfileField(models.Model):
    """One field that operators define. Its values stand in `Contact.profile` under `key`, each as
    {"value", "source", "at", "by"}; archiving hides a field and keeps its values.
    """

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Day")
        CHOICE = "choice", _("One of a list")
        MULTI = "multi", _("Several of a list")
        YES_NO = "yes_no", _("Yes or no")

    key = models.CharField(_("key"), max_length=32, unique=True)
    label = models.CharField(_("label"), max_length=32)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.TEXT)
    choices = ArrayField(
        models.CharField(max_length=64), verbose_name=_("choices"), default=list, blank=True
    )
    order = models.PositiveIntegerField(_("order"), default=100)
    is_archived = models.BooleanField(_("archived"), default=False)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("profile field")
        verbose_name_plural = _("profile fields")
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["label"], condition=Q(is_archived=False), name="profile_field_label_once"
            ),
            models.CheckConstraint(
                name="profile_field_kind_known",
                condition=Q(kind__in=["text", "number", "date", "choice", "multi", "yes_no"]),
            ),
            models.CheckConstraint(
                name="profile_field_choices_iff_list",
                condition=(Q(kind__in=["choice", "multi"]) & ~Q(choices=[]))
                | (~Q(kind__in=["choice", "multi"]) & Q(choices=[])),
            ),
        ]

    def __str__(self) -> str:
        return self.label


class ValueSource(models.TextChoices):
    """Where a value of a profile came from."""

    OPERATOR = "operator", _("Entered by hand")
    IMPORT = "import", _("Import")
    FORM = "form", _("Form")
    WECOM = "wecom", _("WeCom")
    API = "api", _("API")
