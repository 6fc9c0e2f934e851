"""Step: customers and their follow relations, a hundred staff at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.utils.translation import gettext

from contacts.models import Follow, Staff, Tag
from contacts.services.relations import store_relations
from contacts.services.sync.directory import raise_if_general
from contacts.services.sync.steps import Counts, Page, Question
from contacts.services.tags import store_tags
from scrm import wecom

_STAFF_PER_CALL = 100
_CALLS_PER_PAGE = 10  # WeCom tells a hundred relations a call; writing a thousand costs little more


@dataclass
class _Told:
    """What the calls of one page brought."""

    items: list[wecom.ContactFollow] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def read_contacts(question: Question) -> Page:
    """The next page of relations, of some calls.

    The cursor holds the chunks of staff still to ask for, WeCom's cursor inside the first, and
    behind which of our staff ids the next chunk begins. A refused chunk is asked for in halves,
    until it is clear whom WeCom refuses: one person must not stop the walk.
    """
    cursor = question.cursor or {"after": 0, "chunks": [], "wecom": "", "done": 0}
    told = _Told()
    for _call in range(_CALLS_PER_PAGE):
        if not cursor["chunks"]:
            cursor = _next_chunk(cursor)
        if not cursor["chunks"]:
            break
        cursor = _ask(cursor, told)
    extra, unknown = _missing_tags(told.items, set(question.notes.get("unknown_tags", ())))
    errors = told.errors + [
        gettext("Tag %(id)s is on customers but not among the corp tags.") % {"id": tag_id}
        for tag_id in unknown
    ]
    done = cursor["done"] + len(told.items)
    return Page(
        cursor={**cursor, "done": done} if cursor["chunks"] or told.items else None,
        write=partial(_write, told.items, extra, question),
        done=done,
        total=max(done, Follow.objects.filter(status=Follow.Status.ACTIVE).count()),
        errors=tuple(dict.fromkeys(errors)),
        notes={"unknown_tags": unknown, "unread_staff": sorted(set(told.unread))},
    )


def _next_chunk(cursor: dict[str, Any]) -> dict[str, Any]:
    staff = list(
        Staff.objects.filter(is_following=True, pk__gt=cursor["after"])
        .order_by("pk")
        .values_list("pk", "userid")[:_STAFF_PER_CALL]
    )
    if not staff:
        return cursor
    chunk = [userid for _pk, userid in staff]
    return {**cursor, "after": staff[-1][0], "chunks": [chunk], "wecom": ""}


def _ask(cursor: dict[str, Any], told: _Told) -> dict[str, Any]:
    """One call; answers the cursor behind it."""
    chunk, *others = cursor["chunks"]
    try:
        page = wecom.get_gateway().contacts_of(chunk, cursor=cursor["wecom"])
    except wecom.Refused as error:
        raise_if_general(error)
        return {**cursor, "chunks": [*_divided(chunk, error, told), *others], "wecom": ""}
    told.items += page.items
    told.unread += page.unlicensed
    told.errors += [
        gettext("%(userid)s has no WeCom licence; her customers are not told.") % {"userid": userid}
        for userid in page.unlicensed
    ]
    chunks = cursor["chunks"] if page.next_cursor else others
    return {**cursor, "chunks": chunks, "wecom": page.next_cursor}


def _divided(chunk: list[str], error: wecom.Refused, told: _Told) -> list[list[str]]:
    """What is left to ask of a refused chunk: its halves, or nothing of a single person."""
    if len(chunk) > 1:
        middle = len(chunk) // 2
        return [chunk[:middle], chunk[middle:]]
    told.unread += chunk
    told.errors.append(
        gettext("The customers of %(userid)s could not be read: %(why)s")
        % {"userid": chunk[0], "why": error.advice}
    )
    return []


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
    items: Sequence[wecom.ContactFollow],
    extra: Sequence[wecom.TagGroupInfo],
    question: Question,
    now: datetime,
) -> Counts:
    if extra:
        store_tags(extra, is_complete=False)
    stored = store_relations(items, read_at=question.now, now=now, gaps_of=question.gaps_of)
    counts = {"relations": len(items), "contacts_new": stored.new_contacts}
    for change, number in stored.changes.items():
        counts[f"relations_{change}"] = number
    return counts
