"""Moments as staff and customers live them (客户朋友圈): publish, like, comment."""

from __future__ import annotations

from scrm.simulator.errors import Impossible
from scrm.simulator.messages import Messages
from scrm.simulator.tables import Moment


class Moments(Messages):
    """Nobody sees a post before a staff member publishes it."""

    def publish_moments(self, moment_id: str | None = None, userid: str | None = None) -> int:
        """Staff publish every open post (or these); returns how many customers can see it."""
        with self.lock:
            wanted = self.staff_named(userid).userid if userid else None
            return sum(
                self.record(
                    "moment_published",
                    moment_id=moment.moment_id,
                    userid=sender,
                    at=self.clock.timestamp(),
                )
                for moment in self.moments.values()
                if moment_id in (None, moment.moment_id) and not moment.cancelled_at
                for sender in moment.targets
                if wanted in (None, sender) and sender not in moment.published
            )

    def post_moment(
        self, userid: str, text: str, *, location: tuple[str, str, str] | None = None
    ) -> str:
        """A staff member posts on their own, for all their customers; returns the moment_id.

        `location`: latitude, longitude and name of the place, as WeCom writes them.
        """
        userid = self.staff_named(userid).userid
        now = self.clock.timestamp()
        moment = Moment(
            self.new_id("mom", 29),
            "",
            now,
            self.clock.steady(),
            creator=userid,
            create_type=1,
            text=text,
            targets={userid: [follow.external_userid for follow in self.customers_of(userid)]},
            location=dict(zip(("latitude", "longitude", "name"), location or (), strict=False)),
        )
        with self.lock:
            self.keep("moments", moment)
            self.record("moment_published", moment_id=moment.moment_id, userid=userid, at=now)
        return moment.moment_id

    def like_moment(self, moment_id: str, userid: str, who: str) -> None:
        """A customer or a colleague likes the post of this staff member."""
        self._react("likes", moment_id, userid, who)

    def comment_moment(self, moment_id: str, userid: str, who: str) -> None:
        """A customer or a colleague writes under the post; WeCom never tells the words."""
        self._react("comments", moment_id, userid, who)

    def on_moment_published(self, *, moment_id: str, userid: str, at: int) -> int:
        moment = self.moments[moment_id]
        moment.published[userid] = at
        reached = [
            external_userid
            for external_userid in moment.targets[userid]
            if self.active_follow(userid, external_userid)
        ]
        moment.reached[userid] = reached
        return len(reached)

    def on_moment_reaction(
        self, *, kind: str, moment_id: str, userid: str, who: str, at: int
    ) -> None:
        getattr(self.moments[moment_id], kind).append([userid, who, at])

    def _react(self, kind: str, moment_id: str, userid: str, who: str) -> None:
        moment, staff = self.moments.get(moment_id), self.staff_named(userid)
        if moment is None or staff.userid not in moment.published:
            raise Impossible("nothing was published", field="moment_id")
        sees_it = who.lower() in self.staff or who in moment.reached[staff.userid]
        if not sees_it:
            raise Impossible("does not see the post", field="external_userid")
        self.record(
            "moment_reaction",
            kind=kind,
            moment_id=moment_id,
            userid=staff.userid,
            who=who,
            at=self.clock.timestamp(),
        )
