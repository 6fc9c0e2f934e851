"""Tags (标签) in their groups, and who carries them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class TagKind(models.TextChoices):
    WECOM = "wecom", _("WeCom corp tag")
    INTERNAL = "internal", _("Internal tag")


class TagGroup(models.Model):
    """A group of tags (标签组). Internal groups have no WeCom id."""

    group_id = models.CharField(_("WeCom id"), max_length=64, blank=True)
    name = models.CharField(_("name"), max_length=64)
    kind = models.CharField(_("kind"), max_length=8, choices=TagKind, default=TagKind.WECOM)
    order = models.BigIntegerField(_("order"), default=0)
    is_gone = models.BooleanField(_("gone"), default=False)
    # An app may change only what it made: True we did, False WeCom said no, null not known yet.
    is_ours = models.BooleanField(_("made by our app"), null=True)

    class Meta:
        verbose_name = _("tag group")
        verbose_name_plural = _("tag groups")
        ordering = ["-order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["group_id"], condition=~Q(group_id=""), name="tag_group_wecom_id_once"
            ),
            models.CheckConstraint(
                name="tag_group_kind_known", condition=Q(kind__in=["wecom", "internal"])
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def may_change(self) -> bool:
        """Whether it is worth trying; WeCom has the last word on what nobody asked it yet."""
        return self.kind == TagKind.INTERNAL or self.is_ours is not False


class Tag(models.Model):
    """One tag (标签). A tag deleted in WeCom stays as a row, because history names it."""

    tag_id = models.CharField(_("WeCom id"), max_length=64, blank=True)
    group = models.ForeignKey(
        TagGroup, verbose_name=_("group"), on_delete=models.PROTECT, related_name="tags"
    )
    name = models.CharField(_("name"), max_length=64)
    kind = models.CharField(_("kind"), max_length=8, choices=TagKind, default=TagKind.WECOM)
    order = models.BigIntegerField(_("order"), default=0)
    is_gone = models.BooleanField(_("gone"), default=False)
    # An app may change only what it made: True we did, False WeCom said no, null not known yet.
    is_ours = models.BooleanField(_("made by our app"), null=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["-order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tag_id"], condition=~Q(tag_id=""), name="tag_wecom_id_once"
            ),
            models.CheckConstraint(
                name="tag_kind_known", condition=Q(kind__in=["wecom", "internal"])
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def may_change(self) -> bool:
        """Whether it is worth trying; WeCom has the last word on what nobody asked it yet."""
        return self.kind == TagKind.INTERNAL or self.is_ours is not False


class FollowTag(models.Model):
    """A WeCom tag on one (staff, customer) pair."""

    follow = models.ForeignKey(
        "contacts.Follow", on_delete=models.CASCADE, related_name="follow_tags"
    )
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("tag of a relation")
        verbose_name_plural = _("tags of relations")
        constraints = [
            models.UniqueConstraint(fields=["follow", "tag"], name="follow_tag_once"),
        ]


class ContactTag(models.Model):
    """An internal tag on a customer."""

    contact = models.ForeignKey(
        "contacts.Contact", on_delete=models.CASCADE, related_name="contact_tags"
    )
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("internal tag of a customer")
        verbose_name_plural = _("internal tags of customers")
        constraints = [
            models.UniqueConstraint(fields=["contact", "tag"], name="contact_tag_once"),
        ]
