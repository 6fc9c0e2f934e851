"""A customer opens a link in WeChat (客户打开链接): WeCom tells the site who it is, if asked to."""

from __future__ import annotations

import http.client
from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit, urlunsplit

from scrm.simulator.corp import Corp
from scrm.simulator.errors import Impossible

AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.50(0x1800323d) NetType/WIFI Language/zh_CN"
)
_AUTHORIZE = ("open.weixin.qq.com", "/connect/oauth2/authorize")
_MOST_STEPS = 6
_ANSWER_WITHIN = 5.0  # seconds
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def open_link(
    corp: Corp, external_userid: str, url: str, *, trusted: Collection[str]
) -> dict[str, Any]:
    """Follow a link as WeChat's browser does, as far as it stays on `trusted` origins.

    Other sites are never asked. Answers where it ends (`opened`), and whether the site asked
    WeCom who it is (`named`). Raises Impossible for what is no address of the web, and where
    WeCom would refuse: another corp's id, or a domain that is not trusted (50001).
    """
    corp.contact_named(external_userid)
    named = False
    for _step in range(_MOST_STEPS):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Impossible("no address of the web", field="url")
        if (parts.hostname, parts.path) == _AUTHORIZE:
            url, named = _authorized(corp, external_userid, parts.query, trusted), True
            continue
        if origin(url) not in trusted:
            return {"opened": url, "named": named}
        further = _asked(url)
        if not further:
            return {"opened": url, "named": named}
        url = urljoin(url, further)
    raise Impossible("the link leads round and round", field="url")


def origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _authorized(corp: Corp, external_userid: str, query: str, trusted: Collection[str]) -> str:
    """WeCom's own page: back to the site with a code, and the state as it came."""
    given = {name: values[-1] for name, values in parse_qs(query).items()}
    if given.get("appid") != corp.identity.corp_id:
        raise Impossible("appid is not this corp's", field="appid")
    back = given.get("redirect_uri", "")
    if origin(back) not in trusted:
        raise Impossible("50001: the domain of redirect_uri is not trusted", field="redirect_uri")
    code = corp.sign_in(external_userid=external_userid)
    parts = urlsplit(back)
    answer = urlencode({"code": code, "state": given.get("state", "")})
    joined = f"{parts.query}&{answer}" if parts.query else answer
    return urlunsplit((parts.scheme, parts.netloc, parts.path, joined, ""))


def _asked(url: str) -> str:
    """Where the site leads on; "" when this is the page, or the site does not answer."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=_ANSWER_WITHIN)
    try:
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        connection.request("GET", target, headers={"User-Agent": AGENT})
        answer = connection.getresponse()
        return (answer.headers.get("Location") or "") if answer.status in _REDIRECTS else ""
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()
