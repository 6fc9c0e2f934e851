"""Pictures of codes (二维码图片), kept because WeCom's addresses of them end."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class CodePicture(models.Model):
    """The picture behind one of WeCom's addresses, fetched once. In the database, because every
    web server has to find it.
    """

    address = models.CharField(_("address"), max_length=512, unique=True)
    content = models.BinaryField()
    fetched_at = models.DateTimeField(_("fetched at"))

    class Meta:
        verbose_name = _("picture of a code")
        verbose_name_plural = _("pictures of codes")

    def __str__(self) -> str:
        return self.address

    @property
    def kind(self) -> str:
        """png or jpeg, as it says itself."""
        return "png" if bytes(self.content).startswith(b"\x89PNG") else "jpeg"
