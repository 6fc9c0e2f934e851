"""Recognise the task that came of a call whose answer was lost (识别丢失的群发任务).

WeCom gives a task no mark of ours, so everything it tells has to agree: made by the corp since the
intent, under a msgid that no batch owns, with our words and attachments, for our sender, and for
exactly the customers of our batch. WeCom leaves out customers it cannot reach and told so in the
answer that we lost; a task that lacks some is ours only if those are no friends any more.

Of a task for groups WeCom lists only the groups that its owner has sent to. So calls for groups of
one owner are made one at a time, and an unowned task with our words for our owner is ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from broadcasts.models import Batch
from broadcasts.services.message import last_message
from broadcasts.services.receivers import receivers
from broadcasts.services.seen_tasks import SeenTasks
from scrm import wecom

# WeCom's clock and ours may differ by this much. A task outside would be taken for one that was
# never made, and sent twice; a wide span only lists more tasks.
SKEW = timedelta(hours=1)
# So many of those a task lacks are asked for; most of them decide.
ASKED_ABOUT = 9

_BY_THE_CORP = 0
# What WeCom gives back as we gave it. Pictures move to its own addresses, media get new ids.
_KEPT = {"link": ("title", "url", "desc"), "miniprogram": ("title", "appid", "page")}


@dataclass(frozen=True)
class Held:
    """The task that is ours, and the customers of the batch whom WeCom left out of it."""

    msgid: str
    left_out: tuple[str, ...] = ()


def seen_for(batches: Sequence[Batch], *, now: datetime) -> SeenTasks:
    """What to look for these batches in; all of them were meant to be handed over."""
    intents = [batch.intent_at for batch in batches if batch.intent_at is not None]
    return SeenTasks(since=min(intents, default=now) - SKEW, until=now + SKEW)


def chat_type(batch: Batch) -> str:
    """WeCom's word for the kind of task: "group" or "single"."""
    return "group" if batch.broadcast.is_for_groups else "single"


def find(batch: Batch, *, seen: SeenTasks) -> Held | None:
    """The task WeCom holds for this batch; None when it surely has none.

    An exact match wins over one that lacks customers. Raises WeComError when WeCom does not
    answer, StillDispatching also when a task that may be ours cannot be read yet.
    """
    wanted = frozenset(receivers(batch))
    nearly: dict[str, frozenset[str]] = {}
    senders, unread = seen.senders(_candidates(batch, seen=seen))
    mine = [msgid for msgid, asked in senders.items() if batch.staff.userid.lower() in asked]
    for msgid in mine:
        try:
            named = _named(batch, msgid, among=wanted)
        except wecom.StillDispatching as error:
            unread = error
            continue
        if named == wanted or (batch.broadcast.is_for_groups and named is not None):
            return Held(msgid)
        if named:
            nearly[msgid] = named
    if unread is not None:
        raise unread
    for msgid in sorted(nearly, key=lambda msgid: -len(nearly[msgid])):
        lacking = sorted(wanted - nearly[msgid])
        if _are_gone(lacking, batch.staff.userid):
            return Held(msgid, tuple(lacking))
    return None


def _candidates(batch: Batch, *, seen: SeenTasks) -> list[wecom.GroupMessageInfo]:
    """Tasks with the same content that belong to no batch yet."""
    if batch.intent_at is None:
        raise ValueError(f"batch {batch} was never meant to be handed over")
    message = last_message(batch)
    ours = _content(message["text"], message["attachments"])
    same = [
        task
        for task in seen.listed(chat_type(batch))
        if task.create_type == _BY_THE_CORP
        and task.created_at >= batch.intent_at - SKEW
        and _content(task.text, task.attachments) == ours
    ]
    msgids = [task.msgid for task in same]
    owned = set(Batch.objects.filter(msgid__in=msgids).values_list("msgid", flat=True))
    return [task for task in same if task.msgid not in owned]


def _content(text: str, attachments: object) -> object:
    """What of a message is the same on the way out and on the way back."""
    listed = attachments if isinstance(attachments, list | tuple) else ()
    return text.strip(), [_kept(attachment) for attachment in listed]


def _kept(attachment: Mapping[str, object]) -> tuple[object, ...]:
    kind = str(attachment.get("msgtype"))
    part = attachment.get(kind)
    fields = part if isinstance(part, Mapping) else {}
    return (kind, *(str(fields.get(name) or "").strip() for name in _KEPT.get(kind, ())))


def _named(batch: Batch, msgid: str, *, among: frozenset[str]) -> frozenset[str] | None:
    """All customers of the task, or the groups it has reached; None as soon as one is found that
    is not `among` them.
    """
    found: set[str] = set()
    for page in _pages(msgid, batch.staff.userid):
        found.update(result.external_userid or result.chat_id for result in page)
        if not found <= among:
            return None
    return frozenset(found)


def _pages(msgid: str, userid: str) -> Iterator[tuple[wecom.MessageResult, ...]]:
    cursor = ""
    while True:
        page = wecom.get_gateway().group_message_results_page(msgid, userid, cursor=cursor)
        yield page.items
        cursor = page.next_cursor
        if not cursor:
            return


def _are_gone(external_userids: list[str], userid: str) -> bool:
    """Whether those are no friends of the sender any more, by WeCom's own word.

    The doubt is for "gone": then the batch is taken for handed over, and a customer who hears
    from us never is better off than one who hears twice.
    """
    asked = external_userids[:ASKED_ABOUT]
    return 2 * sum(_is_friend(customer, userid) for customer in asked) <= len(asked)


def _is_friend(external_userid: str, userid: str) -> bool:
    try:
        detail = wecom.get_gateway().contact(external_userid)
    except (wecom.NotFound, wecom.NoRelation):
        return False
    return any(follow.userid.lower() == userid.lower() for follow in detail.follows)
