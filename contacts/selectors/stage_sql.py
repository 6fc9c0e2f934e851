"""The rule of `contacts.rules.lifecycle` as SQL, for all customers at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from contacts.rules.lifecycle import Reason, Thresholds
from scrm.segments.days import business_day

# Each customer's stage, kind of loss, reason and gap, from her facts row.
JUDGED = """
    SELECT contact_id, gap,
        CASE
            WHEN relation = 'lost' OR gap > %(lost)s THEN 'lost'
            WHEN gap > %(silent)s THEN 'silent'
            WHEN NOT has_bought THEN 'new'
            WHEN order_days = 1 THEN 'first'
            ELSE 'repeat'
        END AS stage,
        CASE
            WHEN relation = 'lost' THEN 'unfriended'
            WHEN gap > %(lost)s THEN 'inactive'
            ELSE ''
        END AS lost_kind,
        CASE
            WHEN relation = 'lost' THEN %(unfriended)s
            WHEN gap > %(lost)s AND has_bought THEN %(gone_since_order)s
            WHEN gap > %(lost)s THEN %(gone_since_added)s
            WHEN gap > %(silent)s AND has_bought THEN %(silent_since_order)s
            WHEN gap > %(silent)s THEN %(silent_since_added)s
            WHEN NOT has_bought THEN %(never_bought)s
            WHEN order_days = 1 THEN %(one_purchase_day)s
            ELSE %(several_purchase_days)s
        END AS reason
    FROM (
        SELECT f.contact_id, f.relation, f.order_days, f.last_order_on IS NOT NULL AS has_bought,
            greatest(0, %(today)s::date - COALESCE(
                f.last_order_on, (f.first_followed_at AT TIME ZONE %(zone)s)::date)) AS gap
        FROM contacts_contactfacts f WHERE true {scope}
    ) gaps
"""


def judging(limits: Thresholds, *, now: datetime) -> dict[str, Any]:
    """The parameters of `JUDGED`."""
    return {
        "today": business_day(now),
        "zone": settings.TIME_ZONE,
        "silent": limits.silent_after_days,
        "lost": limits.lost_after_days,
        **{reason.name.lower(): reason.value for reason in Reason},
    }
