"""What people do with codes and links: scan, join, open (扫码、入群、打开获客链接)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from scrm.simulator import events
from scrm.simulator.errors import Impossible
from scrm.simulator.groups import BY_QR_CODE
from scrm.simulator.messages import Messages
from scrm.simulator.people import LEFT
from scrm.simulator.tables import ContactWay, Link

SCANNED, BY_LINK = 1, 16  # add_way
CHANNEL_BYTES = 64
_BALANCE_LOW = 20


class Channels(Messages):
    """Customers who come by what apps made through the API."""

    def scan_contact_way(
        self, config_id: str, external_userid: str, *, callback: bool = False, welcome: bool = False
    ) -> str:
        """A person scans a 联系我 code and meets one of its staff; returns that userid.

        Raises Impossible for a dead code and when they are connected already.
        """
        way = self.contact_ways.get(config_id)
        if way is None:
            raise Impossible(f"no contact way {config_id!r}", field="config_id")
        userid = self._host(way, external_userid)
        self.follow(
            userid,
            external_userid,
            add_way=SCANNED,
            state=way.state,
            callback=callback,
            welcome=welcome,
        )
        return userid

    def scan_join_way(self, config_id: str, external_userid: str, *, callback: bool = False) -> str:
        """A person scans a 加入群聊 code; returns the chat_id of the group they are in now."""
        way = self.join_ways.get(config_id)
        if way is None:
            raise Impossible(f"no join way {config_id!r}", field="config_id")
        living = [chat_id for chat_id in way.chat_id_list if not self.chats[chat_id].dismissed_at]
        if not living:
            raise Impossible("all its groups were dissolved", field="config_id")
        chat_id = min(living, key=lambda chat_id: len(self.chats[chat_id].members))
        self.join_group(
            chat_id, external_userid, scene=BY_QR_CODE, state=way.state, callback=callback
        )
        return chat_id

    def open_link(self, link_id: str) -> None:
        """A person opens an acquisition link, and goes again."""
        self._link_named(link_id)
        self.record("link_opened", link_id=link_id, at=self.clock.timestamp())

    def use_link(
        self,
        link_id: str,
        external_userid: str,
        *,
        channel: str = "",
        callback: bool = False,
        welcome: bool = False,
    ) -> str:
        """A person opens a link and adds a staff member; returns the userid.

        `channel` is the `customer_channel` of the address, cut at 64 bytes.
        """
        link = self._link_named(link_id)
        if not self.acquisition_balance():
            raise Impossible("no uses of links left", field="link_id")
        state = channel.encode()[:CHANNEL_BYTES].decode(errors="ignore")
        userid = self._pick(external_userid, self.expand(link.user_list, link.department_list))
        self.record("link_opened", link_id=link_id, at=self.clock.timestamp())
        if callback:
            self._tell_of_link("friend_request", ("LinkId", link_id), ("State", state))
        self.follow(
            userid,
            external_userid,
            add_way=BY_LINK,
            state=state,
            callback=callback,
            welcome=welcome,
        )
        self.record(
            "link_used",
            link_id=link_id,
            customer=[external_userid, userid, state, self.clock.timestamp()],
        )
        if callback:
            self._tell_of_balance()
        return userid

    def reply(
        self, userid: str, external_userid: str, text: str = "你好", *, at: datetime | None = None
    ) -> None:
        follow = self.follow_between(userid, external_userid)
        is_first = not follow.talked_at
        super().reply(userid, external_userid, text, at=at)
        link = self._link_of(follow.userid, external_userid)
        if link and is_first:
            self._tell_of_link(
                "customer_start_chat",
                ("UserID", follow.userid),
                ("ExternalUserID", external_userid),
                ("LinkId", link.link_id),
            )

    def acquisition_balance(self) -> int:
        """How many customers links may still bring."""
        used = sum(len(link.customers) for link in self.links.values())
        return max(0, self.settings.acquisition_uses - used)

    def expand(self, userids: Iterable[str], departments: Iterable[int]) -> list[str]:
        """The userids named, and those of the departments and all below them; nobody twice."""
        wanted = set(departments)
        grown = True
        while grown:
            below = {d.department_id for d in self.departments.values() if d.parent_id in wanted}
            grown = not below <= wanted
            wanted |= below
        inside = [
            staff.userid
            for staff in self.staff.values()
            if staff.status != LEFT and not wanted.isdisjoint(staff.departments)
        ]
        return list(dict.fromkeys([*userids, *inside]))

    def on_link_opened(self, *, link_id: str, at: int) -> None:
        self.links[link_id].opened.append(at)

    def on_link_used(self, *, link_id: str, customer: list[object]) -> None:
        self.links[link_id].customers.append(customer)

    def _host(self, way: ContactWay, external_userid: str) -> str:
        """Whom the code leads to: of an exclusive one whoever they know, else anybody."""
        hosts = self.expand(way.user, way.party)
        if way.is_exclusive:
            for userid in hosts:
                if self.active_follow(userid, external_userid):
                    return userid
        return self._pick(external_userid, hosts)

    def _pick(self, external_userid: str, hosts: list[str]) -> str:
        free = [
            userid
            for userid in hosts
            if self.staff_named(userid).status == 1
            and not self.active_follow(userid, external_userid)
        ]
        if not free:
            raise Impossible("connected with all of them", field="external_userid")
        return self._random.choice(free)

    def _link_named(self, link_id: str) -> Link:
        link = self.links.get(link_id)
        if link is None:
            raise Impossible(f"no link {link_id!r}", field="link_id")
        return link

    def _link_of(self, userid: str, external_userid: str) -> Link | None:
        for link in self.links.values():
            if any(customer[:2] == [external_userid, userid] for customer in link.customers):
                return link
        return None

    def _tell_of_balance(self) -> None:
        balance = self.acquisition_balance()
        if balance == _BALANCE_LOW - 1:
            self._tell_of_link("balance_low")
        if not balance:
            self._tell_of_link("balance_exhausted")

    def _tell_of_link(self, change: str, *more: tuple[str, str]) -> None:
        self.callbacks.send(events.acquisition(change, *more), at=self.clock.timestamp())
