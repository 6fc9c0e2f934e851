"""Everything anew: all sums checked against the ledger, models fitted."""

from __future__ import annotations

from datetime import datetime

from analytics.models import MetricsRun
from analytics.services.forecast import Outcome, fit_models
from analytics.services.refresh import rebuild_metrics


def renew(*, now: datetime) -> tuple[MetricsRun | None, Outcome]:
    """Rebuild, then fit. The run is None when another refresh was at work."""
    return rebuild_metrics(now=now), fit_models(now=now)
