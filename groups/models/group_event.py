"""What happened to a group as a whole."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class GroupEvent(models.Model):
    """A change of a group (群动态): append-only.

    `before` and `after` are userids for a change of owner, names for a new name. `at` is when we
    learned of it: WeCom does not say when an owner changed.
    """

    class Kind(models.TextChoices):
        OWNER = "owner", _("New owner")
        NAME = "name", _("New name")
        DISMISSED = "dismissed", _("Dismissed")
        BACK = "back", _("There again")

    group = models.ForeignKey("groups.GroupChat", on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    at = models.DateTimeField(_("at"))
    before = models.CharField(_("before"), max_length=256, blank=True)
    after = models.CharField(_("after"), max_length=256, blank=True)

    class Meta:
        verbose_name = _("change of a group")
        verbose_name_plural = _("changes of groups")
        constraints = [
            models.CheckConstraint(
                name="group_event_kind_known",
                condition=Q(kind__in=["owner", "name", "dismissed", "back"]),
            )
        ]
        indexes = [
            models.Index(fields=["group", "at"], name="group_event_of_group"),
            models.Index(fields=["at", "id"], name="group_event_by_time"),
        ]
