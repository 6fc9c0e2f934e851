"""The governor's verdict on a whole audience, as one SQL query."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from broadcasts.models import Broadcast
from broadcasts.policy.governor import bindings, reason_sql, rules_for
from broadcasts.policy.terms import Terms
from broadcasts.selectors.policy import terms_of
from contacts.models import ContactFacts
from contacts.models.contact import Relation
from contacts.selectors.audiences import audience
from contacts.selectors.visibility import visible_contacts, visible_staff
from scrm.segments.fields import read_rule

# `audience` is the segment; every other part narrows itself to it. A promise is a place in an
# unfinished batch whose message has neither arrived nor failed: it counts like a touch, so that
# two broadcasts fixed side by side cannot both take a customer's last one.
_FACTS = """
WITH audience AS MATERIALIZED (
    {audience}
), addressed AS (
    SELECT DISTINCT ON (audience.contact_id) audience.*, follow.staff_id
    FROM audience
    LEFT JOIN (contacts_follow follow JOIN contacts_staff staff ON staff.id = follow.staff_id
        AND staff.status = 1 AND staff.is_following
        AND (%(senders)s::bigint[] IS NULL OR staff.id = ANY (%(senders)s))
    ) ON follow.contact_id = audience.contact_id AND follow.status = 'active'
    ORDER BY audience.contact_id, follow.added_at DESC NULLS LAST, follow.id DESC
), touched AS (
    SELECT touch.contact_id,
        count(*) FILTER (WHERE touch_class <> 'service' AND at >= %(cap_since)s) AS cap_used,
        count(*) FILTER (WHERE at >= %(quota_since)s) AS quota_used,
        max(at) FILTER (WHERE touch_class <> 'service') AS last_touch_at
    FROM audience
    JOIN broadcasts_touch touch ON touch.contact_id = audience.contact_id
        AND touch.at >= %(touches_since)s AND touch.channel = 'private'
    GROUP BY touch.contact_id
), promised AS (
    SELECT recipient.contact_id,
        count(*) FILTER (WHERE other.touch_class <> 'service') AS cap_used,
        count(*) AS quota_used,
        max(other.window_end) FILTER (WHERE other.touch_class <> 'service') AS reserved_until
    FROM broadcasts_batch batch
    JOIN broadcasts_broadcast other ON other.id = batch.broadcast_id
        AND other.id <> %(broadcast_id)s AND other.kind = 'private'
    JOIN broadcasts_recipient recipient ON recipient.batch_id = batch.id
        AND recipient.result = ''
    WHERE NOT batch.is_final AND NOT EXISTS (
        SELECT 1 FROM broadcasts_touch touch
        WHERE touch.broadcast_id = other.id AND touch.contact_id = recipient.contact_id
    )
    GROUP BY recipient.contact_id
), facts AS (
    SELECT addressed.contact_id, addressed.staff_id,
        addressed.is_friend, addressed.first_followed_at,
        coalesce(preference.is_do_not_contact, false) AS is_do_not_contact,
        preference.pause_until, touched.last_touch_at, promised.reserved_until,
        coalesce(touched.cap_used, 0) + coalesce(promised.cap_used, 0) AS cap_used,
        coalesce(touched.quota_used, 0) + coalesce(promised.quota_used, 0) AS quota_used
    FROM addressed
    LEFT JOIN contacts_preference preference ON preference.contact_id = addressed.contact_id
    LEFT JOIN touched ON touched.contact_id = addressed.contact_id
    LEFT JOIN promised ON promised.contact_id = addressed.contact_id
)"""

# OFFSET 0 keeps Postgres from writing the reason out again wherever it is used.
_VERDICT = """, verdict AS (
    SELECT contact_id, staff_id, {reason} AS reason FROM facts OFFSET 0
)"""

# Compiling a query of so many parts takes longer than it saves, most of all for small audiences.
_PLANNING = "SET LOCAL jit = off; "


@dataclass(frozen=True)
class Sql:
    """A query with named parameters."""

    text: str
    parameters: dict[str, Any]


def verdicts(broadcast: Broadcast, *, now: datetime) -> Sql:
    """CTEs that end in `verdict(contact_id, staff_id, reason)`, a row for each customer of the
    broadcast's audience. `reason` is '' for those who will be written to.

    One query over the audience, whatever its size; nothing is written.
    """
    terms = terms_of(broadcast)
    rules = rules_for(terms)
    facts = _facts(audience_of(broadcast, now=now), terms, now=now)
    return Sql(
        f"{facts.text}{_VERDICT.format(reason=reason_sql(rules))}",
        {
            **facts.parameters,
            **bindings(rules, now),
            "broadcast_id": broadcast.pk or 0,
            "senders": _senders(broadcast),
        },
    )


def run(query: Sql, rest: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """The rows of `verdicts` followed by `rest`, a statement that reads `verdict`."""
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(f"{_PLANNING}{query.text}{rest}", {**query.parameters, **parameters})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def audience_of(broadcast: Broadcast, *, now: datetime) -> QuerySet[ContactFacts]:
    """The customers its rule picks, as far as whoever wrote the broadcast may see them.

    Raises RuleError when the rule can no longer be read.
    """
    picked = audience(read_rule(broadcast.rule), now)
    author = broadcast.created_by
    if author is None or author.sees_everything:
        return picked
    return picked.filter(contact_id__in=visible_contacts(author).values("pk"))


def _senders(broadcast: Broadcast) -> list[int] | None:
    """The staff whom whoever wrote it may ask to send; None for everybody."""
    author = broadcast.created_by
    if author is None or author.sees_everything:
        return None
    return list(visible_staff(author).values_list("pk", flat=True))


def _facts(customers: QuerySet[ContactFacts], terms: Terms, *, now: datetime) -> Sql:
    friend = ExpressionWrapper(Q(relation=Relation.FRIEND), output_field=BooleanField())
    rows = customers.order_by().annotate(is_friend=friend)
    picked = _named(rows.values("contact_id", "first_followed_at", "is_friend"))
    since = {
        "cap_since": terms.month_start(now),
        "quota_since": terms.quota_since(now),
    }
    earliest = min(*since.values(), terms.gap_since(now))
    return Sql(
        _FACTS.format(audience=picked.text),
        {**picked.parameters, **since, "touches_since": earliest},
    )


def _named(rows: QuerySet[ContactFacts, Any]) -> Sql:
    """Django's query with its positional parameters turned into named ones."""
    text, values = rows.query.sql_with_params()
    names = iter(f"picked_{number}" for number in range(len(values)))
    named = re.sub(r"%[%s]", lambda m: m[0] if m[0] == "%%" else f"%({next(names)})s", text)
    return Sql(named, {f"picked_{number}": value for number, value in enumerate(values)})
