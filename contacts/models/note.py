"""Notes on a customer (跟进记录)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

NOTE_CHARS = 1000


class ContactNote(models.Model):
    """What an operator noted of a talk. Rows are only ever added: a trigger refuses more."""

    contact = models.ForeignKey(
        "contacts.Contact",
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name="notes",
        db_index=False,
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("author"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    text = models.TextField(_("note"), max_length=NOTE_CHARS)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("note on a customer")
        verbose_name_plural = _("notes on customers")
        indexes = [
            models.Index(fields=["contact", "-at"], name="note_of_contact"),
            models.Index(fields=["-at", "-id"], name="note_newest_first"),
        ]

    def __str__(self) -> str:
        return self.text[:60]
