"""Who opened a page, and tickets for page signatures (网页授权, JS-SDK)."""

from __future__ import annotations

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.registry import Answer, get, post
from scrm.simulator.errors import ApiError
from scrm.simulator.tables import LoginCode

_CODE_SECONDS, _TICKET_SECONDS = 300, 1800
_SIGNING_SECONDS = 7200


@get("auth/getuserinfo")
def getuserinfo(corp: Corp, ask: Ask) -> Answer:
    """Of a code that works once; a customer's external_userid only with a visible follower."""
    found = _spent(corp, ask)
    if found.userid:
        ticket = {"user_ticket": found.user_ticket} if found.user_ticket else {}
        return {"userid": found.userid, **ticket}
    answer = {"openid": _openid(found)}
    if corp.followers_of(found.external_userid):
        answer["external_userid"] = found.external_userid
    return answer


@get("user/getuserinfo")
def old_getuserinfo(corp: Corp, ask: Ask) -> Answer:
    """The same under its older address, which some libraries still use: other keys, no ticket."""
    found = _spent(corp, ask)
    if found.userid:
        return {"UserId": found.userid, "DeviceId": ""}
    answer = {"OpenId": _openid(found), "DeviceId": ""}
    if corp.followers_of(found.external_userid):
        answer["external_userid"] = found.external_userid
    return answer


def _spent(corp: Corp, ask: Ask) -> LoginCode:
    """The code of the call, good for this once; raises 40029, 42022, 42003."""
    found = corp.login_codes.get(ask.text("code"))
    if found is None:
        raise ApiError(40029)
    if found.is_used:
        raise ApiError(42022)
    if corp.clock.steady() > found.made_steady + _CODE_SECONDS:
        raise ApiError(42003)
    corp.record("edit", table="login_codes", id=found.code, is_used=True)
    return found


def _openid(found: LoginCode) -> str:
    return f"o{found.external_userid[2:]}"


@post("auth/getuserdetail")
def getuserdetail(corp: Corp, ask: Ask) -> Answer:
    """What the staff member agreed to tell, with a ticket of the last half hour."""
    ticket = ask.text("user_ticket")
    found = next((c for c in corp.login_codes.values() if c.user_ticket == ticket), None)
    if found is None or corp.clock.steady() > found.made_steady + _TICKET_SECONDS:
        raise ApiError(40029)
    number = sorted(corp.staff).index(found.userid.lower())
    return {
        "userid": found.userid,
        "gender": str(1 + number % 2),
        "avatar": f"https://wework.qpic.cn/wwpic3az/avatar_{number}/0",
        "qr_code": f"https://open.work.weixin.qq.com/wwopen/userQRCode?vcode=vc{number:010d}",
        "mobile": f"1380000{number:04d}",
        "email": f"{found.userid.lower()}@example.com",
        "biz_mail": f"{found.userid.lower()}@yunling.example.com",
        "address": "成都市锦江区春熙路1号",
    }


@get("get_jsapi_ticket")
def get_jsapi_ticket(corp: Corp, _ask: Ask) -> Answer:
    return _ticket(corp, "corp")


@get("ticket/get")
def ticket_get(corp: Corp, ask: Ask) -> Answer:
    if ask.text("type") != "agent_config":
        raise ApiError(40058, "invalid type")
    return _ticket(corp, "app")


def _ticket(corp: Corp, kind: str) -> Answer:
    """The same ticket again for two hours, on the steady clock."""
    period = int(corp.clock.steady() // _SIGNING_SECONDS)
    left = (period + 1) * _SIGNING_SECONDS - corp.clock.steady()
    value = corp.derived_id(f"{kind}{period}", 86)
    return {"ticket": value, "expires_in": max(1, round(left))}
