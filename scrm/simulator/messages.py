"""Broadcast tasks, what customers received, welcome messages (群发、送达、欢迎语)."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterator
from typing import Any

from scrm.simulator.clock import moment
from scrm.simulator.errors import Impossible
from scrm.simulator.groups import Groups
from scrm.simulator.records import (
    NOT_A_FRIEND,
    OVER_QUOTA,
    SENT,
    Delivery,
    Media,
    Task,
    Token,
    Welcome,
)

DAY = 86_400
_BEIJING_OFFSET = 8 * 3600


class Messages(Groups):
    """Staff press send; customers receive, or do not."""

    def tasks(self) -> list[Task]:
        """Every broadcast task WeCom accepted, in order."""
        return list(self.broadcasts.values())

    def ledger(self, *, msgid: str = "", external_userid: str = "") -> list[Delivery]:
        """Every message each customer or group received, in order of time.

        Welcome messages have an empty msgid. `external_userid` may also name a chat.
        """
        with self.lock:
            found = [
                delivery
                for delivery in (*self._broadcast_deliveries(msgid), *self._welcome_deliveries())
                if (not msgid or delivery.msgid == msgid)
                and external_userid in ("", delivery.external_userid, delivery.chat_id)
            ]
        return sorted(found, key=lambda delivery: delivery.at)

    def confirm(
        self,
        msgid: str | None = None,
        userid: str | None = None,
        *,
        chosen: Collection[str] | None = None,
    ) -> int:
        """Staff press send on every open task (or these); returns how many were reached.

        `chosen`: only to these customers or groups; raises Impossible where the task does not
        let staff pick, or none of them is meant by it.
        """
        with self.lock:
            wanted = self.staff_named(userid).userid if userid else None
            return sum(
                self._press_send(task, sender, chosen)
                for task in self.tasks()
                if msgid in (None, task.msgid)
                for sender in task.targets
                if wanted in (None, sender) and task.is_open(sender)
            )

    def ignore(self, msgid: str, userid: str) -> None:
        """The staff member puts the task aside, until a reminder brings it back."""
        staff, task = self.staff_named(userid), self.broadcasts.get(msgid)
        with self.lock:
            if task is None or not task.is_open(staff.userid):
                raise Impossible(f"no open task {msgid!r}", field="msgid")
            self.record("ignore", msgid=msgid, userid=staff.userid, at=self.clock.timestamp())

    def quota_left(self, receiver: str, second: int) -> bool:
        """May this customer or group get one more broadcast at that time (群发规则)?"""
        policy = self.settings.quota_policy
        start, most = _quota_window(policy, second)
        return sum(1 for sent in self.received.get(receiver, ()) if sent >= start) < most

    def revoke_tokens(self) -> int:
        """Make every token that was handed out useless (40014); returns how many."""
        with self.lock:
            living = [token.value for token in self.tokens.values() if not token.revoked]
            self.record("revoke", tokens=living)
        return len(living)

    def on_task(self, *, msgid: str, **fields: Any) -> None:
        self.broadcasts[msgid] = Task(msgid=msgid, **fields)

    def on_ignore(self, *, msgid: str, userid: str, at: int) -> None:
        self.broadcasts[msgid].ignored[userid] = at

    def on_confirm(
        self, *, msgid: str, userid: str, at: int, chosen: list[str] | None = None
    ) -> int:
        task = self.broadcasts[msgid]
        task.confirmed[userid] = at
        outcome = task.results[userid] = {
            receiver: self._sent_to(task, userid, receiver, at)
            for receiver in (task.targets[userid] if chosen is None else chosen)
        }
        reached = [receiver for receiver, (status, _at) in outcome.items() if status == SENT]
        for receiver in reached:
            self.received[receiver].append(at)
        return len(reached)

    def on_cancel(self, *, msgid: str, at: int) -> None:
        self.broadcasts[msgid].cancelled_at = at

    def on_remind(self, *, msgid: str, at: int) -> None:
        self.broadcasts[msgid].reminders.append(at)

    def on_welcome_sent(
        self, *, code: str, at: int, text: str, attachments: list[dict[str, Any]]
    ) -> None:
        welcome = self.welcomes[code]
        welcome.sent_at, welcome.text, welcome.attachments = at, text, attachments

    def on_media(self, *, media_id: str, **fields: Any) -> None:
        self.media[media_id] = Media(media_id, **fields)

    def on_image(self, *, at: int) -> None:
        self.images.append(at)

    def on_token(self, *, value: str, expires_steady: float, kind: str = "app") -> None:
        self.tokens[value] = Token(value, expires_steady, kind=kind)

    def on_revoke(self, *, tokens: list[str]) -> None:
        for value in tokens:
            self.tokens[value].revoked = True

    def _press_send(self, task: Task, userid: str, chosen: Collection[str] | None) -> int:
        change: dict[str, Any] = {"msgid": task.msgid, "userid": userid}
        if chosen is not None:
            picked = [receiver for receiver in task.targets[userid] if receiver in chosen]
            if not task.allow_select or not picked:
                raise Impossible("the task does not let staff pick these", field="chosen")
            change["chosen"] = picked
        return int(self.record("confirm", **change, at=self.clock.timestamp()))

    def _sent_to(self, task: Task, userid: str, receiver: str, at: int) -> list[int]:
        if task.chat_type == "group":
            chat = self.chats.get(receiver)
            if chat is None or chat.dismissed_at:
                return [NOT_A_FRIEND, 0]
        elif self.active_follow(userid, receiver) is None:
            return [NOT_A_FRIEND, 0]
        if not self.quota_left(receiver, at):
            return [OVER_QUOTA, 0]
        return [SENT, at]

    def _broadcast_deliveries(self, msgid: str) -> Iterator[Delivery]:
        for task in self.broadcasts.values():
            if msgid not in ("", task.msgid):
                continue
            for userid, outcome in task.results.items():
                for receiver, (status, at) in outcome.items():
                    if status == SENT:
                        yield _delivery(task, userid, receiver, at)

    def _welcome_deliveries(self) -> Iterator[Delivery]:
        for welcome in self.welcomes.values():
            if welcome.sent_at:
                yield _welcome_delivery(welcome)


def _delivery(task: Task, userid: str, receiver: str, at: int) -> Delivery:
    is_group = task.chat_type == "group"
    return Delivery(
        task.msgid,
        userid,
        "" if is_group else receiver,
        receiver if is_group else "",
        SENT,
        moment(at),
        task.text,
        attachments=tuple(task.attachments),
    )


def _welcome_delivery(welcome: Welcome) -> Delivery:
    return Delivery(
        "",
        welcome.userid,
        welcome.external_userid,
        "",
        SENT,
        moment(welcome.sent_at),
        welcome.text,
        "welcome",
        tuple(welcome.attachments),
    )


def _quota_window(policy: str, second: int) -> tuple[int, int]:
    """Since which second how many broadcasts may arrive, by Beijing's calendar."""
    midnight = second - (second + _BEIJING_OFFSET) % DAY
    today = moment(midnight)
    if policy == "1_per_day":
        return midnight, 1
    if policy == "7_per_week":
        return midnight - today.weekday() * DAY, 7
    days = calendar.monthrange(today.year, today.month)[1]
    return midnight - (today.day - 1) * DAY, days
