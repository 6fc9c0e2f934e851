"""Making broadcast tasks (创建企业群发): the API never sends, it only asks staff to."""

from __future__ import annotations

from collections import defaultdict

from scrm.simulator.ask import Ask
from scrm.simulator.corp import Corp
from scrm.simulator.endpoints.attachments import checked_message
from scrm.simulator.endpoints.customers import staff_of
from scrm.simulator.endpoints.registry import Answer, post
from scrm.simulator.errors import ApiError
from scrm.simulator.records import Follow

MOST_CUSTOMERS, MOST_CHATS, MOST_TAGS = 10_000, 2_000, 100
Targets = dict[str, list[str]]


@post("externalcontact/add_msg_template")
def add_msg_template(corp: Corp, ask: Ask) -> Answer:
    """Make a task for staff to confirm; without any idempotency key, as over there."""
    chat_type = ask.text("chat_type", "single")
    if chat_type not in ("single", "group"):
        raise ApiError(40058, "invalid chat_type")
    text, attachments = checked_message(corp, ask)
    sender = ask.text("sender", "")
    if sender:
        staff = staff_of(corp, sender)
        if not staff.follows:
            raise ApiError(84074)
        sender = staff.userid
    choose = _group_targets if chat_type == "group" else _single_targets
    targets, failed = choose(corp, ask, sender)
    if not targets:
        raise ApiError(41048, fail_list=failed)
    msgid = corp.new_id("msg", 29)
    corp.record(
        "task",
        msgid=msgid,
        chat_type=chat_type,
        created_at=corp.clock.timestamp(),
        created_steady=corp.clock.steady(),
        targets=targets,
        sender=sender,
        text=text,
        attachments=attachments,
        allow_select=_allow_select(ask, chat_type),
    )
    return {"fail_list": failed, "msgid": msgid}


def _allow_select(ask: Ask, chat_type: str) -> bool:
    """May staff pick some of the receivers? Of groups always, when none were named."""
    if chat_type == "group":
        return not ask.texts("chat_id_list")
    return ask.flag("allow_select", default=False)


def _group_targets(corp: Corp, ask: Ask, sender: str) -> tuple[Targets, list[str]]:
    if not sender:
        raise ApiError(40058, "missing sender")
    named = list(dict.fromkeys(ask.texts("chat_id_list", most=MOST_CHATS)))
    own = [
        chat.chat_id
        for chat in corp.chats.values()
        if chat.owner == sender and not chat.dismissed_at
    ]
    if not named:
        return ({sender: own} if own else {}), []
    failed = [chat_id for chat_id in named if chat_id not in set(own)]
    reachable = [chat_id for chat_id in named if chat_id not in set(failed)]
    return ({sender: reachable} if reachable else {}), failed


def _single_targets(corp: Corp, ask: Ask, sender: str) -> tuple[Targets, list[str]]:
    named = list(dict.fromkeys(ask.texts("external_userid", most=MOST_CUSTOMERS)))
    wanted_tags = [
        set(part.texts("tag_list", most=MOST_TAGS))
        for part in ask.part("tag_filter").parts("group_list")
    ]
    if not (named or wanted_tags or sender):
        raise ApiError(40058, "missing sender, external_userid or tag_filter")
    if named:
        return _named_targets(corp, named, sender)
    senders = [sender] if sender else [staff.userid for staff in corp.following_staff()]
    candidates = [
        follow
        for userid in senders
        for follow in corp.customers_of(userid)
        if all(not tags.isdisjoint(follow.tag_ids) for tags in wanted_tags)
    ]
    chosen = candidates if sender else _last_talked(candidates)
    return _by_staff(chosen), []


def _named_targets(corp: Corp, named: list[str], sender: str) -> tuple[Targets, list[str]]:
    reachable: list[Follow] = []
    failed: list[str] = []
    for external_userid in named:
        follows = [
            follow for follow in corp.followers_of(external_userid) if sender in ("", follow.userid)
        ]
        if follows:
            reachable += _last_talked(follows)
        else:
            failed.append(external_userid)
    return _by_staff(reachable), failed


def _last_talked(follows: list[Follow]) -> list[Follow]:
    """Of each customer's relations the one that talked last, as WeCom picks the sender."""
    best: dict[str, Follow] = {}
    for follow in follows:
        other = best.get(follow.external_userid)
        if other is None or _freshness(follow) > _freshness(other):
            best[follow.external_userid] = follow
    return list(best.values())


def _freshness(follow: Follow) -> tuple[int, int]:
    return max(follow.talked_at, follow.created_at), follow.seq


def _by_staff(follows: list[Follow]) -> Targets:
    targets: Targets = defaultdict(list)
    for follow in follows:
        targets[follow.userid].append(follow.external_userid)
    return dict(targets)
