"""The sums of channels and staff, as SQL: kept in tables for everybody, worked out live for a few.

A narrower scope is the same SQL over fewer people and relations, so both always agree. Days are
business days.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings

# Sources of customers; both with columns of the tables of these names.
PEOPLE, RELATIONS, CARE = "analytics_acquisition", "contacts_follow", "care"
FRIEND_DAYS = FIRST_ORDER_DAYS = 30
SECOND_ORDER_DAYS = 90
BY_CUSTOMER, BY_STAFF = "by_contact", "by_staff"


def day(moment: str) -> str:
    """The business day of a timestamp."""
    return f"({moment} AT TIME ZONE '{settings.TIME_ZONE}')::date"


# A state names the channel whatever the way; see `Acquisition`.
def way(table: str) -> str:
    return f"CASE WHEN {table}.state = '' THEN {table}.add_way ELSE 0 END"


def those(table: str, conditions: Sequence[str]) -> str:
    """The rows of a table that fit all conditions."""
    return f"(SELECT * FROM {table} WHERE {' AND '.join(conditions)})"  # noqa: S608 – own names


# Whose first relation is new or older than was known. A relation that was ended and began again
# tells of its second beginning only; the customer knows when she first was a friend.
WON = f"""
INSERT INTO {PEOPLE} AS kept (contact_id, added_on, state, add_way, staff_id)
SELECT DISTINCT ON (c.id) c.id, {day("least(f.added_at, c.first_followed_at)")},
    coalesce(f.state, ''), coalesce({way("f")}, 0), f.staff_id
FROM contacts_contact c
LEFT JOIN {RELATIONS} f ON f.contact_id = c.id
LEFT JOIN {PEOPLE} a ON a.contact_id = c.id
WHERE a.contact_id IS NULL
    OR (a.staff_id IS NULL AND f.id IS NOT NULL)
    OR {day("f.added_at")} < a.added_on
ORDER BY c.id, f.added_at, f.id
ON CONFLICT (contact_id) DO UPDATE SET (added_on, state, add_way, staff_id)
    = (EXCLUDED.added_on, EXCLUDED.state, EXCLUDED.add_way, EXCLUDED.staff_id)
"""  # noqa: S608 – made of constants


def source_days(people: str = PEOPLE, relations: str = RELATIONS) -> str:
    """Columns of `SourceDay`, the key first."""
    known = "m.first_on < a.added_on"
    return f"""
    SELECT state, add_way, day, sum(relations)::int AS relations, sum(again)::int AS again,
        sum(won)::int AS won, sum(known)::int AS known, sum(friends_30)::int AS friends_30,
        sum(bought_30)::int AS bought_30, sum(bought)::int AS bought,
        sum(again_90)::int AS again_90, coalesce(sum(orders), 0)::int AS orders,
        coalesce(sum(net_fen), 0)::bigint AS net_fen,
        sum(predicted_fen)::bigint AS predicted_fen
    FROM (
        SELECT a.state, a.add_way, a.added_on AS day, 0 AS relations, 0 AS again,
            count(*) AS won,
            count(*) FILTER (WHERE {known}) AS known,
            count(*) FILTER (WHERE c.lost_at IS NULL
                OR {day("c.lost_at")} > a.added_on + {FRIEND_DAYS}) AS friends_30,
            count(*) FILTER (WHERE m.first_on >= a.added_on
                AND m.first_on <= a.added_on + {FIRST_ORDER_DAYS}) AS bought_30,
            count(*) FILTER (WHERE m.first_on >= a.added_on) AS bought,
            count(*) FILTER (WHERE m.first_on >= a.added_on
                AND m.second_on <= a.added_on + {SECOND_ORDER_DAYS}) AS again_90,
            sum(CASE WHEN {known} THEN later.orders ELSE m.orders END) AS orders,
            sum(CASE WHEN {known} THEN later.net_fen ELSE m.net_fen END::float8) AS net_fen,
            sum(m.predicted_fen::float8) AS predicted_fen
        FROM {people} a
        JOIN contacts_contact c ON c.id = a.contact_id
        LEFT JOIN analytics_contactmetrics m ON m.contact_id = a.contact_id
        LEFT JOIN LATERAL (
            SELECT count(*) AS orders, coalesce(sum(o.amount_fen - o.refunded_fen), 0) AS net_fen
            FROM contacts_order o
            WHERE {known} AND o.contact_id = a.contact_id AND o.paid_on >= a.added_on
        ) later ON {known}
        GROUP BY 1, 2, 3
        UNION ALL
        SELECT f.state, {way("f")}, {day("f.added_at")}, count(*),
            count(*) FILTER (WHERE (a.staff_id, a.added_on)
                IS DISTINCT FROM (f.staff_id, {day("f.added_at")})),
            0, 0, 0, 0, 0, 0, 0, 0, NULL
        FROM {relations} f LEFT JOIN {PEOPLE} a ON a.contact_id = f.contact_id
        GROUP BY 1, 2, 3
    ) parts
    GROUP BY 1, 2, 3
    """  # noqa: S608 – made of constants


def won_days(people: str = PEOPLE) -> str:
    """The key of `SourceDay` and `won` alone."""
    return f"""
    SELECT state, add_way, added_on AS day, count(*)::int AS won FROM {people} a GROUP BY 1, 2, 3
    """  # noqa: S608 – made of constants


def relation_ends(relations: str = RELATIONS) -> str:
    """Columns of `RelationEnd`, the key first."""
    return f"""
    SELECT f.state, {way("f")} AS add_way, f.staff_id, {day("f.added_at")} AS day,
        greatest(floor(extract(epoch FROM f.ended_at - f.added_at) / 86400), 0)::int AS days,
        count(*) FILTER (WHERE f.status = '{BY_CUSTOMER}')::int AS ended,
        count(*) FILTER (WHERE f.status <> '{BY_CUSTOMER}')::int AS censored
    FROM {relations} f WHERE f.ended_at IS NOT NULL
    GROUP BY 1, 2, 3, 4, 5
    """  # noqa: S608 – made of constants


def source_ages(people: str = PEOPLE) -> str:
    """Columns of `SourceAge`, the key first."""
    return f"""
    SELECT a.state, a.add_way, date_trunc('month', a.added_on::timestamp)::date AS month,
        o.paid_on - a.added_on AS age,
        sum((o.amount_fen - o.refunded_fen)::float8)::bigint AS net_fen
    FROM {people} a
    JOIN contacts_order o ON o.contact_id = a.contact_id AND o.paid_on >= a.added_on
    GROUP BY 1, 2, 3, 4
    """  # noqa: S608 – made of constants


# Who looked after whom: of the friends of a day the one who has been it longest, until the day
# that ends, inclusive. A later relation takes over when all before it have ended.
CARED_FOR = f"""
SELECT contact_id, staff_id, greatest(first_on, taken_over_on) AS from_on, until_on
FROM (
    SELECT f.contact_id, f.staff_id, {day("f.added_at")} AS first_on,
        coalesce({day("f.ended_at")} + 1, 'infinity'::date) AS until_on,
        max(coalesce({day("f.ended_at")} + 1, 'infinity'::date)) OVER (
            PARTITION BY f.contact_id ORDER BY f.added_at, f.id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS taken_over_on
    FROM {RELATIONS} f
) spans
WHERE greatest(first_on, taken_over_on) < until_on
"""  # noqa: S608 – made of constants

# Columns of `StaffValueDay`, the key first; needs the table `care`.
STAFF_DAYS = f"""
SELECT staff_id, day, sum(added)::int AS added, sum(won)::int AS won, sum(lost)::int AS lost,
    sum(removed)::int AS removed, sum(orders)::int AS orders, sum(net_fen)::bigint AS net_fen
FROM (
    SELECT staff_id, {day("added_at")} AS day, count(*) AS added, 0 AS won, 0 AS lost,
        0 AS removed, 0 AS orders, 0::float8 AS net_fen
    FROM {RELATIONS} GROUP BY 1, 2
    UNION ALL
    SELECT coalesce(staff_id, 0), added_on, 0, count(*), 0, 0, 0, 0 FROM {PEOPLE} GROUP BY 1, 2
    UNION ALL
    SELECT staff_id, {day("ended_at")}, 0, 0, count(*) FILTER (WHERE status = '{BY_CUSTOMER}'),
        count(*) FILTER (WHERE status = '{BY_STAFF}'), 0, 0
    FROM {RELATIONS} WHERE ended_at IS NOT NULL GROUP BY 1, 2
    UNION ALL
    SELECT coalesce(care.staff_id, 0), o.paid_on, 0, 0, 0, 0, count(*),
        sum((o.amount_fen - o.refunded_fen)::float8)
    FROM contacts_order o
    LEFT JOIN {CARE} care ON care.contact_id = o.contact_id
        AND o.paid_on >= care.from_on AND o.paid_on < care.until_on
    WHERE o.contact_id IS NOT NULL
    GROUP BY 1, 2
) parts
GROUP BY 1, 2
-- Written by day, so that the days of a period lie together.
ORDER BY 2
"""  # noqa: S608 – made of constants

# Columns of `StaffValueMonth`, the key first.
STAFF_MONTHS = """
SELECT staff_id, date_trunc('month', day::timestamp)::date AS month, sum(added)::int AS added,
    sum(won)::int AS won, sum(lost)::int AS lost, sum(removed)::int AS removed,
    sum(orders)::int AS orders, sum(net_fen::float8)::bigint AS net_fen
FROM analytics_staffvalueday GROUP BY 1, 2
"""
