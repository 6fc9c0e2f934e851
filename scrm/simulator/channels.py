"""What people do with codes: scan and join (扫码、入群)."""

from __future__ import annotations

from collections.abc import Iterable

from scrm.simulator.errors import Impossible
from scrm.simulator.groups import BY_QR_CODE
from scrm.simulator.messages import Messages
from scrm.simulator.tables import ContactWay, TempChat

SCANNED = 1  # add_way


class Channels(Messages):
    """Customers who come by what apps made through the API."""

    def scan_contact_way(
        self, config_id: str, external_userid: str, *, callback: bool = False, welcome: bool = False
    ) -> str:
        """A person scans a 联系我 code and meets one of its staff; returns that userid. By a
        temporary code they only talk, see `temp_chat`.

        Raises Impossible for a dead code and when they are connected already.
        """
        way = self.contact_ways.get(config_id)
        if way is None:
            raise Impossible(f"no contact way {config_id!r}", field="config_id")
        if way.is_temp:
            return self._begin_temp_chat(way, external_userid)
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

    def temp_chat(self, userid: str, external_userid: str) -> TempChat | None:
        """The temporary session of the two that goes on now."""
        now = self.clock.timestamp()
        for chat in self.temp_chats.values():
            pair = (chat.userid, chat.external_userid)
            if pair == (userid, external_userid) and now < chat.ends_at:
                return chat
        return None

    def pick(self, external_userid: str, hosts: Iterable[str]) -> str:
        """Any of these staff whom the person does not know yet; raises Impossible."""
        free = [
            userid
            for userid in hosts
            if self.staff_named(userid).status == 1
            and not self.active_follow(userid, external_userid)
        ]
        if not free:
            raise Impossible("connected with all of them", field="external_userid")
        return self._random.choice(free)

    def _begin_temp_chat(self, way: ContactWay, external_userid: str) -> str:
        """A temporary code works once, for whom it was made, until it ends."""
        person, now = self.contact_named(external_userid), self.clock.timestamp()
        if way.config_id in self.temp_chats or now >= way.created_at + way.expires_in:
            raise Impossible("this code is used or over", field="config_id")
        if way.unionid and way.unionid != person.unionid:
            raise Impossible("this code is for somebody else", field="external_userid")
        [userid] = way.user
        ends = now + way.chat_expires_in
        self.keep("temp_chats", TempChat(way.config_id, userid, external_userid, now, ends))
        return userid

    def _host(self, way: ContactWay, external_userid: str) -> str:
        """Whom the code leads to: of an exclusive one whoever they know, else anybody."""
        hosts = self.expand(way.user, way.party)
        if way.is_exclusive:
            for userid in hosts:
                if self.active_follow(userid, external_userid):
                    return userid
        return self.pick(external_userid, hosts)
