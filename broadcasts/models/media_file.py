"""Files that go out with messages (素材文件), and their copies at WeCom."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class MediaFile(models.Model):
    """An original file. It stays with us for ever; WeCom's copy (media_id) lives three days.

    One row for one content under one name: what is uploaded twice is kept and sent up once. The
    content lies in the media directory, named by its digest, so that nothing sent ever changes.
    """

    class Kind(models.TextChoices):
        """As `media/upload` knows them."""

        IMAGE = "image", _("Image")
        VIDEO = "video", _("Video")
        FILE = "file", _("File")

    digest = models.CharField(_("SHA-256"), max_length=64)
    kind = models.CharField(_("kind"), max_length=5, choices=Kind)
    # What WeCom is told, and customers see of a file.
    filename = models.CharField(_("file name"), max_length=128)
    # By what is in the file, never by its name.
    content_type = models.CharField(_("content type"), max_length=64)
    size = models.PositiveIntegerField(_("bytes"))
    width = models.PositiveIntegerField(_("width"), null=True, blank=True)
    height = models.PositiveIntegerField(_("height"), null=True, blank=True)
    media_id = models.CharField(_("media id"), max_length=256, blank=True)
    uploaded_at = models.DateTimeField(_("uploaded at"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("media file")
        verbose_name_plural = _("media files")
        constraints = [
            models.UniqueConstraint(fields=["digest", "kind", "filename"], name="media_file_once"),
            models.CheckConstraint(
                name="media_file_kind_known", condition=Q(kind__in=["image", "video", "file"])
            ),
            models.CheckConstraint(
                name="media_file_uploaded_iff_media_id",
                condition=Q(media_id="", uploaded_at__isnull=True)
                | (~Q(media_id="") & Q(uploaded_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def path(self) -> str:
        """Where the content lies in the media directory."""
        return f"media/{self.digest[:2]}/{self.digest}"
