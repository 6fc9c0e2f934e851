"""Choose the customers worth saving today (流失预警), set by set, once a day.

Everything of one choice is one transaction: a worker that is killed leaves nothing, and the next
tick begins again. Temporary tables hold the stages; how they follow one another is written at
`_choose`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from analytics.metrics.unfriend_hazard import Hazards
from analytics.models import ChurnAlert, ChurnAlertRun, ModelFit
from analytics.selectors import unfriend_risk
from analytics.selectors.alert_settings import AlertRules, alert_rules, hazards_of, last_choice
from analytics.selectors.models import current_fits
from analytics.services import alert_stages as stages
from analytics.services.alert_rows import rows_of_chosen
from analytics.services.alert_upkeep import tell_staff
from broadcasts.policy.quiet_hours import is_rest_day
from broadcasts.selectors.policy import house_terms
from contacts.selectors.lifecycle import lifecycle_settings
from scrm.segments.days import business_day

# An advisory lock of our own: two choices at once would only repeat each other's work.
_LOCK = 0x616C7274
# From this hour of the business day on, and without waiting for the night's fit from that one on.
_FIRST_HOUR, _PATIENCE_HOUR = 5, 8
_HAZARDS_KEPT = timedelta(days=7)
_ROWS_AT_ONCE = 1_000
NO_FORECAST = "no_forecast"


@dataclass
class Choice:
    """What a choice came to, or would: considered = made + Σ excluded."""

    day: date
    nothing: str = ""
    considered: int = 0
    made: int = 0
    excluded: dict[str, int] = field(default_factory=dict)
    staff: int = 0


def choose_if_due(*, now: datetime) -> ChurnAlertRun | None:
    """Today's choice, once the night's fit is there; None while it is not due or was made."""
    local = timezone.localtime(now, timezone.get_default_timezone())
    if local.hour < _FIRST_HOUR:
        return None
    fit = current_fits().get(ModelFit.Kind.MBGNBD)
    is_fresh = fit is not None and business_day(fit.created_at) == business_day(now)
    if not is_fresh and local.hour < _PATIENCE_HOUR:
        return None
    return choose_alerts(now=now)


def choose_alerts(*, now: datetime) -> ChurnAlertRun | None:
    """Make today's alerts; None when they were made already or are being made."""
    day = business_day(now)
    if ChurnAlertRun.objects.filter(day=day).exists():
        return None
    began = monotonic()
    with transaction.atomic():
        if not _alone() or ChurnAlertRun.objects.filter(day=day).exists():
            return None
        run = ChurnAlertRun(day=day, started_at=now)
        rules = alert_rules()
        choice = _choose(run, rules, now=now)
        if choice.nothing == NO_FORECAST:
            # Nothing is kept, so that the first fit of all is followed by a choice.
            return None
        run.nothing, run.excluded = choice.nothing, choice.excluded
        run.considered, run.made = choice.considered, choice.made
        run.save()
        if choice.made:
            alerts = rows_of_chosen(run, now=now)
            ChurnAlert.objects.bulk_create(alerts, batch_size=_ROWS_AT_ONCE)
            if rules.tells_staff:
                tell_staff(run, now=now)
        run.took_ms = int(1000 * (monotonic() - began))
        run.save(update_fields=["took_ms"])
    return run


def preview(rules: AlertRules, *, now: datetime) -> Choice:
    """What these rules would choose now, as if nothing had been chosen today; writes nothing."""
    with transaction.atomic():
        choice = _choose(ChurnAlertRun(day=business_day(now), started_at=now), rules, now=now)
        transaction.set_rollback(True)
    return choice


def _choose(run: ChurnAlertRun, rules: AlertRules, *, now: datetime) -> Choice:
    """Fill the temporary table of the chosen, and count who was left out for which reason.

    known friends with a forecast → those with a sign of either kind, with what they would cost →
    without those who are gone, worth little, alerted or handled lately → without those who rest by
    the governor's rules → the most valuable of each staff member.
    """
    limits = lifecycle_settings()
    run.silent_days, run.lost_days = limits.silent_after_days, limits.lost_after_days
    if is_rest_day(house_terms(), run.day):
        return Choice(run.day, nothing=ChurnAlertRun.Nothing.REST_DAY)
    if not current_fits():
        return Choice(run.day, nothing=NO_FORECAST)
    risks = _hazards(run, now=now)
    with connection.cursor() as cursor:
        for statement, bindings in stages.statements(run, rules, risks, now=now):
            cursor.execute(statement, bindings)
        cursor.execute(stages.COUNTS)
        counted: Mapping[str, int] = dict(cursor.fetchall())
        cursor.execute(stages.STAFF)
        (staff,) = cursor.fetchone()
    excluded = {reason: number for reason, number in counted.items() if reason}
    return Choice(
        run.day,
        considered=sum(counted.values()),
        made=counted.get("", 0),
        excluded=excluded,
        staff=staff,
    )


def _hazards(run: ChurnAlertRun, *, now: datetime) -> Hazards:
    """Counted at most once a week: they move slowly, and counting reads every relation."""
    last = last_choice()
    if last is not None and last.hazards_on and run.day - last.hazards_on < _HAZARDS_KEPT:
        run.hazards, run.hazards_on = last.hazards, last.hazards_on
    else:
        found = unfriend_risk.cells(until=now)
        run.hazards = [[cell.age, cell.pressure, cell.customers, cell.left] for cell in found]
        run.hazards_on = run.day
    return hazards_of(run)


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        row: tuple[Any, ...] = cursor.fetchone()
    return bool(row[0])
