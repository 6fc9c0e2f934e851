"""The set-based questions of the report of a recurring broadcast or a journey as a whole.

`sent` are its broadcasts; `drawn` is one row a customer, in the arm where her first one put her,
with a window of her own that begins when its audience was fixed. Of a series to groups it is one
row a group (`unit_id`) and customer in it at that moment.
"""

from __future__ import annotations

from analytics.selectors.effect_sql import (
    CAP,
    SUMS,
    WORTH,
    WORTH_GROUP_ROWS,
    WORTH_SUMS,
    statement,
)

_SENT = {
    "plan": """
sent AS (
    SELECT b.id, b.frozen_at, b.holdout_percent, b.touch_class, ''::text AS part
    FROM broadcasts_broadcast b WHERE b.plan_id = %(series)s AND b.frozen_at <= %(now)s
)
""",
    # A part of a journey is a step of it.
    "journey": """
sent AS (
    SELECT b.id, b.frozen_at, b.holdout_percent, b.touch_class, s.step::text AS part
    FROM broadcasts_journeysend s
    JOIN broadcasts_journeyversion v ON v.id = s.version_id AND v.journey_id = %(series)s
    JOIN broadcasts_broadcast b ON b.id = s.broadcast_id AND b.frozen_at <= %(now)s
)
""",
}

# By the hold-out that each of its broadcasts drew for itself.
_BY_SENDS = """
drawn AS (
    SELECT DISTINCT ON (r.contact_id) r.contact_id AS unit_id, r.contact_id, r.state AS arm,
        sent.holdout_percent AS stratum, sent.frozen_at AS start_at, sent.frozen_at AS before_at,
        sent.frozen_at + %(span)s AS end_at
    FROM sent JOIN broadcasts_recipient r ON r.broadcast_id = sent.id
    WHERE r.state IN ('chosen', 'held_out') AND sent.holdout_percent > 0
    ORDER BY r.contact_id, sent.frozen_at, sent.id
)
"""
# The same of groups, which are drawn as a whole.
_BY_GROUPS = """
first AS (
    SELECT DISTINCT ON (g.group_id) g.group_id, g.state AS arm, sent.holdout_percent AS stratum,
        sent.frozen_at AS start_at
    FROM sent JOIN broadcasts_grouprecipient g ON g.broadcast_id = sent.id
    WHERE g.state IN ('chosen', 'held_out') AND sent.holdout_percent > 0
    ORDER BY g.group_id, sent.frozen_at, sent.id
), drawn AS (
    SELECT DISTINCT first.group_id AS unit_id, m.contact_id, first.arm, first.stratum,
        first.start_at, first.start_at AS before_at, first.start_at + %(span)s AS end_at
    FROM first JOIN groups_groupmember m ON m.group_id = first.group_id AND m.kind = 2
        AND m.contact_id IS NOT NULL AND m.joined_at <= first.start_at
        AND (m.left_at IS NULL OR m.left_at > first.start_at)
)
"""
# By the standing hold-out: all whom only it, or what is asked after it, could keep a message from.
# What they spent before counts from before that draw, because marketing parts the arms since.
_BY_STANDING = """
drawn AS (
    SELECT DISTINCT ON (r.contact_id) r.contact_id AS unit_id, r.contact_id,
        CASE WHEN {held} THEN 'held_out' ELSE 'chosen' END AS arm, 0 AS stratum,
        sent.frozen_at AS start_at, %(drawn_at)s::timestamptz AS before_at,
        sent.frozen_at + %(span)s AS end_at
    FROM sent JOIN broadcasts_recipient r ON r.broadcast_id = sent.id
    WHERE sent.frozen_at >= %(drawn_at)s AND sent.touch_class <> 'service'
        AND (r.state <> 'excluded' OR r.reason <> ALL (%(asked_before)s))
    ORDER BY r.contact_id, sent.frozen_at, sent.id
)
"""
_DRAWN = {"sends": _BY_SENDS, "groups": _BY_GROUPS, "standing": _BY_STANDING}

# Those whose window is over.
_AUDIENCE = """
audience AS MATERIALIZED (SELECT * FROM drawn WHERE end_at <= %(now)s)
"""
# The days are what the covering index holds; a day around them covers every time zone.
_BOUGHT = """
bought AS (
    SELECT a.unit_id, a.contact_id, count(*) FILTER (WHERE o.paid_at >= a.start_at) AS orders,
        coalesce(sum((o.amount_fen - o.refunded_fen)::float8)
            FILTER (WHERE o.paid_at >= a.start_at), 0) AS fen,
        coalesce(sum((o.amount_fen - o.refunded_fen)::float8)
            FILTER (WHERE o.paid_at < a.before_at), 0) AS earlier
    FROM audience a JOIN contacts_order o ON o.contact_id = a.contact_id
        AND o.paid_on >= (a.before_at - %(earlier)s)::date - 1
        AND o.paid_on <= {until}::date + 1
        AND o.paid_at >= a.before_at - %(earlier)s AND o.paid_at < {until}
    GROUP BY 1, 2
)
"""
_IN_WINDOW, _UNTIL_NOW = _BOUGHT.format(until="a.end_at"), _BOUGHT.format(until="%(now)s")
_SIZES = """
SELECT arm, stratum, count(DISTINCT unit_id),
    count(DISTINCT unit_id) FILTER (WHERE end_at <= %(now)s),
    count(*) FILTER (WHERE end_at <= %(now)s)
FROM drawn GROUP BY 1, 2
"""
_GROUP_ROWS = """
SELECT a.arm, a.stratum, count(*), count(*) FILTER (WHERE bought.orders > 0),
    coalesce(sum(bought.orders), 0), coalesce(sum(bought.fen), 0),
    sum(least(coalesce(bought.fen, 0), cap.fen)),
    sum(least(coalesce(bought.earlier, 0), cap.earlier)), max(cap.fen)
FROM audience a LEFT JOIN bought USING (unit_id, contact_id) CROSS JOIN cap
GROUP BY a.unit_id, 1, 2
"""
_COURSE = """
SELECT a.arm, a.stratum,
    floor(extract(epoch FROM o.paid_at - a.start_at) / 86400)::int AS day, count(*),
    sum((o.amount_fen - o.refunded_fen)::float8)
FROM audience a JOIN contacts_order o ON o.contact_id = a.contact_id
    AND o.paid_on >= a.start_at::date - 1 AND o.paid_on <= a.end_at::date + 1
    AND o.paid_at >= a.start_at AND o.paid_at < a.end_at
GROUP BY 1, 2, 3
"""


def sizes(kind: str, draw: str, held: str) -> str:
    """By arm and share: units drawn, and units and customers whose window is over.

    `draw` is sends, groups or standing; `held` says in SQL of `r.contact_id` who is in the standing
    hold-out.
    """
    return statement(_SENT[kind], _DRAWN[draw].format(held=held), then=_SIZES)


def sums(kind: str, draw: str, held: str) -> str:
    """As ARMS, or of groups GROUPS, of `effect_sql`, by share instead of version."""
    rows = _GROUP_ROWS if draw == "groups" else SUMS.format(part="stratum")
    parts = (_SENT[kind], _DRAWN[draw].format(held=held), _AUDIENCE, _IN_WINDOW, CAP)
    return statement(*parts, then=rows)


def worth(kind: str, draw: str, held: str) -> str:
    """As WORTH_SUMS, or of groups WORTH_GROUP_ROWS, of `effect_sql`, by arm and share."""
    by, keys = "arm, stratum", "contact_id"
    rows = WORTH_SUMS.format(by=by)
    if draw == "groups":
        # A customer may be in several groups.
        keys = "unit_id, contact_id"
        rows = WORTH_GROUP_ROWS.format(by=by, members="audience", keys=keys, group="unit_id")
    parts = (_SENT[kind], _DRAWN[draw].format(held=held), _AUDIENCE, _UNTIL_NOW, CAP)
    return statement(*parts, WORTH.format(keys=keys), then=rows)


def course(kind: str, draw: str, held: str) -> str:
    """By arm, share and day since each one's beginning: orders, and their money."""
    parts = (_SENT[kind], _DRAWN[draw].format(held=held), _AUDIENCE)
    return statement(*parts, then=_COURSE)


# Counts by part; the row whose second column is 1 is of all parts together, where nobody counts
# twice.
_BY_PART = "GROUP BY GROUPING SETS ((part), ())"
_PLANNED = """
SELECT part, grouping(part), count(DISTINCT {unit}),
    count(DISTINCT {unit}) FILTER (WHERE b.confirmed_at IS NOT NULL)
FROM sent JOIN broadcasts_batch b ON b.broadcast_id = sent.id
JOIN {recipients} r ON r.batch_id = b.id
"""
_DELIVERED = """
SELECT part, grouping(part), count(DISTINCT t.contact_id), count(*)
FROM sent JOIN broadcasts_touch t ON t.broadcast_id = sent.id
"""
_CLICKED = """
SELECT part, grouping(part), count(DISTINCT l.id), count(DISTINCT c.contact_id)
FROM sent JOIN broadcasts_trackedlink l ON l.broadcast_id = sent.id
LEFT JOIN broadcasts_linkclick c ON c.link_id = l.id AND c.at < %(now)s
"""
# An order, or a relation that ended, belongs to the last message before it and counts once.
_ORDERED = """
SELECT part, grouping(part), count(DISTINCT contact_id), count(*), coalesce(sum(fen), 0)
FROM (
    SELECT DISTINCT ON (o.id) o.contact_id, (o.amount_fen - o.refunded_fen)::float8 AS fen, part
    FROM sent JOIN broadcasts_touch t ON t.broadcast_id = sent.id
    JOIN contacts_order o ON o.contact_id = t.contact_id
        AND o.paid_on >= t.at::date - 1 AND o.paid_on <= (t.at + %(span)s)::date + 1
        AND o.paid_at >= t.at AND o.paid_at < t.at + %(span)s AND o.paid_at < %(now)s
    ORDER BY o.id, t.at DESC, t.id DESC
) counted
"""
_UNFRIENDED = """
SELECT part, grouping(part), count(DISTINCT contact_id), count(*)
FROM (
    SELECT DISTINCT ON (f.id) f.contact_id, part
    FROM sent JOIN broadcasts_touch t ON t.broadcast_id = sent.id
    JOIN contacts_follow f ON f.contact_id = t.contact_id AND f.status = 'by_contact'
        AND f.ended_at >= t.at AND f.ended_at < t.at + %(span)s AND f.ended_at < %(now)s
    ORDER BY f.id, t.at DESC, t.id DESC
) counted
"""
_RECIPIENTS = {
    "private": {"unit": "r.contact_id", "recipients": "broadcasts_recipient"},
    "group": {"unit": "r.group_id", "recipients": "broadcasts_grouprecipient"},
}
STEPS = ("planned", "delivered", "clicked", "ordered", "unfriended")


def step(kind: str, name: str, *, to: str) -> str:
    """One of STEPS of a series that goes `to` private or group."""
    found = {
        "planned": _PLANNED.format(**_RECIPIENTS[to]),
        "delivered": _DELIVERED,
        "clicked": _CLICKED,
        "ordered": _ORDERED,
        "unfriended": _UNFRIENDED,
    }[name]
    return statement(_SENT[kind], then=found + _BY_PART)


# Its newest message, how many broadcasts, and how many rows of recipients there are to look through.
SENT = {
    "plan": """
SELECT count(*), min(frozen_at), max(frozen_at), coalesce(sum(chosen + held_out), 0)
FROM broadcasts_broadcast b WHERE b.plan_id = %(series)s AND b.frozen_at <= %(now)s
""",
    "journey": """
SELECT count(*), min(b.frozen_at), max(b.frozen_at), coalesce(sum(b.chosen + b.held_out), 0)
FROM broadcasts_journeysend s
JOIN broadcasts_journeyversion v ON v.id = s.version_id AND v.journey_id = %(series)s
JOIN broadcasts_broadcast b ON b.id = s.broadcast_id AND b.frozen_at <= %(now)s
""",
}
