"""Step of the sync: customer groups, owners a hundred at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.models import Staff, SyncSeen
from contacts.services.sync.seen import SEEN, lay_out_seen
from contacts.services.sync.steps import Counts, Page, Question, Step, register_step
from groups.models import GroupChat
from groups.services.chats import mark_dismissed, mark_met, store_chats
from scrm import wecom
from scrm.wecom.models import SyncGap

_OWNERS_PER_CALL = 100
_GROUPS_PER_PAGE = 50  # each may cost a call of its own, and a page is what a kill repeats


def register_steps() -> None:
    """Called once, when the app is ready."""
    register_step(Step("groups", _("Customer groups"), 50, read_groups))
    register_step(Step("dismissed", _("Dismissed groups"), 60, read_dismissed))


def read_groups(question: Question) -> Page:
    """The next page of groups, with the details of those that may have changed.

    The list tells no member version, so an incremental run reads only groups that are new or
    whose status changed and leaves the rest to events; a full run reads every group.
    """
    cursor = question.cursor or {"after": 0, "owners": [], "wecom": "", "done": 0}
    if not cursor["owners"]:
        cursor = _next_owners(cursor)
    if not cursor["owners"]:
        return Page(cursor=None, done=cursor["done"], total=cursor["done"])
    page = wecom.get_gateway().group_chats(
        owner_userids=cursor["owners"], cursor=cursor["wecom"], limit=_GROUPS_PER_PAGE
    )
    statuses = {ref.chat_id: ref.status for ref in page.items}
    details, errors = _details(_to_read(statuses, is_full=question.is_full))
    following = {**cursor, "wecom": page.next_cursor, "done": cursor["done"] + len(statuses)}
    if not page.next_cursor:
        following["owners"] = []
    return Page(
        cursor=following,
        write=partial(_write, statuses, details, question),
        done=following["done"],
        total=GroupChat.objects.filter(dismissed_at__isnull=True).count(),
        errors=tuple(errors),
        notes={"groups_refused": [1]} if errors else {},
    )


def read_dismissed(question: Question) -> Page:
    """Groups that a whole pass did not meet are dissolved."""
    return Page(cursor=None, write=partial(_dismiss, question))


def _next_owners(cursor: dict[str, Any]) -> dict[str, Any]:
    """All staff, also those who left: WeCom lists their groups only when they are named."""
    staff = list(
        Staff.objects.filter(pk__gt=cursor["after"])
        .order_by("pk")
        .values_list("pk", "userid")[:_OWNERS_PER_CALL]
    )
    if not staff:
        return cursor
    owners = [userid for _pk, userid in staff]
    return {**cursor, "after": staff[-1][0], "owners": owners, "wecom": ""}


def _to_read(statuses: Mapping[str, int], *, is_full: bool) -> list[str]:
    if is_full:
        return list(statuses)
    known = GroupChat.objects.filter(chat_id__in=statuses, dismissed_at__isnull=True)
    stored = dict(known.exclude(member_version="").values_list("chat_id", "status"))
    return [chat_id for chat_id, status in statuses.items() if stored.get(chat_id) != status]


def _details(chat_ids: Sequence[str]) -> tuple[list[wecom.GroupChatDetail], list[str]]:
    details: list[wecom.GroupChatDetail] = []
    errors: list[str] = []
    for chat_id in chat_ids:
        try:
            details.append(wecom.get_gateway().group_chat(chat_id))
        except wecom.Refused as error:
            if error.retryable or isinstance(error, wecom.Misconfigured):
                raise
            errors.append(
                gettext("Group %(id)s could not be read: %(why)s")
                % {"id": chat_id, "why": error.advice}
            )
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
    lay_out_seen(SyncSeen.Kind.GROUP, run_id=question.run.pk)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.id, f.chat_id FROM groups_groupchat f"  # noqa: S608 - made of constants
            f" WHERE f.dismissed_at IS NULL AND NOT {SEEN}"
        )
        missing = cursor.fetchall()
    mark_dismissed([pk for pk, _chat_id in missing], at=now)
    if question.gaps_of:
        SyncGap.objects.bulk_create(
            [
                SyncGap(run=question.run, kind="group_dismissed", subject=chat_id, found_at=now)
                for _pk, chat_id in missing
            ]
        )
    return {"groups_dismissed": len(missing)}
