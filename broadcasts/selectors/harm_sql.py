"""The set-based questions of the harm guard (伤害预警).

A relation is a friendship with one member of staff (private messages) or a membership in one
group (group messages). It is lost when the customer ends it herself, or when she complains.
"""

from __future__ import annotations

# Age of a relation: the first week, the first month, half a year, older.
_BANDS = """
bands(band, low, high) AS (VALUES
    (0, interval '0', interval '7 days'),
    (1, interval '7 days', interval '30 days'),
    (2, interval '30 days', interval '180 days'),
    (3, interval '180 days', interval '1000 years'))
"""
_BAND_AT = """
CASE WHEN {at} - r.since < interval '7 days' THEN 0
    WHEN {at} - r.since < interval '30 days' THEN 1
    WHEN {at} - r.since < interval '180 days' THEN 2
    ELSE 3 END
"""
# A customer who unfriended us is judged by the stage she left.
_STAGE = """
CASE WHEN c.lost_kind = 'unfriended' THEN coalesce((
    SELECT nullif(l.from_stage, '') FROM contacts_lifecycletransition l
    WHERE l.contact_id = c.id AND l.to_stage = 'lost' ORDER BY l.at DESC, l.id DESC LIMIT 1), 'new')
ELSE c.stage END
"""

_RELATIONS = {
    "private": """
        SELECT f.contact_id, f.staff_id, f.added_at AS since, f.ended_at AS ended,
            f.status = 'by_contact' AS is_loss
        FROM contacts_follow f
        WHERE f.ended_at IS NULL OR f.ended_at > %(since)s
    """,
    "group": """
        SELECT m.contact_id, g.owner_id AS staff_id, m.joined_at AS since, m.left_at AS ended,
            m.quit_scene = 0 AS is_loss
        FROM groups_groupmember m JOIN groups_groupchat g ON g.id = m.group_id
        WHERE m.kind = 2 AND m.contact_id IS NOT NULL
            AND (m.left_at IS NULL OR m.left_at > %(since)s)
    """,
}

_COUNT_BASE = """
WITH {bands},
relations AS ({relations}),
touches AS (
    SELECT t.contact_id, t.at FROM broadcasts_touch t
    WHERE t.channel = %(kind)s AND t.at > %(since)s - interval '1 day' AND t.at <= %(now)s
),
watched AS (
    -- How long each relation was at risk, by its age
    SELECT r.contact_id, r.staff_id, b.band,
        extract(epoch FROM least(coalesce(r.ended, %(now)s), r.since + b.high, %(now)s)
            - greatest(r.since + b.low, %(since)s)) / 86400 AS days,
        0 AS losses
    FROM relations r CROSS JOIN bands b
    WHERE least(coalesce(r.ended, %(now)s), r.since + b.high, %(now)s)
        > greatest(r.since + b.low, %(since)s)
    UNION ALL
    -- less the days after touches
    SELECT r.contact_id, r.staff_id, {band_at_touch},
        -extract(epoch FROM least(coalesce(r.ended, %(now)s), t.at + interval '1 day', %(now)s)
            - greatest(t.at, %(since)s)) / 86400, 0
    FROM touches t JOIN relations r ON r.contact_id = t.contact_id AND r.since <= t.at
        AND (r.ended IS NULL OR r.ended > greatest(t.at, %(since)s))
    UNION ALL
    -- Losses outside those days
    SELECT r.contact_id, r.staff_id, {band_at_end}, 0, 1
    FROM relations r
    WHERE r.is_loss AND r.ended > %(since)s AND r.ended <= %(now)s AND NOT EXISTS (
        SELECT 1 FROM broadcasts_touch t
        WHERE t.contact_id = r.contact_id AND t.channel = %(kind)s
            AND t.at <= r.ended AND t.at > r.ended - interval '1 day')
    UNION ALL
    -- Complaints outside those days, each once
    SELECT r.contact_id, r.staff_id, r.band, 0, 1
    FROM (
        SELECT DISTINCT ON (p.id) r.contact_id, r.staff_id, {band_at_complaint} AS band
        FROM broadcasts_complaint p JOIN relations r ON r.contact_id = p.contact_id
            AND r.since <= p.at AND (r.ended IS NULL OR r.ended > p.at)
        WHERE p.at > %(since)s AND p.at <= %(now)s AND NOT EXISTS (
            SELECT 1 FROM broadcasts_touch t
            WHERE t.contact_id = p.contact_id AND t.channel = %(kind)s
                AND t.at <= p.at AND t.at > p.at - interval '1 day')
        ORDER BY p.id, r.since
    ) r
)
INSERT INTO broadcasts_harmbase (kind, staff_id, age_band, stage, days, losses, counted_at)
SELECT %(kind)s, w.staff_id, w.band, {stage}, greatest(0, sum(w.days)), sum(w.losses), %(now)s
FROM watched w JOIN contacts_contact c ON c.id = w.contact_id
GROUP BY 2, 3, 4
HAVING sum(w.days) > 0
"""


def count_base(kind: str) -> str:
    """The statement that counts what is usual for one kind; parameters kind, since, now."""
    return _COUNT_BASE.format(
        bands=_BANDS.strip(),
        relations=_RELATIONS[kind],
        stage=_STAGE,
        band_at_touch=_BAND_AT.format(at="t.at"),
        band_at_end=_BAND_AT.format(at="r.ended"),
        band_at_complaint=_BAND_AT.format(at="p.at"),
    )


_TOUCHED = {
    "private": """
        SELECT t.contact_id, t.staff_id, t.at, coalesce(f.added_at, timestamptz '2000-01-01') AS since,
            f.status = 'by_contact' AND f.ended_at >= t.at
                AND f.ended_at <= t.at + interval '1 day' AS is_gone
        FROM broadcasts_touch t
        LEFT JOIN contacts_follow f ON f.contact_id = t.contact_id AND f.staff_id = t.staff_id
        WHERE t.broadcast_id = %(broadcast)s
    """,
    "group": """
        SELECT t.contact_id, t.staff_id, t.at, coalesce(m.since, timestamptz '2000-01-01') AS since,
            coalesce(m.is_gone, false) AS is_gone
        FROM broadcasts_touch t
        LEFT JOIN LATERAL (
            SELECT min(m.joined_at) AS since,
                bool_or(m.quit_scene = 0 AND m.left_at >= t.at
                    AND m.left_at <= t.at + interval '1 day') AS is_gone
            FROM groups_groupmember m
            JOIN broadcasts_grouprecipient g ON g.group_id = m.group_id
            WHERE m.contact_id = t.contact_id AND g.broadcast_id = %(broadcast)s
                AND g.sent_at IS NOT NULL
        ) m ON true
        WHERE t.broadcast_id = %(broadcast)s
    """,
}

_LOOK = """
WITH touched AS ({touched}),
judged AS (
    SELECT r.staff_id, {band} AS band, {stage} AS stage,
        coalesce(r.is_gone, false) AS is_gone,
        EXISTS (
            SELECT 1 FROM broadcasts_complaint p
            WHERE p.contact_id = r.contact_id AND p.at >= r.at
                AND p.at <= r.at + interval '1 day'
                AND (p.broadcast_id IS NULL OR p.broadcast_id = %(broadcast)s)
        ) AS complained
    FROM touched r JOIN contacts_contact c ON c.id = r.contact_id
)
SELECT staff_id, band, stage, count(*), count(*) FILTER (WHERE is_gone OR complained),
    count(*) FILTER (WHERE is_gone), count(*) FILTER (WHERE complained)
FROM judged GROUP BY 1, 2, 3
"""


def look_at(kind: str) -> str:
    """The statement that counts the touched and the lost of one broadcast; parameter broadcast.

    Rows: staff, band, stage, touched, lost, gone, complained.
    """
    return _LOOK.format(touched=_TOUCHED[kind], band=_BAND_AT.format(at="r.at"), stage=_STAGE)
