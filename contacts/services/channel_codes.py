"""A channel's code or link at WeCom: made once, kept as it shall be, deleted.

Making has no idempotency key. The intent is written before the call, and after a call whose
outcome nobody knows WeCom's own list is searched before anything is made again. Changing writes
everything anew and may be repeated, so `written` says only what WeCom surely holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext

from contacts.models import Channel
from contacts.selectors.channel_duty import Duty, adds_today, duty_of, with_staff
from scrm import wecom
from scrm.wecom.maxima import LINK_NAME_CHARS, WAY_REMARK_CHARS

Kind, Status = Channel.Kind, Channel.Status

# Longer than a call can take, so that a call still under way is not taken for a lost one.
_LEASE = timedelta(minutes=2)
_REFUSED_PAUSE = timedelta(minutes=15)
_LONGEST_WAIT = timedelta(minutes=30)
_SHORTEST_WAIT = timedelta(seconds=30)
# WeCom's clock and ours.
_MARGIN = timedelta(days=1)
_NO_SUCH_CODE = 41044


def carry_out(*, now: datetime, limit: int = 200) -> int:
    """Make the channels that wait, and bring the live ones to whom they lead to now.

    Answers how many calls changed something at WeCom.
    """
    making = Channel.objects.filter(status=Status.MAKING, due_at__lte=now).order_by("due_at")
    made = sum(make(channel_id=pk, now=now) for pk in making.values_list("pk", flat=True)[:limit])
    return made + bring_up_to_date(now=now)


def make(*, channel_id: int, now: datetime) -> bool:
    """Make one channel's code or link, or find the one that a lost call made; False when not now.

    What stands in the way is written into `problem`.
    """
    channel = _claimed(channel_id, now=now, status=Status.MAKING)
    if channel is None:
        return False
    if channel.intent_at is not None:
        try:
            found = _search(channel, now=now)
        except wecom.WeComError as error:
            wait = now + _wait(error.retry_after)
            _settle(channel, intent_at=channel.intent_at, due_at=wait, problem=_words(error))
            return False
        if found is not None:
            return _settle(channel, status=Status.LIVE, written=None, **found)
        if not _settle(channel, keep_lease=True, intent_at=None):
            return False
    try:
        return _make_anew(channel, now=now)
    except wecom.WeComError as error:
        return _put_off(channel, error, now=now)


def bring_up_to_date(*, now: datetime, channel_ids: list[int] | None = None) -> int:
    """Write to WeCom what differs from what it holds of the live channels; counts the calls.

    The number of queries is fixed where nothing differs.
    """
    live = Channel.objects.filter(status=Status.LIVE, due_at__lte=now).exclude(kind=Kind.NAMED)
    if channel_ids is not None:
        live = live.filter(pk__in=channel_ids)
    channels = list(with_staff(live.order_by("pk")))
    adds = adds_today(channels, now=now)
    written = 0
    for channel in channels:
        duty = duty_of(channel, now=now, adds=adds)
        if duty.is_nobody:
            _note(channel, gettext("Nobody whom the code could lead to serves customers."))
        elif channel.written != _body(channel, duty):
            written += _write(channel, duty, now=now)
        elif channel.problem:
            _note(channel, "")
    return written


def delete_at_wecom(channel: Channel) -> None:
    """The code is dead for ever; one that is gone already is as good. Raises WeComError."""
    gateway = wecom.get_gateway(hurry=True)
    try:
        if channel.kind == Kind.CODE:
            gateway.delete_contact_way(channel.config_id)
        else:
            gateway.delete_link(channel.config_id)
    except wecom.Refused as error:
        if not _is_gone(channel, error):
            raise


def _make_anew(channel: Channel, *, now: datetime) -> bool:
    duty = duty_of(channel, now=now, adds=adds_today([channel], now=now))
    if duty.is_nobody:
        problem = gettext("Nobody whom the code could lead to serves customers.")
        return _settle(channel, status=Status.REFUSED, problem=problem)
    if not _settle(channel, keep_lease=True, intent_at=now):
        return False
    channel.intent_at = now
    gateway = wecom.get_gateway(hurry=True)
    if channel.kind == Kind.CODE:
        receipt = gateway.add_contact_way(_way(channel, duty))
        made: dict[str, Any] = {"config_id": receipt.config_id, "address": receipt.qr_code}
    else:
        link = gateway.create_link(_link(channel, duty))
        made = {"config_id": link.link_id, "address": link.url_for(channel.state)}
    return _settle(channel, status=Status.LIVE, written=_body(channel, duty), **made)


def _search(channel: Channel, *, now: datetime) -> dict[str, Any] | None:
    """What WeCom holds that a lost call of ours made; None: surely nothing.

    A code is known by its state, a link by its name, which carries the state.
    """
    gateway = wecom.get_gateway()
    known = set(
        Channel.objects.filter(kind=channel.kind)
        .exclude(config_id="")
        .values_list("config_id", flat=True)
    )
    begun = channel.intent_at or now
    listed: Iterator[str]
    if channel.kind == Kind.CODE:
        listed = gateway.contact_way_ids(start=begun - _MARGIN, end=now + _MARGIN)
    else:
        listed = gateway.link_ids()
    for config_id in listed:
        if config_id in known:
            continue
        try:
            if channel.kind == Kind.CODE:
                way = gateway.contact_way(config_id)
                if way.state == channel.state:
                    return {"config_id": config_id, "address": way.qr_code}
            else:
                link = gateway.link(config_id).link
                if link.name.endswith(channel.state):
                    return {"config_id": config_id, "address": link.url_for(channel.state)}
        except wecom.NotFound:
            continue  # deleted while we read
    return None


def _write(channel: Channel, duty: Duty, *, now: datetime) -> int:
    claimed = _claimed(channel.pk, now=now, status=Status.LIVE)
    if claimed is None:
        return 0
    gateway = wecom.get_gateway(hurry=True)
    # Nobody knows what WeCom holds while the call is under way.
    if not _settle(claimed, keep_lease=True, written=None):
        return 0
    try:
        if channel.kind == Kind.CODE:
            gateway.update_contact_way(channel.config_id, _way(channel, duty))
        else:
            gateway.update_link(channel.config_id, _link(channel, duty))
    except wecom.WeComError as error:
        if not _is_gone(channel, error):
            return int(_put_off(claimed, error, now=now))
        problem = gettext("Somebody deleted it in WeCom.")
        return int(_settle(claimed, status=Status.DELETED, problem=problem))
    return int(_settle(claimed, written=_body(channel, duty), due_at=now))


def _claimed(channel_id: int, *, now: datetime, status: str) -> Channel | None:
    """The channel with a lease for this worker, or None when it is another's or not due."""
    until = now + _LEASE
    due = Channel.objects.filter(pk=channel_id, status=status, due_at__lte=now)
    if not due.update(due_at=until):
        return None
    return with_staff(Channel.objects.filter(pk=channel_id)).get()


def _settle(channel: Channel, *, keep_lease: bool = False, **changed: Any) -> bool:
    """Write the outcome unless the lease has gone to another worker meanwhile."""
    if not keep_lease:
        changed = {"problem": "", "intent_at": None, "due_at": channel.due_at - _LEASE, **changed}
    mine = Channel.objects.filter(pk=channel.pk, status=channel.status, due_at=channel.due_at)
    return bool(mine.update(**changed))


def _put_off(channel: Channel, error: wecom.WeComError, *, now: datetime) -> bool:
    """After a failed call: when it is tried, or looked into, again. Never counts as done."""
    told: dict[str, Any] = {"problem": _words(error)}
    if isinstance(error, wecom.OutcomeUnknown):
        # Not before the lost call can have ended.
        told |= {"due_at": channel.due_at, "intent_at": channel.intent_at}
    elif error.retryable:
        told["due_at"] = now + _wait(error.retry_after)
    else:
        told["due_at"] = now + _REFUSED_PAUSE
        if channel.status == Status.MAKING:
            told["status"] = Status.REFUSED
    _settle(channel, **told)
    return False


def _is_gone(channel: Channel, error: wecom.WeComError) -> bool:
    """Whether a call failed because WeCom does not know the code or link any more.

    There is a code of its own for codes only; of links the list tells.
    """
    if channel.kind == Kind.CODE:
        return error.code == _NO_SUCH_CODE
    if not isinstance(error, wecom.BadRequest | wecom.NotFound):
        return False
    return channel.config_id not in set(wecom.get_gateway(hurry=True).link_ids())


def _words(error: wecom.WeComError) -> str:
    return f"{error.advice} ({error.code})"[:256]


def _wait(seconds: int) -> timedelta:
    return min(max(timedelta(seconds=seconds), _SHORTEST_WAIT), _LONGEST_WAIT)


def _note(channel: Channel, problem: str) -> None:
    if channel.problem != problem:
        Channel.objects.filter(pk=channel.pk, status=channel.status).update(problem=problem)


def _way(channel: Channel, duty: Duty) -> wecom.ContactWayDraft:
    # Always of the kind that may lead to several: WeCom never lets the kind be changed.
    return wecom.ContactWayDraft(
        userids=tuple(member.userid for member in duty.staff),
        department_ids=tuple(department.wecom_id for department in duty.departments),
        state=channel.state,
        remark=channel.name[:WAY_REMARK_CHARS],
        skip_verify=channel.skip_verify,
    )


def _link(channel: Channel, duty: Duty) -> wecom.LinkDraft:
    room = LINK_NAME_CHARS - len(channel.state) - 1
    return wecom.LinkDraft(
        name=f"{channel.name[:room]} {channel.state}",
        userids=tuple(member.userid for member in duty.staff),
        department_ids=tuple(department.wecom_id for department in duty.departments),
        skip_verify=channel.skip_verify,
    )


def _body(channel: Channel, duty: Duty) -> dict[str, Any]:
    """What of a channel WeCom holds and we may change, to compare."""
    return {
        "name": channel.name,
        "staff": sorted(member.userid for member in duty.staff),
        "departments": sorted(department.wecom_id for department in duty.departments),
        "skip_verify": channel.skip_verify,
    }
