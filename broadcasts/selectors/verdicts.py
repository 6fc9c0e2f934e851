"""The governor's verdict on a whole audience, as one SQL query."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, Expression, ExpressionWrapper, Q, QuerySet, Value

from broadcasts.models import Broadcast
from broadcasts.policy.governor import bindings, reason_sql, rules_for
from broadcasts.policy.history import earliest
from broadcasts.policy.terms import Terms
from broadcasts.selectors.policy import terms_of
from broadcasts.selectors.rivals import rivals_of
from broadcasts.selectors.wanted import picked_by, senders_of
from contacts.models import ContactFacts
from contacts.models.contact import Relation

# `audience` is the segment; every other part narrows itself to it. A promise is a place in an
# unfinished batch whose message has neither arrived nor failed: it counts like a touch, so that
# two broadcasts fixed side by side cannot both take a customer's last one. `+ 0` keeps Postgres
# from looking into an index once for each sender. A bit for each day of the month makes counting
# days as cheap as counting touches.
_FACTS = """
WITH audience AS MATERIALIZED (
    {audience}
), addressed AS (
    SELECT DISTINCT ON (audience.contact_id) audience.*, follow.staff_id
    FROM audience
    LEFT JOIN contacts_follow follow ON follow.contact_id = audience.contact_id
        AND follow.status = 'active' AND follow.staff_id + 0 = ANY (%(senders)s::bigint[])
    ORDER BY audience.contact_id, follow.added_at DESC NULLS LAST, follow.id DESC
), touched AS (
    SELECT contact_id,
        count(*) FILTER (WHERE is_marketing AND in_month AND is_private) AS cap_used,
        count(*) FILTER (WHERE in_month AND touch_class = %(touch_class)s) AS class_used,
        count(*) FILTER (WHERE is_marketing AND in_month) AS total_used,
        bit_count(coalesce(bit_or(day_bit) FILTER (WHERE is_marketing AND in_month), 0)::bit(32))
            AS touched_days,
        count(*) FILTER (WHERE is_private AND at >= %(quota_since)s) AS quota_used,
        max(at) FILTER (WHERE is_marketing AND is_private) AS last_touch_at,
        max(at) FILTER (WHERE touch_class = 'deep') AS last_deep_at
    FROM (
        SELECT contact_id, at, touch_class,
            touch_class <> 'service' AS is_marketing, channel = 'private' AS is_private,
            at >= %(month_since)s AS in_month,
            1 << (extract(day FROM at AT TIME ZONE %(zone)s)::int - 1) AS day_bit
        FROM broadcasts_touch
        WHERE at >= %(touches_since)s AND (touch_class <> 'service' OR channel = 'private')
            AND contact_id IN (SELECT contact_id FROM audience)
    ) AS touch
    GROUP BY contact_id
), promised AS (
    SELECT recipient.contact_id,
        count(*) FILTER (WHERE other.touch_class <> 'service') AS cap_used,
        count(*) FILTER (WHERE other.touch_class = %(touch_class)s) AS class_used,
        count(*) AS quota_used,
        max(other.window_end) FILTER (WHERE other.touch_class <> 'service') AS reserved_until,
        max(other.window_end) FILTER (WHERE other.touch_class = 'deep') AS deep_until
    FROM broadcasts_batch batch
    JOIN broadcasts_broadcast other ON other.id = batch.broadcast_id
        AND other.id <> %(broadcast_id)s AND other.kind = 'private'
    JOIN broadcasts_recipient recipient ON recipient.batch_id = batch.id
        AND recipient.result = ''
    WHERE NOT batch.is_final
        AND recipient.contact_id IN (SELECT contact_id FROM audience)
        AND NOT EXISTS (
            SELECT 1 FROM broadcasts_touch touch
            WHERE touch.broadcast_id = other.id AND touch.contact_id = recipient.contact_id
        )
    GROUP BY recipient.contact_id
), facts AS (
    SELECT addressed.contact_id, addressed.staff_id,
        addressed.is_friend, addressed.first_followed_at, addressed.is_wanted,
        coalesce(preference.is_do_not_contact, false) AS is_do_not_contact,
        preference.pause_until,
        coalesce(preference.topics_off @> ARRAY[%(topic)s]::bigint[], false) AS is_topic_off,
        touched.last_touch_at, promised.reserved_until,
        greatest(touched.last_deep_at, promised.deep_until) AS last_deep_at,
        coalesce(touched.cap_used, 0) + coalesce(promised.cap_used, 0) AS cap_used,
        coalesce(promised.cap_used, 0) AS promised_used,
        coalesce(touched.class_used, 0) + coalesce(promised.class_used, 0) AS class_used,
        coalesce(touched.total_used, 0) + coalesce(promised.cap_used, 0) AS total_used,
        coalesce(touched.touched_days, 0) + coalesce(promised.cap_used, 0) AS touched_days,
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

# Everything is joined by the customer, and her tables are stored and indexed in the order of her
# key: merging reads them in sequence, while hash tables of a million rows are jumped about in,
# which took twice as long. Compiling a query of so many parts takes longer than it saves.
_PLANNING = "SET LOCAL jit = off; SET LOCAL enable_hashjoin = off; SET LOCAL work_mem = '128MB'; "


@dataclass(frozen=True)
class Sql:
    """A query with named parameters."""

    text: str
    parameters: dict[str, Any]


def verdicts(broadcast: Broadcast, *, now: datetime) -> Sql:
    """CTEs that end in `verdict(contact_id, staff_id, reason)`, a row for each customer of the
    broadcast's audience. `reason` is '' for those who will be written to.

    One query over the audience, whatever its size; nothing is written. Raises RuleError when the
    rule can no longer be read.
    """
    terms = terms_of(broadcast)
    rules = rules_for(terms)
    wanted = rivals_of(broadcast, terms, now=now)
    facts = facts_of(broadcast, terms, now=now, wanted=wanted)
    return Sql(
        f"{facts.text}{_VERDICT.format(reason=reason_sql(rules))}",
        {**facts.parameters, **bindings(rules, now)},
    )


def facts_of(
    broadcast: Broadcast,
    terms: Terms,
    *,
    now: datetime,
    wanted: Q | None = None,
    among: Q | None = None,
) -> Sql:
    """CTEs that end in `facts`, a row for each customer of the audience with the columns that the
    rules read, and `promised_used`, the part of `cap_used` that is promised. `wanted` says of
    ContactFacts whom a rival picks, `among` narrows the audience. Raises RuleError.
    """
    friend = _condition(Q(relation=Relation.FRIEND))
    kept = Value(value=False) if wanted is None else _condition(wanted)
    rows = audience_of(broadcast, now=now).filter(among or Q()).order_by()
    rows = rows.annotate(is_friend=friend, is_wanted=kept)
    picked = _named(rows.values("contact_id", "first_followed_at", "is_friend", "is_wanted"))
    return Sql(
        _FACTS.format(audience=picked.text),
        {
            **picked.parameters,
            "month_since": terms.month_start(now),
            "quota_since": terms.quota_since(now),
            "touches_since": earliest(terms, now),
            "touch_class": terms.touch_class,
            "topic": terms.topic,
            "zone": terms.zone.key,
            "broadcast_id": broadcast.pk or 0,
            "senders": senders_of(broadcast),
        },
    )


def run(query: Sql, rest: str, **parameters: Any) -> list[tuple[Any, ...]]:
    """The rows of `verdicts` followed by `rest`, a statement that reads `verdict`."""
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(f"{_PLANNING}{query.text}{rest}", {**query.parameters, **parameters})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def audience_of(broadcast: Broadcast, *, now: datetime) -> QuerySet[ContactFacts]:
    """The customers it is for, before any rule of the house. Raises RuleError."""
    return ContactFacts.objects.filter(picked_by(broadcast, now=now))


def _condition(condition: Q) -> Expression:
    return ExpressionWrapper(condition, output_field=BooleanField())


def _named(rows: QuerySet[ContactFacts, Any]) -> Sql:
    """Django's query with its positional parameters turned into named ones."""
    # Whoever may see nobody gets a query that finds nobody.
    text, values = rows.query.get_compiler(rows.db, elide_empty=False).as_sql()
    names = iter(f"picked_{number}" for number in range(len(values)))
    named = re.sub(r"%[%s]", lambda m: m[0] if m[0] == "%%" else f"%({next(names)})s", text)
    return Sql(named, {f"picked_{number}": value for number, value in enumerate(values)})
