"""Step: customers and their follow relations, a hundred staff at a time."""

from __future__ import annotations

from collections.abc import Sequence
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


def read_contacts(question: Question) -> Page:
    """The next page of relations.

    The cursor holds the chunks of staff still to ask for, WeCom's cursor inside the first, and
    behind which of our staff ids the next chunk begins. A refused chunk is asked for in halves,
    until it is clear whom WeCom refuses: one person must not stop the walk.
    """
    cursor = question.cursor or {"after": 0, "chunks": [], "wecom": "", "done": 0}
    if not cursor["chunks"]:
        cursor = _next_chunk(cursor)
    done, total = cursor["done"], Follow.objects.filter(status=Follow.Status.ACTIVE).count()
    if not cursor["chunks"]:
        return Page(cursor=None, done=done, total=done)
    chunk, *others = cursor["chunks"]
    try:
        page = wecom.get_gateway().contacts_of(chunk, cursor=cursor["wecom"])
    except wecom.Refused as error:
        raise_if_general(error)
        return _refused(cursor, error, done=done, total=total)
    return _told(question, cursor, page, others, total)


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


def _told(
    question: Question,
    cursor: dict[str, Any],
    page: wecom.ContactPage,
    others: list[list[str]],
    total: int,
) -> Page:
    extra, unknown = _missing_tags(page, set(question.notes.get("unknown_tags", ())))
    following = {**cursor, "wecom": page.next_cursor, "done": cursor["done"] + len(page.items)}
    if not page.next_cursor:
        following["chunks"] = others
    unlicensed = sorted(set(page.unlicensed) - set(question.notes.get("unread_staff", ())))
    errors = [
        gettext("%(userid)s has no WeCom licence; her customers are not told.") % {"userid": userid}
        for userid in unlicensed
    ]
    errors += [
        gettext("Tag %(id)s is on customers but not among the corp tags.") % {"id": tag_id}
        for tag_id in unknown
    ]
    return Page(
        cursor=following,
        write=partial(_write, page, extra, question),
        done=following["done"],
        total=total,
        errors=tuple(errors),
        notes={"unknown_tags": unknown, "unread_staff": unlicensed},
    )


def _refused(cursor: dict[str, Any], error: wecom.Refused, *, done: int, total: int) -> Page:
    chunk, *others = cursor["chunks"]
    if len(chunk) > 1:
        middle = len(chunk) // 2
        halves = [chunk[:middle], chunk[middle:], *others]
        return Page(cursor={**cursor, "chunks": halves, "wecom": ""}, done=done, total=total)
    reason = gettext("The customers of %(userid)s could not be read: %(why)s") % {
        "userid": chunk[0],
        "why": error.advice,
    }
    return Page(
        cursor={**cursor, "chunks": others, "wecom": ""},
        done=done,
        total=total,
        errors=(reason,),
        notes={"unread_staff": chunk},
    )


def _missing_tags(
    page: wecom.ContactPage, known_unknown: set[str]
) -> tuple[list[wecom.TagGroupInfo], list[str]]:
    """Tags on this page that came into being after the tags were read, and those WeCom does not
    list among the corp tags at all (rule-group tags)."""
    told = {tag_id for item in page.items for tag_id in item.follow.tag_ids} - known_unknown
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
    page: wecom.ContactPage,
    extra: Sequence[wecom.TagGroupInfo],
    question: Question,
    now: datetime,
) -> Counts:
    if extra:
        store_tags(extra, is_complete=False)
    stored = store_relations(
        page.items, read_at=question.now, now=now, gaps_of=question.gaps_of
    )
    counts = {"relations": len(page.items), "contacts_new": stored.new_contacts}
    for change, number in stored.changes.items():
        counts[f"relations_{change}"] = number
    return counts
