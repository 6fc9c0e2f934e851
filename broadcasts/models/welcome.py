"""Welcome messages (欢迎语): what a new friend reads first, and for whom."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Welcome(models.Model):
    """One welcome (欢迎语). Which one a newcomer gets is decided in `policy/welcome.py`.

    Deleting archives it, because the log of deliveries names it for ever.
    """

    class Scope(models.TextChoices):
        EVERYBODY = "everybody", _("Everybody")
        DEPARTMENT = "department", _("Customers of departments")
        STAFF = "staff", _("Customers of staff members")
        CHANNEL = "channel", _("Customers from channels")

    name = models.CharField(_("name"), max_length=64)
    text = models.TextField(_("text"), blank=True)
    # In WeCom's own form: links, and mini programs without their cover; or items of the library.
    attachments = models.JSONField(_("attachments"), default=list, blank=True)
    neutral_name = models.CharField(_("word for a name not known"), max_length=16)
    scope = models.CharField(_("for whom"), max_length=10, choices=Scope, default=Scope.EVERYBODY)
    staff = models.ManyToManyField("contacts.Staff", verbose_name=_("staff"), blank=True)
    departments = models.ManyToManyField(
        "contacts.Department", verbose_name=_("departments"), blank=True
    )
    states = ArrayField(
        models.CharField(max_length=64), verbose_name=_("channel states"), default=list, blank=True
    )
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(), verbose_name=_("weekdays"), default=list, blank=True
    )
    start = models.TimeField(_("from"), null=True, blank=True)
    end = models.TimeField(_("until"), null=True, blank=True)
    priority = models.SmallIntegerField(_("priority"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    is_archived = models.BooleanField(_("archived"), default=False)
    created_by = models.ForeignKey(
        "console.Operator",
        verbose_name=_("written by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("updated at"))

    class Meta:
        verbose_name = _("welcome")
        verbose_name_plural = _("welcomes")
        constraints = [
            models.CheckConstraint(
                name="welcome_scope_known",
                condition=Q(scope__in=["everybody", "department", "staff", "channel"]),
            ),
            models.CheckConstraint(
                name="welcome_hours_both_or_none",
                condition=Q(start__isnull=True, end__isnull=True)
                | (Q(start__isnull=False, end__isnull=False) & ~Q(start=F("end"))),
            ),
            models.CheckConstraint(
                name="welcome_archived_is_not_active",
                condition=~Q(is_archived=True, is_active=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("console:welcome", args=[self.pk])


class WelcomePicture(models.Model):
    """A picture of a welcome. Its file is uploaded ahead and anew every two days, so that no
    upload happens inside the 20 seconds.
    """

    class Use(models.TextChoices):
        IMAGE = "image", _("Picture under the text")
        COVER = "cover", _("Cover of the mini program")

    welcome = models.ForeignKey(Welcome, on_delete=models.CASCADE, related_name="pictures")
    use = models.CharField(_("use"), max_length=5, choices=Use)
    file = models.ForeignKey(
        "broadcasts.MediaFile", verbose_name=_("file"), on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("picture of a welcome")
        verbose_name_plural = _("pictures of welcomes")
        constraints = [
            models.UniqueConstraint(fields=["welcome", "use"], name="welcome_picture_once"),
            models.CheckConstraint(
                name="welcome_picture_use_known", condition=Q(use__in=["image", "cover"])
            ),
        ]
