"""Are the WECOM_* values there, and of the right shape? Secrets are never shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scrm.wecom.callback.crypto import Cipher
from scrm.wecom.doctor.findings import Group, Verdict, Words, fail, ok
from scrm.wecom.doctor.registry import Check

DOCS = "docs/wecom.md#step-1-fill-in-the-settings"

# Old corps have ids that begin with wx.
_CORP_ID = re.compile(r"w[wx][0-9A-Za-z]{10,}")
_SECRET = re.compile(r"[\w-]{10,}", re.ASCII)
_TOKEN = re.compile(r"[0-9A-Za-z]{1,32}")  # 接收消息 › Token: letters and digits, up to 32
_SHOWN = frozenset({"WECOM_CORP_ID", "WECOM_AGENT_ID", "WECOM_BASE_URL"})
_RESTART = _("Write it into .env (or the environment) and restart the product.")


def _is_key(key: str) -> bool:
    try:
        Cipher("", key, "")
    except ValueError:
        return False
    return True


def _is_address(value: str) -> bool:
    url = urlsplit(value)
    return url.scheme in {"http", "https"} and bool(url.hostname) and url.path.endswith("/")


def _shown(name: str) -> Words:
    """What is set, as far as it may be shown."""
    value = str(getattr(settings, name))
    if not value or value == "0":
        return _("not set")
    if name in _SHOWN:
        return value
    return format_lazy(_("{number} characters"), number=len(value))


def _setting(name: str, is_right: Callable[[Any], bool], mend: Words, menu: str) -> Check:
    def look(_now: datetime) -> Verdict:
        if is_right(getattr(settings, name)):
            return ok(_shown(name))
        return fail(_shown(name), mend, _RESTART)

    return Check(f"setting:{name}", Group.SETTINGS, name, look, menu=menu, docs=DOCS)


CHECKS = (
    _setting(
        "WECOM_CORP_ID",
        lambda value: bool(_CORP_ID.fullmatch(value)),
        _("Copy it from 我的企业 › 企业信息 › 企业ID; it begins with ww."),
        "我的企业 › 企业信息 › 企业ID",
    ),
    _setting(
        "WECOM_AGENT_ID",
        lambda value: value > 0,
        _("Copy the AgentId of your app from 应用管理 › 自建."),
        "应用管理 › 自建 › AgentId",
    ),
    _setting(
        "WECOM_SECRET",
        lambda value: bool(_SECRET.fullmatch(value)),
        _("Copy the Secret of your app from 应用管理 › 自建, without spaces."),
        "应用管理 › 自建 › Secret",
    ),
    _setting(
        "WECOM_CALLBACK_TOKEN",
        lambda value: bool(_TOKEN.fullmatch(value)),
        _("Copy the Token from 接收消息 › API接收: up to 32 letters and digits."),
        "应用管理 › 自建 › 接收消息 › 设置API接收",
    ),
    _setting(
        "WECOM_ENCODING_AES_KEY",
        _is_key,
        _("Copy the EncodingAESKey from 接收消息 › API接收: exactly 43 letters and digits."),
        "应用管理 › 自建 › 接收消息 › 设置API接收",
    ),
    _setting(
        "WECOM_BASE_URL",
        _is_address,
        _("Leave it empty, or write https://qyapi.weixin.qq.com/cgi-bin/ with the last slash."),
        "",
    ),
)
