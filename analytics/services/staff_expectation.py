"""Compare what each staff member's buyers brought with what was expected of them (超出预期)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np
from django.db import transaction

from analytics.metrics import gamma_gamma, mbgnbd
from analytics.metrics.errors import NotEnoughData
from analytics.metrics.history import History
from analytics.metrics.ltv import Terms, enough_to_forecast, forecast
from analytics.metrics.surplus import Surplus, by_group
from analytics.models import StaffExpectation
from analytics.selectors import columns, source_sql
from scrm.segments.days import business_day

DAYS = 90
_TERMS = Terms(horizon=float(DAYS), period=float(DAYS))
_NAMES = ("staff_id", "repeats", "span", "age", "repeat_fen", "later_fen")

# Buyers known on the first day, as they stood on it, who looked after them, and what came later.
_KNOWN = f"""
WITH care AS MATERIALIZED (
    SELECT contact_id, staff_id FROM ({source_sql.CARED_FOR}) spans
    WHERE from_on <= %(cutoff)s AND until_on > %(cutoff)s
), days AS (
    SELECT contact_id, paid_on, sum((amount_fen - refunded_fen)::float8) AS fen
    FROM contacts_order WHERE contact_id IS NOT NULL AND paid_on <= %(today)s
    GROUP BY contact_id, paid_on
)
SELECT coalesce(care.staff_id, 0)::int8, count(*) FILTER (WHERE d.paid_on <= %(cutoff)s) - 1,
    (max(d.paid_on) FILTER (WHERE d.paid_on <= %(cutoff)s) - m.first_on)::int8,
    (%(cutoff)s::date - m.first_on)::int8,
    coalesce(sum(d.fen) FILTER (WHERE d.paid_on <= %(cutoff)s AND d.paid_on > m.first_on), 0)::int8,
    coalesce(sum(d.fen) FILTER (WHERE d.paid_on > %(cutoff)s), 0)::int8
FROM analytics_contactmetrics m
JOIN days d ON d.contact_id = m.contact_id
LEFT JOIN care ON care.contact_id = m.contact_id
WHERE m.first_on <= %(cutoff)s
GROUP BY m.contact_id, m.first_on, care.staff_id
HAVING count(*) FILTER (WHERE d.paid_on <= %(cutoff)s) > 0
"""  # noqa: S608 – made of constants


def measure_expectation(*, now: datetime) -> int:
    """Of the last 90 days, with models fitted to what was known before; how many staff members.

    With too few orders there is nothing, and what was measured before is taken out: it would
    speak of other days.
    """
    today = business_day(now)
    cutoff = today - timedelta(days=DAYS)
    rows = _measured(now=now)
    with transaction.atomic():
        StaffExpectation.objects.all().delete()
        StaffExpectation.objects.bulk_create(
            StaffExpectation(
                staff_id=staff_id,
                customers=found.customers,
                expected_fen=round(found.expected),
                realised_fen=round(found.realised),
                error_fen=round(found.error),
                first_on=cutoff + timedelta(days=1),
                last_on=today,
                measured_at=now,
            )
            for staff_id, found in rows.items()
        )
    return len(rows)


def _measured(*, now: datetime) -> Mapping[int, Surplus]:
    today = business_day(now)
    found = columns.read(_KNOWN, _NAMES, {"cutoff": today - timedelta(days=DAYS), "today": today})
    repeats = found["repeats"]
    history = History(
        x=repeats.astype(np.float64),
        t_x=found["span"].astype(np.float64),
        T=found["age"].astype(np.float64),
    )
    if not len(repeats) or not enough_to_forecast(history, unit="day"):
        return {}
    mean = found["repeat_fen"] / np.maximum(repeats, 1)
    try:
        buying = mbgnbd.fit(history).parameters
        spending = gamma_gamma.fit(history.x, mean).parameters
    except NotEnoughData:
        return {}
    expected = forecast(mbgnbd.MODEL, buying, spending, history, mean, _TERMS).ltv
    if not np.isfinite(expected).all():
        return {}
    return by_group(found["staff_id"], expected=expected, realised=found["later_fen"])
