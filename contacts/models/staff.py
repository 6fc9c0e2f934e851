"""WeCom's directory as far as we need it: departments and staff (部门, 成员)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Department(models.Model):
    """A department (部门). `wecom_id` is WeCom's number; its root is 1."""

    wecom_id = models.PositiveIntegerField(_("WeCom id"), unique=True)
    name = models.CharField(_("name"), max_length=128)
    parent_wecom_id = models.PositiveIntegerField(_("parent"), default=0)
    order = models.BigIntegerField(_("order"), default=0)
    is_gone = models.BooleanField(_("gone"), default=False)

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")

    def __str__(self) -> str:
        return self.name


class Staff(models.Model):
    """Somebody who works in WeCom (成员/员工). WeCom compares userids without case, so do we."""

    class Status(models.IntegerChoices):
        ACTIVE = 1, _("Active")
        DISABLED = 2, _("Disabled")
        NOT_ACTIVATED = 4, _("Not activated")
        LEFT = 5, _("Left")

    userid = models.CharField(_("userid"), max_length=64)
    name = models.CharField(_("name"), max_length=128)
    alias = models.CharField(_("alias"), max_length=128, blank=True)
    position = models.CharField(_("position"), max_length=128, blank=True)
    avatar = models.CharField(_("avatar"), max_length=512, blank=True)
    department_wecom_ids = ArrayField(
        models.PositiveIntegerField(), verbose_name=_("departments"), default=list
    )
    status = models.SmallIntegerField(_("status"), choices=Status, default=Status.ACTIVE)
    is_following = models.BooleanField(
        _("serves customers"),
        default=False,
        help_text=_("Has WeCom's customer contact function."),
    )

    class Meta:
        verbose_name = _("staff member")
        verbose_name_plural = _("staff")
        constraints = [
            models.UniqueConstraint(Lower("userid"), name="staff_userid_once"),
            models.CheckConstraint(name="staff_status_known", condition=Q(status__in=[1, 2, 4, 5])),
        ]

    def __str__(self) -> str:
        return self.name or self.userid
