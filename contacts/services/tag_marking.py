"""Mark some customers, in WeCom and in our tables (打标签).

WeCom first, our tables after it: our own calls cause no callback. Marking may be repeated, so a
worker killed in between leaves nothing that the next one would do wrongly.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Any

from django.db import connection, transaction

from contacts.models import ContactEvent, MarkProblem, Tag, TagJob, TagJobFailure, TagKind
from contacts.services import tag_sql
from contacts.services.facts import refresh_facts
from scrm import wecom

# WeCom lets about five calls of one API run at once; one is left to whoever marks by hand.
_SPARE = 1
_TAG_GONE = 40068


@dataclass(frozen=True)
class Order:
    """What a job wants, with its tags sorted by where they live. Names are for the timeline."""

    job: TagJob
    internal_add: list[int]
    internal_remove: list[int]
    wecom_add: list[int]
    wecom_remove: list[int]
    names: dict[int, str]
    wecom_ids: dict[int, str]
    by: str = ""

    @property
    def asks_wecom(self) -> bool:
        return bool(self.wecom_add or self.wecom_remove)


@dataclass(frozen=True)
class Pair:
    """One relation and what is to change on it."""

    contact_id: int
    follow_id: int
    staff_id: int
    userid: str
    external_userid: str
    staff: str
    add: list[int]
    remove: list[int]


@dataclass
class Outcome:
    """How marking some customers went.

    `moved` are customers of whom something changed, `marked` how many relations (or customers,
    for internal tags) changed, `failures` what will not be tried again, `again` customers to try
    later. `halt` is an error that would meet every other customer, too.
    """

    moved: set[int] = field(default_factory=set)
    marked: int = 0
    failures: list[tuple[int, int | None, MarkProblem, int]] = field(default_factory=list)
    again: dict[int, tuple[int | None, wecom.WeComError | None]] = field(default_factory=dict)
    halt: wecom.WeComError | None = None
    is_tag_gone: bool = False


def order_of(job: TagJob) -> Order:
    """The job's order as things stand now; tags that were deleted meanwhile are left out."""
    ids = {*job.add_tag_ids, *job.remove_tag_ids}
    tags = {tag.pk: tag for tag in Tag.objects.filter(pk__in=ids, is_gone=False)}

    def of(kind: TagKind, wanted: list[int]) -> list[int]:
        return sorted(pk for pk in wanted if pk in tags and tags[pk].kind == kind)

    return Order(
        job=job,
        internal_add=of(TagKind.INTERNAL, job.add_tag_ids),
        internal_remove=of(TagKind.INTERNAL, job.remove_tag_ids),
        wecom_add=of(TagKind.WECOM, job.add_tag_ids),
        wecom_remove=of(TagKind.WECOM, job.remove_tag_ids),
        names={pk: tag.name for pk, tag in tags.items()},
        wecom_ids={pk: tag.tag_id for pk, tag in tags.items()},
        by=job.created_by.get_username() if job.created_by and not job.rule_id else "",
    )


def mark(order: Order, contact_ids: Sequence[int], *, now: datetime) -> Outcome:
    """Carry an order out on these customers and keep their facts current."""
    outcome = Outcome()
    with transaction.atomic():
        for statement, tags in (
            (tag_sql.ADD_INTERNAL, order.internal_add),
            (tag_sql.REMOVE_INTERNAL, order.internal_remove),
        ):
            moved = mark_internal(statement, contact_ids, tags, by=order.by, now=now)
            outcome.moved |= moved
            outcome.marked += len(moved)
        refresh_facts(contact_ids=sorted(outcome.moved))
    if order.asks_wecom:
        pairs = _pairs(order, contact_ids)
        _note_strangers(pairs, contact_ids, outcome)
        answers = _ask(order, [pair for pair in pairs if pair.add or pair.remove])
        _judge(answers, outcome)
        done = [pair for pair, error in answers if error is None]
        _write(order, done, now=now)
        outcome.moved |= {pair.contact_id for pair in done}
        outcome.marked += len(done)
    return outcome


def mark_internal(
    statement: str, contact_ids: Sequence[int], tags: Sequence[int], *, by: str, now: datetime
) -> set[int]:
    """Run ADD_INTERNAL or REMOVE_INTERNAL; answers the customers who changed."""
    if not tags or not contact_ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            statement, {"contacts": list(contact_ids), "tags": list(tags), "by": by, "now": now}
        )
        return {contact_id for (contact_id,) in cursor.fetchall()}


def _pairs(order: Order, contact_ids: Sequence[int]) -> list[Pair]:
    job = order.job
    with connection.cursor() as cursor:
        cursor.execute(
            tag_sql.PAIRS,
            {
                "contacts": list(contact_ids),
                "add": order.wecom_add,
                "remove": order.wecom_remove,
                "staff": job.staff_ids,
                "rule": job.rule_id,
            },
        )
        return [Pair(*row) for row in cursor.fetchall()]


def _note_strangers(pairs: Sequence[Pair], contact_ids: Sequence[int], outcome: Outcome) -> None:
    """A WeCom tag needs a relation to hang on."""
    friends = {pair.contact_id for pair in pairs}
    outcome.failures += [
        (contact_id, None, MarkProblem.NO_FRIEND, 0)
        for contact_id in contact_ids
        if contact_id not in friends
    ]


Answer = tuple[Pair, wecom.WeComError | None]


class _NotAsked(wecom.WeComError):
    """Somebody else's error ended the batch before this relation's turn."""


def _ask(order: Order, pairs: Sequence[Pair]) -> list[Answer]:
    """Ask WeCom for each relation; those of one customer one after the other, as WeCom wants."""
    if not pairs:
        return []
    gateway = wecom.get_gateway()
    halted = Event()

    def one(pair: Pair) -> Answer:
        if halted.is_set():
            return pair, _NotAsked()
        try:
            gateway.mark_tags(
                userid=pair.userid,
                external_userid=pair.external_userid,
                add=[order.wecom_ids[tag] for tag in pair.add],
                remove=[order.wecom_ids[tag] for tag in pair.remove],
            )
        except wecom.WeComError as error:
            if _is_general(error):
                halted.set()
            return pair, error
        return pair, None

    customers: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        customers[pair.contact_id].append(pair)
    with ThreadPoolExecutor(
        min(wecom.lanes(spare=_SPARE), len(customers)), thread_name_prefix="tags"
    ) as pool:
        asked = pool.map(lambda mine: [one(pair) for pair in mine], customers.values())
        return [answer for answers in asked for answer in answers]


def _is_general(error: wecom.WeComError) -> bool:
    """Errors that have nothing to do with the customer asked for."""
    general = (wecom.RateLimited, wecom.NotConnected, wecom.Misconfigured)
    return isinstance(error, general) or error.code == _TAG_GONE


def _judge(answers: Sequence[Answer], outcome: Outcome) -> None:
    for pair, error in answers:
        if error is None:
            continue
        if isinstance(error, _NotAsked):
            outcome.again.setdefault(pair.contact_id, (None, None))
        elif error.code == _TAG_GONE:
            outcome.is_tag_gone = True
            outcome.again.setdefault(pair.contact_id, (None, None))
        elif _is_general(error):
            outcome.halt = error
            outcome.again.setdefault(pair.contact_id, (None, None))
        elif isinstance(error, wecom.Busy | wecom.OutcomeUnknown):
            outcome.again[pair.contact_id] = (pair.staff_id, error)
        else:
            outcome.failures.append((pair.contact_id, pair.staff_id, problem_of(error), error.code))


def problem_of(error: wecom.WeComError) -> MarkProblem:
    """The error as an operator reads it in a list."""
    for kinds, problem in (
        ((wecom.NoRelation,), MarkProblem.NO_RELATION),
        ((wecom.NotFound,), MarkProblem.NOT_FOUND),
        ((wecom.NotVisible,), MarkProblem.NOT_VISIBLE),
        ((wecom.Busy,), MarkProblem.BUSY),
        ((wecom.OutcomeUnknown,), MarkProblem.UNKNOWN),
        ((wecom.RateLimited,), MarkProblem.RATE_LIMITED),
        ((wecom.NotConnected,), MarkProblem.NOT_CONNECTED),
        ((wecom.Misconfigured,), MarkProblem.MISCONFIGURED),
    ):
        if isinstance(error, kinds):
            return problem
    return MarkProblem.REFUSED


@transaction.atomic
def _write(order: Order, done: Sequence[Pair], *, now: datetime) -> None:
    """What WeCom has taken: tags of relations, timeline, whose rule it was, facts."""
    if not done:
        return
    with connection.cursor() as cursor:
        for statement, moves in (
            (tag_sql.ADD_TO_FOLLOWS, [(p.follow_id, tag) for p in done for tag in p.add]),
            (tag_sql.REMOVE_FROM_FOLLOWS, [(p.follow_id, tag) for p in done for tag in p.remove]),
        ):
            if moves:
                follows, tags = zip(*moves, strict=True)
                cursor.execute(statement, {"follows": list(follows), "tags": list(tags)})
        if order.job.rule_id:
            added = [pair for pair in done if pair.add]
            removed = [pair for pair in done if pair.remove]
            for statement, pairs in (
                (tag_sql.REMEMBER_MARKS, added),
                (tag_sql.FORGET_MARKS, removed),
            ):
                told: dict[str, Any] = {
                    "rule": order.job.rule_id,
                    "contacts": [pair.contact_id for pair in pairs],
                    "follows": [pair.follow_id for pair in pairs],
                }
                cursor.execute(statement, told)
    ContactEvent.objects.bulk_create(_events(order, done, now))
    refresh_facts(contact_ids=sorted({pair.contact_id for pair in done}))


def _events(order: Order, done: Sequence[Pair], now: datetime) -> list[ContactEvent]:
    told = []
    for pair in done:
        for kind, tags in (
            (ContactEvent.Kind.TAGGED, pair.add),
            (ContactEvent.Kind.UNTAGGED, pair.remove),
        ):
            if tags:
                details: dict[str, object] = {
                    "staff_id": pair.staff_id,
                    "staff": pair.staff,
                    "tags": sorted(order.names[tag] for tag in tags),
                }
                if order.by:
                    details["operator"] = order.by
                told.append(
                    ContactEvent(contact_id=pair.contact_id, kind=kind, at=now, details=details)
                )
    return told


def keep_failures(
    job: TagJob,
    failures: Sequence[tuple[int, int | None, MarkProblem, int]],
    *,
    now: datetime,
) -> None:
    """Remember what could not be marked; the first reason stays."""
    TagJobFailure.objects.bulk_create(
        [
            TagJobFailure(
                job=job,
                contact_id=contact_id,
                staff_id=staff_id,
                problem=problem,
                code=code,
                at=now,
            )
            for contact_id, staff_id, problem, code in failures
        ],
        ignore_conflicts=True,
    )
