"""The set-based questions of the report of a broadcast (群发效果).

Orders are found by the day they were paid, which the covering index holds, and cut to the moment.
Nobody without an order is read: she has neither revenue nor earlier revenue, and how many such
there are the broadcast knows.
"""

from __future__ import annotations


def statement(*parts: str, then: str) -> str:
    """One statement over named parts."""
    return "WITH " + ", ".join(parts) + then


# Orders of a set of customers `audience(contact_id)`: since the start, and in the time before it.
_BOUGHT = """
bought AS (
    SELECT o.contact_id,
        count(*) FILTER (WHERE o.paid_at >= %(start)s) AS orders,
        coalesce(sum((o.amount_fen - o.refunded_fen)::float8) FILTER (WHERE o.paid_at >= %(start)s), 0)
            AS fen,
        coalesce(sum((o.amount_fen - o.refunded_fen)::float8) FILTER (WHERE o.paid_at < %(before)s), 0)
            AS earlier
    FROM contacts_order o
    WHERE o.contact_id IN (SELECT contact_id FROM audience)
        AND o.paid_on >= %(since_day)s AND o.paid_on <= %(end_day)s
        AND o.paid_at >= %(since)s AND o.paid_at < %(end)s
    GROUP BY 1
)
"""
# Above which single customers count as this.
CAP = """
cap AS (
    SELECT coalesce(percentile_disc(%(quantile)s) WITHIN GROUP (ORDER BY fen)
            FILTER (WHERE fen > 0), 0) AS fen,
        coalesce(percentile_disc(%(quantile)s) WITHIN GROUP (ORDER BY earlier)
            FILTER (WHERE earlier > 0), 0) AS earlier
    FROM bought
)
"""

# One row an arm and `{part}` of it: sums over those who bought, as Moments takes them.
SUMS = """
SELECT arm, {part}, count(*), count(*) FILTER (WHERE orders > 0),
    count(*) FILTER (WHERE fen > 0), sum(orders), sum(fen), max(cap_fen),
    avg(x), regr_sxx(x, x),
    avg(y), regr_sxx(y, y), regr_sxy(y, x),
    avg(orders), regr_sxx(orders, orders), regr_sxy(orders, x)
FROM (
    SELECT audience.arm, audience.{part}, bought.orders::float8 AS orders,
        bought.fen, cap.fen AS cap_fen,
        least(bought.fen, cap.fen)::float8 AS y,
        least(bought.earlier, cap.earlier)::float8 AS x
    FROM bought JOIN audience USING (contact_id) CROSS JOIN cap
) counted
GROUP BY 1, 2
"""

_OF_VERSIONS = SUMS.format(part="variant_id")
_RECIPIENTS = """
audience AS (
    SELECT r.contact_id, r.state AS arm, b.variant_id
    FROM broadcasts_recipient r LEFT JOIN broadcasts_batch b ON b.id = r.batch_id
    WHERE r.broadcast_id = %(broadcast)s AND r.state IN ('chosen', 'held_out')
)
"""
ARMS = statement(_RECIPIENTS, _BOUGHT, CAP, then=_OF_VERSIONS)

# Marketing as a whole: `{held}` says who is in the standing hold-out.
_EVERYBODY = """
audience AS (
    SELECT c.id AS contact_id, CASE WHEN {held} THEN 'held_out' ELSE 'chosen' END AS arm,
        NULL::bigint AS variant_id
    FROM contacts_contact c WHERE c.first_followed_at < %(start)s
)
"""
STANDING = statement(_EVERYBODY, _BOUGHT, CAP, then=_OF_VERSIONS)
STANDING_SIZES = statement(_EVERYBODY, then="SELECT arm, count(*) FROM audience GROUP BY 1")

# Groups are drawn as a whole: one row a group that had customers in it at the start.
_MEMBERS = """
member AS (
    SELECT DISTINCT g.group_id, g.state AS arm, b.variant_id, m.contact_id
    FROM broadcasts_grouprecipient g
    JOIN groups_groupmember m ON m.group_id = g.group_id AND m.kind = 2
        AND m.contact_id IS NOT NULL AND m.joined_at <= %(start)s
        AND (m.left_at IS NULL OR m.left_at > %(start)s)
    LEFT JOIN broadcasts_batch b ON b.id = g.batch_id
    WHERE g.broadcast_id = %(broadcast)s AND g.state IN ('chosen', 'held_out')
), audience AS (SELECT DISTINCT contact_id FROM member)
"""
_GROUP_ROWS = """
SELECT member.arm, member.variant_id, count(*), count(*) FILTER (WHERE bought.orders > 0),
    coalesce(sum(bought.orders), 0), coalesce(sum(bought.fen), 0),
    sum(least(coalesce(bought.fen, 0), cap.fen)),
    sum(least(coalesce(bought.earlier, 0), cap.earlier)), max(cap.fen)
FROM member LEFT JOIN bought USING (contact_id) CROSS JOIN cap
GROUP BY member.group_id, 1, 2
"""
GROUPS = statement(_MEMBERS, _BOUGHT, CAP, then=_GROUP_ROWS)

# What a customer brought since the start and is expected to bring (`worth`), of all who did or are;
# `{keys}` tell the rows of the audience apart.
WORTH = """
worth AS (
    SELECT {keys}, coalesce(bought.fen, 0) + coalesce(m.predicted_fen, 0) AS fen,
        coalesce(bought.earlier, 0) AS earlier
    FROM (SELECT {keys} FROM audience) people LEFT JOIN bought USING ({keys})
        LEFT JOIN analytics_contactmetrics m USING (contact_id)
    WHERE bought.contact_id IS NOT NULL OR m.predicted_fen IS NOT NULL
), worth_cap AS (
    SELECT coalesce(percentile_disc(%(quantile)s) WITHIN GROUP (ORDER BY fen)
            FILTER (WHERE fen > 0), 0) AS fen
    FROM worth
)
"""
# One row by `{by}`, the arm or the arm and a part of it: sums over those who have a value.
WORTH_SUMS = """
SELECT {by}, count(*), count(*) FILTER (WHERE y > 0), avg(y), regr_sxx(y, y),
    avg(x), regr_sxx(x, x), regr_sxy(y, x)
FROM (
    SELECT {by}, least(worth.fen, worth_cap.fen)::float8 AS y,
        least(worth.earlier, cap.earlier)::float8 AS x
    FROM worth JOIN audience USING (contact_id) CROSS JOIN worth_cap CROSS JOIN cap
) counted
GROUP BY {by}
"""
# One row a group.
WORTH_GROUP_ROWS = """
SELECT {by}, count(*), sum(least(coalesce(worth.fen, 0), worth_cap.fen)),
    sum(least(coalesce(worth.earlier, 0), cap.earlier))
FROM {members} LEFT JOIN worth USING ({keys}) CROSS JOIN worth_cap CROSS JOIN cap
GROUP BY {group}, {by}
"""
_WORTH_ROWS = {
    "private": (_RECIPIENTS, WORTH_SUMS.format(by="arm")),
    "group": (
        _MEMBERS,
        WORTH_GROUP_ROWS.format(by="arm", members="member", keys="contact_id", group="group_id"),
    ),
}
WORTHS = {
    kind: statement(audience, _BOUGHT, CAP, WORTH.format(keys="contact_id"), then=rows)
    for kind, (audience, rows) in _WORTH_ROWS.items()
}

# Sums of both arms by day since the start, for the curve.
_DAYS = """
SELECT arm, o.paid_on - %(start_day)s, count(*), sum((o.amount_fen - o.refunded_fen)::float8)
FROM {units} JOIN contacts_order o USING (contact_id)
WHERE o.paid_on >= %(start_day)s AND o.paid_on <= %(end_day)s
    AND o.paid_at >= %(start)s AND o.paid_at < %(end)s
GROUP BY 1, 2
"""
DAYS = {
    "private": statement(_RECIPIENTS, then=_DAYS.format(units="audience")),
    "group": statement(_MEMBERS, then=_DAYS.format(units="member")),
}

# Those who got it, by version; each within so long after her own touch.
DELIVERED = """
SELECT b.variant_id, sum(t.people)
FROM (
    SELECT batch_id, count(*) AS people FROM broadcasts_touch
    WHERE broadcast_id = %(broadcast)s GROUP BY 1
) t LEFT JOIN broadcasts_batch b ON b.id = t.batch_id
GROUP BY 1
"""
ORDERED = """
SELECT b.variant_id, count(*), sum(p.orders), sum(p.fen)
FROM (
    SELECT t.batch_id, t.contact_id, count(*) AS orders, sum((o.amount_fen - o.refunded_fen)::float8) AS fen
    FROM broadcasts_touch t JOIN contacts_order o ON o.contact_id = t.contact_id
        AND o.paid_at >= t.at AND o.paid_at < t.at + %(span)s
    WHERE t.broadcast_id = %(broadcast)s
        AND o.paid_on >= %(start_day)s AND o.paid_on <= %(end_day)s
        AND o.paid_at < %(now)s
    GROUP BY 1, 2
) p LEFT JOIN broadcasts_batch b ON b.id = p.batch_id
GROUP BY 1
"""
UNFRIENDED = """
SELECT b.variant_id, count(DISTINCT t.contact_id)
FROM contacts_follow f JOIN broadcasts_touch t ON t.contact_id = f.contact_id
    AND f.ended_at >= t.at AND f.ended_at < t.at + %(span)s
LEFT JOIN broadcasts_batch b ON b.id = t.batch_id
WHERE t.broadcast_id = %(broadcast)s AND f.status = 'by_contact'
    AND f.ended_at >= %(start)s AND f.ended_at < %(end)s + interval '1 day'
GROUP BY 1
"""
# The last row, without a letter, is of all versions together.
CLICKED = """
SELECT l.variant, grouping(l.variant), count(DISTINCT c.contact_id)
FROM broadcasts_trackedlink l LEFT JOIN broadcasts_linkclick c
    ON c.link_id = l.id AND c.at < %(end)s
WHERE l.broadcast_id = %(broadcast)s
GROUP BY GROUPING SETS ((l.variant), ())
"""
