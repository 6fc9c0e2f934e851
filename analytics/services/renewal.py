"""Everything anew: all sums checked against the ledger, models fitted, the night's figures."""

from __future__ import annotations

from datetime import datetime

from analytics.models import MetricsRun
from analytics.services.forecast import Outcome, fit_models
from analytics.services.night_figures import compute_night_figures
from analytics.services.refresh import rebuild_metrics


def renew(*, now: datetime) -> tuple[MetricsRun | None, Outcome]:
    """Rebuild, then fit. The run is None when another refresh was at work."""
    run, outcome = rebuild_metrics(now=now), fit_models(now=now)
    compute_night_figures(now=now)
    return run, outcome
