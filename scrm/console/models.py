"""The people who log into the console."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework.authtoken.models import Token, TokenProxy


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


class ApiArea(models.TextChoices):
    """The parts of the REST API that a token may be limited to (接口范围)."""

    CONTACTS = "contacts", _("Customers")
    GROUPS = "groups", _("Customer groups")
    BROADCASTS = "broadcasts", _("Reach")
    ORDERS = "orders", _("Orders")
    ANALYTICS = "analytics", _("Data")


class TokenScope(models.Model):
    """What one token may do of what its operator may do (令牌范围). A token without a row may do all
    of it; the scope is given when the token is made and stays.
    """

    token = models.OneToOneField(
        Token, primary_key=True, on_delete=models.CASCADE, related_name="scope"
    )
    is_read_only = models.BooleanField(_("reads only"), default=False)
    areas = ArrayField(
        models.CharField(max_length=16, choices=ApiArea), verbose_name=_("areas"), default=list
    )

    class Meta:
        verbose_name = _("scope of a token")
        verbose_name_plural = _("scopes of tokens")
        constraints = [
            models.CheckConstraint(
                name="token_scope_areas_known",
                condition=models.Q(areas__contained_by=ApiArea.values) & ~models.Q(areas=[]),
            ),
        ]

    def __str__(self) -> str:
        return str(self.token.user)

    @property
    def area_words(self) -> list[str]:
        return [str(ApiArea(area).label) for area in self.areas]


class ShareLink(models.Model):
    """A short address of a data page as somebody saw it (分享链接): its filters, period, segments.

    It opens for operators who may see the page, each within the own data scope; it holds no
    figures. `digest` is of path and query: the same state of one operator has one link.
    """

    code = models.CharField(_("code"), max_length=16, unique=True)
    path = models.CharField(_("page"), max_length=256)
    query = models.CharField(_("state"), max_length=2000, blank=True)
    digest = models.CharField(max_length=64)
    title = models.CharField(_("title"), max_length=128)
    permission = models.CharField(_("permission"), max_length=100)
    created_by = models.ForeignKey(
        "console.Operator", on_delete=models.PROTECT, related_name="share_links"
    )
    created_at = models.DateTimeField(_("created at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    class Meta:
        verbose_name = _("share link")
        verbose_name_plural = _("share links")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["created_by", "digest"],
                condition=models.Q(revoked_at__isnull=True),
                name="share_link_once_a_state",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path
