"""What lists of groups sort and filter by."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class GroupFacts(models.Model):
    """One narrow row for each group (客户群事实), made of its members by `services.group_facts`.

    `size` counts everybody who is in the group now, `staff` and `customers` are parts of it.
    """

    group = models.OneToOneField(
        "groups.GroupChat", primary_key=True, on_delete=models.CASCADE, related_name="facts"
    )
    size = models.IntegerField(_("members"), default=0)
    staff = models.IntegerField(_("staff"), default=0)
    customers = models.IntegerField(_("customers"), default=0)
    last_joined_at = models.DateTimeField(_("last joined at"), null=True)
    last_left_at = models.DateTimeField(_("last left at"), null=True)

    class Meta:
        verbose_name = _("facts of a group")
        verbose_name_plural = _("facts of groups")
        indexes = [models.Index(fields=["size", "group"], name="group_facts_size")]
