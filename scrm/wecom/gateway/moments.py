"""Moments for customers (客户朋友圈): tasks that staff publish one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.messages import BY_ANYBODY
from scrm.wecom.gateway.reading import Json, at_most, moment, number, records, text, texts
from scrm.wecom.maxima import (
    MOMENT_AUDIENCE_PER_PAGE,
    MOMENT_PICTURES,
    MOMENT_REACHED_PER_PAGE,
    MOMENT_SPAN,
    MOMENT_TASKS_PER_PAGE,
    MOMENT_TEXT_CHARS,
    MOMENTS_PER_PAGE,
)
from scrm.wecom.pages import walk
from scrm.wecom.types.moments import (
    MomentDraft,
    MomentInfo,
    MomentJob,
    MomentReaction,
    MomentReactions,
    MomentTask,
)

Item = TypeVar("Item")


class Moments(Area):
    """Making posts and asking what became of them; no callback tells of any of it."""

    def create_moment(self, draft: MomentDraft) -> str:
        """创建发表任务 (add_moment_task): the id of a job, good for 24 hours; see `moment_job`.

        Ten a minute at most (RateLimited). No idempotency key: after OutcomeUnknown look through
        `moments`. Raises ValueError above WeCom's maxima.
        """
        at_most(MOMENT_TEXT_CHARS, draft.text, "text")
        at_most(MOMENT_PICTURES, draft.attachments, "attachments")
        body: dict[str, Any] = {}
        if draft.text:
            body["text"] = {"content": draft.text}
        if draft.attachments:
            body["attachments"] = [dict(attachment) for attachment in draft.attachments]
        if scope := _range(draft):
            body["visible_range"] = scope
        return str(self._transport.change("externalcontact/add_moment_task", body)["jobid"])

    def moment_job(self, jobid: str) -> MomentJob:
        """获取任务创建结果 (get_moment_task_result)."""
        reply = self._transport.get("externalcontact/get_moment_task_result", {"jobid": jobid})
        result = reply.get("result") or {}
        senders = result.get("invalid_sender_list") or {}
        return MomentJob(
            status=number(reply, "status"),
            moment_id=text(result, "moment_id"),
            error_code=number(result, "errcode"),
            invalid_userids=texts(senders, "user_list"),
            invalid_department_ids=tuple(int(p) for p in senders.get("department_list") or ()),
            invalid_tag_ids=texts(result.get("invalid_external_contact_list") or {}, "tag_list"),
        )

    def cancel_moment(self, moment_id: str) -> None:
        """停止发表企业朋友圈 (cancel_moment_task) for staff who have not; recalls nothing."""
        self._transport.change("externalcontact/cancel_moment_task", {"moment_id": moment_id})

    def moments(
        self,
        *,
        start: datetime,
        end: datetime,
        creator: str = "",
        made_by: int = BY_ANYBODY,
    ) -> Iterator[MomentInfo]:
        """获取企业全部的发表列表 (get_moment_list) from `start` to `end`, of corp and staff, or
        those of one `creator`, or those `made_by` 0 the corp, 1 a staff member.

        Longer spans than 30 days are asked for piece by piece; deleted posts are missing.
        """
        second = timedelta(seconds=1)
        while start <= end:
            upto = min(end, start + MOMENT_SPAN - 3 * second)
            # WeCom leaves out both ends.
            span = {
                "start_time": int((start - second).timestamp()),
                "end_time": int((upto + second).timestamp()),
                "filter_type": made_by,
                **({"creator": creator} if creator else {}),
            }
            body = {**span, "limit": MOMENTS_PER_PAGE}
            path = "externalcontact/get_moment_list"
            yield from self._walk(path, body, "moment_list", _moment)
            start = upto + second

    def moment_tasks(self, moment_id: str) -> Iterator[MomentTask]:
        """获取客户朋友圈企业发表的列表 (get_moment_task): who was asked, who has published."""
        body = {"moment_id": moment_id, "limit": MOMENT_TASKS_PER_PAGE}
        return self._walk("externalcontact/get_moment_task", body, "task_list", _task)

    def moment_audience(self, moment_id: str, userid: str) -> Iterator[str]:
        """获取客户朋友圈发表时选择的可见范围 (get_moment_customer_list): external_userids."""
        body = {"moment_id": moment_id, "userid": userid, "limit": MOMENT_AUDIENCE_PER_PAGE}
        path = "externalcontact/get_moment_customer_list"
        return self._walk(path, body, "customer_list", _customer)

    def moment_reached(self, moment_id: str, userid: str) -> Iterator[str]:
        """获取客户朋友圈发表后的可见客户列表 (get_moment_send_result): external_userids."""
        body = {"moment_id": moment_id, "userid": userid, "limit": MOMENT_REACHED_PER_PAGE}
        path = "externalcontact/get_moment_send_result"
        return self._walk(path, body, "customer_list", _customer)

    def moment_reactions(self, moment_id: str, userid: str) -> MomentReactions:
        """获取客户朋友圈的互动数据 (get_moment_comments)."""
        body = {"moment_id": moment_id, "userid": userid}
        reply = self._transport.post("externalcontact/get_moment_comments", body)
        return MomentReactions(
            comments=tuple(_reaction(record) for record in records(reply, "comment_list")),
            likes=tuple(_reaction(record) for record in records(reply, "like_list")),
        )

    def _walk(
        self, path: str, body: dict[str, Any], key: str, read: Callable[[Json], Item]
    ) -> Iterator[Item]:
        def page(cursor: str) -> tuple[Sequence[Item], str]:
            reply = self._transport.post(path, {**body, "cursor": cursor})
            return [read(record) for record in records(reply, key)], text(reply, "next_cursor")

        return walk(page)


def _range(draft: MomentDraft) -> dict[str, Any]:
    scope: dict[str, Any] = {}
    if draft.userids or draft.department_ids:
        scope["sender_list"] = {
            "user_list": list(draft.userids),
            "department_list": list(draft.department_ids),
        }
    if draft.tag_ids:
        scope["external_contact_list"] = {"tag_list": list(draft.tag_ids)}
    return scope


def _moment(record: Json) -> MomentInfo:
    link, video = record.get("link") or {}, record.get("video") or {}
    location = record.get("location") or {}
    return MomentInfo(
        moment_id=text(record, "moment_id"),
        creator=text(record, "creator"),
        created_at=moment(record, "create_time"),
        create_type=number(record, "create_type"),
        is_public=bool(number(record, "visible_type")),
        text=text(record.get("text") or {}, "content"),
        image_media_ids=tuple(text(image, "media_id") for image in records(record, "image")),
        video_media_id=text(video, "media_id"),
        thumb_media_id=text(video, "thumb_media_id"),
        link_title=text(link, "title"),
        link_url=text(link, "url"),
        place=text(location, "name"),
        latitude=text(location, "latitude"),
        longitude=text(location, "longitude"),
    )


def _task(record: Json) -> MomentTask:
    return MomentTask(
        userid=text(record, "userid"), is_published=bool(number(record, "publish_status"))
    )


def _customer(record: Json) -> str:
    return text(record, "external_userid")


def _reaction(record: Json) -> MomentReaction:
    return MomentReaction(
        external_userid=text(record, "external_userid"),
        userid=text(record, "userid"),
        at=moment(record, "create_time"),
    )
