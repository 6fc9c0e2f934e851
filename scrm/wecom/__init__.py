"""The gateway to WeCom (企业微信): the only place that speaks HTTP to it.

Public names are loaded when first asked for, so that `scrm.wecom.callback.crypto` can be used
without Django and without an HTTP library.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrm.wecom.callback.envelope import CallbackMessage
    from scrm.wecom.errors import (
        AlreadyCancelled,
        BadRequest,
        Busy,
        MediaExpired,
        Misconfigured,
        NobodyToSend,
        NoRelation,
        NotConnected,
        NotFound,
        NotVisible,
        OutcomeUnknown,
        RateLimited,
        Refused,
        StillDispatching,
        TokenInvalid,
        TooManyReminders,
        WeComError,
        WelcomeContested,
        WelcomeExpired,
        WelcomeTaken,
    )
    from scrm.wecom.gateway import Gateway, get_gateway
    from scrm.wecom.transport import hold_times
    from scrm.wecom.types import (
        ContactDetail,
        ContactFollow,
        ContactInfo,
        ContactPage,
        DepartmentInfo,
        FollowInfo,
        GroupChatDetail,
        GroupChatPage,
        GroupChatRef,
        GroupMemberInfo,
        GroupMessageInfo,
        GroupMessageReceipt,
        MediaReceipt,
        MessageResult,
        MessageResultPage,
        MessageTask,
        StaffInfo,
        TagGroupInfo,
        TagInfo,
    )

__all__ = [
    "AlreadyCancelled",
    "BadRequest",
    "Busy",
    "CallbackMessage",
    "ContactDetail",
    "ContactFollow",
    "ContactInfo",
    "ContactPage",
    "DepartmentInfo",
    "FollowInfo",
    "Gateway",
    "GroupChatDetail",
    "GroupChatPage",
    "GroupChatRef",
    "GroupMemberInfo",
    "GroupMessageInfo",
    "GroupMessageReceipt",
    "MediaExpired",
    "MediaReceipt",
    "MessageResult",
    "MessageResultPage",
    "MessageTask",
    "Misconfigured",
    "NoRelation",
    "NobodyToSend",
    "NotConnected",
    "NotFound",
    "NotVisible",
    "OutcomeUnknown",
    "RateLimited",
    "Refused",
    "StaffInfo",
    "StillDispatching",
    "TagGroupInfo",
    "TagInfo",
    "TokenInvalid",
    "TooManyReminders",
    "WeComError",
    "WelcomeContested",
    "WelcomeExpired",
    "WelcomeTaken",
    "get_gateway",
    "hold_times",
]

_HOMES = {
    "CallbackMessage": "scrm.wecom.callback.envelope",
    "Gateway": "scrm.wecom.gateway",
    "get_gateway": "scrm.wecom.gateway",
    "hold_times": "scrm.wecom.transport",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"scrm.wecom has no {name!r}")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    for home in ("scrm.wecom.errors", "scrm.wecom.types"):
        module = import_module(home)
        if hasattr(module, name):
            return getattr(module, name)
    raise AttributeError(f"scrm.wecom has no {name!r}")
