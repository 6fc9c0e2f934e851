"""Keep the facts and days of groups equal to what is known of their members.

The callers hold the groups' rows locked, so that two of them never count at the same time.
"""

from __future__ import annotations

from collections.abc import Collection

from django.conf import settings
from django.db import connection


def refresh_group_facts(group_ids: Collection[int]) -> None:
    """Count the members of these groups anew."""
    with connection.cursor() as cursor:
        cursor.execute(_FACTS.format(scope="WHERE g.id = ANY(%(ids)s)"), {"ids": list(group_ids)})


def rebuild_group_facts() -> None:
    """Count the members of every group anew."""
    with connection.cursor() as cursor:
        cursor.execute(_FACTS.format(scope=""))


def count_moves() -> None:
    """Add what `member_change` holds to the days it happened on."""
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, {"zone": settings.TIME_ZONE})


_FACTS = """
INSERT INTO groups_groupfacts AS f
    (group_id, size, staff, customers, last_joined_at, last_left_at)
SELECT g.id, count(m.id) FILTER (WHERE m.left_at IS NULL),
    count(m.id) FILTER (WHERE m.left_at IS NULL AND m.kind = 1),
    count(m.id) FILTER (WHERE m.left_at IS NULL AND m.contact_id IS NOT NULL),
    max(m.joined_at), max(m.left_at)
FROM groups_groupchat g LEFT JOIN groups_groupmember m ON m.group_id = g.id
{scope}
GROUP BY g.id ORDER BY g.id
ON CONFLICT (group_id) DO UPDATE SET size = EXCLUDED.size, staff = EXCLUDED.staff,
    customers = EXCLUDED.customers, last_joined_at = EXCLUDED.last_joined_at,
    last_left_at = EXCLUDED.last_left_at
WHERE (f.size, f.staff, f.customers, f.last_joined_at, f.last_left_at) IS DISTINCT FROM
    (EXCLUDED.size, EXCLUDED.staff, EXCLUDED.customers, EXCLUDED.last_joined_at,
        EXCLUDED.last_left_at)
"""

_DAYS = """
INSERT INTO groups_groupday AS d (group_id, day, joins, leaves)
SELECT group_id, (at AT TIME ZONE %(zone)s)::date,
    count(*) FILTER (WHERE change = 'joined'), count(*) FILTER (WHERE change = 'left')
FROM pg_temp.member_change
GROUP BY 1, 2 ORDER BY 1, 2
ON CONFLICT (group_id, day) DO UPDATE
    SET joins = d.joins + EXCLUDED.joins, leaves = d.leaves + EXCLUDED.leaves
"""
