"""Step: customers and their follow relations, several calls in flight and one writer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Self

from django.utils.translation import gettext

from contacts.models import Follow, Staff, Tag
from contacts.services.relations import store_relations
from contacts.services.sync.parallel import raise_if_general
from contacts.services.sync.steps import Counts, Page, Question
from contacts.services.tags import store_tags
from scrm import wecom
from scrm.wecom.maxima import CONTACTS_PER_PAGE, STAFF_PER_CALL

_CHUNKS_PER_LANE = 2  # few staff are divided so finely that every lane has something to do
_LONGEST_GATHERING = 2.0  # seconds, so that a slow WeCom does not hide the progress

Cursor = dict[str, Any]


@dataclass
class _Told:
    """What the calls of one page brought, the oldest of them asked at `read_at`."""

    read_at: datetime
    items: list[wecom.ContactFollow] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Turn:
    """Some calls of one lane: what they brought, whom WeCom refused, and where the lane stands."""

    items: list[wecom.ContactFollow]
    unlicensed: list[str]
    refused: list[tuple[str, wecom.Refused]]
    lane: Cursor


class ContactReader:
    """Relations of all serving staff, page by page, read ahead by a few threads.

    Each lane asks for one chunk of staff after the other; a page is whatever the lanes have
    brought. The cursor holds, for each lane, the chunks still to ask for and WeCom's cursor inside
    the first, and behind which of our staff ids the next chunk begins. So it does not matter in
    which order answers come, and what was read ahead of a kill is simply read again.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(wecom.lanes(), thread_name_prefix="sync-contacts")
        self._expected: Cursor | None = None
        self._turns: dict[int, Future[_Turn]] = {}
        self._sent_at: dict[int, datetime] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def __call__(self, question: Question) -> Page:
        """The page behind `question.cursor`."""
        if self._expected is not None and self._expected == question.cursor:
            cursor = self._expected
        else:
            cursor = question.cursor if "lanes" in question.cursor else _first(question)
            self._start(cursor, question)
        self._expected = None  # until this page is complete, a repetition starts at its beginning
        told = _Told(read_at=question.now)
        cursor = self._gather(cursor, told, question)
        self._expected = cursor
        return _page(cursor, told, question)

    def _start(self, cursor: Cursor, question: Question) -> None:
        for turn in self._turns.values():
            turn.cancel()
        wait(self._turns.values())
        self._turns = {}
        for number, lane in enumerate(cursor["lanes"]):
            self._send(number, lane, question)

    def _send(self, number: int, lane: Cursor, question: Question) -> None:
        if lane["chunks"]:
            calls = max(1, question.page_size // CONTACTS_PER_PAGE // wecom.lanes())
            self._sent_at[number] = question.now
            self._turns[number] = self._pool.submit(
                _take_turn, wecom.get_gateway().contacts_of, lane, calls
            )

    def _gather(self, cursor: Cursor, told: _Told, question: Question) -> Cursor:
        """Take what the lanes have until it is a page; answers the cursor behind it."""
        deadline = time.monotonic() + _LONGEST_GATHERING
        while self._turns and len(told.items) < question.page_size:
            ready = wait(self._turns.values(), return_when=FIRST_COMPLETED).done
            number = min(number for number, turn in self._turns.items() if turn in ready)
            cursor = self._take(cursor, number, told)
            self._send(number, cursor["lanes"][number], question)
            if time.monotonic() > deadline:
                break
        return cursor

    def _take(self, cursor: Cursor, number: int, told: _Told) -> Cursor:
        turn = self._turns.pop(number).result()
        told.read_at = min(told.read_at, self._sent_at[number])
        told.items += turn.items
        told.unread += turn.unlicensed
        told.errors += [
            gettext("%(userid)s has no WeCom licence; her customers are not told.")
            % {"userid": userid}
            for userid in dict.fromkeys(turn.unlicensed)
        ]
        for userid, error in turn.refused:
            told.unread.append(userid)
            told.errors.append(
                gettext("The customers of %(userid)s could not be read: %(why)s")
                % {"userid": userid, "why": error.advice}
            )
        following = {**cursor, "lanes": list(cursor["lanes"])}
        following["lanes"][number] = turn.lane
        if not turn.lane["chunks"]:
            following["finished"] += turn.lane["staff"]
            following["lanes"][number], following["after"] = _next_lane(following)
        return following


def _first(question: Question) -> Cursor:
    """The cursor at the beginning of the step."""
    staff = Staff.objects.filter(is_following=True).count()
    fair = -(-staff // (wecom.lanes() * _CHUNKS_PER_LANE))
    cursor: Cursor = {
        "after": 0,
        "lanes": [],
        "chunk": max(1, min(STAFF_PER_CALL, fair, question.page_size)),
        "done": 0,
        "staff": staff,
        "finished": 0,
        "known": Follow.objects.filter(status=Follow.Status.ACTIVE).count(),
    }
    for _lane in range(wecom.lanes()):
        lane, cursor["after"] = _next_lane(cursor)
        cursor["lanes"].append(lane)
    return cursor


def _next_lane(cursor: Cursor) -> tuple[Cursor, int]:
    """A lane at the next chunk of staff (without any at the end), and behind whom that ends."""
    staff = list(
        Staff.objects.filter(is_following=True, pk__gt=cursor["after"])
        .order_by("pk")
        .values_list("pk", "userid")[: cursor["chunk"]]
    )
    chunk = [userid for _pk, userid in staff]
    lane = {"chunks": [chunk] if chunk else [], "wecom": "", "staff": len(chunk)}
    return lane, staff[-1][0] if staff else cursor["after"]


def _take_turn(contacts_of: Callable[..., wecom.ContactPage], lane: Cursor, calls: int) -> _Turn:
    """Some calls of one lane, in a thread of its own: neither database nor language here.

    A refused chunk is asked for in halves, until it is clear whom WeCom refuses: one person must
    not stop the walk.
    """
    items: list[wecom.ContactFollow] = []
    unlicensed: list[str] = []
    refused: list[tuple[str, wecom.Refused]] = []
    chunks, cursor = [*lane["chunks"]], lane["wecom"]
    for _call in range(calls):
        if not chunks:
            break
        try:
            page = contacts_of(chunks[0], cursor=cursor)
        except wecom.Refused as error:
            raise_if_general(error)
            chunk, cursor = chunks.pop(0), ""
            if len(chunk) > 1:
                middle = len(chunk) // 2
                chunks[:0] = [chunk[:middle], chunk[middle:]]
            else:
                refused.append((chunk[0], error))
            continue
        items += page.items
        unlicensed += page.unlicensed
        cursor = page.next_cursor
        if not cursor:
            chunks.pop(0)
    return _Turn(items, unlicensed, refused, {**lane, "chunks": chunks, "wecom": cursor})


def _page(cursor: Cursor, told: _Told, question: Question) -> Page:
    extra, unknown = _missing_tags(told.items, set(question.notes.get("unknown_tags", ())))
    errors = told.errors + [
        gettext("Tag %(id)s is on customers but not among the corp tags.") % {"id": tag_id}
        for tag_id in unknown
    ]
    cursor["done"] += len(told.items)
    is_last = not any(lane["chunks"] for lane in cursor["lanes"])
    return Page(
        cursor=None if is_last else cursor,
        write=partial(_write, told, extra, question),
        done=cursor["done"],
        total=_expected_total(cursor),
        errors=tuple(dict.fromkeys(errors)),
        notes={"unknown_tags": unknown, "unread_staff": sorted(set(told.unread))},
    )


def _expected_total(cursor: Cursor) -> int:
    """As many relations as we know; before the first sync as the finished staff let expect."""
    done, finished = int(cursor["done"]), int(cursor["finished"])
    if cursor["known"]:
        return max(done, int(cursor["known"]))
    return max(done, done * int(cursor["staff"]) // finished) if finished else 0


def _missing_tags(
    items: Sequence[wecom.ContactFollow], known_unknown: set[str]
) -> tuple[list[wecom.TagGroupInfo], list[str]]:
    """Tags on this page that came into being after the tags were read, and those WeCom does not
    list among the corp tags at all (rule-group tags)."""
    told = {tag_id for item in items for tag_id in item.follow.tag_ids} - known_unknown
    if not told:
        return [], []
    missing = told - set(Tag.objects.filter(tag_id__in=told).values_list("tag_id", flat=True))
    if not missing:
        return [], []
    try:
        infos = wecom.get_gateway().corp_tags(tag_ids=sorted(missing))
    except wecom.Refused as error:
        raise_if_general(error)
        infos = []
    found = {tag.tag_id for info in infos for tag in info.tags}
    return infos, sorted(missing - found)


def _write(
    told: _Told,
    extra: Sequence[wecom.TagGroupInfo],
    question: Question,
    now: datetime,
) -> Counts:
    if extra:
        store_tags(extra, is_complete=False)
    stored = store_relations(told.items, read_at=told.read_at, now=now, gaps_of=question.gaps_of)
    counts = {"relations": len(told.items), "contacts_new": stored.new_contacts}
    for change, number in stored.changes.items():
        counts[f"relations_{change}"] = number
    return counts
