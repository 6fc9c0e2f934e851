"""Handing customers and groups over to other staff (在职继承, 离职继承)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from scrm.ratelimit.bucket import Charge
from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import (
    Json,
    at_most,
    moment,
    moment_or_none,
    number,
    records,
    text,
)
from scrm.wecom.maxima import (
    CONTACTS_PER_TRANSFER,
    GROUPS_PER_TRANSFER,
    TRANSFER_MESSAGE_CHARS,
    UNASSIGNED_PER_PAGE,
)
from scrm.wecom.pages import walk
from scrm.wecom.quotas import GROUP_HANDOVERS
from scrm.wecom.types.transfers import (
    TransferReceipt,
    TransferRefusal,
    TransferResult,
    UnassignedContact,
)


class Transfers(Area):
    """From one staff member to another. A call may succeed in part: look at the receipt."""

    def transfer_contacts(
        self, *, handover: str, takeover: str, external_userids: Sequence[str], message: str = ""
    ) -> TransferReceipt:
        """分配在职成员的客户 (transfer_customer): accepted ones move after 24 hours, unless the
        customer refuses. Each customer at most twice in 90 days.

        `message` is told to the customer; empty means WeCom's own words. A repeated call finds
        the customers in transfer (40100), so it does nothing twice. Raises ValueError above
        WeCom's maxima.
        """
        body = _contacts(handover, takeover, external_userids)
        at_most(TRANSFER_MESSAGE_CHARS, message, "message")
        if message:
            body["transfer_success_msg"] = message
        return self._transfer("externalcontact/transfer_customer", body)

    def transfer_results(self, *, handover: str, takeover: str) -> Iterator[TransferResult]:
        """查询客户接替状态 (transfer_result) of everything between these two."""
        return self._results("externalcontact/transfer_result", handover, takeover)

    def transfer_resigned_contacts(
        self, *, handover: str, takeover: str, external_userids: Sequence[str]
    ) -> TransferReceipt:
        """分配离职成员的客户 (resigned/transfer_customer) of somebody who left within a year."""
        body = _contacts(handover, takeover, external_userids)
        return self._transfer("externalcontact/resigned/transfer_customer", body)

    def resigned_transfer_results(
        self, *, handover: str, takeover: str
    ) -> Iterator[TransferResult]:
        """查询客户接替状态 (resigned/transfer_result)."""
        return self._results("externalcontact/resigned/transfer_result", handover, takeover)

    def unassigned_contacts(self) -> Iterator[UnassignedContact]:
        """获取待分配的离职成员列表 (get_unassigned_list): pairs nobody has taken over."""

        def page(cursor: str) -> tuple[Sequence[UnassignedContact], str]:
            body = {"page_size": UNASSIGNED_PER_PAGE, "cursor": cursor}
            reply = self._transport.post("externalcontact/get_unassigned_list", body)
            following = "" if reply.get("is_last") else text(reply, "next_cursor")
            return [_unassigned(record) for record in records(reply, "info")], following

        return walk(page)

    def transfer_groups(
        self, *, chat_ids: Sequence[str], new_owner: str, owner: str = ""
    ) -> TransferReceipt:
        """分配在职成员的客户群 (groupchat/onjob_transfer): at once, each group at most twice in
        90 days, and at most 300 a day of one owner. Causes no callback.

        With `owner`, whose groups they all are, that is counted here (QuotaReached); else WeCom
        alone refuses what is more.
        """
        path = "externalcontact/groupchat/onjob_transfer"
        return self._transfer_groups(path, chat_ids, new_owner, owner)

    def transfer_resigned_groups(
        self, *, chat_ids: Sequence[str], new_owner: str, owner: str = ""
    ) -> TransferReceipt:
        """分配离职成员的客户群 (groupchat/transfer) of owners who left within a year.

        `owner` as for `transfer_groups`.
        """
        path = "externalcontact/groupchat/transfer"
        return self._transfer_groups(path, chat_ids, new_owner, owner)

    def _transfer(self, path: str, body: dict[str, Any]) -> TransferReceipt:
        reply = self._transport.change(path, body)
        codes = {
            text(r, "external_userid"): number(r, "errcode") for r in records(reply, "customer")
        }
        return _receipt(body["external_userid"], codes)

    def _transfer_groups(
        self, path: str, chat_ids: Sequence[str], new_owner: str, owner: str
    ) -> TransferReceipt:
        at_most(GROUPS_PER_TRANSFER, chat_ids, "chat_ids")
        body = {"chat_id_list": list(chat_ids), "new_owner": new_owner}
        costs = [Charge(GROUP_HANDOVERS, owner.lower(), len(chat_ids))] if owner else []
        reply = self._transport.change(path, body, charges=costs)
        failed = records(reply, "failed_chat_list")
        return _receipt(chat_ids, {text(r, "chat_id"): number(r, "errcode") for r in failed})

    def _results(self, path: str, handover: str, takeover: str) -> Iterator[TransferResult]:
        def page(cursor: str) -> tuple[Sequence[TransferResult], str]:
            body = {"handover_userid": handover, "takeover_userid": takeover, "cursor": cursor}
            reply = self._transport.post(path, body)
            found = [_result(record) for record in records(reply, "customer")]
            return found, text(reply, "next_cursor")

        return walk(page)


def _contacts(handover: str, takeover: str, external_userids: Sequence[str]) -> dict[str, Any]:
    at_most(CONTACTS_PER_TRANSFER, external_userids, "external_userids")
    return {
        "handover_userid": handover,
        "takeover_userid": takeover,
        "external_userid": list(external_userids),
    }


def _receipt(asked: Sequence[str], codes: dict[str, int]) -> TransferReceipt:
    return TransferReceipt(
        accepted=tuple(one for one in asked if not codes.get(one)),
        refused=tuple(TransferRefusal(one, code) for one, code in codes.items() if code),
    )


def _result(record: Json) -> TransferResult:
    return TransferResult(
        external_userid=text(record, "external_userid"),
        status=number(record, "status"),
        at=moment_or_none(record, "takeover_time"),
    )


def _unassigned(record: Json) -> UnassignedContact:
    return UnassignedContact(
        handover_userid=text(record, "handover_userid"),
        external_userid=text(record, "external_userid"),
        left_at=moment(record, "dimission_time"),
    )
