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

# Batches come first inside the statement, so that recipients are written in their order. Rows of
# one staff member stand together in `numbered`, and joining the few batches keeps them so.
_WRITE = """
, numbered AS MATERIALIZED (
    SELECT verdict.*, contact.external_userid, CASE WHEN reason = '' THEN
        (row_number() OVER (PARTITION BY staff_id, reason = '' ORDER BY contact_id) - 1)
            / %(batch_size)s END AS seq
    FROM verdict JOIN contacts_contact contact ON contact.id = verdict.contact_id
), counted AS MATERIALIZED (
    SELECT reason, staff_id, seq, count(*) AS size FROM numbered GROUP BY 1, 2, 3
), new_batch AS (
    INSERT INTO broadcasts_batch (
        broadcast_id, staff_id, seq, size, state, attempt, resent, refused_reason, sent_count,
        is_final)
    SELECT %(broadcast_id)s, staff_id, seq, size, 'ready', 0, 0, '', 0, false
    FROM counted WHERE reason = '' ORDER BY staff_id, seq
    RETURNING id, staff_id, seq
), written AS (
    INSERT INTO broadcasts_recipient (
        broadcast_id, contact_id, state, reason, batch_id, staff_id, external_userid, result)
    SELECT %(broadcast_id)s, numbered.contact_id,
        CASE reason WHEN '' THEN 'chosen' WHEN 'held_out' THEN 'held_out' ELSE 'excluded' END,
        CASE reason WHEN 'held_out' THEN '' ELSE reason END,
        new_batch.id, numbered.staff_id, numbered.external_userid, ''
    FROM numbered
    LEFT JOIN new_batch ON new_batch.staff_id = numbered.staff_id AND new_batch.seq = numbered.seq
)
SELECT coalesce(sum(size) FILTER (WHERE reason = ''), 0),
    coalesce(sum(size) FILTER (WHERE reason = 'held_out'), 0),
    coalesce(sum(size) FILTER (WHERE reason NOT IN ('', 'held_out')), 0)
FROM counted
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
