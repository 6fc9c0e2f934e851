"""Customers and groups that change hands (在职继承, 离职继承)."""

from __future__ import annotations

from collections.abc import Iterator

from scrm.simulator import events
from scrm.simulator.errors import Impossible
from scrm.simulator.messages import DAY, Messages
from scrm.simulator.people import LEFT
from scrm.simulator.records import STAFF, Follow, GroupChat, GroupMember
from scrm.simulator.tables import DONE, FULL, REFUSED, WAITING, Transfer

ASSIGNED = 202  # add_way
DELAY = DAY
RESIGNED_DAYS = 365


class Handover(Messages):
    """What the day's wait and the customers make of transfers that the API accepted."""

    def refuse_transfer(self, takeover: str, external_userid: str) -> None:
        """The customer says no to the new staff member (拒绝接替); WeCom tells by callback."""
        for transfer in self._waiting():
            if (transfer.takeover, transfer.external_userid) == (takeover, external_userid):
                self._fail(transfer, REFUSED, "customer_refused")
                return
        raise Impossible("nothing to refuse", field="external_userid")

    def catch_up(self) -> None:
        """Carry out the transfers whose day is over."""
        super().catch_up()
        now = self.clock.timestamp()
        for transfer in sorted(self._waiting(), key=lambda waiting: waiting.due_at):
            if transfer.due_at <= now:
                self._carry_out(transfer)

    def unassigned(self) -> list[Follow]:
        """Relations of staff who left within a year that nobody has taken over or will."""
        floor = self.clock.timestamp() - RESIGNED_DAYS * DAY
        taken = {
            (transfer.handover, transfer.external_userid)
            for transfer in self.transfers.values()
            if transfer.status in (DONE, WAITING)
        }
        gone = [s.userid for s in self.staff.values() if s.status == LEFT and s.left_at >= floor]
        return [
            follow
            for userid in gone
            for follow in self.follows.get(userid, {}).values()
            if not follow.ended_at and (userid, follow.external_userid) not in taken
        ]

    def groups_given_since(self, userid: str, second: int) -> int:
        """How many groups were handed over from this owner through the API since `second`."""
        return sum(
            owner == userid and at >= second
            for chat in self.chats.values()
            for owner, at in chat.former_owners
        )

    def group_count(self, userid: str) -> int:
        """Living groups of one owner."""
        return sum(chat.owner == userid and not chat.dismissed_at for chat in self.chats.values())

    def customer_count(self, userid: str) -> int:
        """Living relations of one staff member."""
        return sum(not follow.ended_at for follow in self.follows.get(userid, {}).values())

    def on_group_handed_over(
        self, *, chat_id: str, owner: str, at: int, is_resigned: bool
    ) -> GroupChat:
        chat = self.chats[chat_id]
        chat.former_owners.append([chat.owner, at])
        chat.owner = owner
        chat.is_inherited = is_resigned
        if not is_resigned:
            chat.handed_over.append(at)
        if owner not in chat.members:
            chat.members[owner] = GroupMember(owner, 1, at)
            chat.version = self.next_version(chat)
        return chat

    def _waiting(self) -> Iterator[Transfer]:
        return (found for found in list(self.transfers.values()) if found.status == WAITING)

    def _carry_out(self, transfer: Transfer) -> None:
        old = self.active_follow(transfer.handover, transfer.external_userid)
        if old is None:  # the customer left them meanwhile
            self._fail(transfer, REFUSED, "customer_refused")
        elif self.customer_count(transfer.takeover) >= self.settings.customers_per_staff:
            self._fail(transfer, FULL, "customer_limit_exceed")
        else:
            self._move(transfer)

    def _move(self, transfer: Transfer) -> None:
        pair = {"userid": transfer.handover, "external_userid": transfer.external_userid}
        self.record("unfollow", **pair, by=STAFF, at=transfer.due_at)
        if not transfer.is_resigned:
            self._announce(events.contact_transferred(**pair), transfer.due_at)
        known = self.followers[transfer.external_userid].get(transfer.takeover)
        if known is None or known.ended_at:
            self.record(
                "follow",
                userid=transfer.takeover,
                external_userid=transfer.external_userid,
                at=transfer.due_at,
                add_way=ASSIGNED,
                state="",
                remark=self.contacts[transfer.external_userid].name,
            )
        if known is None:
            added = events.contact_added(transfer.takeover, transfer.external_userid, "", "")
            self._announce(added, transfer.due_at)
        self.record("edit", table="transfers", id=transfer.transfer_id, status=DONE)

    def _fail(self, transfer: Transfer, status: int, reason: str) -> None:
        self.record("edit", table="transfers", id=transfer.transfer_id, status=status)
        failed = events.transfer_failed(transfer.takeover, transfer.external_userid, reason)
        self._announce(failed, self.clock.timestamp())

    def _announce(self, event: events.Event, at: int) -> None:
        self.callbacks.send(event, at=at)
