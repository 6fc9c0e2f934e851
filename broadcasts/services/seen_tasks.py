"""What WeCom tells of its tasks, asked for once by all who look for a lost one.

After a bad minute hundreds of calls are lost at once, each to another staff member and all with
the same words. Every one of them meets the tasks of all the others, and WeCom names the sender of
a task only when asked for that task: without a memory, looking would take as many calls as the
square of those that were lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contacts.services.sync.parallel import ask_each
from scrm import wecom
from scrm.ratelimit.store import RedisError, client

# A lost call is found within minutes, or not at all.
REMEMBERED_SECONDS = 24 * 3600

Senders = frozenset[str]


@dataclass
class SeenTasks:
    """Tasks made since `since`, as WeCom lists them now; each kind is listed at most once.

    Make one after the settling time of whoever is looked for, and use it at once.
    """

    since: datetime
    until: datetime
    _listed: dict[str, list[wecom.GroupMessageInfo]] = field(default_factory=dict)

    def listed(self, chat_type: str) -> list[wecom.GroupMessageInfo]:
        """All tasks of the kind, "single" or "group". Raises WeComError."""
        if chat_type not in self._listed:
            self._listed[chat_type] = list(
                wecom.get_gateway().group_messages(
                    chat_type=chat_type, start=self.since, end=self.until
                )
            )
        return self._listed[chat_type]

    def senders(
        self, tasks: Sequence[wecom.GroupMessageInfo]
    ) -> tuple[dict[str, Senders], wecom.Refused | None]:
        """Whom each task asks, by msgid, in lower case; and why WeCom does not say so of the
        others yet, if there are any.

        It never changes, so it is remembered for all processes. Raises WeComError when WeCom
        does not answer at all.
        """
        known = _remembered(tasks)
        missing = [task for task in tasks if task.msgid not in known]
        answers = ask_each(
            _senders_of, [task.msgid for task in missing], at_once=wecom.lanes(spare=1)
        )
        told = [
            (task, answer)
            for task, answer in zip(missing, answers, strict=True)
            if isinstance(answer, frozenset)
        ]
        _remember(told)
        refusals = (answer for answer in answers if not isinstance(answer, frozenset))
        return known | {task.msgid: senders for task, senders in told}, next(refusals, None)


def _senders_of(msgid: str) -> Senders | wecom.StillDispatching:
    try:
        tasks = wecom.get_gateway().group_message_tasks(msgid)
        return frozenset(task.userid.lower() for task in tasks)
    except wecom.StillDispatching as error:
        # Of this task only; it says nothing of the others.
        return error


def _remembered(tasks: Sequence[wecom.GroupMessageInfo]) -> dict[str, Senders]:
    if not tasks:
        return {}
    try:
        texts: list[Any] = client().mget([_key(task) for task in tasks])
    except RedisError:
        return {}  # then WeCom is asked
    return {
        task.msgid: frozenset(text.decode().split("\n"))
        for task, text in zip(tasks, texts, strict=True)
        if text
    }


def _remember(told: Iterable[tuple[wecom.GroupMessageInfo, Senders]]) -> None:
    try:
        pipe = client().pipeline(transaction=False)
        for task, senders in told:
            if senders:  # a task of nobody is one that WeCom has not told of yet
                pipe.set(_key(task), "\n".join(sorted(senders)), ex=REMEMBERED_SECONDS)
        pipe.execute()
    except RedisError:
        return


def _key(task: wecom.GroupMessageInfo) -> str:
    # With its moment, because a pretend WeCom that begins anew may give a msgid again.
    return f"task-senders:{task.msgid}:{task.created_at.timestamp():.0f}"
