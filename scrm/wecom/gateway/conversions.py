"""From one kind of id to another (ID转换)."""

from __future__ import annotations

from collections.abc import Sequence

from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import records, text, texts
from scrm.wecom.maxima import OPEN_USERIDS_PER_CALL
from scrm.wecom.types.people import OpenUserids


class Conversions(Area):
    """Ids of WeChat and of providers' apps; `source_agent_id` is the provider's app in our corp."""

    def openid_of(self, external_userid: str) -> str:
        """外部联系人openid转换 (convert_to_openid), of WeChat users. Raises NotFound; BadRequest
        (41056) for users of WeCom.
        """
        body = {"external_userid": external_userid}
        return text(self._transport.post("externalcontact/convert_to_openid", body), "openid")

    def contact_by_unionid(self, *, unionid: str, openid: str) -> str:
        """unionid转换为第三方external_userid (unionid_to_external_userid).

        Documented for providers' apps; whether an app of one's own may ask is not known. Raises
        Refused (61001x) when no customer has these ids.
        """
        body = {"unionid": unionid, "openid": openid}
        reply = self._transport.post("externalcontact/unionid_to_external_userid", body)
        return text(reply, "external_userid")

    def contact_of_provider(self, external_userid: str, *, source_agent_id: int) -> str:
        """代开发应用external_userid转换 (from_service_external_userid): our id of the customer whom
        the provider's app calls `external_userid`.
        """
        body = {"external_userid": external_userid, "source_agentid": source_agent_id}
        reply = self._transport.post("externalcontact/from_service_external_userid", body)
        return text(reply, "external_userid")

    def staff_of_provider(
        self, open_userids: Sequence[str], *, source_agent_id: int
    ) -> OpenUserids:
        """openuserid转换 (batch/openuserid_to_userid): our userids of staff whom the provider's app
        knows by these; any number, asked for a thousand at a time.
        """
        found: dict[str, str] = {}
        unknown: list[str] = []
        for start in range(0, len(open_userids), OPEN_USERIDS_PER_CALL):
            body = {
                "open_userid_list": list(open_userids[start : start + OPEN_USERIDS_PER_CALL]),
                "source_agentid": source_agent_id,
            }
            reply = self._transport.post("batch/openuserid_to_userid", body)
            for record in records(reply, "userid_list"):
                found[text(record, "open_userid")] = text(record, "userid")
            unknown += texts(reply, "invalid_open_userid_list")
        return OpenUserids(userids=found, unknown=tuple(unknown))
