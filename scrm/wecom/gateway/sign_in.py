"""Who opened a page, and what a page may do (网页授权, JS-SDK)."""

from __future__ import annotations

from datetime import datetime
from secrets import token_hex

from scrm.wecom import jssdk
from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import number, text
from scrm.wecom.types.sign_in import PageSignature, StaffDetail, Visitor


class SignIn(Area):
    """Codes and tickets; the addresses that lead to a code are in `scrm/wecom/sign_in.py`."""

    def visitor(self, code: str) -> Visitor:
        """获取访问用户身份 (auth/getuserinfo) of a code, which works once and for five minutes.

        Raises LoginFailed for any other, Misconfigured when this site's domain is not trusted.
        """
        reply = self._transport.get("auth/getuserinfo", {"code": code})
        return Visitor(
            userid=text(reply, "userid"),
            user_ticket=text(reply, "user_ticket"),
            openid=text(reply, "openid"),
            external_userid=text(reply, "external_userid"),
        )

    def staff_detail(self, user_ticket: str) -> StaffDetail:
        """获取访问用户敏感信息 (auth/getuserdetail); the ticket lives 30 minutes."""
        reply = self._transport.post("auth/getuserdetail", {"user_ticket": user_ticket})
        return StaffDetail(
            userid=text(reply, "userid"),
            gender=number(reply, "gender"),
            avatar=text(reply, "avatar"),
            qr_code=text(reply, "qr_code"),
            mobile=text(reply, "mobile"),
            email=text(reply, "email"),
            biz_mail=text(reply, "biz_mail"),
            address=text(reply, "address"),
        )

    def corp_signature(self, url: str, *, now: datetime) -> PageSignature:
        """For `getConfigSignature` of the page at `url` (企业的jsapi_ticket)."""
        return self._signed("corp", "get_jsapi_ticket", {}, url, now)

    def app_signature(self, url: str, *, now: datetime) -> PageSignature:
        """For `getAgentConfigSignature` of the page at `url` (应用的jsapi_ticket): side bar calls
        need this one.
        """
        return self._signed("app", "ticket/get", {"type": "agent_config"}, url, now)

    def _signed(
        self, kind: str, path: str, asked: dict[str, str], url: str, now: datetime
    ) -> PageSignature:
        ticket = self._transport.ticket(kind, path, asked)
        nonce, timestamp = token_hex(8), int(now.timestamp())
        signature = jssdk.signature(ticket=ticket, nonce=nonce, timestamp=timestamp, url=url)
        return PageSignature(timestamp=timestamp, nonce=nonce, signature=signature)
