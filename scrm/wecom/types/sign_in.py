"""Who opened a page (网页授权登录, JS-SDK)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who a sign-in code belongs to: a `userid` of the corp, or an `openid` of somebody else,
    with an `external_userid` when a visible staff member follows them.

    A userid alone grants nothing: WeCom names members outside the app's range, too.
    `user_ticket` asks for private details, for 30 minutes.
    """

    userid: str
    user_ticket: str
    openid: str
    external_userid: str


@dataclass(frozen=True, slots=True)
class StaffDetail:
    """What the staff member agreed to tell; the rest is empty. `gender`: 0, 1 male, 2 female."""

    userid: str
    gender: int
    avatar: str
    qr_code: str
    mobile: str
    email: str
    biz_mail: str
    address: str


@dataclass(frozen=True, slots=True)
class PageSignature:
    """What the JS-SDK wants to know of a page: `timestamp`, `nonceStr`, `signature`."""

    timestamp: int
    nonce: str
    signature: str
