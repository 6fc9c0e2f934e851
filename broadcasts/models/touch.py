"""The ledger of touches (触达台账), over every channel."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from broadcasts.models.written import TouchClass


class Touch(models.Model):
    """One message that reached one customer. Rows are only ever added: a trigger refuses more.

    A broadcast touches a customer at most once, and the database says so.
    """

    class Channel(models.TextChoices):
        PRIVATE = "private", _("Private message")
        GROUP = "group", _("Group message")
        MOMENT = "moment", _("Moments")
        WELCOME = "welcome", _("Welcome message")
        SERVICE = "service", _("Customer service")

    contact = models.ForeignKey(
        "contacts.Contact",
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="touches",
    )
    staff = models.ForeignKey(
        "contacts.Staff",
        verbose_name=_("staff"),
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    touch_class = models.CharField(_("touch class"), max_length=8, choices=TouchClass)
    at = models.DateTimeField(_("at"))
    broadcast = models.ForeignKey(
        "broadcasts.Broadcast",
        verbose_name=_("broadcast"),
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="touches",
    )
    batch = models.ForeignKey(
        "broadcasts.Batch",
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="touches",
    )

    class Meta:
        verbose_name = _("touch")
        verbose_name_plural = _("touches")
        constraints = [
            models.UniqueConstraint(
                fields=["broadcast", "contact"],
                condition=Q(broadcast__isnull=False),
                name="touch_once_per_broadcast",
            ),
            models.CheckConstraint(
                name="touch_channel_known",
                condition=Q(channel__in=["private", "group", "moment", "welcome", "service"]),
            ),
            models.CheckConstraint(
                name="touch_class_known",
                condition=Q(touch_class__in=["light", "deep", "service"]),
            ),
        ]
        indexes = [
            models.Index(fields=["contact", "at"], name="touch_of_contact"),
            # Rows are added in the order of time, so a note per 32 pages finds a month at once.
            BrinIndex(fields=["at"], pages_per_range=32, name="touch_by_time"),
        ]
