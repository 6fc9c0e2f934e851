"""Corp tags (企业客户标签): the library and marking customers."""

from __future__ import annotations

from typing import Any

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.customers import follow_of
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.errors import ApiError
from scrm.simulator.records import TagGroup

_NAME_CHARS = 30


@post("externalcontact/get_corp_tag_list")
def get_corp_tag_list(corp: Corp, ask: Ask) -> Answer:
    """All living tags, or the asked ones with their `deleted` flags (group_id wins)."""
    group_ids, tag_ids = ask.texts("group_id"), ask.texts("tag_id")
    groups = sorted(corp.tag_groups.values(), key=lambda group: -group.order)
    if group_ids:
        chosen = [_group(group, flags=True) for group in groups if group.group_id in group_ids]
    elif tag_ids:
        chosen = [
            _group(group, flags=True, only=set(tag_ids))
            for group in groups
            if any(tag.tag_id in tag_ids for tag in group.tags)
        ]
    else:
        chosen = [_group(group) for group in groups if not group.deleted]
    return {"tag_group": chosen}


@post("externalcontact/add_corp_tag")
def add_corp_tag(corp: Corp, ask: Ask) -> Answer:
    """Tags into an old or a new group; equal names inside one call are folded."""
    wanted = {
        tag.text("name", most_chars=_NAME_CHARS): tag.number("order", 0) for tag in ask.parts("tag")
    }
    if not wanted:
        raise ApiError(40058, "missing tag")
    group = _target_group(corp, ask)
    if group and any(not tag.deleted and tag.name in wanted for tag in group.tags):
        raise ApiError(40071)
    if sum(not tag.deleted for tag in corp.tags.values()) + len(wanted) > (
        corp.settings.tags_per_corp
    ):
        raise ApiError(40126)
    ids = [corp.new_id("et") for _name in wanted]
    made = [[key, *tag] for key, tag in zip(ids, wanted.items(), strict=True)]
    now = corp.clock.timestamp()
    if group:
        corp.record("tags", group_id=group.group_id, at=now, tags=made)
    else:
        group = corp.record(
            "tag_group",
            group_id=corp.new_id("et"),
            name=ask.text("group_name", most_chars=_NAME_CHARS),
            order=ask.number("order", 0),
            at=now,
            tags=made,
        )
    return {"tag_group": _group(group, only=set(ids))}


@post("externalcontact/edit_corp_tag")
def edit_corp_tag(corp: Corp, ask: Ask) -> Answer:
    """Another name or order for a tag or a group."""
    wanted = ask.text("id")
    target = corp.tags.get(wanted) or corp.tag_groups.get(wanted)
    if target is None or target.deleted:
        raise ApiError(40068)
    changed: dict[str, Any] = {}
    if ask.has("name"):
        changed["name"] = ask.text("name", most_chars=_NAME_CHARS)
    if ask.has("order"):
        changed["order"] = ask.number("order")
    if "name" in changed and _is_taken(corp, wanted, changed["name"]):
        raise ApiError(40071)
    corp.record("tag_edit", id=wanted, **changed)
    return {}


@post("externalcontact/del_corp_tag")
def del_corp_tag(corp: Corp, ask: Ask) -> Answer:
    """Tags and whole groups; they come off the customers at the same time."""
    tag_ids, group_ids = ask.texts("tag_id"), ask.texts("group_id")
    if not tag_ids and not group_ids:
        raise ApiError(40058, "missing tag_id")
    if any(tag_id not in corp.tags for tag_id in tag_ids):
        raise ApiError(40068)
    if any(group_id not in corp.tag_groups for group_id in group_ids):
        raise ApiError(40068)
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


def _target_group(corp: Corp, ask: Ask) -> TagGroup | None:
    """The group the tags go into: by id, by name, or None for one to be made."""
    if not ask.has("group_id"):
        return corp.group_called(ask.text("group_name", most_chars=_NAME_CHARS))
    group = corp.tag_groups.get(ask.text("group_id"))
    if group is None or group.deleted:
        raise ApiError(40068)
    return group


def _is_taken(corp: Corp, changing: str, name: str) -> bool:
    tag = corp.tags.get(changing)
    if tag is None:
        group = corp.group_called(name)
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
