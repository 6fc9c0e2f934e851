"""The corp's customers and who follows them (客户联系)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from scrm.wecom.errors import NoRelation
from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.profiles import attributes
from scrm.wecom.gateway.reading import Json, at_most, moment, number, records, text, texts
from scrm.wecom.maxima import (
    CONTACTS_PER_PAGE,
    DESCRIPTION_CHARS,
    REMARK_CHARS,
    REMARK_COMPANY_CHARS,
    SERVED_PER_PAGE,
    STAFF_PER_CALL,
)
from scrm.wecom.pages import walk
from scrm.wecom.types.people import (
    ContactDetail,
    ContactFollow,
    ContactInfo,
    ContactPage,
    FollowInfo,
    ServedPerson,
)

_CORP_TAG, _PERSONAL_TAG = 1, 2


class Customers(Area):
    """Customers as their followers see them."""

    def contacts_of(self, userids: Sequence[str], *, cursor: str = "") -> ContactPage:
        """批量获取客户详情 (batch/get_by_user): one page of pairs of up to 100 staff.

        Tags come as ids, personal tags not at all. Staff without customers give no items. Raises
        ValueError for more than `maxima.STAFF_PER_CALL` staff.
        """
        at_most(STAFF_PER_CALL, userids, "userids")
        body = {"userid_list": list(userids), "cursor": cursor, "limit": CONTACTS_PER_PAGE}
        try:
            reply = self._transport.post("externalcontact/batch/get_by_user", body)
        except NoRelation:
            return ContactPage(items=(), next_cursor="")
        return ContactPage(
            items=tuple(
                ContactFollow(
                    contact=_contact(record["external_contact"]),
                    follow=_follow(record["follow_info"]),
                )
                for record in records(reply, "external_contact_list")
            ),
            next_cursor=text(reply, "next_cursor"),
            unlicensed=texts(reply.get("fail_info") or {}, "unlicensed_userid_list"),
        )

    def contact_ids(self, userid: str) -> list[str]:
        """获取客户列表 (externalcontact/list): the external_userids of one staff member's customers.

        Without pages; somebody without customers has an empty list.
        """
        try:
            reply = self._transport.get("externalcontact/list", {"userid": userid})
        except NoRelation:
            return []
        return list(texts(reply, "external_userid"))

    def contact(self, external_userid: str) -> ContactDetail:
        """获取客户详情 (externalcontact/get) with all pages of followers.

        Raises NoRelation when no visible staff follows the customer (any more). A follower whom
        the customer deleted may still be listed.
        """
        found: list[ContactInfo] = []

        def page(cursor: str) -> tuple[Sequence[Json], str]:
            asked = {"external_userid": external_userid, **({"cursor": cursor} if cursor else {})}
            reply = self._transport.get("externalcontact/get", asked)
            found.append(_contact(reply["external_contact"]))
            return records(reply, "follow_user"), text(reply, "next_cursor")

        follows = tuple(_follow(record) for record in walk(page))
        return ContactDetail(contact=found[0], follows=follows)

    def served_people(self) -> Iterator[ServedPerson]:
        """获取已服务的外部联系人 (contact_list): everybody outside, customers or not.

        One pass must be over within four hours.
        """

        def page(cursor: str) -> tuple[Sequence[ServedPerson], str]:
            body = {"cursor": cursor, "limit": SERVED_PER_PAGE}
            reply = self._transport.post("externalcontact/contact_list", body)
            return [_served(r) for r in records(reply, "info_list")], text(reply, "next_cursor")

        return walk(page)

    def remark_contact(
        self,
        *,
        userid: str,
        external_userid: str,
        remark: str | None = None,
        description: str | None = None,
        company: str | None = None,
        mobiles: Sequence[str] | None = None,
        picture_media_id: str = "",
    ) -> None:
        """修改客户备注信息 (externalcontact/remark) of this relation; None leaves a field alone.

        `mobiles` replaces all numbers, an empty list clears them. `company` is taken for WeChat
        users only. No two calls edit one customer at once. Raises ValueError above WeCom's
        lengths or when nothing is to change; Busy, NoRelation.
        """
        changed: dict[str, Any] = {}
        for key, value, most in (
            ("remark", remark, REMARK_CHARS),
            ("description", description, DESCRIPTION_CHARS),
            ("remark_company", company, REMARK_COMPANY_CHARS),
        ):
            if value is not None:
                at_most(most, value, key)
                changed[key] = value
        if mobiles is not None:
            changed["remark_mobiles"] = list(mobiles) or [""]
        if picture_media_id:
            changed["remark_pic_mediaid"] = picture_media_id
        if not changed:
            raise ValueError("a remark without anything to change")
        body = {"userid": userid, "external_userid": external_userid, **changed}
        self._transport.change("externalcontact/remark", body, alone=external_userid)


def _served(record: Json) -> ServedPerson:
    return ServedPerson(
        passing_id=text(record, "tmp_openid"),
        is_customer=bool(record.get("is_customer")),
        external_userid=text(record, "external_userid"),
        name=text(record, "name"),
        follow_userid=text(record, "follow_userid"),
        chat_id=text(record, "chat_id"),
        chat_name=text(record, "chat_name"),
        added_at=moment(record, "add_time"),
    )


def _contact(record: Json) -> ContactInfo:
    return ContactInfo(
        external_userid=text(record, "external_userid"),
        name=text(record, "name"),
        kind=number(record, "type"),
        avatar=text(record, "avatar"),
        gender=number(record, "gender"),
        unionid=text(record, "unionid"),
        corp_name=text(record, "corp_name"),
        position=text(record, "position"),
        corp_full_name=text(record, "corp_full_name"),
        shown=attributes(record.get("external_profile") or {}, "external_attr"),
    )


def _follow(record: Json) -> FollowInfo:
    """A follower of `get` (tags with names) or of `batch/get_by_user` (`tag_id` alone)."""
    tags, channels = records(record, "tags"), record.get("wechat_channels") or {}
    return FollowInfo(
        userid=text(record, "userid"),
        remark=text(record, "remark"),
        description=text(record, "description"),
        created_at=moment(record, "createtime"),
        tag_ids=texts(record, "tag_id")
        or tuple(text(tag, "tag_id") for tag in tags if _shared(tag)),
        remark_mobiles=texts(record, "remark_mobiles"),
        add_way=number(record, "add_way"),
        state=text(record, "state"),
        oper_userid=text(record, "oper_userid"),
        personal_tags=tuple(text(tag, "tag_name") for tag in tags if not _shared(tag)),
        remark_company=text(record, "remark_corp_name"),
        channels_nickname=text(channels, "nickname"),
        channels_source=number(channels, "source"),
    )


def _shared(tag: Json) -> bool:
    """Corp tags and rule-group tags have ids; personal ones belong to their maker alone."""
    return int(tag.get("type") or _CORP_TAG) != _PERSONAL_TAG and bool(tag.get("tag_id"))
