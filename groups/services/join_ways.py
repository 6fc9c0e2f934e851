"""Make, change and delete group codes (群活码)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from groups.models import GroupChat, JoinWay
from groups.models.join_way import NAME_CHARS, ROOM_NAME_CHARS
from groups.services.join_way_codes import bring_to_wecom, delete_at_wecom, read_back
from scrm import wecom
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError
from scrm.typed import one_line
from scrm.wecom.maxima import GROUPS_PER_JOIN_WAY

Status = JoinWay.Status
_MOST_NUMBER = 1_000_000


class JoinWayRefused(ScrmError):
    """WeCom did not do it, or nobody knows; the sentence says which and what helps."""

    code = "join_way_refused"


@dataclass(frozen=True)
class JoinWayDraft:
    """What an operator says of a group code; `group_ids` are our own."""

    name: str
    group_ids: Sequence[int]
    opens_rooms: bool = True
    room_name: str = ""
    room_number: int = 1


def create_join_way(*, draft: JoinWayDraft, operator: Operator, now: datetime) -> JoinWay:
    """A group code, made at once if WeCom answers, else soon. Raises InvalidInput with the name
    of the draft's field.
    """
    with transaction.atomic():
        way = JoinWay(
            state=f"gw-{secrets.token_hex(5)}", due_at=now, created_by=operator, created_at=now
        )
        _fill(way, draft, now=now)
        _record("create", way, operator, now)
    bring_to_wecom(way_id=way.pk, now=now)
    way.refresh_from_db()
    return way


def change_join_way(
    *, way_id: int, draft: JoinWayDraft, operator: Operator, now: datetime
) -> JoinWay:
    """Change a group code. Printed codes stay good. One that WeCom refused is tried anew.

    Raises InvalidInput, JoinWayRefused for a deleted one.
    """
    with transaction.atomic():
        way = JoinWay.objects.select_for_update().get(pk=way_id)
        if way.status == Status.DELETED:
            raise JoinWayRefused(_("This code is deleted; make a new one."))
        if way.status == Status.REFUSED:
            way.status = Status.MAKING
        way.due_at, way.is_written = now, False
        _fill(way, draft, now=now)
        _record("change", way, operator, now)
    bring_to_wecom(way_id=way_id, now=now)
    way.refresh_from_db()
    return way


def try_again(*, way_id: int, operator: Operator, now: datetime) -> JoinWay:
    """Try now what failed, without its pause."""
    with transaction.atomic():
        way = JoinWay.objects.select_for_update().get(pk=way_id)
        if way.status in {Status.MAKING, Status.REFUSED} or not way.is_written:
            way.status = Status.MAKING if way.status == Status.REFUSED else way.status
            way.due_at = now
            way.save(update_fields=["status", "due_at"])
            _record("retry", way, operator, now)
    bring_to_wecom(way_id=way_id, now=now)
    way.refresh_from_db()
    return way


def read_again(*, way_id: int, now: datetime) -> int:
    """Take over the groups that WeCom has added to the code. Raises JoinWayRefused."""
    way = JoinWay.objects.get(pk=way_id)
    if way.status != Status.LIVE:
        raise JoinWayRefused(_("This code is not in use."))
    try:
        return read_back(way=way)
    except wecom.WeComError as error:
        raise JoinWayRefused(error.advice) from error


def delete_join_way(*, way_id: int, operator: Operator, now: datetime) -> None:
    """Delete the code at WeCom: printed ones are dead for ever. Who came by it stays counted.

    May be repeated. Raises JoinWayRefused.
    """
    way = JoinWay.objects.get(pk=way_id)
    if way.status == Status.DELETED:
        return
    if way.config_id:
        try:
            delete_at_wecom(way)
        except wecom.OutcomeUnknown as error:
            words = _("WeCom gave no readable answer. Delete once more; it harms nobody.")
            raise JoinWayRefused(words) from error
        except wecom.WeComError as error:
            raise JoinWayRefused(error.advice) from error
    with transaction.atomic():
        JoinWay.objects.filter(pk=way_id).update(status=Status.DELETED, problem="", updated_at=now)
        _record("delete", way, operator, now)


def _fill(way: JoinWay, draft: JoinWayDraft, *, now: datetime) -> None:
    way.name = _clean(draft.name, "name", NAME_CHARS)
    way.room_name = _clean(draft.room_name, "room_name", ROOM_NAME_CHARS)
    if not way.name:
        raise InvalidInput(_("Give it a name."), field="name")
    if not 1 <= draft.room_number <= _MOST_NUMBER:
        raise InvalidInput(
            _("From 1 to %(most)s.") % {"most": f"{_MOST_NUMBER:,}"}, field="room_number"
        )
    wanted = set(draft.group_ids)
    living = GroupChat.objects.filter(pk__in=wanted, dismissed_at__isnull=True)
    if not wanted or living.count() != len(wanted):
        raise InvalidInput(_("Choose groups that exist."), field="groups")
    if len(wanted) > GROUPS_PER_JOIN_WAY:
        raise InvalidInput(
            _("A code leads into %(most)d groups at most.") % {"most": GROUPS_PER_JOIN_WAY},
            field="groups",
        )
    way.opens_rooms, way.room_number = draft.opens_rooms, draft.room_number
    way.updated_at = now
    way.save()
    way.groups.set(living)


def _clean(text: str, name: str, most: int) -> str:
    text = one_line(text)
    if len(text) > most:
        raise InvalidInput(_("At most %(most)d characters.") % {"most": most}, field=name)
    return text


def _record(verb: str, way: JoinWay, operator: Operator, now: datetime) -> None:
    record_act(
        action=f"join_way.{verb}",
        operator=operator,
        now=now,
        subject=way,
        details={"name": way.name, "state": way.state},
    )
