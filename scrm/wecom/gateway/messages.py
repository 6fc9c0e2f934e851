"""Broadcast tasks and what became of them (企业群发)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import (
    Json,
    at_most,
    moment,
    moment_or_none,
    number,
    records,
    text,
    texts,
)
from scrm.wecom.maxima import (
    ATTACHMENTS_PER_MESSAGE,
    CONTACTS_PER_TASK,
    GROUPS_PER_TASK,
    LIST_SPAN,
    MESSAGES_PER_PAGE,
    RESULTS_PER_PAGE,
    TAGS_PER_CHOICE,
    TASKS_PER_PAGE,
)
from scrm.wecom.pages import walk
from scrm.wecom.types.messages import (
    GroupMessageInfo,
    GroupMessageReceipt,
    MessageResult,
    MessageResultPage,
    MessageTask,
)

BY_CORP, BY_STAFF, BY_ANYBODY = 0, 1, 2
_SECOND = timedelta(seconds=1)


class Messages(Area):
    """Tasks that staff confirm, by one customer or one group each."""

    def create_group_message(
        self,
        *,
        sender: str,
        text: str = "",
        attachments: Sequence[Mapping[str, object]] = (),
        external_userids: Sequence[str] = (),
        chat_ids: Sequence[str] = (),
        chat_type: str = "single",
        allow_select: bool = False,
    ) -> GroupMessageReceipt:
        """创建企业群发 (externalcontact/add_msg_template).

        Of a `sender` alone all customers are meant. With an empty `sender` WeCom picks the staff
        member who last talked with the customer. `allow_select`: staff may leave some out.
        WeCom delivers only after the staff member confirms, so a receipt means accepted, never
        delivered. There is no idempotency key. Raises Refused when nothing was created,
        OutcomeUnknown when we cannot tell; ValueError for lists above WeCom's maxima.
        """
        at_most(CONTACTS_PER_TASK, external_userids, "external_userids")
        at_most(GROUPS_PER_TASK, chat_ids, "chat_ids")
        body: dict[str, Any] = {"chat_type": chat_type, **message_content(text, attachments)}
        if sender:
            body["sender"] = sender
        if allow_select:
            body["allow_select"] = True
        if external_userids:
            body["external_userid"] = list(external_userids)
        if chat_ids:
            body["chat_id_list"] = list(chat_ids)
        return self._created(body)

    def create_tagged_message(
        self,
        *,
        tag_choices: Sequence[Sequence[str]],
        sender: str = "",
        text: str = "",
        attachments: Sequence[Mapping[str, object]] = (),
        allow_select: bool = False,
    ) -> GroupMessageReceipt:
        """创建企业群发 (add_msg_template) to the customers who have a tag of each choice, of one
        `sender` or of everybody. WeCom does not tell who they are. Raises as
        `create_group_message`.
        """
        for choice in tag_choices:
            at_most(TAGS_PER_CHOICE, choice, "tag_choices")
        chosen = [{"tag_list": list(choice)} for choice in tag_choices]
        body: dict[str, Any] = {
            "chat_type": "single",
            "tag_filter": {"group_list": chosen},
            "allow_select": allow_select,
            **message_content(text, attachments),
        }
        if sender:
            body["sender"] = sender
        return self._created(body)

    def group_messages(
        self,
        *,
        chat_type: str,
        start: datetime,
        end: datetime,
        creator: str = "",
        made_by: int = BY_ANYBODY,
    ) -> Iterator[GroupMessageInfo]:
        """获取群发记录列表 (get_groupmsg_list_v2): tasks made from `start` to `end`, all or those
        of one `creator`, or those `made_by` 0 the corp, 1 a staff member.

        Longer spans than WeCom's month are asked for piece by piece.
        """
        while start <= end:
            upto = min(end, start + LIST_SPAN - _SECOND)
            chosen = {"filter_type": made_by, **({"creator": creator} if creator else {})}
            yield from self._messages_between(chat_type, start, upto, chosen)
            start = upto + _SECOND

    def group_message_tasks(self, msgid: str) -> Iterator[MessageTask]:
        """获取群发成员发送任务列表 (get_groupmsg_task): each staff member's part.

        Raises StillDispatching right after the task was made.
        """

        def page(cursor: str) -> tuple[Sequence[MessageTask], str]:
            body = {"msgid": msgid, "limit": TASKS_PER_PAGE, "cursor": cursor}
            reply = self._transport.post("externalcontact/get_groupmsg_task", body)
            tasks = [_task(record) for record in records(reply, "task_list")]
            return tasks, _next(reply)

        return walk(page)

    def group_message_results(self, msgid: str, userid: str) -> Iterator[MessageResult]:
        """获取企业群发成员执行结果 (get_groupmsg_send_result): each receiver's state.

        Group tasks list only the groups that were sent to.
        """

        def page(cursor: str) -> tuple[Sequence[MessageResult], str]:
            found = self.group_message_results_page(msgid, userid, cursor=cursor)
            return found.items, found.next_cursor

        return walk(page)

    def group_message_results_page(
        self, msgid: str, userid: str, *, cursor: str = "", limit: int = RESULTS_PER_PAGE
    ) -> MessageResultPage:
        """One page of `group_message_results`; a limit above the maximum falls to WeCom's 500."""
        body = {"msgid": msgid, "userid": userid, "limit": limit, "cursor": cursor}
        reply = self._transport.post("externalcontact/get_groupmsg_send_result", body)
        results = tuple(_result(record) for record in records(reply, "send_list"))
        return MessageResultPage(items=results, next_cursor=_next(reply))

    def remind_group_message(self, msgid: str) -> None:
        """提醒成员群发 (remind_groupmsg_send): at most three times in 24 hours and task."""
        self._transport.change("externalcontact/remind_groupmsg_send", {"msgid": msgid})

    def cancel_group_message(self, msgid: str) -> None:
        """停止企业群发 (cancel_groupmsg_send) for staff who have not sent; recalls nothing.

        Raises AlreadyCancelled the second time.
        """
        self._transport.change("externalcontact/cancel_groupmsg_send", {"msgid": msgid})

    def _created(self, body: dict[str, Any]) -> GroupMessageReceipt:
        reply = self._transport.change("externalcontact/add_msg_template", body)
        return GroupMessageReceipt(
            msgid=str(reply.get("msgid") or ""), refused=texts(reply, "fail_list")
        )

    def _messages_between(
        self, chat_type: str, start: datetime, end: datetime, chosen: Mapping[str, object]
    ) -> Iterator[GroupMessageInfo]:
        def page(cursor: str) -> tuple[Sequence[GroupMessageInfo], str]:
            body = {
                "chat_type": chat_type,
                "start_time": int(start.timestamp()),
                "end_time": int(end.timestamp()),
                "limit": MESSAGES_PER_PAGE,
                "cursor": cursor,
                **chosen,
            }
            reply = self._transport.post("externalcontact/get_groupmsg_list_v2", body)
            return [_message(record) for record in records(reply, "group_msg_list")], _next(reply)

        return walk(page)


def message_content(text: str, attachments: Sequence[Mapping[str, object]]) -> dict[str, Any]:
    """The parts of a body that text and attachments take; empty ones are left out.

    Raises ValueError for more than `maxima.ATTACHMENTS_PER_MESSAGE` attachments.
    """
    at_most(ATTACHMENTS_PER_MESSAGE, attachments, "attachments")
    content: dict[str, Any] = {}
    if text:
        content["text"] = {"content": text}
    if attachments:
        content["attachments"] = [dict(attachment) for attachment in attachments]
    return content


def _next(reply: Json) -> str:
    return text(reply, "next_cursor")


def _message(record: Json) -> GroupMessageInfo:
    return GroupMessageInfo(
        msgid=text(record, "msgid"),
        creator=text(record, "creator"),
        created_at=moment(record, "create_time"),
        create_type=number(record, "create_type"),
        text=text(record.get("text") or {}, "content"),
        attachments=tuple(dict(attachment) for attachment in records(record, "attachments")),
    )


def _task(record: Json) -> MessageTask:
    return MessageTask(
        userid=text(record, "userid"),
        status=number(record, "status"),
        sent_at=moment_or_none(record, "send_time"),
    )


def _result(record: Json) -> MessageResult:
    return MessageResult(
        external_userid=text(record, "external_userid"),
        chat_id=text(record, "chat_id"),
        userid=text(record, "userid"),
        status=number(record, "status"),
        sent_at=moment_or_none(record, "send_time"),
    )
