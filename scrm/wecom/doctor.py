"""The set-up check (接入检查): does the connection to the corp work, and if not, what mends it?"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.utils.translation import gettext as _

from scrm import wecom
from scrm.ratelimit.store import RedisError, client
from scrm.wecom.callback.crypto import Cipher

CALLBACK_PATH = "/wecom/callback/"

_SKEW_ALLOWED = 60.0
_REACH_SECONDS = (3, 5)
# Old corps have ids that begin with wx.
_CORP_ID = re.compile(r"w[wx][0-9A-Za-z]{10,}")
_TOKEN = re.compile(r"[0-9A-Za-z]{1,32}")  # 接收消息 › Token: letters and digits, up to 32


class State(StrEnum):
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check: `name` is stable, the rest is in the active language.

    `detail` says what was seen, `advice` how to mend it (only when failed).
    """

    name: str
    title: str
    state: State
    detail: str = ""
    advice: str = ""


class _Failed(Exception):
    def __init__(self, detail: str, advice: str) -> None:
        super().__init__(detail)
        self.detail, self.advice = detail, advice


class _Skipped(Exception):
    pass


def examine() -> list[Finding]:
    """Check everything, in the order in which it should be mended. Never raises.

    Asks WeCom for a new token and for three lists; changes nothing.
    """
    findings = [
        _finding("postgres", _("Database"), _postgres),
        _finding("redis", _("Redis"), _redis),
        *_settings(),
    ]
    ready = all(finding.state is State.OK for finding in findings)

    def api(check: Callable[[], str]) -> Callable[[], str]:
        def run() -> str:
            if not ready:
                raise _Skipped(_("Mend the lines above first."))
            return check()

        return run

    token = _finding("token", _("Access token"), api(_access_token))
    ready = token.state is State.OK
    return [
        *findings,
        token,
        _finding("departments", _("Departments can be read"), api(_departments)),
        _finding("follow_staff", _("Staff with customers"), api(_follow_staff)),
        _finding("tags", _("Customer tags can be read"), api(_tags)),
        _finding("clock", _("Clock"), _clock),
        _finding("callback_keys", _("Callback keys"), _callback_keys),
        _finding("callback_address", _("Callback address"), _callback_address),
    ]


def _finding(name: str, title: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, title, State.OK, check())
    except _Skipped as reason:
        return Finding(name, title, State.SKIPPED, str(reason))
    except _Failed as failed:
        return Finding(name, title, State.FAILED, failed.detail, failed.advice)
    except wecom.WeComError as error:
        return Finding(name, title, State.FAILED, str(error), error.advice)


def _settings() -> Iterator[Finding]:
    """A line for each WECOM_* value that has the wrong shape, or one that all are right."""
    wrong = [
        Finding(f"setting:{name}", name, State.FAILED, _shown(name), advice)
        for name, is_right, advice in _shapes()
        if not is_right
    ]
    yield from wrong
    if not wrong:
        told = _("demo corp of the simulator") if settings.WECOM_SIMULATED else ""
        yield Finding("settings", _("WECOM_* settings"), State.OK, told)


def _shapes() -> Iterator[tuple[str, bool, str]]:
    yield (
        "WECOM_CORP_ID",
        bool(_CORP_ID.fullmatch(settings.WECOM_CORP_ID)),
        _("Copy it from 我的企业 › 企业信息 › 企业ID; it begins with ww."),
    )
    yield (
        "WECOM_AGENT_ID",
        settings.WECOM_AGENT_ID > 0,
        _("Copy the AgentId of your app from 应用管理 › 自建."),
    )
    yield (
        "WECOM_SECRET",
        bool(re.fullmatch(r"[\w-]{10,}", settings.WECOM_SECRET, re.ASCII)),
        _("Copy the Secret of your app from 应用管理 › 自建, without spaces."),
    )
    yield (
        "WECOM_CALLBACK_TOKEN",
        bool(_TOKEN.fullmatch(settings.WECOM_CALLBACK_TOKEN)),
        _("Copy the Token from 接收消息 › API接收: up to 32 letters and digits."),
    )
    yield (
        "WECOM_ENCODING_AES_KEY",
        _is_key(settings.WECOM_ENCODING_AES_KEY),
        _("Copy the EncodingAESKey from 接收消息 › API接收: exactly 43 letters and digits."),
    )
    url = urlsplit(settings.WECOM_BASE_URL)
    yield (
        "WECOM_BASE_URL",
        url.scheme in {"http", "https"} and bool(url.hostname) and url.path.endswith("/"),
        _("Leave it empty, or write https://qyapi.weixin.qq.com/cgi-bin/ with the last slash."),
    )


def _shown(name: str) -> str:
    """What is set, as far as it may be shown."""
    value = str(getattr(settings, name))
    if not value or value == "0":
        return _("not set")
    if name in {"WECOM_CORP_ID", "WECOM_AGENT_ID", "WECOM_BASE_URL"}:
        return value
    return _("%(number)d characters") % {"number": len(value)}


def _is_key(key: str) -> bool:
    try:
        Cipher("", key, "")
    except ValueError:
        return False
    return True


def _postgres() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            return f"PostgreSQL {cursor.fetchone()[0]}"
    except (DatabaseError, InterfaceError) as error:
        raise _Failed(
            type(error).__name__, _("Start the database, or correct DATABASE_URL.")
        ) from None


def _redis() -> str:
    try:
        return f"Redis {client().info('server')['redis_version']}"
    except RedisError as error:
        raise _Failed(type(error).__name__, _("Start Redis, or correct REDIS_URL.")) from None


def _access_token() -> str:
    wecom.get_gateway().renew_token()
    return ""


def _departments() -> str:
    number = len(wecom.get_gateway().departments())
    if not number:
        raise _Failed("0", _("Give the app a visible range: 应用管理 › your app › 可见范围."))
    return str(number)


def _follow_staff() -> str:
    number = len(wecom.get_gateway().follow_staff())
    if not number:
        raise _Failed(
            "0",
            _(
                "Give staff the customer function (客户联系 › 权限配置 › 使用范围) and put them "
                "into the app's visible range."
            ),
        )
    return str(number)


def _tags() -> str:
    return str(sum(len(group.tags) for group in wecom.get_gateway().corp_tags()))


def _clock() -> str:
    skew = wecom.get_gateway().clock_skew
    if skew is None:
        raise _Skipped(_("WeCom did not tell its time."))
    if abs(skew) > _SKEW_ALLOWED:
        raise _Failed(f"{skew:+.0f} s", _("Set this server's clock: switch on NTP."))
    return f"{skew:+.0f} s"


def _callback_keys() -> str:
    """What we encrypt we can open; whether WeCom has the same keys only its own check tells."""
    cipher, expected, query = _echo()
    opened = cipher.verify_echo(
        query["echostr"],
        signature=query["msg_signature"],
        nonce=query["nonce"],
        timestamp=query["timestamp"],
    )
    if opened != expected:
        raise AssertionError("a message changed on the way there and back")
    return ""


def _callback_address() -> str:
    """Ask ourselves from outside, as WeCom does when the address is saved."""
    if not settings.PUBLIC_URL:
        raise _Skipped(_("Set SCRM_PUBLIC_URL to check it."))
    address = settings.PUBLIC_URL + CALLBACK_PATH
    _cipher, expected, query = _echo()
    advice = _(
        "WeCom must reach this address from the internet. Check DNS, firewall and proxy, and "
        "that SCRM_PUBLIC_URL is right."
    )
    try:
        answer = requests.get(address, query, timeout=_REACH_SECONDS, allow_redirects=False)
    except (requests.RequestException, ValueError) as error:
        raise _Failed(f"{address}: {type(error).__name__}", advice) from None
    if answer.text != expected:
        raise _Failed(f"{address}: HTTP {answer.status_code}", advice)
    return address


def _echo() -> tuple[Cipher, str, dict[str, str]]:
    """A cipher with our keys, a word, and the query WeCom would send to check our address."""
    try:
        cipher = Cipher(
            settings.WECOM_CALLBACK_TOKEN, settings.WECOM_ENCODING_AES_KEY, settings.WECOM_CORP_ID
        )
    except ValueError:
        raise _Skipped(_("Mend the lines above first.")) from None
    word, nonce = str(secrets.randbelow(10**18)), secrets.token_hex(8)
    stamp = str(int(time.time()))
    sealed = cipher.encrypt(word, nonce=nonce, timestamp=stamp)
    query = {
        "msg_signature": sealed.signature,
        "timestamp": stamp,
        "nonce": nonce,
        "echostr": sealed.encrypt,
    }
    return cipher, word, query
