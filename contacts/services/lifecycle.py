"""Learn the thresholds of the lifecycle (生命周期) and move customers between its stages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext

from contacts.models import LifecycleSettings
from contacts.rules.lifecycle import Thresholds
from contacts.selectors.lifecycle import lifecycle_settings, thresholds
from contacts.selectors.stage_sql import JUDGED, judging
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
SELECT count(gap), percentile_disc(%s::float8[]) WITHIN GROUP (ORDER BY gap)
FROM (
    SELECT paid_on - lag(paid_on) OVER (PARTITION BY contact_id ORDER BY paid_on) AS gap
    FROM (
        SELECT DISTINCT contact_id, paid_on FROM contacts_order WHERE contact_id IS NOT NULL
    ) days
) gaps
WHERE gap IS NOT NULL
"""
_PERCENTS = [percent / 100 for percent in range(1, 101)]
_SILENT, _LOST = 80, 95


def learn_thresholds(*, now: datetime) -> LifecycleSettings:
    """Take silent and lost from the shop's own repurchase gaps: their 80 % and 95 % quantiles.

    Below 200 gaps the defaults stand. Thresholds set by hand stay in force; what the orders teach
    is kept beside them. Gaps are days between neighbouring purchase days of one customer.
    """
    row = lifecycle_settings()
    gaps, quantiles = _gaps()
    is_enough = gaps >= ENOUGH_GAPS
    silent = quantiles[_SILENT - 1] if is_enough else _DEFAULTS.silent_after_days
    lost = max(quantiles[_LOST - 1], silent + 1) if is_enough else _DEFAULTS.lost_after_days
    learned: dict[str, Any] = {
        "repeat_gaps": gaps,
        "gap_quantiles": quantiles,
        "learned_silent_days": silent if is_enough else None,
        "learned_lost_days": lost if is_enough else None,
        "learned_at": now,
    }
    if row.source != LifecycleSettings.Source.OVERRIDE:
        learned["silent_after_days"], learned["lost_after_days"] = silent, lost
        learned["source"] = (
            LifecycleSettings.Source.LEARNED if is_enough else LifecycleSettings.Source.DEFAULT
        )
    return _keep(row, now=now, **learned)


def _gaps() -> tuple[int, list[int]]:
    """How many repurchase gaps there are, and the gap in days at each percent from 1 to 100."""
    with connection.cursor() as cursor:
        cursor.execute(_GAPS, [_PERCENTS])
        how_many, quantiles = cursor.fetchone() or (0, None)
    return how_many, list(quantiles or [])


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
    scope = "" if contact_ids is None else "AND f.contact_id = ANY(%(ids)s)"
    _MOVES.fill(())
    with connection.cursor() as cursor:
        cursor.execute(
            _FIND_MOVES.format(judged=JUDGED.format(scope=scope)),
            {"ids": list(contact_ids or ()), **judging(thresholds(), now=now)},
        )
        moves = int(cursor.rowcount)
        if moves > _MANY:
            cursor.execute("ANALYZE pg_temp.stage_move")
        if moves:
            for statement in _WRITE_MOVES:
                cursor.execute(statement, {"now": now})
    return moves


def _keep(row: LifecycleSettings, *, now: datetime, **values: object) -> LifecycleSettings:
    in_force = ("silent_after_days", "lost_after_days", "source")
    before = [getattr(row, name) for name in in_force]
    row.pk = 1
    for name, value in values.items():
        setattr(row, name, value)
    if row.updated_at is None or before != [getattr(row, name) for name in in_force]:
        row.updated_at = now
    row.save()
    return row


_FIND_MOVES = """
INSERT INTO pg_temp.stage_move (contact_id, from_stage, stage, lost_kind, reason, gap)
SELECT c.id, c.stage, j.stage, j.lost_kind, j.reason, j.gap
FROM ({judged}) j
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
