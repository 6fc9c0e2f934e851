"""Tracked links (雷达链接), and who opened them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

LETTERS = "23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH = 8


class TrackedLink(models.Model):
    """A short address of ours, `/l/<code>/`, that leads to one target and counts who opens it.

    Where it leads stands here alone and never changes; nothing in the address can change it.
    """

    code = models.CharField(_("code"), max_length=16, unique=True)
    target = models.CharField(_("target"), max_length=2048)
    title = models.CharField(_("title"), max_length=128, blank=True)
    material = models.ForeignKey(
        "broadcasts.Material",
        verbose_name=_("material"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="links",
    )
    # Made for one broadcast, and for one letter of its variants: its clicks belong to it.
    broadcast = models.ForeignKey(
        "broadcasts.Broadcast",
        verbose_name=_("broadcast"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="links",
    )
    variant = models.CharField(_("variant"), max_length=1, blank=True)
    created_by = models.ForeignKey(
        "console.Operator",
        verbose_name=_("made by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("tracked link")
        verbose_name_plural = _("tracked links")
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["-created_at", "-id"], name="link_newest_first")]
        constraints = [
            models.UniqueConstraint(
                fields=["broadcast", "variant", "target"],
                condition=Q(broadcast__isnull=False),
                name="link_once_per_broadcast",
            ),
            models.CheckConstraint(
                name="link_target_is_https", condition=Q(target__startswith="https://")
            ),
            models.CheckConstraint(
                name="link_variant_of_a_broadcast",
                condition=Q(variant="") | Q(broadcast__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.target[:60]

    def get_absolute_url(self) -> str:
        return reverse("console:link", args=[self.pk])


class LinkClick(models.Model):
    """Somebody opened a tracked link. Rows are only ever added: a trigger refuses more.

    `contact` is empty where WeCom did not say who it was.
    """

    link = models.ForeignKey(
        TrackedLink,
        verbose_name=_("link"),
        on_delete=models.PROTECT,
        db_index=False,
        related_name="clicks",
    )
    contact = models.ForeignKey(
        "contacts.Contact",
        verbose_name=_("customer"),
        null=True,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="link_clicks",
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("click on a link")
        verbose_name_plural = _("clicks on links")
        indexes = [
            models.Index(fields=["link", "at"], name="click_of_link"),
            models.Index(
                fields=["contact", "at"],
                condition=Q(contact__isnull=False),
                name="click_of_contact",
            ),
        ]
