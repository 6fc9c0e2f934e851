"""Corp tags of customers (企业客户标签)."""

from __future__ import annotations

from collections.abc import Sequence

from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import Json, moment, number, records, text
from scrm.wecom.types import TagGroupInfo, TagInfo


class Tags(Area):
    """The library of corp tags."""

    def corp_tags(
        self, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()
    ) -> list[TagGroupInfo]:
        """获取企业标签库 (get_corp_tag_list): all groups, or those asked for.

        `group_ids` win over `tag_ids`. Deleted ones come only when asked for by id.
        """
        body = {"tag_id": list(tag_ids), "group_id": list(group_ids)}
        reply = self._transport.post("externalcontact/get_corp_tag_list", body)
        return [_group(record) for record in records(reply, "tag_group")]


def _group(record: Json) -> TagGroupInfo:
    return TagGroupInfo(
        group_id=text(record, "group_id"),
        name=text(record, "group_name"),
        order=number(record, "order"),
        created_at=moment(record, "create_time"),
        deleted=bool(record.get("deleted")),
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
