"""The limits that calls to WeCom are charged to (频率与额度), each figure with its source.

`wecom.api` bounds every API; the others are narrower rules for one kind of call. Adding one is a
`Limit` here and, when not every call costs one unit for the corp, a function that says what it
costs. Per IP and API WeCom allows twice and four times of what it allows per corp, so that limit
is never met first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from scrm.ratelimit import limits
from scrm.ratelimit.bucket import Charge
from scrm.ratelimit.limits import Limit, Period, Quota, Window
from scrm.wecom.maxima import (
    APP_CHAT_CHANGES_PER_HOUR,
    APP_CHATS_PER_DAY,
    APP_TICKETS_PER_HOUR,
    CONSENT_CHECKS_PER_MINUTE,
    CORP_TICKETS_PER_HOUR,
    GROUPS_HANDED_OVER_PER_DAY,
    MOMENTS_PER_MINUTE,
    MOMENTS_PER_MONTH,
    NOTICES_PER_HOUR,
    NOTICES_PER_MINUTE,
    ONE_AT_A_TIME,
    ROOM_CHECKS_PER_MINUTE,
    SHOWN_IMAGES_PER_DAY,
    SHOWN_IMAGES_PER_MONTH,
    TEMPORARY_CODES_PER_DAY,
    TOKENS_PER_HOUR,
)

Request = Mapping[str, Any]

LIMIT_NAME = "wecom.api"
_MINUTE, _HOUR = 60, 3600
# Two calls under way when a broadcast's API begins to fail, and the one try of a fresh token, are
# three: more than that nobody should send into a failing API within ten seconds.
_FEWER = (("externalcontact/add_msg_template", 2),)
_EVERYBODY = "@all"

IMAGES = Limit(
    "wecom.images",
    quotas=(
        Quota(Period.DAY, SHOWN_IMAGES_PER_DAY),
        Quota(Period.MONTH, SHOWN_IMAGES_PER_MONTH),
    ),
    source=_("上传图片: 1,000 a day, 3,000 a month"),
    label=_("Pictures for messages (uploadimg)"),
)
MOMENTS = Limit(
    "wecom.moments",
    windows=(Window(_MINUTE, MOMENTS_PER_MINUTE),),
    quotas=(Quota(Period.MONTH, MOMENTS_PER_MONTH),),
    source=_("企业发表内容到客户的朋友圈: 10 creations a minute, 100,000 a month"),
    label=_("Moments created"),
)
CORP_TICKETS = Limit(
    "wecom.corp_tickets",
    windows=(Window(_HOUR, CORP_TICKETS_PER_HOUR),),
    source=_("获取企业的jsapi_ticket: 400 an hour for a corp"),
    label=_("Page tickets of the corp"),
)
APP_TICKETS = Limit(
    "wecom.app_tickets",
    windows=(Window(_HOUR, APP_TICKETS_PER_HOUR),),
    source=_("获取应用的jsapi_ticket: 100 an hour for an app"),
    label=_("Page tickets of the app"),
)
GROUP_HANDOVERS = Limit(
    "wecom.group_handovers",
    quotas=(Quota(Period.DAY, GROUPS_HANDED_OVER_PER_DAY),),
    source=_("分配客户群: at most 300 groups of one owner a day"),
    label=_("Groups handed over"),
    each=_("owner"),
)
NOTICES = Limit(
    "wecom.notices",
    windows=(Window(_MINUTE, NOTICES_PER_MINUTE), Window(_HOUR, NOTICES_PER_HOUR)),
    source=_(
        "发送应用消息: 30 a minute and 1,000 an hour for one member; "
        "WeCom drops what is more without a word"
    ),
    label=_("App messages to staff"),
    each=_("receiver"),
)
APP_CHATS = Limit(
    "wecom.app_chats",
    quotas=(Quota(Period.DAY, APP_CHATS_PER_DAY),),
    source=_("创建群聊会话: 1,000 a day"),
    label=_("App chats created"),
)
APP_CHAT_CHANGES = Limit(
    "wecom.app_chat_changes",
    windows=(Window(_HOUR, APP_CHAT_CHANGES_PER_HOUR),),
    source=_("修改群聊会话: 1,000 an hour"),
    label=_("App chats changed"),
)
TEMPORARY_CODES = Limit(
    "wecom.temporary_codes",
    quotas=(Quota(Period.DAY, TEMPORARY_CODES_PER_DAY),),
    source=_("配置客户联系「联系我」方式: 100,000 temporary sessions a day"),
    label=_("Temporary QR codes"),
)
CONSENT_CHECKS = Limit(
    "wecom.consent_checks",
    windows=(Window(_MINUTE, CONSENT_CHECKS_PER_MINUTE),),
    source=_("获取会话同意情况: 2,500 a minute"),
    label=_("Archive consents asked for"),
)
ROOM_CHECKS = Limit(
    "wecom.room_checks",
    windows=(Window(_MINUTE, ROOM_CHECKS_PER_MINUTE),),
    source=_("获取会话同意情况 of a group: 1,500 a minute"),
    label=_("Archive consents of groups asked for"),
)
TOKENS = Limit(
    "wecom.tokens",
    windows=(Window(_HOUR, TOKENS_PER_HOUR),),
    source=_(
        "gettoken: about 2,000 failing calls an hour lead to an hour's block (answer of WeCom's "
        "staff); half of that"
    ),
    label=_("Access tokens fetched"),
)


def lanes(*, spare: int = 0) -> int:
    """How many calls of one API somebody with many to make makes at once (并发限制); `spare` are
    left to everybody else.
    """
    return max(1, int(settings.WECOM_PARALLEL_CALLS) - spare)


def every_api() -> Limit:
    """The limit of each API on its own, from the settings."""
    return Limit(
        LIMIT_NAME,
        windows=(
            Window(_MINUTE, settings.WECOM_CALLS_PER_MINUTE),
            Window(_HOUR, settings.WECOM_CALLS_PER_HOUR),
        ),
        parallel=settings.WECOM_PARALLEL_CALLS,
        fewer=_FEWER,
        source=_(
            "访问频率限制: 10,000 a minute and 150,000 an hour per corp and API, "
            "a fiftieth less for calls that arrive late; about 5 at once (45033), one less"
        ),
        label=_("Calls of each API"),
        each=_("API"),
    )


def register_limits() -> None:
    for limit in (every_api(), ONE_AT_A_TIME, *_NARROW):
        limits.register(limit)


def _one(limit: Limit) -> Callable[[Request], Iterable[Charge]]:
    return lambda _asked: (Charge(limit),)


def _receivers(asked: Request) -> Iterable[Charge]:
    """One for each receiver that is named; a department counts as one, because WeCom alone
    knows who is in it.
    """
    people = {name.lower() for name in str(asked.get("touser", "")).split("|") if name}
    departments = {name for name in str(asked.get("toparty", "")).split("|") if name}
    names = {_EVERYBODY} if _EVERYBODY in people else people | {f"#{name}" for name in departments}
    return [Charge(NOTICES, name) for name in sorted(names)]


def _temporary(asked: Request) -> Iterable[Charge]:
    return (Charge(TEMPORARY_CODES),) if asked.get("is_temp") else ()


# API → what a call of it costs besides one unit of `wecom.api`.
_COSTS: dict[str, Callable[[Request], Iterable[Charge]]] = {
    "gettoken": _one(TOKENS),
    "media/uploadimg": _one(IMAGES),
    "externalcontact/add_moment_task": _one(MOMENTS),
    "externalcontact/add_contact_way": _temporary,
    "get_jsapi_ticket": _one(CORP_TICKETS),
    "ticket/get": _one(APP_TICKETS),
    "message/send": _receivers,
    "appchat/create": _one(APP_CHATS),
    "appchat/update": _one(APP_CHAT_CHANGES),
    "msgaudit/check_single_agree": _one(CONSENT_CHECKS),
    "msgaudit/check_room_agree": _one(ROOM_CHECKS),
}
_NARROW = (
    IMAGES,
    MOMENTS,
    CORP_TICKETS,
    APP_TICKETS,
    GROUP_HANDOVERS,
    NOTICES,
    APP_CHATS,
    APP_CHAT_CHANGES,
    TEMPORARY_CODES,
    CONSENT_CHECKS,
    ROOM_CHECKS,
    TOKENS,
)


def charges(path: str, asked: Request) -> list[Charge]:
    """What a call of `path` with the body or query `asked` costs of the narrower limits."""
    cost = _COSTS.get(path)
    return list(cost(asked)) if cost else []
