"""What is known of chosen customers today, in the shape the reasons of an alert are found from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from analytics.metrics.churn_reasons import RECENT_DAYS, SPENDING_MONTHS, TOUCH_DAYS, Signs
from analytics.selectors.months import month_of, months_later
from scrm.segments.days import business_day

_SIGNS = """
SELECT asked.contact_id,
    greatest(%(day)s::date - bought.last_on, 0),
    (bought.last_on - bought.first_on)::float8 / nullif(bought.purchase_days - 1, 0),
    bought.purchase_days,
    person.relation = 'friend',
    EXISTS (
        SELECT FROM contacts_follow follow JOIN contacts_staff staff ON staff.id = follow.staff_id
        WHERE follow.contact_id = asked.contact_id AND follow.status = 'active'
            AND staff.status = 1 AND staff.is_following
    ),
    (SELECT count(*) FROM broadcasts_complaint complaint
        WHERE complaint.contact_id = asked.contact_id
            AND complaint.at > %(recently)s AND complaint.at <= %(now)s),
    touched.touches,
    bought.last_on > %(month_ago_on)s OR EXISTS (
        SELECT FROM broadcasts_linkclick click WHERE click.contact_id = asked.contact_id
            AND click.at > %(month_ago)s AND click.at <= %(now)s
    ),
    sold.paid, sold.refunded, spent.lately, spent.before,
    (SELECT count(*) FROM groups_groupmember member
        WHERE member.member_id = person.external_userid
            AND member.left_at > %(recently)s AND member.left_at <= %(now)s)
FROM unnest(%(contacts)s::bigint[]) AS asked(contact_id)
JOIN analytics_contactmetrics bought ON bought.contact_id = asked.contact_id
JOIN contacts_contact person ON person.id = asked.contact_id
CROSS JOIN LATERAL (
    SELECT count(*) AS touches FROM broadcasts_touch touch
    WHERE touch.contact_id = asked.contact_id AND touch.touch_class <> 'service'
        AND touch.at > %(month_ago)s AND touch.at <= %(now)s
) touched
CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount_fen), 0)::bigint AS paid,
        coalesce(sum(refunded_fen), 0)::bigint AS refunded
    FROM contacts_order sold
    WHERE sold.contact_id = asked.contact_id AND sold.paid_on > %(recently_on)s
) sold
CROSS JOIN LATERAL (
    SELECT coalesce(sum(net_fen) FILTER (WHERE month >= %(spent_from)s), 0)::bigint AS lately,
        coalesce(sum(net_fen) FILTER (WHERE month < %(spent_from)s), 0)::bigint AS before
    FROM analytics_customermonth monthly
    WHERE monthly.contact_id = asked.contact_id AND monthly.month >= %(before_from)s
) spent
"""


def signs_of(contact_ids: Sequence[int], *, silent_days: int, now: datetime) -> dict[int, Signs]:
    """The signs of those of them who ever bought. One query."""
    today = business_day(now)
    spent_from = months_later(month_of(today), 1 - SPENDING_MONTHS)
    month_ago, recently = now - timedelta(days=TOUCH_DAYS), now - timedelta(days=RECENT_DAYS)
    with connection.cursor() as cursor:
        cursor.execute(
            _SIGNS,
            {
                "contacts": list(contact_ids),
                "day": today,
                "now": now,
                "month_ago": month_ago,
                "month_ago_on": business_day(month_ago),
                "recently": recently,
                "recently_on": business_day(recently),
                "spent_from": spent_from,
                "before_from": months_later(spent_from, -SPENDING_MONTHS),
            },
        )
        return {row[0]: _signs(row[1:], silent_days) for row in cursor.fetchall()}


def _signs(row: tuple[Any, ...], silent_days: int) -> Signs:
    gap, usual, purchase_days, is_friend, has_staff, complaints, touches = row[:7]
    is_answered, paid, refunded, lately, before, groups_left = row[7:]
    return Signs(
        gap_days=gap,
        usual_gap_days=usual,
        purchase_days=purchase_days,
        silent_after_days=silent_days,
        is_friend=is_friend,
        has_staff=has_staff,
        complaints=complaints,
        touches=touches,
        is_answered=is_answered or not touches,
        paid_fen=paid,
        refunded_fen=refunded,
        spent_fen=lately,
        spent_before_fen=before,
        groups_left=groups_left,
    )
