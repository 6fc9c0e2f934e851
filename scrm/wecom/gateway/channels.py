"""QR codes that lead to staff (联系我) or into groups (加入群聊)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import Json, at_most, number, numbers, records, text, texts
from scrm.wecom.maxima import (
    CONCLUSION_TEXT_BYTES,
    CONTACT_WAYS_PER_PAGE,
    GROUPS_PER_JOIN_WAY,
    ROOM_NAME_CHARS,
    STAFF_PER_CONTACT_WAY,
    STATE_CHARS,
    TEMPORARY_LASTS,
    WAY_REMARK_CHARS,
)
from scrm.wecom.pages import walk
from scrm.wecom.types.channels import (
    ContactWayDraft,
    ContactWayInfo,
    ContactWayReceipt,
    JoinWayDraft,
    JoinWayInfo,
    TemporarySession,
)


class Channels(Area):
    """Codes made by this app; those of the admin console and of other apps stay unseen."""

    def add_contact_way(self, draft: ContactWayDraft) -> ContactWayReceipt:
        """配置客户联系「联系我」方式 (add_contact_way). Keep the `config_id`.

        Raises QuotaExhausted when the corp has 500,000 codes, BadRequest (41041) for more than
        100 staff after expanding departments, ValueError above the other maxima. There is no
        idempotency key: after OutcomeUnknown look through `contact_way_ids`.
        """
        body = {"type": draft.kind, "scene": draft.scene, **_way(draft)}
        if draft.temporary:
            body |= {"is_temp": True, **_session(draft.temporary)}
            if draft.temporary.unionid:
                body["unionid"] = draft.temporary.unionid
        reply = self._transport.change("externalcontact/add_contact_way", body)
        return ContactWayReceipt(config_id=str(reply["config_id"]), qr_code=text(reply, "qr_code"))

    def contact_way(self, config_id: str) -> ContactWayInfo:
        """获取「联系我」方式 (get_contact_way). Raises NotFound."""
        reply = self._transport.post("externalcontact/get_contact_way", {"config_id": config_id})
        return _way_info(reply["contact_way"])

    def contact_way_ids(self, *, start: datetime, end: datetime) -> Iterator[str]:
        """获取「联系我」列表 (list_contact_way): ids made from `start` to `end`, no temporary ones."""

        def page(cursor: str) -> tuple[Sequence[str], str]:
            body = {
                "start_time": int(start.timestamp()),
                "end_time": int(end.timestamp()),
                "limit": CONTACT_WAYS_PER_PAGE,
                "cursor": cursor,
            }
            reply = self._transport.post("externalcontact/list_contact_way", body)
            ids = [text(record, "config_id") for record in records(reply, "contact_way")]
            return ids, text(reply, "next_cursor")

        return walk(page)

    def update_contact_way(self, config_id: str, draft: ContactWayDraft) -> None:
        """更新「联系我」方式 (update_contact_way): everything but kind and scene, staff and
        departments as a whole. Printed codes stay good. Raises NotFound; may be repeated.
        """
        body = {"config_id": config_id, **_way(draft)}
        if draft.temporary:
            body |= _session(draft.temporary)
        self._transport.change("externalcontact/update_contact_way", body)

    def delete_contact_way(self, config_id: str) -> None:
        """删除「联系我」方式 (del_contact_way): the code is dead for ever. Raises NotFound."""
        self._transport.change("externalcontact/del_contact_way", {"config_id": config_id})

    def close_temporary_session(self, *, userid: str, external_userid: str) -> None:
        """结束临时会话 (close_temp_chat) before its time; the closing words are sent. Raises
        NoRelation when there is none.
        """
        body = {"userid": userid, "external_userid": external_userid}
        self._transport.change("externalcontact/close_temp_chat", body)

    def add_join_way(self, draft: JoinWayDraft) -> str:
        """配置客户群进群方式 (groupchat/add_join_way): the config_id; the code itself comes from
        `join_way`. Raises QuotaExhausted; ValueError above WeCom's maxima.
        """
        reply = self._transport.change("externalcontact/groupchat/add_join_way", _join(draft))
        return str(reply["config_id"])

    def join_way(self, config_id: str) -> JoinWayInfo:
        """获取客户群进群方式 (groupchat/get_join_way). Raises NotFound."""
        reply = self._transport.post(
            "externalcontact/groupchat/get_join_way", {"config_id": config_id}
        )
        return _join_info(reply["join_way"])

    def update_join_way(self, config_id: str, draft: JoinWayDraft) -> None:
        """更新客户群进群方式 (groupchat/update_join_way): everything is overwritten."""
        body = {"config_id": config_id, **_join(draft)}
        self._transport.change("externalcontact/groupchat/update_join_way", body)

    def delete_join_way(self, config_id: str) -> None:
        """删除客户群进群方式 (groupchat/del_join_way). Raises NotFound."""
        body = {"config_id": config_id}
        self._transport.change("externalcontact/groupchat/del_join_way", body)


def _way(draft: ContactWayDraft) -> dict[str, Any]:
    at_most(STAFF_PER_CONTACT_WAY, draft.userids, "userids")
    at_most(STATE_CHARS, draft.state, "state")
    at_most(WAY_REMARK_CHARS, draft.remark, "remark")
    body: dict[str, Any] = {
        "remark": draft.remark,
        "skip_verify": draft.skip_verify,
        "state": draft.state,
        "user": list(draft.userids),
        "party": list(draft.department_ids),
    }
    if draft.style:
        body["style"] = draft.style
    if draft.is_exclusive:
        body["is_exclusive"] = True
    if not draft.mark_source:
        body["mark_source"] = False
    if draft.conclusions:
        words = text(draft.conclusions.get("text") or {}, "content")
        at_most(CONCLUSION_TEXT_BYTES, words.encode(), "conclusions")
        body["conclusions"] = dict(draft.conclusions)
    return body


def _session(session: TemporarySession) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for key, lasts in (("expires_in", session.code_lasts), ("chat_expires_in", session.chat_lasts)):
        if lasts is not None:
            if lasts > TEMPORARY_LASTS:
                raise ValueError(f"{key}: WeCom takes {TEMPORARY_LASTS.days} days")
            body[key] = int(lasts.total_seconds())
    return body


def _way_info(record: Json) -> ContactWayInfo:
    return ContactWayInfo(
        config_id=text(record, "config_id"),
        kind=number(record, "type"),
        scene=number(record, "scene"),
        remark=text(record, "remark"),
        state=text(record, "state"),
        skip_verify=bool(record.get("skip_verify")),
        qr_code=text(record, "qr_code"),
        userids=texts(record, "user"),
        department_ids=numbers(record, "party"),
        is_temporary=bool(record.get("is_temp")),
        mark_source=bool(record.get("mark_source", True)),
        code_lasts=timedelta(seconds=number(record, "expires_in")),
        chat_lasts=timedelta(seconds=number(record, "chat_expires_in")),
        unionid=text(record, "unionid"),
        conclusions=record.get("conclusions") or {},
    )


def _join(draft: JoinWayDraft) -> dict[str, Any]:
    at_most(GROUPS_PER_JOIN_WAY, draft.chat_ids, "chat_ids")
    at_most(STATE_CHARS, draft.state, "state")
    at_most(WAY_REMARK_CHARS, draft.remark, "remark")
    at_most(ROOM_NAME_CHARS, draft.room_base_name, "room_base_name")
    return ({} if draft.mark_source else {"mark_source": False}) | {
        "scene": draft.scene,
        "remark": draft.remark,
        "auto_create_room": int(draft.auto_create_room),
        "room_base_name": draft.room_base_name,
        "room_base_id": draft.room_base_id,
        "chat_id_list": list(draft.chat_ids),
        "state": draft.state,
    }


def _join_info(record: Json) -> JoinWayInfo:
    return JoinWayInfo(
        config_id=text(record, "config_id"),
        qr_code=text(record, "qr_code"),
        way=JoinWayDraft(
            chat_ids=texts(record, "chat_id_list"),
            state=text(record, "state"),
            remark=text(record, "remark"),
            scene=number(record, "scene"),
            auto_create_room=bool(record.get("auto_create_room")),
            room_base_name=text(record, "room_base_name"),
            room_base_id=number(record, "room_base_id"),
            mark_source=bool(record.get("mark_source", True)),
        ),
    )
