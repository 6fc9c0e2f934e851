"""System checks: settings that would only fail later are refused at the start."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

_NEEDED = (
    "WECOM_CORP_ID",
    "WECOM_AGENT_ID",
    "WECOM_SECRET",
    "WECOM_CALLBACK_TOKEN",
    "WECOM_ENCODING_AES_KEY",
)


@register
def wecom_settings(app_configs: object, **kwargs: Any) -> Sequence[CheckMessage]:
    """A real corp needs all five values, each of the right shape."""
    problems: list[CheckMessage] = []
    missing = [name for name in _NEEDED if not getattr(settings, name)]
    if missing:
        problems.append(
            Error(
                f"{', '.join(missing)} not set",
                hint="A real corp needs all WECOM_* values of .env.example; with none of them "
                "set the local simulator is used.",
                id="scrm.E001",
            )
        )
    if settings.WECOM_ENCODING_AES_KEY and not _is_aes_key(settings.WECOM_ENCODING_AES_KEY):
        problems.append(
            Error(
                "WECOM_ENCODING_AES_KEY is not an EncodingAESKey",
                hint="Copy the 43 letters and digits from 接收消息 › API接收 of the app.",
                id="scrm.E002",
            )
        )
    # Old corps have ids that begin with wx.
    if not settings.WECOM_SIMULATED and not settings.WECOM_CORP_ID.startswith(("ww", "wx")):
        problems.append(
            Error(
                f"WECOM_CORP_ID={settings.WECOM_CORP_ID!r} is not a corp id",
                hint="It begins with ww and stands under 我的企业 › 企业信息.",
                id="scrm.E003",
            )
        )
    problems += _base_url_problems()
    return problems


def _base_url_problems() -> list[CheckMessage]:
    url = urlsplit(settings.WECOM_BASE_URL)
    if url.scheme not in {"http", "https"} or not url.hostname or not url.path.endswith("/"):
        return [
            Error(
                f"WECOM_BASE_URL={settings.WECOM_BASE_URL!r} is not an address",
                hint="Write it whole with the last slash: https://qyapi.weixin.qq.com/cgi-bin/",
                id="scrm.E004",
            )
        ]
    if not settings.WECOM_SIMULATED and url.scheme != "https" and not settings.DEBUG:
        return [
            Error(
                f"WECOM_BASE_URL={settings.WECOM_BASE_URL!r} would send the corp's secret in clear",
                hint="Use https, or set SCRM_DEBUG=1 to try a corp of your own simulator.",
                id="scrm.E005",
            )
        ]
    return []


def _is_aes_key(key: str) -> bool:
    try:
        return len(key) == 43 and len(base64.b64decode(key + "=")) == 32
    except (binascii.Error, ValueError):
        return False
