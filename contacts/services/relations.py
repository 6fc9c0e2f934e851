"""Take customers and their follow relations (跟进关系) over from WeCom.

The sync and the event handlers both come here, so an event and a page of a list leave the same
rows behind. Every function writes inside the caller's transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from django.db import connection

from contacts.models import Contact, Follow, Gender, SyncSeen
from contacts.rules.phones import normalise
from contacts.services import relation_sql
from contacts.services.bulk import Incoming
from contacts.services.staff import ensure_staff
from contacts.services.sync.seen import mark_seen
from scrm import wecom
from scrm.wecom.models import SyncRun

# WeCom's clock and ours, and an event on its way, may differ by this much.
_SETTLED = timedelta(seconds=60)
_EVENT_ON_ITS_WAY = timedelta(minutes=2)

_KINDS, _GENDERS = frozenset(Contact.Kind.values), frozenset(Gender.values)

_CONTACTS = Incoming(
    "incoming_contact",
    {
        "external_userid": "text",
        "name": "text",
        "kind": "smallint",
        "gender": "smallint",
        "avatar": "text",
        "corp_name": "text",
        "position": "text",
        "unionid": "text",
        "phone": "text",
        "first_followed_at": "timestamptz",
        "content_hash": "text",
    },
)
_FOLLOW_GIVEN = {
    "external_userid": "text",
    "userid": "text",
    "added_at": "timestamptz",
    "add_way": "int",
    "state": "text",
    "remark": "text",
    "description": "text",
    "remark_mobiles": "text[]",
    "oper_userid": "text",
    "content_hash": "text",
    "tag_ids": "text[]",
}
_FOLLOWS = Incoming(
    "incoming_follow",
    {**_FOLLOW_GIVEN, "contact_id": "bigint", "staff_id": "bigint", "follow_id": "bigint"},
    filled=tuple(_FOLLOW_GIVEN),
)
_CHANGES = Incoming(
    "follow_change",
    {
        "follow_id": "bigint",
        "contact_id": "bigint",
        "staff_id": "bigint",
        "change": "text",
        "added_at": "timestamptz",
        "remark": "text",
        "tags": "jsonb",
    },
)


@dataclass(frozen=True)
class Stored:
    """What taking some relations over did.

    `contact_ids` are all customers that were told of, `changes` counts relations by kind of
    change: new, returned, remarked, edited, tagged, untagged; `new_contacts` are customers.
    """

    contact_ids: list[int]
    new_contacts: int
    changes: Counter[str]


def store_relations(
    items: Iterable[wecom.ContactFollow],
    *,
    read_at: datetime,
    now: datetime,
    gaps_of: SyncRun | None = None,
) -> Stored:
    """Write what WeCom told of these pairs at `read_at`; unchanged rows are not touched.

    With `gaps_of` every change becomes a SyncGap of that run: events should have told of it.
    Staff we do not know yet get a row by their userid. Facts and stages are the caller's.
    """
    pairs = {(item.contact.external_userid, item.follow.userid.lower()): item for item in items}
    if not pairs:
        return Stored([], 0, Counter())
    ensure_staff({item.follow.userid for item in pairs.values()})
    _CONTACTS.fill(_contact_rows(pairs.values()))
    _FOLLOWS.fill(_follow_row(item) for item in pairs.values())
    _CHANGES.fill(())
    with connection.cursor() as cursor:
        cursor.execute(relation_sql.CONTACTS)
        new_contacts = sum(is_new for _id, is_new in cursor.fetchall())
        cursor.execute(relation_sql.RESOLVE)
        cursor.execute(relation_sql.FOLLOWS, {"settled_before": read_at - _SETTLED})
        cursor.execute(relation_sql.FOLLOW_IDS)
        cursor.execute(relation_sql.FOLLOW_TAGS)
        cursor.execute(relation_sql.EVENTS, {"now": now})
        if gaps_of:
            recent = now - _EVENT_ON_ITS_WAY
            cursor.execute(relation_sql.GAPS, {"run": gaps_of.pk, "now": now, "recent": recent})
        cursor.execute("SELECT change, count(*) FROM pg_temp.follow_change GROUP BY change")
        changes = Counter(dict(cursor.fetchall()))
        cursor.execute(relation_sql.MOVED)
        derive_from_follows([contact_id for (contact_id,) in cursor.fetchall()])
        cursor.execute("SELECT contact_id, follow_id FROM pg_temp.incoming_follow")
        ids = cursor.fetchall()
    mark_seen(SyncSeen.Kind.FOLLOW, [follow_id for _contact_id, follow_id in ids])
    return Stored(sorted({contact_id for contact_id, _follow_id in ids}), new_contacts, changes)


def end_missing(
    *,
    contact_id: int,
    listed_userids: Sequence[str],
    at: datetime,
) -> int:
    """End a customer's active relations to staff that WeCom no longer lists for her."""
    which = (
        "f.contact_id = %(contact)s AND NOT EXISTS (SELECT 1 FROM contacts_staff s"
        " WHERE s.id = f.staff_id AND lower(s.userid) = ANY(%(listed)s))"
    )
    ended = end_follows(
        which,
        {"contact": contact_id, "listed": [userid.lower() for userid in listed_userids]},
        status=Follow.Status.ENDED_UNKNOWN,
        at=at,
    )
    return len(ended)


def end_by(*, external_userid: str, userid: str, status: Follow.Status, at: datetime) -> None:
    """An event said who ended a relation, at `at`. Younger friendships are left alone.

    A relation that a comparison had ended without knowing by whom learns it now.
    """
    pair = {"external_userid": external_userid, "userid": userid.lower()}
    which = (
        "f.added_at <= %(at)s"
        " AND f.contact_id = (SELECT id FROM contacts_contact"
        " WHERE external_userid = %(external_userid)s)"
        " AND f.staff_id = (SELECT id FROM contacts_staff WHERE lower(userid) = %(userid)s)"
    )
    end_follows(which, pair, status=status, at=at)
    with connection.cursor() as cursor:
        cursor.execute(_LEARN_WHO.format(which=which), {**pair, "status": status, "at": at})


def revive(*, external_userid: str, userid: str, since: datetime, now: datetime) -> None:
    """An event younger than the end of a relation says that it lives again, and WeCom lists it."""
    with connection.cursor() as cursor:
        cursor.execute(
            _REVIVE,
            {
                "external_userid": external_userid,
                "userid": userid.lower(),
                "since": since,
                "now": now,
            },
        )


def end_follows(
    which: str, parameters: Mapping[str, Any], *, status: Follow.Status, at: datetime
) -> list[tuple[int, str]]:
    """End active relations `f` that fit the SQL condition; a timeline event for each.

    Answers (contact id, "userid – external_userid") of each; the customers' own rows follow.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            relation_sql.END.format(which=which), {**parameters, "status": status, "at": at}
        )
        ended: list[tuple[int, str]] = cursor.fetchall()
    derive_from_follows(sorted({contact_id for contact_id, _pair in ended}))
    return ended


def derive_from_follows(contact_ids: Sequence[int]) -> None:
    """Relation, since when, and phone of these customers, from all their follow relations."""
    if contact_ids:
        with connection.cursor() as cursor:
            cursor.execute(relation_sql.DERIVE, {"ids": list(contact_ids)})


_LEARN_WHO = """
WITH learned AS (
    UPDATE contacts_follow f SET status = %(status)s, ended_at = %(at)s
    WHERE f.status = 'unknown' AND {which}
    RETURNING f.contact_id, f.staff_id
)
UPDATE contacts_contactevent e
SET at = %(at)s, details = e.details || jsonb_build_object('by', %(status)s::text)
FROM learned l
WHERE e.contact_id = l.contact_id AND e.kind = 'unfollowed'
    AND e.details @> jsonb_build_object('staff_id', l.staff_id, 'by', 'unknown')
"""


_REVIVE = """
WITH revived AS (
    UPDATE contacts_follow f SET status = 'active', ended_at = NULL
    FROM contacts_contact c, contacts_staff s
    WHERE f.contact_id = c.id AND f.staff_id = s.id AND f.status <> 'active'
        AND f.ended_at < %(since)s AND c.external_userid = %(external_userid)s
        AND lower(s.userid) = %(userid)s
    RETURNING f.contact_id, f.staff_id, s.name
)
INSERT INTO contacts_contactevent (contact_id, kind, at, details)
SELECT contact_id, 'followed', least(%(since)s, %(now)s),
    jsonb_build_object('staff_id', staff_id, 'staff', name)
FROM revived
"""


def _contact_rows(items: Iterable[wecom.ContactFollow]) -> Iterable[tuple[object, ...]]:
    """A customer once, however many of her relations came, with the earliest of their dates.

    The phone is for new customers alone, so that they are not written twice.
    """
    first: dict[str, datetime] = {}
    last: dict[str, wecom.ContactFollow] = {}
    for item in items:
        key, added_at = item.contact.external_userid, item.follow.created_at
        last[key] = item
        if key not in first or added_at < first[key]:
            first[key] = added_at
    for key, item in last.items():
        info = item.contact
        values = (
            info.name[:256],
            info.kind if info.kind in _KINDS else Contact.Kind.WECHAT.value,
            info.gender if info.gender in _GENDERS else Gender.UNKNOWN.value,
            info.avatar[:512],
            info.corp_name[:256],
            info.position[:128],
            info.unionid[:64],
        )
        phone = next(iter(_mobiles(item.follow)), "")[:20]
        yield (key, *values, phone, first[key], fingerprint(values))


def _follow_row(item: wecom.ContactFollow) -> tuple[object, ...]:
    follow = item.follow
    values = (
        follow.created_at,
        max(follow.add_way, 0),
        follow.state[:64],
        follow.remark[:128],
        follow.description[:512],
        _mobiles(follow),
        follow.oper_userid[:64],
    )
    return (
        item.contact.external_userid,
        follow.userid,
        *values,
        fingerprint(values),
        follow.tag_ids,
    )


def _mobiles(follow: wecom.FollowInfo) -> list[str]:
    return [found for found in map(normalise, follow.remark_mobiles) if found]


def fingerprint(values: Sequence[object]) -> str:
    """32 letters that differ when any of the values does."""
    return blake2b(repr(values).encode(), digest_size=16).hexdigest()
