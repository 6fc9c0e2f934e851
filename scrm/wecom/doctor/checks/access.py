"""Does WeCom let this server in: token, trusted IP, callable app, clock."""

from __future__ import annotations

from datetime import datetime

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scrm import wecom
from scrm.wecom.doctor.findings import Group, Verdict, address_in, fail, of_error, ok, unknown
from scrm.wecom.doctor.registry import Check

IP_NOT_TRUSTED, APP_NOT_CALLABLE = 60020, 48002

_SKEW_ALLOWED = 60.0
_SETTINGS = tuple(f"setting:WECOM_{name}" for name in ("CORP_ID", "AGENT_ID", "SECRET", "BASE_URL"))
_APP = "应用管理 › 自建"


def token(_now: datetime) -> Verdict:
    try:
        wecom.get_gateway().renew_token()
    except wecom.Misconfigured as error:
        refused = of_error(error)
        return fail(
            refused.seen,
            *refused.mend,
            _("Secrets of 客户联系 or 通讯录同步 do not work here: take that of a self-built app."),
            copy=refused.copy,
        )
    return ok()


def trusted_ip(_now: datetime) -> Verdict:
    """Only a call with a token tells: gettoken itself is answered to any address."""
    try:
        wecom.get_gateway().departments()
    except wecom.Refused as error:
        if error.code == IP_NOT_TRUSTED:
            return _not_trusted(error)
        if isinstance(error, wecom.NotConnected):
            raise
    return ok()


def _not_trusted(error: wecom.WeComError) -> Verdict:
    address = address_in(error)
    return fail(
        format_lazy(
            _("WeCom sees this server as {address} and does not trust it (60020)"),
            address=address or "?",
        ),
        _("Open your app and go to 企业可信IP › 配置."),
        _("Add the address below; several are separated by semicolons."),
        _(
            "If WeCom first asks for a trusted domain or a callback address, do the callback "
            "step before this one."
        ),
        _("Wait a minute, then run this check again."),
        copy=address,
    )


def callable_app(_now: datetime) -> Verdict:
    try:
        wecom.get_gateway().follow_staff()
    except wecom.Refused as error:
        if error.code == APP_NOT_CALLABLE:
            return fail(
                _("The app may not call the customer APIs (48002)"),
                _("Go to 客户与上下游 › 客户联系 and open API at the top."),
                _("Under 可调用接口的应用 press 设置 and tick your app."),
                _("Run this check again; it works at once."),
            )
        if isinstance(error, wecom.NotConnected):
            raise
    return ok()


def clock(_now: datetime) -> Verdict:
    skew = wecom.get_gateway().clock_skew
    if skew is None:
        return unknown(_("WeCom did not tell its time."))
    seen = format_lazy(_("{seconds} s ahead of WeCom"), seconds=f"{skew:+.0f}")
    if abs(skew) > _SKEW_ALLOWED:
        return fail(
            seen,
            _("Set this server's clock: switch on NTP."),
            _("In a container or virtual machine, set the clock of its host."),
        )
    return ok(seen)


CHECKS = (
    Check(
        "token",
        Group.ACCESS,
        _("Access token"),
        token,
        needs=("redis", *_SETTINGS),
        menu=f"{_APP} › Secret",
        docs="docs/wecom.md#step-2-get-a-token",
    ),
    Check(
        "trusted_ip",
        Group.ACCESS,
        _("Trusted IP"),
        trusted_ip,
        needs=("token",),
        menu=f"{_APP} › 企业可信IP",
        docs="docs/wecom.md#step-3-trust-this-servers-address",
    ),
    Check(
        "callable_app",
        Group.ACCESS,
        _("App may call the customer APIs"),
        callable_app,
        needs=("trusted_ip",),
        menu="客户与上下游 › 客户联系 › API › 可调用接口的应用",
        docs="docs/wecom.md#step-4-open-customer-contact-to-the-app",
    ),
    Check(
        "clock",
        Group.ACCESS,
        _("Clock"),
        clock,
        needs=("trusted_ip",),
        docs="docs/wecom.md#pitfalls",
    ),
)
