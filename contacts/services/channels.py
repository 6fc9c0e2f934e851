"""Make, change and end channels (渠道活码), and name those that were made elsewhere."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.models import Channel, ChannelShift, Department, Follow, Staff, Tag
from contacts.models.channel import NOTE_CHARS, PREFIX_CHARS, STATE_CHARS
from contacts.services.channel_codes import bring_up_to_date, delete_at_wecom, make
from scrm import wecom
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput, ScrmError
from scrm.typed import one_line
from scrm.wecom.maxima import STAFF_PER_CONTACT_WAY, STAFF_PER_LINK

Kind, Status = Channel.Kind, Channel.Status
_NAME_CHARS, _FOLDER_CHARS = 64, 32
_MOST_TAGS, _MOST_SHIFTS, _MOST_CAP = 20, 50, 10_000


class ChannelRefused(ScrmError):
    """WeCom did not do it, or nobody knows; the sentence says which and what helps."""

    code = "channel_refused"


@dataclass(frozen=True)
class ChannelDraft:
    """What an operator says of a channel; ids are our own."""

    name: str
    folder: str = ""
    staff_ids: Sequence[int] = ()
    department_ids: Sequence[int] = ()
    skip_verify: bool = True
    daily_cap: int | None = None
    backup_ids: Sequence[int] = ()
    tag_ids: Sequence[int] = ()
    remark_prefix: str = ""
    note: str = ""


@dataclass(frozen=True)
class ShiftDraft:
    """A shift of the weekly plan: weekdays 0 to 6, business clock, staff ids."""

    weekdays: Sequence[int]
    starts: time
    ends: time
    staff_ids: Sequence[int] = field(default_factory=tuple)


def create_channel(*, draft: ChannelDraft, kind: str, operator: Operator, now: datetime) -> Channel:
    """A channel with its code or link, made at once if WeCom answers, else soon.

    Raises InvalidInput with the name of the draft's field, or kind.
    """
    kind = Kind(kind)
    if kind == Kind.NAMED:
        raise InvalidInput(_("A channel made elsewhere is named, not made."), field="kind")
    cleaned = _checked(draft, kind)
    with transaction.atomic():
        channel = Channel(
            kind=kind,
            state=f"ch-{secrets.token_hex(5)}",
            status=Status.MAKING,
            due_at=now,
            created_by=operator,
            created_at=now,
        )
        _fill(channel, cleaned, now=now)
        _record("create", channel, operator, now)
    make(channel_id=channel.pk, now=now)
    channel.refresh_from_db()
    return channel


def name_channel(*, state: str, draft: ChannelDraft, operator: Operator, now: datetime) -> Channel:
    """A name for a state that customers already come by, made by another app or by hand.

    Raises InvalidInput (state, or a field of the draft).
    """
    if not state or len(state) > STATE_CHARS or not Follow.objects.filter(state=state).exists():
        raise InvalidInput(_("No customer came with this state."), field="state")
    cleaned = _checked(draft, Kind.NAMED)
    with transaction.atomic():
        channel, is_new = Channel.objects.get_or_create(
            state=state,
            defaults={
                "kind": Kind.NAMED,
                "status": Status.LIVE,
                "due_at": now,
                "created_by": operator,
                "created_at": now,
                "updated_at": now,
            },
        )
        if not is_new:
            raise InvalidInput(_("This state has its channel already."), field="state")
        _fill(channel, cleaned, now=now)
        _record("name", channel, operator, now)
    return channel


def change_channel(
    *, channel_id: int, draft: ChannelDraft, operator: Operator, now: datetime
) -> Channel:
    """Change a channel, and its code or link with it. Printed codes stay good.

    One that WeCom refused is tried anew. Raises InvalidInput, ChannelRefused for a deleted one.
    """
    with transaction.atomic():
        channel = Channel.objects.select_for_update().get(pk=channel_id)
        if channel.status == Status.DELETED:
            raise ChannelRefused(_("This code is deleted; make a new one."))
        cleaned = _checked(draft, channel.kind)
        if channel.status == Status.REFUSED:
            channel.status, channel.due_at = Status.MAKING, now
        _fill(channel, cleaned, now=now)
        _record("change", channel, operator, now)
    return carry_out_now(channel_id=channel_id, now=now)


def carry_out_now(*, channel_id: int, now: datetime) -> Channel:
    """Make a channel that waits, or write a live one to WeCom, without waiting for the tick."""
    channel = Channel.objects.get(pk=channel_id)
    if channel.status == Status.MAKING:
        make(channel_id=channel_id, now=now)
    elif channel.status == Status.LIVE and channel.is_ours:
        bring_up_to_date(now=now, channel_ids=[channel_id])
    channel.refresh_from_db()
    return channel


def try_again(*, channel_id: int, operator: Operator, now: datetime) -> Channel:
    """Try now what failed, without its pause; a call that may be under way keeps its time."""
    with transaction.atomic():
        channel = Channel.objects.select_for_update().get(pk=channel_id)
        if channel.status == Status.REFUSED:
            channel.status = Status.MAKING
        if channel.problem and channel.intent_at is None and channel.status != Status.DELETED:
            channel.due_at = now
            channel.save(update_fields=["status", "due_at"])
        _record("retry", channel, operator, now)
    return carry_out_now(channel_id=channel_id, now=now)


def set_shifts(
    *, channel_id: int, shifts: Sequence[ShiftDraft], operator: Operator, now: datetime
) -> Channel:
    """The whole weekly plan (排班), instead of the one before; none: the channel's staff always.

    Raises InvalidInput (weekdays, staff), ChannelRefused for a channel that is not ours.
    """
    if len(shifts) > _MOST_SHIFTS:
        raise InvalidInput(_("At most %(most)d shifts.") % {"most": _MOST_SHIFTS})
    for shift in shifts:
        if not shift.weekdays or not set(shift.weekdays) <= set(range(7)):
            raise InvalidInput(_("Choose the weekdays."), field="weekdays")
        if not shift.staff_ids:
            raise InvalidInput(_("Choose who is on duty."), field="staff")
    with transaction.atomic():
        channel = Channel.objects.select_for_update().get(pk=channel_id)
        if not channel.is_ours or channel.status == Status.DELETED:
            raise ChannelRefused(_("Only codes made here lead to whom the plan says."))
        _check_number(channel.kind, [pk for shift in shifts for pk in shift.staff_ids], [])
        channel.shifts.all().delete()
        for shift in shifts:
            row = ChannelShift.objects.create(
                channel=channel,
                weekdays=sorted(set(shift.weekdays)),
                starts=shift.starts,
                ends=shift.ends,
            )
            row.staff.set(Staff.objects.filter(pk__in=shift.staff_ids))
        _record("set_shifts", channel, operator, now)
    return carry_out_now(channel_id=channel_id, now=now)


def archive_channel(
    *, channel_id: int, is_archived: bool, operator: Operator, now: datetime
) -> None:
    """Out of the list, or back into it. Its code goes on leading to staff either way."""
    with transaction.atomic():
        channel = Channel.objects.select_for_update().get(pk=channel_id)
        if channel.is_archived == is_archived:
            return
        channel.is_archived, channel.updated_at = is_archived, now
        channel.save(update_fields=["is_archived", "updated_at"])
        _record("archive" if is_archived else "restore", channel, operator, now)


def delete_channel(*, channel_id: int, operator: Operator, now: datetime) -> None:
    """Delete the code or link at WeCom: printed codes are dead for ever. Figures stay.

    May be repeated. Raises ChannelRefused.
    """
    channel = Channel.objects.get(pk=channel_id)
    if channel.status == Status.DELETED or not channel.is_ours:
        raise ChannelRefused(_("There is no code of ours to delete."))
    if channel.status == Status.MAKING:
        raise ChannelRefused(_("It is still being made. Wait for it, then delete it."))
    if channel.status == Status.LIVE:
        try:
            delete_at_wecom(channel)
        except wecom.OutcomeUnknown as error:
            raise ChannelRefused(
                _("WeCom gave no readable answer. Delete once more; doing it twice harms nobody.")
            ) from error
        except wecom.WeComError as error:
            raise ChannelRefused(error.advice) from error
    with transaction.atomic():
        Channel.objects.filter(pk=channel_id).update(
            status=Status.DELETED, is_archived=True, problem="", updated_at=now
        )
        _record("delete", channel, operator, now)


def _checked(draft: ChannelDraft, kind: str) -> ChannelDraft:
    texts: dict[str, Any] = {
        name: _clean(getattr(draft, name), name, most)
        for name, most in (
            ("name", _NAME_CHARS),
            ("folder", _FOLDER_CHARS),
            ("remark_prefix", PREFIX_CHARS),
            ("note", NOTE_CHARS),
        )
    }
    if not texts["name"]:
        raise InvalidInput(_("Give it a name."), field="name")
    if len(draft.tag_ids) > _MOST_TAGS:
        raise InvalidInput(_("At most %(most)d tags.") % {"most": _MOST_TAGS}, field="tags")
    if kind == Kind.NAMED:
        return ChannelDraft(**texts, tag_ids=tuple(draft.tag_ids))
    if not draft.staff_ids and not draft.department_ids:
        raise InvalidInput(_("Choose staff or departments it leads to."), field="staff")
    _check_number(kind, draft.staff_ids, draft.department_ids)
    if draft.daily_cap is not None and not 1 <= draft.daily_cap <= _MOST_CAP:
        raise InvalidInput(_("From 1 to %(most)s.") % {"most": f"{_MOST_CAP:,}"}, field="daily_cap")
    return ChannelDraft(
        **texts,
        staff_ids=tuple(draft.staff_ids),
        department_ids=tuple(draft.department_ids),
        skip_verify=draft.skip_verify,
        daily_cap=draft.daily_cap,
        backup_ids=tuple(draft.backup_ids),
        tag_ids=tuple(draft.tag_ids),
    )


def _clean(text: str, name: str, most: int) -> str:
    text = one_line(text)
    if len(text) > most:
        raise InvalidInput(_("At most %(most)d characters.") % {"most": most}, field=name)
    return text


def _check_number(kind: str, staff_ids: Sequence[int], department_ids: Sequence[int]) -> None:
    """Named staff; what departments expand to, WeCom checks."""
    most = STAFF_PER_LINK if kind == Kind.LINK else STAFF_PER_CONTACT_WAY
    for name, ids in (("staff", staff_ids), ("departments", department_ids)):
        if len(set(ids)) > most:
            raise InvalidInput(
                _("WeCom takes %(most)d at most for one code.") % {"most": most}, field=name
            )


def _fill(channel: Channel, draft: ChannelDraft, *, now: datetime) -> None:
    channel.name, channel.folder = draft.name, draft.folder
    channel.skip_verify, channel.daily_cap = draft.skip_verify, draft.daily_cap
    channel.remark_prefix, channel.note = draft.remark_prefix, draft.note
    greets = bool(draft.tag_ids or draft.remark_prefix or draft.note)
    channel.greets_since = (channel.greets_since or now) if greets else None
    channel.updated_at = now
    channel.save()
    channel.staff.set(Staff.objects.filter(pk__in=draft.staff_ids))
    channel.departments.set(Department.objects.filter(pk__in=draft.department_ids))
    channel.backups.set(Staff.objects.filter(pk__in=draft.backup_ids))
    channel.tags.set(Tag.objects.filter(pk__in=draft.tag_ids, is_gone=False))


def _record(verb: str, channel: Channel, operator: Operator, now: datetime) -> None:
    record_act(
        action=f"channel.{verb}",
        operator=operator,
        now=now,
        subject=channel,
        details={"name": channel.name, "state": channel.state},
    )
