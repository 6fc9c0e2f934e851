"""Acquisition links as people meet them: opened, used, used up (获客助手)."""

from __future__ import annotations

from datetime import datetime

from scrm.simulator import events
from scrm.simulator.channels import Channels
from scrm.simulator.clock import BEIJING
from scrm.simulator.errors import Impossible
from scrm.simulator.tables import ChatKey, Link, QuotaLine

BY_LINK = 16  # add_way
CHANNEL_BYTES = 64
_DAY = 86_400
_YEAR_DAYS = 365
_BALANCE_LOW = 20
_WARNED_BEFORE = (14, 7, 3, 2, 1)  # days before bought uses end
_TOLD_OF = (3, 5, 10)  # messages of a customer


class Acquisition(Channels):
    """Customers who come by links, and the uses of links that the corp bought."""

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
        userid = self.pick(external_userid, self.expand(link.user_list, link.department_list))
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

    def remove_link(self, link_id: str, *, callback: bool = False) -> None:
        """An administrator deletes a link by hand."""
        self._link_named(link_id)
        self.record("drop", table="links", id=link_id)
        if callback:
            self._tell_of_link("delete_link", ("LinkId", link_id))

    def buy_uses(self, granted: int, *, days: int = _YEAR_DAYS, callback: bool = False) -> None:
        """The corp buys uses of links, which end after so many days."""
        now = self.clock.timestamp()
        ends = _midnight(now) + days * _DAY
        self.keep("quota_lines", QuotaLine(self.new_id("quota"), granted, now, ends))
        if callback:
            self._tell_of_link("balance_increased")

    def remove_staff(self, userid: str, *, callback: bool = False) -> None:
        """The staff member leaves; links that led to nobody else become useless."""
        before = [link for link in self.links.values() if self._leads_somewhere(link)]
        super().remove_staff(userid)
        for link in before if callback else ():
            if not self._leads_somewhere(link):
                self._tell_of_link("link_unavailable", ("LinkId", link.link_id))

    def reply(
        self, userid: str, external_userid: str, text: str = "你好", *, at: datetime | None = None
    ) -> None:
        follow = self.follow_between(userid, external_userid)
        is_first = not follow.talked_at
        super().reply(userid, external_userid, text, at=at)
        found = self._link_of(follow.userid, external_userid)
        if found is None:
            return
        link, state = found
        if is_first:
            self._tell_of_link(
                "customer_start_chat",
                ("UserID", follow.userid),
                ("ExternalUserID", external_userid),
                ("LinkId", link.link_id),
            )
        if follow.messages in _TOLD_OF:
            key = self.new_id("", 40)
            self.keep(
                "chat_keys",
                ChatKey(
                    key,
                    link.link_id,
                    follow.userid,
                    external_userid,
                    state,
                    follow.messages,
                    self.clock.steady(),
                ),
            )
            self._tell_of_link("message_from_customer", ("LinkId", link.link_id), ("ChatKey", key))

    def acquisition_balance(self) -> int:
        """How many customers links may still bring."""
        return sum(left for _end, left in self.acquisition_lines())

    def acquisition_lines(self, at: int | None = None) -> list[tuple[int, int]]:
        """What is left of each part of the quota alive at a second, now when None: (end, uses).

        The part that ends first is used first, and the one that comes with the settings, always
        good for a year more, last.
        """
        now = self.clock.timestamp() if at is None else at
        lines = sorted(self.quota_lines.values(), key=lambda line: line.expires_at)
        left = {line.line_id: line.granted for line in lines}
        base = self.settings.acquisition_uses
        for used in sorted(row[3] for link in self.links.values() for row in link.customers):
            for line in lines:
                if line.made_at <= used < line.expires_at and left[line.line_id]:
                    left[line.line_id] -= 1
                    break
            else:
                base -= 1
        living = [(one.expires_at, left[one.line_id]) for one in lines if one.expires_at > now]
        return [*living, (_midnight(now) + _YEAR_DAYS * _DAY, max(0, base))]

    def catch_up(self) -> None:
        """Warn of bought uses that end soon."""
        super().catch_up()
        now = self.clock.timestamp()
        for line in list(self.quota_lines.values()):
            for days in _WARNED_BEFORE:
                due = line.expires_at - days * _DAY
                if days not in line.told and line.made_at < due <= now:
                    self._warn(line, days, due)

    def on_link_opened(self, *, link_id: str, at: int) -> None:
        self.links[link_id].opened.append(at)

    def on_link_used(self, *, link_id: str, customer: list[object]) -> None:
        self.links[link_id].customers.append(customer)

    def _warn(self, line: QuotaLine, days: int, due: int) -> None:
        self.record("edit", table="quota_lines", id=line.line_id, told=[*line.told, days])
        left = dict(self.acquisition_lines(due)).get(line.expires_at, 0)
        if left:
            event = events.acquisition(
                "quota_expire_soon", ("ExpireTime", line.expires_at), ("ExpireQuotaNum", left)
            )
            self.callbacks.send(event, at=due)

    def _leads_somewhere(self, link: Link) -> bool:
        hosts = self.expand(link.user_list, link.department_list)
        return any(self.staff_named(userid).status == 1 for userid in hosts)

    def _link_named(self, link_id: str) -> Link:
        link = self.links.get(link_id)
        if link is None:
            raise Impossible(f"no link {link_id!r}", field="link_id")
        return link

    def _link_of(self, userid: str, external_userid: str) -> tuple[Link, str] | None:
        """The link these two met by, with its channel."""
        for link in self.links.values():
            for row in link.customers:
                if row[:2] == [external_userid, userid]:
                    return link, row[2]
        return None

    def _tell_of_balance(self) -> None:
        balance = self.acquisition_balance()
        if balance == _BALANCE_LOW - 1:
            self._tell_of_link("balance_low")
        if not balance:
            self._tell_of_link("balance_exhausted")

    def _tell_of_link(self, change: str, *more: tuple[str, str]) -> None:
        self.callbacks.send(events.acquisition(change, *more), at=self.clock.timestamp())


def _midnight(second: int) -> int:
    """The midnight in Beijing that this second's day began with."""
    day = datetime.fromtimestamp(second, BEIJING)
    return int(day.replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
