"""The last steps: end what the finished pass did not meet, then bring all that follows up to date."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import connection, transaction
from django.db.models.functions import Lower
from django.utils.translation import gettext

from contacts.models import Contact, Follow, Staff, SyncSeen
from contacts.services.facts import CHUNK, prepare_all, rebuild_chunk
from contacts.services.lifecycle import renew_lifecycle
from contacts.services.orders import match_waiting_orders
from contacts.services.relations import end_follows
from contacts.services.sync.seen import SEEN, lay_out_seen
from contacts.services.sync.steps import Counts, Page, Question
from scrm.wecom.models import SyncGap

# A pass that misses more than half of everything rather met a narrowed visible range.
_FEW = 50


def read_losses(question: Question) -> Page:
    """End the relations that WeCom did not list. Only a whole pass gets here.

    Relations of staff whose list could not be read are left alone.
    """
    unread = _unread_staff(question)
    with transaction.atomic(), connection.cursor() as cursor:
        lay_out_seen(SyncSeen.Kind.FOLLOW, run_id=question.run.pk)
        cursor.execute(_MISSING, {"unread": unread})
        (missing,) = cursor.fetchone() or (0,)
    active = Follow.objects.filter(status=Follow.Status.ACTIVE).count()
    is_suspicious = missing > _FEW and missing * 2 > active
    if is_suspicious and not question.notes.get("accept_losses"):
        reason = gettext(
            "WeCom listed only %(listed)s of %(active)s relations. None was ended: check the "
            "app's visible range, or run the sync with --accept-losses."
        ) % {"listed": active - missing, "active": active}
        return Page(cursor=None, errors=(reason,))
    return Page(
        cursor=None,
        write=partial(_end_missing, question, unread),
        done=missing,
        total=missing,
    )


def _end_missing(question: Question, unread: list[int], now: datetime) -> Counts:
    lay_out_seen(SyncSeen.Kind.FOLLOW, run_id=question.run.pk)
    ended = end_follows(
        f"f.staff_id <> ALL(%(unread)s) AND NOT {SEEN}",
        {"unread": unread},
        status=Follow.Status.ENDED_UNKNOWN,
        at=now,
    )
    if question.gaps_of:
        SyncGap.objects.bulk_create(
            [
                SyncGap(run=question.run, kind="follow_ended", subject=pair, found_at=now)
                for _contact_id, pair in ended
            ]
        )
    return {"relations_ended": len(ended)}


def _unread_staff(question: Question) -> list[int]:
    userids = [userid.lower() for userid in question.notes.get("unread_staff", ())]
    staff = Staff.objects.alias(key=Lower("userid")).filter(key__in=userids)
    return list(staff.values_list("pk", flat=True))


_MISSING = f"""
SELECT count(*) FROM contacts_follow f
WHERE f.status = 'active' AND f.staff_id <> ALL(%(unread)s) AND NOT {SEEN}
"""  # noqa: S608 - made of constants


def read_orders(_question: Question) -> Page:
    """Give waiting orders to the customers that have come."""
    return Page(cursor=None, write=_match_orders)


def _match_orders(now: datetime) -> Counts:
    return {"buyers_found": len(match_waiting_orders(now=now))}


def read_facts(question: Question) -> Page:
    """Rebuild the facts of the next customers."""
    after = question.cursor.get("after")
    total = Contact.objects.count()
    if after is None:
        return Page(cursor={"after": 0, "done": 0}, write=_prepare, total=total)
    done = min(question.cursor["done"] + CHUNK, total)
    following = _end_of_chunk(after)
    return Page(
        cursor=None if following is None else {"after": following, "done": done},
        write=partial(_rebuild, after),
        done=done,
        total=total,
    )


def _end_of_chunk(after: int) -> int | None:
    ids = Contact.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
    return ids[CHUNK - 1 : CHUNK].first()


def _prepare(_now: datetime) -> Counts:
    prepare_all()
    with connection.cursor() as cursor:  # a planner that knows yesterday's sizes joins badly
        for table in ("contact", "follow", "followtag", "order", "contactfacts"):
            cursor.execute(f"ANALYZE contacts_{table}")
    return {}


def _rebuild(after: int, _now: datetime) -> Counts:
    _following, changed = rebuild_chunk(after=after)
    return {"facts": changed}


def read_lifecycle(_question: Question) -> Page:
    """Learn the thresholds and move customers between stages."""
    return Page(cursor=None, write=_renew)


def _renew(now: datetime) -> Counts:
    return {"stages": renew_lifecycle(now=now)}
