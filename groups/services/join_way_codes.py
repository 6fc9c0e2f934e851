"""A group code at WeCom (群活码): made, kept as it shall be, read back, deleted."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from groups.models import GroupChat, JoinWay
from scrm import wecom
from scrm.wecom.maxima import WAY_REMARK_CHARS

Status = JoinWay.Status

# Longer than the calls of one turn can take.
_LEASE = timedelta(minutes=2)
_REFUSED_PAUSE = timedelta(minutes=15)
_SHORTEST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=30)
_NO_SUCH_CODE = 41044


def carry_out(*, now: datetime, limit: int = 100) -> int:
    """Make the codes that wait and write those that were changed; counts what was done."""
    waiting = Q(status=Status.MAKING) | Q(status=Status.LIVE, is_written=False)
    due = JoinWay.objects.filter(waiting, due_at__lte=now).order_by("due_at")
    ids = list(due.values_list("pk", flat=True)[:limit])
    return sum(bring_to_wecom(way_id=pk, now=now) for pk in ids)


def bring_to_wecom(*, way_id: int, now: datetime) -> bool:
    """Make one code, or write what was changed; False when not now. What stands in the way is
    written into `problem`.
    """
    until = now + _LEASE
    waiting = Q(status=Status.MAKING) | Q(status=Status.LIVE, is_written=False)
    if not JoinWay.objects.filter(waiting, pk=way_id, due_at__lte=now).update(due_at=until):
        return False
    way = JoinWay.objects.get(pk=way_id)
    gateway = wecom.get_gateway(hurry=True)
    draft = draft_of(way)
    try:
        if way.config_id:
            gateway.update_join_way(way.config_id, draft)
        else:
            way.config_id = gateway.add_join_way(draft)
            # Kept before the picture is asked for: without it the code could never be changed.
            JoinWay.objects.filter(pk=way.pk).update(config_id=way.config_id)
        address = way.address or gateway.join_way(way.config_id).qr_code
    except wecom.WeComError as error:
        return _put_off(way, error, until=until, now=now)
    return _settle(
        way,
        until,
        now=now,
        status=Status.LIVE,
        address=address,
        is_written=True,
        problem="",
    )


def read_back(*, way: JoinWay) -> int:
    """Take over which groups the code leads to: WeCom adds those it opens itself, and an update
    would throw them out. Answers how many are new. Raises WeComError.
    """
    held = wecom.get_gateway(hurry=True).join_way(way.config_id).way
    known = GroupChat.objects.filter(chat_id__in=held.chat_ids)
    before = set(way.groups.values_list("pk", flat=True))
    way.groups.add(*known)
    JoinWay.objects.filter(pk=way.pk).update(room_number=max(held.room_base_id, 1))
    return len({group.pk for group in known} - before)


def delete_at_wecom(way: JoinWay) -> None:
    """The code is dead for ever; one that is gone already is as good. Raises WeComError."""
    try:
        wecom.get_gateway(hurry=True).delete_join_way(way.config_id)
    except wecom.Refused as error:
        if error.code != _NO_SUCH_CODE:
            raise


def draft_of(way: JoinWay) -> wecom.JoinWayDraft:
    """The code as WeCom shall hold it."""
    chat_ids = way.groups.order_by("created_at", "pk").values_list("chat_id", flat=True)
    return wecom.JoinWayDraft(
        chat_ids=tuple(chat_ids),
        state=way.state,
        remark=way.name[:WAY_REMARK_CHARS],
        auto_create_room=way.opens_rooms,
        room_base_name=way.room_name,
        room_base_id=way.room_number,
    )


def _settle(way: JoinWay, until: datetime, *, now: datetime, **outcome: object) -> bool:
    """Write the outcome unless somebody has changed the code meanwhile."""
    mine = JoinWay.objects.filter(pk=way.pk, due_at=until, updated_at=way.updated_at)
    return bool(mine.update(**{"due_at": now, **outcome}))


def _put_off(way: JoinWay, error: wecom.WeComError, *, until: datetime, now: datetime) -> bool:
    wait = min(max(timedelta(seconds=error.retry_after), _SHORTEST_WAIT), _LONGEST_WAIT)
    told: dict[str, object] = {"problem": f"{error.advice} ({error.code})"[:256]}
    if isinstance(error, wecom.Refused) and error.code == _NO_SUCH_CODE:
        told |= {"status": Status.DELETED}
    elif isinstance(error, wecom.OutcomeUnknown) or error.retryable:
        told |= {"due_at": now + wait}
    else:
        told |= {"due_at": now + _REFUSED_PAUSE}
        if way.status == Status.MAKING:
            told |= {"status": Status.REFUSED}
    _settle(way, until, now=now, **told)
    return False
