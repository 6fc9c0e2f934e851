"""Customer groups and who is in them (客户群)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from scrm.simulator import events
from scrm.simulator.errors import Impossible
from scrm.simulator.records import GroupChat, GroupMember
from scrm.simulator.tags import Tags

INVITED, BY_LINK, BY_QR_CODE = 1, 2, 3


class Groups(Tags):
    """The acts of people in and around group chats."""

    def add_group(  # noqa: PLR0913 - a group has that many sides
        self,
        chat_id: str | None = None,
        name: str = "",
        owner: str = "",
        members: Sequence[str] = (),
        *,
        notice: str = "",
        admins: Sequence[str] = (),
        at: datetime | None = None,
        callback: bool = False,
    ) -> str:
        """A new group with its owner and these members (userids or external_userids)."""
        owner = self.staff_named(owner).userid
        chat_id = chat_id or self.new_id("wr")
        second = self.seconds(at)
        entries = [
            {"member_id": member, "kind": self._kind_of(member), "joined_at": second, "invitor": ""}
            for member in dict.fromkeys((owner, *members))
        ]
        for entry in entries[1:]:
            entry["invitor"] = owner
        self.record(
            "group",
            chat_id=chat_id,
            name=name,
            owner=owner,
            at=second,
            notice=notice,
            admins=list(admins),
            members=entries,
        )
        if callback:
            self.callbacks.send(events.chat_created(chat_id), at=self.clock.timestamp())
        return chat_id

    def join_group(  # noqa: PLR0913 - as WeCom tells of it
        self,
        chat_id: str,
        member_id: str,
        *,
        scene: int = BY_QR_CODE,
        invitor: str = "",
        nickname: str = "",
        state: str = "",
        at: datetime | None = None,
        callback: bool = False,
    ) -> None:
        """Somebody joins; raises Impossible for unknown people and those already in."""
        with self.lock:
            chat = self.chat_named(chat_id)
            if member_id in chat.members:
                raise Impossible("is in the group already", field="member_id")
            before = chat.version
            self.record(
                "join",
                chat_id=chat_id,
                member_id=member_id,
                kind=self._kind_of(member_id),
                joined_at=self.seconds(at),
                scene=scene,
                invitor=invitor,
                nickname=nickname,
                state=state,
            )
        if callback:
            self.callbacks.send(
                events.chat_members_changed(
                    chat_id,
                    "add_member",
                    [member_id],
                    join_scene=3 if scene == BY_QR_CODE else 0,
                    versions=(before, chat.version),
                ),
                at=self.clock.timestamp(),
            )

    def leave_group(
        self, chat_id: str, member_id: str, *, removed: bool = False, callback: bool = False
    ) -> None:
        """Somebody leaves, or is `removed` by the owner."""
        with self.lock:
            chat = self.chat_named(chat_id)
            if member_id not in chat.members:
                raise Impossible("is not in the group", field="member_id")
            before = chat.version
            self.record("leave", chat_id=chat_id, member_id=member_id)
        if callback:
            self.callbacks.send(
                events.chat_members_changed(
                    chat_id,
                    "del_member",
                    [member_id],
                    quit_scene=int(removed),
                    versions=(before, chat.version),
                ),
                at=self.clock.timestamp(),
            )

    def change_group(
        self,
        chat_id: str,
        *,
        name: str | None = None,
        owner: str | None = None,
        notice: str | None = None,
        callback: bool = False,
    ) -> None:
        """Give the group another name, owner or notice; one event for each."""
        self.chat_named(chat_id)
        changed = {"name": name, "owner": owner, "notice": notice}
        for what, value in changed.items():
            if value is None:
                continue
            self.record("group_edit", chat_id=chat_id, **{what: value})
            if callback:
                self.callbacks.send(
                    events.chat_changed(chat_id, f"change_{what}"), at=self.clock.timestamp()
                )

    def dismiss_group(self, chat_id: str, *, callback: bool = False) -> None:
        """The owner dissolves the group (解散)."""
        self.chat_named(chat_id)
        self.record("dismiss", chat_id=chat_id, at=self.clock.timestamp())
        if callback:
            self.callbacks.send(events.chat_dismissed(chat_id), at=self.clock.timestamp())

    def opengid_of(self, chat_id: str) -> str:
        """What a mini program is told of the group it was opened in."""
        return f"o{chat_id[::-1]}"

    def chat_of_opengid(self, opengid: str) -> GroupChat | None:
        """The living group a mini program was opened in; None when there is no such."""
        chat = self.chats.get(opengid[1:][::-1])
        return chat if chat is not None and not chat.dismissed_at else None

    def next_version(self, chat: GroupChat) -> str:
        """The member version after a change of the group's members."""
        return _next_version(chat)

    def chat_named(self, chat_id: str) -> GroupChat:
        """The living group; raises Impossible."""
        chat = self.chats.get(chat_id)
        if chat is None or chat.dismissed_at:
            raise Impossible(f"no group {chat_id!r}", field="chat_id")
        return chat

    def on_group(
        self,
        *,
        chat_id: str,
        name: str,
        owner: str,
        at: int,
        notice: str,
        admins: list[str],
        members: list[dict[str, object]],
    ) -> None:
        chat = GroupChat(chat_id, name, owner, at, "", notice, admins)
        for member in members:
            entry = GroupMember(**member)  # type: ignore[arg-type]
            chat.members[entry.member_id] = entry
        chat.version = _next_version(chat)
        self.chats[chat_id] = chat

    def on_join(self, *, chat_id: str, **member: object) -> None:
        chat = self.chats[chat_id]
        entry = GroupMember(**member)  # type: ignore[arg-type]
        chat.members[entry.member_id] = entry
        chat.version = _next_version(chat)

    def on_leave(self, *, chat_id: str, member_id: str) -> None:
        chat = self.chats[chat_id]
        del chat.members[member_id]
        chat.version = _next_version(chat)

    def on_group_edit(self, *, chat_id: str, **changed: object) -> None:
        for what, value in changed.items():
            setattr(self.chats[chat_id], what, value)

    def on_dismiss(self, *, chat_id: str, at: int) -> None:
        self.chats[chat_id].dismissed_at = at

    def _kind_of(self, member_id: str) -> int:
        if member_id.lower() in self.staff:
            return 1
        self.contact_named(member_id)
        return 2


def _next_version(chat: GroupChat) -> str:
    """A new member version that depends on all earlier ones and on who is in."""
    people = ",".join(chat.members)
    return hashlib.md5(f"{chat.version}{people}".encode(), usedforsecurity=False).hexdigest()
