"""Relations and the pressure on them as they stood at any time, for the risk of unfriending."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from analytics.metrics.churn_reasons import TOUCH_DAYS
from analytics.metrics.unfriend_hazard import AGE_SQL, PRESSURE_SQL, WINDOW_DAYS, Cell
from scrm.segments.days import business_day

# So many months are looked at, the last of them ending now.
_MONTHS = 3

# One row a buyer who is a friend at `at`: how old her oldest relation is, the marketing messages
# of the month before and whether a click or an order fell into it, and whether she ends a
# relation by `until`. What lies after `until` is not looked at, so the past stays as it was.
# OFFSET 0 keeps Postgres from asking for answers again wherever they are used. Orders are only
# looked for where the last one lies after `at`; else its day tells.
RELATIONS = """
SELECT held.contact_id,
    floor(extract(epoch FROM %(at)s::timestamptz - held.since) / 86400)::int AS age_days,
    coalesce(touched.touches, 0)::int AS touches,
    NOT (
        coalesce(touched.touches, 0) > 0
        AND NOT (bought.last_on > %(since_on)s AND (bought.last_on <= %(on)s OR EXISTS (
            SELECT FROM contacts_order sold WHERE sold.contact_id = held.contact_id
                AND sold.paid_on > %(since_on)s AND sold.paid_on <= %(on)s
        )))
        AND NOT EXISTS (
            SELECT FROM broadcasts_linkclick click WHERE click.contact_id = held.contact_id
                AND click.at > %(since)s AND click.at <= %(at)s
        )
    ) AS is_answered,
    held.is_left, bought.first_on, bought.last_on, bought.purchase_days, bought.p_alive,
    bought.predicted_fen, bought.predicted_at
FROM (
    SELECT contact_id, min(added_at) AS since,
        bool_or(status = 'by_contact' AND ended_at <= %(until)s) AS is_left
    FROM contacts_follow
    WHERE added_at <= %(at)s AND (ended_at IS NULL OR ended_at > %(at)s)
    GROUP BY contact_id
) held
JOIN analytics_contactmetrics bought
    ON bought.contact_id = held.contact_id AND bought.first_on <= %(on)s
LEFT JOIN (
    SELECT contact_id, count(*) AS touches FROM broadcasts_touch
    WHERE at > %(since)s AND at <= %(at)s AND touch_class <> 'service'
    GROUP BY contact_id
) touched ON touched.contact_id = held.contact_id
OFFSET 0
"""


def relation_bindings(at: datetime, until: datetime) -> dict[str, Any]:
    since = at - timedelta(days=TOUCH_DAYS)
    return {
        "at": at,
        "on": business_day(at),
        "since": since,
        "since_on": business_day(since),
        "until": until,
    }


def cells(*, until: datetime) -> list[Cell]:
    """Customers by kind and who of them unfriended within a month, over the last three months.

    A query for each month; nothing after `until` counts.
    """
    window = timedelta(days=WINDOW_DAYS)
    found = []
    for number in range(1, _MONTHS + 1):
        at = until - number * window
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {AGE_SQL}, {PRESSURE_SQL}, count(*), count(*) FILTER (WHERE is_left)"  # noqa: S608 – constants
                f" FROM ({RELATIONS}) relation GROUP BY 1, 2",
                relation_bindings(at, at + window),
            )
            found += [Cell(*row) for row in cursor.fetchall()]
    return found
