"""Corp tags (企业客户标签): they hang on the pair of staff and customer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scrm.simulator import events
from scrm.simulator.errors import Impossible
from scrm.simulator.people import People
from scrm.simulator.records import Tag, TagGroup
from scrm.simulator.tables import Strategy


class Tags(People):
    """The tag library and its use, by hand of staff; the API's way in is `endpoints.tags`."""

    def add_tag_group(
        self,
        name: str,
        tags: Sequence[str] = (),
        *,
        order: int = 0,
        callback: bool = False,
        by_app: bool = False,
        strategy_id: int = 0,
    ) -> TagGroup:
        """A new tag group with these tags, made by hand, or `by_app` as if our app had made it."""
        prefix = "st" if strategy_id else "et"
        group_id = self.new_id(prefix)
        group: TagGroup = self.record(
            "tag_group",
            group_id=group_id,
            name=name,
            order=order,
            at=self.clock.timestamp(),
            tags=[[self.new_id(prefix), tag, len(tags) - place] for place, tag in enumerate(tags)],
            strategy_id=strategy_id,
            by_app=by_app,
        )
        if callback:
            self._tell("create", group_id, "tag_group")
        return group

    def add_strategy(self, name: str, parent_id: int = 0) -> int:
        """A new rule group (规则组) of customer contact; returns its id."""
        if parent_id and parent_id not in self.strategies:
            raise Impossible(f"no rule group {parent_id}", field="parent_id")
        strategy_id = len(self.strategies) + 1
        self.keep("strategies", Strategy(strategy_id, name, parent_id))
        return strategy_id

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

    def group_called(self, name: str, strategy_id: int = 0) -> TagGroup | None:
        """The living group of this name, of the corp or of one rule group."""
        for group in self.tag_groups.values():
            if (group.name, group.strategy_id) == (name, strategy_id) and not group.deleted:
                return group
        return None

    def on_tag_group(
        self,
        *,
        group_id: str,
        name: str,
        order: int,
        at: int,
        tags: list[list[object]],
        strategy_id: int = 0,
        by_app: bool = True,
    ) -> TagGroup:
        self.tag_groups[group_id] = TagGroup(
            group_id, name, at, order, strategy_id=strategy_id, by_app=by_app
        )
        return self.on_tags(group_id=group_id, at=at, tags=tags, by_app=by_app)

    def on_tags(
        self, *, group_id: str, at: int, tags: list[list[object]], by_app: bool = True
    ) -> TagGroup:
        """`tags`: lists of id, name, order."""
        group = self.tag_groups[group_id]
        for tag_id, name, order in tags:
            place = int(order)  # type: ignore[call-overload]
            tag = Tag(str(tag_id), group_id, str(name), at, place, by_app=by_app)
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
        group = self.tag_groups.get(tag_id) or self.tag_groups[self.tags[tag_id].group_id]
        event = events.tag_changed(change, tag_id, kind, group.strategy_id)
        self.callbacks.send(event, at=self.clock.timestamp())
