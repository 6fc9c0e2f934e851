"""The content library (素材库): what messages are made of."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class MaterialFolder(models.Model):
    """A folder of the library (素材分组)."""

    name = models.CharField(_("name"), max_length=32, unique=True)

    class Meta:
        verbose_name = _("folder of the library")
        verbose_name_plural = _("folders of the library")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Material(models.Model):
    """A piece of content (素材). Its words and files stand in versions, of which one is current.

    Messages name it as `{"msgtype": "material", "material": id}`, from their scheduling on with a
    "version": a later edit makes a new version, and what was sent stays what it was.
    """

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        IMAGE = "image", _("Image")
        LINK = "link", _("Link card")
        MINIPROGRAM = "miniprogram", _("Mini program")
        VIDEO = "video", _("Video")
        FILE = "file", _("File")

    kind = models.CharField(_("kind"), max_length=11, choices=Kind)
    name = models.CharField(_("name"), max_length=64)
    folder = models.ForeignKey(
        MaterialFolder,
        verbose_name=_("folder"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="materials",
    )
    tags = ArrayField(
        models.CharField(max_length=16), verbose_name=_("tags"), default=list, blank=True
    )
    # The number of the current version.
    version = models.PositiveIntegerField(_("version"), default=1)
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
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        ordering = ["-updated_at", "-id"]
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="material_newest_first"),
            GinIndex(fields=["tags"], name="material_tags"),
        ]
        constraints = [
            models.CheckConstraint(
                name="material_kind_known",
                condition=Q(
                    kind__in=["text", "image", "link", "miniprogram", "video", "file"],
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("console:material", args=[self.pk])


class MaterialVersion(models.Model):
    """What a material said from one edit to the next; never changed."""

    material = models.ForeignKey(Material, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    text = models.TextField(_("text"), blank=True)
    # Of a link title, desc, url, picurl; of a mini program title, appid, page.
    body: models.JSONField[dict[str, str]] = models.JSONField(_("fields"), default=dict, blank=True)
    # The image, video or file itself, or the cover of a mini program.
    file = models.ForeignKey(
        "broadcasts.MediaFile",
        verbose_name=_("file"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    created_by = models.ForeignKey(
        "console.Operator",
        verbose_name=_("made by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("version of a material")
        verbose_name_plural = _("versions of materials")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["material", "number"], name="material_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.material_id}/{self.number}"

    def field(self, name: str) -> Any:
        """One of the fields; "" when it was left empty."""
        return self.body.get(name, "")
