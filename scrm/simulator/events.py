"""Callback plaintexts (事件): the XML WeCom would encrypt and post."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape


@dataclass(frozen=True, slots=True)
class Event:
    """An event without its header; values that are numbers stand plain, the rest as CDATA."""

    fields: tuple[tuple[str, str | int | tuple[str, ...]], ...]

    def xml(self, *, corp_id: str, at: int) -> str:
        """The whole plaintext as of the unix second `at`."""
        header: tuple[tuple[str, str | int], ...] = (
            ("ToUserName", corp_id),
            ("FromUserName", "sys"),
            ("CreateTime", at),
            ("MsgType", "event"),
        )
        body = "".join(_element(name, value) for name, value in (*header, *self.fields))
        return f"<xml>{body}</xml>"

    @property
    def name(self) -> str:
        """Event and change type, as people call it."""
        values = dict(self.fields)
        return "/".join(str(values[key]) for key in ("Event", "ChangeType") if key in values)

    @property
    def subject(self) -> tuple[str, ...]:
        """The ids of whom it tells: staff, customer, group, tag."""
        names = ("UserID", "ExternalUserID", "ChatId", "Id")
        return tuple(str(value) for name, value in self.fields if name in names)


def contact_added(userid: str, external_userid: str, state: str, welcome_code: str) -> Event:
    optional = tuple(pair for pair in (("State", state), ("WelcomeCode", welcome_code)) if pair[1])
    return _contact("add_external_contact", userid, external_userid, *optional)


def contact_edited(userid: str, external_userid: str) -> Event:
    return _contact("edit_external_contact", userid, external_userid)


def contact_dropped(userid: str, external_userid: str) -> Event:
    """成员删除客户."""
    return _contact("del_external_contact", userid, external_userid)


def contact_transferred(userid: str, external_userid: str) -> Event:
    """The customer went from this staff member to a colleague (在职继承)."""
    source = ("Source", "DELETE_BY_TRANSFER")
    return _contact("del_external_contact", userid, external_userid, source)


def transfer_failed(userid: str, external_userid: str, reason: str) -> Event:
    """`userid` is the receiver; `reason` customer_refused or customer_limit_exceed."""
    return _contact("transfer_fail", userid, external_userid, ("FailReason", reason))


def contact_left(userid: str, external_userid: str) -> Event:
    """客户删除成员."""
    return _contact("del_follow_user", userid, external_userid)


def chat_created(chat_id: str) -> Event:
    return _chat("create", chat_id)


def chat_dismissed(chat_id: str) -> Event:
    return _chat("dismiss", chat_id)


def chat_changed(chat_id: str, detail: str) -> Event:
    """`detail`: change_owner, change_name or change_notice."""
    return _chat("update", chat_id, ("UpdateDetail", detail))


def chat_members_changed(
    chat_id: str,
    detail: str,
    members: Sequence[str],
    *,
    join_scene: int = 0,
    quit_scene: int = 0,
    versions: tuple[str, str],
) -> Event:
    """`detail`: add_member or del_member; `versions`: before and after."""
    return _chat(
        "update",
        chat_id,
        ("UpdateDetail", detail),
        ("JoinScene", join_scene),
        ("QuitScene", quit_scene),
        ("MemChangeCnt", len(members)),
        ("MemChangeList", tuple(members)),
        ("LastMemVer", versions[0]),
        ("CurMemVer", versions[1]),
    )


def tag_changed(change: str, tag_id: str, tag_type: str, strategy_id: int = 0) -> Event:
    """`change`: create, update or delete; `tag_type`: tag or tag_group."""
    strategy = (("StrategyId", strategy_id),) if strategy_id else ()
    return Event(
        (
            ("Event", "change_external_tag"),
            ("ChangeType", change),
            ("Id", tag_id),
            ("TagType", tag_type),
            *strategy,
        )
    )


def acquisition(change: str, *more: tuple[str, str | int]) -> Event:
    """获客助手: balances, requests and first words of those who come by a link."""
    return Event((("Event", "customer_acquisition"), ("ChangeType", change), *more))


def media_job_finished(jobid: str) -> Event:
    """异步上传临时素材完成."""
    return Event((("Event", "upload_media_job_finish"), ("JobId", jobid)))


def _contact(change: str, userid: str, external_userid: str, *more: tuple[str, str]) -> Event:
    return Event(
        (
            ("Event", "change_external_contact"),
            ("ChangeType", change),
            ("UserID", userid),
            ("ExternalUserID", external_userid),
            *more,
        )
    )


def _chat(change: str, chat_id: str, *more: tuple[str, str | int | tuple[str, ...]]) -> Event:
    return Event(
        (
            ("Event", "change_external_chat"),
            ("ChangeType", change),
            ("ChatId", chat_id),
            *more,
        )
    )


def _element(name: str, value: str | int | tuple[str, ...]) -> str:
    if isinstance(value, int):
        return f"<{name}>{value}</{name}>"
    if isinstance(value, tuple):
        return f"<{name}>{''.join(_element('Item', item) for item in value)}</{name}>"
    if "]]>" in value:
        return f"<{name}>{escape(value)}</{name}>"
    return f"<{name}><![CDATA[{value}]]></{name}>"
