"""Beat's entries of the floor."""

from __future__ import annotations

from typing import Any

from django.conf import settings

SCHEDULE: dict[str, dict[str, Any]] = {
    f"heartbeat-{queue}": {
        "task": "scrm.heartbeat",
        "schedule": 10.0,
        "kwargs": {"queue": queue},
        "options": {"queue": queue, "expires": 30},
    }
    for queue in settings.QUEUES
}
