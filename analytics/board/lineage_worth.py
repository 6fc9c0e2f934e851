"""What the figures of broadcasts, channels, staff, products, alerts and fits are read from (数据血缘).

Each is read as its page reads it. Nobody's broadcast and nobody's segment ask the same questions as
any other; a series is asked for what it added only where somebody was held out from one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import TypeAlias

from analytics.board import losses
from analytics.metrics.lineage import Lineage
from analytics.models import BroadcastCost, ChurnAlertTest, MetricsRun
from analytics.periods import Period, asked_period
from analytics.selectors import source_detail, source_sql, sources, staff_value
from analytics.selectors.alert_settings import alert_rules
from analytics.selectors.alerts import open_alerts
from analytics.selectors.broadcast_report import report
from analytics.selectors.lineage import columns_of, sources_of
from analytics.selectors.models import history_of_fits, trust
from analytics.selectors.parts import Part
from analytics.selectors.series_effects import every_series, spent_on
from analytics.selectors.series_report import series_report
from analytics.selectors.source_figures import Source
from analytics.selectors.source_parts import source_sums
from analytics.selectors.staff_reach import staff_reach
from analytics.selectors.standing_holdout import whole_effect
from analytics.selectors.value_settings import value_settings
from analytics.services.alert_choice import preview
from analytics.services.staff_expectation import measure_expectation
from broadcasts.models import Broadcast
from contacts.models import Contact, Follow
from contacts.selectors.order_page import refunded_between
from contacts.selectors.products import by_band, by_role
from contacts.services.product_figures import count_products
from scrm.console.models import Operator, Role
from scrm.segments.days import business_day

Reading: TypeAlias = "tuple[str, Callable[[], object], Callable[[str], bool]]"

# The figures of one report that read no forecast, and what those name that do.
_OF_REPORT = ("broadcast-funnel", "broadcast-uplift", "ab-test", "broadcast-roi")
_FORECAST = ("predicted_fen", "analytics_modelfit")
_ENDS = "analytics_relationend"
# What the overview of staff reads, by the tables its figures lie in.
_OF_STAFF = {
    "staff-lost": ("analytics_staffvalue", _ENDS),
    "staff-chats": ("contacts_staffday",),
    "staff-care": ("contacts_stafftask", "broadcasts_batch"),
    "staff-surplus": ("analytics_staffexpectation",),
}


def readings(now: datetime) -> Iterator[Reading]:
    """(figure, what reads it, which of the statements are about it)."""
    yield from _broadcasts(now)
    yield from _channels_and_staff(now)
    today = business_day(now)
    yield "products-by-band", by_band, _any
    yield "products-by-role", by_role, _any
    yield "refunds-by-day", partial(refunded_between, today, today), _any
    lost = Follow.objects.filter(ended_at__isnull=False)
    for make in losses.CHARTS.values():
        yield "losses", partial(make, lost, now=now), _any
    everybody = Operator(role=Role.ADMIN)
    yield "churn-alert", partial(open_alerts, everybody, shown=0), _any
    yield "churn-alert-test", ChurnAlertTest.objects.first, _any
    yield "refresh", lambda: list(MetricsRun.objects.all()[:1]), _any
    for metric in ("back-test", "calibration", "tracking", "coverage"):
        yield metric, lambda: (trust(), history_of_fits(1)), _any


def _broadcasts(now: datetime) -> Iterator[Reading]:
    for kind in Broadcast.Kind:
        nobodys = Broadcast(
            pk=0, kind=kind, frozen_at=now, window_end=now, chosen=1, held_out=1, window_start=now
        )
        read = partial(report, nobodys, days=30, now=now)
        for metric in _OF_REPORT:
            yield metric, read, lambda statement: not _names(_FORECAST, statement)
        yield "incremental-ltv", read, _any
    for series, _last_at in every_series():
        read_series = partial(series_report, series, days=30, now=now)
        yield "series-uplift", read_series, lambda statement: not _names(_FORECAST, statement)
        yield "series-ltv", read_series, partial(_names, _FORECAST)
        yield "series-roi", partial(spent_on, [series]), _any
    costs = BroadcastCost.objects.filter(broadcast_id=0)
    yield "broadcast-roi", lambda: (costs.first(), value_settings()), _any
    yield "marketing-uplift", partial(whole_effect, days=30, now=now), _any


def _channels_and_staff(now: datetime) -> Iterator[Reading]:
    today = business_day(now)
    period = asked_period({}, today=today).period
    source = Source("", 0)
    one = partial(
        sources.figures_of,
        source,
        period,
        whom=sources.ALL_CUSTOMERS,
        settings=value_settings(),
        today=today,
    )
    yield "channel-payback", one, _any
    yield (
        "channel-cohorts",
        partial(source_detail.cohorts, source, whom=sources.ALL_CUSTOMERS, today=today),
        _any,
    )
    segment = Part("", "", Contact.objects.filter(stage="repeat"), segment_id=0)
    yield "channel-segments", partial(source_sums, segment, period, today=today), _any
    staff = partial(staff_value.staff_figures, period, scope=None, today=today)
    for metric in ("staff-revenue", "staff-adds"):
        yield metric, staff, lambda said: "analytics_staffvalue" in said and _ENDS not in said
    for metric, names in _OF_STAFF.items():
        yield metric, staff, partial(_names, names)
    yield "staff-reach", partial(staff_reach, Period(today, today)), _any


def tables(now: datetime) -> Iterator[tuple[str, Lineage]]:
    """What the tables of sums that these figures read are made from."""
    days = columns_of(f"WITH {source_sql.CARE} AS ({source_sql.CARED_FOR}) {source_sql.STAFF_DAYS}")
    yield "analytics_staffvalueday", days
    # Months are added up from the days.
    yield "analytics_staffvaluemonth", days
    yield "analytics_staffexpectation", sources_of(partial(measure_expectation, now=now))
    yield "contacts_assortmentfigures", sources_of(partial(count_products, now=now))
    yield "analytics_churnalert", sources_of(partial(preview, alert_rules(), now=now))


def _any(_statement: str) -> bool:
    return True


def _names(words: tuple[str, ...], statement: str) -> bool:
    return any(word in statement for word in words)
