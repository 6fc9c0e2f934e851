"""What the set-up check found, kept so that its page opens at once."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class CheckUp(models.Model):
    """One run of the set-up check (体检). `findings` holds, for each language, the list of
    findings as `Finding.told` gives them; no secret is in them.
    """

    at = models.DateTimeField(_("at"), db_index=True)
    seconds = models.FloatField(_("seconds"))
    failed = models.PositiveSmallIntegerField(_("to be mended"))
    warned = models.PositiveSmallIntegerField(_("to be looked at"))
    findings: models.JSONField[dict[str, list[dict[str, Any]]]] = models.JSONField(_("findings"))

    class Meta:
        verbose_name = _("set-up check")
        verbose_name_plural = _("set-up checks")
        permissions = [("run_doctor", _("Can see and run the set-up check"))]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
