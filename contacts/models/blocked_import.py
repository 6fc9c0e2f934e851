"""A file of customers who must not be contacted (免打扰名单导入), as work that Postgres owns."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class BlockedImport(models.Model):
    """One uploaded file. checked (a dry run, nothing written) → running → done → undoing → undone.

    A file that is looked at and left stays `checked`.
    """

    class State(models.TextChoices):
        CHECKED = "checked", _("Looked at, not imported")
        RUNNING = "running", _("Importing")
        DONE = "done", _("Imported")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    name = models.CharField(_("file"), max_length=128)
    reason = models.CharField(_("reason"), max_length=128, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.CHECKED)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    # When a worker was last told of it; a lost message is repeated after a while.
    handed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("import of blocked customers")
        verbose_name_plural = _("imports of blocked customers")
        constraints = [
            models.CheckConstraint(
                name="blocked_import_state_known",
                condition=Q(state__in=["checked", "running", "done", "undoing", "undone"]),
            ),
            models.CheckConstraint(
                name="blocked_import_finished_at_iff_over",
                condition=Q(state__in=["done", "undone"], finished_at__isnull=False)
                | Q(state__in=["checked", "running", "undoing"], finished_at__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["-created_at"], name="blocked_import_newest_first")]

    def __str__(self) -> str:
        return self.name

    @property
    def source(self) -> str:
        """What `Preference.source` says of those whom this file blocked."""
        return f"import:{self.pk}"


class BlockedImportLine(models.Model):
    """One line of the file and what became of it."""

    class State(models.TextChoices):
        FOUND = "found", _("Will be blocked")
        APPLIED = "applied", _("Blocked")
        ALREADY = "already", _("Was blocked before")
        REPEATED = "repeated", _("Named in a line before")
        UNKNOWN = "unknown", _("No such customer")
        AMBIGUOUS = "ambiguous", _("Several customers have this number")
        EMPTY = "empty", _("The line names nobody")
        UNDONE = "undone", _("Free again")
        CHANGED = "changed", _("Changed since, left as it is")

    FAULTS = ("unknown", "ambiguous", "empty")

    imported = models.ForeignKey(BlockedImport, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField(_("line"))
    external_userid = models.CharField(max_length=64, blank=True)
    unionid = models.CharField(max_length=64, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    contact = models.ForeignKey(
        "contacts.Contact", null=True, on_delete=models.CASCADE, related_name="+"
    )
    state = models.CharField(_("state"), max_length=10, choices=State)

    class Meta:
        verbose_name = _("line of an import of blocked customers")
        verbose_name_plural = _("lines of imports of blocked customers")
        constraints = [
            models.UniqueConstraint(fields=["imported", "number"], name="blocked_line_once"),
            models.CheckConstraint(
                name="blocked_line_state_known",
                condition=Q(
                    state__in=[
                        *("found", "applied", "already", "repeated", "unknown"),
                        *("ambiguous", "empty", "undone", "changed"),
                    ]
                ),
            ),
        ]
        indexes = [models.Index(fields=["imported", "state", "id"], name="blocked_line_by_state")]
