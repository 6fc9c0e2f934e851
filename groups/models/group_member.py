"""Members of customer groups (群成员)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class GroupMember(models.Model):
    """Somebody in a group, now or before. Outsiders are not always customers of ours."""

    class Kind(models.IntegerChoices):
        STAFF = 1, _("Staff")
        EXTERNAL = 2, _("Outside person")

    class JoinScene(models.IntegerChoices):
        INVITED = 1, _("Invited directly")
        LINK = 2, _("Invitation link")
        QR_CODE = 3, _("QR code")

    class QuitScene(models.IntegerChoices):
        LEFT = 0, _("Left")
        REMOVED = 1, _("Removed")

    group = models.ForeignKey("groups.GroupChat", on_delete=models.PROTECT, related_name="members")
    member_id = models.CharField(_("member id"), max_length=64)
    kind = models.SmallIntegerField(_("kind"), choices=Kind)
    contact = models.ForeignKey(
        "contacts.Contact",
        verbose_name=_("customer"),
        null=True,
        on_delete=models.PROTECT,
        related_name="group_memberships",
    )
    name = models.CharField(_("name"), max_length=256, blank=True)
    group_nickname = models.CharField(_("nickname in the group"), max_length=256, blank=True)
    unionid = models.CharField(_("unionid"), max_length=64, blank=True)
    joined_at = models.DateTimeField(_("joined at"))
    join_scene = models.SmallIntegerField(_("join way"), choices=JoinScene, null=True)
    invitor_userid = models.CharField(_("invited by"), max_length=64, blank=True)
    state = models.CharField(_("channel state"), max_length=64, blank=True)
    left_at = models.DateTimeField(_("left at"), null=True, blank=True)
    quit_scene = models.SmallIntegerField(_("how left"), choices=QuitScene, null=True)

    class Meta:
        verbose_name = _("group member")
        verbose_name_plural = _("group members")
        constraints = [
            models.UniqueConstraint(fields=["group", "member_id"], name="group_member_once"),
            models.CheckConstraint(name="group_member_kind_known", condition=Q(kind__in=[1, 2])),
            models.CheckConstraint(
                name="group_member_join_scene_known",
                condition=Q(join_scene__isnull=True) | Q(join_scene__in=[1, 2, 3]),
            ),
            models.CheckConstraint(
                name="group_member_quit_scene_known",
                condition=Q(quit_scene__isnull=True) | Q(quit_scene__in=[0, 1]),
            ),
        ]
        indexes = [
            models.Index(
                fields=["contact"],
                condition=Q(left_at__isnull=True) & Q(contact__isnull=False),
                name="group_member_current",
            ),
            models.Index(fields=["member_id"], name="group_member_by_id"),
            models.Index(
                fields=["state", "group"], condition=~Q(state=""), name="group_member_by_code"
            ),
        ]
