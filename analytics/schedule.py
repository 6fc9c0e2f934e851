"""Beat's entries of analytics."""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

SCHEDULE: dict[str, dict[str, Any]] = {
    "refresh-metrics": {
        "task": "analytics.refresh",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    # After the nightly reconcile of customers, before the office opens.
    "rebuild-metrics": {"task": "analytics.rebuild", "schedule": crontab(hour=4, minute=10)},
}
