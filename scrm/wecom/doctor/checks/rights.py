"""May the app call what the product needs (接口权限)? Asked by reading, never by trying to write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scrm import wecom
from scrm.wecom.doctor.findings import Group, Verdict, Words, advice, ok, unknown, warn
from scrm.wecom.doctor.registry import Check
from scrm.wecom.gateway import Gateway

DOCS = "docs/wecom.md#step-4-open-customer-contact-to-the-app"

_CONTACT = "客户与上下游 › 客户联系"
_SPAN = timedelta(days=1)
_Ask = Callable[[Gateway, datetime], object]


def _customers(gateway: Gateway, _now: datetime) -> object:
    return gateway.contacts_of(gateway.follow_staff()[:1])


def _groups(gateway: Gateway, _now: datetime) -> object:
    # By owner, because WeCom wants owners named where there are more than a thousand.
    return gateway.group_chats(owner_userids=gateway.follow_staff()[:1], limit=1)


def _statistics(gateway: Gateway, now: datetime) -> object:
    yesterday = (now - _SPAN).date()
    userids = gateway.follow_staff()[:1]
    return next(gateway.staff_behaviour(userids=userids, start=yesterday, end=yesterday), None)


def _broadcasts(gateway: Gateway, now: datetime) -> object:
    return next(gateway.group_messages(chat_type="single", start=now - _SPAN, end=now), None)


def _contact_ways(gateway: Gateway, now: datetime) -> object:
    return next(gateway.contact_way_ids(start=now - _SPAN, end=now), None)


def _moments(gateway: Gateway, now: datetime) -> object:
    return next(gateway.moments(start=now - _SPAN, end=now), None)


def _side_bar(gateway: Gateway, now: datetime) -> object:
    return gateway.app_signature(settings.PUBLIC_URL or "https://localhost/", now=now)


def _needed(ask: _Ask) -> Callable[[datetime], Verdict]:
    def look(now: datetime) -> Verdict:
        ask(wecom.get_gateway(), now)
        return ok()

    return look


def _wished(ask: _Ask, lost: Words) -> Callable[[datetime], Verdict]:
    """For what the product can do without: a no is told, with what is lost by it."""

    def look(now: datetime) -> Verdict:
        try:
            ask(wecom.get_gateway(), now)
        except wecom.Refused as error:
            if error.retryable:
                raise
            seen = format_lazy("{error} · {lost}", error=str(error), lost=lost)
            return warn(seen, advice(error))
        return ok()

    return look


def _app_messages(_now: datetime) -> Verdict:
    return unknown(
        _("Only sending a message would tell, so it is not tried."),
        _("WECOM_AGENT_ID and WECOM_SECRET must stand on the page of one and the same app."),
    )


def _right(
    name: str, title: Words, look: Callable[[datetime], Verdict], menu: str, *needs: str
) -> Check:
    return Check(
        f"right:{name}",
        Group.RIGHTS,
        title,
        look,
        needs=needs or ("follow_staff",),
        menu=menu,
        docs=DOCS,
    )


CHECKS = (
    _right("customers", _("Read customers"), _needed(_customers), f"{_CONTACT} › 权限配置"),
    _right(
        "tags",
        _("Read customer tags"),
        _needed(lambda gateway, _now: gateway.corp_tags()),
        f"{_CONTACT} › 权限配置",
        "callable_app",
    ),
    _right("groups", _("Read customer groups"), _needed(_groups), f"{_CONTACT} › 权限配置"),
    _right(
        "broadcasts",
        _("Broadcasts"),
        _needed(_broadcasts),
        f"{_CONTACT} › 群发工具",
        "callable_app",
    ),
    _right(
        "contact_ways",
        _("QR codes"),
        _needed(_contact_ways),
        f"{_CONTACT} › 加客户",
        "callable_app",
    ),
    _right("statistics", _("Statistics"), _needed(_statistics), f"{_CONTACT} › 数据统计"),
    _right(
        "moments",
        _("Moments"),
        _wished(_moments, _("moments are not available")),
        f"{_CONTACT} › 客户朋友圈",
        "callable_app",
    ),
    _right(
        "links",
        _("Acquisition links"),
        _wished(
            lambda gateway, _now: next(gateway.link_ids(), None),
            _("acquisition links (获客助手) are not available"),
        ),
        f"{_CONTACT} › 获客助手",
        "callable_app",
    ),
    _right(
        "hand_over",
        _("Hand-over of resigned staff"),
        _wished(
            lambda gateway, _now: next(gateway.unassigned_contacts(), None),
            _("customers of resigned staff cannot be handed over"),
        ),
        f"{_CONTACT} › 离职继承",
        "callable_app",
    ),
    _right(
        "side_bar",
        _("Chat side bar"),
        _wished(_side_bar, _("the side bar is not available")),
        "应用管理 › 自建 › 网页授权及JS-SDK",
        "trusted_ip",
    ),
    _right("app_messages", _("Messages to staff"), _app_messages, "应用管理 › 自建", "token"),
)
