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
        LoginFailed,
        MediaExpired,
        Misconfigured,
        NobodyToSend,
        NoRelation,
        NotConnected,
        NotFound,
        NotVisible,
        OnHold,
        OutcomeUnknown,
        QuotaExhausted,
        QuotaReached,
        RateLimited,
        Refused,
        StillDispatching,
        TagExists,
        TokenInvalid,
        TooManyJobs,
        TooManyReminders,
        TransferRefused,
        WeComError,
        WelcomeContested,
        WelcomeExpired,
        WelcomeTaken,
    )
    from scrm.wecom.gateway import Gateway, get_gateway
    from scrm.wecom.quotas import lanes
    from scrm.wecom.sign_in import authorize_url, login_url
    from scrm.wecom.transport import hold_times
    from scrm.wecom.types.acquisition import (
        AcquisitionQuota,
        LinkChat,
        LinkCustomer,
        LinkDetail,
        LinkDraft,
        LinkInfo,
        LinkStatistic,
        QuotaPart,
    )
    from scrm.wecom.types.album import ProductDraft, ProductInfo
    from scrm.wecom.types.app_chats import AppChat
    from scrm.wecom.types.bills import Bill, BillRefund
    from scrm.wecom.types.channels import (
        ContactWayDraft,
        ContactWayInfo,
        ContactWayReceipt,
        JoinWayDraft,
        JoinWayInfo,
        TemporarySession,
    )
    from scrm.wecom.types.directory import DepartmentRef, StaffName, StaffPlace, StaffProfile
    from scrm.wecom.types.group_welcomes import GroupWelcome
    from scrm.wecom.types.groups import (
        GroupChatDetail,
        GroupChatPage,
        GroupChatRef,
        GroupMemberInfo,
    )
    from scrm.wecom.types.media import MediaFile, MediaJob, MediaReceipt
    from scrm.wecom.types.messages import (
        GroupMessageInfo,
        GroupMessageReceipt,
        MessageResult,
        MessageResultPage,
        MessageTask,
    )
    from scrm.wecom.types.moments import (
        MomentDraft,
        MomentInfo,
        MomentJob,
        MomentReaction,
        MomentReactions,
        MomentTask,
    )
    from scrm.wecom.types.notices import AppMessage, AppMessageReceipt
    from scrm.wecom.types.people import (
        ContactDetail,
        ContactFollow,
        ContactInfo,
        ContactPage,
        DepartmentInfo,
        FollowInfo,
        OpenUserids,
        ProfileAttribute,
        ServedPerson,
        StaffInfo,
    )
    from scrm.wecom.types.sign_in import PageSignature, StaffDetail, Visitor
    from scrm.wecom.types.statistics import (
        BehaviourDay,
        DayFigures,
        GroupFigures,
        GroupOrder,
        OwnerFigures,
    )
    from scrm.wecom.types.tags import TagGroupInfo, TagInfo
    from scrm.wecom.types.transfers import (
        TransferReceipt,
        TransferRefusal,
        TransferResult,
        UnassignedContact,
    )
    from scrm.wecom.types.words import WordRule, WordRuleRef

__all__ = [
    "AcquisitionQuota",
    "AlreadyCancelled",
    "AppChat",
    "AppMessage",
    "AppMessageReceipt",
    "BadRequest",
    "BehaviourDay",
    "Bill",
    "BillRefund",
    "Busy",
    "CallbackMessage",
    "ContactDetail",
    "ContactFollow",
    "ContactInfo",
    "ContactPage",
    "ContactWayDraft",
    "ContactWayInfo",
    "ContactWayReceipt",
    "DayFigures",
    "DepartmentInfo",
    "DepartmentRef",
    "FollowInfo",
    "Gateway",
    "GroupChatDetail",
    "GroupChatPage",
    "GroupChatRef",
    "GroupFigures",
    "GroupMemberInfo",
    "GroupMessageInfo",
    "GroupMessageReceipt",
    "GroupOrder",
    "GroupWelcome",
    "JoinWayDraft",
    "JoinWayInfo",
    "LinkChat",
    "LinkCustomer",
    "LinkDetail",
    "LinkDraft",
    "LinkInfo",
    "LinkStatistic",
    "LoginFailed",
    "MediaExpired",
    "MediaFile",
    "MediaJob",
    "MediaReceipt",
    "MessageResult",
    "MessageResultPage",
    "MessageTask",
    "Misconfigured",
    "MomentDraft",
    "MomentInfo",
    "MomentJob",
    "MomentReaction",
    "MomentReactions",
    "MomentTask",
    "NoRelation",
    "NobodyToSend",
    "NotConnected",
    "NotFound",
    "NotVisible",
    "OnHold",
    "OpenUserids",
    "OutcomeUnknown",
    "OwnerFigures",
    "PageSignature",
    "ProductDraft",
    "ProductInfo",
    "ProfileAttribute",
    "QuotaExhausted",
    "QuotaPart",
    "QuotaReached",
    "RateLimited",
    "Refused",
    "ServedPerson",
    "StaffDetail",
    "StaffInfo",
    "StaffName",
    "StaffPlace",
    "StaffProfile",
    "StillDispatching",
    "TagExists",
    "TagGroupInfo",
    "TagInfo",
    "TemporarySession",
    "TokenInvalid",
    "TooManyJobs",
    "TooManyReminders",
    "TransferReceipt",
    "TransferRefusal",
    "TransferRefused",
    "TransferResult",
    "UnassignedContact",
    "Visitor",
    "WeComError",
    "WelcomeContested",
    "WelcomeExpired",
    "WelcomeTaken",
    "WordRule",
    "WordRuleRef",
    "authorize_url",
    "get_gateway",
    "hold_times",
    "lanes",
    "login_url",
]

_HOMES = {
    "CallbackMessage": "scrm.wecom.callback.envelope",
    "Gateway": "scrm.wecom.gateway",
    "authorize_url": "scrm.wecom.sign_in",
    "login_url": "scrm.wecom.sign_in",
    "get_gateway": "scrm.wecom.gateway",
    "hold_times": "scrm.wecom.transport",
    "lanes": "scrm.wecom.quotas",
}
_MODULES = (
    "scrm.wecom.errors",
    "scrm.wecom.types.acquisition",
    "scrm.wecom.types.album",
    "scrm.wecom.types.app_chats",
    "scrm.wecom.types.bills",
    "scrm.wecom.types.channels",
    "scrm.wecom.types.directory",
    "scrm.wecom.types.group_welcomes",
    "scrm.wecom.types.groups",
    "scrm.wecom.types.media",
    "scrm.wecom.types.messages",
    "scrm.wecom.types.moments",
    "scrm.wecom.types.notices",
    "scrm.wecom.types.people",
    "scrm.wecom.types.sign_in",
    "scrm.wecom.types.statistics",
    "scrm.wecom.types.tags",
    "scrm.wecom.types.transfers",
    "scrm.wecom.types.words",
)


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"scrm.wecom has no {name!r}")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    for home in _MODULES:
        module = import_module(home)
        if hasattr(module, name):
            return getattr(module, name)
    raise AttributeError(f"scrm.wecom has no {name!r}")
