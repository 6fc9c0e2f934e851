"""The stages of choosing churn alerts, as statements over temporary tables.

Conditions come from the pure packages, which say the same in Python; tests hold both together.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from django.db.models import Q
from django.db.models.expressions import RawSQL

from analytics.metrics.churn_alerts import GONE_SQL, LEAST_ALIVE, LOSS_SQL, SIGN_SQL
from analytics.metrics.churn_reasons import PRESSED
from analytics.metrics.unfriend_hazard import AGE_SQL, PRESSURE_SQL, Hazards
from analytics.models import ChurnAlertRun
from analytics.selectors.alert_resting import care_terms, resting_rules, wish_rules
from analytics.selectors.alert_settings import AlertRules
from analytics.selectors.unfriend_risk import RELATIONS, relation_bindings
from broadcasts.models import Broadcast
from broadcasts.policy.governor import bindings, reason_sql
from broadcasts.selectors.verdicts import facts_of

Statement: TypeAlias = tuple[str, dict[str, Any]]

# Everybody with a sign of either kind, with what she would cost and why she is left out at once.
_CANDIDATES = f"""
CREATE TEMP TABLE alert_candidate ON COMMIT DROP AS
SELECT scored.*, CASE
    WHEN {GONE_SQL} THEN 'gone'
    WHEN loss < %(least_loss)s THEN 'little_value'
    WHEN EXISTS (
        SELECT FROM analytics_churnalert alert WHERE alert.contact_id = scored.contact_id
            AND alert.state = 'open' AND alert.day < %(day)s
    ) THEN 'open'
    WHEN EXISTS (
        SELECT FROM analytics_churnalert alert WHERE alert.contact_id = scored.contact_id
            AND alert.closed_at > %(rested_since)s AND alert.day < %(day)s
    ) THEN 'handled'
    ELSE '' END AS why
FROM (
    SELECT known.*,
        CASE WHEN coalesce(inactive_loss, -1) >= coalesce(unfriend_loss, -1)
            THEN 'inactive' ELSE 'unfriended' END AS kind,
        greatest(inactive_loss, unfriend_loss) AS loss
    FROM (
        SELECT known.*,
            CASE WHEN {SIGN_SQL} THEN {LOSS_SQL} END AS inactive_loss,
            CASE WHEN hazard.is_raised THEN hazard.rate * value END AS unfriend_loss,
            hazard.rate AS hazard
        FROM (
            SELECT relation.contact_id, {AGE_SQL} AS age, {PRESSURE_SQL} AS pressure,
                relation.touches, relation.is_answered, relation.purchase_days,
                greatest(%(on)s::date - relation.last_on, 0) AS gap,
                (relation.last_on - relation.first_on)::float8
                    / nullif(relation.purchase_days - 1, 0) AS usual,
                relation.p_alive, relation.predicted_fen::float8 AS value
            FROM ({RELATIONS}) relation
            WHERE relation.predicted_at IS NOT NULL
        ) known
        JOIN unnest(%(ages)s::int[], %(pressures)s::int[], %(rates)s::float8[], %(raised)s::bool[])
            AS hazard(age, pressure, rate, is_raised) USING (age, pressure)
    ) known
    WHERE inactive_loss IS NOT NULL OR unfriend_loss IS NOT NULL
) scored
"""  # noqa: S608 – constants of pure modules

# Where pressure is the reason the alert says to let her rest, so our own caps do not forbid it;
# what she asked for does.
_VERDICTS = """
CREATE TEMP TABLE alert_verdict ON COMMIT DROP AS {facts}
SELECT contact_id, staff_id,
    CASE WHEN touches >= {pressed} AND NOT is_answered THEN {wishes} ELSE {rules} END AS reason
FROM facts JOIN alert_candidate USING (contact_id)
"""

# Who has no active staff member counts for the one who followed her last; whose last relation ended
# while we look is no friend any more.
_RANKED = """
CREATE TEMP TABLE alert_ranked ON COMMIT DROP AS
SELECT ranked.*, CASE WHEN reason <> '' THEN 'resting' WHEN place > %(budget)s THEN 'over_budget'
    ELSE '' END AS verdict
FROM (
    SELECT candidate.*, verdict.reason,
        coalesce(verdict.staff_id, former.staff_id) AS staff_id,
        row_number() OVER (
            PARTITION BY verdict.reason <> '', coalesce(verdict.staff_id, former.staff_id)
            ORDER BY candidate.loss DESC, candidate.contact_id
        ) AS place
    FROM alert_candidate candidate
    JOIN alert_verdict verdict USING (contact_id)
    LEFT JOIN LATERAL (
        SELECT follow.staff_id FROM contacts_follow follow
        WHERE follow.contact_id = candidate.contact_id AND follow.status = 'active'
        ORDER BY follow.added_at DESC, follow.id DESC LIMIT 1
    ) former ON verdict.staff_id IS NULL
    WHERE candidate.why = '' AND coalesce(verdict.staff_id, former.staff_id) IS NOT NULL
) ranked
"""

COUNTS = """
SELECT why, count(*) FROM alert_candidate WHERE why <> '' GROUP BY why
UNION ALL
SELECT verdict, count(*) FROM alert_ranked GROUP BY verdict
"""
STAFF = "SELECT count(DISTINCT staff_id) FROM alert_ranked WHERE verdict = ''"

# The chosen with what their reasons are made from.
CHOSEN = f"""
SELECT chosen.contact_id, chosen.staff_id, chosen.kind,
    CASE WHEN chosen.kind = 'inactive' THEN 1 - chosen.p_alive ELSE chosen.hazard END AS risk,
    CASE WHEN chosen.kind = 'inactive' THEN chosen.value / greatest(chosen.p_alive, {LEAST_ALIVE})
        ELSE chosen.value END AS at_stake,
    chosen.loss
FROM alert_ranked chosen
WHERE chosen.verdict = ''
ORDER BY chosen.loss DESC, chosen.contact_id
"""  # noqa: S608 – a constant of a pure module


def statements(
    run: ChurnAlertRun, rules: AlertRules, risks: Hazards, *, now: datetime
) -> Iterator[Statement]:
    """In their order; each sees the tables of those before it."""
    for table in ("alert_candidate", "alert_verdict", "alert_ranked"):
        yield f"DROP TABLE IF EXISTS pg_temp.{table}", {}
    yield _CANDIDATES, _candidate_bindings(run, rules, risks, now=now)
    yield "ANALYZE alert_candidate", {}
    yield _verdicts(now)
    yield _RANKED, {"budget": rules.budget}


def _candidate_bindings(
    run: ChurnAlertRun, rules: AlertRules, risks: Hazards, *, now: datetime
) -> dict[str, Any]:
    kinds = [(age, pressure) for age in range(4) for pressure in range(4)]
    return {
        **relation_bindings(now, now),
        "day": run.day,
        "silent_days": run.silent_days,
        "lost_days": run.lost_days,
        "least_loss": rules.least_loss_fen,
        "rested_since": now - timedelta(days=rules.rest_days),
        "ages": [age for age, _pressure in kinds],
        "pressures": [pressure for _age, pressure in kinds],
        "rates": [float(risks.rate[kind]) for kind in kinds],
        "raised": [bool(risks.is_raised[kind]) for kind in kinds],
    }


def _verdicts(now: datetime) -> Statement:
    """The governor's facts of those still in, and its verdict on each."""
    terms = care_terms()
    everybody = Broadcast(rule={"all": []}, touch_class=terms.touch_class)
    still_in = RawSQL("SELECT contact_id FROM alert_candidate WHERE why = ''", [])
    facts = facts_of(everybody, terms, now=now, among=Q(contact_id__in=still_in))
    resting, wishes = resting_rules(terms), wish_rules()
    text = _VERDICTS.format(
        facts=facts.text, pressed=PRESSED, wishes=reason_sql(wishes), rules=reason_sql(resting)
    )
    return text, {**facts.parameters, **bindings(resting, now), **bindings(wishes, now)}
