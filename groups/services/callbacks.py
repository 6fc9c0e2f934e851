"""What WeCom's events (回调事件) mean for customer groups.

An event that carries on exactly where we stand is applied; every other one is a reason to read the
group again, a moment later: WeCom's answer is behind its own event. So events may come twice,
late and in any order.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from contacts.services.facts import refresh_facts
from groups.models import GroupChat, GroupMember
from groups.services.chats import mark_dismissed, record_joined, record_left, store_chats
from scrm import wecom
from scrm.wecom.callback.envelope import CallbackMessage
from scrm.wecom.callback.registry import NotYet, handler

log = logging.getLogger(__name__)

_CHAT = "change_external_chat"
_QR_CODE = "3"
# So long after an event WeCom's answer about the group can be trusted.
_SETTLED = timedelta(seconds=2)


def register_handlers() -> None:
    """Called once, when the app is ready."""
    handler(_CHAT, "create")(chat_changed)
    handler(_CHAT, "update")(chat_changed)
    handler(_CHAT, "dismiss")(chat_dismissed)


def chat_changed(event: CallbackMessage, /, *, now: datetime) -> None:
    """客户群创建或变更."""
    chat_id = event.fields.get("ChatId", "")
    chat = GroupChat.objects.select_for_update().filter(chat_id=chat_id).first()
    if chat is not None and _carries_on(chat, event):
        refresh_facts(contact_ids=_apply(chat, event))
    elif chat is None or not _is_known(chat, event):
        if event.received_at and now < event.received_at + _SETTLED:
            raise NotYet(event.received_at + _SETTLED)
        _reread(chat_id, now=now)


def chat_dismissed(event: CallbackMessage, /, *, now: datetime) -> None:
    """客户群解散. A dissolved group never comes back, so no question is needed."""
    chats = GroupChat.objects.filter(chat_id=event.fields.get("ChatId", ""))
    gone = mark_dismissed(list(chats.values_list("pk", flat=True)), at=event.created_at)
    refresh_facts(contact_ids=sorted(set(gone)))


def _carries_on(chat: GroupChat, event: CallbackMessage) -> bool:
    """Whether the event begins at the very member version we hold."""
    return bool(
        event.items
        and chat.dismissed_at is None
        and chat.member_version
        and event.fields.get("CurMemVer")
        and chat.member_version == event.fields.get("LastMemVer")
    )


def _is_known(chat: GroupChat, event: CallbackMessage) -> bool:
    """Whether we stand where the event leads: it came twice, or a read overtook it."""
    return bool(chat.member_version) and chat.member_version == event.fields.get("CurMemVer")


def _apply(chat: GroupChat, event: CallbackMessage) -> Sequence[int]:
    """Write who joined or left; answers the customers among them."""
    if event.fields.get("UpdateDetail") == "add_member":
        by_code = event.fields.get("JoinScene") == _QR_CODE
        # Otherwise invited, directly or by link: the event does not say which.
        scene = GroupMember.JoinScene.QR_CODE.value if by_code else None
        changed = record_joined(chat, event.items, scene=scene, at=event.created_at)
    else:
        was_removed = event.fields.get("QuitScene") == str(GroupMember.QuitScene.REMOVED.value)
        scene = (GroupMember.QuitScene.REMOVED if was_removed else GroupMember.QuitScene.LEFT).value
        changed = record_left(chat, event.items, scene=scene, at=event.created_at)
    GroupChat.objects.filter(pk=chat.pk).update(member_version=event.fields["CurMemVer"])
    return changed


def _reread(chat_id: str, *, now: datetime) -> None:
    """Write the group as WeCom knows it now. One it does not know any more is dissolved.

    Any other refusal leaves things as they are: its dismissal is told by an event of its own,
    which must not wait behind this one, and the nightly comparison looks again.
    """
    try:
        detail = wecom.get_gateway().group_chat(chat_id)
    except wecom.NotFound:
        chats = GroupChat.objects.filter(chat_id=chat_id).values_list("pk", flat=True)
        refresh_facts(contact_ids=sorted(set(mark_dismissed(list(chats), at=now))))
        return
    except wecom.Refused as error:
        if error.retryable or isinstance(error, wecom.Misconfigured):
            raise
        log.info("group %s was not read again: %s", chat_id, error)
        return
    stored = store_chats([detail], statuses={}, now=now)
    refresh_facts(contact_ids=stored.contact_ids)
