"""Corp tags of customers (企业客户标签), and putting them on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import Json, at_most, moment, number, records, text
from scrm.wecom.maxima import TAG_NAME_CHARS
from scrm.wecom.types.tags import TagGroupInfo, TagInfo


class Tags(Area):
    """The library of corp tags. An app may change only tags it made itself (else NotVisible)."""

    def corp_tags(
        self, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()
    ) -> list[TagGroupInfo]:
        """获取企业标签库 (get_corp_tag_list): all groups, or those asked for.

        `group_ids` win over `tag_ids`. Deleted ones come only when asked for by id.
        """
        body = {"tag_id": list(tag_ids), "group_id": list(group_ids)}
        reply = self._transport.post("externalcontact/get_corp_tag_list", body)
        return [tag_group(record) for record in records(reply, "tag_group")]

    def add_corp_tags(
        self, names: Sequence[str], *, group_id: str = "", group_name: str = "", order: int = 0
    ) -> TagGroupInfo:
        """添加企业客户标签 (add_corp_tag): tags into an old group by id, or by name an old or new
        one; gives the group with the tags just made, which stand in the order of `names`.

        `order` places a new group. WeCom folds equal names. Raises TagExists when the group has
        one of the names already, NotFound for a deleted group.
        """
        body = new_tags(names, group_id=group_id, group_name=group_name, order=order)
        reply = self._transport.change("externalcontact/add_corp_tag", body)
        return tag_group(reply["tag_group"])

    def edit_corp_tag(self, tag_id: str, *, name: str = "", order: int | None = None) -> None:
        """编辑企业客户标签 (edit_corp_tag): another name or order of a tag or a tag group.

        Raises TagExists when the name is taken, NotFound when the tag is gone, NotVisible when
        our app did not make it.
        """
        body = changed_tag(tag_id, name, order)
        self._transport.change("externalcontact/edit_corp_tag", body)

    def delete_corp_tags(self, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()) -> None:
        """删除企业客户标签 (del_corp_tag): also off all customers; empty groups vanish.

        Raises NotVisible, and deletes nothing, when our app did not make all of them.
        """
        body = {"tag_id": list(tag_ids), "group_id": list(group_ids)}
        self._transport.change("externalcontact/del_corp_tag", body)

    def mark_tags(
        self,
        *,
        userid: str,
        external_userid: str,
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
    ) -> None:
        """编辑客户企业标签 (mark_tag) for this staff member's relation alone; may be repeated.

        No two calls edit one customer at once. Raises Busy, NoRelation, or NotFound for a tag
        that was deleted.
        """
        body = {
            "userid": userid,
            "external_userid": external_userid,
            "add_tag": list(add),
            "remove_tag": list(remove),
        }
        self._transport.change("externalcontact/mark_tag", body, alone=external_userid)


def new_tags(names: Sequence[str], *, group_id: str, group_name: str, order: int) -> dict[str, Any]:
    """The request for tags in the order of `names`. Raises ValueError for names too long."""
    for name in (*names, group_name):
        at_most(TAG_NAME_CHARS, name, "name")
    tags = [{"name": name, "order": len(names) - place} for place, name in enumerate(names)]
    if group_id:
        return {"group_id": group_id, "tag": tags}
    return {"group_name": group_name, "order": order, "tag": tags}


def changed_tag(tag_id: str, name: str, order: int | None) -> dict[str, Any]:
    """The request for another name or order. Raises ValueError for a name too long."""
    at_most(TAG_NAME_CHARS, name, "name")
    body: dict[str, Any] = {"id": tag_id}
    if name:
        body["name"] = name
    if order is not None:
        body["order"] = order
    return body


def tag_group(record: Json) -> TagGroupInfo:
    """A group as WeCom tells it, with its tags."""
    return TagGroupInfo(
        group_id=text(record, "group_id"),
        name=text(record, "group_name"),
        order=number(record, "order"),
        created_at=moment(record, "create_time"),
        deleted=bool(record.get("deleted")),
        strategy_id=number(record, "strategy_id"),
        tags=tuple(
            TagInfo(
                tag_id=text(tag, "id"),
                name=text(tag, "name"),
                order=number(tag, "order"),
                created_at=moment(tag, "create_time"),
                deleted=bool(tag.get("deleted")),
            )
            for tag in records(record, "tag")
        ),
    )
