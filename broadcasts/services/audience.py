"""Fix the audience of a broadcast (冻结名单)."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from broadcasts import figures
from broadcasts.models import Broadcast
from broadcasts.selectors.verdicts import run, verdicts

State = Broadcast.State

# Verdicts of all broadcasts stand in one line behind this lock, because each must see what the
# one before has promised to whom.
_FREEZE_LOCK = "SELECT pg_advisory_xact_lock(hashtext('broadcasts.freeze'))"

# Everybody who has the same sender and the same verdict becomes one pair of arrays: neither a sort
# nor a numbering of a million rows is needed to cut batches from them, nor a second look to count.
# Batches come first inside the statement, so that recipients are written in their order.
_WRITE = """
, grouped AS MATERIALIZED (
    SELECT reason, staff_id, count(*) AS size,
        array_agg(contact.id) AS contact_ids,
        array_agg(contact.external_userid) AS external_userids
    FROM verdict JOIN contacts_contact contact ON contact.id = verdict.contact_id
    GROUP BY 1, 2
), new_batch AS (
    INSERT INTO broadcasts_batch (
        broadcast_id, staff_id, seq, size, state, attempt, resent, refused_reason, sent_count,
        is_final)
    SELECT %(broadcast_id)s, staff_id, seq, least(%(batch_size)s, size - seq * %(batch_size)s),
        'ready', 0, 0, '', 0, false
    FROM grouped, generate_series(0, (size - 1) / %(batch_size)s) AS seq
    WHERE reason = '' ORDER BY staff_id, seq
    RETURNING id, staff_id, seq, size
), part AS (
    SELECT new_batch.id AS batch_id, staff_id, 'chosen' AS state, '' AS reason,
        contact_ids[seq * %(batch_size)s + 1 : seq * %(batch_size)s + new_batch.size]
            AS contact_ids,
        external_userids[seq * %(batch_size)s + 1 : seq * %(batch_size)s + new_batch.size]
            AS external_userids
    FROM new_batch JOIN grouped USING (staff_id) WHERE reason = ''
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


def freeze(*, broadcast_id: int, now: datetime) -> Broadcast:
    """Write the audience as recipients and batches, in one pass and one transaction.

    Moves scheduled → freezing → submitting, or → finished when nobody is left to write to. A
    crash in between leaves `freezing`, from where this begins again. Raises IllegalMove when the
    broadcast is in another state.
    """
    broadcast = Broadcast.objects.select_related("created_by").get(pk=broadcast_id)
    if broadcast.state != State.FREEZING:
        broadcast.move_to(State.FREEZING, now=now)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_FREEZE_LOCK)
        chosen, held_out, excluded = _write_recipients(broadcast, now=now)
        counts = {"chosen": chosen, "held_out": held_out, "excluded": excluded, "frozen_at": now}
        if chosen:
            broadcast.move_to(State.SUBMITTING, now=now, **counts)
        else:
            nobody = Broadcast.StopReason.NOBODY
            broadcast.move_to(State.FINISHED, now=now, stop_reason=nobody, **counts)
    return broadcast


def _write_recipients(broadcast: Broadcast, *, now: datetime) -> tuple[int, int, int]:
    query = verdicts(broadcast, now=now)
    ((chosen, held_out, excluded),) = run(
        query, _WRITE, broadcast_id=broadcast.pk, batch_size=figures.batch_size()
    )
    return chosen, held_out, excluded
