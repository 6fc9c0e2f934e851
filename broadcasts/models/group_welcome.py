"""Welcomes of groups (入群欢迎语): items of WeCom's library that group owners choose from."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class GroupWelcome(models.Model):
    """One template at WeCom. Owners apply it to their groups by themselves: WeCom lets nobody
    else do it, so `groups` says for which ones it is meant, and `notifies` whether WeCom told
    the owners of it.

    WeCom has no list of templates: after an answer that never came it is `unknown` whether there
    is one, and only an operator may say to make it again.
    """

    class Status(models.TextChoices):
        MAKING = "making", _("Being made")
        REFUSED = "refused", _("Refused by WeCom")
        UNKNOWN = "unknown", _("Not known whether it was made")
        LIVE = "live", _("In WeCom's library")

    name = models.CharField(_("name"), max_length=64)
    # %NICKNAME% stands for who joined.
    text = models.TextField(_("text"), blank=True)
    material = models.ForeignKey(
        "broadcasts.Material",
        verbose_name=_("attachment"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    notifies = models.BooleanField(_("owners are told"), default=True)
    groups = models.ManyToManyField(
        "groups.GroupChat", verbose_name=_("meant for groups"), related_name="+", blank=True
    )
    status = models.CharField(_("status"), max_length=7, choices=Status, default=Status.MAKING)
    problem = models.CharField(_("problem"), max_length=256, blank=True)
    template_id = models.CharField(_("WeCom id"), max_length=64, blank=True)
    # Whether WeCom holds what stands here.
    is_written = models.BooleanField(default=False)
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
        verbose_name = _("group welcome")
        verbose_name_plural = _("group welcomes")
        constraints = [
            models.CheckConstraint(
                name="group_welcome_status_known",
                condition=Q(status__in=["making", "refused", "unknown", "live"]),
            ),
            models.CheckConstraint(
                name="group_welcome_live_iff_wecom_id",
                condition=(Q(status="live") & ~Q(template_id=""))
                | (~Q(status="live") & Q(template_id="")),
            ),
            models.CheckConstraint(
                name="group_welcome_says_something",
                condition=~Q(text="") | Q(material__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("console:groupwelcome", args=[self.pk])
