"""Tags of rule groups (规则组标签): for corps whose parts keep customers under rules of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scrm.wecom.gateway.area import Area
from scrm.wecom.gateway.reading import records
from scrm.wecom.gateway.tags import changed_tag, new_tags, tag_group
from scrm.wecom.types.tags import TagGroupInfo


class StrategyTags(Area):
    """They count among the corp's 10,000 tags; only what our app made may be changed."""

    def strategy_tags(
        self,
        strategy_id: int = 0,
        *,
        tag_ids: Sequence[str] = (),
        group_ids: Sequence[str] = (),
    ) -> list[TagGroupInfo]:
        """获取指定规则组下的企业客户标签 (get_strategy_tag_list): of one rule group or of all."""
        body: dict[str, Any] = {"tag_id": list(tag_ids), "group_id": list(group_ids)}
        if strategy_id:
            body["strategy_id"] = strategy_id
        reply = self._transport.post("externalcontact/get_strategy_tag_list", body)
        return [tag_group(record) for record in records(reply, "tag_group")]

    def add_strategy_tags(
        self,
        strategy_id: int,
        names: Sequence[str],
        *,
        group_id: str = "",
        group_name: str = "",
        order: int = 0,
    ) -> TagGroupInfo:
        """为指定规则组创建企业客户标签 (add_strategy_tag), as `add_corp_tags`; only for rule groups
        of the first level (else BadRequest).
        """
        tags = new_tags(names, group_id=group_id, group_name=group_name, order=order)
        body = {"strategy_id": strategy_id, **tags}
        reply = self._transport.change("externalcontact/add_strategy_tag", body)
        return tag_group(reply["tag_group"])

    def edit_strategy_tag(self, tag_id: str, *, name: str = "", order: int | None = None) -> None:
        """编辑指定规则组下的企业客户标签 (edit_strategy_tag), as `edit_corp_tag`."""
        self._transport.change(
            "externalcontact/edit_strategy_tag", changed_tag(tag_id, name, order)
        )

    def delete_strategy_tags(
        self, tag_ids: Sequence[str] = (), group_ids: Sequence[str] = ()
    ) -> None:
        """删除指定规则组下的企业客户标签 (del_strategy_tag), as `delete_corp_tags`."""
        body = {"tag_id": list(tag_ids), "group_id": list(group_ids)}
        self._transport.change("externalcontact/del_strategy_tag", body)
