"""Customers (客户, external contacts) and what they asked of us."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Reverse
from django.utils.translation import gettext_lazy as _

from contacts.models.lifecycle import LostKind, Stage


class Relation(models.TextChoices):
    """Whether any staff member still has this customer as a friend."""

    FRIEND = "friend", _("Friend")
    LOST = "lost", _("No friend any more")


class Gender(models.IntegerChoices):
    UNKNOWN = 0, _("Unknown")
    MALE = 1, _("Male")
    FEMALE = 2, _("Female")


class Contact(models.Model):
    """A customer (客户), one row however many staff follow her. Never deleted."""

    class Kind(models.IntegerChoices):
        WECHAT = 1, _("WeChat")
        WECOM = 2, _("WeCom")

    external_userid = models.CharField(_("external_userid"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=256)
    kind = models.SmallIntegerField(_("kind"), choices=Kind, default=Kind.WECHAT)
    gender = models.SmallIntegerField(_("gender"), choices=Gender, default=Gender.UNKNOWN)
    avatar = models.CharField(_("avatar"), max_length=512, blank=True)
    corp_name = models.CharField(_("company"), max_length=256, blank=True)
    position = models.CharField(_("position"), max_length=128, blank=True)
    unionid = models.CharField(_("unionid"), max_length=64, blank=True)
    # Normalised, digits only; shown masked unless the role allows more.
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    profile: models.JSONField[dict[str, Any]] = models.JSONField(_("profile"), default=dict)
    relation = models.CharField(
        _("relation"), max_length=8, choices=Relation, default=Relation.FRIEND
    )
    first_followed_at = models.DateTimeField(_("friend since"))
    lost_at = models.DateTimeField(_("lost at"), null=True, blank=True)
    stage = models.CharField(_("lifecycle stage"), max_length=8, choices=Stage, default=Stage.NEW)
    stage_since = models.DateTimeField(_("in this stage since"))
    lost_kind = models.CharField(
        _("kind of loss"), max_length=12, choices=LostKind, default=LostKind.NONE, blank=True
    )
    # Of what WeCom told us last; an unchanged customer is not written again.
    content_hash = models.CharField(max_length=32, blank=True, editable=False)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        permissions = [
            ("see_full_phone", _("Can see phone numbers unmasked")),
            ("export_contact", _("Can export customers")),
        ]
        constraints = [
            models.CheckConstraint(
                name="contact_relation_known", condition=Q(relation__in=["friend", "lost"])
            ),
            models.CheckConstraint(name="contact_kind_known", condition=Q(kind__in=[1, 2])),
            models.CheckConstraint(name="contact_gender_known", condition=Q(gender__in=[0, 1, 2])),
            models.CheckConstraint(
                name="contact_stage_known",
                condition=Q(stage__in=["new", "first", "repeat", "silent", "lost"]),
            ),
            models.CheckConstraint(
                name="contact_lost_kind_known",
                condition=Q(lost_kind__in=["", "inactive", "unfriended"]),
            ),
            models.CheckConstraint(
                name="contact_lost_at_iff_lost",
                condition=Q(relation="lost", lost_at__isnull=False)
                | Q(relation="friend", lost_at__isnull=True),
            ),
            models.CheckConstraint(
                name="contact_lost_kind_iff_stage_lost",
                condition=(Q(stage="lost") & ~Q(lost_kind=""))
                | (~Q(stage="lost") & Q(lost_kind="")),
            ),
        ]
        indexes = [
            models.Index(fields=["unionid"], condition=~Q(unionid=""), name="contact_unionid"),
            models.Index(fields=["phone"], condition=~Q(phone=""), name="contact_phone"),
            models.Index(fields=["-first_followed_at", "-id"], name="contact_newest_first"),
            models.Index(
                fields=["lost_at"], condition=Q(lost_at__isnull=False), name="contact_lost_at"
            ),
            # How many stand where is counted without a look at the customers.
            models.Index(fields=["stage", "lost_kind", "relation"], name="contact_by_standing"),
            GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="contact_name_trigrams"),
            # For searches by the end of a number.
            models.Index(
                OpClass(Reverse("phone"), name="text_pattern_ops"),
                condition=~Q(phone=""),
                name="contact_phone_end",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.external_userid


class Preference(models.Model):
    """What a customer asked of us (偏好与免打扰). The governor obeys it before every touch."""

    contact = models.OneToOneField(
        Contact, primary_key=True, on_delete=models.CASCADE, related_name="preference"
    )
    is_do_not_contact = models.BooleanField(_("do not contact"), default=False)
    pause_until = models.DateTimeField(_("paused until"), null=True, blank=True)
    # Keys of `Topic`; a topic that is gone stays in here and harms nobody.
    topics_off = ArrayField(
        models.BigIntegerField(), verbose_name=_("topics switched off"), default=list, blank=True
    )
    # Links to her own page carry this number; raising it ends those handed out before.
    link_version = models.PositiveIntegerField(default=0)
    source = models.CharField(_("source"), max_length=32, blank=True)
    reason = models.CharField(_("reason"), max_length=128, blank=True)
    updated_at = models.DateTimeField(_("updated at"))

    class Meta:
        verbose_name = _("preference")
        verbose_name_plural = _("preferences")
        indexes = [
            models.Index(fields=["-updated_at", "-contact"], name="preference_newest_first"),
            GinIndex(
                fields=["topics_off"],
                condition=~Q(topics_off=[]),
                name="preference_topics_off",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id}"
