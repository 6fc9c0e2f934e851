"""The people who log into the console."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework.authtoken.models import TokenProxy


class Role(models.TextChoices):
    """What an operator may do (角色); the permissions of each stand in `roles.py`."""

    ADMIN = "admin", _("Administrator")
    OPERATOR = "operator", _("Operator")
    LEAD = "lead", _("Department lead")
    STAFF = "staff", _("Service staff")
    ANALYST = "analyst", _("Analyst (read only)")


class Operator(AbstractUser):
    """A person who logs into the console (操作员).

    `staff_userid` ties the operator to a WeCom staff member: the data scope of a lead is that
    member's departments, that of service staff is the member's own customers.
    """

    role = models.CharField(_("role"), max_length=16, choices=Role, default=Role.ANALYST)
    staff_userid = models.CharField(_("WeCom userid"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("operator")
        verbose_name_plural = _("operators")
        constraints = [
            models.CheckConstraint(
                name="operator_role_known", condition=models.Q(role__in=Role.values)
            ),
        ]

    @property
    def sees_everything(self) -> bool:
        return self.is_superuser or self.role in {Role.ADMIN, Role.OPERATOR, Role.ANALYST}


class ApiToken(TokenProxy):
    """What a program shows to act for an operator (接口令牌); one an operator.

    Goes by the operator's name, because the log and the admin call a row by its name.
    """

    class Meta:
        proxy = True
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return str(self.user)
