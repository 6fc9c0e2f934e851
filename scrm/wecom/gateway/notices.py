"""Messages of the app to staff (应用消息)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import Json, at_most, text
from scrm.wecom.maxima import (
    DEPARTMENTS_PER_NOTICE,
    DUPLICATE_CHECK,
    TAGS_PER_NOTICE,
    USERIDS_PER_NOTICE,
)
from scrm.wecom.types.notices import AppMessage, AppMessageReceipt


class Notices(Area):
    """What staff read in the app's own chat. Customers never see any of it."""

    def send_app_message(
        self,
        message: AppMessage,
        *,
        userids: Sequence[str] = (),
        department_ids: Sequence[int] = (),
        tag_ids: Sequence[int] = (),
        to_all: bool = False,
        once_within: timedelta | None = None,
    ) -> AppMessageReceipt:
        """发送应用消息 (message/send) to these staff, or to everybody in the app's range.
        `tag_ids` are tags of staff (成员标签), not of customers.

        With `once_within` (up to four hours) WeCom drops an equal message to the same receivers,
        so it may be repeated after OutcomeUnknown. More than 30 a minute or 1,000 an hour for one
        person are dropped without a word. Raises NotVisible when no receiver is in range,
        ValueError above WeCom's maxima.
        """
        at_most(USERIDS_PER_NOTICE, userids, "userids")
        at_most(DEPARTMENTS_PER_NOTICE, department_ids, "department_ids")
        at_most(TAGS_PER_NOTICE, tag_ids, "tag_ids")
        body: dict[str, Any] = {
            "touser": "@all" if to_all else "|".join(userids),
            "toparty": "|".join(map(str, department_ids)),
            "msgtype": message.msgtype,
            "agentid": self._transport.agent_id,
            message.msgtype: dict(message.content),
        }
        if tag_ids:
            body["totag"] = "|".join(map(str, tag_ids))
        if once_within is not None:
            if not timedelta() < once_within <= DUPLICATE_CHECK:
                raise ValueError(f"once_within: up to {DUPLICATE_CHECK}")
            body["enable_duplicate_check"] = 1
            body["duplicate_check_interval"] = int(once_within.total_seconds())
        return _receipt(self._transport.change("message/send", body))


def _receipt(reply: Json) -> AppMessageReceipt:
    return AppMessageReceipt(
        msgid=text(reply, "msgid"),
        invalid_userids=_parts(reply, "invaliduser"),
        invalid_department_ids=tuple(int(part) for part in _parts(reply, "invalidparty")),
        invalid_tag_ids=tuple(int(part) for part in _parts(reply, "invalidtag")),
        unlicensed_userids=_parts(reply, "unlicenseduser"),
        response_code=text(reply, "response_code"),
    )


def _parts(reply: Json, key: str) -> tuple[str, ...]:
    """WeCom writes these lists as "a|b"."""
    return tuple(part for part in text(reply, key).split("|") if part)
