"""What happens without our app: other apps, administrators, staff by hand (其他应用、管理后台)."""

from __future__ import annotations

from collections.abc import Sequence

from scrm.simulator.errors import Impossible
from scrm.simulator.messages import Messages
from scrm.simulator.tables import GroupWelcome, WordRule


class Others(Messages):
    """They share the corp with our app, and its limits."""

    def contest_welcome(self, code: str, *, seconds: float = 2.0, wins: bool = False) -> None:
        """Another app begins to send a welcome with this code: so long ours is told 41096, and
        for ever 41051 when the other `wins`.
        """
        if code not in self.welcomes:
            raise Impossible(f"no welcome code {code!r}", field="code")
        until = self.clock.steady() + seconds
        self.record("edit", table="welcomes", id=code, rival_until=until, rival_wins=wins)

    def send_by_hand(self, userid: str, external_userids: Sequence[str], text: str) -> str:
        """A staff member broadcasts on their own (成员群发), which counts against the quota of
        each customer like ours; returns the msgid.
        """
        sender = self.staff_named(userid).userid
        for external_userid in external_userids:
            self.follow_between(sender, external_userid)
        msgid, now = self.new_id("msg", 29), self.clock.timestamp()
        with self.lock:
            self.record(
                "task",
                msgid=msgid,
                chat_type="single",
                created_at=now,
                created_steady=self.clock.steady(),
                targets={sender: list(external_userids)},
                sender=sender,
                text=text,
                create_type=1,
                creator=sender,
            )
            self.record("confirm", msgid=msgid, userid=sender, at=now)
        return msgid

    def add_foreign_group_welcome(self, text: str) -> str:
        """A group welcome that is not ours to change; returns its template_id."""
        template_id = self.new_id("msg", 29)
        now = self.clock.timestamp()
        self.keep("group_welcomes", GroupWelcome(template_id, now, text, {}, is_foreign=True))
        return template_id

    def add_foreign_word_rule(self, name: str, words: Sequence[str], userid: str) -> str:
        """A sensitive-word rule for one staff member, not ours to change; returns its rule_id."""
        rule = WordRule(
            self.new_id("", 24),
            self.clock.timestamp(),
            name,
            list(words),
            2,
            user_list=[self.staff_named(userid).userid],
            is_foreign=True,
        )
        self.keep("word_rules", rule)
        return rule.rule_id
