"""Corp tags (企业客户标签): the library and marking customers."""

from __future__ import annotations

from typing import Any

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.customers import follow_of
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.errors import ApiError
from scrm.simulator.records import Tag, TagGroup

_NAME_CHARS = 30


@post("externalcontact/get_corp_tag_list")
def get_corp_tag_list(corp: Corp, ask: Ask) -> Answer:
    """All living tags, or the asked ones with their `deleted` flags (group_id wins)."""
    return {"tag_group": listed(ask, [g for g in corp.tag_groups.values() if not g.strategy_id])}


@post("externalcontact/add_corp_tag")
def add_corp_tag(corp: Corp, ask: Ask) -> Answer:
    """Tags into an old or a new group; equal names inside one call are folded."""
    return add_tags(corp, ask)


@post("externalcontact/edit_corp_tag")
def edit_corp_tag(corp: Corp, ask: Ask) -> Answer:
    """Another name or order for a tag or a group."""
    return edit_tag(corp, ask, of_strategy=False)


@post("externalcontact/del_corp_tag")
def del_corp_tag(corp: Corp, ask: Ask) -> Answer:
    """Tags and whole groups; they come off the customers at the same time."""
    return delete_tags(corp, ask, of_strategy=False)


def listed(ask: Ask, groups: list[TagGroup]) -> list[Answer]:
    """All living ones of these groups, or what was asked for by id."""
    group_ids, tag_ids = ask.texts("group_id"), ask.texts("tag_id")
    groups = sorted(groups, key=lambda group: -group.order)
    if group_ids:
        return [_group(group, flags=True) for group in groups if group.group_id in group_ids]
    if tag_ids:
        return [
            _group(group, flags=True, only=set(tag_ids))
            for group in groups
            if any(tag.tag_id in tag_ids for tag in group.tags)
        ]
    return [_group(group) for group in groups if not group.deleted]


def add_tags(corp: Corp, ask: Ask, strategy_id: int = 0) -> Answer:
    """Make tags of the corp, or of a rule group."""
    wanted = {
        tag.text("name", most_chars=_NAME_CHARS): tag.number("order", 0) for tag in ask.parts("tag")
    }
    if not wanted:
        raise ApiError(40058, "missing tag")
    group = _target_group(corp, ask, strategy_id)
    if group and any(not tag.deleted and tag.name in wanted for tag in group.tags):
        raise ApiError(40071)
    if sum(not tag.deleted for tag in corp.tags.values()) + len(wanted) > (
        corp.settings.tags_per_corp
    ):
        raise ApiError(40126)
    prefix = "st" if strategy_id else "et"
    ids = [corp.new_id(prefix) for _name in wanted]
    made = [[key, *tag] for key, tag in zip(ids, wanted.items(), strict=True)]
    now = corp.clock.timestamp()
    if group:
        corp.record("tags", group_id=group.group_id, at=now, tags=made)
    else:
        group = corp.record(
            "tag_group",
            group_id=corp.new_id(prefix),
            name=ask.text("group_name", most_chars=_NAME_CHARS),
            order=ask.number("order", 0),
            at=now,
            tags=made,
            strategy_id=strategy_id,
        )
    return {"tag_group": _group(group, only=set(ids))}


def edit_tag(corp: Corp, ask: Ask, *, of_strategy: bool) -> Answer:
    """40068 for unknown and deleted ones, 60011 for those our app did not make."""
    wanted = ask.text("id")
    target = _tag_or_group(corp, wanted, of_strategy=of_strategy)
    if target is None or target.deleted:
        raise ApiError(40068)
    if not target.by_app:
        raise ApiError(60011)
    changed: dict[str, Any] = {}
    if ask.has("name"):
        changed["name"] = ask.text("name", most_chars=_NAME_CHARS)
    if ask.has("order"):
        changed["order"] = ask.number("order")
    if "name" in changed and _is_taken(corp, wanted, changed["name"]):
        raise ApiError(40071)
    corp.record("tag_edit", id=wanted, **changed)
    return {}


def delete_tags(corp: Corp, ask: Ask, *, of_strategy: bool) -> Answer:
    """Nothing is deleted when our app did not make all of it, tags of a group included (60011)."""
    tag_ids, group_ids = ask.texts("tag_id"), ask.texts("group_id")
    if not tag_ids and not group_ids:
        raise ApiError(40058, "missing tag_id")
    targets = [_tag_or_group(corp, one, of_strategy=of_strategy) for one in (*tag_ids, *group_ids)]
    for target in targets:
        if target is None:
            raise ApiError(40068)
        inside = target.tags if isinstance(target, TagGroup) else []
        if not target.by_app or any(not tag.by_app for tag in inside if not tag.deleted):
            raise ApiError(60011)
    corp.record("tag_delete", tag_ids=tag_ids, group_ids=group_ids)
    return {}


@post("externalcontact/mark_tag", alone="external_userid")
def mark_tag(corp: Corp, ask: Ask) -> Answer:
    """Put tags on one relation and take others off (编辑客户企业标签)."""
    follow = follow_of(corp, ask)
    add, remove = ask.texts("add_tag"), ask.texts("remove_tag")
    if not add and not remove:
        raise ApiError(40058, "missing add_tag")
    if len(corp.living_tags(add)) != len(add) or any(tag not in corp.tags for tag in remove):
        raise ApiError(40068)
    corp.record(
        "mark",
        userid=follow.userid,
        external_userid=follow.external_userid,
        add=add,
        remove=remove,
    )
    return {}


def _tag_or_group(corp: Corp, wanted: str, *, of_strategy: bool) -> Tag | TagGroup | None:
    tag = corp.tags.get(wanted)
    group = corp.tag_groups.get(tag.group_id if tag else wanted)
    return (tag or group) if group and bool(group.strategy_id) is of_strategy else None


def _target_group(corp: Corp, ask: Ask, strategy_id: int) -> TagGroup | None:
    """The group the tags go into: by id, by name, or None for one to be made."""
    if not ask.has("group_id"):
        name = ask.text("group_name", most_chars=_NAME_CHARS)
        return corp.group_called(name, strategy_id)
    group = corp.tag_groups.get(ask.text("group_id"))
    if group is None or group.deleted or group.strategy_id != strategy_id:
        raise ApiError(40068)
    return group


def _is_taken(corp: Corp, changing: str, name: str) -> bool:
    tag = corp.tags.get(changing)
    if tag is None:
        group = corp.group_called(name, corp.tag_groups[changing].strategy_id)
        return group is not None and group.group_id != changing
    neighbours = corp.tag_groups[tag.group_id].tags
    return any(
        other.name == name and not other.deleted and other is not tag for other in neighbours
    )


def _group(group: TagGroup, *, flags: bool = False, only: set[str] | None = None) -> Answer:
    def shown(deleted: bool) -> Answer:  # noqa: FBT001 - local
        return {"deleted": deleted} if flags else {}

    tags = sorted(group.tags, key=lambda tag: -tag.order)
    return {
        "group_id": group.group_id,
        "group_name": group.name,
        "create_time": group.created_at,
        "order": group.order,
        **({"strategy_id": group.strategy_id} if group.strategy_id else {}),
        **shown(group.deleted),
        "tag": [
            {
                "id": tag.tag_id,
                "name": tag.name,
                "create_time": tag.created_at,
                "order": tag.order,
                **shown(tag.deleted),
            }
            for tag in tags
            if (flags or not tag.deleted) and (only is None or tag.tag_id in only)
        ],
    }
