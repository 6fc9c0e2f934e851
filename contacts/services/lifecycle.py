"""Learn the thresholds of the lifecycle (生命周期) and move customers between its stages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext

from contacts.models import LifecycleSettings
from contacts.rules.lifecycle import Reason, Thresholds
from contacts.selectors.lifecycle import business_day, lifecycle_settings, thresholds
from contacts.services.bulk import Incoming
from scrm.audit.services import record_act
from scrm.console.models import Operator
from scrm.errors import InvalidInput

ENOUGH_GAPS = 200
_DEFAULTS = Thresholds()
_MANY = 1_000  # from here on the planner must know how many moves there are

_MOVES = Incoming(
    "stage_move",
    {
        "contact_id": "bigint",
        "from_stage": "text",
        "stage": "text",
        "lost_kind": "text",
        "reason": "text",
        "gap": "int",
    },
)

# percentile_disc is the inverted-CDF quantile: always a gap that really occurred.
_GAPS = """
SELECT count(gap), percentile_disc(0.80) WITHIN GROUP (ORDER BY gap),
    percentile_disc(0.95) WITHIN GROUP (ORDER BY gap)
FROM (
    SELECT paid_on - lag(paid_on) OVER (PARTITION BY contact_id ORDER BY paid_on) AS gap
    FROM (
        SELECT DISTINCT contact_id, paid_on FROM contacts_order WHERE contact_id IS NOT NULL
    ) days
) gaps
WHERE gap IS NOT NULL
"""


def learn_thresholds(*, now: datetime) -> LifecycleSettings:
    """Take silent and lost from the shop's own repurchase gaps: their 80 % and 95 % quantiles.

    Below 200 gaps the defaults stand. Thresholds set by hand are left alone. Gaps are days between
    neighbouring purchase days of one customer.
    """
    row = lifecycle_settings()
    if row.source == LifecycleSettings.Source.OVERRIDE:
        return row
    with connection.cursor() as cursor:
        cursor.execute(_GAPS)
        gaps, silent, lost = cursor.fetchone() or (0, None, None)
    learned: dict[str, Any] = {
        "silent_after_days": _DEFAULTS.silent_after_days,
        "lost_after_days": _DEFAULTS.lost_after_days,
        "source": LifecycleSettings.Source.DEFAULT,
    }
    if gaps >= ENOUGH_GAPS and silent is not None:
        learned = {
            "silent_after_days": silent,
            "lost_after_days": max(lost, silent + 1),
            "source": LifecycleSettings.Source.LEARNED,
        }
    return _keep(row, now=now, repeat_gaps=gaps, **learned)


def set_thresholds(
    *, silent_after_days: int, lost_after_days: int, operator: Operator, now: datetime
) -> LifecycleSettings:
    """Thresholds set by hand; they stay until `release_thresholds`. Raises InvalidInput."""
    if not 0 < silent_after_days < lost_after_days:
        raise InvalidInput(
            gettext("“Lost” must come later than “silent”, and both need at least one day."),
            field="lost_after_days",
        )
    with transaction.atomic():
        row = _keep(
            lifecycle_settings(),
            now=now,
            silent_after_days=silent_after_days,
            lost_after_days=lost_after_days,
            source=LifecycleSettings.Source.OVERRIDE,
        )
        record_act(
            action="lifecycle.set_thresholds",
            operator=operator,
            now=now,
            details={"silent": silent_after_days, "lost": lost_after_days},
        )
        apply_lifecycle(now=now)
    return row


def release_thresholds(*, operator: Operator, now: datetime) -> LifecycleSettings:
    """Go back to what the orders teach."""
    with transaction.atomic():
        _keep(lifecycle_settings(), now=now, source=LifecycleSettings.Source.DEFAULT)
        record_act(action="lifecycle.release_thresholds", operator=operator, now=now)
        renew_lifecycle(now=now)
    return lifecycle_settings()


def renew_lifecycle(*, now: datetime) -> int:
    """Learn, then move every customer; answers how many changed stage."""
    learn_thresholds(now=now)
    return apply_lifecycle(now=now)


@transaction.atomic
def apply_lifecycle(*, now: datetime, contact_ids: Sequence[int] | None = None) -> int:
    """Write stage, since when and why for these customers (None: all), from their facts rows.

    Each change of stage or of the kind of loss is a LifecycleTransition. Answers how many
    customers changed; four statements, however many there are.
    """
    if contact_ids is not None and not contact_ids:
        return 0
    limits = thresholds()
    scope = "" if contact_ids is None else "AND f.contact_id = ANY(%(ids)s)"
    _MOVES.fill(())
    with connection.cursor() as cursor:
        cursor.execute(
            _FIND_MOVES.format(scope=scope),
            {
                "ids": list(contact_ids or ()),
                "today": business_day(now),
                "zone": settings.TIME_ZONE,
                "silent": limits.silent_after_days,
                "lost": limits.lost_after_days,
                **{reason.name.lower(): reason.value for reason in Reason},
            },
        )
        moves = int(cursor.rowcount)
        if moves > _MANY:
            cursor.execute("ANALYZE pg_temp.stage_move")
        if moves:
            for statement in _WRITE_MOVES:
                cursor.execute(statement, {"now": now})
    return moves


def _keep(row: LifecycleSettings, *, now: datetime, **values: object) -> LifecycleSettings:
    row.pk = 1
    if all(getattr(row, name) == value for name, value in values.items()) and row.updated_at:
        return row
    for name, value in values.items():
        setattr(row, name, value)
    row.updated_at = now
    row.save()
    return row


# The rule of contacts.rules.lifecycle as SQL.
_FIND_MOVES = """
INSERT INTO pg_temp.stage_move (contact_id, from_stage, stage, lost_kind, reason, gap)
SELECT c.id, c.stage, j.stage, j.lost_kind, j.reason, j.gap
FROM (
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
) j
JOIN contacts_contact c ON c.id = j.contact_id
WHERE (c.stage, c.lost_kind) IS DISTINCT FROM (j.stage, j.lost_kind)
ORDER BY c.id
FOR UPDATE OF c
"""

_WRITE_MOVES = (
    """
    UPDATE contacts_contact c SET stage = m.stage, lost_kind = m.lost_kind,
        stage_since = CASE WHEN c.stage = m.stage THEN c.stage_since ELSE %(now)s END
    FROM pg_temp.stage_move m WHERE c.id = m.contact_id
    """,
    """
    UPDATE contacts_contactfacts f SET stage = m.stage
    FROM pg_temp.stage_move m WHERE f.contact_id = m.contact_id AND f.stage <> m.stage
    """,
    """
    INSERT INTO contacts_lifecycletransition (contact_id, from_stage, to_stage, at, reason,
        gap_days)
    SELECT contact_id, from_stage, stage, %(now)s, reason, gap FROM pg_temp.stage_move
    """,
)
