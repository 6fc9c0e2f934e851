"""Corp tags (企业客户标签): they hang on the pair of staff and customer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scrm.simulator import events
from scrm.simulator.errors import Impossible
from scrm.simulator.people import People
from scrm.simulator.records import Tag, TagGroup


class Tags(People):
    """The tag library and its use, by hand of staff; the API's way in is `endpoints.tags`."""

    def add_tag_group(
        self, name: str, tags: Sequence[str] = (), *, order: int = 0, callback: bool = False
    ) -> TagGroup:
        """A new tag group with these tags."""
        group_id = self.new_id("et")
        group: TagGroup = self.record(
            "tag_group",
            group_id=group_id,
            name=name,
            order=order,
            at=self.clock.timestamp(),
            tags=[[self.new_id("et"), tag, len(tags) - place] for place, tag in enumerate(tags)],
        )
        if callback:
            self._tell("create", group_id, "tag_group")
        return group

    def rename_tag(self, tag_id: str, name: str, *, callback: bool = False) -> None:
        """Change the name of a tag or tag group by hand."""
        kind = "tag" if tag_id in self.tags else "tag_group"
        if kind == "tag_group" and tag_id not in self.tag_groups:
            raise Impossible(f"no tag {tag_id!r}", field="tag_id")
        self.record("tag_edit", id=tag_id, name=name)
        if callback:
            self._tell("update", tag_id, kind)

    def delete_tag(self, tag_id: str, *, callback: bool = False) -> None:
        """Delete a tag by hand; it vanishes from customers without an event for each."""
        if tag_id not in self.tags:
            raise Impossible(f"no tag {tag_id!r}", field="tag_id")
        self.record("tag_delete", tag_ids=[tag_id], group_ids=[])
        if callback:
            self._tell("delete", tag_id, "tag")

    def mark(
        self, userid: str, external_userid: str, tag_id: str, *, callback: bool = False
    ) -> None:
        """The staff member puts a tag on the customer (打标签)."""
        self._mark(userid, external_userid, add=[tag_id], remove=[], callback=callback)

    def unmark(
        self, userid: str, external_userid: str, tag_id: str, *, callback: bool = False
    ) -> None:
        """The staff member takes a tag off the customer."""
        self._mark(userid, external_userid, add=[], remove=[tag_id], callback=callback)

    def living_tags(self, tag_ids: Iterable[str]) -> list[Tag]:
        return [tag for tag_id in tag_ids if (tag := self.tags.get(tag_id)) and not tag.deleted]

    def group_called(self, name: str) -> TagGroup | None:
        """The living group of this name."""
        for group in self.tag_groups.values():
            if group.name == name and not group.deleted:
                return group
        return None

    def on_tag_group(
        self, *, group_id: str, name: str, order: int, at: int, tags: list[list[object]]
    ) -> TagGroup:
        self.tag_groups[group_id] = TagGroup(group_id, name, at, order)
        return self.on_tags(group_id=group_id, at=at, tags=tags)

    def on_tags(self, *, group_id: str, at: int, tags: list[list[object]]) -> TagGroup:
        """`tags`: lists of id, name, order."""
        group = self.tag_groups[group_id]
        for tag_id, name, order in tags:
            tag = Tag(str(tag_id), group_id, str(name), at, int(order))  # type: ignore[call-overload]
            self.tags[tag.tag_id] = tag
            group.tags.append(tag)
        return group

    def on_tag_edit(self, *, id: str, name: str | None = None, order: int | None = None) -> None:  # noqa: A002
        target = self.tags.get(id) or self.tag_groups[id]
        target.name = target.name if name is None else name
        target.order = target.order if order is None else order

    def on_tag_delete(self, *, tag_ids: list[str], group_ids: list[str]) -> None:
        for group_id in group_ids:
            self.tag_groups[group_id].deleted = True
            tag_ids = tag_ids + [tag.tag_id for tag in self.tag_groups[group_id].tags]
        gone = set(tag_ids)
        for tag_id in gone:
            tag = self.tags[tag_id]
            tag.deleted = True
            group = self.tag_groups[tag.group_id]
            # WeCom knows no empty group.
            group.deleted = all(other.deleted for other in group.tags)
        for follows in self.follows.values():
            for follow in follows.values():
                if not gone.isdisjoint(follow.tag_ids):
                    follow.tag_ids = [tag_id for tag_id in follow.tag_ids if tag_id not in gone]

    def on_mark(
        self, *, userid: str, external_userid: str, add: list[str], remove: list[str]
    ) -> None:
        follow = self.followers[external_userid][userid]
        kept = [tag_id for tag_id in follow.tag_ids if tag_id not in remove]
        follow.tag_ids = list(dict.fromkeys([*kept, *add]))

    def _mark(
        self,
        userid: str,
        external_userid: str,
        *,
        add: list[str],
        remove: list[str],
        callback: bool,
    ) -> None:
        follow = self.follow_between(userid, external_userid)
        for tag_id in (*add, *remove):
            if not self.living_tags([tag_id]):
                raise Impossible(f"no tag {tag_id!r}", field="tag_id")
        self.record(
            "mark", userid=follow.userid, external_userid=external_userid, add=add, remove=remove
        )
        if callback:
            self.callbacks.send(
                events.contact_edited(follow.userid, external_userid), at=self.clock.timestamp()
            )

    def _tell(self, change: str, tag_id: str, kind: str) -> None:
        self.callbacks.send(events.tag_changed(change, tag_id, kind), at=self.clock.timestamp())
