"""What staff and customers type by hand (聊天): WeCom tells apps nothing of it."""

from __future__ import annotations

from dataclasses import asdict

from scrm.simulator.errors import Impossible
from scrm.simulator.messages import Messages
from scrm.simulator.tables import Saying


class Talks(Messages):
    """Messages between people that no API made; a customer's words to staff are `reply`."""

    def greet(self, userid: str, external_userid: str, text: str) -> None:
        """The words a customer sends with the wish to be added (打招呼): the chat has not begun."""
        follow = self.follow_between(userid, external_userid)
        row = self._saying(external_userid, text, follow.userid, external_userid)
        self.keep("sayings", row)

    def say(self, userid: str, external_userid: str, text: str) -> None:
        """The staff member writes to the customer."""
        follow = self.follow_between(userid, external_userid)
        row = self._saying(follow.userid, text, follow.userid, external_userid)
        self.record("said", **asdict(row))

    def speak(self, chat_id: str, author: str, text: str) -> None:
        """A member of the group, staff or not, writes in it."""
        if author not in self.chat_named(chat_id).members:
            raise Impossible("is not in the group", field="author")
        self.keep("sayings", self._saying(author, text, chat_id=chat_id))

    def on_said(self, **row: object) -> None:
        saying = Saying(**row)  # type: ignore[arg-type]
        self.sayings[saying.saying_id] = saying
        self.followers[saying.external_userid][saying.userid].talked_at = saying.at

    def _saying(
        self, author: str, text: str, userid: str = "", external_userid: str = "", chat_id: str = ""
    ) -> Saying:
        if not text.strip():
            raise Impossible("say something", field="text")
        now = self.clock.timestamp()
        return Saying(self.new_id("say", 20), now, author, text, userid, external_userid, chat_id)
