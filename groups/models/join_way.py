"""Group codes (群活码): QR codes that lead into groups."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

NAME_CHARS, ROOM_NAME_CHARS, STATE_CHARS = 64, 40, 30


class JoinWay(models.Model):
    """One code (加入群聊). Its `state` comes back with each member as `GroupMember.state`, and that
    text is what joins the two: no column says it a second time.

    The row is written before WeCom is asked. WeCom has no list of such codes, so a call whose
    outcome nobody knows is made again; the code of the lost call is shown to nobody and leads
    nobody anywhere.
    """

    class Status(models.TextChoices):
        MAKING = "making", _("Being made")
        REFUSED = "refused", _("Refused by WeCom")
        LIVE = "live", _("In use")
        DELETED = "deleted", _("Deleted")

    name = models.CharField(_("name"), max_length=NAME_CHARS)
    state = models.CharField(_("channel state"), max_length=STATE_CHARS, unique=True)
    status = models.CharField(_("status"), max_length=7, choices=Status, default=Status.MAKING)
    problem = models.CharField(_("problem"), max_length=256, blank=True)
    config_id = models.CharField(_("WeCom id"), max_length=64, blank=True)
    address = models.CharField(_("address"), max_length=512, blank=True)
    groups = models.ManyToManyField(
        "groups.GroupChat", verbose_name=_("groups led to"), related_name="join_ways"
    )
    opens_rooms = models.BooleanField(_("opens new groups"), default=True)
    room_name = models.CharField(_("name of new groups"), max_length=ROOM_NAME_CHARS, blank=True)
    room_number = models.PositiveIntegerField(_("number of the next new group"), default=1)
    # Whether WeCom holds what stands here; false after a change until it was written.
    is_written = models.BooleanField(default=False)
    # Nobody touches the row at WeCom before; also a worker's lease.
    due_at = models.DateTimeField()
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
        verbose_name = _("group code")
        verbose_name_plural = _("group codes")
        constraints = [
            models.CheckConstraint(
                name="join_way_status_known",
                condition=Q(status__in=["making", "refused", "live", "deleted"]),
            ),
            models.CheckConstraint(
                name="join_way_live_has_wecom_id", condition=~Q(status="live") | ~Q(config_id="")
            ),
            models.UniqueConstraint(
                fields=["config_id"], condition=~Q(config_id=""), name="join_way_wecom_id_once"
            ),
        ]
        indexes = [models.Index(fields=["-created_at", "-id"], name="join_way_newest")]

    def __str__(self) -> str:
        return self.name
