"""Acquisition links (获客助手): links for advertisements that bring customers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from scrm.wecom.gateway import days
from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import Json, at_most, moment, number, numbers, records, text, texts
from scrm.wecom.maxima import (
    LINK_CUSTOMERS_PER_PAGE,
    LINK_NAME_CHARS,
    LINKS_PER_PAGE,
    STAFF_PER_LINK,
    STAFF_PREFERRED,
)
from scrm.wecom.pages import walk
from scrm.wecom.types.acquisition import (
    AcquisitionQuota,
    LinkChat,
    LinkCustomer,
    LinkDetail,
    LinkDraft,
    LinkInfo,
    LinkStatistic,
    QuotaPart,
)

_AREA = "externalcontact/customer_acquisition"
_ANY_PREFERRED, _NAMED = 1, 2


class Acquisition(Area):
    """Links made by this app."""

    def create_link(self, draft: LinkDraft) -> LinkInfo:
        """创建获客链接 (create_link). Raises QuotaExhausted; ValueError above WeCom's maxima.

        No idempotency key: after OutcomeUnknown look through `link_ids`.
        """
        reply = self._transport.change(f"{_AREA}/create_link", _body(draft))
        return _link(reply["link"], text(reply["link"], "link_id"))

    def link(self, link_id: str) -> LinkDetail:
        """获取获客链接详情 (customer_acquisition/get)."""
        reply = self._transport.post(f"{_AREA}/get", {"link_id": link_id})
        scope, option = reply.get("range") or {}, reply.get("priority_option") or {}
        link = _link(reply["link"], link_id)
        return LinkDetail(
            link=link,
            draft=LinkDraft(
                name=link.name,
                userids=texts(scope, "user_list"),
                department_ids=numbers(scope, "department_list"),
                skip_verify=bool(reply["link"].get("skip_verify")),
                mark_source=bool(reply["link"].get("mark_source", True)),
                priority=texts(option, "priority_userid_list") if option else None,
            ),
        )

    def link_ids(self) -> Iterator[str]:
        """获取获客链接列表 (list_link)."""

        def page(cursor: str) -> tuple[Sequence[str], str]:
            body = {"limit": LINKS_PER_PAGE, "cursor": cursor}
            reply = self._transport.post(f"{_AREA}/list_link", body)
            return texts(reply, "link_id_list"), text(reply, "next_cursor")

        return walk(page)

    def update_link(self, link_id: str, draft: LinkDraft) -> None:
        """编辑获客链接 (update_link): range and priority are overwritten; may be repeated."""
        self._transport.change(f"{_AREA}/update_link", {"link_id": link_id, **_body(draft)})

    def delete_link(self, link_id: str) -> None:
        """删除获客链接 (delete_link): who opens it afterwards meets nobody."""
        self._transport.change(f"{_AREA}/delete_link", {"link_id": link_id})

    def link_customers(self, link_id: str) -> Iterator[LinkCustomer]:
        """获取由获客链接添加的客户信息 (customer_acquisition/customer)."""

        def page(cursor: str) -> tuple[Sequence[LinkCustomer], str]:
            body = {"link_id": link_id, "limit": LINK_CUSTOMERS_PER_PAGE, "cursor": cursor}
            reply = self._transport.post(f"{_AREA}/customer", body)
            return [_customer(r) for r in records(reply, "customer_list")], text(
                reply, "next_cursor"
            )

        return walk(page)

    def link_statistic(self, link_id: str, *, start: date, end: date) -> LinkStatistic:
        """查询链接使用详情 (customer_acquisition/statistic): whole days in Beijing, both included,
        at most 30, none of them more than 180 days ago (BadRequest).
        """
        first, last = days.one_piece(start, end)
        body = {"link_id": link_id, "start_time": first, "end_time": last}
        reply = self._transport.post(f"{_AREA}/statistic", body)
        return LinkStatistic(
            opened=number(reply, "click_link_customer_cnt"),
            added=number(reply, "new_customer_cnt"),
        )

    def link_chat(self, chat_key: str) -> LinkChat:
        """获取成员多次收消息详情 (get_chat_info) of a ChatKey, which comes by callback with a
        customer's 3rd, 5th and 10th message and lives half an hour (then BadRequest).
        """
        reply = self._transport.post(f"{_AREA}/get_chat_info", {"chat_key": chat_key})
        chat = reply.get("chat_info") or {}
        return LinkChat(
            userid=text(reply, "userid"),
            external_userid=text(reply, "external_userid"),
            received=number(chat, "recv_msg_cnt"),
            link_id=text(chat, "link_id"),
            state=text(chat, "state"),
        )

    def acquisition_quota(self) -> AcquisitionQuota:
        """查询剩余使用量 (customer_acquisition_quota)."""
        reply = self._transport.get("externalcontact/customer_acquisition_quota")
        return AcquisitionQuota(
            total=number(reply, "total"),
            balance=number(reply, "balance"),
            parts=tuple(
                QuotaPart(expires_at=moment(part, "expire_date"), balance=number(part, "balance"))
                for part in records(reply, "quota_list")
            ),
        )


def _body(draft: LinkDraft) -> dict[str, Any]:
    at_most(LINK_NAME_CHARS, draft.name, "name")
    at_most(STAFF_PER_LINK, draft.userids, "userids")
    body: dict[str, Any] = {
        "link_name": draft.name,
        "range": {
            "user_list": list(draft.userids),
            "department_list": list(draft.department_ids),
        },
        "skip_verify": draft.skip_verify,
    }
    if not draft.mark_source:
        body["mark_source"] = False
    if draft.priority is not None:
        at_most(STAFF_PREFERRED, draft.priority, "priority")
        body["priority_option"] = (
            {"priority_type": _NAMED, "priority_userid_list": list(draft.priority)}
            if draft.priority
            else {"priority_type": _ANY_PREFERRED}
        )
    return body


def _link(record: Json, link_id: str) -> LinkInfo:
    return LinkInfo(
        link_id=link_id,
        name=text(record, "link_name"),
        url=text(record, "url"),
        created_at=moment(record, "create_time"),
    )


def _customer(record: Json) -> LinkCustomer:
    return LinkCustomer(
        external_userid=text(record, "external_userid"),
        userid=text(record, "userid"),
        chat_status=number(record, "chat_status"),
        state=text(record, "state"),
    )
