"""Steps of the sync: customer groups of owners, then those that a whole pass did not meet.

WeCom's list of groups tells no member version, only an id and a status; the version comes with
the members. So what an hourly run skips is decided by versions we hold: one that events carried
on since the group was last read whole makes it read again, one that stands where it was read does
not. Whatever events did not tell is found by a full run, which reads every group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.models import Staff, SyncSeen
from contacts.services.sync.parallel import ask_each, raise_if_general
from contacts.services.sync.seen import SEEN, lay_out_seen
from contacts.services.sync.steps import Counts, Page, Question, Step, plain, register_step
from groups.models import GroupChat
from groups.services.chats import mark_dismissed, mark_met, store_chats
from scrm import wecom
from scrm.wecom.maxima import OWNERS_PER_CALL
from scrm.wecom.models import SyncGap

_GROUPS_PER_PAGE = 50  # each may cost a call of its own, and a page is what a kill repeats
# A pass that misses more than half of all groups rather met a narrowed visible range.
_FEW = 50

Cursor = dict[str, Any]


def register_steps() -> None:
    """Called once, when the app is ready."""
    register_step(Step("groups", _("Customer groups"), 50, plain(read_groups)))
    register_step(Step("dismissed", _("Dismissed groups"), 60, plain(read_dismissed)))


def read_groups(question: Question) -> Page:
    """The next page of groups, with the details of those that may have changed.

    The cursor holds the chunks of owners still to ask for, WeCom's cursor inside the first, and
    behind which of our staff ids the next chunk begins.
    """
    cursor = question.cursor if "chunks" in question.cursor else _first()
    unlisted: list[tuple[str, wecom.Refused]] = []
    cursor, listed = _list(cursor, unlisted, limit=min(_GROUPS_PER_PAGE, question.page_size))
    statuses = {ref.chat_id: ref.status for ref in listed}
    details, errors = _details(_to_read(statuses, is_full=question.is_full))
    errors += [
        gettext("The groups of %(userid)s could not be listed: %(why)s")
        % {"userid": userid, "why": error.advice}
        for userid, error in unlisted
    ]
    cursor["done"] += len(statuses)
    return Page(
        cursor=cursor if cursor["chunks"] or listed else None,
        write=partial(_write, statuses, details, question),
        done=cursor["done"],
        total=max(cursor["known"], cursor["done"]),
        errors=tuple(errors),
        notes={"unlisted_owners": [userid.lower() for userid, _error in unlisted]},
    )


def read_dismissed(question: Question) -> Page:
    """Groups that a whole pass did not meet are dissolved, unless most of them are missing."""
    living = GroupChat.objects.filter(dismissed_at__isnull=True)
    missing = len(_missing(question))
    if missing > _FEW and missing * 2 > living.count() and not question.notes.get("accept_losses"):
        reason = gettext(
            "WeCom listed only %(listed)s of %(known)s groups. None was marked as dismissed: check "
            "the app's visible range, or run the sync with --accept-losses."
        ) % {"listed": living.count() - missing, "known": living.count()}
        return Page(cursor=None, errors=(reason,))
    return Page(cursor=None, write=partial(_dismiss, question), done=missing, total=missing)


def _first() -> Cursor:
    known = GroupChat.objects.filter(dismissed_at__isnull=True).count()
    return {"after": 0, "chunks": [], "wecom": "", "done": 0, "known": known}


def _list(
    cursor: Cursor, unlisted: list[tuple[str, wecom.Refused]], *, limit: int
) -> tuple[Cursor, Sequence[wecom.GroupChatRef]]:
    """One page of the list; answers the cursor behind it.

    Refused owners are asked for in halves, until it is clear whom WeCom refuses.
    """
    gateway = wecom.get_gateway()
    while True:
        if not cursor["chunks"]:
            cursor = _next_owners(cursor)
        if not cursor["chunks"]:
            return dict(cursor), ()
        owners, *others = cursor["chunks"]
        try:
            page = gateway.group_chats(owner_userids=owners, cursor=cursor["wecom"], limit=limit)
        except wecom.Refused as error:
            raise_if_general(error)
            middle = len(owners) // 2
            halves = [owners[:middle], owners[middle:]] if middle else []
            if not halves:
                unlisted.append((owners[0], error))
            cursor = {**cursor, "chunks": [*halves, *others], "wecom": ""}
            continue
        chunks = cursor["chunks"] if page.next_cursor else others
        following = {**cursor, "chunks": chunks, "wecom": page.next_cursor}
        if page.items:
            return following, page.items
        cursor = following


def _next_owners(cursor: Cursor) -> Cursor:
    """The next hundred of all staff, also of those who left.

    Named, because WeCom refuses to list more than a thousand owners unnamed (81017), and the
    groups of owners who left in any case.
    """
    staff = list(
        Staff.objects.filter(pk__gt=cursor["after"])
        .order_by("pk")
        .values_list("pk", "userid")[:OWNERS_PER_CALL]
    )
    if not staff:
        return cursor
    owners = [userid for _pk, userid in staff]
    return {**cursor, "after": staff[-1][0], "chunks": [owners], "wecom": ""}


def _to_read(statuses: Mapping[str, int], *, is_full: bool) -> list[str]:
    if is_full:
        return list(statuses)
    known = GroupChat.objects.filter(
        chat_id__in=statuses, dismissed_at__isnull=True, read_version=F("member_version")
    ).exclude(member_version="")
    stored = dict(known.values_list("chat_id", "status"))
    return [chat_id for chat_id, status in statuses.items() if stored.get(chat_id) != status]


def _details(chat_ids: Sequence[str]) -> tuple[list[wecom.GroupChatDetail], list[str]]:
    details: list[wecom.GroupChatDetail] = []
    errors: list[str] = []
    # Events ask for groups, too, and must not wait for a sync.
    answers = ask_each(wecom.get_gateway().group_chat, chat_ids, at_once=wecom.lanes(spare=1))
    for chat_id, answer in zip(chat_ids, answers, strict=True):
        if isinstance(answer, wecom.Refused):
            errors.append(
                gettext("Group %(id)s could not be read: %(why)s")
                % {"id": chat_id, "why": answer.advice}
            )
        else:
            details.append(answer)
    return details, errors


def _write(
    statuses: Mapping[str, int],
    details: Sequence[wecom.GroupChatDetail],
    question: Question,
    now: datetime,
) -> Counts:
    stored = store_chats(details, statuses=statuses, now=now, gaps_of=question.gaps_of)
    mark_met(list(statuses), statuses=statuses)
    return {
        "groups": len(statuses),
        "groups_read": len(details),
        "groups_unchanged": len(statuses) - len(details),
        "members": sum(len(detail.members) for detail in details),
        **{f"members_{change}": number for change, number in stored.changes.items()},
    }


def _dismiss(question: Question, now: datetime) -> Counts:
    missing = _missing(question)
    mark_dismissed([pk for pk, _chat_id in missing], at=now)
    if question.gaps_of:
        SyncGap.objects.bulk_create(
            [
                SyncGap(run=question.run, kind="group_dismissed", subject=chat_id, found_at=now)
                for _pk, chat_id in missing
            ]
        )
    return {"groups_dismissed": len(missing)}


def _missing(question: Question) -> list[tuple[int, str]]:
    """Living groups (id, chat_id) that the run did not meet although it could list their owners."""
    with transaction.atomic(), connection.cursor() as cursor:
        lay_out_seen(SyncSeen.Kind.GROUP, run_id=question.run.pk)
        cursor.execute(
            "SELECT f.id, f.chat_id FROM groups_groupchat f"  # noqa: S608 - made of constants
            " WHERE f.dismissed_at IS NULL AND lower(f.owner_userid) <> ALL(%s)"
            f" AND NOT {SEEN} ORDER BY f.id",
            [list(question.notes.get("unlisted_owners", ()))],
        )
        found: list[tuple[int, str]] = cursor.fetchall()
        return found
