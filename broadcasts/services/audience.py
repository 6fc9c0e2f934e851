"""Fix the audience of a broadcast (冻结名单)."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from broadcasts import figures
from broadcasts.models import Broadcast, IllegalMove
from broadcasts.policy.variables import of_customer
from broadcasts.policy.variant_split import bounds, place_sql
from broadcasts.selectors.verdicts import run, verdicts
from broadcasts.services.group_audience import write_groups
from broadcasts.services.materials import pin_content

State = Broadcast.State

# Verdicts of all broadcasts stand in one line behind this lock, because each must see what the
# one before has promised to whom.
_FREEZE_LOCK = "SELECT pg_advisory_xact_lock(hashtext('broadcasts.freeze'))"

# Everybody who has the same sender and the same verdict becomes one pair of arrays: neither a sort
# nor a numbering of a million rows is needed to cut batches from them, nor a second look to count.
# Batches come first inside the statement, so that recipients are written in their order.
_WRITE = """
, grouped AS MATERIALIZED (
    SELECT reason, staff_id, {place} AS place, count(*) AS size,
        array_agg(contact.id) AS contact_ids,
        array_agg(contact.external_userid) AS external_userids
    FROM verdict JOIN contacts_contact contact ON contact.id = verdict.contact_id
    GROUP BY 1, 2, 3
), new_batch AS (
    INSERT INTO broadcasts_batch (
        broadcast_id, staff_id, seq, size, state, attempt, resent, refused_reason, sent_count,
        is_final, variant_id)
    SELECT %(broadcast_id)s, staff_id, {first} + seq,
        least(%(batch_size)s, size - seq * %(batch_size)s),
        'ready', 0, 0, '', 0, false, {variant}
    FROM grouped, generate_series(0, (size - 1) / %(batch_size)s) AS seq
    WHERE reason = '' ORDER BY staff_id, place, seq
    RETURNING id, staff_id, seq, size
), numbered AS (
    SELECT id, staff_id, {place_of} AS place, seq - {first_of} AS seq, size FROM new_batch
), part AS (
    SELECT numbered.id AS batch_id, staff_id, 'chosen' AS state, '' AS reason,
        contact_ids[seq * %(batch_size)s + 1 : seq * %(batch_size)s + numbered.size]
            AS contact_ids,
        external_userids[seq * %(batch_size)s + 1 : seq * %(batch_size)s + numbered.size]
            AS external_userids
    FROM numbered JOIN grouped USING (staff_id, place) WHERE reason = ''
    UNION ALL
    SELECT NULL, staff_id,
        CASE reason WHEN 'held_out' THEN 'held_out' ELSE 'excluded' END,
        CASE reason WHEN 'held_out' THEN '' ELSE reason END,
        contact_ids, external_userids
    FROM grouped WHERE reason <> ''
), written AS (
    INSERT INTO broadcasts_recipient (
        broadcast_id, contact_id, state, reason, batch_id, staff_id, external_userid, result)
    SELECT %(broadcast_id)s, person.contact_id, state, reason, batch_id, staff_id,
        person.external_userid, ''
    FROM (SELECT * FROM part ORDER BY batch_id) AS part,
        unnest(contact_ids, external_userids) AS person(contact_id, external_userid)
)
SELECT coalesce(sum(size) FILTER (WHERE reason = ''), 0),
    coalesce(sum(size) FILTER (WHERE reason = 'held_out'), 0),
    coalesce(sum(size) FILTER (WHERE reason NOT IN ('', 'held_out')), 0)
FROM grouped
"""
_ONE_MESSAGE = _WRITE.format(
    place="0", first="0", variant="NULL::bigint", place_of="0", first_of="0"
)
# Each version has a range of batch numbers of its own.
_RANGE = 100_000


def freeze(*, broadcast_id: int, now: datetime) -> Broadcast:
    """Write the audience as recipients and batches, in one pass and one transaction.

    Moves scheduled → freezing → submitting, or → finished when nobody is left to write to. A
    crash in between leaves `freezing`, from where this begins again. Raises IllegalMove when the
    broadcast is in another state, or somebody else was faster.
    """
    broadcast = Broadcast.objects.select_related("created_by").get(pk=broadcast_id)
    if broadcast.state != State.FREEZING:
        broadcast.move_to(State.FREEZING, now=now)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_FREEZE_LOCK)
        broadcast.refresh_from_db(fields=["state"])
        if broadcast.state != State.FREEZING:
            raise IllegalMove(f"{broadcast.pk} was frozen by somebody else")
        pin_content(broadcast)
        write = write_groups if broadcast.is_for_groups else _write_recipients
        chosen, held_out, excluded = write(broadcast, now=now)
        counts = {"chosen": chosen, "held_out": held_out, "excluded": excluded, "frozen_at": now}
        if chosen:
            broadcast.move_to(State.SUBMITTING, now=now, **counts)
        else:
            nobody = Broadcast.StopReason.NOBODY
            broadcast.move_to(State.FINISHED, now=now, stop_reason=nobody, **counts)
    return broadcast


def _write_recipients(broadcast: Broadcast, *, now: datetime) -> tuple[int, int, int]:
    query = verdicts(broadcast, now=now)
    variants = list(broadcast.variants.order_by("letter"))
    ((chosen, held_out, excluded),) = run(
        query,
        _by_version(broadcast) if variants else _ONE_MESSAGE,
        broadcast_id=broadcast.pk,
        batch_size=_batch_size(broadcast),
        variant_ids=[variant.pk for variant in variants],
        variant_bounds=bounds([variant.share for variant in variants])[:-1],
    )
    return chosen, held_out, excluded


def _by_version(broadcast: Broadcast) -> str:
    """Versions (A/B) part the customers of a sender once more."""
    return _WRITE.format(
        place=place_sql(broadcast.holdout_salt, "contact.id"),
        first=f"place * {_RANGE}",
        variant="(%(variant_ids)s::bigint[])[place + 1]",
        place_of=f"seq / {_RANGE}",
        first_of=f"seq / {_RANGE} * {_RANGE}",
    )


def _batch_size(broadcast: Broadcast) -> int:
    """A journey's words may name the customer herself; then each has a task of her own."""
    return 1 if of_customer(broadcast.text) else figures.batch_size()
