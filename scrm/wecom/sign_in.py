"""Addresses that send a browser to WeCom and back with a code (网页授权, 扫码登录)."""

from __future__ import annotations

import re
from urllib.parse import urlencode

_AUTHORIZE = "https://open.weixin.qq.com/connect/oauth2/authorize"
_LOGIN = "https://login.work.weixin.qq.com/wwlogin/sso/login"
_STATE = re.compile(r"[A-Za-z0-9]{1,128}")


def authorize_url(
    *, corp_id: str, agent_id: int, redirect_uri: str, state: str, private: bool = False
) -> str:
    """Where to send who opens a page inside WeCom; `private` also asks for private details.

    `state` comes back with the code. Raises ValueError unless it is 1 to 128 letters and digits.
    """
    query = {
        "appid": corp_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": "snsapi_privateinfo" if private else "snsapi_base",
        "state": _checked(state),
        "agentid": agent_id,
    }
    return f"{_AUTHORIZE}?{urlencode(query)}#wechat_redirect"


def login_url(
    *, corp_id: str, agent_id: int, redirect_uri: str, state: str, language: str = "zh"
) -> str:
    """Where to send who signs in with a common browser: a code to scan. `language`: zh or en."""
    query = {
        "login_type": "CorpApp",
        "appid": corp_id,
        "agentid": agent_id,
        "redirect_uri": redirect_uri,
        "state": _checked(state),
        "lang": language,
    }
    return f"{_LOGIN}?{urlencode(query)}"


def _checked(state: str) -> str:
    if not _STATE.fullmatch(state):
        raise ValueError("state: 1 to 128 letters and digits")
    return state
