"""The statements that move runs of journeys, many at once."""

from __future__ import annotations

# Runs are ours by their lock; what another process ended meanwhile is no longer among them.
MOVE = """
UPDATE broadcasts_journeyrun run SET state = told.state, version_id = told.version_id,
    step = told.step, entered_at = told.entered_at, reached_at = told.reached_at,
    due_at = told.due_at, patience_until = told.patience_until, held_by = told.held_by,
    send_id = told.send_id, ended_at = told.ended_at, reason = told.reason
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::timestamptz[],
    %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::bigint[],
    %s::timestamptz[], %s::text[])
    AS told(id, state, version_id, step, entered_at, reached_at, due_at, patience_until, held_by,
        send_id, ended_at, reason)
WHERE run.id = told.id
"""

LOG = """
INSERT INTO broadcasts_journeysteplog (run_id, version_id, step, what, reason, at, until)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[],
    %s::timestamptz[], %s::timestamptz[])
"""

OPEN_SENDS = """
INSERT INTO broadcasts_journeysend (version_id, step, slot_at)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[])
ON CONFLICT (version_id, step, slot_at) DO NOTHING
"""

# A slot cannot be closed while somebody is joining it.
LOCK_SENDS = """
SELECT send.id, send.version_id, send.step, send.slot_at,
    send.broadcast_id IS NULL AND send.settled_at IS NULL
FROM broadcasts_journeysend send
JOIN unnest(%s::bigint[], %s::text[], %s::timestamptz[]) AS told(version_id, step, slot_at)
    USING (version_id, step, slot_at)
ORDER BY send.id FOR SHARE OF send
"""

# End open or expected runs; `{which}` names them by `run`.
END = """
WITH picked AS (
    SELECT run.id FROM broadcasts_journeyrun run
    WHERE run.state IN ('expected', 'running', 'sending') AND {which}
    ORDER BY run.id FOR UPDATE
), ended AS (
    UPDATE broadcasts_journeyrun run SET
        state = CASE run.state WHEN 'expected' THEN 'refused' ELSE 'exited' END,
        due_at = NULL, send_id = NULL, patience_until = NULL, held_by = '', ended_at = %(now)s,
        reason = %(reason)s
    FROM picked WHERE run.id = picked.id
    RETURNING run.id, run.version_id, run.step, run.state
), told AS (
    INSERT INTO broadcasts_journeysteplog (run_id, version_id, step, what, reason, at)
    SELECT id, version_id, step, 'exited', %(reason)s, %(now)s FROM ended
    WHERE state = 'exited' ORDER BY id
)
SELECT count(*) FROM ended
"""

# Several kinds of outcome of one message, in the order of what outweighs what. A message counts
# as delivered when the ledger of touches says so, or WeCom's result of the group.
CONTACT_OUTCOMES = """
SELECT run.id AS run_id, CASE
        WHEN touch.id IS NOT NULL THEN 'done'
        WHEN recipient.contact_id IS NULL THEN 'absent'
        WHEN recipient.state = 'held_out' THEN 'held_out'
        WHEN recipient.state = 'excluded' THEN recipient.reason
        WHEN recipient.result <> '' THEN recipient.result
        WHEN batch.state = 'refused' THEN 'refused'
        WHEN batch.is_final THEN 'unsent'
        ELSE '' END AS outcome, coalesce(touch.at, %(now)s) AS at
FROM broadcasts_journeyrun run
LEFT JOIN broadcasts_recipient recipient ON recipient.broadcast_id = %(broadcast)s
    AND recipient.contact_id = run.contact_id
LEFT JOIN broadcasts_batch batch ON batch.id = recipient.batch_id
LEFT JOIN broadcasts_touch touch ON touch.broadcast_id = %(broadcast)s
    AND touch.contact_id = run.contact_id
WHERE run.send_id = %(send)s
"""

GROUP_OUTCOMES = """
SELECT run.id AS run_id, CASE
        WHEN recipient.sent_at IS NOT NULL THEN 'done'
        WHEN recipient.id IS NULL THEN 'absent'
        WHEN recipient.state = 'held_out' THEN 'held_out'
        WHEN recipient.state = 'excluded' THEN recipient.reason
        WHEN recipient.result <> '' THEN recipient.result
        WHEN batch.state = 'refused' THEN 'refused'
        WHEN batch.is_final THEN 'unsent'
        ELSE '' END AS outcome, coalesce(recipient.sent_at, %(now)s) AS at
FROM broadcasts_journeyrun run
LEFT JOIN broadcasts_grouprecipient recipient ON recipient.broadcast_id = %(broadcast)s
    AND recipient.group_id = run.group_id
LEFT JOIN broadcasts_batch batch ON batch.id = recipient.batch_id
WHERE run.send_id = %(send)s
"""

# `{outcomes}` is one of the two; of what somebody stopped nobody gets another try. Whoever is done or passed over goes on at once, whoever is held
# asks again later, whoever cannot be written to at all leaves.
SETTLE = """
WITH locked AS (
    SELECT id FROM broadcasts_journeyrun WHERE send_id = %(send)s ORDER BY id FOR UPDATE
), known AS (
    SELECT run_id, at, CASE WHEN %(given_up)s AND outcome IN ('absent', 'unsent') THEN 'stopped'
        ELSE outcome END AS outcome
    FROM ({outcomes}) raw
), told AS MATERIALIZED (
    SELECT found.run_id, found.at, found.outcome,
        CASE WHEN found.outcome = 'done' THEN 'done'
            WHEN found.outcome = ANY (%(skips)s) THEN 'skipped'
            WHEN found.outcome = ANY (%(leaves)s) THEN 'exited'
            ELSE 'held' END AS what
    FROM known found JOIN locked ON locked.id = found.run_id
    WHERE found.outcome <> ''
), moved AS (
    UPDATE broadcasts_journeyrun run SET send_id = NULL,
        state = CASE told.what WHEN 'exited' THEN 'exited' ELSE 'running' END,
        step = CASE WHEN told.what IN ('done', 'skipped') THEN %(following)s ELSE run.step END,
        reached_at = CASE WHEN told.what IN ('done', 'skipped') THEN %(now)s
            ELSE run.reached_at END,
        due_at = CASE told.what WHEN 'exited' THEN NULL
            WHEN 'held' THEN least(%(again)s, greatest(run.patience_until, %(now)s))
            ELSE %(now)s END,
        patience_until = CASE told.what WHEN 'held' THEN run.patience_until END,
        held_by = CASE told.what WHEN 'held' THEN told.outcome ELSE '' END,
        ended_at = CASE told.what WHEN 'exited' THEN %(now)s END,
        reason = CASE told.what WHEN 'exited' THEN told.outcome ELSE '' END
    FROM told WHERE run.id = told.run_id
    RETURNING run.id, run.version_id
), logged AS (
    INSERT INTO broadcasts_journeysteplog
        (run_id, version_id, step, what, reason, at, broadcast_id)
    SELECT told.run_id, moved.version_id, %(step)s, told.what,
        CASE told.what WHEN 'done' THEN '' ELSE told.outcome END, told.at, %(broadcast)s
    FROM told JOIN moved ON moved.id = told.run_id ORDER BY told.run_id
)
SELECT count(*) FROM moved
"""
