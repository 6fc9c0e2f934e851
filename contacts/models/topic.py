"""What messages are about (主题), so that a customer can switch some of them off."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Topic(models.Model):
    """A kind of message that operators define, such as new products or member days."""

    name = models.CharField(_("name"), max_length=32)
    description = models.CharField(
        _("description"),
        max_length=128,
        blank=True,
        help_text=_("Customers read it on their preference page."),
    )
    is_active = models.BooleanField(_("offered to customers"), default=True)
    order = models.PositiveIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["order", "id"]
        constraints = [models.UniqueConstraint(Lower("name"), name="topic_name_once")]

    def __str__(self) -> str:
        return self.name
